"""`dingke backup`: everything in one verified file while the system runs."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import DatabaseError, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.loader import MigrationLoader
from django.utils.translation import gettext as _

import dingke
from dingke.config.life import container, rows, state
from dingke.config.life.manifest import FileFacts, Manifest, TableFacts
from dingke.config.life.refusals import UnableToBackUp

SNAPSHOT = "life_snapshot"
SHORTEST_PASSPHRASE = 12
_SECRET = re.compile(r"KEY|SECRET|PASSWORD|PASSPHRASE|TOKEN|CREDENTIAL|HEADERS", re.IGNORECASE)
_IN_URL = re.compile(r"(?<=://)[^/@\s]+@")


def _nothing(done: int, total: int | None, what: str) -> None:
    return None


@contextmanager
def snapshot() -> Iterator[BaseDatabaseWrapper]:
    """A connection of its own that sees one moment of the database, while others go on writing."""
    database = connections["default"].copy(SNAPSHOT)
    options = database.settings_dict["OPTIONS"]
    if database.vendor == "sqlite":
        options["transaction_mode"] = "DEFERRED"  # a reader: it must not keep writers waiting
    connections[SNAPSHOT] = database
    try:
        with transaction.atomic(using=SNAPSHOT):
            if database.vendor == "postgresql":
                with database.cursor() as cursor:
                    cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            yield database
    finally:
        database.close()
        del connections[SNAPSHOT]


def public_settings() -> dict[str, str]:
    """The settings of this installation without secrets: for whoever sets up the next one."""
    named = {name: value for name, value in os.environ.items() if name.startswith("DINGKE_") and not _SECRET.search(name)}
    return {name: _IN_URL.sub("…@", value) for name, value in sorted(named.items())}


def check_passphrase(passphrase: str) -> None:
    if len(passphrase) < SHORTEST_PASSPHRASE:
        raise UnableToBackUp(
            _("The passphrase needs at least %(number)s characters: whoever has the file can try as often as they like.")
            % {"number": SHORTEST_PASSPHRASE}
        )


def back_up(
    *, output: Path, passphrase: str = "", now: datetime, note: str = "", tell: rows.Tell = _nothing, replace: bool = False
) -> dict[str, Any]:
    """Writes the file, reads it again as a whole, and only then gives it its name. Returns what is in it."""
    if passphrase:
        check_passphrase(passphrase)
    if output.exists() and not replace:
        raise UnableToBackUp(_("%(file)s is there already. Choose another name, or remove it first.") % {"file": output})
    part = output.with_name(f".{output.name}.part")
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        made = _write(part, passphrase, now, note, tell)
        tell(0, None, _("checking the backup"))
        with container.opened(part, passphrase) as backup:
            backup.verify()
        part.replace(output)
        _keep_name(output.parent)
    except OSError as error:
        raise UnableToBackUp(_("The backup could not be written to %(file)s: %(error)s") % {"file": output, "error": error}) from error
    except DatabaseError as error:
        raise UnableToBackUp(_("The database could not be read: %(error)s") % {"error": error}) from error
    finally:
        part.unlink(missing_ok=True)
    return {
        "file": str(output),
        "size": output.stat().st_size,
        "encrypted": bool(passphrase),
        "version": made.version,
        "made_at": made.made_at,
        "tables": len(made.tables),
        "rows": made.rows,
        "files": len(made.files),
        "verified": True,
    }


def _keep_name(folder: Path) -> None:
    """Has the new name on the disk too, not only the content."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _write(part: Path, passphrase: str, now: datetime, note: str, tell: rows.Tell) -> Manifest:
    with container.packing(part, passphrase) as packer:
        with snapshot() as database:
            loader = MigrationLoader(database)
            nodes = state.applied(loader)
            if not nodes:
                raise UnableToBackUp(_("There is nothing to back up: the database has no tables yet."))
            tables: list[TableFacts] = []
            left_out: list[str] = []
            models = rows.tables_at(loader, nodes)
            for number, model in enumerate(models, start=1):
                tell(number, len(models), model._meta.db_table)
                if model._meta.label_lower in rows.LEFT_OUT:
                    left_out.append(model._meta.db_table)
                    continue
                lines = rows.Counted(rows.lines_of(model, using=SNAPSHOT))
                packer.add(container.table_member(len(tables), model._meta.label_lower), lines)
                tables.append(
                    TableFacts(
                        model=model._meta.label_lower,
                        table=model._meta.db_table,
                        columns=[field.attname for field in rows.columns_of(model)],
                        rows=lines.rows,
                        sha256=lines.sha256,
                        bytes=lines.bytes,
                        last_number=rows.last_number(model, database),
                    )
                )
            engine, release = database.vendor, state.release(models, using=SNAPSHOT)
        files = _add_files(packer, tell)
        made = Manifest(
            version=dingke.__version__,
            release=release,
            made_at=now.isoformat(),
            engine=engine,
            migrations=[list(node) for node in sorted(nodes)],
            tables=tables,
            left_out=left_out,
            files=files,
            settings=public_settings(),
            note=note,
        )
        packer.add(container.MANIFEST, [made.as_json()])
    return made


def _add_files(packer: container.Packer, tell: rows.Tell) -> list[FileFacts]:
    """Every uploaded file that is still there when its turn comes; rows were read before, so that no row lacks its file."""
    folder = Path(settings.UPLOADS)
    found: list[FileFacts] = []
    for number, path in enumerate(sorted(path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())):
        tell(number, None, _("uploaded files"))
        name = path.relative_to(folder).as_posix()
        try:
            with path.open("rb"):
                pass
        except FileNotFoundError:
            continue
        size, digest = packer.add_file(f"uploads/{name}", path)
        found.append(FileFacts(path=name, size=size, sha256=digest))
    return found
