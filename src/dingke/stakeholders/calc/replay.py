"""C-09: the movement of attitudes, replayed day by day from what was written down."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from dingke.stakeholders.calc.support import Voice, support_index


@dataclass(frozen=True)
class Said:
    """An attitude that was noted: of whom, on which day, with the influence of then. Later entries of a day hold."""

    person: int
    on_date: date
    attitude: str
    influence: int


@dataclass(frozen=True)
class Frame:
    """What was known at the end of a day: attitude by person (those not yet known are missing) and the support index."""

    day: date
    attitudes: dict[int, str]
    index: Decimal | None


def newest(said: Iterable[Said]) -> dict[int, Said]:
    """What holds of each person: the latest day, on it the last entry."""
    found: dict[int, Said] = {}
    for one in said:
        if one.person not in found or one.on_date >= found[one.person].on_date:
            found[one.person] = one
    return found


def frames(said: Iterable[Said]) -> tuple[Frame, ...]:
    """A frame for every day on which something was noted, in order. `said` is in the order in which it was written down."""
    by_day: dict[date, list[Said]] = {}
    for one in said:
        by_day.setdefault(one.on_date, []).append(one)
    now: dict[int, Said] = {}
    found = []
    for day in sorted(by_day):
        now = {**now, **{one.person: one for one in by_day[day]}}
        index = support_index(Voice(one.influence, one.attitude) for one in now.values())
        found.append(Frame(day, {person: one.attitude for person, one in now.items()}, index))
    return tuple(found)
