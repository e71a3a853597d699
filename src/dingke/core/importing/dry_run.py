"""Looking before writing: typed rows for a preview, and a trial over the first rows that is rolled back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any

from django.db import transaction

from dingke.core.importing import engine, files, targets
from dingke.core.importing.outcomes import Absent, Batch, Fate, Outcome, Resemblance, Said
from dingke.core.importing.rows import Prepared
from dingke.core.models import ImportFile, ImportRun
from dingke.core.scope import Scope

PREVIEW_ROWS = 20
TRIAL_ROWS = 1_000
# Rows of earlier files that later files may name.
FOUNDATION_ROWS = 5_000
ALIKE_ROWS = 200  # rows that resemble what is there, told one by one
TOLD_ROWS = 2_000  # rows of a target that is tried row by row


@dataclass(slots=True)
class Trial:
    """What the first rows of a file would do."""

    file: ImportFile
    rows: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    problems: Counter[Said] = field(default_factory=Counter)
    examples: dict[Said, int] = field(default_factory=dict)
    alike: list[tuple[Prepared, Outcome]] = field(default_factory=list)
    told: list[tuple[Prepared, Outcome]] = field(default_factory=list)
    absent: list[Absent] = field(default_factory=list)
    knows_absent: bool = False

    @property
    def is_whole(self) -> bool:
        return self.file.rows_total is not None and self.rows >= self.file.rows_total

    def alike_by_row(self) -> dict[int, Resemblance]:
        """What the rows of the preview resemble, by their number."""
        return {row.number: outcome.alike for row, outcome in self.alike if outcome.alike is not None}

    def commonest(self) -> list[tuple[Said, int, int]]:
        """Problems, how many rows have them, and the first such row."""
        return [(said, number, self.examples[said]) for said, number in self.problems.most_common(20)]


def preview(file: ImportFile, siblings: Sequence[ImportFile]) -> list[Prepared]:
    """The first rows as they would be taken."""
    if targets.known_target(file.target) is None:
        return []
    with files.opened(file) as table:
        reader = engine.reader_for(file, table, siblings)
        found = (reader.read(row) for row in table.rows())
        return list(islice((row for row in found if row is not None), PREVIEW_ROWS))


def sample_cells(file: ImportFile, *, rows: int = PREVIEW_ROWS) -> tuple[tuple[str, ...], list[tuple[int, list[str]]]]:
    """Headers and the first rows as text, before any mapping."""
    from dingke.core.importing.rows import shown

    with files.opened(file) as table:
        return table.headers, [(row.number, [shown(value) for value in row.values]) for row in islice(table.rows(), rows)]


class _RolledBack(Exception):
    pass


def trial(run: ImportRun, *, by: Scope, now: datetime) -> list[Trial]:
    """Imports the first rows of every file in one transaction and takes all of it back."""
    parts = list(run.files.order_by("position", "id"))
    found: list[Trial] = []
    try:
        with transaction.atomic():
            for place, part in enumerate(parts):
                most = targets.target(part.target).whole or (TRIAL_ROWS if place == len(parts) - 1 else FOUNDATION_ROWS)
                found.append(_tried(run, part, parts, most=most, by=by, now=now))
            raise _RolledBack
    except _RolledBack:
        return found


def _tried(run: ImportRun, part: ImportFile, siblings: Sequence[ImportFile], *, most: int, by: Scope, now: datetime) -> Trial:
    target = targets.target(part.target)
    result = Trial(part)
    options: dict[str, Any] = {**run.options, **part.mapping.get("options", {})}
    with files.opened(part) as table:
        reader = engine.reader_for(part, table, siblings)
        for chunk in engine.chunks(table, reader, start=0, size=most, stop=most):
            outcomes = engine.written(target, chunk.rows, run=run, key=engine.key_of(part, target), options=options, by=by, now=now)
            engine.remember_changes(run, outcomes)  # rolled back with the rest
            result.rows = chunk.reaches
            result.counts["left_out"] += chunk.left_out
            for row, outcome in [*zip(chunk.rows, outcomes, strict=True), *chunk.refused]:
                result.counts[outcome.fate.value] += 1
                if target.absent is not None and len(result.told) < TOLD_ROWS:
                    result.told.append((row, outcome))
                if outcome.alike is not None:
                    result.counts["alike"] += 1
                    if len(result.alike) < ALIKE_ROWS:
                        result.alike.append((row, outcome))
                if outcome.fate is Fate.REFUSED and outcome.alike is None:
                    result.problems[outcome.reason] += 1
                    result.examples[outcome.reason] = min(row.number, result.examples.get(outcome.reason, row.number))
    result.told.sort(key=lambda pair: pair[0].number)
    is_last = not any(each.target == part.target and each.position > part.position for each in siblings)
    if target.absent is not None and is_last and result.rows < most:
        key = engine.key_of(part, target)
        told: dict[str, Any] = {**options, "failed_rows": result.counts["failed"]}
        whole = Batch(rows=[], mode=run.mode, key=key, by=by, now=now, run_id=run.pk, options=told)
        result.absent, result.knows_absent = target.absent(whole), True
    return result
