"""The standing panel of the five guards (A-08): what each says, since when, who owns it, what was decided.

Figures of the company are for everybody who sees insights; accounts are named only to those who see them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from dingke.core.scope import Scope
from dingke.insights import access
from dingke.insights.calc.guards import NUMBERS, Guard, Level
from dingke.insights.models import GuardDecision, ScoreRun
from dingke.insights.queries.portfolio import GuardLine, guard_lines

RUNS = 60  # looked at for the history
POINTS = 24
LOGGED = 100


@dataclass(frozen=True)
class Point:
    """A figure of a guard as of a day; of incentives the number of customers whose return is below the line."""

    day: date
    figure: Decimal
    level: str
    threshold: Decimal


@dataclass(frozen=True)
class Watched:
    """`line` None: no run has a figure of it yet."""

    guard: Guard
    number: int
    line: GuardLine | None
    history: tuple[Point, ...]


@dataclass(frozen=True)
class GuardPanel:
    run: ScoreRun | None
    guards: list[Watched]
    decisions: list[GuardDecision]
    can_decide: bool
    can_score: bool
    hides_cost: bool
    is_partial: bool

    @property
    def lines(self) -> list[GuardLine]:
        return [one.line for one in self.guards if one.line is not None]

    def count(self, level: str) -> int:
        return sum(1 for line in self.lines if line.level == level)


def guard_panel(scope: Scope) -> GuardPanel:
    """The whole page in a fixed number of queries."""
    done = ScoreRun.objects.filter(state=ScoreRun.State.DONE).order_by("-id")
    runs = list(done.only("id", "as_of_date", "summary", "finished_at")[:RUNS])
    run = runs[0] if runs else None
    decisions = list(GuardDecision.objects.select_related("owner").order_by("-at", "-id")[:LOGGED])
    lines = {line.guard: line for line in guard_lines(scope, run, decisions)}
    past = history(runs)
    return GuardPanel(
        run=run,
        guards=[Watched(guard, NUMBERS[guard], lines.get(guard.value), past.get(guard, ())) for guard in Guard],
        decisions=decisions,
        can_decide=bool(access.can_decide(scope)),
        can_score=bool(access.can_score(scope)),
        hides_cost=scope.hides("cost"),
        is_partial=not scope.sees_all,
    )


def history(runs: Sequence[ScoreRun]) -> dict[Guard, tuple[Point, ...]]:
    """Of each guard its figure on the days of the last runs, the newest run of a day; oldest first."""
    newest: dict[date, dict[Guard, Point]] = {}
    for run in runs:  # newest first
        if run.as_of_date is not None and run.as_of_date not in newest:
            newest[run.as_of_date] = _points(run.as_of_date, run.summary.get("guards", []))
    days = sorted(newest)[-POINTS:]
    return {guard: tuple(newest[day][guard] for day in days if guard in newest[day]) for guard in Guard}


def _points(day: date, packed: Sequence[dict[str, Any]]) -> dict[Guard, Point]:
    found: dict[Guard, Point] = {}
    for guard in Guard:
        results = [one for one in packed if one["guard"] == guard.value]
        if guard is Guard.INCENTIVE_RETURN:
            if results:
                poor = sum(1 for one in results if one["level"] == Level.BREACH.value)
                found[guard] = Point(day, Decimal(poor), Level.BREACH.value if poor else Level.OK.value, Decimal(0))
        elif results and results[0]["figure"] is not None:
            one = results[0]
            found[guard] = Point(day, Decimal(one["figure"]), one["level"], Decimal(one["threshold"]))
    return found
