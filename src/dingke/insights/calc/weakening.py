"""Which customers weaken, by rules that a person can follow: less bought, gone quiet, thinner margin, fewer product families.

Design values. Amounts of one currency; shares 0..1; days. What is at stake is a year's turnover, not profit: the turnover
already lost, or all of the last twelve months' when the customer has gone quiet.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from dingke.core.reasons import Reason, Sentences
from dingke.insights.calc.figures import refuse_ratio

_ZERO = Decimal(0)

SENTENCES = Sentences(
    {
        "BOUGHT_LESS": (
            "Bought {drop:.0%} less than in the twelve months before.",
            "比前十二个月少买 {drop:.0%}。",
        ),
        "GONE_QUIET": (
            "Usually orders every {gap:.0f} days; {days} days without an order.",
            "平时约 {gap:.0f} 天一单，已 {days} 天未下单。",
        ),
        "STOPPED_BUYING": (
            "No order in twelve months; the last one on {last:%Y-%m-%d}.",
            "近十二个月没有订单，最后一单为 {last:%Y-%m-%d}。",
        ),
        "MARGIN_FALLS": (
            "Margin fell {quarters} quarters in a row, from {first:.1%} to {last:.1%}.",
            "毛利率连降 {quarters} 个季度，由 {first:.1%} 降至 {last:.1%}。",
        ),
        "FEWER_FAMILIES": (
            "Product families bought: from {before} down to {now}.",
            "采购的产品系列由 {before} 个降到 {now} 个。",
        ),
    }
)

COST_CODES = frozenset({"MARGIN_FALLS"})
"""Sentences that tell a margin: hidden from those who do not see costs."""


@dataclass(frozen=True)
class WeakeningSettings:
    """``drop_from``: this much less turnover. Quiet: longer than ``quiet_times`` the usual gap, than nine of ten of its
    own gaps, and than ``quiet_days``. ``falling_quarters``: margins falling in so many steps. ``families_drop``: so
    many families fewer.
    """

    drop_from: Decimal = Decimal("0.20")
    quiet_times: Decimal = Decimal(2)
    quiet_days: int = 30
    falling_quarters: int = 3
    families_drop: int = 2

    def __post_init__(self) -> None:
        refuse_ratio("the drop of turnover", self.drop_from)
        if self.quiet_times < 1:
            raise ValueError("quiet begins at the usual gap or later")
        if self.quiet_days < 1 or self.falling_quarters < 1 or self.families_drop < 1:
            raise ValueError("days, quarters and families are 1 or more")


@dataclass(frozen=True)
class Trend:
    """``usual_gap_days``: the median between order days; ``long_gap_days``: nine of ten are shorter.
    ``quarter_margins``: of whole calendar quarters, oldest first; None = unknown. ``families``: bought in the twelve
    months and in those before.
    """

    account_id: int
    revenue: Decimal
    revenue_before: Decimal
    last_order: date | None = None
    usual_gap_days: Decimal | None = None
    long_gap_days: Decimal | None = None
    quarter_margins: tuple[Decimal | None, ...] = ()
    families: int = 0
    families_before: int = 0


@dataclass(frozen=True)
class Weakening:
    """``at_stake``: turnover of a year, 0 or more. ``is_quiet``: silent for longer than it should be."""

    account_id: int
    reasons: tuple[Reason, ...]
    at_stake: Decimal
    is_quiet: bool


DEFAULT_SETTINGS = WeakeningSettings()


def weakening(trend: Trend, *, as_of: date, settings: WeakeningSettings = DEFAULT_SETTINGS) -> Weakening | None:
    """None when no sign shows or the customer never bought in either period."""
    if trend.revenue <= 0 and trend.revenue_before <= 0:
        return None
    reasons: list[Reason] = []
    lost = max(trend.revenue_before - trend.revenue, _ZERO)
    quiet = False
    if trend.revenue <= 0 and trend.last_order is not None:
        quiet = True
        reasons.append(Reason("STOPPED_BUYING", {"last": trend.last_order}))
    else:
        if trend.last_order is not None and trend.usual_gap_days:
            days = (as_of - trend.last_order).days
            patience = max(settings.quiet_times * trend.usual_gap_days, trend.long_gap_days or _ZERO, Decimal(settings.quiet_days))
            quiet = days > patience
            if quiet:
                reasons.append(Reason("GONE_QUIET", {"gap": trend.usual_gap_days, "days": days}))
        if trend.revenue_before > 0 and lost / trend.revenue_before >= settings.drop_from and lost > 0:
            reasons.append(Reason("BOUGHT_LESS", {"drop": lost / trend.revenue_before}))
    falling = _falling(trend.quarter_margins, settings.falling_quarters)
    if falling is not None:
        reasons.append(Reason("MARGIN_FALLS", {"quarters": settings.falling_quarters, "first": falling[0], "last": falling[1]}))
    if trend.families_before - trend.families >= settings.families_drop:
        reasons.append(Reason("FEWER_FAMILIES", {"before": trend.families_before, "now": trend.families}))
    if not reasons:
        return None
    at_stake = max(trend.revenue, lost) if quiet else lost
    return Weakening(trend.account_id, tuple(reasons), at_stake, quiet)


def _falling(margins: tuple[Decimal | None, ...], steps: int) -> tuple[Decimal, Decimal] | None:
    recent = [margin for margin in margins[-(steps + 1) :] if margin is not None]
    if len(recent) <= steps:
        return None
    return (recent[0], recent[-1]) if all(one > two for one, two in zip(recent, recent[1:], strict=False)) else None


def worst_first(found: Iterable[Weakening]) -> tuple[Weakening, ...]:
    return tuple(sorted(found, key=lambda item: (-item.at_stake, -len(item.reasons), item.account_id)))
