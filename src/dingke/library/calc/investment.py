"""The investment per period (J-08): what a price means per year, month, week and day.

Pure. Price in yuan as Decimal, years of use as Decimal; per year P/Y, per month P/(12Y), per week P/(52Y), per day P/(365Y).
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class PerPeriod:
    year: Decimal
    month: Decimal
    week: Decimal
    day: Decimal


def per_period(price: Decimal, years: Decimal) -> PerPeriod:
    """Rounded to the cent, half up. ValueError when the price is negative or the years are not above 0."""
    if not price.is_finite() or price < 0:
        raise ValueError("the price is 0 or more")
    if not years.is_finite() or years <= 0:
        raise ValueError("the years of use are above 0")

    def share(parts: int) -> Decimal:
        return (price / (parts * years)).quantize(CENT, ROUND_HALF_UP)

    return PerPeriod(year=share(1), month=share(12), week=share(52), day=share(365))


def days_to_earn(price: Decimal, gain_per_month: Decimal) -> int | None:
    """After how many days a monthly gain has brought the price back (365 days a year); None without a gain."""
    if gain_per_month <= 0:
        return None
    return int((price * 365 / (gain_per_month * 12)).to_integral_value(rounding="ROUND_CEILING"))
