"""Which currency the books are kept in, found when the first orders come in."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings

from dingke.core import company
from dingke.core.scope import Scope
from dingke.ledger.models import Order


def adopt_currency_of_books(*, now: datetime) -> None:
    """When no order is in the installation's own currency, the currency of the orders becomes that of the books. Once."""
    if company.has_adopted_currency():
        return
    found = Order.objects.order_by("pk").values_list("currency", flat=True)[:1]
    first = next(iter(found), settings.DEFAULT_CURRENCY)
    if first != settings.DEFAULT_CURRENCY and not Order.objects.filter(currency=settings.DEFAULT_CURRENCY).exists():
        company.set_currency(code=first, by=Scope.system(), now=now)
