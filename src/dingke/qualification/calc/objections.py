"""J-04, J-05, J-06, J-11, J-15: figures and rules of the objection log. The reference lists stand in library.calc.objections."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from statistics import median

STEPS: tuple[str, ...] = ("INQUIRE", "SUGGEST", "DISSOLVE")  # J-11


@dataclass(frozen=True, slots=True)
class Logged:
    """An objection as the statistics read it. `result`: "" open, SETTLED, STANDS, BROKE."""

    opened: date
    settled: date | None
    result: str
    kind: str = "TRUE"
    causes: tuple[str, ...] = ()
    standard: str = ""
    entry_id: int | None = None


@dataclass(frozen=True, slots=True)
class DealState:
    """J-15 of one deal. `all_settled`: the day on which the last one was settled, None while one is open or none was logged."""

    total: int
    open: int
    oldest_open_days: int | None
    all_settled: date | None
    longest_days: int | None


@dataclass(frozen=True, slots=True)
class Outcome:
    """How often a group was settled, and how long it took. Only closed ones count for the share."""

    key: str
    total: int
    open: int
    settled: int
    median_days: float | None

    @property
    def closed(self) -> int:
        return self.total - self.open

    @property
    def settled_share(self) -> float | None:
        return self.settled / self.closed if self.closed else None


def days_open(opened: date, settled: date | None, *, today: date) -> int:
    """Settled date - opened date, in days; an open one counts to today. ValueError when it was settled before it was opened."""
    if settled is not None and settled < opened:
        raise ValueError("settled before opened")
    return max(((settled or today) - opened).days, 0)


def state_of(logged: Iterable[Logged], *, today: date) -> DealState:
    rows = list(logged)
    waiting = [row for row in rows if not row.result]
    return DealState(
        total=len(rows),
        open=len(waiting),
        oldest_open_days=max((days_open(row.opened, None, today=today) for row in waiting), default=None),
        all_settled=max((row.settled for row in rows if row.settled), default=None) if rows and not waiting else None,
        longest_days=max((days_open(row.opened, row.settled, today=today) for row in rows), default=None),
    )


def is_too_quiet(*, is_past_demo: bool, total: int) -> bool:
    """J-05.3: a deal past its demonstration without a single objection is the hardest."""
    return is_past_demo and total == 0


def may_take(step: str, done: Iterable[str]) -> bool:
    """J-11: inquire, suggest, dissolve, in this order. ValueError on an unknown step."""
    place = STEPS.index(step)
    return set(STEPS[:place]) <= set(done)


def needs_due_date(timing: str, due: date | None) -> bool:
    """J-06: an answer that is deferred has a day."""
    return timing == "LATER" and due is None


def outcomes(logged: Iterable[Logged], by: str) -> tuple[Outcome, ...]:
    """Grouped by "kind", "cause", "standard" or "entry"; one objection with several causes counts in each. Largest group first."""
    groups: dict[str, list[Logged]] = {}
    for row in logged:
        for key in _keys(row, by):
            groups.setdefault(key, []).append(row)
    return tuple(sorted((_outcome(key, rows) for key, rows in groups.items()), key=lambda one: (-one.total, one.key)))


def _keys(row: Logged, by: str) -> tuple[str, ...]:
    if by == "kind":
        return (row.kind,)
    if by == "cause":
        return row.causes
    if by == "standard":
        return (row.standard,) if row.standard else ()
    if by == "entry":
        return (str(row.entry_id),) if row.entry_id is not None else ()
    raise ValueError(by)


def _outcome(key: str, rows: list[Logged]) -> Outcome:
    settled = [row for row in rows if row.result == "SETTLED"]
    took = [(row.settled - row.opened).days for row in settled if row.settled is not None]
    return Outcome(key, len(rows), sum(not row.result for row in rows), len(settled), float(median(took)) if took else None)
