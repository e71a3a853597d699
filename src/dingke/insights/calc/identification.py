"""A-05 大客户识别五法, methods 1, 3 and 4: candidate lists by method, and how the scores of
several methods join.

Scores 0..1 order the candidates within a list; all thresholds and weights are design values, editable. Method 2 is
the value assessment (A-11) and method 5 the individual needs; their lists merge in the same way.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any

import numpy as np

from dingke.accounts.calc.dossier_fields import SOURCE_OF
from dingke.core.reasons import Label, Reason, Sentences
from dingke.insights.calc.figures import Flags, Floats, refuse_ratio, rounded, shares_above, unknown
from dingke.insights.calc.told import Told, amounts, reasons_at

_ZERO = Decimal(0)

SENTENCES = Sentences(
    {
        "FOUND_HIGH_SPEND": (
            "Spending of {spend:,.0f} is among the top {top:.0%}.",
            "消费额 {spend:,.0f} 元，位于前 {top:.0%}。",
        ),
        "FOUND_STEADY": (
            "{orders} orders in twelve months, steadiness {steadiness:.0%}.",
            "近十二个月下单 {orders} 次，稳定度 {steadiness:.0%}。",
        ),
        "FOUND_POTENTIAL": (
            "A potential of {potential:,.0f} is among the top {top:.0%}.",
            "潜力 {potential:,.0f} 元，位于前 {top:.0%}。",
        ),
        "FOUND_GROWTH": ("Spending grew by {growth:.1%}.", "消费额增长 {growth:.1%}。"),
        "FOUND_INDUSTRY": ("It belongs to a target industry: {industry}.", "属于目标行业：{industry}。"),
        "FOUND_REGION": ("It lies in a target region: {region}.", "位于目标区域：{region}。"),
        "FOUND_POWER": (
            "Its buying power of {power:,.0f} reaches {least:,.0f}.",
            "购买力 {power:,.0f} 元，达到 {least:,.0f} 元。",
        ),
        "POWER_UNKNOWN": ("Its buying power is not known.", "购买力未知。"),
        "FOUND_SOURCES": (
            "Named by {count} outside sources: {sources}; last on {last:%Y-%m-%d}.",
            "有 {count} 个外部来源提及：{sources}，最近一次为 {last:%Y-%m-%d}。",
        ),
    }
)


class Method(StrEnum):
    MARKET_DATA = "MARKET_DATA"
    VALUE_ASSESSMENT = "VALUE_ASSESSMENT"
    POSITIONING = "POSITIONING"
    MULTI_SOURCE = "MULTI_SOURCE"
    INDIVIDUAL_NEEDS = "INDIVIDUAL_NEEDS"


METHOD_LABELS: dict[Method, Label] = {
    Method.MARKET_DATA: Label("Market-data analysis", "市场数据分析"),
    Method.VALUE_ASSESSMENT: Label("Customer-value assessment", "客户价值评估法"),
    Method.POSITIONING: Label("Industry and region positioning", "行业与区域定位"),
    Method.MULTI_SOURCE: Label("Multi-source integration", "多渠道信息整合"),
    Method.INDIVIDUAL_NEEDS: Label("Individual-need analysis", "个性化需求分析"),
}


@dataclass(frozen=True)
class Finding:
    """One account on the list of one method."""

    account_id: int
    method: Method
    score: Decimal
    reasons: tuple[Reason, ...]


@dataclass(frozen=True)
class FindingColumns:
    """What one method says of all accounts: ``score`` 0..1, NaN where it did not find the account."""

    method: Method
    score: Floats
    reasons: tuple[Told, ...]

    def findings(self, account_ids: Sequence[int]) -> tuple[Finding, ...]:
        """As records, best first."""
        return _best_first(
            Finding(account_ids[place], self.method, Decimal(f"{self.score[place]:.4f}"), reasons_at(self.reasons, place))
            for place in np.flatnonzero(~np.isnan(self.score)).tolist()
        )


# --- method 1 ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class MarketSettings:
    """Found are: spend in the top 20 %, or at least 4 orders at 60 % steadiness, or potential in the top 10 %.

    Growth from 15 % on is a further reason and never finds alone. The weights are normalised to 1.
    """

    spend_top: Decimal = Decimal("0.20")
    least_orders: int = 4
    least_steadiness: Decimal = Decimal("0.60")
    potential_top: Decimal = Decimal("0.10")
    least_growth: Decimal = Decimal("0.15")
    full_orders: int = 12
    full_growth: Decimal = Decimal("0.50")
    weights: Mapping[str, Decimal] = field(
        default_factory=lambda: {
            "spend": Decimal("0.40"),
            "frequency": Decimal("0.15"),
            "steadiness": Decimal("0.15"),
            "potential": Decimal("0.20"),
            "growth": Decimal("0.10"),
        }
    )

    def __post_init__(self) -> None:
        refuse_ratio("the spend limit", self.spend_top)
        refuse_ratio("the steadiness limit", self.least_steadiness)
        refuse_ratio("the potential limit", self.potential_top)
        if self.least_orders < 1 or self.full_orders < self.least_orders:
            raise ValueError("the orders that count in full are at least the least orders, and these at least 1")
        if self.full_growth <= 0:
            raise ValueError("the growth that counts in full is over 0")
        if set(self.weights) != {"spend", "frequency", "steadiness", "potential", "growth"}:
            raise ValueError("weights are needed for spend, frequency, steadiness, potential and growth")
        if min(self.weights.values()) < 0 or sum(self.weights.values()) <= 0:
            raise ValueError("weights are 0 or more, and not all 0")


@dataclass(frozen=True)
class MarketFacts:
    """Twelve months. None = unknown and adds nothing. ``potential``: what the account could spend with us a year."""

    account_id: int
    spend: Decimal = _ZERO
    orders: int = 0
    steadiness: Decimal | None = None
    potential: Decimal | None = None
    growth: Decimal | None = None


DEFAULT_MARKET = MarketSettings()


def steadiness(amounts: Sequence[Decimal]) -> Decimal | None:
    """How even the amounts of equal periods are: 1 - standard deviation / mean, not under 0. None without two periods
    or any amount.
    """
    found = steadiness_of(np.array([[float(amount) for amount in amounts]]))[0]
    return None if np.isnan(found) else Decimal(f"{found:.12f}")


def steadiness_of(amounts: Any) -> Floats:
    """`steadiness` for columns: one row of amounts per account; NaN = unknown."""
    if amounts.shape[1] < 2:
        return np.full(len(amounts), np.nan)
    mean = amounts.mean(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(mean > 0, np.maximum(rounded(1 - amounts.std(axis=1) / mean), 0), np.nan)


def by_market_data(facts: Iterable[MarketFacts], settings: MarketSettings = DEFAULT_MARKET) -> tuple[Finding, ...]:
    """Method 1: high spend, steady frequency, or very high potential; best first."""
    listed = list(facts)
    found = market_data(
        spend=np.array([item.spend for item in listed], dtype=object),
        orders=np.array([item.orders for item in listed], dtype=np.int64),
        steadiness=np.array([unknown(item.steadiness) for item in listed]),
        potential=np.array([unknown(item.potential) for item in listed]),
        growth=np.array([unknown(item.growth) for item in listed]),
        among=np.ones(len(listed), dtype=np.bool_),
        settings=settings,
    )
    return found.findings([item.account_id for item in listed])


def market_data(
    *, spend: Any, orders: Any, steadiness: Any, potential: Any, growth: Any, among: Flags, settings: MarketSettings = DEFAULT_MARKET
) -> FindingColumns:
    """Method 1 for columns: `MarketFacts` as arrays, NaN = unknown; of the accounts ``among``."""
    spend_above = shares_above(spend, among=among)
    has_potential = among & (potential > 0)
    potential_above = shares_above(potential, among=among & ~np.isnan(potential))
    high = among & (spend > 0) & (spend_above < float(settings.spend_top))
    steady = among & (steadiness >= float(settings.least_steadiness)) & (orders >= settings.least_orders)
    promising = has_potential & (potential_above < float(settings.potential_top))
    found = high | steady | promising
    parts = {
        "spend": np.where(among & (spend > 0), 1 - spend_above, 0),
        "frequency": np.clip(orders / settings.full_orders, 0, 1),
        "steadiness": np.clip(np.nan_to_num(steadiness), 0, 1),
        "potential": np.where(has_potential, 1 - potential_above, 0),
        "growth": np.clip(np.nan_to_num(growth) / float(settings.full_growth), 0, 1),
    }
    weighted = sum((float(settings.weights[name]) * part for name, part in parts.items()), np.zeros(len(among)))
    score = np.where(found, _scores(weighted / float(sum(settings.weights.values()))), np.nan)
    return FindingColumns(
        Method.MARKET_DATA,
        score,
        (
            Told("FOUND_HIGH_SPEND", high, {"spend": amounts(spend), "top": settings.spend_top}),
            Told("FOUND_STEADY", steady, {"orders": orders, "steadiness": steadiness}),
            Told("FOUND_POTENTIAL", promising, {"potential": potential, "top": settings.potential_top}),
            Told("FOUND_GROWTH", found & (growth >= float(settings.least_growth)), {"growth": growth}),
        ),
    )


# --- method 3 ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class PositioningSettings:
    """``industries`` and ``regions``: codes that are aimed at; an empty set does not filter. ``least_power`` None =
    any.
    """

    industries: frozenset[str] = frozenset()
    regions: frozenset[str] = frozenset()
    least_power: Decimal | None = None
    accept_unknown_power: bool = True

    def __post_init__(self) -> None:
        if not self.industries and not self.regions:
            raise ValueError("positioning needs a target industry or a target region")
        if self.least_power is not None and self.least_power < 0:
            raise ValueError("the least buying power is 0 or more")


@dataclass(frozen=True)
class PositioningFacts:
    """``regions``: the account's region and those above it. ``power``: its yearly purchasing in our field, None =
    unknown.
    """

    account_id: int
    industry: str = ""
    regions: tuple[str, ...] = ()
    power: Decimal | None = None


def by_positioning(facts: Iterable[PositioningFacts], settings: PositioningSettings) -> tuple[Finding, ...]:
    """Method 3: accounts with buying power in the target industry and region; the greatest power first.

    Score: 0.5 for the position and up to 0.5 for the place by known power among those found.
    """
    listed = list(facts)
    found = positioning(
        industry=np.array([item.industry if item.industry in settings.industries else None for item in listed], dtype=object),
        region=np.array([next((code for code in item.regions if code in settings.regions), None) for item in listed], dtype=object),
        power=np.array([item.power for item in listed], dtype=object),
        power_known=np.array([item.power is not None for item in listed], dtype=np.bool_),
        settings=settings,
    )
    return found.findings([item.account_id for item in listed])


def positioning(*, industry: Any, region: Any, power: Any, power_known: Flags, settings: PositioningSettings) -> FindingColumns:
    """Method 3 for columns. ``industry`` and ``region``: the target met (its code or name, an object), None where none is met; ``power``
    in cents (whole numbers), or as in the settings, where it is known.
    """
    found = np.ones(len(power), dtype=np.bool_)
    if settings.industries:
        found &= _met(industry)
    if settings.regions:
        found &= _met(region)
    reaches = np.zeros(len(power), dtype=np.bool_)
    if settings.least_power is not None:
        least = settings.least_power * 100 if power.dtype == np.int64 else settings.least_power  # columns hold cents
        reaches[power_known] = power[power_known] >= least
        found &= reaches | (~power_known & settings.accept_unknown_power)
    above = shares_above(power, among=found & power_known)
    score = _scores(0.5 + np.where(np.isnan(above), 0, 0.5 * (1 - np.nan_to_num(above))))
    told = [
        Told("FOUND_INDUSTRY", found & bool(settings.industries), {"industry": industry}),
        Told("FOUND_REGION", found & bool(settings.regions), {"region": region}),
        Told("POWER_UNKNOWN", found & ~power_known),
    ]
    if settings.least_power is not None:
        told.append(Told("FOUND_POWER", found & reaches, {"power": amounts(power), "least": settings.least_power}))
    return FindingColumns(Method.POSITIONING, np.where(found, score, np.nan), tuple(told))


def _met(column: Any) -> Flags:
    return np.array([value is not None for value in column.tolist()], dtype=np.bool_)


# --- method 4 ---------------------------------------------------------------------------------------------------------


def _default_source_weights() -> dict[str, Decimal]:
    return {
        "PARTNER_REFERRAL": Decimal("0.5"),
        "MARKET_RESEARCH": Decimal("0.4"),
        "INDUSTRY_REPORT": Decimal("0.4"),
        "SUPPLIER_ENQUIRY": Decimal("0.3"),
        "SOCIAL_MEDIA": Decimal("0.2"),
    }


@dataclass(frozen=True)
class SourceSettings:
    """``weights``: outside source (C-04) -> how much one mention counts, 0..1. ``least_sources``: different sources
    needed.
    """

    weights: Mapping[str, Decimal] = field(default_factory=_default_source_weights)
    least_sources: int = 1
    only_without_orders: bool = True

    def __post_init__(self) -> None:
        strangers = set(self.weights) - set(SOURCE_OF)
        if strangers:
            raise ValueError(f"not a source of information: {', '.join(sorted(strangers))}")
        for source, weight in self.weights.items():
            refuse_ratio(f"the weight of {source}", weight)
        if self.least_sources < 1:
            raise ValueError("at least one source is needed")


@dataclass(frozen=True)
class SourceMention:
    """A dossier entry or referral that names an account."""

    account_id: int
    source: str
    recorded_on: date
    has_orders: bool = False


DEFAULT_SOURCES = SourceSettings()


def by_sources(mentions: Iterable[SourceMention], settings: SourceSettings = DEFAULT_SOURCES) -> tuple[Finding, ...]:
    """Method 4: accounts that outside sources name and our own figures do not show yet; several sources strengthen
    each other.
    """
    named: dict[int, list[SourceMention]] = {}
    for mention in mentions:
        if mention.source in settings.weights and not (settings.only_without_orders and mention.has_orders):
            named.setdefault(mention.account_id, []).append(mention)
    findings: list[Finding] = []
    for account_id, listed in named.items():
        sources = sorted({mention.source for mention in listed})
        if len(sources) < settings.least_sources:
            continue
        reason = Reason(
            "FOUND_SOURCES",
            {
                "count": len(sources),
                "sources": tuple(SOURCE_OF[source].label for source in sources),
                "last": max(mention.recorded_on for mention in listed),
            },
        )
        score = _together(settings.weights[source] for source in sources)
        findings.append(Finding(account_id, Method.MULTI_SOURCE, score, (reason,)))
    return _best_first(findings)


# --- merging ----------------------------------------------------------------------------------------------------------


def joined(scores: Iterable[Any]) -> Floats:
    """The scores of several methods as one: several strengthen each other, 1 - (1-s1)(1-s2)...; NaN = not found by that one."""
    listed = list(scores)
    doubt = np.prod([1 - np.nan_to_num(score) for score in listed], axis=0)
    return np.where(np.all([np.isnan(score) for score in listed], axis=0), np.nan, _scores(1 - doubt))


def _together(scores: Iterable[Decimal]) -> Decimal:
    return Decimal(f"{joined([np.array([float(score)]) for score in scores])[0]:.4f}")


def _scores(values: Any) -> Floats:
    """0..1 at four decimals, halves up."""
    return np.clip(np.floor(np.round(values * 10_000, 7) + 0.5) / 10_000, 0, 1)  # type: ignore[no-any-return]


def _best_first(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    return tuple(sorted(findings, key=lambda finding: (-finding.score, finding.account_id)))
