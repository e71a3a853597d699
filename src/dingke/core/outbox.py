"""Reading the outbox: every event is handed once to each installed reader, in the transaction that marks it as handed over.

`bus.publish` writes an event in the transaction of its change. Here it is read afterwards, in order, in bounded portions. A portion
is one transaction: the rows that readers write and the mark hold together or not at all, so a process that is killed anywhere leaves
every event handed over exactly once or still waiting. Two processes never hold the same event: PostgreSQL locks the rows of a portion
and lets the other skip them, SQLite has one writer at a time.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F

from dingke.core.models import OutboxEvent

# called as `reader(events=…, now=…)`; writes rows and nothing else: what it sends to others goes out from those rows
Reader = Callable[..., None]
PORTION = 200
MOST_PORTIONS = 25  # in one round; the next round goes on
MOST_ATTEMPTS = 5
SHORTEST_DAYS = 7  # longer than any reader tries again
_readers: list[Reader] = []
logger = logging.getLogger("dingke.outbox")


def install(readers: Iterable[Reader]) -> None:
    """Takes over the readers of config/wiring.py."""
    _readers[:] = readers


def hand_over(*, now: datetime, portions: int = MOST_PORTIONS) -> int:
    """One round: portion after portion until nothing waits. Answers how many events were handed over."""
    done = last = 0
    for _portion in range(portions):
        ids, handed = _hand_over_portion(now, after=last)
        done += handed
        if len(ids) < PORTION:
            break
        last = ids[-1]  # what failed has its next try in the next round
    return done


def _hand_over_portion(now: datetime, *, after: int) -> tuple[list[int], int]:
    ids: list[int] = []
    try:
        with transaction.atomic():
            events = _taken(PORTION, after=after)
            ids = [event.pk for event in events]
            if events:
                _hand(events, now)
        return ids, len(ids)
    except Exception:
        if not ids:
            raise
        logger.exception("a portion of %s events could not be handed over: one by one now", len(ids))
    return ids, sum(_hand_over_one(event_id, now) for event_id in ids)


def _hand_over_one(event_id: int, now: datetime) -> bool:
    """One event by itself, so that one that a reader cannot take holds up no other. Too many failures set it aside."""
    try:
        with transaction.atomic():
            events = _taken(1, only=event_id)
            if events:
                _hand(events, now)
            return bool(events)
    except Exception:
        logger.exception("event %s could not be handed over", event_id)
        OutboxEvent.objects.filter(pk=event_id, delivered_at=None).update(attempts=F("attempts") + 1)
        return False


def _taken(number: int, *, after: int = 0, only: int | None = None) -> list[OutboxEvent]:
    """The next events that nobody else is handing over, held until this transaction ends."""
    rows = OutboxEvent.objects.filter(delivered_at=None, attempts__lt=MOST_ATTEMPTS)
    rows = rows.filter(pk__gt=after) if only is None else rows.filter(pk=only)
    return list(rows.select_for_update(skip_locked=True).order_by("pk")[:number])


def _hand(events: Sequence[OutboxEvent], now: datetime) -> None:
    for reader in _readers:
        reader(events=events, now=now)
    OutboxEvent.objects.filter(pk__in=[event.pk for event in events]).update(delivered_at=now)


def set_aside() -> int:
    """How many events readers refused too often."""
    return OutboxEvent.objects.filter(delivered_at=None, attempts__gte=MOST_ATTEMPTS).count()


def try_again() -> int:
    """Events that were set aside get all their tries again: what was wrong with a reader may be mended."""
    return OutboxEvent.objects.filter(delivered_at=None, attempts__gte=MOST_ATTEMPTS).update(attempts=0)


def kept_since(now: datetime) -> datetime | None:
    """Events handed over before this moment are gone; None: all are kept."""
    return now - timedelta(days=max(settings.OUTBOX_DAYS, SHORTEST_DAYS)) if settings.OUTBOX_DAYS else None


def remove_old(*, now: datetime, at_once: int = 2_000) -> int:
    """Removes events that were handed over longer ago than DINGKE_OUTBOX_DAYS, a portion to a transaction. What waits is never removed."""
    before, removed = kept_since(now), 0
    while before is not None:
        ids = list(OutboxEvent.objects.filter(delivered_at__lt=before).order_by("pk").values_list("pk", flat=True)[:at_once])
        if not ids:
            break
        OutboxEvent.objects.filter(pk__in=ids).delete()
        removed += len(ids)
    return removed
