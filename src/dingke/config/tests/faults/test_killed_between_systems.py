"""Killed with no warning while events are handed over and sent, between the last write of a job and its end, and by the clock."""

from __future__ import annotations

import contextlib
import http.server
import json
import os
import shutil
import signal
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from dingke.config.tests.faults.test_killed_workers import PREPARE, House

EVENTS = 240
PRELUDE = """
import json, os, sys, time
os.environ["DINGKE_ALLOWED_PRIVATE_HOSTS"] = "127.0.0.1"
import django
django.setup()
from datetime import timedelta
from django.db import transaction
from django.utils import timezone
from dingke.core import audit, bus, jobs, outbox
from dingke.core.models import AuditEntry, Job, OutboxEvent
from dingke.core.scope import Scope
from dingke.ledger.events import PaymentReceived
from dingke.notices.actions import webhook_sending, webhooks
from dingke.notices.models import Webhook, WebhookDelivery

ADMINISTRATOR = Scope(user_id=None, name="管理员", permissions=frozenset({"*"}))
outbox.PORTION = 20
"""
# the webhook, and its events one after another
LOAD = """
webhooks.add_webhook(name="ERP", address=sys.argv[1], events=["PaymentReceived"], by=ADMINISTRATOR, now=timezone.now())
for number in range(int(sys.argv[2])):
    with transaction.atomic():
        bus.publish(PaymentReceived(account_id=1, payment_id=number, receivable_id=None), now=timezone.now())
"""
# processes that are made from one, in a group of their own: killing the group kills all of them in the same moment
FORK = """
def apart(*works):
    children = []
    for work in works:
        child = os.fork()
        if child == 0:
            try:
                work()
            finally:
                os._exit(1)
        children.append(child)
    return children

os.setsid()
"""
# the duties of the scheduler without their pauses, twice, so that both compete for every portion; and a worker
BUSY = """
def pump():
    while True:
        outbox.hand_over(now=timezone.now(), portions=1)
        webhook_sending.queue_due(now=timezone.now())
        time.sleep(0.02)

def work():
    from django.core.management import call_command
    call_command("db_worker", interval=0.05, reload=False, startup_delay=False)

apart(pump, pump, work)
while not os.path.exists(os.path.join(os.environ["DINGKE_HOME"], "again")):
    time.sleep(0.05)
webhooks.send_again_since(webhook=Webhook.objects.get(), since=timezone.now() - timedelta(days=1), by=ADMINISTRATOR, now=timezone.now())
while True:
    time.sleep(1)
"""
# what the dead held is old enough
RECOVER = """
from django.db import connection
WebhookDelivery.objects.filter(state="SENDING").update(claimed_at=timezone.now() - timedelta(minutes=5))
Webhook.objects.update(queued_at=None)
connection.close()
"""


class Receiver(http.server.ThreadingHTTPServer):
    """A program of the company: it keeps the ids it was sent, takes a moment for each, and now and then fails."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.taken: list[tuple[str, int]] = []


class _Handler(http.server.BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        data = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["data"]
        time.sleep(0.003)
        self.server.taken.append((str(self.headers["webhook-id"]), data["payment_id"]))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_arguments: Any) -> None:
        pass


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    server = Receiver()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()


class Installation(House):
    prelude = PRELUDE

    def kill(self, process: Any) -> None:
        """The process with all that it made."""
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        assert process.returncode == -signal.SIGKILL, "it ended before it could be killed"

    def rows(self, sql: str) -> list[Any]:
        connection = sqlite3.connect(f"file:{self.home / 'dingke.sqlite3'}?mode=ro", uri=True)
        try:
            return connection.execute(sql).fetchall()
        finally:
            connection.close()


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: Any) -> Path:
    """The database of a new installation."""
    home = tmp_path_factory.mktemp("prepared")
    Installation(home).answer(PREPARE)
    with sqlite3.connect(home / "dingke.sqlite3") as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return Path(home / "dingke.sqlite3")


@pytest.fixture
def installation(prepared: Path, tmp_path: Path) -> Iterator[Installation]:
    shutil.copy(prepared, tmp_path)
    found = Installation(tmp_path)
    yield found
    for process in found.started:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        if process.poll() is None:
            process.kill()
            process.communicate()


def until(true: Callable[[], Any], *, within: float = 60) -> None:
    end = time.monotonic() + within
    while not true():
        assert time.monotonic() < end
        time.sleep(0.02)


@pytest.mark.sqlite_only
def test_every_event_arrives_with_one_id_whoever_is_killed_and_sending_again_repeats_the_ids(installation, receiver):
    busy = installation.process(FORK + BUSY)
    load = installation.process(LOAD, f"http://127.0.0.1:{receiver.server_port}/", str(EVENTS))
    until(lambda: len(receiver.taken) >= 20)
    installation.kill(busy)
    assert load.wait(60) == 0
    assert len({number for _id, number in receiver.taken}) < EVENTS, "everything had arrived before anybody was killed"

    busy = installation.process(RECOVER + FORK + BUSY)
    sent = "SELECT count(*) FROM notices_webhookdelivery WHERE state = 'SENT'"
    until(lambda: installation.rows(sent) == [(EVENTS,)])
    assert installation.rows("SELECT count(*), count(delivered_at) FROM core_outboxevent") == [(EVENTS, EVENTS)]
    handed = installation.rows("SELECT count(*), count(DISTINCT event_id), count(DISTINCT message_id) FROM notices_webhookdelivery")
    assert handed == [(EVENTS, EVENTS, EVENTS)], "handed over exactly once"
    ids = {number: message for message, number in receiver.taken}
    assert len(ids) == EVENTS, "an event was lost"
    assert set(receiver.taken) == {(message, number) for number, message in ids.items()}, "an event had two ids"
    assert len(set(ids.values())) == EVENTS
    assert len(receiver.taken) <= EVENTS + 1, "only what the killed worker held may come again"

    receiver.taken.clear()
    (installation.home / "again").touch()
    until(lambda: len(receiver.taken) >= EVENTS)
    assert {number: message for message, number in receiver.taken} == ids
    installation.kill(busy)


# ---- jobs ------------------------------------------------------------------------------------------------------------------

JOBS = """
def ends_and_dies(progress):
    with transaction.atomic():
        audit.record(target=progress.job, action="jobs.retry", by=Scope.system(), now=timezone.now(), summary="counted")
        progress.finish({"all": True})
    os.kill(os.getpid(), 9)

