"""A-11 四维价值评估, A-12, N-17 忠诚度指标: from figures and ratings to a total 0-100 and a level. What makes it due: `assessment_due`.

Points are Decimal 0..100; shares 0..1; days are dates. The weights of the dimensions are 40/25/20/15 and the levels A >= 75,
B >= 60 unless set otherwise: 80x0.40 + 70x0.25 + 90x0.20 + 60x0.15 = 76.5, level A.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

from dingke.core.reasons import Reason, Sentences
from dingke.insights.calc.assessment_parts import DIMENSIONS, GUIDES, PARTS, Dimension, PartGuide, parts_of
from dingke.insights.calc.figures import refuse_ratio

ZERO, FULL = Decimal(0), Decimal(100)
TENTH = Decimal("0.1")
LEVELS = ("A", "B", "C")
LEAST_GAPS = 3

SENTENCES = Sentences(
    {
        "BY_PLACE": ("Larger than at {place:.0%} of the customers: {score:.0f} points.", "高于 {place:.0%} 的客户，得 {score:.0f} 分。"),
        "BY_SCALE": (
            "0 points at {low:,f}, 100 points at {high:,f}, in a line between: {score:.0f} points.",
            "{low:,f} 为 0 分，{high:,f} 为 100 分，其间按直线折算，得 {score:.0f} 分。",
        ),
        "BY_SCALE_SHARE": (
            "0 points at {low:.0%}, 100 points at {high:.0%}, in a line between: {score:.0f} points.",
            "{low:.0%} 为 0 分，{high:.0%} 为 100 分，其间按直线折算，得 {score:.0f} 分。",
        ),
        "BY_PERSON": ("Rated by a person: {score:.0f} of 100.", "由评估人评定：{score:.0f} 分（满分 100）。"),
        "NOT_MEASURED": (
            "No figure yet; its weight goes to the other parts of the dimension.",
            "暂无数据，其权重分给本维度的其他项目。",
        ),
        "NOT_RATED": (
            "Not rated; its weight goes to the other parts of the dimension.",
            "未评分，其权重分给本维度的其他项目。",
        ),
        "COSTS_UNKNOWN": (
            "Not all costs are known, so profit is not; its weight goes to the other parts.",
            "成本不全，利润未知，其权重分给其他项目。",
        ),
        "PROFIT_COUNTS": (
            "Profit is known and counts in place of turnover; the weight goes to the other parts.",
            "利润已知，以利润代替销售额计算，其权重分给其他项目。",
        ),
        "WEIGHT_ZERO": ("Its weight is 0: it does not count.", "权重为 0，不计入。"),
    }
)


def _default_weights() -> dict[str, str]:
    return {part.code: str(part.weight) for part in PARTS}


def _default_scales() -> dict[str, str]:
    return {part.code: part.scale for part in PARTS if part.is_measured}


def _default_texts() -> dict[str, str]:
    return {
        "A.strategy.en": "Invest: own team, mutual visits at the top, a joint plan for the year.",
        "A.strategy.zh": "重点投入：专属团队、高层互访、共同制定年度计划。",
        "A.tier.en": "Exclusive service",
        "A.tier.zh": "专属服务",
        "B.strategy.en": "Develop: raise share and range, solve what keeps it from level A.",
        "B.strategy.zh": "培育提升：提高份额和产品覆盖面，解决妨碍升为 A 级的问题。",
        "B.tier.en": "Priority service",
        "B.tier.zh": "优先服务",
        "C.strategy.en": "Keep economically: standard offers, little effort, watch for signs of growth.",
        "C.strategy.zh": "经济维护：标准产品和服务，控制投入，留意增长迹象。",
        "C.tier.en": "Standard service",
        "C.tier.zh": "标准服务",
    }


@dataclass(frozen=True)
class AssessmentSettings:
    """Weights of the dimensions (shares that add up to 1) and of the parts inside them (any numbers, they are compared with each
    other), scales of the measured parts, levels with strategy and service tier, cycles in months, and triggers.

    ``prefer_profit``: where profit is known turnover does not count (D-06).
    """

    weight_financial: Decimal = Decimal("0.40")
    weight_strategic: Decimal = Decimal("0.25")
    weight_loyalty: Decimal = Decimal("0.20")
    weight_word_of_mouth: Decimal = Decimal("0.15")
    a_from: Decimal = Decimal(75)
    b_from: Decimal = Decimal(60)
    a_months: int = 3
    b_months: int = 6
    c_months: int = 12
    soon_days: int = 14
    order_drop: Decimal = Decimal("0.30")
    prefer_profit: bool = True
    part_weights: dict[str, str] = field(default_factory=_default_weights)
    scales: dict[str, str] = field(default_factory=_default_scales)
    texts: dict[str, str] = field(default_factory=_default_texts)

    def __post_init__(self) -> None:
        for name, stored in (("part_weights", _default_weights()), ("scales", _default_scales()), ("texts", _default_texts())):
            object.__setattr__(self, name, {**stored, **{key: value for key, value in getattr(self, name).items() if key in stored}})
        weights = [self.weight_of(guide.dimension) for guide in DIMENSIONS]
        for value in weights:
            refuse_ratio("the weight of a dimension", value)
        if sum(weights) != 1:
            raise ValueError(f"the weights of the four dimensions add up to 100%, got {sum(weights) * 100:.4g}%")
        if not ZERO < self.b_from < self.a_from <= FULL:
            raise ValueError("level A begins above level B, both between 0 and 100")
        if min(self.a_months, self.b_months, self.c_months) < 1:
            raise ValueError("a cycle lasts at least one month")
        if self.soon_days < 0:
            raise ValueError("soon is 0 days or more ahead")
        refuse_ratio("the drop of orders", self.order_drop)
        for part in PARTS:
            if self.part_weight(part.code) < 0:
                raise ValueError(f"the weight of {part.label.en} is 0 or more")
            if part.is_measured:
                self.scale_of(part.code)
        for guide in DIMENSIONS:
            if not any(self.part_weight(part.code) for part in parts_of(guide.dimension)):
                raise ValueError(f"at least one part of {guide.label.en} has a weight")

    def weight_of(self, dimension: str) -> Decimal:
        return Decimal(getattr(self, f"weight_{dimension.lower()}"))

    def part_weight(self, code: str) -> Decimal:
        return _number(self.part_weights[code], GUIDES[code].label.en)

    def scale_of(self, code: str) -> tuple[Decimal, Decimal] | None:
        """(figure of 0 points, figure of 100 points); None: by the place among the customers."""
        text = self.scales.get(code, "")
        if not text:
            return None
        low, colon, high = text.partition(":")
        ends = _number(low, GUIDES[code].label.en), _number(high, GUIDES[code].label.en)
        if not colon or ends[0] == ends[1]:
            raise ValueError(f"the scale of {GUIDES[code].label.en} needs two different ends")
        return ends

    def months(self, level: str) -> int:
        return {"A": self.a_months, "B": self.b_months}.get(level, self.c_months)

    def level_of(self, total: Decimal) -> str:
        return "A" if total >= self.a_from else "B" if total >= self.b_from else "C"

    def text(self, level: str, what: str, language: str) -> str:
        """The strategy or the service tier ("strategy", "tier") of a level."""
        first, second = ("zh", "en") if language.startswith("zh") else ("en", "zh")
        return self.texts.get(f"{level}.{what}.{first}") or self.texts.get(f"{level}.{what}.{second}", "")

    def as_json(self) -> dict[str, Any]:
        return {name: str(value) if isinstance(value, Decimal) else value for name, value in asdict(self).items()}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> AssessmentSettings:
        decimals = {"a_from", "b_from", "order_drop"}
        known: dict[str, Any] = {name: value for name, value in stored.items() if name in cls.__dataclass_fields__}
        for name in known:
            if name in decimals or name.startswith("weight_"):
                known[name] = Decimal(known[name])
        return cls(**known)


def _number(text: str, name: str) -> Decimal:
    try:
        value = Decimal(text)
    except InvalidOperation as error:
        raise ValueError(f"{name}: {text!r} is no number") from error
    if not value.is_finite():
        raise ValueError(f"{name}: {text!r} is no number")
    return value


# ---- points ---------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class PartInput:
    """A measured part has a figure, and its place among the customers as the share 0..1 that lies below; a human part a rating 0..100."""

    code: str
    value: Decimal | None = None
    place: Decimal | None = None
    rating: Decimal | None = None


@dataclass(frozen=True)
class PartScore:
    """``share``: what the part weighs inside its dimension after missing parts gave theirs away."""

    guide: PartGuide
    weight: Decimal
    share: Decimal
    score: Decimal | None
    value: Decimal | None
    how: Reason


@dataclass(frozen=True)
class DimensionScore:
    dimension: Dimension
    weight: Decimal
    score: Decimal | None
    parts: tuple[PartScore, ...]

    @property
    def moved(self) -> tuple[PartScore, ...]:
        """The parts whose weight went to the others."""
        return tuple(part for part in self.parts if part.score is None and part.weight > 0)

    @property
    def points(self) -> Decimal | None:
        """What the dimension brings to the total."""
        return None if self.score is None else self.score * self.weight


@dataclass(frozen=True)
class Result:
    dimensions: tuple[DimensionScore, ...]
    total: Decimal | None
    level: str

    @property
    def missing(self) -> tuple[Dimension, ...]:
        """A-12: no rating by fewer than four dimensions."""
        return tuple(one.dimension for one in self.dimensions if one.score is None)

    def of(self, dimension: str) -> DimensionScore:
        return next(one for one in self.dimensions if one.dimension == dimension)


DEFAULT_SETTINGS = AssessmentSettings()


def on_scale(value: Decimal, ends: tuple[Decimal, Decimal]) -> Decimal:
    """Points of a figure on a line from 0 points at ``ends[0]`` to 100 at ``ends[1]``, cut off beyond."""
    low, high = ends
    return min(FULL, max(ZERO, (value - low) / (high - low) * FULL))


def part_score(given: PartInput, settings: AssessmentSettings) -> tuple[Decimal | None, Reason]:
    """The points of a part and the sentence that says how they came about."""
    guide = GUIDES[given.code]
    if not guide.is_measured:
        if given.rating is None:
            return None, Reason("NOT_RATED")
        return given.rating, Reason("BY_PERSON", {"score": given.rating})
    if given.value is None:
        return None, Reason("COSTS_UNKNOWN" if guide.right == "cost" else "NOT_MEASURED")
    ends = settings.scale_of(given.code)
    if ends is None:
        if given.place is None:
            return None, Reason("NOT_MEASURED")
        score = min(FULL, max(ZERO, given.place * FULL))
        return score, Reason("BY_PLACE", {"place": given.place, "score": score})
    score = on_scale(given.value, ends)
    code = "BY_SCALE_SHARE" if guide.unit == "SHARE" else "BY_SCALE"
    return score, Reason(code, {"low": ends[0], "high": ends[1], "score": score})


def assess(inputs: Iterable[PartInput], settings: AssessmentSettings = DEFAULT_SETTINGS) -> Result:
    """All parts to four dimensions to one total; without all four there is no total and no level ("")."""
    given = {one.code: one for one in inputs}
    dimensions = tuple(_dimension(guide.dimension, given, settings) for guide in DIMENSIONS)
    total = total_of({one.dimension: one.score for one in dimensions}, settings)
    return Result(dimensions, total, settings.level_of(total) if total is not None else "")


def total_of(scores: Mapping[Dimension, Decimal | None], settings: AssessmentSettings = DEFAULT_SETTINGS) -> Decimal | None:
    """The weighted total to one decimal, half up; None with fewer than four dimensions."""
    total = ZERO
    for guide in DIMENSIONS:
        score = scores.get(guide.dimension)
        if score is None:
            return None
        total += score * settings.weight_of(guide.dimension)
    return total.quantize(TENTH, rounding=ROUND_HALF_UP)


def _dimension(dimension: Dimension, given: Mapping[str, PartInput], settings: AssessmentSettings) -> DimensionScore:
    profit = given.get("PROFIT")
    by_profit = settings.prefer_profit and settings.part_weight("PROFIT") > 0 and profit is not None and profit.value is not None
    found: list[tuple[PartGuide, Decimal, Decimal | None, Decimal | None, Reason]] = []
    for guide in parts_of(dimension):
        one, weight = given.get(guide.code, PartInput(guide.code)), settings.part_weight(guide.code)
        score, how = part_score(one, settings)
        if guide.code == "PURCHASES" and by_profit:
            score, how = None, Reason("PROFIT_COUNTS")
        elif not weight:
            score, how = None, Reason("WEIGHT_ZERO")
        found.append((guide, weight, score, one.value, how))
    counted = sum((weight for _guide, weight, score, _value, _how in found if score is not None), ZERO)
    parts = tuple(
        PartScore(guide, weight, weight / counted if score is not None else ZERO, score, value, how)
        for guide, weight, score, value, how in found
    )
    points = sum((part.share * part.score for part in parts if part.score is not None), ZERO)
    return DimensionScore(dimension, settings.weight_of(dimension), min(FULL, points) if counted else None, parts)


# ---- measures -------------------------------------------------------------------------------------------------------------


def cycle_days(days: Iterable[date]) -> Decimal | None:
    """N-17 购买周期: the average number of days between order days; None with fewer than two."""
    gaps = _gaps(days)
    return Decimal(sum(gaps)) / len(gaps) if gaps else None


def cycle_variation(days: Iterable[date]) -> Decimal | None:
    """Standard deviation / mean of the gaps between order days: 0 is a steady rhythm. None with fewer than three gaps."""
    gaps = _gaps(days)
    if len(gaps) < LEAST_GAPS:
        return None
    mean = Decimal(sum(gaps)) / len(gaps)
    return (sum(((gap - mean) ** 2 for gap in gaps), ZERO) / len(gaps)).sqrt() / mean


def _gaps(days: Iterable[date]) -> list[int]:
    ordered: Sequence[date] = sorted(set(days))
    return [(after - before).days for before, after in zip(ordered, ordered[1:], strict=False)]


def return_rate(*, returned: Decimal, sold: Decimal) -> Decimal | None:
    """N-17 退货率 = returned / sold, both amounts or both quantities; None when nothing was sold."""
    return returned / sold if sold > 0 else None


def complaint_frequency(*, complaints: int, periods: Decimal) -> Decimal | None:
    """N-17 投诉频率 = complaints per period; None without a period."""
    return Decimal(complaints) / periods if periods > 0 else None


def money_tied_days(*, outstanding: Decimal, revenue: Decimal) -> Decimal | None:
    """Outstanding receivables in days of the turnover of a year (365 days); None without turnover."""
    return max(ZERO, outstanding) / revenue * 365 if revenue > 0 else None
