"""The customer list as a file, and the note in the audit trail that it left the house (A-09, A-18)."""

from __future__ import annotations

import tempfile
from datetime import datetime
from decimal import Decimal
from pathlib import Path

from django.utils.translation import gettext as _

from dingke.accounts.models import FaceMark
from dingke.core import access, audit, privacy
from dingke.core.scope import Scope
from dingke.core.tables_out import CellKind, FileKind, OutColumn, write_table
from dingke.insights import queries
from dingke.insights.actions.score import UnableToScore
from dingke.insights.queries.portfolio import newest_run


def export_list(*, kind: FileKind, by: Scope, now: datetime, a_until: Decimal | None = None, b_until: Decimal | None = None) -> bytes:
    """The list that the page shows, cut at the same shares; amounts and costs only for roles that see them."""
    access.needs(by, "exports.run").enforce()
    run = newest_run()
    if run is None:
        raise UnableToScore(_("There are no scores yet. Run the scores first."))
    chosen = queries.cut(by, run, a_until=a_until, b_until=b_until, in_full=queries.POINTS)
    amounts, costs = not by.hides("amount"), not by.hides("cost")
    columns = [OutColumn(_("Rank"), CellKind.WHOLE), OutColumn(_("Customer"), width=30), OutColumn(_("Owner")), OutColumn(_("Class"))]
    columns += [OutColumn(_("Revenue, 12 months"), CellKind.MONEY)] if amounts else []
    columns += [OutColumn(_("Share of revenue"), CellKind.PERCENT), OutColumn(_("Cumulative share"), CellKind.PERCENT)]
    columns += [OutColumn(_("Gross profit"), CellKind.MONEY), OutColumn(_("Margin"), CellKind.PERCENT)] if costs else []
    columns += [OutColumn(_("Face")), OutColumn(_("Key account"), CellKind.BOOLEAN), OutColumn(_("As of"), CellKind.DATE)]
    labels = {code: str(label) for code, label in FaceMark.Face.choices}
    rows = (
        [
            line.rank,
            line.name,
            line.owner,
            line.abc,
            *([line.revenue] if amounts else []),
            line.share,
            line.cumulative,
            *([line.gross_profit, line.margin] if costs else []),
            labels.get(line.face or line.proposed_face, ""),
            line.is_key,
            run.as_of_date,
        ]
        for line in chosen.lines
    )
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / f"portfolio.{kind.value}"
        number = write_table(file, columns=columns, rows=rows, kind=kind, sheet=_("Portfolio"), stamp=privacy.stamp_for(by, now))
        content = file.read_bytes()
    audit.record(
        target=run,
        action="insights.export",
        by=by,
        now=now,
        summary=_("Portfolio"),
        changes={
            "rows": number,
            "columns": [column.header for column in columns],
            "format": kind.value,
            "a_until": str(chosen.a_until),
            "b_until": str(chosen.b_until),
        },
    )
    return content
