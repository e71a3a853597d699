"""The accounts nobody wrote by hand: whom they are, how they trend, who holds them."""

from __future__ import annotations

import math
from random import Random

from dingke.config.demo.company import DISCRETE, FORMER, Staff, team_for
from dingke.config.demo.drafts import WAN, Draft
from dingke.config.demo.names import CITIES, FIRM_WORDS, Inventor

GENERATED = 180
_BUYERS = 148
_POOL = 19
_CONSUMERS = 4
_GROUPS = 5  # small groups of a parent and one or two subsidiaries
# What the generated accounts buy together in each cooperation year, in 万元.
_TOTALS_WAN = (2_500, 2_980, 3_620)
_SPREAD = 1.14  # of the logarithm of revenue: sets how concentrated the company is
_ORDERS_PER_YEAR = 1_075

_INDUSTRY_WEIGHTS = {
    "AUTO_PARTS": 14, "MACHINERY": 15, "ELECTRONICS": 14, "APPLIANCE": 7, "BATTERY": 8, "METAL": 11, "FOOD": 8,
    "PHARMA": 7, "CHEMICAL": 7, "TEXTILE": 5, "PACKAGING": 5, "DISTRIBUTION": 4, "PUBLIC": 2,
}  # fmt: skip
# How revenue moves over the three years, as factors of an average year, and how often.
_TRENDS: dict[str, tuple[tuple[float, float, float], int]] = {
    "STEADY": ((1.0, 1.02, 1.03), 42),
    "GROWING": ((0.75, 1.0, 1.35), 22),
    "SHRINKING": ((1.25, 1.0, 0.68), 13),
    "NEW": ((0.0, 0.0, 1.0), 10),
    "SECOND_YEAR": ((0.0, 0.8, 1.1), 8),
    "LOST": ((1.1, 0.6, 0.0), 5),
}
_TAGS = ("设备更新", "出口型", "专精特新", "价格敏感", "扩产", "技改", "老客户", "双班制", "多厂区", "自研能力强")
_LEFT = "原负责人离职"
_POOL_REASONS = ("超期未跟进自动回收", _LEFT, "市场活动线索未分配", "负责人主动退回")
_RIVALS = ("MINGQI", "HUANYAN", "TUOHENG", "LANGSHU", "BEIDUO")


def generated_drafts(rng: Random, inventor: Inventor, staff: Staff, first_number: int) -> list[Draft]:
    drafts = [_firm(rng, inventor, first_number + n) for n in range(GENERATED - _CONSUMERS)]
    drafts += [_consumer(rng, inventor, first_number + GENERATED - _CONSUMERS + n) for n in range(_CONSUMERS)]
    _give_business(rng, drafts)
    _give_owners(rng, drafts, staff)
    _tie_groups(rng, drafts)
    return drafts


def _firm(rng: Random, inventor: Inventor, number: int) -> Draft:
    industry = rng.choices(tuple(_INDUSTRY_WEIGHTS), tuple(_INDUSTRY_WEIGHTS.values()))[0]
    city = rng.choices(CITIES, [5, 4, 5, 3, 5, 4, 2, 1, 4, 3, 2, 2])[0]
    brand, spelt = inventor.brand()
    words, short_word, english = rng.choice(FIRM_WORDS[industry])
    is_public = industry == "PUBLIC"
    size = rng.random()
    employees = round(25 * math.exp(4.6 * size)) if not is_public else rng.randint(60, 260)
    ending = "" if is_public else rng.choices(("有限公司", "股份有限公司", "集团有限公司"), (86, 10, 4))[0]
    return Draft(
        code=f"KH-{number:04d}",
        name=f"{city.name}{'市' if is_public else ''}{brand}{words}{ending}",
        short_name=brand + short_word,
        english_name=f"{spelt.capitalize()} {english}",
        brand=spelt,
        city=city,
        industry=industry,
        revenue=(0, 0, 0),
        orders=(0, 0, 0),
        form="GOVERNMENT" if is_public else "ENTERPRISE",
        kind="12" if is_public else "91",
        employees=employees,
        turnover_wan=round(employees * rng.uniform(38, 110)),
        founded_years=rng.randint(4, 32),
        influence=min(88, max(5, round(rng.gauss(20 + 32 * size, 10)))),
        term_days=rng.choices((0, 15, 30, 45, 60, 90), (4, 6, 52, 16, 16, 6))[0],
        habit=rng.choices(("PROMPT", "USUAL", "LATE", "PART"), (34, 42, 15, 9))[0],
        tags=tuple(rng.sample(_TAGS, rng.choices((0, 1, 2, 3), (20, 40, 30, 10))[0])),
        dossier_fields=min(8, max(0, round(rng.gauss(3.2 + 3.6 * size, 1.6)))),
        rival=rng.choice(_RIVALS) if rng.random() < 0.55 else None,
        discount=rng.uniform(0.02, 0.13),
        mix=_mix(rng, industry),
    )


def _mix(rng: Random, industry: str) -> dict[str, float]:
    if industry == "DISTRIBUTION":
        base = {"EQUIPMENT": 0.02, "CONTROL": 0.38, "SOFTWARE": 0.0, "SPARE": 0.58, "SERVICE": 0.02}
    elif industry in DISCRETE:
        base = {"EQUIPMENT": 0.3, "CONTROL": 0.26, "SOFTWARE": 0.1, "SPARE": 0.24, "SERVICE": 0.1}
    else:
        base = {"EQUIPMENT": 0.24, "CONTROL": 0.22, "SOFTWARE": 0.14, "SPARE": 0.26, "SERVICE": 0.14}
    return {family: share * rng.uniform(0.4, 1.6) for family, share in base.items()}


