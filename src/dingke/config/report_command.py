"""The command `dingke report pipeline`."""

from __future__ import annotations

from typing import Annotated

import typer

from dingke.config.console import REFUSED, AsJson, fail, prepared, screen, show, speak


def pipeline(
    since: Annotated[str, typer.Option("--from", help="First day on which deals ended that count, YYYY-MM-DD.")] = "",
    until: Annotated[str, typer.Option("--to", help="Last such day.")] = "",
    as_json: AsJson = False,
) -> None:
    """Deals won, lost and open with the win rate, by agent, manager, region, product, sector and quarter."""
    prepared()
    speak()
    from datetime import date

    from django.utils import timezone

    from dingke.core.scope import Scope
    from dingke.pipeline.queries import reports
    from dingke.pipeline.queries.list_filter import DealFilter

    try:
        first, last = (date.fromisoformat(text) if text else None for text in (since, until))
    except ValueError:
        fail("A day is written as 2026-09-30.", REFUSED)
    wanted = DealFilter(state="", ended_from=first, ended_to=last)
    report = reports.pipeline_report(Scope.system(), wanted, today=timezone.localdate())
    if as_json:
        show(report.plain(), as_json)
        return
    from rich.table import Table

    parts = [("", "All", [report.total]), *report.parts()]
    for _code, title, lines in parts:
        table = Table(title, "won", "lost", "win rate", "open", "won value")
        for line in lines:
            rate = "—" if line.win_rate is None else f"{line.win_rate:.2%}"
            table.add_row(line.label, f"{line.won:,}", f"{line.lost:,}", rate, f"{line.open:,}", f"{line.won_value:,.2f}")
        screen.print(table)
