"""The figures as tables: on the screen, and as Markdown for the documentation."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from dingke.config.bench.company import FULL
from dingke.config.bench.figures import figures

HEADS = ("figure", "clients", "requests/s", "median ms", "p95 ms", "raw SQL ms", "times", "goal", "queries", "constant")


def rows(engine: dict[str, Any]) -> Iterator[tuple[str, ...]]:
    """One row per figure and number of clients."""
    goals = {figure.key: figure for figure in figures(FULL)}
    for page in engine["pages"]:
        goal = goals.get(page["key"])
        for clients, found in page["clients"].items():
            at_eight = goal is not None and int(clients) == 8
            yield (
                page["label"],
                str(clients),
                f"{found['per_second']:,.0f}",
                f"{found['median_ms']:.1f}",
                f"{found['p95_ms']:.1f}",
                f"{found['floor_ms']:.1f}" if "floor_ms" in found else "",
                f"{found['ratio']:.1f}×" if "ratio" in found else "",
                _goal(goal, found) if at_eight else "",
                f"{page['queries']} ({page['data_queries']})" if page["queries"] else "",
                f"{found['times_constant']:.1f}×" if "times_constant" in found else "",
            )


def _goal(goal: Any, found: dict[str, Any]) -> str:
    """Each goal of the figure and whether it is reached."""
    said = []
    if goal.most is not None:
        said.append(f"{_mark(found['ratio'] <= goal.most)} at most {goal.most:g}×")
    if goal.rival is not None:
        rate, factor = goal.rival
        said.append(f"{_mark(found['per_second'] >= rate * factor)} {factor:g} × {rate:g}/s")
    if goal.page:
        said.append(f"{_mark(found['p95_ms'] < 100)} p95 < 100 ms")
    return ", ".join(said)


def _mark(reached: bool) -> str:
    return "✓" if reached else "✗"


def long_rows(engine: dict[str, Any]) -> Iterator[tuple[str, str, str, str]]:
    """Import and score run: seconds, floors, the ratio with its goal."""
    for run in engine["runs"]:
        floors = ", ".join(f"{name} {value:g} s" for name, value in run["floors"].items() if name != "snapshot")
        rate = (
            f" ({run['rows_per_second']:,} rows/s, {_mark(run['rows_per_second'] >= 20 * 272)} 20 × 272)"
            if "rows_per_second" in run
            else ""
        )
        yield run["label"], f"{run['seconds']:.1f} s{rate}", floors, f"{run['ratio']:.1f}× {_mark(run['ratio'] <= 4)} at most 4×"


def markdown(result: dict[str, Any]) -> str:
    """The tables as they stand in docs/benchmarks.md."""
    parts = []
    for engine in result["engines"]:
        parts.append(f"### {'PostgreSQL' if engine['engine'] == 'postgresql' else 'SQLite'} {engine['version']}\n")
        if engine["pages"]:
            parts.append(_table(HEADS, rows(engine)))
        if engine["runs"]:
            parts.append(_table(("work", "took", "floor", "times"), long_rows(engine)))
        if engine["memory"]:
            reached = _mark(engine["memory"]["megabytes"] < 400)
            parts.append(f"Memory of the web process at its largest: {engine['memory']['megabytes']:.0f} MB ({reached} under 400).\n")
    return "\n".join(parts)


def _table(heads: tuple[str, ...], lines: Iterator[tuple[str, ...]]) -> str:
    head = "| " + " | ".join(heads) + " |\n|" + "|".join("---" for _head in heads) + "|\n"
    return head + "".join("| " + " | ".join(line) + " |\n" for line in lines)
