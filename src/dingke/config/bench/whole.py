"""The long work: the score run and the import, each beside what the same rows cost without the product."""

from __future__ import annotations

import csv
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection
from django.utils import timezone

from dingke.accounts.models import Account, AccountTag, OwnershipChange, SearchEntry, StageChange, Standing
from dingke.config import import_command
from dingke.config.bench import analytics, company
from dingke.config.bench.loading import Loader, Row
from dingke.config.bench.trimming import Mark
from dingke.core.models import ImportChange
from dingke.core.scope import Scope
from dingke.core.tabular.reader import open_table
from dingke.insights import actions, snapshot
from dingke.insights.models import Score, ScoreRun

Tell = Callable[[int, int | None, str], object]
HEADERS = ("客户名称", "客户简称", "客户编号", "电话", "城市", "地址", "员工人数", "网址", "客户简介")


def needs_scores() -> bool:
    return not ScoreRun.objects.filter(state=ScoreRun.State.DONE).exists()


class _Bar:
    def __init__(self, tell: Tell) -> None:
        self.say, self.stages = tell, {}  # type: ignore[var-annotated]

    def tell(self, done: int, total: int | None = None, message: str = "") -> None:
        self.stages.setdefault(message, time.perf_counter())
        self.say(done, total, f"score run: {message}")


def score_run(*, tell: Tell) -> dict[str, Any]:
    """A whole run from nothing: snapshot, figures, classes, results written. The floors: DuckDB computing the same figures from
    the same Parquet, and the raw driver writing the same result rows into tables with the same indexes."""
    for file in snapshot.folder().glob("*.json"):
        file.unlink()
    bar = _Bar(tell)
    begin = time.perf_counter()
    run = actions.run_scores(by=Scope.system(), now=timezone.now(), progress=bar)
    took = time.perf_counter() - begin
    marks = [*bar.stages.items(), ("", begin + took)]
    stages = {name: round(marks[place + 1][1] - at, 2) for place, (name, at) in enumerate(marks[:-1]) if name}
    tell(0, None, "score run: floors")
    figures, read = analytics.figures_floor(snapshot.folder(), run.as_of_date)
    written = _written_again([(Score, f"run_id = {run.pk}"), (Standing, "1 = 1")])
    return {
        "key": "score", "label": f"score run of {company_orders():,} orders", "seconds": round(took, 2), "stages": stages,
        "floors": {"duckdb": round(figures, 3), "copy": round(written, 2), "snapshot": read},
        "ratio": round(took / (figures + written), 2), "ratio_duckdb": round(took / figures, 1),
    }  # fmt: skip


def company_orders() -> int:
    from dingke.ledger.models import Order

    return Order.objects.count()


def _written_again(sources: list[tuple[Any, str]]) -> float:
    """Seconds to write the rows of these tables once more, with their indexes, by COPY or executemany alone."""
    loader = Loader()
    seconds = 0.0
    for model, condition in sources:
        table = model._meta.db_table
        columns, rows = _read(loader, table, condition)
        loader.raw.execute(f'DELETE FROM "{table}" WHERE {condition}')
        if not loader.is_sqlite:
            loader.raw.execute(f'VACUUM "{table}"')
        begin = time.perf_counter()
        loader.write(table, columns, iter(rows))
        seconds += time.perf_counter() - begin
    return seconds


def _read(loader: Loader, table: str, condition: str) -> tuple[list[str], list[Row]]:
    """Rows as the database writes them: texts on PostgreSQL, so that COPY takes them as they are."""
    with connection.cursor() as cursor:
        cursor.execute(f'SELECT * FROM "{table}" WHERE 1 = 0')
        columns = [column[0] for column in cursor.description]
    if loader.is_sqlite:
        return columns, loader.raw.execute(f'SELECT * FROM "{table}" WHERE {condition}').fetchall()
    names = ", ".join(f'"{name}"' for name in columns)
    with loader.raw.cursor() as cursor, cursor.copy(f'COPY (SELECT {names} FROM "{table}" WHERE {condition}) TO STDOUT') as copy:
        return columns, [tuple(bytes(line).decode().rstrip("\n").split("\t")) for line in copy]


def import_run(*, quick: bool, tell: Tell) -> dict[str, Any]:
    """Accounts from a csv file, by the engine of the pages and of `dingke import`. The floor: reading the same file, and the
    raw driver writing the same rows into the same tables."""
    size = company.QUICK if quick else company.FULL
    file = Path(settings.HOME) / "accounts.csv"
    _write_file(file, size.imported)
    mark = Mark.now()

    def said(what: str, done: int, total: int | None) -> None:
        tell(done, total, "import")

    begin = time.perf_counter()
    result = import_command.import_path(file, by=Scope.system(), now=timezone.now(), yes=True, mode="CREATE", tell=said)
    took = time.perf_counter() - begin
    created = result["total"].get("created", 0)
    if created != size.imported:
        raise RuntimeError(f"the import created {created} of {size.imported} rows: {result}")
    tell(0, None, "import: floor")
    loader = Loader()
    models = (Account, AccountTag, OwnershipChange, StageChange, SearchEntry, ImportChange)
    tables = [model._meta.db_table for model in models]
    kept = {table: _read(loader, table, f"id > {mark.highest[table]}") for table in tables}
    mark.trim(only=tables)
    if not loader.is_sqlite:
        loader.raw.execute("VACUUM")
    begin = time.perf_counter()
    table = open_table(file)
    read = sum(1 for _row in table.rows())
    parsed = time.perf_counter() - begin
    for name, (columns, rows) in kept.items():
        loader.write(name, columns, iter(rows))
    floor = time.perf_counter() - begin
    mark.trim()
    return {
        "key": "import", "label": f"import of {read:,} accounts", "seconds": round(took, 2), "rows_per_second": round(created / took),
        "floors": {"parse": round(parsed, 2), "copy": round(floor - parsed, 2)}, "ratio": round(took / floor, 2),
    }  # fmt: skip


def _write_file(file: Path, number: int) -> None:
    with file.open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(HEADERS)
        for place in range(number):
            name = company.account_name(6_000_000 + place)
            writer.writerow(
                [
                    name,
                    name[2:6],
                    f"I-{place}",
                    f"194{place:08d}",
                    name[:2],
                    f"{name[:2]}市工业园{place % 700}号",
                    place % 3000 + 3,
                    "",
                    "从旧系统迁移。",
                ]
            )
