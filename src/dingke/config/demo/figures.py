"""What an account has bought, by cooperation year: the ground for its stage, nomination and incentives."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from dingke.config.demo.drafts import Windows
from dingke.config.demo.records import Order


@dataclass(slots=True)
class Figures:
    revenue: list[Decimal] = field(default_factory=lambda: [Decimal(0)] * 3)
    gross_profit: list[Decimal] = field(default_factory=lambda: [Decimal(0)] * 3)
    days: list[date] = field(default_factory=list)

    @property
    def total(self) -> Decimal:
        return sum(self.revenue, Decimal(0))

    @property
    def margin(self) -> Decimal:
        return sum(self.gross_profit, Decimal(0)) / self.total


def figures_by_account(orders: Iterable[Order], windows: Windows) -> dict[str, Figures]:
    """Accounts without an order are left out. The orders come by date."""
    figures: dict[str, Figures] = {}
    for order in orders:
        one = figures.setdefault(order.account, Figures())
        year = windows.index(order.order_date)
        one.revenue[year] += order.amount
        one.gross_profit[year] += order.gross_profit
        one.days.append(order.order_date)
    return figures


def wan(amount: Decimal) -> str:
    """万元 with one decimal, as people write it in a note."""
    return f"{amount / 10_000:.1f} 万元"
