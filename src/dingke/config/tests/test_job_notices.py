"""The end of long work is told: to who started it, or to the administrators; what fails in telling never hurts the work."""

from __future__ import annotations

import pytest
from django.utils import translation

from dingke.accounts.tests.factories import NOW
from dingke.config import wiring
from dingke.config.notice_kinds import NOTICE_KINDS
from dingke.core import bus, jobs
from dingke.core.models import ImportRun, Job, OutboxEvent
from dingke.notices.models import Notice
from dingke.notices.queries import inbox

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def in_english():
    """Titles are compared in English whatever test ran before."""
    with translation.override("en"):
        yield


def ended(kind, owner, *, result=None, error=None, run=None, monkeypatch):
    """Runs a job of this kind that gives `result` or raises `error`."""

    def work(_progress):
        if error:
            raise error
        return result or {}

    monkeypatch.setitem(jobs._handlers, kind, work)
    job = Job.objects.create(kind=kind, created_at=NOW, owner_id=owner)
    if run:
        ImportRun.objects.filter(pk=run.pk).update(job=job)
    return jobs.run(job.pk)


def heard(person):
    page = inbox.inbox(person.scope, inbox.InboxFilter(), today=NOW.date())
    return [(item.notice.kind, item.title) for item in page.items]


def test_an_import_that_finished_or_failed(cast, monkeypatch):
    run = ImportRun.objects.create(title="客户.xlsx", owner_id=cast.director.user.pk, created_at=NOW)
    ended("import", cast.director.user.pk, run=run, monkeypatch=monkeypatch)
    assert heard(cast.director) == [("job.import", "Import finished: 客户.xlsx")]
    other = ImportRun.objects.create(title="订单.csv", owner_id=cast.director.user.pk, created_at=NOW)
    ended("import", cast.director.user.pk, run=other, error=RuntimeError("x"), monkeypatch=monkeypatch)
    assert heard(cast.director)[0] == ("job.import", "Import failed: 订单.csv")
    assert Notice.objects.order_by("-pk").first().link == f"/imports/{other.pk}/"


def test_an_export_is_ready(cast, monkeypatch):
    job = ended("export_accounts", cast.owner.user.pk, monkeypatch=monkeypatch)
    assert heard(cast.owner) == [("job.export", "Your export is ready")]
    assert Notice.objects.get().link == f"/jobs/{job.pk}/"


def test_duplicates_are_told_when_there_are_some(cast, monkeypatch):
    ended("find_duplicates", None, result={"pairs": 0}, monkeypatch=monkeypatch)
    assert heard(cast.administrator) == []
    ended("find_duplicates", None, result={"pairs": 12}, monkeypatch=monkeypatch)
    assert heard(cast.administrator) == [("job.duplicates", "Accounts that may be the same: 12 pairs")]
    assert heard(cast.owner) == []


def test_work_of_nobody_that_failed_is_told_to_the_administrators(cast, monkeypatch):
    ended("score", None, error=RuntimeError("x"), monkeypatch=monkeypatch)
    assert heard(cast.administrator) == [("job.set_aside", "Work failed")]


def test_work_that_dies_too_often_is_told_as_set_aside(cast):
    job = Job.objects.create(
        kind="score", created_at=NOW, owner_id=cast.manager.user.pk, state=Job.State.RUNNING, attempts=jobs.MAX_ATTEMPTS, heartbeat_at=NOW
    )
    jobs.recover_lost(now=NOW + 2 * jobs.LOST_AFTER)
    job.refresh_from_db()
    assert job.state == Job.State.FAILED
    assert heard(cast.manager) == [("job.set_aside", "Work was interrupted several times and set aside")]
    assert OutboxEvent.objects.filter(name="JobEnded", payload__was_set_aside=True).count() == 1


def test_a_listener_that_fails_leaves_the_job_finished(cast, monkeypatch):
    monkeypatch.setattr(bus, "publish", lambda *args, **kwargs: 1 / 0)
    job = ended("export_accounts", cast.owner.user.pk, monkeypatch=monkeypatch)
    assert job.state == Job.State.DONE


def test_every_kind_is_declared_once_and_every_subject_has_its_rule():
    keys = [kind.key for kind in NOTICE_KINDS]
    assert len(keys) == len(set(keys))
    assert set(wiring.NOTICE_SUBJECTS) >= {"approval", "account", "todo", "job", "import", "webhook"}
