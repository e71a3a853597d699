"""The money panel of one account on its 360 page."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.utils import timezone

from dingke.accounts.models import Account
from dingke.accounts.queries.account import account_for
from dingke.core import pages
from dingke.core.doors import DoorRequest, door
from dingke.ledger import access
from dingke.ledger.queries import account_money
from dingke.ledger.views import charts


def rights(request: DoorRequest, account: Account) -> dict[str, Any]:
    return {
        "can_edit": bool(access.can_edit(request.scope, account)),
        "can_record_finding": bool(access.can_record_finding(request.scope, account)),
        "hides_amount": request.scope.hides("amount"),
        "hides_cost": request.scope.hides("cost"),
    }


@door("GET", permission="ledger.see")
def account(request: DoorRequest, account_id: int) -> HttpResponse:
    """Trend, orders, open invoices, payments, incentives and findings of one account."""
    found = account_for(request.scope, account_id)
    money = account_money.account_money(request.scope, found, timezone.localdate())
    context = {
        "account": found,
        "money": money,
        "chart": charts.trend_option(money, request.scope),
        "unit": charts.money_unit()[1],
        **rights(request, found),
    }
    return pages.page(request, "ledger/account.html", context, partial="ledger/_account.html")


@door("GET", permission="ledger.see")
def trend(request: DoorRequest, account_id: int) -> HttpResponse:
    """The trend card alone, for the overview of the 360 page."""
    found = account_for(request.scope, account_id)
    money = account_money.account_money(request.scope, found, timezone.localdate())
    context = {
        "account": found,
        "money": money,
        "chart": charts.trend_option(money, request.scope),
        "unit": charts.money_unit()[1],
        **rights(request, found),
    }
    return pages.fragment(request, "ledger/_trend.html", context)


@door("GET", permission="ledger.see")
def more_orders(request: DoorRequest, account_id: int) -> HttpResponse:
    """The next orders of the account's table."""
    found = account_for(request.scope, account_id)
    page = account_money.account_orders(request.scope, found, cursor=request.GET.get("cursor"), size=account_money.MORE)
    return pages.fragment(request, "ledger/_account_orders.html", {"account": found, "orders": page, **rights(request, found)})
