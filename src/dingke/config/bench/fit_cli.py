"""The command `dingke bench fit`."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from dingke.config.bench.command import CannotMeasure
from dingke.config.console import REFUSED, AsJson, bar, fail, screen

LABELS = {"fit": "BG/NBD fitted", "predict": "purchases of a year predicted", "spending": "Gamma-Gamma fitted"}


def fit(
    customers: Annotated[int, typer.Option(min=1_000, help="Simulated customers.")] = 1_000_000,
    turns: Annotated[int, typer.Option(min=1, help="Turns of each; the best counts.")] = 3,
    lifetimes: Annotated[Path | None, typer.Option(help="A Python that has lifetimes; else one is made for the measurement.")] = None,
    alone: Annotated[bool, typer.Option("--alone", help="Without lifetimes.")] = False,
    keep: Annotated[str, typer.Option(help="Folder in which the environment of lifetimes is kept for the next run.")] = "",
    as_json: AsJson = False,
) -> None:
    """Fit and predict for simulated customers, beside the `lifetimes` package."""
    from rich.table import Table

    from dingke.config.bench import fitting

    with tempfile.TemporaryDirectory(prefix="dingke-bench-fit-") as folder:
        try:
            with bar() as progress:
                task = progress.add_task("measuring", total=None)
                found = fitting.run(
                    customers=customers,
                    turns=turns,
                    python=lifetimes,
                    keep=Path(keep).expanduser().resolve() if keep else Path(folder),
                    alone=alone,
                    tell=lambda what: progress.update(task, description=what),
                )
        except CannotMeasure as problem:
            fail(str(problem), REFUSED)
    if as_json:
        typer.echo(json.dumps(found, ensure_ascii=False))
        return
    for run in found["runs"]:
        table = Table("work", "ours s", "lifetimes s", "times as fast", "goal", title=f"{found['customers']:,} customers, {run['times']}")
        for name, label in LABELS.items():
            faster = run.get("times_faster", {}).get(name)
            table.add_row(
                label,
                f"{run['ours'][name]:.2f}",
                f"{run['lifetimes'][name]:.2f}" if faster else "",
                f"{faster:.1f}" if faster else "",
                f"{'✓' if faster >= found['goals'][name] else '✗'} {found['goals'][name]:g}" if faster else "",
            )
        screen.print(table)
        for name, apart in zip(("BG/NBD", "Gamma-Gamma"), run.get("maximum_apart", ()), strict=False):
            says = "lifetimes found none" if apart is None else f"ours is higher by {apart:.1e} (relative; goal: 1e-6 apart at most)"
            screen.print(f"  maximum of the likelihood of {name}: {says}", highlight=False)
    on = found["machine"]
    screen.print(f"  {on['processor']}, {on['cores']} cores, load {found['load']:.1f} at the end", highlight=False)
