"""Rows as lines of JSON and back, the same on every database: one array per row, ordered by key, in the order of the columns.

The models are those of a state of the migrations, not those of the code: a backup before an upgrade reads tables that are older
than the code, and a restore writes them.
"""

from __future__ import annotations

import base64
import hashlib
import itertools
from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import orjson
from django.db import connection, models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.loader import MigrationLoader
from django.utils.duration import duration_iso_string

BATCH = 2000
Tell = Callable[[int, int | None, str], object]
Model = type[models.Model]
# signed-in browsers, what is cached, and which processes are alive: none of it means anything somewhere else
LEFT_OUT = {"sessions.session", "usersessions.usersession", "people.sharedcache", "config.beat"}


def tables_at(loader: MigrationLoader, nodes: Iterable[tuple[str, str]]) -> list[Model]:
    """The models that have a table of their own after these migrations, in one fixed order."""
    apps = loader.project_state(sorted(nodes)).apps
    found = {
        model._meta.db_table: model
        for model in apps.get_models(include_auto_created=True)
        if model._meta.managed and not model._meta.proxy and not model._meta.swapped
    }
    return [found[name] for name in sorted(found)]


def columns_of(model: Model) -> list[models.Field[Any, Any]]:
    return [field for field in model._meta.concrete_fields if not getattr(field, "generated", False)]


def _plain(value: Any) -> Any:
    """What JSON has no word for."""
    if isinstance(value, Decimal):
        return format(value if value else abs(value), "f")
    if isinstance(value, (bytes, memoryview)):
        return base64.b64encode(bytes(value)).decode()
    if isinstance(value, timedelta):
        return duration_iso_string(value)
    raise TypeError(f"a value of type {type(value).__name__} cannot be written to a backup")


def line_of(row: Iterable[Any]) -> bytes:
    return orjson.dumps(list(row), default=_plain, option=orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE)


class Counted:
    """Lines on their way past, counted."""

    def __init__(self, lines: Iterable[bytes]) -> None:
        self._lines, self._digest = lines, hashlib.sha256()
        self.rows = self.bytes = 0

    def __iter__(self) -> Iterator[bytes]:
        for line in self._lines:
            self._digest.update(line)
            self.rows += 1
            self.bytes += len(line)
            yield line

    @property
    def sha256(self) -> str:
        return self._digest.hexdigest()


def lines_of(model: Model, *, using: str = "default") -> Iterator[bytes]:
    """Every row of the table, a few thousand at a time in memory."""
    names = [field.attname for field in columns_of(model)]
    for row in model._base_manager.using(using).order_by("pk").values_list(*names).iterator(chunk_size=BATCH):
        yield line_of(row)


def last_number(model: Model, database: BaseDatabaseWrapper) -> int | None:
    """The highest number ever given to a row of the table; None when rows are not numbered by the database."""
    if not isinstance(model._meta.pk, models.AutoField):
        return None
    table, column = model._meta.db_table, str(model._meta.pk.column)
    with database.cursor() as cursor:
        if database.vendor == "sqlite":
            cursor.execute("SELECT seq FROM sqlite_sequence WHERE name = %s", [table])
            found = cursor.fetchone()
            return int(found[0]) if found and found[0] is not None else 0
        name = database.ops.quote_name
        cursor.execute("SELECT pg_get_serial_sequence(%s, %s)", [name(table), column])
        sequence = cursor.fetchone()[0]
        if sequence is None:
            return 0
        cursor.execute(f"SELECT CASE WHEN is_called THEN last_value ELSE last_value - 1 END FROM {sequence}")
        return int(cursor.fetchone()[0])


def set_last_number(model: Model, number: int) -> None:
    """Lets the next row get a number after `number` and after every row that is there."""
    table, column = model._meta.db_table, str(model._meta.pk.column)
    name = connection.ops.quote_name
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT coalesce(max({name(column)}), 0) FROM {name(table)}")
        number = max(number, int(cursor.fetchone()[0]))
        if connection.vendor == "sqlite":
            cursor.execute("DELETE FROM sqlite_sequence WHERE name = %s", [table])
            cursor.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (%s, %s)", [table, number])
            return
        cursor.execute("SELECT pg_get_serial_sequence(%s, %s)", [name(table), column])
        sequence = cursor.fetchone()[0]
        if sequence is not None:
            cursor.execute("SELECT setval(%s::regclass, %s, %s)", [sequence, max(number, 1), number > 0])


def _reader(field: models.Field[Any, Any]) -> Callable[[Any], Any]:
    """From the value of a line to what the database takes."""
    if isinstance(field, models.JSONField):
        return lambda value: (
            connection.ops.adapt_json_value(None, field.encoder)
            if value is None and not field.null
            else field.get_db_prep_save(value, connection)
        )
    return lambda value: None if value is None else field.get_db_prep_save(field.to_python(value), connection)


def load(model: Model, columns: list[str], lines: Iterable[bytes]) -> None:
    """Writes lines into the (empty) table, as the database does it quickest."""
    fields = {field.attname: field for field in columns_of(model)}
    chosen = [fields[name] for name in columns]
    readers = [_reader(field) for field in chosen]
    name = connection.ops.quote_name
    listing = ", ".join(name(str(field.column)) for field in chosen)
    rows = ([read(value) for read, value in zip(readers, orjson.loads(line), strict=True)] for line in lines)
    table = name(model._meta.db_table)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.cursor.copy(f"COPY {table} ({listing}) FROM STDIN") as copy:  # type: ignore[attr-defined]
                for row in rows:
                    copy.write_row(row)
            return
        sql = f"INSERT INTO {table} ({listing}) VALUES ({', '.join(['%s'] * len(chosen))})"
        while batch := list(itertools.islice(rows, BATCH)):
            cursor.executemany(sql, batch)
