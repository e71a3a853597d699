"""What happens to money facts, told to whoever listens (config/wiring.py)."""

from __future__ import annotations

from dataclasses import dataclass

from dingke.core.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRecorded(Event):
    account_id: int
    order_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentReceived(Event):
    """`receivable_id` None: an advance."""

    account_id: int
    payment_id: int
    receivable_id: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivableDisputed(Event):
    account_id: int
    receivable_id: int