def _consumer(rng: Random, inventor: Inventor, number: int) -> Draft:
    person = inventor.person()
    city = rng.choice(CITIES)
    industry = rng.choice(("METAL", "ELECTRONICS"))
    return Draft(
        code=f"KH-{number:04d}",
        name=f"{person.name}（个人工作室）",
        short_name=person.name,
        english_name=person.english,
        brand=person.mail.replace(".", ""),
        city=city,
        industry=industry,
        revenue=(0, 0, 0),
        orders=(0, 0, 0),
        form="INDIVIDUAL",
        is_consumer=True,
        influence=rng.randint(5, 25),
        term_days=0,
        habit="PROMPT",
        discount=0.0,
        dossier_fields=rng.randint(1, 3),
        has_credit_code=False,
        tags=("个人客户",),
        may_be_key=False,
        mix={"SPARE": 0.6, "CONTROL": 0.4},
    )


def _give_business(rng: Random, drafts: list[Draft]) -> None:
    """Log-normal sizes and a trend each, scaled to the totals; the remaining firms are prospects."""
    buyers = [draft for draft in drafts if not draft.is_consumer][:_BUYERS]
    weights = {draft.code: math.exp(rng.gauss(0, _SPREAD)) for draft in buyers}
    kinds = tuple(_TRENDS)
    factors = {}
    for draft in buyers:
        base = _TRENDS[rng.choices(kinds, [chance for _, chance in _TRENDS.values()])[0]][0]
        if weights[draft.code] > 6:  # the largest neither come out of nothing nor vanish
            base = _TRENDS[rng.choice(("STEADY", "STEADY", "GROWING"))][0]
        factors[draft.code] = [factor * rng.uniform(0.94, 1.06) for factor in base]
    sums = [sum(weights[draft.code] * factors[draft.code][year] for draft in buyers) for year in range(3)]
    frequency = {code: 1.1 + weight**0.55 for code, weight in weights.items()}
    frequency_sum = sum(frequency.values())
    for draft in buyers:
        weight, factor = weights[draft.code], factors[draft.code]
        revenue = [weight * factor[year] / sums[year] * _TOTALS_WAN[year] * WAN for year in range(3)]
        rate = frequency[draft.code] / frequency_sum * _ORDERS_PER_YEAR * rng.uniform(0.75, 1.35)
        draft.revenue = (round(revenue[0]), round(revenue[1]), round(revenue[2]))
        draft.orders = (_orders(rate, factor[0]), _orders(rate, factor[1]), _orders(rate, factor[2]))
    for draft in drafts:
        if draft.is_consumer:
            year = rng.randrange(3)
            draft.revenue = (0 if year else 6_000, 0 if year == 2 else 9_000, 12_000)
            draft.orders = (0 if year else 2, 0 if year == 2 else 2, 2)


def _orders(rate: float, factor: float) -> int:
    return max(1, round(rate * math.sqrt(factor))) if factor else 0


def _give_owners(rng: Random, drafts: list[Draft], staff: Staff) -> None:
    """Large accounts go to the key account manager of the territory, the others to its reps; the idle to the pool."""
    actives = sorted(drafts, key=lambda draft: -sum(draft.revenue))
    large = {draft.code for draft in actives[:34]}
    idle = [draft for draft in drafts if not draft.revenue[2]]
    pool = {draft.code for draft in rng.sample(idle, min(_POOL, len(idle)))}
    for draft in drafts:
        team = team_for(draft.city.region, draft.industry)
        manager, reps = staff.key_account_manager(team), staff.reps(team)
        owner = manager if draft.code in large or (len(reps) == 1 and rng.random() < 0.25) else rng.choice(reps)
        if draft.code in pool:
            draft.pool_reason = rng.choice(_POOL_REASONS)
            draft.pooled_days = rng.randint(5, 170)
            draft.previous_owner = FORMER[0] if draft.pool_reason == _LEFT else owner
            draft.may_be_key = False
            draft.contact_gap = draft.pooled_days + rng.randint(1, 60)
            continue
        draft.owner = owner
        if draft.code in large and rng.random() < 0.7:
            helpers = [name for name in (*reps, "tianyuanbo", "xialingzhi") if name != owner]
            draft.collaborators = tuple(rng.sample(helpers, rng.choice((1, 1, 2))))


def _tie_groups(rng: Random, drafts: list[Draft]) -> None:
    """A few small groups: subsidiaries carry the brand of their parent."""
    firms = [draft for draft in drafts if draft.form == "ENTERPRISE" and draft.owner]
    for parent, first, second in zip(firms[:_GROUPS], firms[20 : 20 + _GROUPS], firms[40 : 40 + _GROUPS], strict=True):
        for child in (first, second)[: rng.choice((1, 2))]:
            brand = parent.short_name[:2]
            words, short_word, english = rng.choice(FIRM_WORDS[child.industry])
            child.parent = parent.code
            child.name = f"{child.city.name}{brand}{words}有限公司"
            child.short_name = f"{child.city.name}{brand}{short_word}"
            child.english_name = f"{parent.english_name.split()[0]} {english} ({child.city.english})"
            child.brand = f"{parent.brand}-{child.city.english.lower()}"
            child.may_be_key = False