def dies_before_it_holds(progress):
    with transaction.atomic():
        audit.record(target=progress.job, action="jobs.retry", by=Scope.system(), now=timezone.now(), summary="counted")
        progress.finish({"all": True})
        if progress.job.attempts == 1:
            os.kill(os.getpid(), 9)

jobs._handlers.update(ends_and_dies=ends_and_dies, dies_before_it_holds=dies_before_it_holds)
"""
RUN = """
def start(kind):
    jobs.run(jobs.start(kind=kind, params={}, by=Scope.system(), now=timezone.now()).pk)

died = []
for kind in ("ends_and_dies", "dies_before_it_holds"):
    _pid, status = os.waitpid(apart(lambda: start(kind))[0], 0)
    died.append(os.WTERMSIG(status))
Job.objects.filter(state="RUNNING").update(heartbeat_at=timezone.now() - timedelta(minutes=2))
again = jobs.recover_lost(now=timezone.now())
for job_id in again:
    jobs.run(job_id)
rows = list(AuditEntry.objects.filter(summary="counted").values_list("target_id", flat=True))
ended = [event.payload["job_id"] for event in OutboxEvent.objects.filter(name="JobEnded")]
print(json.dumps([died, again, list(Job.objects.order_by("pk").values_list("pk", "kind", "state", "attempts")), rows, ended]))
"""


@pytest.mark.sqlite_only
def test_a_job_that_is_killed_after_its_last_write_is_not_begun_again(installation):
    died, again, found, rows, ended = installation.answer(JOBS + FORK + RUN)
    assert died == [signal.SIGKILL, signal.SIGKILL]
    (first, *_rest), (second, *_more) = found
    assert found == [[first, "ends_and_dies", "DONE", 1], [second, "dies_before_it_holds", "DONE", 2]]
    assert again == [second], "only the one of which nothing was kept"
    assert (sorted(rows), sorted(ended)) == ([first, second], [first, second]), "each wrote once and was told once"


# ---- the clock ---------------------------------------------------------------------------------------------------------------

SCHEDULE = """
import threading
from dingke.config import scheduler
from dingke.config.scheduler import Duty

def duty(name):
    def run(now):
        AuditEntry.objects.create(at=now, actor_name=str(os.getpid()), action="began", target=name, target_id=1)
        time.sleep(0.02)
        AuditEntry.objects.create(at=now, actor_name=str(os.getpid()), action="done", target=name, target_id=1)
    return Duty(name, timedelta(seconds=0.5), run)

def by_the_clock():
    scheduler.run(threading.Event(), [duty(f"duty {number}") for number in range(6)], timezone.now, pause=0.05)

def load():
    for number in range(100_000):
        with transaction.atomic():
            bus.publish(PaymentReceived(account_id=1, payment_id=number, receivable_id=None), now=timezone.now())

apart(by_the_clock, by_the_clock, load)
while True:
    time.sleep(1)
"""


@pytest.mark.sqlite_only
def test_a_killed_scheduler_loses_no_duty_and_the_next_doubles_none_but_the_one_in_hand(installation):
    all_of_them = installation.process(FORK + SCHEDULE)
    until(lambda: len(_runs(installation)) >= 14)
    first = _runs(installation)[-1][2]
    os.kill(int(first), signal.SIGKILL)  # the one that held the lease; the other waits
    until(lambda: sum(pid != first for _name, _action, pid, _at in _runs(installation)) >= 26)
    installation.kill(all_of_them)
    runs = _runs(installation)
    by_pid = [pid for _name, _action, pid, _at in runs]
    assert by_pid == sorted(by_pid, key=by_pid.index), "two schedulers were at work at the same time"
    assert len(set(by_pid)) == 2
    for name in {row[0] for row in runs}:
        began = [(pid, datetime.fromisoformat(at)) for found, action, pid, at in runs if (found, action) == (name, "began")]
        done = {(pid, datetime.fromisoformat(at)) for found, action, pid, at in runs if (found, action) == (name, "done")}
        assert {pid for pid, _at in began} == set(by_pid), "a duty was lost with the one that was killed"
        for earlier, later in zip(began, began[1:], strict=False):
            in_hand = earlier not in done
            assert in_hand or (later[1] - earlier[1]).total_seconds() >= 0.5, "done twice in its time"
            assert not in_hand or earlier[0] == first, "only what was in the hands of the dead is begun again"


def _runs(installation: Installation) -> list[tuple[str, str, str, str]]:
    return installation.rows("SELECT target, action, actor_name, at FROM core_auditentry ORDER BY id")
