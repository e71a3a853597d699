"""Shapes of the API's output about the money facts."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from ninja import Schema


class OrderOut(Schema):
    """An order; amounts and costs are null without the field right."""

    id: int
    account_id: int
    number: str
    order_date: date
    state: str
    amount: Decimal | None
    cost: Decimal | None
    currency: str
    sold_by_name: str
