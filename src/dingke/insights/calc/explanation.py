"""A-18: why a score is what it is, as reasons; and the flat form of the identification rules that people edit (A-05)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import numpy as np

from dingke.core.reasons import Reason, Sentences
from dingke.insights.calc.figures import Flags
from dingke.insights.calc.guards import GuardResult
from dingke.insights.calc.identification import MarketSettings, PositioningSettings, SourceSettings
from dingke.insights.calc.pareto import ParetoRow, ParetoSettings
from dingke.insights.calc.told import Told, reasons_at

FORMULA_VERSION = "2026.1"
"""Raised whenever a rule of this domain changes what it answers for the same figures."""

_RATIO = Decimal("0.000001")
STALE_AFTER = timedelta(days=60)

SENTENCES = Sentences(
    {
        "CLASS_A": (
            "Rank {rank} of {count} by revenue; the customers up to here bring {cumulative:.1%}. Class A is who it "
            "takes to reach {until:.0%}.",
            "按销售额排第 {rank} 位（共 {count} 家），到此累计占 {cumulative:.1%}。凑足 {until:.0%} 所需的客户为 A 类。",
        ),
        "CLASS_B": (
            "Rank {rank} of {count} by revenue; the customers up to here bring {cumulative:.1%}. Class B is who it "
            "takes from class A to {until:.0%}.",
            "按销售额排第 {rank} 位（共 {count} 家），到此累计占 {cumulative:.1%}。A 类之后凑足 {until:.0%} 所需的客户为 B 类。",
        ),
        "CLASS_C": (
            "Rank {rank} of {count} by revenue; the larger ones already bring {until:.0%}.",
            "按销售额排第 {rank} 位（共 {count} 家），更大的客户已占 {until:.0%}。",
        ),
        "CLASS_C_QUIET": (
            "It bought before, but not in these twelve months.",
            "曾经购买，但近十二个月没有购买。",
        ),
        "COSTS_MISSING": (
            "{missing} of {orders} orders have no cost, so profit and margin are unknown.",
            "{orders} 张订单中有 {missing} 张没有成本，利润和毛利率未知。",
        ),
    }
)


def class_reason(row: ParetoRow, *, count: int, settings: ParetoSettings) -> Reason:
    """Why the account is in its class. ``count``: accounts in the list."""
    told = class_reasons(
        value=np.array([row.value], dtype=object),
        rank=np.array([row.rank]),
        abc=np.array([row.abc.value]),
        cumulative_share=np.array([row.cumulative_share], dtype=object),
        count=count,
        settings=settings,
        among=np.ones(1, dtype=np.bool_),
    )
    return reasons_at(told, 0)[0]


def class_reasons(
    *, value: Any, rank: Any, abc: Any, cumulative_share: Any, count: int, settings: ParetoSettings, among: Flags
) -> tuple[Told, ...]:
    """Why each of the accounts ``among`` is in its class: one of these holds."""
    bought = among & (value > 0)
    place = {"rank": rank, "count": count}
    return (
        Told("CLASS_A", bought & (abc == "A"), {**place, "cumulative": cumulative_share, "until": settings.a_until}),
        Told("CLASS_B", bought & (abc == "B"), {**place, "cumulative": cumulative_share, "until": settings.b_until}),
        Told("CLASS_C", bought & (abc == "C"), {**place, "until": settings.b_until}),
        Told("CLASS_C_QUIET", among & ~(value > 0)),
    )


def packed_guard(result: GuardResult) -> dict[str, object]:
    """A guard's result as the summary of a run keeps it; of the accounts concerned the first 500."""
    figure = None if result.figure is None else str(result.figure.quantize(_RATIO, rounding=ROUND_HALF_UP))
    return {
        "guard": result.guard.value,
        "level": result.level.value,
        "figure": figure,
        "threshold": str(result.threshold),
        "account_ids": list(result.account_ids)[:500],
        "sentence": result.sentence.as_json(),
    }


def yuan(cents: Any) -> Decimal:
    """Whole cents of a column as an amount."""
    return Decimal(int(cents)) / 100


def yuan_if_known(cents: Any) -> Decimal | None:
    return None if np.isnan(cents) else yuan(cents)


def day_of_run(*, today: date, latest_order: date | None) -> date:
    """The day a run speaks of: today, unless the data ended more than 60 days ago; then its last order day."""
    if latest_order is not None and latest_order < today - STALE_AFTER:
        return latest_order
    return today


@dataclass(frozen=True)
class IdentificationSettings:
    """A-05: the thresholds of methods 1, 3 and 4. Without a target industry or region method 3 finds nobody."""

    spend_top: Decimal = Decimal("0.20")
    least_orders: int = 4
    least_steadiness: Decimal = Decimal("0.60")
    potential_top: Decimal = Decimal("0.10")
    least_growth: Decimal = Decimal("0.15")
    target_industries: tuple[str, ...] = ()
    target_regions: tuple[str, ...] = ()
    least_power: Decimal | None = None
    least_sources: int = 1
    only_without_orders: bool = True

    def __post_init__(self) -> None:
        self.market()
        self.positioning()
        self.sources()

    def market(self) -> MarketSettings:
        return MarketSettings(
            spend_top=self.spend_top,
            least_orders=self.least_orders,
            least_steadiness=self.least_steadiness,
            potential_top=self.potential_top,
            least_growth=self.least_growth,
            full_orders=max(self.least_orders, MarketSettings.full_orders),
        )

    def positioning(self) -> PositioningSettings | None:
        if not self.target_industries and not self.target_regions:
            return None
        return PositioningSettings(frozenset(self.target_industries), frozenset(self.target_regions), self.least_power)

    def sources(self) -> SourceSettings:
        return SourceSettings(least_sources=self.least_sources, only_without_orders=self.only_without_orders)
