"""Cases "risk of loss" as files (D-11), and the note in the audit trail that they left the house."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time
from enum import StrEnum
from pathlib import Path
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from dingke.core import access, audit, privacy
from dingke.core.errors import NotVisible
from dingke.core.periods import Period
from dingke.core.scope import Scope
from dingke.core.tables_out import CellKind, FileKind, OutColumn, write_table
from dingke.insights.models import LossCase
from dingke.insights.queries import loss_cases as reads
from dingke.people.queries import user_by_id


class CaseSheet(StrEnum):
    CASES = "cases"
    REASONS = "reasons"
    RIVALS = "rivals"


Table = tuple[str, list[OutColumn], Iterable[Sequence[Any]]]


def export_cases(*, kind: FileKind, sheet: CaseSheet, by: Scope, now: datetime, today: date, period: Period) -> tuple[bytes, str]:
    """One of the tables of the page and its name; amounts only for roles that see them."""
    access.needs(by, "exports.run").enforce()
    person = user_by_id(by.me)
    if person is None:
        raise NotVisible(_("There is no such colleague."))
    name, columns, rows = _cases(by, period) if sheet is CaseSheet.CASES else _report(by, period, today, sheet)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / f"cases.{kind.value}"
        number = write_table(file, columns=columns, rows=rows, kind=kind, sheet=name, stamp=privacy.stamp_for(by, now))
        content = file.read_bytes()
    changes = {
        "rows": number, "columns": [column.header for column in columns], "format": kind.value,
        "start": period.start.isoformat(), "end": period.end.isoformat(),
    }  # fmt: skip
    audit.record(target=person, action="insights.export", by=by, now=now, summary=name, changes=changes)
    return content, name


def _report(by: Scope, period: Period, today: date, sheet: CaseSheet) -> Table:
    report = reads.case_report(by, period=period, today=today)
    amounts = not by.hides("amount")
    head, name, lines = (
        (_("Reason"), _("Cases by reason"), report.by_reason)
        if sheet is CaseSheet.REASONS
        else (_("Rival"), _("Cases by rival"), report.by_rival)
    )
    columns = [
        OutColumn(head, width=30), OutColumn(_("Cases"), CellKind.WHOLE), OutColumn(_("Customer kept"), CellKind.WHOLE),
        OutColumn(_("Partly kept"), CellKind.WHOLE), OutColumn(_("Customer lost"), CellKind.WHOLE),
    ]  # fmt: skip
    if amounts:
        columns += [OutColumn(_("Value at stake"), CellKind.MONEY), OutColumn(_("Value lost"), CellKind.MONEY)]
    rows = (
        [line.label, line.number, line.kept, line.partly, line.lost, *([line.value, line.lost_value] if amounts else [])] for line in lines
    )
    return name, columns, rows


def _cases(by: Scope, period: Period) -> Table:
    start, end = (timezone.make_aware(datetime.combine(day, time.min)) for day in (period.start, period.end))
    found = LossCase.objects.visible_to(by).filter(account__archived_at__isnull=True, opened_at__gte=start, opened_at__lt=end)
    found = found.select_related("account", "owner", "rival", "reason").order_by("-opened_at", "-pk")
    amounts = not by.hides("amount")
    columns = [
        OutColumn(_("Customer"), width=30), OutColumn(_("Owner")), OutColumn(_("What threatens")), OutColumn(_("Rival")),
        OutColumn(_("Opened on"), CellKind.DATE), OutColumn(_("Decide by"), CellKind.DATE), OutColumn(_("Result")),
        OutColumn(_("Reason")), OutColumn(_("Closed on"), CellKind.DATE), OutColumn(_("Lessons"), width=40),
    ]  # fmt: skip
    columns += [OutColumn(_("Value at stake"), CellKind.MONEY)] if amounts else []
    rows = (
        [
            row.account.name, str(row.owner), str(row.get_kind_display()), str(row.rival or ""), timezone.localdate(row.opened_at),
            row.deadline_date, str(row.get_result_display()) if row.result else "", row.reason.label if row.reason else "",
            timezone.localdate(row.closed_at) if row.closed_at else None, row.lesson, *([row.value] if amounts else []),
        ]
        for row in found.iterator(chunk_size=500)
    )  # fmt: skip
    return _("Cases of risk of loss"), columns, rows
