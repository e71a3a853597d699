"""The doctor and its page: what is wrong is said with how to mend it; set-aside work goes on or ends."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core import mail
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from dingke.config.life import beats, doctor
from dingke.config.life.doctor import data, place, work
from dingke.config.life.doctor import mail as mailing
from dingke.config.models import Beat
from dingke.core import jobs
from dingke.core.models import AuditEntry, ImportFile, ImportRun, Job

pytestmark = pytest.mark.django_db


def by_code(found):
    return {finding.code: finding for finding in found}


def test_unsafe_settings_fail_and_say_what_to_set(settings):
    settings.DEBUG, settings.SECRET_KEY, settings.ALLOWED_HOSTS = True, "changeme", ["*"]
    settings.BEHIND_HTTPS, settings.TRUSTED_PROXIES = False, []
    found = by_code(place.settings_in_force())
    assert {code: finding.level for code, finding in found.items()} == {"debug": "fail", "secret": "fail", "hosts": "warn", "https": "warn"}
    assert all(finding.mend for finding in found.values())
    settings.DEBUG, settings.SECRET_KEY, settings.ALLOWED_HOSTS = False, "kJ2#" * 3 + "0123456789abcdefghijklmnopqrst", ["crm.example.cn"]
    settings.BEHIND_HTTPS, settings.TRUSTED_PROXIES = True, ["10.0.0.2"]
    assert {finding.level for finding in place.settings_in_force()} == {"ok"}
    settings.TRUSTED_PROXIES = []
    assert by_code(place.settings_in_force())["https"].level == "warn"


def test_a_folder_that_others_read_is_named(settings, tmp_path):
    settings.HOME, settings.UPLOADS, settings.BACKUP_FOLDER = tmp_path, tmp_path / "uploads", tmp_path / "backups"
    (tmp_path / "secret_key").write_text("x")
    (tmp_path / "secret_key").chmod(0o644)
    tmp_path.chmod(0o755)
    assert place.home()[0].level == "warn"
    tmp_path.chmod(0o700)
    assert place.home()[0].level == "ok"


def test_little_disk_is_said(settings, tmp_path, monkeypatch):
    settings.HOME = settings.BACKUP_FOLDER = tmp_path
    monkeypatch.setattr("shutil.disk_usage", lambda folder: type("U", (), {"free": 500_000_000})())
    assert by_code(place.disk())["disk"].level == "fail"


def test_the_database_is_current_and_has_every_index():
    now = timezone.now()
    found = by_code([*data.database(now), *data.migrations(), *data.indexes(), *data.clock(now)])
    assert {code: finding.level for code, finding in found.items()} == dict.fromkeys(
        ["database", "migrations", "indexes", "clock"], "ok"
    ), found


def test_a_lost_index_is_named():
    with connection.cursor() as cursor:
        cursor.execute("DROP INDEX audit_by_time")
    finding = data.indexes()[0]
    assert finding.level == "warn"
    assert "audit_by_time" in finding.found


def test_processes_that_stopped_beating_are_missed():
    now = timezone.now()
    assert by_code(work.processes(now))["process_worker"].level == "warn"
    for kind in Beat.Kind:
        Beat.objects.create(kind=kind, host="n1", process=1, version="1", started_at=now, beat_at=now)
    assert {finding.level for finding in work.processes(now)} == {"ok"}
    assert by_code(work.processes(now + timedelta(minutes=2)))["process_worker"].level == "warn"
    Beat.objects.create(kind="WEB", host="n2", process=1, version="2", started_at=now, beat_at=now)
    assert by_code(work.processes(now))["versions"].level == "fail"
    assert beats.alive(now=now + timedelta(minutes=2)) == []


@pytest.mark.parametrize(("minutes", "level"), [(1, "ok"), (10, "warn"), (90, "fail")])
def test_an_old_queue_is_said(minutes, level):
    now = timezone.now()
    assert work.queue(now)[0].found
    Job.objects.create(kind="score", created_at=now - timedelta(minutes=minutes))
    assert work.queue(now)[0].level == level


def test_missing_and_orphan_files_are_named(settings, tmp_path):
    settings.UPLOADS = tmp_path
    (tmp_path / "imports").mkdir()
    (tmp_path / "imports" / "nobody.csv").write_text("x")
    run = ImportRun.objects.create(title="客户", created_at=timezone.now())
    ImportFile.objects.create(run=run, name="a.csv", file="imports/gone.csv")
    found = by_code(place.uploads())
    assert "imports/gone.csv" in found["files_missing"].found
    assert "imports/nobody.csv" in found["files_orphan"].found


def test_the_age_of_the_last_backup(settings, tmp_path):
    settings.BACKUP_FOLDER = tmp_path
    now = timezone.now()
    assert work.last_backup(now)[0].level == "warn"
    Job.objects.create(kind="backup", state="DONE", created_at=now, finished_at=now - timedelta(hours=40))
    assert work.last_backup(now)[0].level == "warn"
    (tmp_path / "a.dingke").write_bytes(b"")
    assert work.last_backup(now)[0].level == "ok"
    assert work.last_backup(now + timedelta(days=8))[0].level == "fail"


def test_mail_is_tried_on_wish(settings):
    assert mailing.server()[0].level == "warn"
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    assert mailing.server()[0].level == "fail"
    assert mail.outbox == []


def test_a_look_that_breaks_keeps_no_other_from_being_made(monkeypatch):
    monkeypatch.setattr(data, "clock", lambda now: 1 / 0)
    found = doctor.findings(now=timezone.now())
    assert "ZeroDivisionError" in by_code(found)["broken"].found
    assert {"queue", "backup", "mail"} <= set(by_code(found))
    assert doctor.worst(found) == "fail"


def test_the_page_shows_findings_and_set_aside_work(cast):
    job = Job.objects.create(kind="score", state="FAILED", created_at=timezone.now(), message="stopped three times", attempts=3)
    page = cast.administrator.client.get(reverse("system:status")).content.decode()
    assert "stopped three times" in page
    assert "dingke backup" in page
    assert cast.director.client.get(reverse("system:status")).status_code == 403
    assert cast.director.client.post(reverse("system:retry", args=[job.pk])).status_code == 403


def test_set_aside_work_is_tried_again_or_given_up(cast, monkeypatch, django_capture_on_commit_callbacks):
    queued = []
    monkeypatch.setattr(jobs, "_queue", [queued.append])
    first, second = (Job.objects.create(kind="score", state="FAILED", created_at=timezone.now(), attempts=3, error="x") for _ in range(2))
    with django_capture_on_commit_callbacks(execute=True):
        answer = cast.administrator.client.post(reverse("system:retry", args=[first.pk]), headers={"HX-Request": "true"})
    assert answer.status_code == 200
    first.refresh_from_db()
    assert (first.state, first.attempts, queued) == ("WAITING", 0, [first.pk])
    assert cast.administrator.client.post(reverse("system:give_up", args=[second.pk])).status_code == 303
    second.refresh_from_db()
    assert (second.state, second.error) == ("CANCELLED", "x")
    assert set(AuditEntry.objects.filter(target="core.job").values_list("action", flat=True)) == {"jobs.retry", "jobs.give_up"}
    assert cast.administrator.client.post(reverse("system:retry", args=[second.pk])).status_code == 409
    assert cast.administrator.client.post(reverse("system:retry", args=[0])).status_code == 404
