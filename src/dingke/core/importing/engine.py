"""The work of a run, batch by batch. Each batch is one transaction that also stores how far the file is, so that a run
that was killed goes on exactly where it was, and no row is written twice.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import DataError, IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from dingke.core import access, audit, company, jobs
from dingke.core.errors import Refusal
from dingke.core.importing import files, grouping, targets
from dingke.core.importing.inserts import insert_rows
from dingke.core.importing.outcomes import Batch, Fate, Outcome, refused
from dingke.core.importing.rows import Group, Prepared, RowReader
from dingke.core.importing.targets import ImportTarget
from dingke.core.models import ImportChange, ImportFailure, ImportFile, ImportRun
from dingke.core.reasons import Sentences
from dingke.core.scope import Scope
from dingke.core.tabular.errors import FileRefused
from dingke.core.tabular.reader import Table

BATCH = 1_000
SENTENCES = Sentences(
    {
        "REPEATED": ("The same record stands in row {row} already.", "与第 {row} 行重复。"),
        "CONFLICT": (
            "The database refused this row: another record has the same unique value.",
            "数据库拒绝了此行：已有记录使用相同的唯一值。",
        ),
    }
)
CONFLICT = refused(SENTENCES, "CONFLICT")
ALL_WRONG = 20
Tell = Callable[[str, int, int | None], None]
# Who hears of progress beside the job: the command line's bar.
listener: ContextVar[Tell | None] = ContextVar("import_listener", default=None)


class TakenOver(Exception):
    """Another worker has gone on with this run; this one stops."""


@dataclass(slots=True)
class Chunk:
    """Rows of one batch: what to write, what is refused before, and how many rows of the file it reaches."""

    rows: list[Prepared]
    refused: list[tuple[Prepared, Outcome]]
    reaches: int
    left_out: int


def reader_for(file: ImportFile, table: Table, siblings: Sequence[ImportFile]) -> RowReader:
    target = targets.target(file.target)
    return RowReader(
        target=target,
        headers=table.headers,
        mapping=file.mapping,
        value_mapping=file.value_mapping,
        lookups=files.lookups_of(file, siblings),
        key=key_of(file, target),
        currency=company.currency(),
        epoch_1904=table.date_1904,
    )


def key_of(file: ImportFile, target: ImportTarget) -> str:
    """The chosen key when the mapping still allows it, else the best it allows, "" for none."""
    allowed = target.keys_for(file.mapping.get("fields", {}))
    chosen = str(file.mapping.get("key", ""))
    return chosen if chosen in allowed else next(iter(allowed), "")


def chunks(table: Table, reader: RowReader, *, start: int, size: int, stop: int | None = None) -> Iterator[Chunk]:
    """Batches after the first `start` rows. Earlier rows are read too: running numbers and repeated keys depend on them, and
    records of several rows, which are written where their last row stands."""
    last = grouping.last_rows(table, reader, stop=stop) if reader.ways else {}
    seen: dict[tuple[Any, ...], tuple[int, Group | None]] = {}
    waiting: dict[Group, grouping.Held] = {}
    chunk = Chunk([], [], start, 0)
    count = start
    for count, row in enumerate(table.rows(), start=1):
        if stop is not None and count > stop:
            count -= 1
            break
        prepared = reader.read(row)
        if prepared is not None:
            group = prepared.group if prepared.group in last else None
            problem = _problem(prepared, group, seen)
            if group is None:
                found: grouping.Held = [(prepared, problem)]
            else:
                waiting.setdefault(group, []).append((prepared, problem))
                found = grouping.judged(waiting.pop(group)) if count >= last[group] else []
        if count <= start:
            continue
        if prepared is None:
            chunk.left_out += 1
        else:
            chunk.rows += [one for one, wrong in found if wrong is None]
            chunk.refused += [(one, wrong) for one, wrong in found if wrong is not None]
        if count - chunk.reaches >= size:
            chunk.reaches = count
            yield chunk
            chunk = Chunk([], [], count, 0)
    if count > chunk.reaches:
        chunk.reaches = count
        yield chunk


def _problem(prepared: Prepared, group: Group | None, seen: dict[tuple[Any, ...], tuple[int, Group | None]]) -> Outcome | None:
    """Why a row is not handed on: what it says cannot be read, or another record has the same key."""
    first = seen.setdefault(prepared.key, (prepared.number, group)) if prepared.key is not None else None
    if prepared.troubles:
        return Outcome(Fate.REFUSED, reason=prepared.reason())
    if first is None or first[0] == prepared.number or (group is not None and group == first[1]):
        return None
    return refused(SENTENCES, "REPEATED", row=first[0])


def written(
    target: ImportTarget, rows: Sequence[Prepared], *, run: ImportRun, key: str, options: dict[str, Any], by: Scope, now: datetime
) -> list[Outcome]:
    """Writes rows through the domain. A database conflict costs the rows that have it, not their batch; where every row of
    a large batch has one, something else is wrong, and the run stops with the error."""
    outcomes = _written(target, rows, run=run, key=key, options=options, by=by, now=now)
    if len(rows) >= ALL_WRONG and all(outcome.reason[0] == CONFLICT.reason[0] for outcome in outcomes):
        units = grouping.units(rows)
        if len(units) >= ALL_WRONG:
            with transaction.atomic():
                first = [rows[place] for place in units[0]]
                target.write(_batch(first, run=run, key=key, options=options, by=by, now=now))
    return outcomes


def _batch(rows: Sequence[Prepared], *, run: ImportRun, key: str, options: dict[str, Any], by: Scope, now: datetime) -> Batch:
    return Batch(
        rows=[row.values for row in rows],
        raw=[row.raw for row in rows],
        mode=run.mode,
        key=key,
        by=by,
        now=now,
        run_id=run.pk,
        options=options,
        groups=grouping.units(rows),
    )


def _written(
    target: ImportTarget, rows: Sequence[Prepared], *, run: ImportRun, key: str, options: dict[str, Any], by: Scope, now: datetime
) -> list[Outcome]:
    if not rows:
        return []
    batch = _batch(rows, run=run, key=key, options=options, by=by, now=now)
    try:
        with transaction.atomic():
            outcomes = target.write(batch)
        return [replace(outcome, alike=batch.alike.get(place)) for place, outcome in enumerate(outcomes)] if batch.alike else outcomes
    except (IntegrityError, DataError):
        if len(batch.groups) == 1:
            return [CONFLICT for _row in rows]
    middle = batch.groups[len(batch.groups) // 2][0]
    return [
        outcome
        for part in (rows[:middle], rows[middle:])
        for outcome in _written(target, part, run=run, key=key, options=options, by=by, now=now)
    ]


def run_import(progress: jobs.Progress) -> dict[str, Any]:
    """The job handler. Going on after an interruption is the same call again."""
    run = ImportRun.objects.get(pk=progress.params["run"])
    by = targets.scope_of(run.owner_id)
    return perform(run, by=by, now=timezone.now(), progress=progress)  # noqa: TID251 (the worker's door)


def perform(run: ImportRun, *, by: Scope, now: datetime, progress: jobs.Progress | None = None) -> dict[str, Any]:
    """Imports what is left of a run and closes it. Raises `Cancelled` when its owner asked to stop."""
    tell = listener.get()
    access.needs(by, "imports.run").enforce()
    parts = list(run.files.order_by("position", "id"))
    for part in parts:
        access.needs(by, targets.target(part.target).permission).enforce()
    if run.state in {ImportRun.State.DONE, ImportRun.State.UNDOING, ImportRun.State.UNDONE}:
        return _result(run)
    try:
        _count(parts)
        total = sum(part.rows_total or 0 for part in parts)
        for part in parts:
            others = sum(other.rows_done for other in parts if other.pk != part.pk)

            def said(done: int, part: ImportFile = part, others: int = others) -> None:
                if tell:
                    tell(_label(part), done, part.rows_total)
                if progress:
                    progress.tell(others + done, total, _label(part))

            _import_file(run, part, parts, by=by, now=now, said=said)
    except TakenOver:
        return {}
    except jobs.Cancelled:
        _close(run, ImportRun.State.FAILED, by=by, now=now, stopped=True)
        raise
    except FileRefused as refusal:
        _close(run, ImportRun.State.FAILED, by=by, now=now, stopped=True)
        raise Refusal(refusal.describe(get_language() or settings.LANGUAGE_CODE)) from refusal
    except Exception:
        _close(run, ImportRun.State.FAILED, by=by, now=now, stopped=True)
        raise
    _close(run, ImportRun.State.DONE, by=by, now=now)
    return _result(run)


def _label(part: ImportFile) -> str:
    label = targets.target(part.target).label
    return f"{part.name} → {_both(label.en, label.zh)}"


def _both(english: str, chinese: str) -> str:
    return chinese if (get_language() or "zh").startswith("zh") else english


def _count(parts: Sequence[ImportFile]) -> None:
    for part in parts:
        if part.rows_total is None:
            with files.opened(part) as table:
                part.rows_total = table.count()
            part.save(update_fields=["rows_total"])


def _import_file(
    run: ImportRun, part: ImportFile, siblings: Sequence[ImportFile], *, by: Scope, now: datetime, said: Callable[[int], None]
) -> None:
    target = targets.target(part.target)
    key = key_of(part, target)
    options = {**run.options, **part.mapping.get("options", {})}
    if part.rows_total is None or part.rows_done < part.rows_total:
        with files.opened(part) as table:
            reader = reader_for(part, table, siblings)
            for chunk in chunks(table, reader, start=part.rows_done, size=target.whole or BATCH):
                _store(run, part, target, chunk, key=key, options=options, by=by, now=now)
                said(part.rows_done)
    if target.finish:
        with transaction.atomic():
            outcomes = target.finish(Batch(rows=[], mode=run.mode, key=key, by=by, now=now, run_id=run.pk, options=options))
            remember_changes(run, outcomes)


def _store(
    run: ImportRun, part: ImportFile, target: ImportTarget, chunk: Chunk, *, key: str, options: dict[str, Any], by: Scope, now: datetime
) -> None:
    with transaction.atomic():
        held = ImportFile.objects.select_for_update().get(pk=part.pk)
        if held.rows_done != part.rows_done:
            raise TakenOver
        outcomes = written(target, chunk.rows, run=run, key=key, options=options, by=by, now=now)
        pairs = [*zip(chunk.rows, outcomes, strict=True), *chunk.refused]
        failures = [
            ImportFailure(file=held, row_number=row.number, values=row.raw, reason_en=outcome.reason[0], reason_zh=outcome.reason[1])
            for row, outcome in pairs
            if outcome.fate is Fate.REFUSED
        ]
        ImportFailure.objects.bulk_create(sorted(failures, key=lambda failure: failure.row_number), batch_size=BATCH)
        remember_changes(run, outcomes)
        told = Counter({"left_out": chunk.left_out, "alike": sum(outcome.alike is not None for outcome in outcomes)})
        held.counts = dict(Counter(held.counts) + Counter(outcome.fate.value for _row, outcome in pairs) + told)
        held.rows_done = chunk.reaches
        held.save(update_fields=["counts", "rows_done"])
    part.counts, part.rows_done = held.counts, held.rows_done


def remember_changes(run: ImportRun, outcomes: Sequence[Outcome]) -> None:
    """Keeps what was written, so that it can be undone, and told from what was there before the run."""
    rows = [(run.pk, each.model, each.id, each.is_created, each.before) for outcome in outcomes for each in outcome.written]
    insert_rows(ImportChange, ("run_id", "target", "target_id", "is_created", "before"), rows)


def _close(run: ImportRun, state: str, *, by: Scope, now: datetime, stopped: bool = False) -> None:
    with transaction.atomic():
        held = ImportRun.objects.select_for_update().get(pk=run.pk)
        held.counts = totals(list(held.files.order_by("position", "id")))
        if stopped:
            held.counts["stopped"] = True
        held.state, held.finished_at = state, timezone.now()  # noqa: TID251 (when the worker came to the end)
        held.save(update_fields=["counts", "state", "finished_at"])
        audit.record(
            target=held,
            action="imports.stopped" if stopped else "imports.run",
            by=by,
            now=now,
            changes={"counts": held.counts["total"]},
            summary=held.title,
        )
    run.counts, run.state, run.finished_at = held.counts, held.state, held.finished_at


def totals(parts: Sequence[ImportFile]) -> dict[str, Any]:
    """Counts per target and over all, e.g. {"orders": {"created": 4238}, "total": {…}}."""
    by_target: dict[str, Counter[str]] = {}
    for part in parts:
        by_target.setdefault(part.target, Counter()).update(part.counts)
    whole = sum(by_target.values(), Counter())
    return {**{key: dict(counts) for key, counts in by_target.items()}, "total": dict(whole)}


def _result(run: ImportRun) -> dict[str, Any]:
    from django.urls import reverse

    counts = run.counts.get("total", {})
    message = _("%(created)s created, %(updated)s changed, %(failed)s failed") % {
        name: f"{counts.get(name, 0):,}" for name in ("created", "updated", "failed")
    }
    return {"message": message, "counts": run.counts, "run": run.pk, "url": reverse("imports:run", kwargs={"run_id": run.pk})}
