"""The stage report as files (D-01), and the note in the audit trail that they left the house."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from dingke.core import access, audit, privacy
from dingke.core.errors import NotVisible
from dingke.core.periods import Period
from dingke.core.scope import Scope
from dingke.core.tables_out import CellKind, FileKind, OutColumn, write_table
from dingke.insights.queries import stages as reads
from dingke.people.queries import user_by_id


class Sheet(StrEnum):
    STAGES = "stages"
    MOVES = "moves"
    OVER = "over"


Table = tuple[str, list[OutColumn], Iterable[Sequence[Any]]]


def export_stages(*, kind: FileKind, sheet: Sheet, by: Scope, now: datetime, today: date, period: Period) -> tuple[bytes, str]:
    """One of the tables of the page and its name; amounts only for roles that see them."""
    access.needs(by, "exports.run").enforce()
    person = user_by_id(by.me)
    if person is None:
        raise NotVisible(_("There is no such colleague."))
    name, columns, rows = {Sheet.STAGES: _stages, Sheet.MOVES: _moves, Sheet.OVER: _over}[sheet](by, period, today)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / f"stages.{kind.value}"
        number = write_table(file, columns=columns, rows=rows, kind=kind, sheet=name, stamp=privacy.stamp_for(by, now))
        content = file.read_bytes()
    audit.record(
        target=person,
        action="insights.export",
        by=by,
        now=now,
        summary=name,
        changes={
            "rows": number,
            "columns": [column.header for column in columns],
            "format": kind.value,
            "start": period.start.isoformat(),
            "end": period.end.isoformat(),
        },
    )
    return content, name


def _stages(by: Scope, period: Period, today: date) -> Table:
    report = reads.stage_report(by, period=period, today=today)
    amounts = not report.hides_amount
    whole = CellKind.WHOLE
    columns = [OutColumn(_("Lifecycle stage")), OutColumn(_("Customers"), whole), OutColumn(_("Share of customers"), CellKind.PERCENT)]
    columns += [OutColumn(_("Revenue, 12 months"), CellKind.MONEY)] if amounts else []
    columns += [
        OutColumn(_("Median days so far"), CellKind.NUMBER),
        OutColumn(_("Limit in days"), whole),
        OutColumn(_("Over the limit"), whole),
    ]
    heads = (_("At the start"), _("Recorded here"), _("Moved in"), _("Moved on"), _("Moved back"), _("Into decline"), _("At the end"))
    columns += [OutColumn(head, whole) for head in heads]
    columns += [OutColumn(_("Conversion"), CellKind.PERCENT), OutColumn(_("Median days of those who left"), CellKind.NUMBER)]
    rows = (
        [
            line.label,
            line.number,
            line.share,
            *([line.revenue] if amounts else []),
            line.median_days,
            line.limit,
            line.over,
            line.flow.stood,
            line.flow.arrived,
            line.flow.came,
            line.flow.on,
            line.flow.back,
            line.flow.declined,
            line.flow.stands,
            line.flow.conversion,
            line.flow.median_days,
        ]
        for line in report.lines
    )
    return _("Lifecycle stages"), columns, rows


def _moves(by: Scope, period: Period, today: date) -> Table:
    columns = [
        OutColumn(_("Customer"), width=30),
        OutColumn(_("Owner")),
        OutColumn(_("From stage")),
        OutColumn(_("To stage")),
        OutColumn(_("Entered on"), CellKind.DATE),
        OutColumn(_("Moved on the day"), CellKind.DATE),
        OutColumn(_("Days in the stage"), CellKind.WHOLE),
    ]
    rows = (
        [stay.name, stay.owner, stay.label, stay.following_label, stay.start, stay.end, stay.days]
        for stay in reads.moves_of(by, period=period, today=today)
    )
    return _("Moves between stages"), columns, rows


def _over(by: Scope, period: Period, today: date) -> Table:
    amounts = not by.hides("amount")
    columns = [
        OutColumn(_("Customer"), width=30),
        OutColumn(_("Owner")),
        OutColumn(_("Lifecycle stage")),
        OutColumn(_("Entered on"), CellKind.DATE),
        OutColumn(_("Days in the stage"), CellKind.WHOLE),
        OutColumn(_("Limit in days"), CellKind.WHOLE),
        *([OutColumn(_("Revenue, 12 months"), CellKind.MONEY)] if amounts else []),
    ]
    rows = (
        [row.name, row.owner, row.label, row.since, row.days, row.limit, *([row.revenue] if amounts else [])]
        for row in reads.over_limit(by, today=today)
    )
    return _("Over the limit of their stage"), columns, rows
