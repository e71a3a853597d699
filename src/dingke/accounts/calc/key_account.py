"""A-01, A-02, A-03, A-04, A-07: may this account be marked as a key account, what speaks for it, what is still
unknown.

The lists are in ``key_account_lists.py``. The scale 1-5 and the refusal of a prospect that fails all four tests are
design values.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from dingke.accounts.calc.key_account_lists import BENEFITS, CRITERIA, ENTRY_TESTS, FEATURES, ListItem
from dingke.core.reasons import Label, Reason, Sentences

LOWEST_RATING, HIGHEST_RATING = 1, 5

SENTENCES = Sentences(
    {
        "NOMINATION_NO_REASON": ("State why this account is to be a key account.", "请填写认定为大客户的理由。"),
        "NOMINATION_ALL_TESTS_FAILED": (
            "All four entry tests are answered with no: {tests}.",
            "四项入围判断均为“否”：{tests}。",
        ),
        "NOMINATION_NO_BENEFIT": (
            "Choose at least one benefit and say how it is measured.",
            "请至少选择一项作用，并说明衡量指标。",
        ),
        "FEATURE_UNKNOWN": ("Not yet known: {item}.", "特征尚不明确：{item}。"),
        "TEST_UNKNOWN": ("Entry test not answered: {item}.", "入围判断尚未回答：{item}。"),
        "NO_TEST_PASSED": ("No entry test is passed so far.", "目前没有任何一项入围判断为“是”。"),
        "NO_EVIDENCE": ("Answered without evidence: {item}.", "缺少依据：{item}。"),
        "CRITERION_UNRATED": ("Not yet rated: {item}.", "尚未评分：{item}。"),
        "BENEFIT_WITHOUT_MEASURE": ("Benefit without a measure: {item}.", "该作用缺少衡量指标：{item}。"),
    }
)


class Answer(StrEnum):
    YES = "YES"
    NO = "NO"
    UNKNOWN = "UNKNOWN"


@dataclass(frozen=True)
class Judgement:
    """The answer to a feature or test, and the evidence for it."""

    answer: Answer
    evidence: str = ""


@dataclass(frozen=True)
class CriterionRating:
    """One bar of the profile; ``rating`` 1-5, None = not rated."""

    key: str
    label: Label
    rating: int | None


@dataclass(frozen=True)
class Verdict:
    """``reasons``: why it cannot be nominated, empty when it can. ``gaps``: what is unknown and does not stand in the
    way.
    """

    can_nominate: bool
    reasons: tuple[Reason, ...]
    gaps: tuple[Reason, ...]
    feature_count: int
    tests_passed: int
    profile: tuple[CriterionRating, ...]
    benefits: tuple[str, ...]


@dataclass(frozen=True)
class Purchase:
    amount: Decimal
    is_high_profit: bool


def nomination_verdict(
    *,
    reason: str,
    features: Mapping[str, Judgement],
    tests: Mapping[str, Judgement],
    criteria: Mapping[str, int | None],
    benefits: Mapping[str, str],
) -> Verdict:
    """A-01..A-04, A-07: a reason, at least one benefit with a measure, and not all four entry tests failed.

    Keys are those of the lists; a missing key counts as unknown. ``benefits``: benefit -> its measure.
    ValueError on an unknown key or a rating outside 1-5.
    """
    for given, items in ((features, FEATURES), (tests, ENTRY_TESTS), (criteria, CRITERIA), (benefits, BENEFITS)):
        _refuse_strangers(given, items)
    for key, rating in criteria.items():
        if rating is not None and not LOWEST_RATING <= rating <= HIGHEST_RATING:
            raise ValueError(f"{key} is rated from {LOWEST_RATING} to {HIGHEST_RATING}, got {rating}")

    passed = [item for item in ENTRY_TESTS if _answer(tests, item) is Answer.YES]
    failed = [item for item in ENTRY_TESTS if _answer(tests, item) is Answer.NO]
    measured = [item for item in BENEFITS if benefits.get(item.key, "").strip()]

    against: list[Reason] = []
    if not reason.strip():
        against.append(Reason("NOMINATION_NO_REASON"))
    if len(failed) == len(ENTRY_TESTS):
        against.append(Reason("NOMINATION_ALL_TESTS_FAILED", {"tests": tuple(item.label for item in failed)}))
    if not measured:
        against.append(Reason("NOMINATION_NO_BENEFIT"))

    gaps = [*_gaps("TEST_UNKNOWN", tests, ENTRY_TESTS)]
    if not passed and len(failed) < len(ENTRY_TESTS):
        gaps.append(Reason("NO_TEST_PASSED"))
    gaps += _gaps("FEATURE_UNKNOWN", features, FEATURES)
    gaps += [Reason("CRITERION_UNRATED", {"item": item.label}) for item in CRITERIA if criteria.get(item.key) is None]
    gaps += [Reason("BENEFIT_WITHOUT_MEASURE", {"item": item.label}) for item in BENEFITS if item.key in benefits and item not in measured]
    return Verdict(
        can_nominate=not against,
        reasons=tuple(against),
        gaps=tuple(gaps),
        feature_count=sum(_answer(features, item) is Answer.YES for item in FEATURES),
        tests_passed=len(passed),
        profile=tuple(CriterionRating(item.key, item.label, criteria.get(item.key)) for item in CRITERIA),
        benefits=tuple(item.key for item in measured),
    )


def high_profit_share(purchases: Iterable[Purchase]) -> Decimal | None:
    """A-04 criterion 1: the share 0..1 of our high-profit products in what the account bought; None when it bought
    nothing.
    """
    bought = list(purchases)
    total = sum((purchase.amount for purchase in bought), Decimal(0))
    if total <= 0:
        return None
    return sum((purchase.amount for purchase in bought if purchase.is_high_profit), Decimal(0)) / total


def _answer(given: Mapping[str, Judgement], item: ListItem) -> Answer:
    judgement = given.get(item.key)
    return judgement.answer if judgement else Answer.UNKNOWN


def _gaps(code: str, given: Mapping[str, Judgement], items: tuple[ListItem, ...]) -> list[Reason]:
    found: list[Reason] = []
    for item in items:
        if _answer(given, item) is Answer.UNKNOWN:
            found.append(Reason(code, {"item": item.label}))
        elif not given[item.key].evidence.strip():
            found.append(Reason("NO_EVIDENCE", {"item": item.label}))
    return found


def _refuse_strangers(given: Mapping[str, object], items: tuple[ListItem, ...]) -> None:
    strangers = set(given) - {item.key for item in items}
    if strangers:
        raise ValueError(f"not in the list: {', '.join(sorted(strangers))}")
