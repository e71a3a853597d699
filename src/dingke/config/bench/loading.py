"""Rows of the synthetic company straight into the tables: COPY on PostgreSQL, executemany on SQLite, through the raw driver."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from itertools import islice
from typing import Any

from django.db import connection
from django.db.models import Model

CHUNK = 20_000
Row = tuple[Any, ...]


class Loader:
    """Writes rows of models by the names of their database columns; columns that are not named take their field's default."""

    def __init__(self) -> None:
        self.is_sqlite = connection.vendor == "sqlite"
        connection.ensure_connection()
        self.raw: Any = connection.connection
        if not self.is_sqlite:
            with self.raw.cursor() as cursor:
                cursor.execute("SET TIME ZONE 'UTC'")

    def load(self, model: type[Model], names: Sequence[str], rows: Iterable[Row]) -> int:
        """Returns how many rows were written. Values are plain: text, numbers, booleans, days, UTC instants, JSON as dict or list."""
        fields = {str(field.column): field for field in model._meta.concrete_fields}
        given = [*names]
        constants: list[Any] = []
        for column, field in fields.items():
            if column not in names and not field.primary_key:
                given.append(column)
                constants.append(_plain(field.get_default()))
        return self.write(model._meta.db_table, given, rows, tuple(constants))

    def write(self, table: str, columns: Sequence[str], rows: Iterable[Row], constants: Row = ()) -> int:
        """The same by the name of the table, for values that are already as the database takes them."""
        head = _head(table, columns)
        return self._sqlite(head, len(columns), rows, constants) if self.is_sqlite else self._copy(head, rows, constants)

    def _sqlite(self, head: str, width: int, rows: Iterable[Row], constants: Row) -> int:
        statement = f"INSERT INTO {head} VALUES ({', '.join(['?'] * width)})"
        source, count = iter(rows), 0
        cursor = self.raw.cursor()
        cursor.execute("BEGIN IMMEDIATE")
        while part := [tuple(_plain(value) for value in (*row, *constants)) for row in islice(source, CHUNK)]:
            cursor.executemany(statement, part)
            count += len(part)
        cursor.execute("COMMIT")
        cursor.close()
        return count

    def _copy(self, head: str, rows: Iterable[Row], constants: Row) -> int:
        tail = "".join(f"\t{_copied(value)}" for value in constants)
        source, count = iter(rows), 0
        with self.raw.cursor() as cursor, cursor.copy(f"COPY {head} FROM STDIN") as copy:
            while part := [("\t".join([_copied(value) for value in row]) + tail) for row in islice(source, CHUNK)]:
                copy.write("\n".join(part) + "\n")
                count += len(part)
        return count

    def settle(self) -> None:
        """Statistics as a database that has run for a while has them; identity columns go on after the rows."""
        with connection.cursor() as cursor:
            if self.is_sqlite:
                cursor.execute("ANALYZE")
                cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
                return
            cursor.execute("VACUUM (ANALYZE)")

    def number_on(self, models: Iterable[type[Model]]) -> None:
        """After rows with ids of our own: the next id is a free one."""
        if self.is_sqlite:
            return
        with connection.cursor() as cursor:
            for model in models:
                table = model._meta.db_table
                cursor.execute(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT COALESCE(MAX(id), 1) FROM \"{table}\"))")


def _head(table: str, columns: Sequence[str]) -> str:
    names = ", ".join(f'"{name}"' for name in columns)
    return f'"{table}" ({names})'


def _plain(value: Any) -> Any:
    """As SQLite takes it."""
    if isinstance(value, bool):
        return int(value)
    if value is None or isinstance(value, (int, float, str)):
        return value
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, (dict, list, Mapping)):
        return json.dumps(value)
    return str(value)


def _copied(value: Any) -> str:
    """As COPY reads it; texts of the synthetic company hold no tabs, line ends or backslashes outside of JSON."""
    if value is None:
        return "\\N"
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "t" if value else "f"
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S")
    if isinstance(value, (dict, list)):
        return json.dumps(value).replace("\\", "\\\\")
    return str(value)
