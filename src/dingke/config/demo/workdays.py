"""Working days in mainland China, 2023 to 2026: no order is signed and no payment arrives in a holiday."""

from __future__ import annotations

from datetime import date, timedelta

_ONE_DAY = timedelta(days=1)

# First and last day of each public holiday. Weekends worked in exchange are left free: simpler, and never wrong.
_HOLIDAYS: tuple[tuple[date, date], ...] = (
    (date(2023, 9, 29), date(2023, 10, 6)),
    (date(2023, 12, 30), date(2024, 1, 1)),
    (date(2024, 2, 10), date(2024, 2, 17)),
    (date(2024, 4, 4), date(2024, 4, 6)),
    (date(2024, 5, 1), date(2024, 5, 5)),
    (date(2024, 6, 8), date(2024, 6, 10)),
    (date(2024, 9, 15), date(2024, 9, 17)),
    (date(2024, 10, 1), date(2024, 10, 7)),
    (date(2025, 1, 1), date(2025, 1, 1)),
    (date(2025, 1, 28), date(2025, 2, 4)),
    (date(2025, 4, 4), date(2025, 4, 6)),
    (date(2025, 5, 1), date(2025, 5, 5)),
    (date(2025, 5, 31), date(2025, 6, 2)),
    (date(2025, 10, 1), date(2025, 10, 8)),
    (date(2026, 1, 1), date(2026, 1, 3)),
    (date(2026, 2, 15), date(2026, 2, 23)),
    (date(2026, 4, 4), date(2026, 4, 6)),
    (date(2026, 5, 1), date(2026, 5, 5)),
    (date(2026, 6, 19), date(2026, 6, 21)),
    (date(2026, 9, 25), date(2026, 9, 27)),
    (date(2026, 10, 1), date(2026, 10, 7)),
)


def _all_holidays() -> frozenset[date]:
    days = set()
    for first, last in _HOLIDAYS:
        day = first
        while day <= last:
            days.add(day)
            day += _ONE_DAY
    return frozenset(days)


HOLIDAYS = _all_holidays()


def is_workday(day: date) -> bool:
    return day.weekday() < 5 and day not in HOLIDAYS


def on_or_before(day: date) -> date:
    """The day itself, or the last working day before it."""
    while not is_workday(day):
        day -= _ONE_DAY
    return day


def on_or_after(day: date) -> date:
    """The day itself, or the first working day after it."""
    while not is_workday(day):
        day += _ONE_DAY
    return day


def nearest(day: date) -> date:
    """The working day closest to a day, the later one of two."""
    before, after = on_or_before(day), on_or_after(day)
    return after if after - day <= day - before else before


def years_before(day: date, years: int) -> date:
    """The same day some years earlier; 29 February becomes 28 February."""
    try:
        return day.replace(year=day.year - years)
    except ValueError:
        return day.replace(year=day.year - years, day=28)


def workdays(first: date, last: date) -> list[date]:
    """Every working day from first to last, both included."""
    span = (last - first).days
    return [day for n in range(span + 1) if is_workday(day := first + timedelta(days=n))]
