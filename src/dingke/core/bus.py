"""The event bus: an event is stored in the outbox and handed to its handlers in the same transaction.

Who listens is listed in config/wiring.py and nowhere else.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from dingke.core.events import Event
from dingke.core.models import OutboxEvent

Handler = Callable[..., None]
_handlers: dict[type[Event], tuple[Handler, ...]] = {}


def install(table: Mapping[type[Event], tuple[Handler, ...]]) -> None:
    """Takes over the wiring table. A handler is called as `handler(event=…, now=…)`."""
    _handlers.clear()
    _handlers.update(table)


def is_listed(event_type: type[Event]) -> bool:
    return event_type in _handlers


def publish(event: Event, *, now: datetime) -> None:
    """Stores the event and runs its handlers. Must be called inside a transaction, so that all of it holds or none."""
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("publish() belongs inside the transaction of the change")
    OutboxEvent.objects.create(name=event.name(), payload=_jsonable(event.payload()), at=now)
    for handler in _handlers.get(type(event), ()):
        handler(event=event, now=now)


def _jsonable(payload: dict[str, Any]) -> dict[str, Any]:
    return {
        key: value if value is None or isinstance(value, (bool, int, str, list, dict)) else str(value) for key, value in payload.items()
    }
