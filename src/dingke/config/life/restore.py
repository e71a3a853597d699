"""`dingke restore`: a backup comes back, on whichever database, whole or not at all."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.db import Error as AnyDatabaseError
from django.db import connection, transaction
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
from django.utils.translation import gettext as _

import dingke
from dingke.config import content
from dingke.config.life import beats, container, marker, rows, staging, state
from dingke.config.life.backup import back_up
from dingke.config.life.container import Backup
from dingke.config.life.refusals import DamagedBackup, UnableToRestore


def _nothing(done: int, total: int | None, what: str) -> None:
    return None


def restore(
    *,
    file: Path,
    passphrase: str = "",
    now: datetime,
    replace: bool = False,
    keep_present: bool = True,
    migrate_on: bool = True,
    tell: rows.Tell = _nothing,
) -> dict[str, Any]:
    """Brings the backup in and answers what came. Raises a refusal with everything as it was before.

    `replace` lets it take the place of an installation that holds something, of which a backup is made first unless `keep_present` is
    False. `migrate_on` False leaves the tables as old as the backup, for the version of the product that made it.
    """
    with container.opened(file, passphrase) as backup:
        wanted = _check(backup, replace=replace, now=now)
        tell(0, None, _("checking the backup"))
        backup.verify()
        kept = _keep_present(passphrase, now, tell) if replace and keep_present and state.has_content() else None
        marker.write({"doing": "restore", "file": str(file), "at": now.isoformat()})
        try:
            return {"kept": kept, **put_back(backup, wanted, migrate_on=migrate_on, tell=tell, now=now)}
        finally:
            marker.remove()  # a kill leaves it behind; a refusal has changed nothing


def _check(backup: Backup, *, replace: bool, now: datetime) -> list[state.Node]:
    """Everything that can be known before the first change."""
    facts = backup.manifest
    if version_key(facts.version) > version_key(dingke.__version__):
        raise DamagedBackup(
            _("The backup was made by version %(theirs)s, this is %(ours)s. Install that version or a newer one and restore again.")
            % {"theirs": facts.version, "ours": dingke.__version__}
        )
    wanted = state.targets(MigrationLoader(None), facts.migrations)
    alive = beats.alive(now=now)
    if alive:
        raise UnableToRestore(
            _("The system is running (%(processes)s). Stop it, wait half a minute, and restore again.") % {"processes": ", ".join(alive)}
        )
    if state.has_content() and not replace:
        raise UnableToRestore(
            _("This installation holds people or accounts. Restore into an empty one, or say --replace to put the backup in its place.")
        )
    free = shutil.disk_usage(settings.HOME).free
    if free < 2 * facts.size + 100_000_000:
        raise UnableToRestore(
            _("The restore needs some %(need)s MB of disk, and %(free)s MB are free at %(folder)s.")
            % {"need": (2 * facts.size + 100_000_000) // 1_000_000, "free": free // 1_000_000, "folder": settings.HOME}
        )
    return wanted


def version_key(version: str) -> tuple[int, ...]:
    return tuple(int(part) if part.isdigit() else 0 for part in version.split(".")[:3])


def _keep_present(passphrase: str, now: datetime, tell: rows.Tell) -> str:
    output = Path(settings.BACKUP_FOLDER) / f"before-restore-{now:%Y%m%d-%H%M%S}.dingke"
    return str(back_up(output=output, passphrase=passphrase, now=now, note="before a restore", tell=tell, replace=True)["file"])


def put_back(backup: Backup, wanted: list[state.Node], *, migrate_on: bool, tell: rows.Tell, now: datetime) -> dict[str, Any]:
    """Builds the database and the folder of uploads beside the present ones, proves them, and changes places."""
    migrated: list[state.Node] = []
    with staging.building():
        try:
            _build(backup, wanted, tell)
            if migrate_on and (migrated := state.pending()):
                tell(0, None, _("bringing the tables up to date"))
                call_command("migrate", verbosity=0, interactive=False)
                content.load_shipped(now=now)
        except AnyDatabaseError as error:
            raise UnableToRestore(
                _("The database did not take the backup: %(error)s Nothing was changed.") % {"error": f"{str(error).strip()}."}
            ) from error
    tell(0, None, _("uploaded files"))
    uploads = _unpack(backup)
    staging.put_in_place()
    _exchange_folders(uploads)
    shutil.rmtree(settings.SNAPSHOTS, ignore_errors=True)  # read from the former rows; made anew at the next run
    facts = backup.manifest
    return {
        "version": facts.version,
        "made_at": facts.made_at,
        "tables": len(facts.tables),
        "rows": facts.rows,
        "files": len(facts.files),
        "migrated": [f"{app}.{name}" for app, name in migrated],
        "verified": True,
    }


def _build(backup: Backup, wanted: list[state.Node], tell: rows.Tell) -> None:
    executor = MigrationExecutor(connection)
    tell(0, None, _("making the tables"))
    executor.migrate(wanted)
    loader = MigrationLoader(connection)
    models = {model._meta.label_lower: model for model in rows.tables_at(loader, state.applied(loader))}
    facts = backup.manifest
    missing = [table.model for table in facts.tables if table.model not in models]
    if missing:
        raise DamagedBackup(_("The backup names tables that its version does not have: %(names)s.") % {"names": ", ".join(missing[:5])})
    connection.disable_constraint_checking()  # SQLite: the tables come one by one; PostgreSQL checks at the end of the transaction
    try:
        with transaction.atomic():
            _empty(models.values())
            for number, table in enumerate(facts.tables):
                tell(number, len(facts.tables), table.table)
                rows.load(models[table.model], table.columns, backup.lines(number))
            for table in facts.tables:
                if table.last_number is not None:
                    rows.set_last_number(models[table.model], table.last_number)
            connection.check_constraints()
    finally:
        connection.enable_constraint_checking()
    for number, table in enumerate(facts.tables):
        tell(number, len(facts.tables), _("comparing %(table)s") % {"table": table.table})
        digest, count = hashlib.sha256(), 0
        for line in rows.lines_of(models[table.model]):
            digest.update(line)
            count += 1
        if count != table.rows or digest.hexdigest() != table.sha256:
            raise UnableToRestore(
                _("After loading, %(table)s is not what the backup holds (%(rows)s rows of %(all)s). Nothing was changed.")
                % {"table": table.table, "rows": count, "all": table.rows}
            )


def _empty(models: Iterable[rows.Model]) -> None:
    """Takes out what the migrations wrote into the new tables."""
    with connection.cursor() as cursor:
        names = [connection.ops.quote_name(model._meta.db_table) for model in models]
        if connection.vendor == "postgresql":
            cursor.execute(f"TRUNCATE {', '.join(names)}")
        else:
            for name in names:
                cursor.execute(f"DELETE FROM {name}")


def _beside(ending: str) -> Path:
    return Path(settings.UPLOADS).with_name(Path(settings.UPLOADS).name + ending)


def _unpack(backup: Backup) -> Path:
    folder = _beside(".restoring")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for file in backup.manifest.files:
        path = folder / file.path
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as target:
            for piece in backup.pieces(file.path):
                target.write(piece)
    return folder


def _exchange_folders(arriving: Path) -> None:
    present, former = Path(settings.UPLOADS), _beside(".before")
    shutil.rmtree(former, ignore_errors=True)
    if present.exists():
        present.rename(former)
    arriving.rename(present)
    shutil.rmtree(former, ignore_errors=True)
