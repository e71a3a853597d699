"""The outbox is read in order and in portions; what readers write and the mark hold together or not at all."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction

from dingke.core import outbox
from dingke.core.models import AuditEntry, OutboxEvent

pytestmark = pytest.mark.django_db


@pytest.fixture
def taken(monkeypatch) -> list[int]:
    """A reader that writes one row for each event, and cannot take those called Bad."""
    seen: list[int] = []

    def reader(*, events: Any, now: Any) -> None:
        for event in events:
            AuditEntry.objects.create(at=now, actor_name="r", action="read", target="core.outboxevent", target_id=event.pk)
            if event.name == "Bad":
                raise ValueError("no")
        seen.extend(event.pk for event in events)

    monkeypatch.setattr(outbox, "_readers", [reader])
    monkeypatch.setattr(outbox, "PORTION", 4)
    return seen


def publish(now: Any, *names: str) -> list[int]:
    return [OutboxEvent.objects.create(name=name, payload={}, at=now).pk for name in names]


def rows() -> list[int]:
    return list(AuditEntry.objects.filter(action="read").order_by("target_id").values_list("target_id", flat=True))


def test_in_order_in_portions_and_once(taken, now):
    ids = publish(now, *"abcdefghij")
    assert outbox.hand_over(now=now, portions=1) == 4
    assert taken == ids[:4]
    assert outbox.hand_over(now=now) == 6
    assert outbox.hand_over(now=now) == 0
    assert taken == ids == rows()
    assert not OutboxEvent.objects.filter(delivered_at=None).exists()


def test_one_that_cannot_be_taken_holds_up_no_other_and_is_set_aside(taken, now):
    ids = publish(now, "a", "Bad", "b", "c", "d")
    bad = ids.pop(1)
    for attempt in range(1, outbox.MOST_ATTEMPTS + 1):
        outbox.hand_over(now=now)
        assert OutboxEvent.objects.get(pk=bad).attempts == attempt
        assert rows() == ids, "nothing of the one that failed is kept, and nothing is kept twice"
    assert outbox.set_aside() == 1
    assert outbox.hand_over(now=now) == 0
    assert outbox.try_again() == 1
    OutboxEvent.objects.filter(pk=bad).update(name="good")
    assert outbox.hand_over(now=now) == 1
    assert outbox.set_aside() == 0


def test_old_events_go_and_what_waits_stays(taken, now, settings):
    publish(now, *"abc")
    waits = publish(now - timedelta(days=400), "w")[0]
    OutboxEvent.objects.exclude(pk=waits).update(delivered_at=now - timedelta(days=31))
    settings.OUTBOX_DAYS = 0
    assert outbox.remove_old(now=now) == 0
    settings.OUTBOX_DAYS = 30
    assert outbox.remove_old(now=now, at_once=2) == 3
    assert list(OutboxEvent.objects.values_list("pk", flat=True)) == [waits]


def test_events_are_kept_for_a_week_at_least(taken, now, settings):
    settings.OUTBOX_DAYS = 1
    publish(now, "a")
    OutboxEvent.objects.update(delivered_at=now - timedelta(days=6))
    assert outbox.remove_old(now=now) == 0


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor != "postgresql", reason="needs PostgreSQL")
def test_two_at_once_take_different_events(taken, now):
    """While one holds a portion, the other passes over it and takes the next; none is taken twice."""
    ids = publish(now, *"abcdefgh")
    mine: list[list[int]] = []

    def other() -> None:
        outbox.hand_over(now=now, portions=1)
        connection.close()

    with transaction.atomic():
        mine.append([event.pk for event in outbox._taken(4)])
        thread = threading.Thread(target=other)
        thread.start()
        thread.join(20)
        assert not thread.is_alive(), "it waited instead of passing over"
        assert taken == ids[4:]
    assert mine == [ids[:4]]
    assert outbox.hand_over(now=now) == 4
    assert sorted(taken) == ids
