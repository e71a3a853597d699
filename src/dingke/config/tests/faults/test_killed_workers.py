"""Workers killed with no warning under a queue of jobs, two workers on one queue, a job that kills its worker, a clock that jumps."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from django.urls import reverse

from dingke.config import scheduler
from dingke.config.life.lease import Lease
from dingke.config.models import DutyRun
from dingke.config.scheduler import Duty
from dingke.core import bus, jobs
from dingke.core.events import JobEnded
from dingke.core.models import Job, OutboxEvent

JOBS = 24
# each job of this worker writes one row in its own transaction, as the product's jobs do, and is slow enough to be killed in the middle
PRELUDE = """
import json, os, sys, time
import django
django.setup()
from datetime import timedelta
from django.db import transaction
from django.utils import timezone
from dingke.core import audit, jobs
from dingke.core.models import AuditEntry, Job
from dingke.core.scope import Scope

def count(progress):
    progress.tell(0, 2)
    with transaction.atomic():
        audit.record(target=progress.job, action="jobs.retry", by=Scope.system(), now=timezone.now(), summary="counted")
        time.sleep(0.1)
    return {"by": os.getpid()}

def poison(progress):
    os.kill(os.getpid(), 9)

jobs._handlers.update(count=count, poison=poison)
"""
# the tables as the models say: the migrations have tests of their own, and take long
PREPARE = """
from django.apps import apps
from django.conf import settings
from django.core.management import call_command
settings.MIGRATION_MODULES = {app.label: None for app in apps.get_app_configs()}
call_command("migrate", run_syncdb=True, verbosity=0)
"""
START = """
for number in range(int(sys.argv[1])):
    jobs.start(kind=sys.argv[2], params={}, by=Scope.system(), now=timezone.now())
"""
WORK = """
from django.core.management import call_command
call_command("db_worker", interval=0.05, reload=False, startup_delay=False)
"""
RECOVER = """
# the heartbeats of the dead are old enough for the duty of the scheduler; those of the living are not touched
lost = Job.objects.filter(state="RUNNING")
lost.update(heartbeat_at=timezone.now() - timedelta(minutes=2))
jobs.recover_lost(now=timezone.now())
# and a job that died on its way from the queue to a worker has waited long enough for the other duty
from dingke.config import queue
Job.objects.filter(state="WAITING").update(created_at=timezone.now() - timedelta(minutes=2))
queue.queue_stranded(timezone.now())
"""
LOOK = """
rows = list(AuditEntry.objects.filter(summary="counted").values_list("target_id", flat=True))
print(json.dumps({"states": dict(Job.objects.values_list("pk", "state")), "rows": rows, "attempts": list(Job.objects.values_list("attempts", flat=True)),
                  "workers": len({str(job.result.get("by")) for job in Job.objects.filter(state="DONE")}), "messages": list(Job.objects.values_list("message", flat=True))}))
