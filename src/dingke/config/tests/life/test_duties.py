"""Several schedulers, and each duty once."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from dingke.config import scheduler
from dingke.config.life.lease import Lease, claim, finish
from dingke.config.models import DutyRun
from dingke.config.scheduler import Duty

NOW = datetime(2026, 9, 30, 2, 0, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.mark.django_db
def test_a_duty_is_claimed_once_per_time():
    assert claim("rules", DAY, now=NOW, by="a")
    assert not claim("rules", DAY, now=NOW, by="a")
    finish("rules", now=NOW, by="a")
    assert not claim("rules", DAY, now=NOW + timedelta(hours=23), by="b")
    assert claim("rules", DAY, now=NOW + DAY, by="b")


@pytest.mark.django_db
def test_a_duty_that_a_dead_scheduler_began_is_taken_over():
    assert claim("rules", DAY, now=NOW, by="a")
    assert claim("rules", DAY, now=NOW + timedelta(minutes=1), by="b")
    finish("rules", now=NOW, by="a", error="late")  # the first one was not dead after all: it has nothing to say any more
    assert DutyRun.objects.get().holder == "b"
    assert DutyRun.objects.get().finished_at is None


@pytest.mark.django_db(transaction=True)
def test_one_lease_at_a_time_and_the_next_gets_it(settings, tmp_path):
    settings.HOME = tmp_path
    first, second = Lease(), Lease()
    try:
        assert first.hold()
        assert first.hold()
        assert not second.hold()
        first.release()
        assert second.hold()
        assert not first.hold()
    finally:
        first.release()
        second.release()


@pytest.mark.django_db(transaction=True)
def test_two_schedulers_do_each_duty_once(settings, tmp_path):
    if connection.vendor == "sqlite" and connection.is_in_memory_db():
        pytest.skip("two threads share no database in memory")
    settings.HOME = tmp_path
    done: list[str] = []
    duties = [Duty("daily", DAY, lambda now: done.append("daily")), Duty("rules", DAY, lambda now: done.append("rules"))]
    stop = threading.Event()
    threads = [threading.Thread(target=scheduler.run, args=(stop, duties, lambda: NOW), kwargs={"pause": 0.05}) for _ in range(2)]
    for thread in threads:
        thread.start()
    stop.wait(3)
    stop.set()
    for thread in threads:
        thread.join(10)
    assert sorted(done) == ["daily", "rules"]


@pytest.mark.django_db
def test_a_duty_that_fails_is_written_down_and_the_others_go_on(monkeypatch):
    done: list[str] = []
    stop = threading.Event()

    def fails(now):
        raise ValueError("no rules")

    def ends(now):
        done.append("ends")
        stop.set()

    monkeypatch.setattr("django.db.close_old_connections", lambda: None)
    monkeypatch.setattr(Lease, "hold", lambda self: True)
    scheduler.run(stop, [Duty("fails", DAY, fails), Duty("ends", DAY, ends)], lambda: NOW, pause=0.01)
    assert done == ["ends"]
    assert "no rules" in DutyRun.objects.get(name="fails").error
