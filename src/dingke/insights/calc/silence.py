"""Silent customers and the retention funnel (D-17, O-18): rates per year, and the three statuses."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from dingke.core.periods import add_months

SILENT_MONTHS = 12


class Status(StrEnum):
    """Seed 种子 (promising), golden bean 金豆子 (buys again and again), silent 沉默 (no order for twelve months)."""

    SEED = "SEED"
    GOLDEN_BEAN = "GOLDEN_BEAN"
    SILENT = "SILENT"


@dataclass(frozen=True)
class YearFacts:
    """Customers with an order in the year, with two or more, with one in the year before, and of those without one in this."""

    year: int
    buyers: int
    repeat: int
    before: int
    lost: int

    @property
    def repurchase_rate(self) -> Decimal | None:
        return rate(self.repeat, self.buyers)

    @property
    def loss_rate(self) -> Decimal | None:
        return rate(self.lost, self.before)


def rate(part: int, whole: int) -> Decimal | None:
    """Part of a whole, 0..1; None of nothing. Repurchase: 45 of 120 -> 0.375. Loss, or churn: 18 of 100 -> 0.18.

    ValueError when the part is below 0 or above the whole.
    """
    if part < 0 or part > whole:
        raise ValueError("a part lies between 0 and the whole")
    return Decimal(part) / Decimal(whole) if whole else None


def silent_before(today: date) -> date:
    """Who ordered last before this day has been silent for more than twelve months."""
    return add_months(today, -SILENT_MONTHS)


def status(*, orders: int, last_order: date | None, today: date) -> Status:
    """Without an order, or with one that is fresh: a seed. Two or more, the last within twelve months: a golden bean."""
    if last_order is not None and last_order < silent_before(today):
        return Status.SILENT
    return Status.GOLDEN_BEAN if orders >= 2 else Status.SEED
