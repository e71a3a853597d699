"""Backup and restore: every row, on every engine, or nothing."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import threading
import zipfile
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection

from dingke.config.life import backup as backups
from dingke.config.life import container, marker, schedule, sealed
from dingke.config.life.refusals import DamagedBackup, UnableToBackUp, UnableToRestore, WrongPassphrase
from dingke.config.life.restore import restore
from dingke.config.models import Beat, Release
from dingke.config.tests.life.conftest import at
from dingke.config.tests.life.filling import columns, dump

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 9, 30, 2, 0, tzinfo=UTC)
PHRASE = "correct horse battery staple"


def uploads_of(home: Path) -> dict[str, bytes]:
    folder = home / "uploads"
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def backed_up(place, settings, *, passphrase: str = "", name: str = "all.dingke") -> Path:
    file = place.home / name
    with at(place, settings):
        backups.back_up(output=file, passphrase=passphrase, now=NOW)
    return file


@pytest.mark.parametrize("source", ["sqlite", "postgresql"])
@pytest.mark.parametrize("target", ["sqlite", "postgresql"])
def test_every_row_and_file_comes_back_on_either_engine(source, target, filled, empty, settings, engines):
    if not {source, target} <= set(engines):
        pytest.skip("needs PostgreSQL")
    origin, other = filled(source), empty(target)
    file = origin.home / "all.dingke"
    with at(origin, settings):
        result = backups.back_up(output=file, now=NOW)
        before, shape = dump(), columns()
    assert result["verified"]
    assert result["rows"] == sum(len(rows) for rows in before.values())
    with at(other, settings):
        answer = restore(file=file, now=NOW)
        after = dump()
        assert columns() == shape
        assert answer["rows"] == result["rows"]
        assert set(after) == set(before)
        for table, rows in before.items():
            assert after[table] == rows, table
        from dingke.accounts.queries.search import connection as search_connection  # the index of the search is filled too
        from dingke.core.models import AuditEntry

        assert search_connection.vendor == target
        highest = max(row["id"] for row in before["core_auditentry"])
        entry = AuditEntry.objects.create(at=NOW, actor_name="周敏", action="a", target="b", target_id=1)
        assert entry.pk == highest + 2, "the number of the deleted row was given again"
        call_command("migrate", check_unapplied=True, verbosity=0)
    assert uploads_of(other.home) == uploads_of(origin.home)
    assert marker._file().exists() is False
    assert oct(file.stat().st_mode & 0o777) == "0o600"


def test_a_backup_sees_one_moment_while_others_write(filled, engines, settings):
    """Each writer puts a row into two tables in one transaction: a backup holds both or neither."""
    place = filled(engines[-1])
    stop, written = threading.Event(), []
    first = "INSERT INTO core_idempotencykey (actor_id, key, digest, status, answer, at) VALUES (9, '{n}', 'x', 0, '{{}}', '2026-01-01')"
    second = "INSERT INTO core_mappingmemory (target, headers_key, mapping, value_mapping, used_at) VALUES ('w', '{n}', '{{}}', '{{}}', '2026-01-01')"

    def write() -> None:
        if place.vendor == "sqlite":
            handle = sqlite3.connect(place.home / "dingke.sqlite3", isolation_level=None, timeout=30)
        else:
            import psycopg

            handle = psycopg.connect(place.url, autocommit=True)
        number = 0
        while not stop.is_set():
            number += 1
            handle.execute("BEGIN")
            handle.execute(first.format(n=number))
            handle.execute(second.format(n=number))
            handle.execute("COMMIT")
            written.append(number)
            stop.wait(0.002)
        handle.close()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        while len(written) < 5:
            stop.wait(0.01)
        started = len(written)
        file = backed_up(place, settings)
        ended = len(written)
    finally:
        stop.set()
        writer.join()
    with container.opened(file, "") as opened:
        counts = {table.table: table for table in opened.manifest.tables}
        numbers = {
            name: {
                json.loads(line)[2]
                for line in opened.lines(opened.manifest.tables.index(counts[name]))
                if b'"w"' in line or b',9,"' in line
            }
            for name in ("core_mappingmemory",)
        }
        keys = sum(1 for line in opened.lines(opened.manifest.tables.index(counts["core_idempotencykey"])) if json.loads(line)[1] == 9)
    assert ended > started, "nobody wrote while the backup ran"
    assert len(numbers["core_mappingmemory"]) == keys
    assert started <= keys <= ended


def test_an_encrypted_backup_shows_nothing_and_opens_with_its_passphrase_alone(filled, empty, settings):
    origin, other = filled("sqlite"), empty("sqlite")
    file = backed_up(origin, settings, passphrase=PHRASE)
    assert not zipfile.is_zipfile(file)
    assert b"manifest" not in file.read_bytes()
    with at(other, settings):
        for wrong in ("", "correct horse battery stable"):
            with pytest.raises(WrongPassphrase):
                restore(file=file, passphrase=wrong, now=NOW)
        assert connection.introspection.table_names() == []
        restore(file=file, passphrase=PHRASE, now=NOW)
        after = dump()
    with at(origin, settings):
        assert dump() == after
    assert uploads_of(other.home) == uploads_of(origin.home)


@pytest.mark.parametrize("passphrase", ["", PHRASE], ids=["plain", "sealed"])
def test_a_damaged_or_cut_file_is_refused_and_changes_nothing(passphrase, filled, empty, settings, monkeypatch):
    monkeypatch.setattr(sealed, "CHUNK", 4096)
    monkeypatch.setattr(sealed, "SCRYPT_COST", 2)
    origin, other = filled("sqlite"), empty("sqlite")
    content = backed_up(origin, settings, passphrase=passphrase).read_bytes()
    sealed_size = 4096 + sealed.TAG
    cuts = [0, 3, 40, len(content) // 2, len(content) - 1, len(content) - 20, len(content) - (len(content) % sealed_size)]
    wholes = [content[:cut] for cut in cuts]
    for place in range(len(content) // 40, len(content), len(content) // 12):
        wholes.append(content[:place] + bytes([content[place] ^ 0x55]) + content[place + 1 :])
    wholes.append(content + b"more" if passphrase else content[: len(content) // 3] + content[len(content) // 3 + 900 :])
    file = other.home / "broken.dingke"
    with at(other, settings):
        for whole in wholes:
            file.write_bytes(whole)
            with pytest.raises((DamagedBackup, WrongPassphrase)) as refusal:
                restore(file=file, passphrase=passphrase or "", now=NOW)
            assert len(refusal.value.message) > 20
        assert connection.introspection.table_names() == []
    assert not (other.home / "uploads").exists()
    assert not list(other.home.glob("*.restoring"))


def test_a_sealed_part_cannot_be_moved_to_another_place(tmp_path, monkeypatch):
    monkeypatch.setattr(sealed, "CHUNK", 64)
    monkeypatch.setattr(sealed, "SCRYPT_COST", 2)
    file = tmp_path / "sealed"
    with file.open("wb") as target:
        writer = sealed.SealedWriter(target, PHRASE)
        writer.write(bytes(range(200)))
        writer.close()
    with file.open("rb") as source:
        reader = sealed.SealedReader(source, PHRASE)
        assert reader.read() == bytes(range(200))
        reader.seek(70)
        assert reader.read(3) == bytes([70, 71, 72])
        assert reader.seek(-1, os.SEEK_END) == 199
    head = len(reader._head)
    content = file.read_bytes()
    first, second = content[head : head + 80], content[head + 80 : head + 160]
    for changed in (second + first + content[head + 160 :], first + first + content[head + 160 :], first + content[head + 160 :]):
        file.write_bytes(content[:head] + changed)
        with file.open("rb") as source, pytest.raises(DamagedBackup):
            sealed.SealedReader(source, PHRASE).read()


def test_a_backup_with_a_changed_line_or_a_path_that_leaves_is_refused(filled, empty, settings):
    origin, other = filled("sqlite"), empty("sqlite")
    file = backed_up(origin, settings)
    for change in ("line", "path", "newer", "format"):
        changed = other.home / f"{change}.dingke"
        with zipfile.ZipFile(file) as old, zipfile.ZipFile(changed, "w") as new:
            for name in old.namelist():
                content = old.read(name)
                if change == "line" and name.endswith("people.user.jsonl"):
                    content = content.replace(b"false", b"true", 1)
                if name == "manifest.json":
                    facts = json.loads(content)
                    if change == "path":
                        facts["files"][0]["path"] = "../out"
                    if change == "newer":
                        facts["migrations"].append(["accounts", "9999_of_tomorrow"])
                    if change == "format":
                        facts["format"] = 2
                    content = json.dumps(facts).encode()
                if change == "path" and name.startswith("uploads/big"):
                    name = "uploads/../out"
                new.writestr(name, content)
        with at(other, settings), pytest.raises(DamagedBackup):
            restore(file=changed, now=NOW)
    assert not (other.home / "out").exists()


def test_a_newer_version_is_refused(filled, empty, settings, monkeypatch):
    file = backed_up(filled("sqlite"), settings)
    monkeypatch.setattr("dingke.__version__", "0.0.9")
    with at(empty("sqlite"), settings), pytest.raises(DamagedBackup, match=r"0\.0\.9"):
        restore(file=file, now=NOW)


def test_an_installation_with_content_is_replaced_only_when_told_and_kept_first(filled, settings, engines):
    engine = engines[-1]
    place = filled(engine)
    file = backed_up(place, settings)
    with at(place, settings):
        before = dump()
        Release.objects.create(version="9.9", at=NOW)
        (place.home / "uploads" / "later.txt").write_bytes(b"later")
        with pytest.raises(UnableToRestore, match="--replace"):
            restore(file=file, now=NOW)
        assert Release.objects.filter(version="9.9").exists()
        answer = restore(file=file, now=NOW, replace=True)
        assert dump() == before
        kept = Path(answer["kept"])
        with container.opened(kept, "") as opened:
            opened.verify()
            assert "later.txt" in {part.path for part in opened.manifest.files}
    assert "later.txt" not in uploads_of(place.home)


def test_a_running_system_is_not_restored_over(filled, empty, settings):
    origin = filled("sqlite")
    file = backed_up(origin, settings)
    with at(origin, settings):
        Beat.objects.create(kind="WORKER", host="h1", process=7, version="1", started_at=NOW, beat_at=NOW - timedelta(seconds=5))
        with pytest.raises(UnableToRestore, match="h1:7"):
            restore(file=file, now=NOW, replace=True)
        restore(file=file, now=NOW + timedelta(minutes=1), replace=True, keep_present=False)


def test_a_restore_that_fails_late_leaves_the_present_as_it_is(filled, settings, engines, monkeypatch):
    place = filled(engines[-1])
    file = backed_up(place, settings)

    def fails(*args, **kwargs):
        raise UnableToRestore("stopped")

    with at(place, settings):
        before = dump()
        monkeypatch.setattr("dingke.config.life.restore._unpack", fails)
        with pytest.raises(UnableToRestore, match="stopped"):
            restore(file=file, now=NOW, replace=True, keep_present=False)
        assert dump() == before
        assert marker.read() is None


def test_a_backup_is_refused_with_a_short_passphrase_or_over_another_file(filled, settings):
    place = filled("sqlite")
    file = backed_up(place, settings)
    with at(place, settings):
        with pytest.raises(UnableToBackUp, match="12"):
            backups.back_up(output=place.home / "b", passphrase="short", now=NOW)
        with pytest.raises(UnableToBackUp):
            backups.back_up(output=file, now=NOW)
        assert not list(place.home.glob(".*.part"))


def test_secrets_of_the_settings_stay_out(monkeypatch):
    monkeypatch.setenv("DINGKE_SECRET_KEY", "s3cret")
    monkeypatch.setenv("DINGKE_SMTP_PASSWORD", "s3cret")
    monkeypatch.setenv("DINGKE_DATABASE_URL", "postgresql://dingke:s3cret@db/dingke")
    monkeypatch.setenv("DINGKE_HOSTS", "crm.example.cn")
    shown = backups.public_settings()
    assert "s3cret" not in json.dumps(shown)
    assert shown["DINGKE_HOSTS"] == "crm.example.cn"
    assert shown["DINGKE_DATABASE_URL"] == "postgresql://…@db/dingke"


def test_which_days_are_kept():
    days = [date(2026, 9, 30) - timedelta(days=back) for back in range(120)]
    kept = schedule.kept(days, daily=3, weekly=2, monthly=3)
    assert kept == {date(2026, 9, 30), date(2026, 9, 29), date(2026, 9, 28), date(2026, 9, 27), date(2026, 8, 31), date(2026, 7, 31)}
    assert schedule.kept([], daily=3, weekly=2, monthly=3) == set()


def test_old_backups_of_the_clock_go_and_others_stay(tmp_path, settings):
    settings.BACKUP_KEEP = (2, 0, 0)
    for name in ("daily-20260901.dingke", "daily-20260902.dingke", "daily-20260903.dingke", "before-upgrade-1.dingke", "daily-x.dingke"):
        (tmp_path / name).write_bytes(b"")
    assert schedule.remove_old(tmp_path) == ["daily-20260901.dingke"]
    assert len(list(tmp_path.iterdir())) == 4


def test_a_backup_is_due_once_a_day_after_its_hour(settings):
    settings.BACKUP_AT = "02:30"
    from dingke.core.models import Job

    morning = datetime(2026, 9, 30, 0, 0, tzinfo=UTC)  # eight in Shanghai
    assert schedule.due(morning)
    Job.objects.create(kind="backup", created_at=morning)
    assert not schedule.due(morning + timedelta(hours=18))  # two at night: not yet
    assert schedule.due(morning + timedelta(hours=19))
    settings.BACKUP_AT = ""
    assert not schedule.due(morning + timedelta(days=9))


def test_the_job_writes_the_backup_of_the_day(filled, settings):
    from dingke.core import jobs
    from dingke.core.models import Job

    place = filled("sqlite")
    settings.BACKUP_PASSPHRASE = PHRASE
    with at(place, settings):
        job = Job.objects.create(kind="backup", created_at=NOW)
        result = schedule.run(jobs.Progress(job))
        job.refresh_from_db()
        assert job.done == job.total or job.message
    assert result["encrypted"]
    assert Path(result["file"]).parent == place.home / "backups"
    shutil.rmtree(place.home / "backups")
