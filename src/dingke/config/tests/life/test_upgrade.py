"""`dingke upgrade`: the new version with all rows, or the old state with all rows; also when it is killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.db import connection

from dingke.config.life import marker, state
from dingke.config.models import Beat
from dingke.config.tests.life.conftest import Installation, at
from dingke.config.tests.life.filling import columns, dump

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 9, 30, 2, 0, tzinfo=UTC)
SETTINGS = """
from dingke.config.settings import *
INSTALLED_APPS = [*INSTALLED_APPS, "later"]
"""
MODELS = """
from django.db import models
class Thing(models.Model):
    id = models.BigAutoField(primary_key=True)
    name = models.CharField(max_length=9)
"""
FIRST = """
from django.db import migrations, models
def widen(apps, schema_editor):
    apps.get_model("accounts", "Account").objects.update(name="changed by the upgrade")
class Migration(migrations.Migration):
    initial = True
    dependencies = [("accounts", "0001_initial")]
    operations = [
        migrations.CreateModel("Thing", [("id", models.BigAutoField(primary_key=True)), ("name", models.CharField(max_length=9))]),
        migrations.RunPython(widen),
    ]
"""
SECOND = """
import os, time
from pathlib import Path
from django.db import migrations
def work(apps, schema_editor):
    how = os.environ.get("LATER", "")
    apps.get_model("core", "AuditEntry").objects.all().delete() if how == "loses" else None
    if how == "fails":
        raise ValueError("a column does not fit")
    if how == "waits":
        Path(os.environ["DINGKE_HOME"], "waiting").write_text("")
        time.sleep(120)
class Migration(migrations.Migration):
    dependencies = [("later", "0001_initial"), ("core", "0001_initial")]
    operations = [migrations.RunPython(work)]
"""


class Program:
    """The next version of the product: this one with one domain more, whose second migration behaves as told."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        app = folder / "later"
        (app / "migrations").mkdir(parents=True)
        (folder / "later_settings.py").write_text(SETTINGS)
        files = {
            "__init__.py": "",
            "models.py": MODELS,
            "migrations/__init__.py": "",
            "migrations/0001_initial.py": FIRST,
            "migrations/0002_work.py": SECOND,
        }
        for name, text in files.items():
            (app / name).write_text(text)

    def start(self, place: Installation, *arguments: str, how: str = "") -> subprocess.Popen[str]:
        paths = [str(self.folder), str(Path(__file__).resolve().parents[4])]
        environment = {
            **place.environment(),
            "DJANGO_SETTINGS_MODULE": "later_settings",
            "LATER": how,
            "PYTHONPATH": os.pathsep.join(paths),
        }
        command = [sys.executable, "-m", "dingke.config.cli", *arguments]
        return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def run(self, place: Installation, *arguments: str, how: str = "") -> tuple[int, dict, str]:
        process = self.start(place, *arguments, how=how)
        out, err = process.communicate(timeout=200)
        return process.returncode, json.loads(out) if out.strip() else {}, err


@pytest.fixture
def later(tmp_path) -> Program:
    return Program(tmp_path / "later-version")


def tables(place: Installation, settings) -> set[str]:
    with at(place, settings):
        return set(columns())


def test_the_next_version_comes_with_a_backup_and_every_row(later, filled, settings, engines):
    place = filled(engines[-1])
    with at(place, settings):
        before = dump()
    code, looked, _err = later.run(place, "upgrade", "--check", "--json")
    assert (code, looked["migrated"]) == (0, ["later.0001_initial", "later.0002_work"])
    assert "later_thing" not in tables(place, settings)
    code, result, err = later.run(place, "upgrade", "--json")
    assert code == 0, err
    assert result["migrated"] == ["later.0001_initial", "later.0002_work"]
    assert all(step["done"] for step in result["steps"])
    assert Path(result["backup"]).exists()
    with at(place, settings):
        assert "later_thing" in set(columns())
        after = dump()
        grown = {"django_content_type", "auth_permission", "core_listitem", "config_release"}
        grown |= {table for table in before if table.startswith(("pipeline_playbook", "library_"))}  # shipped texts come with a version
        assert [table for table, rows in before.items() if len(after[table]) != len(rows) and table not in grown] == []
        assert {row["name"] for row in after["accounts_account"]} == {"changed by the upgrade"}
    assert not (place.home / "in_progress.json").exists()
    code, again, _err = later.run(place, "upgrade", "--json")
    assert (code, again["migrated"]) == (0, [])


