"""The command `dingke bench score`: a score run of up to 20,000,000 orders beside its floor, and how it grows."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from dingke.config.console import AsJson, bar, screen

SIZES: tuple[tuple[int, int], ...] = ((5_000, 100_000), (50_000, 1_000_000), (250_000, 5_000_000), (1_000_000, 20_000_000))
QUICK: tuple[tuple[int, int], ...] = ((500, 5_000), (1_000, 10_000))
MOST_TIMES, MOST_MB = 8, 6_000
HEADS = ("orders", "accounts", "run s", "floor s", "times", "processor s", "floor", "times", "memory MB", "µs an order")


def measure(folder: Path, sizes: Sequence[tuple[int, int]], *, rounds: int, tell: Callable[[str], object]) -> list[dict[str, Any]]:
    """Run and floor of each size, in turn, each in its own process; the round with the least processor time counts."""
    from dingke.config.bench.scale import write_company

    found = []
    for accounts, orders in sizes:
        home = folder / str(orders)
        if not (home / "orders.parquet").exists():
            tell(f"{orders:,} orders: making the company")
            write_company(home, accounts=accounts, orders=orders)
        tries: dict[str, list[dict[str, Any]]] = {"floor": [], "whole": []}
        for number in range(rounds):
            for what, results in tries.items():
                tell(f"{orders:,} orders: {what}, round {number + 1}")
                results.append(_one(home, what))
        run, floor = (min(tries[what], key=lambda one: float(one["processor_seconds"])) for what in ("whole", "floor"))
        found.append(
            {
                "accounts": accounts,
                "orders": orders,
                "run": run,
                "floor": floor,
                "ratio": round(run["seconds"] / floor["seconds"], 2),
                "processor_ratio": round(run["processor_seconds"] / floor["processor_seconds"], 2),
            }
        )
    return found


def _one(home: Path, what: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "dingke.config.bench.scale_run", str(home), what]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    if ended.returncode:
        raise RuntimeError(f"{what} ended with {ended.returncode}\n{ended.stderr[-3000:]}")
    return dict(json.loads(ended.stdout.splitlines()[-1]))


def rows(found: Sequence[dict[str, Any]]) -> list[tuple[str, ...]]:
    return [
        (
            f"{one['orders']:,}",
            f"{one['accounts']:,}",
            f"{one['run']['seconds']:.1f}",
            f"{one['floor']['seconds']:.2f}",
            f"{one['ratio']:.1f}×",
            f"{one['run']['processor_seconds']:.1f}",
            f"{one['floor']['processor_seconds']:.2f}",
            f"{one['processor_ratio']:.1f}×",
            f"{one['run']['memory_mb']:,}",
            f"{one['run']['processor_seconds'] * 1e6 / one['orders']:.2f}",
        )
        for one in found
    ]


def score(
    quick: Annotated[bool, typer.Option("--quick", help="Small data: shows that it works, judges nothing.")] = False,
    rounds: Annotated[int, typer.Option(help="How often each is measured; the best round counts.")] = 3,
    up_to: Annotated[int, typer.Option(help="No company with more orders than this.")] = 20_000_000,
    keep: Annotated[str, typer.Option(help="Folder in which the companies are kept for the next run.")] = "",
    markdown: Annotated[bool, typer.Option("--markdown", help="Write the table as Markdown to standard output.")] = False,
    as_json: AsJson = False,
) -> None:
    """Measure a score run of 100,000 to 20,000,000 orders in Parquet beside one group-by over the same files."""
    from rich.table import Table

    sizes = [size for size in (QUICK if quick else SIZES) if size[1] <= up_to]
    with tempfile.TemporaryDirectory(prefix="dingke-bench-score-") as scratch, bar() as progress:
        task = progress.add_task("measuring", total=None)
        folder = Path(keep).expanduser().resolve() if keep else Path(scratch)
        found = measure(folder, sizes, rounds=1 if quick else rounds, tell=lambda what: progress.update(task, description=what))
    if as_json:
        typer.echo(json.dumps({"sizes": found, "most_times": MOST_TIMES, "most_mb": MOST_MB}))
        return
    if markdown:
        lines = [HEADS, tuple("---" for _head in HEADS), *rows(found)]
        typer.echo("\n".join("| " + " | ".join(line) + " |" for line in lines))
        return
    table = Table(*HEADS, title=f"score run (goal: at most {MOST_TIMES}× and {MOST_MB:,} MB)")
    for line in rows(found):
        table.add_row(*line)
    screen.print(table)
