"""Orders of the demonstration world summed up by account, for the tests that check its figures."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal

from dingke.config.demo import workdays
from dingke.config.demo.records import Account, Order, World


class Books:
    """Revenue and gross profit by account and cooperation year (0 to 2)."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.orders: dict[str, list[Order]] = defaultdict(list)
        for order in world.orders:
            self.orders[order.account].append(order)
        self.accounts: dict[str, Account] = {account.code: account for account in world.accounts}
        self.total = self.revenue(*self.orders)

    def revenue(self, *codes_: str, year: int | None = None) -> Decimal:
        return sum((order.amount for order in self.chosen(codes_, year)), Decimal(0))

    def profit(self, *codes_: str, year: int | None = None) -> Decimal:
        return sum((order.gross_profit for order in self.chosen(codes_, year)), Decimal(0))

    def chosen(self, codes_: tuple[str, ...], year: int | None) -> list[Order]:
        chosen = [order for code in codes_ for order in self.orders[code]]
        if year is None:
            return chosen
        edge = [workdays.years_before(self.world.today, 3 - n) for n in range(4)]
        return [order for order in chosen if edge[year] < order.order_date <= edge[year + 1]]
