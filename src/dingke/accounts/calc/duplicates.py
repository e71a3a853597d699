"""Which accounts may be the same company twice: a rule table with weights, each hit with its reason.

Rules that speak for a match add up as independent evidence, 1 - (1-w1)(1-w2)...; of the name rules only the strongest
counts. Rules that speak against multiply the result. Only an equal credit code gives 1.0; everything else stays at or
under 0.99. All weights are design values, editable through ``DuplicateSettings``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, fields

from dingke.core.reasons import Reason, Sentences

SENTENCES = Sentences(
    {
        "SAME_CREDIT_CODE": ("The unified social credit code is the same: {code}.", "统一社会信用代码相同：{code}。"),
        "SAME_NAME": (
            "The names are the same apart from legal form and spelling.",
            "去除公司类型和写法差异后，名称相同。",
        ),
        "NAME_CONTAINED": ("One name contains the other: {name}.", "一方名称包含另一方：{name}。"),
        "SIMILAR_NAME": ("The names are {similarity:.0%} alike.", "名称相似度 {similarity:.0%}。"),
        "SAME_PINYIN": ("The names sound the same ({pinyin}).", "名称读音相同（{pinyin}）。"),
        "SAME_PHONE": ("They share the phone {phones}.", "电话相同：{phones}。"),
        "SAME_WEBSITE": ("They share the website {domain}.", "网站相同：{domain}。"),
        "OTHER_CREDIT_CODE": (
            "The unified social credit codes differ, so they are two legal bodies.",
            "统一社会信用代码不同，属于两个法人主体。",
        ),
        "OTHER_REGION": ("Their names state different regions.", "名称中注明的地区不同。"),
    }
)


@dataclass(frozen=True)
class DuplicateSettings:
    """Weights (0..1) of the rules for a match, factors (0..1) of the rules against it, and the limits of the name
    rules.
    """

    same_name: float = 0.85
    name_contained: float = 0.55
    similar_name: float = 0.70
    same_pinyin: float = 0.60
    same_phone: float = 0.50
    same_website: float = 0.45
    other_credit_code: float = 0.40
    other_region: float = 0.80
    similar_from: float = 0.60
    contained_from_length: int = 3
    threshold: float = 0.60

    def __post_init__(self) -> None:
        for spec in fields(self):
            value = getattr(self, spec.name)
            if spec.name == "contained_from_length":
                if value < 2:
                    raise ValueError("a contained name needs at least 2 characters")
            elif not 0 <= value <= 1:
                raise ValueError(f"{spec.name} lies between 0 and 1, got {value}")


@dataclass(frozen=True)
class DuplicateRecord:
    """What is compared of one account. Empty text and empty sets mean unknown and never match.

    ``name_key``/``regions`` from ``names.split_company_name``, ``pinyin`` of the key without spaces, ``credit_code``
    normalised and valid, ``phones`` from ``phone_key``, ``domain`` from ``website_key``.
    """

    id: int
    name_key: str
    pinyin: str = ""
    credit_code: str = ""
    phones: frozenset[str] = frozenset()
    domain: str = ""
    regions: tuple[str, ...] = ()


@dataclass(frozen=True)
class DuplicateMatch:
    """``score`` 0..1, four decimals; reasons in the order of the table."""

    score: float
    reasons: tuple[Reason, ...]


@dataclass(frozen=True)
class RankedDuplicate:
    id: int
    match: DuplicateMatch


DEFAULT_SETTINGS = DuplicateSettings()


def match_score(a: DuplicateRecord, b: DuplicateRecord, settings: DuplicateSettings = DEFAULT_SETTINGS) -> DuplicateMatch:
    """How likely two accounts are one company. Symmetric in score."""
    if a.credit_code and a.credit_code == b.credit_code:
        return DuplicateMatch(1.0, (Reason("SAME_CREDIT_CODE", {"code": a.credit_code}),))
    found = [hit for hit in (_name_hit(a, b, settings), _phone_hit(a, b, settings), _website_hit(a, b, settings)) if hit]
    if not found:
        return DuplicateMatch(0.0, ())
    doubt = 1.0
    for weight, _ in found:
        doubt *= 1 - weight
    score = 1 - doubt
    reasons = [reason for _, reason in found]
    if a.credit_code and b.credit_code:
        score *= settings.other_credit_code
        reasons.append(Reason("OTHER_CREDIT_CODE"))
    if a.regions and b.regions and not set(a.regions) & set(b.regions):
        score *= settings.other_region
        reasons.append(Reason("OTHER_REGION"))
    return DuplicateMatch(round(min(score, 0.99), 4), tuple(reasons))


def rank(
    candidate: DuplicateRecord,
    others: Iterable[DuplicateRecord],
    *,
    threshold: float | None = None,
    settings: DuplicateSettings = DEFAULT_SETTINGS,
) -> tuple[RankedDuplicate, ...]:
    """The others that reach the threshold (default: of the settings), most alike first, then by id. The record itself
    is left out.
    """
    limit = settings.threshold if threshold is None else threshold
    found = [
        RankedDuplicate(other.id, match)
        for other in others
        if other.id != candidate.id and (match := match_score(candidate, other, settings)).reasons and match.score >= limit
    ]
    return tuple(sorted(found, key=lambda item: (-item.match.score, item.id)))


def name_similarity(a: str, b: str) -> float:
    """Dice coefficient over pairs of neighbouring characters, 0..1; equal names give 1."""
    if a == b:
        return 1.0 if a else 0.0
    pairs_a = Counter(a[place : place + 2] for place in range(len(a) - 1))
    pairs_b = Counter(b[place : place + 2] for place in range(len(b) - 1))
    total = pairs_a.total() + pairs_b.total()
    return 2 * (pairs_a & pairs_b).total() / total if total else 0.0


def _name_hit(a: DuplicateRecord, b: DuplicateRecord, settings: DuplicateSettings) -> tuple[float, Reason] | None:
    if not a.name_key or not b.name_key:
        return None
    if a.name_key == b.name_key:
        return settings.same_name, Reason("SAME_NAME")
    hits: list[tuple[float, Reason]] = []
    if a.pinyin and a.pinyin == b.pinyin:
        hits.append((settings.same_pinyin, Reason("SAME_PINYIN", {"pinyin": a.pinyin})))
    short, long = sorted((a.name_key, b.name_key), key=lambda key: (len(key), key))
    if len(short) >= settings.contained_from_length and short in long:
        hits.append((settings.name_contained, Reason("NAME_CONTAINED", {"name": short})))
    similarity = name_similarity(a.name_key, b.name_key)
    if similarity >= settings.similar_from:
        weight = settings.similar_name * similarity
        hits.append((weight, Reason("SIMILAR_NAME", {"similarity": round(similarity, 4)})))
    return max(hits, key=lambda hit: hit[0], default=None)


def _phone_hit(a: DuplicateRecord, b: DuplicateRecord, settings: DuplicateSettings) -> tuple[float, Reason] | None:
    shared = sorted(phone for phone in a.phones & b.phones if phone)
    return (settings.same_phone, Reason("SAME_PHONE", {"phones": tuple(shared)})) if shared else None


def _website_hit(a: DuplicateRecord, b: DuplicateRecord, settings: DuplicateSettings) -> tuple[float, Reason] | None:
    if a.domain and a.domain == b.domain:
        return settings.same_website, Reason("SAME_WEBSITE", {"domain": a.domain})
    return None
