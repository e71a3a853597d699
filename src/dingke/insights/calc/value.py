"""A-13 客户价值概念: delivered value DV = TV - TC, continuing value CV = N x P.

The source's CV has neither margin nor discounting: it is turnover, not profit, and the notes of the card say so.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from dingke.core.reasons import Reason, Sentences

SENTENCES = Sentences(
    {
        "CV_IS_TURNOVER": (
            "Continuing value is expected turnover, not profit: no margin is applied.",
            "持续价值为预计销售额而非利润，未计利润率。",
        ),
        "CV_NOT_DISCOUNTED": ("Later purchases are not discounted.", "未对未来的购买进行折现。"),
        "DV_NEGATIVE": (
            "The customer's cost is higher than the value it gets.",
            "客户付出的总成本高于其获得的总价值。",
        ),
        "DV_UNKNOWN": (
            "Delivered value needs total value and total cost.",
            "计算让渡价值需要客户总价值和总成本。",
        ),
        "CV_UNKNOWN": (
            "Continuing value needs the planned number and the average amount of purchases.",
            "计算持续价值需要预计交易次数和平均每次购买金额。",
        ),
    }
)


@dataclass(frozen=True)
class ValueInputs:
    """Yuan; None = not entered. ``planned_purchases`` N over the lifecycle, ``average_purchase`` P."""

    total_value: Decimal | None = None
    total_cost: Decimal | None = None
    planned_purchases: Decimal | None = None
    average_purchase: Decimal | None = None
    enterprise_value: Decimal | None = None

    def __post_init__(self) -> None:
        for name in ("total_value", "total_cost", "planned_purchases", "average_purchase"):
            value = getattr(self, name)
            if value is not None and value < 0:
                raise ValueError(f"{name} is 0 or more")


@dataclass(frozen=True)
class ValueCard:
    """Both sides' value: ``delivered_value`` is the customer's, ``continuing_value`` and ``enterprise_value`` are
    ours.
    """

    delivered_value: Decimal | None
    continuing_value: Decimal | None
    enterprise_value: Decimal | None
    notes: tuple[Reason, ...]


def delivered_value(*, total_value: Decimal, total_cost: Decimal) -> Decimal:
    """DV = TV - TC: 1.5m - 1.1m = 0.4m."""
    return total_value - total_cost


def continuing_value(*, planned_purchases: Decimal, average_purchase: Decimal) -> Decimal:
    """CV = N x P, as turnover: 24 x 50k = 1.2m."""
    return planned_purchases * average_purchase


def value_card(inputs: ValueInputs) -> ValueCard:
    """A-13: what can be told from what was entered, with notes on how to read it and on what is missing."""
    notes: list[Reason] = []
    dv: Decimal | None = None
    cv: Decimal | None = None
    if inputs.total_value is not None and inputs.total_cost is not None:
        dv = delivered_value(total_value=inputs.total_value, total_cost=inputs.total_cost)
        if dv < 0:
            notes.append(Reason("DV_NEGATIVE"))
    else:
        notes.append(Reason("DV_UNKNOWN"))
    if inputs.planned_purchases is not None and inputs.average_purchase is not None:
        cv = continuing_value(planned_purchases=inputs.planned_purchases, average_purchase=inputs.average_purchase)
        notes += [Reason("CV_IS_TURNOVER"), Reason("CV_NOT_DISCOUNTED")]
    else:
        notes.append(Reason("CV_UNKNOWN"))
    return ValueCard(dv, cv, inputs.enterprise_value, tuple(notes))
