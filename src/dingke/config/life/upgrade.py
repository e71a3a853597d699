"""`dingke upgrade`: the data comes to the version of the program or stays as it was; no step is left out in silence."""

from __future__ import annotations

import shutil
import traceback
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
from django.utils.translation import gettext as _

import dingke
from dingke.config import content
from dingke.config.life import beats, container, marker, rows, state
from dingke.config.life.backup import back_up, check_passphrase
from dingke.config.life.refusals import DamagedBackup, UnableToUpgrade, WrongPassphrase
from dingke.config.life.restore import put_back
from dingke.config.models import Release
from dingke.core.errors import Refusal

DONE, PUT_BACK, NOT_PUT_BACK = 0, 1, 3
NEED_FREE = 300_000_000


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that was done, or that failed."""

    what: str
    done: bool = True


@dataclass(slots=True)
class Outcome:
    """What the upgrade did, in order, how it ended, and the code for the shell."""

    steps: list[Step] = field(default_factory=list)
    sentence: str = ""
    code: int = DONE
    backup: str = ""
    migrated: list[str] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


class _Failed(Exception):
    """The migrated data is not what it has to be."""


def _nothing(done: int, total: int | None, what: str) -> None:
    return None


def look(*, passphrase: str, now: datetime) -> Outcome:
    """What an upgrade would do. Raises `UnableToUpgrade` when it could not."""
    outcome = Outcome()
    unfinished = marker.read()
    if unfinished:
        outcome.steps.append(
            Step(_("An interrupted run is there (%(what)s); it would be taken back first") % {"what": unfinished["doing"]})
        )
    _check(outcome, passphrase=passphrase, now=now)
    waiting = state.pending()
    outcome.migrated = [f"{app}.{name}" for app, name in waiting]
    outcome.sentence = (
        _("%(number)s migrations wait: %(names)s") % {"number": len(waiting), "names": ", ".join(outcome.migrated)}
        if waiting
        else _("Nothing to do: the data is at version %(version)s.") % {"version": dingke.__version__}
    )
    return outcome


def upgrade(*, passphrase: str = "", now: datetime, tell: rows.Tell = _nothing) -> Outcome:
    """Checks, backs up, migrates, verifies. Raises `UnableToUpgrade` while nothing is changed; later failures are in the outcome."""
    outcome = Outcome()
    again = _take_back_interrupted(outcome, passphrase, tell, now=now)
    _check(outcome, passphrase=passphrase, now=now)
    if not state.pending():
        name_release(now)
        marker.remove()
        outcome.sentence = _("Nothing to do: the data is at version %(version)s.") % {"version": dingke.__version__}
        return outcome
    if again is None and not state.has_content():
        return _make_tables(outcome, now=now)
    file = again or _back_up(outcome, passphrase, tell, now=now)
    outcome.backup = str(file)
    facts = {"doing": "upgrade", "backup": str(file), "to": dingke.__version__, "at": now.isoformat()}
    marker.write(facts)
    try:
        _migrate_and_verify(outcome, tell, now=now)
    except (Exception, SystemExit) as fault:
        outcome.steps.append(Step(_reason(fault), done=False))
        return _take_back(outcome, file, passphrase, tell, now=now)
    marker.remove()
    outcome.sentence = _("Upgraded to version %(version)s. The backup from before is %(file)s.") % {
        "version": dingke.__version__,
        "file": file,
    }
    return outcome


def _make_tables(outcome: Outcome, *, now: datetime) -> Outcome:
    """An installation without people and accounts has nothing to lose."""
    outcome.migrated = [f"{app}.{name}" for app, name in state.pending()]
    call_command("migrate", verbosity=0, interactive=False)
    content.load_shipped(now=now)
    name_release(now)
    outcome.steps.append(Step(_("The tables were made")))
    outcome.sentence = _("Ready: the installation is empty and at version %(version)s.") % {"version": dingke.__version__}
    return outcome


# ---- before any change ----


def _check(outcome: Outcome, *, passphrase: str, now: datetime) -> None:
    """What has to be in order before anything is touched."""
    try:
        newer = state.unknown(connection)
    except DatabaseError as error:
        raise UnableToUpgrade(_("The database does not answer: %(error)s") % {"error": str(error).strip()}) from error
    if newer:
        raise UnableToUpgrade(
            _("The data was used by a newer version than %(version)s: this one does not know %(names)s. Install the newer version again.")
            % {"version": dingke.__version__, "names": ", ".join(f"{app}.{name}" for app, name in newer[:3])}
        )
    outcome.steps.append(Step(_("The database answers and is not newer than this program")))
    alive = beats.alive(now=now)
    if alive:
        raise UnableToUpgrade(
            _("The system is running (%(processes)s). Stop it, wait half a minute, and upgrade again.") % {"processes": ", ".join(alive)}
        )
    outcome.steps.append(Step(_("No process of the system is running")))
    folder = Path(settings.BACKUP_FOLDER)
    folder.mkdir(parents=True, exist_ok=True)
    need, free = NEED_FREE + 2 * _data_size(), min(shutil.disk_usage(place).free for place in (folder, settings.HOME))
    if free < need:
        raise UnableToUpgrade(
            _("The upgrade needs some %(need)s MB of disk for its backup, and %(free)s MB are free at %(folder)s.")
            % {"need": need // 1_000_000, "free": free // 1_000_000, "folder": folder}
        )
    outcome.steps.append(Step(_("There is room on the disk")))
    if passphrase:
        try:
            check_passphrase(passphrase)
        except Refusal as refusal:
            raise UnableToUpgrade(refusal.message) from refusal
    problems = [problem for problem in _system_check() if problem]
    if problems:
        raise UnableToUpgrade(_("This program is not in order: %(problems)s") % {"problems": "; ".join(problems[:3])})
    outcome.steps.append(Step(_("The program is in order")))


def _data_size() -> int:
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()")
        else:
            cursor.execute("SELECT pg_database_size(current_database())")
        database = int(cursor.fetchone()[0])
    return database + sum(path.stat().st_size for path in Path(settings.UPLOADS).rglob("*") if path.is_file())


def _system_check() -> list[str]:
    from django.core import checks

    return [str(problem) for problem in checks.run_checks() if problem.level >= checks.ERROR]


def _back_up(outcome: Outcome, passphrase: str, tell: rows.Tell, *, now: datetime) -> Path:
    output = Path(settings.BACKUP_FOLDER) / f"before-upgrade-{now:%Y%m%d-%H%M%S}.dingke"
    try:
        made = back_up(output=output, passphrase=passphrase, now=now, note=f"before the upgrade to {dingke.__version__}", tell=tell)
    except Refusal as refusal:
        raise UnableToUpgrade(
            _("Without a backup there is no upgrade. %(reason)s Nothing was changed.") % {"reason": refusal.message}
        ) from refusal
    outcome.steps.append(Step(_("Backup of %(rows)s rows, read again and whole: %(file)s") % {"rows": made["rows"], "file": output}))
    return output


# ---- the change ----


def _migrate_and_verify(outcome: Outcome, tell: rows.Tell, *, now: datetime) -> None:
    before, may_lose = _counts(), _may_lose()
    waiting = state.pending()
    for number, (app, name) in enumerate(waiting, start=1):
        tell(number, len(waiting), f"{app}.{name}")
        if (app, name) in set(state.pending()):  # one may bring another with it
            call_command("migrate", app, name, verbosity=0, interactive=False)
        outcome.steps.append(Step(_("Migrated %(name)s") % {"name": f"{app}.{name}"}))
        outcome.migrated.append(f"{app}.{name}")
    call_command("migrate", verbosity=0, interactive=False)  # what belongs after the last one: content types and permissions
    content.load_shipped(now=now)
    left = state.pending()
    if left:
        raise _Failed(_("Not every migration was carried out: %(names)s") % {"names": ", ".join(f"{app}.{name}" for app, name in left)})
    tell(0, None, _("verifying"))
    _verify(before, may_lose)
    name_release(now)
    outcome.steps.append(Step(_("Verified: no table lost rows, every reference leads somewhere, every table can be read")))


def _counts() -> dict[str, int]:
    loader = MigrationLoader(connection)
    return {model._meta.db_table: model._base_manager.count() for model in rows.tables_at(loader, state.applied(loader))}


def _may_lose() -> set[str]:
    """Tables that a waiting migration says it takes rows from (`may_lose_rows = ["core_stagedrow"]` in its class)."""
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return {table for migration, _back in plan for table in getattr(migration, "may_lose_rows", [])}


def _verify(before: dict[str, int], may_lose: set[str]) -> None:
    after = _counts()
    lost = [
        f"{table} {count} -> {after[table]}" for table, count in before.items() if after.get(table, count) < count and table not in may_lose
    ]
    if lost:
        raise _Failed(_("Rows are missing after the migration: %(tables)s") % {"tables": ", ".join(lost)})
    connection.check_constraints()
    for model in apps.get_models(include_auto_created=True):
        if model._meta.managed and not model._meta.proxy:
            model._base_manager.order_by("pk").first()
            model._base_manager.order_by("pk").last()
    problems = _system_check()
    if problems:
        raise _Failed("; ".join(problems[:3]))


def name_release(now: datetime) -> None:
    newest = Release.objects.order_by("-id").first()
    if newest is None or newest.version != dingke.__version__:
        Release.objects.create(version=dingke.__version__, at=now)


# ---- when it fails ----


def _reason(fault: BaseException) -> str:
    last = traceback.extract_tb(fault.__traceback__)[-1]
    where = f" ({Path(last.filename).name}:{last.lineno})" if not isinstance(fault, (_Failed, Refusal)) else ""
    return f"{type(fault).__name__.lstrip('_')}: {str(fault).strip()}{where}"


def _take_back(outcome: Outcome, file: Path, passphrase: str, tell: rows.Tell, *, now: datetime) -> Outcome:
    tell(0, None, _("putting everything back"))
    try:
        _restore(file, passphrase, tell, now=now)
    except Exception as fault:
        outcome.steps.append(Step(_reason(fault), done=False))
        outcome.sentence = _(
            "The upgrade failed, and the backup could not be put back. The data is between two versions: do not use it. "
            "The backup is whole: %(file)s. Mend what is named above and run `dingke upgrade` again, which puts it back first."
        ) % {"file": file}
        outcome.code = NOT_PUT_BACK
        return outcome
    marker.remove()
    outcome.steps.append(Step(_("Put back as it was before, and compared row by row")))
    outcome.sentence = _(
        "The upgrade to version %(version)s failed. The data is as it was before; go on with the version you had. The backup is %(file)s."
    ) % {"version": dingke.__version__, "file": file}
    outcome.code = PUT_BACK
    return outcome


def _restore(file: Path, passphrase: str, tell: rows.Tell, *, now: datetime) -> None:
    """The state of before, tables as old as they were."""
    connection.close()
    with container.opened(file, passphrase) as backup:
        backup.verify()
        wanted = state.targets(MigrationLoader(None), backup.manifest.migrations)
        put_back(backup, wanted, migrate_on=False, tell=tell, now=now)


def _take_back_interrupted(outcome: Outcome, passphrase: str, tell: rows.Tell, *, now: datetime) -> Path | None:
    """A run that was killed: the data may be between two versions, so it begins again from the backup. Answers that backup."""
    unfinished = marker.read()
    if unfinished is None:
        return None
    if unfinished["doing"] != "upgrade":
        raise UnableToUpgrade(
            _("A restore of %(file)s was interrupted. Run `dingke restore` with it again, then upgrade.") % {"file": unfinished["file"]}
        )
    alive = beats.alive(now=now)
    if alive:
        raise UnableToUpgrade(
            _("The system is running (%(processes)s). Stop it, wait half a minute, and upgrade again.") % {"processes": ", ".join(alive)}
        )
    file = Path(unfinished["backup"])
    try:
        _restore(file, passphrase, tell, now=now)
    except (DamagedBackup, WrongPassphrase) as refusal:
        raise UnableToUpgrade(
            _("An upgrade was interrupted, and its backup %(file)s does not open: %(reason)s") % {"file": file, "reason": refusal.message}
        ) from refusal
    outcome.steps.append(Step(_("An interrupted upgrade was taken back to %(file)s") % {"file": file}))
    return file