@pytest.mark.parametrize(("how", "reason"), [("fails", "a column does not fit"), ("loses", "core_auditentry")])
def test_a_failing_migration_leaves_everything_as_it_was(how, reason, later, filled, settings, engines):
    place = filled(engines[-1])
    (place.home / "uploads" / "note.txt").write_bytes(b"kept")
    with at(place, settings):
        before, shape = dump(), columns()
    code, result, err = later.run(place, "upgrade", "--json", how=how)
    assert code == 1, err
    assert any(reason in step["what"] for step in result["steps"] if not step["done"])
    assert "as it was before" in result["sentence"]
    with at(place, settings):
        assert columns() == shape
        after = dump()
        assert after == before
        assert state.pending() == []
    assert (place.home / "uploads" / "note.txt").read_bytes() == b"kept"
    assert not (place.home / "in_progress.json").exists()


def test_a_killed_upgrade_is_taken_back_and_finished_by_the_next(later, filled, settings, engines):
    place = filled(engines[-1])
    with at(place, settings):
        before = dump()
    process = later.start(place, "upgrade", "--json", how="waits")
    until = time.monotonic() + 200
    while not (place.home / "waiting").exists() and process.poll() is None and time.monotonic() < until:
        time.sleep(0.05)
    assert process.poll() is None, process.communicate()
    os.kill(process.pid, signal.SIGKILL)
    process.wait(20)
    assert "later_thing" in tables(place, settings), "it was killed before anything had changed"
    code, _result, err = later.run(place, "score")
    assert code == 2
    assert "dingke upgrade" in err.replace("\n", " ")
    code, result, err = later.run(place, "upgrade", "--json")
    assert code == 0, err
    assert any("taken back" in step["what"] for step in result["steps"])
    with at(place, settings):
        after = dump()
        assert len(after["core_auditentry"]) == len(before["core_auditentry"])
        assert {row["name"] for row in after["accounts_account"]} == {"changed by the upgrade"}
    assert not (place.home / "in_progress.json").exists()


def test_an_upgrade_is_refused_while_the_system_runs_or_the_data_is_newer(later, filled, settings):
    place = filled("sqlite")
    from django.utils import timezone

    from dingke.config.life import upgrade
    from dingke.config.life.refusals import UnableToUpgrade

    now = timezone.now()
    with at(place, settings):
        beat = Beat.objects.create(kind="WEB", host="node1", process=7, version="1", started_at=now, beat_at=now)
        with pytest.raises(UnableToUpgrade, match="node1:7"):
            upgrade.upgrade(now=now)
        beat.delete()
        with connection.cursor() as cursor:
            cursor.execute("INSERT INTO django_migrations (app, name, applied) VALUES ('accounts', '9999_of_tomorrow', '2027-01-01')")
        with pytest.raises(UnableToUpgrade, match="9999_of_tomorrow"):
            upgrade.upgrade(now=now)
        assert not (place.home / "backups").exists()


def test_without_room_for_a_backup_nothing_is_touched(filled, settings, monkeypatch):
    from dingke.config.life import upgrade
    from dingke.config.life.refusals import UnableToUpgrade

    place = filled("sqlite")
    monkeypatch.setattr(upgrade, "NEED_FREE", 10**18)
    with at(place, settings), pytest.raises(UnableToUpgrade, match="MB"):
        upgrade.upgrade(now=NOW)


def test_an_interrupted_restore_is_named(filled, settings):
    from dingke.config.life import upgrade
    from dingke.config.life.refusals import UnableToUpgrade

    with at(filled("sqlite"), settings):
        marker.write({"doing": "restore", "file": "/backups/a.dingke", "at": NOW.isoformat()})
        with pytest.raises(UnableToUpgrade, match=r"a\.dingke"):
            upgrade.upgrade(now=NOW)
