"""Assessments as files: the list with what is due, and accounts side by side; with the note in the audit trail."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from dingke.core import access, audit, privacy
from dingke.core.errors import NotVisible
from dingke.core.scope import Scope
from dingke.core.tables_out import CellKind, FileKind, OutColumn, write_table
from dingke.insights.calc.assessment_parts import DIMENSIONS, PARTS
from dingke.insights.queries import assessments as reads
from dingke.people.queries import user_by_id


def export_list(*, kind: FileKind, chosen: reads.ListFilter, by: Scope, now: datetime, today: date) -> tuple[bytes, str]:
    """The rows of the list page with the reasons."""
    language = get_language() or "zh-hans"
    found = reads.assessment_list(by, chosen, today=today)
    columns = [
        OutColumn(_("Customer"), width=30), OutColumn(_("Owner")), OutColumn(_("Value level")),
        OutColumn(_("Total points"), CellKind.NUMBER),
        *(OutColumn(guide.label.text(language), CellKind.NUMBER) for guide in DIMENSIONS),
        OutColumn(_("Assessed on"), CellKind.DATE), OutColumn(_("Next on"), CellKind.DATE), OutColumn(_("Why it is due"), width=50),
    ]  # fmt: skip
    rows = (
        [
            row.account.name, row.account.owner.name if row.account.owner else "",
            *(
                [
                    row.assessment.level, row.assessment.total, row.assessment.financial, row.assessment.strategic, row.assessment.loyalty,
                    row.assessment.word_of_mouth, row.assessment.assessed_date, row.assessment.next_date,
                ]
                if row.assessment
                else ["", None, None, None, None, None, None, None]
            ),
            " ".join(row.sentences),
        ]
        for row in found.rows
    )  # fmt: skip
    return _written(_("Assessments"), columns, rows, kind=kind, by=by, now=now), _("Assessments")


def export_comparison(*, kind: FileKind, account_ids: Sequence[int], by: Scope, now: datetime) -> tuple[bytes, str]:
    """A row per dimension and part, a column per account; what the role does not see stays empty."""
    language = get_language() or "zh-hans"
    compared = reads.comparison(by, account_ids)
    columns = [OutColumn(_("What"), width=34), *(OutColumn(one.account.shown_name, CellKind.NUMBER, 18) for one in compared)]
    rows: list[list[Any]] = [[_("Total points"), *(one.shown.row.total if one.shown else None for one in compared)]]
    for guide in DIMENSIONS:
        code = guide.dimension.value
        rows.append([guide.label.text(language), *(one.shown.result.of(code).score if one.shown else None for one in compared)])
        for part in (part for part in PARTS if part.dimension is guide.dimension):
            rows.append([f"· {part.label.text(language)}", *(_points(one, part.code, code) for one in compared)])
    return _written(_("Comparison"), columns, rows, kind=kind, by=by, now=now), _("Comparison")


def _points(one: reads.Compared, code: str, dimension: str) -> Any:
    if one.shown is None:
        return None
    part = next(part for part in one.shown.parts[dimension] if part.guide.code == code)
    return None if part.is_hidden else part.score.score


def _written(
    name: str, columns: list[OutColumn], rows: Iterable[Sequence[Any]], *, kind: FileKind, by: Scope, now: datetime
) -> bytes:  # fmt: skip
    access.needs(by, "exports.run").enforce()
    person = user_by_id(by.me)
    if person is None:
        raise NotVisible(_("There is no such colleague."))
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / f"assessments.{kind.value}"
        number = write_table(file, columns=columns, rows=rows, kind=kind, sheet=name, stamp=privacy.stamp_for(by, now))
        content = file.read_bytes()
    changes = {"rows": number, "columns": [column.header for column in columns], "format": kind.value}
    audit.record(target=person, action="insights.export", by=by, now=now, summary=name, changes=changes)
    return content
