"""Money: Decimal with a currency, rounded half up to two places; yuan shown in 元 or 万元."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

CENT = Decimal("0.01")
WAN = Decimal(10_000)
YI = Decimal(100_000_000)


def rounded(amount: Decimal) -> Decimal:
    """The amount in whole cents, half up."""
    return amount.quantize(CENT, rounding=ROUND_HALF_UP)


@dataclass(frozen=True, slots=True, order=True)
class Money:
    amount: Decimal
    currency: str = "CNY"

    def __post_init__(self) -> None:
        if len(self.currency) != 3 or not self.currency.isupper():
            raise ValueError(f"currency must be an ISO 4217 code, got {self.currency!r}")

    def __add__(self, other: Money) -> Money:
        if other.currency != self.currency:
            raise ValueError(f"cannot add {other.currency} to {self.currency}")
        return Money(self.amount + other.amount, self.currency)


def split(amount: Decimal, weights: Sequence[Decimal]) -> list[Decimal]:
    """Divides an amount by weights so that the parts, in cents, add up to it exactly.

    The cents left by rounding go to the parts with the largest remainders. ValueError without a positive weight.
    """
    total = sum(weights, Decimal(0))
    if total <= 0 or any(weight < 0 for weight in weights):
        raise ValueError("weights must be non-negative with a positive sum")
    cents = int((rounded(amount) / CENT).to_integral_value())
    exact = [Decimal(cents) * weight / total for weight in weights]
    floors = [math.floor(part) for part in exact]  # `//` would round a negative part towards zero
    order = sorted(range(len(exact)), key=lambda index: (floors[index] - exact[index], index))
    for index in order[: cents - sum(floors)]:
        floors[index] += 1
    return [Decimal(part) * CENT for part in floors]


def compact(amount: Decimal | None, language: str = "zh-hans") -> str:
    """The amount for a card: 1,284.0 万 or 3.2 亿 in Chinese, 12.8M or 450.2K in English; exact below 10,000 / 1,000."""
    if amount is None:
        return "—"
    size = abs(amount)
    if language.startswith("zh"):
        if size >= YI:
            return f"{amount / YI:,.2f} 亿"
        if size >= WAN:
            return f"{amount / WAN:,.1f} 万"
        return f"{amount:,.0f}"
    if size >= 1_000_000:
        return f"{amount / 1_000_000:,.2f}M"
    if size >= 1_000:
        return f"{amount / 1_000:,.1f}K"
    return f"{amount:,.0f}"


def exact(amount: Decimal | None) -> str:
    """The amount for a table, to the cent with separators."""
    return "—" if amount is None else f"{amount:,.2f}"
