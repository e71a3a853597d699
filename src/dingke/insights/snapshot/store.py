"""The Parquet files of the snapshot: brought up to date with what changed, replaced whole, proved by totals.

A file is written beside the old one and takes its place in one step; the manifest follows. A refresh that is killed in between
starts again at the table it had reached: merging the same rows twice gives the same file. When the totals of the merged file
differ from the database (somebody wrote past `updated_at`), or a file is not the one that was written (its checksum), the table is read
anew as a whole.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from hashlib import file_digest, sha256
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from django.conf import settings

from dingke.insights.snapshot.engines import Engine, connect
from dingke.insights.snapshot.layout import TABLES, Table
from dingke.insights.snapshot.readers import Reader, reader

FORMAT = 2
OVERLAP = timedelta(minutes=10)  # a transaction that commits late carries an older time
Tell = Callable[[str], None]


@dataclass(frozen=True)
class Mark:
    """How far a table was brought over."""

    format: int
    identity: str | None
    columns: list[str]
    newest: str
    highest_id: int
    rows: int
    checksum: str


@dataclass(frozen=True)
class Brought:
    table: str
    rows: int
    read: int
    was_whole: bool


@dataclass(frozen=True)
class Totals:
    rows: int
    highest_id: int
    newest: str
    sums: tuple[int, ...]


def folder() -> Path:
    return Path(settings.SNAPSHOTS)


def refresh(*, source: Reader | None = None, tell: Tell | None = None) -> tuple[Brought, ...]:
    """Brings every table up to date; with `source` None by the best reader of the database in use."""
    if source is None:
        with reader() as best:
            return refresh(source=best, tell=tell)
    folder().mkdir(parents=True, exist_ok=True)
    for left in folder().glob("*.tmp"):  # of a refresh that was killed
        left.unlink(missing_ok=True)
    results = []
    for table in TABLES:
        if tell:
            tell(table.name)
        results.append(_bring(table, source))
    return tuple(results)


def engine() -> Engine:
    """What computes, as it is set. Raises `UnableToCompute` when it cannot be had."""
    return connect(folder() / "scratch")


def tables(engine: Engine) -> dict[str, Any]:
    """The snapshot as Ibis tables, by name."""
    return {table.name: engine.table(table.name, _file(table)) for table in TABLES}


def _file(table: Table) -> Path:
    return folder() / f"{table.name}.parquet"


def _mark_file(table: Table) -> Path:
    return folder() / f"{table.name}.json"


def _checksum(file: Path) -> str:
    """Of the bytes of a file; "" when it cannot be read."""
    try:
        with file.open("rb") as stream:
            return file_digest(stream, "sha256").hexdigest()
    except OSError:
        return ""


def checksum() -> str:
    """Of the whole snapshot as it was brought: the same as long as nothing in it changes."""
    marks = [_mark(table) for table in TABLES]
    return sha256("".join(mark.checksum for mark in marks if mark).encode()).hexdigest()


@contextmanager
def held() -> Iterator[None]:
    """Only one process brings or reads the snapshot at a time; others wait here."""
    folder().mkdir(parents=True, exist_ok=True)
    with (folder() / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _mark(table: Table) -> Mark | None:
    try:
        stored = json.loads(_mark_file(table).read_text(encoding="utf-8"))
        return Mark(**stored)
    except (OSError, ValueError, TypeError):
        return None


def _bring(table: Table, source: Reader) -> Brought:
    totals = _totals(table, source)
    mark = _mark(table)
    if mark is not None and _continues(mark, table, source, totals):
        read = _merge(table, source, mark)
        if _file_totals(table) == (totals.rows, totals.sums):
            _remember(table, source, totals)
            return Brought(table.name, totals.rows, read, was_whole=False)
    read = _write(table, source.batches(table.select_rows(source.vendor), table.schema))
    _remember(table, source, totals)
    return Brought(table.name, read, read, was_whole=True)


def _continues(mark: Mark, table: Table, source: Reader, totals: Totals) -> bool:
    """Whether the file is of this database and of an earlier moment of it (a restored backup is not)."""
    return (
        source.identity is not None
        and mark.format == FORMAT
        and mark.identity == source.identity
        and mark.columns == table.schema.names
        and mark.newest <= totals.newest
        and mark.checksum == _checksum(_file(table))
    )


def _totals(table: Table, source: Reader) -> Totals:
    rows, highest, newest, *sums = source.row(table.select_totals(source.vendor))
    return Totals(int(rows), int(highest), str(newest), tuple(int(value) for value in sums))


def _file_totals(table: Table) -> tuple[int, tuple[int, ...]]:
    stored = pq.read_table(_file(table), columns=["id", *table.sums])
    return stored.num_rows, tuple(int(pc.sum(stored[name]).as_py() or 0) for name in table.sums)


def _merge(table: Table, source: Reader, mark: Mark) -> int:
    """Old rows that still live and did not change, and the changed ones. Returns how many were read."""
    since = datetime.fromisoformat(mark.newest) - OVERLAP if mark.newest else None
    changes = list(
        source.batches(
            table.select_rows(source.vendor, since=since.isoformat(sep=" ") if since else "1970-01-01 00:00:00", after_id=mark.highest_id),
            table.schema,
        )
    )
    changed = pa.Table.from_batches(changes, schema=table.schema)
    ids = pa.schema([("id", pa.int64())])
    living = pa.Table.from_batches(list(source.batches(table.select_ids(), ids)), schema=ids)["id"].combine_chunks()
    new = changed["id"].combine_chunks()

    def rows() -> Iterator[pa.RecordBatch]:
        with pq.ParquetFile(_file(table)) as old:
            for batch in old.iter_batches():
                stays = pc.and_(pc.is_in(batch["id"], value_set=living), pc.invert(pc.is_in(batch["id"], value_set=new)))
                yield batch.filter(stays)
        yield from changed.to_batches()

    _write(table, rows())
    return int(changed.num_rows)


def _write(table: Table, batches: Iterator[pa.RecordBatch]) -> int:
    """The batches as the table's file, which takes the old one's place only when it is complete."""
    draft = _file(table).with_suffix(f".{os.getpid()}.tmp")
    count = 0
    try:
        with pq.ParquetWriter(draft, table.schema, compression="zstd") as writer:
            for batch in batches:
                if batch.num_rows:
                    writer.write_batch(batch)
                    count += batch.num_rows
        os.replace(draft, _file(table))
    finally:
        draft.unlink(missing_ok=True)
    return count


def _remember(table: Table, source: Reader, totals: Totals) -> None:
    mark = Mark(FORMAT, source.identity, table.schema.names, totals.newest, totals.highest_id, totals.rows, _checksum(_file(table)))
    draft = _mark_file(table).with_suffix(f".{os.getpid()}.tmp")
    draft.write_text(json.dumps(asdict(mark)), encoding="utf-8")
    os.replace(draft, _mark_file(table))
