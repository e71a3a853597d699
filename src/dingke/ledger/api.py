"""The API's door to orders."""

from __future__ import annotations

from datetime import date
from typing import Any

from ninja import Router

from dingke.core.doors import DoorRequest
from dingke.core.rest import PageOf, ProblemOut, checked_size, page_of
from dingke.core.scope import Scope
from dingke.ledger import access
from dingke.ledger.models import Order
from dingke.ledger.queries import lists
from dingke.ledger.schemas import OrderOut

router = Router(tags=["ledger"])


def order_out(scope: Scope, order: Order) -> OrderOut:
    sees_amount = not scope.hides("amount")
    return OrderOut(
        id=order.pk, account_id=order.account_id, number=order.number, order_date=order.order_date, state=order.state,
        amount=order.amount if sees_amount else None, cost=order.cost if sees_amount and not scope.hides("cost") else None,
        currency=order.currency, sold_by_name=order.sold_by_name,
    )  # fmt: skip


@router.get("/orders", response={200: PageOf, 401: ProblemOut, 403: ProblemOut, 422: ProblemOut})
def list_orders(
    request: DoorRequest,
    cursor: str = "",
    size: int = 50,
    fields: str = "",
    account_id: int | None = None,
    since: date | None = None,
    until: date | None = None,
) -> dict[str, Any]:
    """Visible orders, newest first."""
    access.can_see(request.scope).enforce()
    wanted = lists.OrderFilter(account_id=account_id, from_date=since, to_date=until)
    page = lists.orders_page(request.scope, wanted, size=checked_size(size), cursor=cursor or None)
    return page_of(OrderOut, page, lambda row: order_out(request.scope, row), fields)
