"""Rows of a file that make one record together, such as the lines of an order: which they are, and that they stay together.

A record is written in the batch in which its last row stands, so rows that do not follow each other meet there, and a run
that goes on after an interruption finds the same batches again: it needs to know nothing but how many rows it has passed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from dingke.core.importing.outcomes import Fate, Outcome, refused
from dingke.core.reasons import Sentences

if TYPE_CHECKING:
    from dingke.core.importing.rows import Group, Prepared, RowReader
    from dingke.core.importing.targets import ImportTarget
    from dingke.core.tabular.reader import Table

SENTENCES = Sentences(
    {
        "COPY": (
            "The row says the same as row {row}. Delete it, or add a column that tells the two apart, such as a line number.",
            "本行与第 {row} 行完全相同。请删除重复行，或增加可以区分的列（如行号）。",
        ),
    }
)
Held = list[tuple["Prepared", Outcome | None]]


def ways(target: ImportTarget, fields: Mapping[str, Mapping[str, Any]]) -> tuple[tuple[str, ...], ...]:
    """The ways in which this mapping names a record that several rows make together; () when each row stands for itself:
    nothing that only a part has comes from the file, or the number of the record is counted row by row."""
    grouping = target.grouping
    if grouping is None or not any({"column", "lookup"} & set(fields.get(key, {})) for key in grouping.when):
        return ()
    found = [tuple(way.split("+")) for way in grouping.by]
    return tuple(way for way in found if all(key in fields and "sequence_of" not in fields[key] for key in way))


def last_rows(table: Table, reader: RowReader, *, stop: int | None) -> dict[Group, int]:
    """For each record of several rows, where its last row stands, counted from 1. With a `stop` the record that may go on
    behind it is said to end there, behind it, and so never comes whole."""
    first: set[Group] = set()
    found: dict[Group, int] = {}
    latest: Group | None = None
    for count, row in enumerate(table.rows(), start=1):
        if stop is not None and count > stop:
            if latest is not None:
                found[latest] = count
            break
        latest = reader.group_of(row)
        if latest is None:
            continue
        if latest in first:
            found[latest] = count
        first.add(latest)
    return found


def judged(held: Held) -> Held:
    """The rows of one record with what is wrong with each: all are refused when one is."""
    copies: dict[tuple[tuple[str, str], ...], int] = {}
    rows: Held = []
    for row, problem in held:
        same = copies.setdefault(tuple(row.raw.items()), row.number)
        rows.append((row, problem or (None if same == row.number else refused(SENTENCES, "COPY", row=same))))
    cause = next(((row, problem) for row, problem in rows if problem is not None), None)
    if cause is None:
        return rows
    return [(row, problem or refused_with(cause[1], row=cause[0].number)) for row, problem in rows]


def refused_with(cause: Outcome | None, *, row: int | None = None) -> Outcome:
    """The refusal of a row because another one of its record was refused."""
    english, chinese = cause.reason if cause else ("", "")
    which = ("Row {row}", "第 {row} 行") if row is not None else ("Another row", "另一行")
    return Outcome(
        Fate.REFUSED,
        reason=(
            f"{which[0].format(row=row)} of the same record was refused: {english}"[:500],
            f"同一记录的{which[1].format(row=row)}未能导入：{chinese}"[:500],
        ),
    )


def units(rows: Sequence[Prepared]) -> list[list[int]]:
    """The places of rows that belong together; rows of one record follow each other here."""
    found: list[list[int]] = []
    for place, row in enumerate(rows):
        if place and row.group is not None and row.group == rows[place - 1].group:
            found[-1].append(place)
        else:
            found.append([place])
    return found
