"""How rows leave the database: ADBC straight into Arrow from PostgreSQL, a connection of its own in batches from SQLite, or
Django's cursor where nothing else reaches (a database in memory, an open transaction).

SQLite is read by Python's own library and by no other: two copies of SQLite in one process take each other's file locks away, and
a database that is written to meanwhile is damaged.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from hashlib import sha256
from itertools import islice
from typing import Any, Protocol
from urllib.parse import quote

import pyarrow as pa
from django.db import connection, transaction

BATCH = 20_000


class Reader(Protocol):
    """One consistent view of the database. `identity` names the database; None when it cannot be told from another."""

    vendor: str
    identity: str | None

    def batches(self, sql: str, schema: pa.Schema) -> Iterator[pa.RecordBatch]: ...

    def row(self, sql: str) -> tuple[Any, ...]: ...


def fitted(batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    """The batch in the types of the schema: SQLite hands over days and flags as integers."""
    arrays = []
    for column, field in zip(batch.columns, schema, strict=True):
        if column.type == field.type:
            arrays.append(column)
        elif pa.types.is_date32(field.type) and pa.types.is_integer(column.type):
            arrays.append(column.cast(pa.int32()).cast(pa.date32()))
        else:
            arrays.append(column.cast(field.type))
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


class CursorReader:
    """Reads through Django's own connection: sees the open transaction, works for a database in memory."""

    def __init__(self, *, identity: str | None = None) -> None:
        self.vendor = connection.vendor
        self.identity = identity

    def batches(self, sql: str, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
        with connection.cursor() as cursor:
            cursor.execute(sql)
            rows: Iterator[tuple[Any, ...]] = iter(cursor.fetchall())
        while part := list(islice(rows, BATCH)):
            yield _as_batch(part, schema)

    def row(self, sql: str) -> tuple[Any, ...]:
        with connection.cursor() as cursor:
            cursor.execute(sql)
            found = cursor.fetchone()
        return tuple(found or ())


def _as_batch(rows: list[tuple[Any, ...]], schema: pa.Schema) -> pa.RecordBatch:
    columns = [
        pa.array(values, from_pandas=False) if any(value is not None for value in values) else pa.nulls(len(rows))
        for values in zip(*rows, strict=True)
    ]
    return fitted(pa.RecordBatch.from_arrays(columns, names=schema.names), schema)


class SqliteReader:
    """Reads a SQLite file through a connection of its own, in batches, within one transaction."""

    vendor = "sqlite"

    def __init__(self, handle: sqlite3.Connection, *, identity: str) -> None:
        self.handle = handle
        self.identity: str | None = identity

    def batches(self, sql: str, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
        cursor = self.handle.execute(sql)
        while part := cursor.fetchmany(BATCH):
            yield _as_batch(part, schema)

    def row(self, sql: str) -> tuple[Any, ...]:
        return tuple(self.handle.execute(sql).fetchone() or ())


class AdbcReader:
    """Reads by ADBC within one transaction, in batches, without a Python object per value."""

    def __init__(self, handle: Any, *, vendor: str, identity: str) -> None:
        self.handle = handle
        self.vendor = vendor
        self.identity: str | None = identity

    def batches(self, sql: str, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
        with self.handle.cursor() as cursor:
            cursor.execute(sql)
            for batch in cursor.fetch_record_batch():
                if batch.num_rows:
                    yield fitted(batch, schema)

    def row(self, sql: str) -> tuple[Any, ...]:
        with self.handle.cursor() as cursor:
            cursor.execute(sql)
            return tuple(cursor.fetchone() or ())


@contextmanager
def reader() -> Iterator[Reader]:
    """The best reader for the database in use. Inside an open transaction only its own connection sees what it wrote."""
    settings = connection.settings_dict
    name = str(settings["NAME"])
    if connection.in_atomic_block or (connection.vendor == "sqlite" and connection.is_in_memory_db()):  # type: ignore[attr-defined]
        with transaction.atomic():
            yield CursorReader()
        return
    if connection.vendor == "sqlite":
        with closing(sqlite3.connect(f"file:{quote(name)}?mode=ro", uri=True, isolation_level=None)) as handle:
            handle.execute("BEGIN")
            yield SqliteReader(handle, identity=_identity("sqlite", name))
        return
    from adbc_driver_postgresql import dbapi as postgresql

    with postgresql.connect(_postgresql_address(settings)) as handle:
        with handle.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield AdbcReader(
            handle,
            vendor="postgresql",
            identity=_identity("postgresql", str(settings.get("HOST", "")), str(settings.get("PORT", "")), name),
        )


def _identity(*parts: str) -> str:
    return sha256("\n".join(parts).encode()).hexdigest()[:16]


def _postgresql_address(settings: dict[str, Any]) -> str:
    user, password = quote(str(settings.get("USER") or ""), safe=""), quote(str(settings.get("PASSWORD") or ""), safe="")
    who = f"{user}:{password}@" if password else f"{user}@" if user else ""
    host, port, name = str(settings.get("HOST") or ""), str(settings.get("PORT") or ""), quote(str(settings["NAME"]), safe="")
    if host.startswith("/"):  # a socket folder goes into the query
        return f"postgresql://{who}/{name}?host={quote(host, safe='')}" + (f"&port={port}" if port else "")
    return f"postgresql://{who}{host}{':' + port if port else ''}/{name}"
