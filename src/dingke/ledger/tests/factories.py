"""Money facts for tests."""

from __future__ import annotations

import itertools
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from dingke.accounts.models import Account
from dingke.accounts.tests.factories import TODAY
from dingke.ledger.actions.paid import keep_paid
from dingke.ledger.models import Incentive, Order, OrderLine, Payment, PaymentFinding, Product, Receivable

_numbers = itertools.count(1)


def make_product(*, code: str = "", **fields: Any) -> Product:
    code = code or f"P-{next(_numbers)}"
    fields.setdefault("list_price", Decimal("100.00"))
    fields.setdefault("unit_cost", Decimal("60.00"))
    return Product.objects.create(code=code, name=fields.pop("name", f"产品 {code}"), **fields)


def make_order(
    account: Account, *, amount: str | Decimal = "1000.00", on: date = TODAY, cost: str | Decimal | None = None, **fields: Any
) -> Order:
    number = fields.pop("number", f"SO-{next(_numbers)}")
    return Order.objects.create(
        account=account, number=number, order_date=on, amount=Decimal(amount), cost=None if cost is None else Decimal(cost), **fields
    )


def make_line(order: Order, product: Product | None = None, *, amount: str = "100.00", cost: str | None = None, **fields: Any) -> OrderLine:
    fields.setdefault("unit_price", Decimal(amount))
    return OrderLine.objects.create(
        order=order, product=product, amount=Decimal(amount), cost=None if cost is None else Decimal(cost), **fields
    )


def make_receivable(account: Account, *, amount: str = "1000.00", due: date = TODAY, **fields: Any) -> Receivable:
    fields.setdefault("invoice_date", due - timedelta(days=30))
    number = fields.pop("number", f"FP-{next(_numbers)}")
    return Receivable.objects.create(account=account, number=number, amount=Decimal(amount), due_date=due, **fields)


def make_payment(
    account: Account, receivable: Receivable | None = None, *, amount: str = "1000.00", on: date = TODAY, **fields: Any
) -> Payment:
    payment = Payment.objects.create(account=account, receivable=receivable, amount=Decimal(amount), paid_date=on, **fields)
    keep_paid([payment.receivable_id])
    if receivable is not None:
        receivable.refresh_from_db(fields=["paid_amount"])
    return payment


def make_incentive(account: Account, *, amount: str = "50000.00", start: date, end: date, **fields: Any) -> Incentive:
    return Incentive.objects.create(account=account, amount=Decimal(amount), start_date=start, end_date=end, **fields)


def make_finding(account: Account, **fields: Any) -> PaymentFinding:
    values = {"supplier": "华中钢材", "finding": "账期 60 天，实际 90 天", "source": "对方财务", "as_of_date": TODAY, **fields}
    return PaymentFinding.objects.create(account=account, **values)
