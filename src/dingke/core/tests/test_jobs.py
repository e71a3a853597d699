"""Long work: progress, refusal, cancelling, killed workers."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import transaction

from dingke.core import jobs
from dingke.core.errors import Invalid
from dingke.core.models import AuditEntry, Job, OutboxEvent
from dingke.core.scope import Scope

pytestmark = pytest.mark.django_db


@pytest.fixture
def handlers(monkeypatch):
    table = {}
    monkeypatch.setattr(jobs, "_handlers", table)
    monkeypatch.setattr(jobs, "_queue", [lambda job_id: None])
    return table


def started(kind="count", now=None, by=None, **params):
    return jobs.start(kind=kind, params=params, by=by or Scope(user_id=7, name="周敏"), now=now)


def test_a_job_tells_its_progress_and_keeps_its_result(handlers, now):
    def count(progress):
        for done in range(1, 4):
            progress.tell(done, 3)
        return {"counted": 3}

    handlers["count"] = count
    job = jobs.run(started(now=now).pk)
    assert (job.state, job.percent, job.result) == ("DONE", 100, {"counted": 3})


def test_a_refusal_is_told_in_its_own_words_and_a_crash_keeps_the_trace(handlers, now):
    def refuse(progress):
        raise Invalid("the file is empty")

    def crash(progress):
        raise RuntimeError("boom")

    handlers["count"] = refuse
    assert jobs.run(started(now=now).pk).message == "the file is empty"
    handlers["count"] = crash
    job = jobs.run(started(now=now).pk)
    assert job.state == "FAILED"
    assert "boom" in job.error
    assert "boom" not in job.message


def test_a_job_runs_once_even_when_two_workers_hold_it(handlers, now):
    calls = []
    handlers["count"] = lambda progress: calls.append(1) or {}
    job = started(now=now)
    jobs.run(job.pk)
    jobs.run(job.pk)
    assert calls == [1]


def test_cancelling_stops_at_the_next_word_of_progress(handlers, now):
    def count(progress):
        jobs.ask_cancel(job=progress.job, by=Scope(user_id=7), now=now)
        progress.tell(1, 2)
        return {}

    handlers["count"] = count
    assert jobs.run(started(now=now).pk).state == "CANCELLED"


def test_the_job_of_a_killed_worker_goes_back_into_the_queue_and_is_set_aside_after_three_deaths(handlers, now):
    handlers["count"] = lambda progress: {}
    job = started(now=now)
    for attempts, expected in [(1, [job.pk]), (3, [])]:
        Job.objects.filter(pk=job.pk).update(state="RUNNING", attempts=attempts, heartbeat_at=now - timedelta(minutes=5))
        assert jobs.recover_lost(now=now) == expected
    assert Job.objects.get(pk=job.pk).state == "FAILED"
    Job.objects.filter(pk=job.pk).update(state="RUNNING", heartbeat_at=now)
    assert jobs.recover_lost(now=now) == []


def test_a_job_is_seen_by_its_owner_and_by_administrators_only(handlers, now, cast):
    handlers["count"] = lambda progress: {}
    job = started(now=now, by=cast.owner.scope)
    assert jobs.job_for(cast.owner.scope, job.pk)
    assert jobs.job_for(cast.administrator.scope, job.pk)
    assert jobs.job_for(cast.stranger.scope, job.pk) is None
    assert cast.stranger.client.get(f"/jobs/{job.pk}/").status_code == 404
    assert cast.owner.client.get(f"/jobs/{job.pk}/").status_code == 200


def test_the_end_holds_with_the_last_writes_or_not_at_all(handlers, now):
    ended: list[str] = []

    def work(progress):
        with transaction.atomic():
            AuditEntry.objects.create(at=now, actor_name="w", action="x", target="core.job", target_id=progress.job.pk)
            progress.finish({"kept": True})
        ended.append(Job.objects.get(pk=progress.job.pk).state)
        raise RuntimeError("after the end")

    handlers["count"] = work
    job = jobs.run(started(now=now).pk)
    assert (ended, job.state, job.result, job.error) == (["DONE"], "DONE", {"kept": True}, "")
    assert OutboxEvent.objects.filter(name="JobEnded", payload__job_id=job.pk).count() == 1

    def undone(progress):
        with transaction.atomic():
            progress.finish({})
            raise RuntimeError("before it holds")

    handlers["count"] = undone
    assert jobs.run(started(now=now).pk).state == "FAILED"


def test_a_worker_that_was_held_for_dead_ends_nothing(handlers, now):
    """It comes back to itself while another one has the job: what it would write last is not kept."""

    def slow(progress):
        Job.objects.filter(pk=progress.job.pk).update(attempts=2)  # another worker began it again
        with transaction.atomic():
            AuditEntry.objects.create(at=now, actor_name="w", action="x", target="core.job", target_id=progress.job.pk)
            progress.finish({"by": "the first"})

    handlers["count"] = slow
    job = jobs.run(started(now=now).pk)
    assert (job.state, job.result, AuditEntry.objects.filter(action="x").count()) == ("RUNNING", {}, 0)
    handlers["count"] = lambda progress: Job.objects.filter(pk=progress.job.pk).update(attempts=2) and {}
    assert jobs.run(started(now=now).pk).state == "RUNNING"


def test_the_end_belongs_into_a_transaction(handlers, now, monkeypatch):
    monkeypatch.setattr(transaction.get_connection(), "in_atomic_block", False)
    with pytest.raises(RuntimeError, match="inside the transaction"):
        jobs.Progress(Job(pk=1)).finish({})
