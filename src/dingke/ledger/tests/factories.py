"""Money facts for tests."""

from __future__ import annotations

import itertools
from datetime import date
from decimal import Decimal
from typing import Any

from dingke.accounts.models import Account
from dingke.accounts.tests.factories import TODAY
from dingke.ledger.models import Order

_numbers = itertools.count(1)


def make_order(account: Account, *, amount: str | Decimal = "1000.00", on: date = TODAY, cost: str | Decimal | None = None, **fields: Any) -> Order:
    number = fields.pop("number", f"SO-{next(_numbers)}")
    return Order.objects.create(
        account=account, number=number, order_date=on, amount=Decimal(amount), cost=None if cost is None else Decimal(cost), **fields
    )
