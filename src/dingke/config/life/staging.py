"""A second place beside the database where a restore builds everything, and the one step that puts it in place.

SQLite: a file beside the database file, which then takes its name. PostgreSQL: a schema, whose tables then move into the schema of
the installation in the transaction that drops the old ones. Killed before that step, nothing has changed; after it, all has.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.apps import apps
from django.contrib.contenttypes.models import ContentType
from django.db import DatabaseError, connection, transaction
from django.utils.translation import gettext as _

from dingke.config.life.refusals import UnableToRestore

SCHEMA = "dingke_restoring"


@contextmanager
def _pointed_at(**changes: Any) -> Iterator[None]:
    """The connection of everybody, migrations included, leads somewhere else for a while."""
    connection.close()
    before = dict(connection.settings_dict)
    ContentType.objects.clear_cache()
    connection.settings_dict.update(changes)
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict.clear()
        connection.settings_dict.update(before)
        ContentType.objects.clear_cache()


def _sqlite_files(database: Path) -> list[Path]:
    return [database.with_name(database.name + ending) for ending in ("", "-wal", "-shm", "-journal")]


def _staged_file() -> Path:
    name = str(connection.settings_dict["NAME"])
    if ":memory:" in name or "mode=memory" in name:
        raise UnableToRestore(_("A database in memory cannot be restored."))
    return Path(name + ".restoring")


@contextmanager
def building() -> Iterator[None]:
    """Inside, the database is a new, empty one; the installation's own is untouched."""
    clear()
    if connection.vendor == "sqlite":
        with _pointed_at(NAME=str(_staged_file())):
            yield
        return
    try:
        with connection.cursor() as cursor:
            cursor.execute(f"CREATE SCHEMA {SCHEMA}")
    except DatabaseError as error:
        raise UnableToRestore(
            _("The database user may not create a schema, which a restore needs: GRANT CREATE ON DATABASE … TO …. (%(error)s)")
            % {"error": str(error).strip()}
        ) from error
    options = dict(connection.settings_dict["OPTIONS"])
    options["options"] = f"{options.get('options', '')} -c search_path={SCHEMA}".strip()
    with _pointed_at(OPTIONS=options):
        yield


def clear() -> None:
    """Removes what an earlier try left."""
    if connection.vendor == "sqlite":
        for file in _sqlite_files(_staged_file()):
            file.unlink(missing_ok=True)
    else:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM pg_namespace WHERE nspname = %s", [SCHEMA])
            if cursor.fetchone():
                cursor.execute(f"DROP SCHEMA {SCHEMA} CASCADE")


def put_in_place() -> None:
    """The built database becomes the installation's."""
    if connection.vendor == "sqlite":
        _replace_file()
    else:
        _replace_schema()
    connection.close()
    ContentType.objects.clear_cache()


def _replace_file() -> None:
    database, staged = Path(str(connection.settings_dict["NAME"])), _staged_file()
    # what is still in the log beside a database belongs to that file alone: both logs are emptied before the change of names
    for file in (database, staged):
        if file.exists():
            with _pointed_at(NAME=str(file)), connection.cursor() as cursor:
                cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
                if cursor.fetchone()[0]:
                    raise UnableToRestore(_("Another program holds the database open. Stop it and try again; nothing was changed."))
    for file in _sqlite_files(database)[1:]:
        file.unlink(missing_ok=True)
    _to_disk(staged)
    staged.replace(database)
    _to_disk(database.parent)
    clear()


def _to_disk(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


# relations that stand by themselves (a sequence of a column moves with its table), functions and types, without those of extensions
_RELATIONS = """
SELECT c.relkind::text, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = %s AND c.relkind IN ('r', 'p', 'v', 'm', 'S')
AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.objid = c.oid AND d.classid = 'pg_class'::regclass AND d.deptype IN ('e', 'a', 'i'))
ORDER BY c.relkind, c.relname"""
_FUNCTIONS = """
SELECT p.oid::regprocedure::text FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE n.nspname = %s
AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.objid = p.oid AND d.classid = 'pg_proc'::regclass AND d.deptype = 'e')"""
_KINDS = {"r": "TABLE", "p": "TABLE", "v": "VIEW", "m": "MATERIALIZED VIEW", "S": "SEQUENCE"}


def _ours(table: str) -> bool:
    """Whether a table of the schema is one of the product's, of whatever version."""
    return table.startswith(("django_", "dingke_")) or any(table.startswith(f"{app.label}_") for app in apps.get_app_configs())


def _replace_schema() -> None:
    name = connection.ops.quote_name
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT current_schema()")
        schema = cursor.fetchone()[0]
        cursor.execute(_RELATIONS, [SCHEMA])
        arriving = cursor.fetchall()
        cursor.execute(_RELATIONS, [schema])
        taken = {relation for _kind, relation in arriving}
        for kind, relation in cursor.fetchall():
            if relation in taken or _ours(relation):
                cursor.execute(f"DROP {_KINDS[kind]} IF EXISTS {name(schema)}.{name(relation)} CASCADE")
        for kind, relation in arriving:
            cursor.execute(f"ALTER {_KINDS[kind]} {SCHEMA}.{name(relation)} SET SCHEMA {name(schema)}")
        cursor.execute(_FUNCTIONS, [SCHEMA])
        for (signature,) in cursor.fetchall():
            bare = signature.removeprefix(f"{SCHEMA}.")
            cursor.execute(f"DROP ROUTINE IF EXISTS {name(schema)}.{bare} CASCADE")
            cursor.execute(f"ALTER ROUTINE {SCHEMA}.{bare} SET SCHEMA {name(schema)}")
        cursor.execute(f"DROP SCHEMA {SCHEMA} CASCADE")
