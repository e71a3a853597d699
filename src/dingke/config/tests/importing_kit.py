"""Small files and whole runs for the import tests."""

from __future__ import annotations

import io
from datetime import datetime
from typing import Any

from django.core.files.base import ContentFile
from openpyxl import Workbook

from dingke.core.importing import engine, proposals, setup
from dingke.core.models import ImportFile, ImportRun
from dingke.core.scope import Scope

SYSTEM = Scope.system()


def csv_bytes(*rows: str, encoding: str = "utf-8") -> bytes:
    return "\n".join(rows).encode(encoding) + b"\n"


def xlsx_bytes(*rows: tuple[Any, ...]) -> bytes:
    book = Workbook()
    for row in rows:
        book.active.append(row)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def a_run(
    *uploads: tuple[str, bytes], now: datetime, by: Scope = SYSTEM, mode: str = "BOTH", target: str = "", **options: Any
) -> ImportRun:
    """A run in the making; `target` says what the only file is."""
    run = setup.create_run(uploads=[(name, ContentFile(content, name=name)) for name, content in uploads], by=by, now=now, mode=mode)
    if target and only(run).target != target:
        setup.set_target(part=only(run), target=target, by=by)
    if options:
        run = setup.set_options(run=run, mode=mode, options=options)
    return run


def only(run: ImportRun) -> ImportFile:
    return run.files.select_related("run").order_by("position").first()


def part(run: ImportRun, target: str) -> ImportFile:
    return run.files.select_related("run").get(target=target)


def take_sure(run: ImportRun) -> None:
    parts = list(run.files.select_related("run").order_by("position"))
    for each in parts:
        taken = proposals.sure_values(proposals.value_questions(each, parts))
        if taken:
            setup.set_values(part=each, pairs=taken)


def done(run: ImportRun, *, now: datetime, by: Scope = SYSTEM) -> ImportRun:
    """Runs it to the end in this process."""
    setup.make_ready(run=run, by=by, now=now)
    engine.perform(run, by=by, now=now)
    run.refresh_from_db()
    return run


def imported(*uploads: tuple[str, bytes], now: datetime, by: Scope = SYSTEM, **how: Any) -> ImportRun:
    return done(a_run(*uploads, now=now, by=by, **how), now=now, by=by)


def reasons(run: ImportRun) -> list[str]:
    return [failure.reason_en for file in run.files.order_by("position") for failure in file.failures.order_by("row_number")]
