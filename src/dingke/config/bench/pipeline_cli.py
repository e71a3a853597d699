"""The command `dingke bench pipeline`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Annotated, Any

import typer

from dingke.config.bench.command import machine
from dingke.config.console import AsJson, bar, fail, screen

DRAG_MS = 100  # the goal of the product: a dragged card is answered within


def run(*, deals: int, rounds: int, database: str = "") -> dict[str, Any]:
    """Figures of one engine, on a company made for it. Raises `RuntimeError` with what the run said."""
    with tempfile.TemporaryDirectory(prefix="dingke-bench-pipeline-") as folder:
        url = database or f"sqlite:///{Path(folder) / 'bench.sqlite3'}"
        environment = {**os.environ, "DINGKE_HOME": folder, "DINGKE_DATABASE_URL": url}
        for name in ("DINGKE_DEBUG", "DINGKE_HOSTS", "DJANGO_SETTINGS_MODULE"):
            environment.pop(name, None)
        command = [sys.executable, "-m", "dingke.config.bench.pipeline_run", "--deals", str(deals), "--rounds", str(rounds)]
        ended = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if ended.returncode:
        raise RuntimeError(f"the run ended with {ended.returncode}\n{ended.stderr[-3000:]}")
    return {"machine": machine(), **json.loads(ended.stdout.splitlines()[-1])}


def pipeline(
    deals: Annotated[int, typer.Option(min=10, help="Open deals; as many ended ones are made beside them.")] = 10_000,
    rounds: Annotated[int, typer.Option(min=1, help="How often each figure is taken; the median counts.")] = 7,
    database: Annotated[str, typer.Option(help="Address of an empty database; else an SQLite file is made for the measurement.")] = "",
    as_json: AsJson = False,
) -> None:
    """Board, list, forecast and gates on many open deals, each beside the floor of its SQL."""
    from rich.table import Table

    with bar() as progress:
        progress.add_task(f"measuring on {deals:,} open deals", total=None)
        try:
            found = run(deals=deals, rounds=rounds, database=database)
        except RuntimeError as problem:
            fail(str(problem))
    if as_json:
        typer.echo(json.dumps(found, ensure_ascii=False))
        return
    table = Table("work", "ms", "SQL alone ms", "times", "queries", title=f"{found['deals']:,} open deals")
    for name, one in found["figures"].items():
        mark = f" {'✓' if one['ms'] < DRAG_MS else '✗'}" if name == "card dragged" else ""
        table.add_row(
            name, f"{one['ms']:.1f}{mark}", f"{one['floor_ms']:.1f}", f"{one['times']:.1f}×" if one["times"] else "", str(one["queries"])
        )
    screen.print(table)
