"""Orders, products and incentives for tests."""

from __future__ import annotations

import itertools
from datetime import date
from decimal import Decimal
from typing import Any

from dingke.accounts.models import Account
from dingke.ledger.models import Incentive, Order, OrderLine, Product

_numbers = itertools.count(1)


def make_order(account: Account, day: str | date, amount: str | int, cost: str | int | None = None, **fields: Any) -> Order:
    return Order.objects.create(
        account=account,
        number=f"SO{next(_numbers)}",
        order_date=date.fromisoformat(day) if isinstance(day, str) else day,
        amount=Decimal(amount),
        cost=None if cost is None else Decimal(cost),
        **fields,
    )


def make_product(family: str = "刀具", **fields: Any) -> Product:
    number = next(_numbers)
    return Product.objects.create(code=f"P{number}", name=f"产品{number}", family=family, **fields)


def make_line(order: Order, product: Product | None = None, amount: str | int | None = None, cost: str | int | None = None) -> OrderLine:
    value = order.amount if amount is None else Decimal(amount)
    return OrderLine.objects.create(
        order=order, product=product, unit_price=value, amount=value, cost=None if cost is None else Decimal(cost)
    )


def make_incentive(account: Account, start: str, end: str, amount: str | int) -> Incentive:
    return Incentive.objects.create(
        account=account, start_date=date.fromisoformat(start), end_date=date.fromisoformat(end), amount=Decimal(amount)
    )
