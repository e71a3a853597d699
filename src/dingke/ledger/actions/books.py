"""Taking over books kept elsewhere: many orders, receivables and payments at once, checked like single ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from dingke.core import access, audit
from dingke.core.errors import Invalid
from dingke.core.scope import Scope
from dingke.ledger.models import Order, OrderLine, Payment, Receivable

BATCH = 1000


@dataclass(frozen=True, slots=True)
class OrderBook:
    """An order that is not stored yet, with its lines."""

    order: Order
    lines: tuple[OrderLine, ...]


@dataclass(frozen=True, slots=True)
class ReceivableBook:
    """A receivable of one of the orders (by number of the order), with what was paid on it."""

    receivable: Receivable
    order_number: str
    payments: tuple[Payment, ...]


@transaction.atomic
def load_books(*, orders: Sequence[OrderBook], receivables: Sequence[ReceivableBook], by: Scope, now: datetime) -> None:
    """Stores everything or nothing: lines add up to their order, payments stay within their receivable.

    Raises `Invalid` naming the first that does not.
    """
    access.needs(by, "ledger.edit").enforce()
    for book in orders:
        if book.lines and sum(line.amount for line in book.lines) != book.order.amount:
            raise Invalid(_("The lines of order %(number)s do not add up to its amount.") % {"number": book.order.number})
    for claim in receivables:
        if sum(payment.amount for payment in claim.payments) > claim.receivable.amount:
            raise Invalid(_("More was paid on %(number)s than it claims.") % {"number": claim.receivable.number})
    Order.objects.bulk_create([book.order for book in orders], batch_size=BATCH)
    for book in orders:
        for line in book.lines:
            line.order = book.order
    OrderLine.objects.bulk_create([line for book in orders for line in book.lines], batch_size=BATCH)
    by_number = {(book.order.account_id, book.order.number): book.order for book in orders}
    for claim in receivables:
        claim.receivable.order = by_number.get((claim.receivable.account_id, claim.order_number))
        claim.receivable.paid_amount = sum((payment.amount for payment in claim.payments), Decimal(0))
    Receivable.objects.bulk_create([claim.receivable for claim in receivables], batch_size=BATCH)
    for claim in receivables:
        for payment in claim.payments:
            payment.receivable = claim.receivable
    Payment.objects.bulk_create([payment for claim in receivables for payment in claim.payments], batch_size=BATCH)
    if orders:
        counts = {"orders": len(orders), "receivables": len(receivables)}
        audit.record(target=orders[-1].order, action="ledger.load_books", by=by, now=now, changes=counts)
