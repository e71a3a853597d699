"""What one version of a flow changed against another, as records that a page puts into words. No Django, no clock."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from dingke.approvals.calc.flow import Flow, StepRule


class What(StrEnum):
    ADDED = "ADDED"
    REMOVED = "REMOVED"
    EDITED = "EDITED"
    MOVED = "MOVED"
    SETTING = "SETTING"


@dataclass(frozen=True)
class Change:
    """``place``: index of the step after the change (before it, when it was removed); ``field``: a setting of the flow, else ""."""

    what: What
    place: int = 0
    step: StepRule | None = None
    before: StepRule | None = None
    field: str = ""
    value: Any = None


def between(before: Flow, after: Flow) -> list[Change]:
    """Steps that are the same word for word are matched first, wherever they stand; what is left is edited where it stands, else
    added or removed. No change gives an empty list.
    """
    old = dict(enumerate(before.steps))
    new = dict(enumerate(after.steps))
    matched: dict[int, int] = {}
    for place, step in new.items():
        same = [at for at, other in old.items() if other == step and at not in matched.values()]
        if same:
            matched[place] = min(same, key=lambda at: (abs(at - place), at))
    left_old = [at for at in old if at not in matched.values()]
    left_new = [at for at in new if at not in matched]
    changes = [Change(What.MOVED, place, new[place]) for place in _moved(matched)]
    edited = [place for place in left_new if place in left_old]
    changes += [Change(What.EDITED, place, new[place], before=old[place]) for place in edited]
    changes += [Change(What.REMOVED, at, old[at]) for at in left_old if at not in edited]
    changes += [Change(What.ADDED, place, new[place]) for place in left_new if place not in edited]
    for field in ("own_step", "again", "bulk", "copies"):
        if getattr(before, field) != getattr(after, field):
            changes.append(Change(What.SETTING, field=field, value=getattr(after, field)))
    return changes


def _length(run: list[int]) -> int:
    return len(run)


def _moved(matched: dict[int, int]) -> list[int]:
    """The fewest matched steps whose order changed: those outside the longest run that keeps its order."""
    places = sorted(matched)
    best: list[list[int]] = []
    for place in places:
        runs = [run for run in best if matched[run[-1]] < matched[place]]
        longest: list[int] = max(runs, key=_length, default=[])
        best.append([*longest, place])
    longest_of_all: list[int] = max(best, key=_length, default=[])
    kept = set(longest_of_all)
    return [place for place in places if place not in kept]
