"""The backtest of early warning as a file, and the note in the audit trail that it left the house."""

from __future__ import annotations

import tempfile
from datetime import datetime
from pathlib import Path

from django.utils.translation import gettext as _

from dingke.core import access, audit, privacy
from dingke.core.scope import Scope
from dingke.core.tables_out import CellKind, FileKind, OutColumn, write_table
from dingke.insights import access as rights
from dingke.insights.actions.backtest import UnableToReplay
from dingke.insights.queries.backtest import backtest, newest


def export_backtest(*, kind: FileKind, by: Scope, now: datetime) -> bytes:
    """One row per rule and signal, with counts, shares and their intervals."""
    access.needs(by, "exports.run").enforce()
    rights.can_score(by).enforce()
    found, stored = backtest(by), newest()
    if found is None or stored is None:
        raise UnableToReplay(_("History has not been replayed yet."))
    whole, share = CellKind.WHOLE, CellKind.PERCENT
    columns = [
        OutColumn(_("Rule"), width=36),
        OutColumn(_("Warnings"), whole),
        OutColumn(_("Right warnings"), whole),
        OutColumn(_("Lost outright"), whole),
        OutColumn(_("Precision"), share),
        OutColumn(_("Precision, from"), share),
        OutColumn(_("Precision, to"), share),
        OutColumn(_("Losses"), whole),
        OutColumn(_("Warned of before"), whole),
        OutColumn(_("Recall"), share),
        OutColumn(_("Recall, from"), share),
        OutColumn(_("Recall, to"), share),
        OutColumn(_("Lead time in days, median"), CellKind.NUMBER),
    ]
    rows = [
        [
            line.label,
            line.warnings,
            line.right,
            line.lost,
            line.precision,
            *(line.precision_interval or (None, None)),
            line.losses,
            line.caught,
            line.recall,
            *(line.recall_interval or (None, None)),
            line.lead[1] if line.lead else None,
        ]
        for line in found.lines + found.signals
    ]
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / f"backtest.{kind.value}"
        number = write_table(file, columns=columns, rows=rows, kind=kind, sheet=_("Backtest"), stamp=privacy.stamp_for(by, now))
        content = file.read_bytes()
    audit.record(
        target=stored,
        action="insights.export",
        by=by,
        now=now,
        summary=_("Backtest of warnings"),
        changes={"rows": number, "columns": [column.header for column in columns], "format": kind.value},
    )
    return content