"""


class House:
    """An installation in a folder, and the processes that were started on it. Each begins with `prelude`."""

    prelude = PRELUDE

    def __init__(self, home: Path) -> None:
        self.home, self.started = home, []

    def process(self, code: str, *arguments: str) -> subprocess.Popen[str]:
        environment = {
            **os.environ,
            "DINGKE_HOME": str(self.home),
            "DINGKE_DATABASE_URL": "",
            "DJANGO_SETTINGS_MODULE": "dingke.config.settings",
            "PYTHONPATH": str(Path(__file__).resolve().parents[4]),
        }
        made = subprocess.Popen(
            [sys.executable, "-c", self.prelude + code, *arguments],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.started.append(made)
        return made

    def answer(self, code: str, *arguments: str) -> Any:
        process = self.process(code, *arguments)
        out, err = process.communicate(timeout=200)
        assert process.returncode == 0, err
        return json.loads(out.strip().splitlines()[-1]) if out.strip() else None

    def states(self) -> list[str]:
        import sqlite3

        connection = sqlite3.connect(f"file:{self.home / 'dingke.sqlite3'}?mode=ro", uri=True)
        try:
            return [row[0] for row in connection.execute("SELECT state FROM core_job")]
        finally:
            connection.close()

    def until(self, true: Any, within: float = 120) -> None:
        end = time.monotonic() + within
        while not true(self.states()):
            assert time.monotonic() < end, self.states()
            time.sleep(0.05)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    found = House(tmp_path)
    yield found
    for process in found.started:
        if process.poll() is None:
            process.kill()
            process.communicate()


@pytest.mark.sqlite_only
def test_killed_under_load_no_job_is_lost_or_done_twice_and_one_that_kills_is_set_aside(house):
    house.answer(PREPARE + START, str(JOBS), "count")
    pair = house.process(WORK), house.process(WORK)  # two on one queue
    house.until(lambda states: states.count("DONE") >= 4 and "RUNNING" in states)
    for worker in pair:
        worker.send_signal(signal.SIGKILL)
        worker.communicate()
    assert "WAITING" in house.states(), "they were done before they could be killed"
    worker = house.process(RECOVER + WORK)
    house.until(lambda states: set(states) == {"DONE"})
    worker.send_signal(signal.SIGKILL)
    worker.communicate()
    found = house.answer(LOOK)
    assert len(found["states"]) == JOBS
    assert sorted(set(found["rows"])) == sorted(int(pk) for pk in found["states"]), "a job was lost"
    # only what was in the hands of a killed worker may be done again: each of the two held one at most
    assert len(found["rows"]) <= JOBS + 2
    assert sum(attempts - 1 for attempts in found["attempts"]) <= 2

    dying = house.process(START + WORK, "1", "poison")
    for attempt in range(jobs.MAX_ATTEMPTS):
        dying.communicate(timeout=120)
        assert dying.returncode == -signal.SIGKILL
        assert house.states().count("RUNNING") == 1
        if attempt < jobs.MAX_ATTEMPTS - 1:
            dying = house.process(RECOVER + WORK)
    found = house.answer(RECOVER + LOOK)
    assert sorted(found["states"].values()) == [*["DONE"] * JOBS, "FAILED"]
    assert max(found["attempts"]) == jobs.MAX_ATTEMPTS


@pytest.mark.django_db
def test_what_was_set_aside_stands_on_the_system_page_until_somebody_decides(cast, now):
    job = Job.objects.create(
        kind="score", state="RUNNING", attempts=jobs.MAX_ATTEMPTS, heartbeat_at=now - timedelta(hours=1), created_at=now
    )
    assert jobs.recover_lost(now=now) == []
    page = cast.administrator.client.get(reverse("system:status"))
    assert reverse("system:retry", args=[job.pk]) in page.content.decode()
    assert cast.owner.client.get(reverse("system:status")).status_code == 403


@pytest.mark.django_db
def test_a_job_whose_worker_died_before_it_began_is_queued_again(cast, now, monkeypatch):
    """The worker took it from the queue and was killed before it wrote that it runs: nothing waits in the queue for it any more."""
    sent: list[int] = []
    monkeypatch.setattr(jobs, "_queue", [sent.append])
    stranded = Job.objects.create(kind="score", created_at=now - timedelta(minutes=5))
    waiting = Job.objects.create(kind="score", created_at=now - timedelta(minutes=5))
    Job.objects.create(kind="score", created_at=now)
    with _committed():
        assert jobs.recover_stranded(queued={waiting.pk}, now=now) == [stranded.pk]
    assert sent == [stranded.pk]


@contextmanager
def _committed() -> Iterator[None]:
    from django.test import TestCase

    with TestCase.captureOnCommitCallbacks(execute=True):
        yield


@pytest.mark.django_db
def test_a_refused_event_leaves_nothing_in_the_outbox_and_one_is_kept_once(now, monkeypatch):
    told: list[int] = []
    event = JobEnded(job_id=1, kind="score", state="DONE", owner_id=None)

    def fails(*, event: Any, now: Any) -> None:
        told.append(event.job_id)
        raise RuntimeError("no")

    monkeypatch.setattr(bus, "_handlers", {JobEnded: (fails,)})
    with pytest.raises(RuntimeError), transaction.atomic():
        bus.publish(event, now=now)
    assert (told, OutboxEvent.objects.count()) == ([1], 0)
    monkeypatch.setattr(bus, "_handlers", {})
    bus.publish(event, now=now)
    assert OutboxEvent.objects.count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("jump", "runs"),
    [(timedelta(days=-30), 2), (timedelta(hours=-1), 1), (timedelta(days=30), 2)],
    ids=["back a month", "back an hour", "ahead a month"],
)
def test_a_clock_that_jumps_runs_no_duty_twice_and_stops_none(now, monkeypatch, jump, runs):
    done: list[Any] = []
    stop = threading.Event()
    times = iter([now, *[now + timedelta(seconds=1)] * 2, *[now + jump] * 6])

    def clock() -> Any:
        found = next(times, None)
        if found is None:
            stop.set()
        return found or now + jump

    monkeypatch.setattr("django.db.close_old_connections", lambda: None)
    monkeypatch.setattr(Lease, "hold", lambda self: True)
    scheduler.run(stop, [Duty("daily", timedelta(days=1), done.append)], clock, pause=0.001)
    assert len(done) == runs


@pytest.mark.django_db
def test_after_a_clock_that_was_ahead_the_duties_go_on(now, monkeypatch):
    """The clock stood a year ahead, a duty ran, the clock was put right: the duty must not wait for a year."""
    done: list[Any] = []
    monkeypatch.setattr("django.db.close_old_connections", lambda: None)
    monkeypatch.setattr(Lease, "hold", lambda self: True)
    DutyRun.objects.create(name="daily", holder="other:1", started_at=now + timedelta(days=365), finished_at=now + timedelta(days=365))
    stop = threading.Event()

    def note(moment: Any) -> None:
        done.append(moment)
        stop.set()

    times = iter(range(50))

    def clock() -> Any:
        if next(times, None) is None:
            stop.set()
        return now

    scheduler.run(stop, [Duty("daily", timedelta(days=1), note)], clock, pause=0.001)
    assert done == [now]
