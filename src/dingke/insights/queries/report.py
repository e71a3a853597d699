"""The portfolio over the whole history of orders, for the command line and for checking against other systems."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import BigIntegerField, Count, F, Sum
from django.db.models.functions import Cast, Round

from dingke.accounts.models import Account
from dingke.core import company
from dingke.core.money import rounded
from dingke.core.scope import Scope
from dingke.insights.calc.pareto import smallest_count_for_share
from dingke.insights.metrics import NOT_COUNTED
from dingke.ledger.models import Order


def report_portfolio(scope: Scope, as_of: date | None = None) -> dict[str, Any]:
    """Customers, orders, revenue, how few carry 80 %, and the ten largest: all orders that the caller sees, up to a day."""
    orders = Order.objects.visible_to(scope).current().filter(currency=company.currency(), account__archived_at__isnull=True)
    orders = orders.exclude(state__in=NOT_COUNTED)
    if as_of is not None:
        orders = orders.filter(order_date__lte=as_of)
    cents = Cast(Round(F("amount") * 100), BigIntegerField())
    rows = list(orders.order_by().values("account_id").annotate(cents=Sum(cents), number=Count("pk")))
    revenue = {row["account_id"]: Decimal(row["cents"]) / 100 for row in rows}
    largest = sorted(revenue, key=lambda account_id: (-revenue[account_id], account_id))[:10]
    names = dict(Account.objects.visible_to(scope).filter(pk__in=largest).order_by().values_list("pk", "name"))
    return {
        "accounts": len(rows),
        "orders": sum(row["number"] for row in rows),
        "revenue": str(rounded(sum(revenue.values(), Decimal(0)))),
        "accounts_for_80_percent": smallest_count_for_share(revenue.values(), Decimal("0.8")),
        "top": [[names[account_id], str(rounded(revenue[account_id]))] for account_id in largest],
    }
