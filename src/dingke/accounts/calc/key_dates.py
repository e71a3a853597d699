"""O-03 重要日子: birthdays, company anniversaries and other days, and the reminders that are due n days before
(default 7).

A lunar date keeps its flag; it recurs on the solar days entered for it, and without a coming one it is reported as
undated rather than forgotten.
"""

from __future__ import annotations

import calendar
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from dingke.core.reasons import Label

DEFAULT_REMIND_DAYS = 7


class KeyDateKind(StrEnum):
    BIRTHDAY = "BIRTHDAY"
    COMPANY_ANNIVERSARY = "COMPANY_ANNIVERSARY"
    OTHER = "OTHER"


KIND_LABELS: dict[KeyDateKind, Label] = {
    KeyDateKind.BIRTHDAY: Label("Birthday", "生日"),
    KeyDateKind.COMPANY_ANNIVERSARY: Label("Company anniversary", "公司年庆"),
    KeyDateKind.OTHER: Label("Other date", "其他重要日子"),
}


@dataclass(frozen=True)
class KeyDate:
    """``year`` None = not known, as with most birthdays. For a lunar date month and day are lunar and ``solar_days``
    count.

    ValueError on a day that no year has, or on a single (not yearly) date without a year.
    """

    id: int
    month: int
    day: int
    year: int | None = None
    kind: KeyDateKind = KeyDateKind.OTHER
    is_yearly: bool = True
    is_lunar: bool = False
    solar_days: tuple[date, ...] = ()
    remind_days: int = DEFAULT_REMIND_DAYS

    def __post_init__(self) -> None:
        if self.remind_days < 0:
            raise ValueError("a reminder comes 0 or more days before")
        if not 1 <= self.month <= 12:
            raise ValueError("a month lies between 1 and 12")
        longest = 30 if self.is_lunar else calendar.monthrange(2024, self.month)[1]
        if not 1 <= self.day <= longest:
            raise ValueError(f"month {self.month} has no day {self.day}")
        if self.is_lunar:
            return
        if not self.is_yearly and self.year is None:
            raise ValueError("a date that does not recur needs its year")
        if self.year is not None and self.day > calendar.monthrange(self.year, self.month)[1]:
            raise ValueError(f"{self.year} has no 29 February")


@dataclass(frozen=True)
class DueReminder:
    """``years``: which anniversary it is, None when the year is not known or it is the day itself."""

    key_date: KeyDate
    occurs_on: date
    days_left: int
    years: int | None = None


@dataclass(frozen=True)
class Reminders:
    """``due`` by day; ``undated``: lunar dates whose coming solar day has to be entered."""

    due: tuple[DueReminder, ...]
    undated: tuple[KeyDate, ...]


def next_occurrence(key_date: KeyDate, *, today: date) -> date | None:
    """The next day it falls on, today included; 29 February falls on the 28th in common years. None when it is past
    or undated.
    """
    if key_date.is_lunar:
        return min((day for day in key_date.solar_days if day >= today), default=None)
    if not key_date.is_yearly:
        assert key_date.year is not None
        once = date(key_date.year, key_date.month, key_date.day)
        return once if once >= today else None
    first = max(today.year, key_date.year or today.year)
    found = _in_year(key_date, first)
    return found if found >= today else _in_year(key_date, first + 1)


def due_reminders(key_dates: Iterable[KeyDate], *, today: date) -> Reminders:
    """The dates that fall within their reminder days, soonest first, and the lunar ones that cannot be placed."""
    due: list[DueReminder] = []
    undated: list[KeyDate] = []
    for key_date in key_dates:
        occurs_on = next_occurrence(key_date, today=today)
        if occurs_on is None:
            if key_date.is_lunar and (key_date.is_yearly or not key_date.solar_days):
                undated.append(key_date)
            continue
        days_left = (occurs_on - today).days
        if days_left <= key_date.remind_days:
            years = occurs_on.year - key_date.year if key_date.year is not None and not key_date.is_lunar else 0
            due.append(DueReminder(key_date, occurs_on, days_left, years or None))
    return Reminders(
        due=tuple(sorted(due, key=lambda reminder: (reminder.occurs_on, reminder.key_date.id))),
        undated=tuple(sorted(undated, key=lambda key_date: key_date.id)),
    )


def _in_year(key_date: KeyDate, year: int) -> date:
    last = calendar.monthrange(year, key_date.month)[1]
    return date(year, key_date.month, min(key_date.day, last))
