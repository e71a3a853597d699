"""Half-open periods of days: the end is the first day after the period."""

from __future__ import annotations

import calendar
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta


@dataclass(frozen=True, slots=True, order=True)
class Period:
    start: date
    end: date

    def __post_init__(self) -> None:
        if self.end < self.start:
            raise ValueError("a period ends on or after its start")

    def __contains__(self, day: date) -> bool:
        return self.start <= day < self.end

    @property
    def days(self) -> int:
        return (self.end - self.start).days


def add_months(day: date, months: int) -> date:
    """The same day some months later or earlier; a day that the month lacks becomes its last one."""
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(index, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def last_twelve_months(as_of: date) -> Period:
    """The twelve months that end with `as_of`, that day included."""
    end = as_of + timedelta(days=1)
    return Period(add_months(end, -12), end)


def twelve_months_before(period: Period) -> Period:
    return Period(add_months(period.start, -12), period.start)


def quarters(start: date, end: date) -> Iterator[tuple[str, Period]]:
    """Calendar quarters that touch the days from start to end, as ("24Q1", period)."""
    day = date(start.year, (start.month - 1) // 3 * 3 + 1, 1)
    while day <= end:
        following = add_months(day, 3)
        yield f"{day.year % 100:02d}Q{(day.month - 1) // 3 + 1}", Period(day, following)
        day = following
