from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dingke.accounts.calc.key_dates import KIND_LABELS, KeyDate, KeyDateKind, due_reminders, next_occurrence

TODAY = date(2025, 6, 30)


@pytest.mark.item("O-03")
@pytest.mark.parametrize(
    ("key_date", "today", "expected"),
    [
        (KeyDate(1, 6, 30), TODAY, date(2025, 6, 30)),
        (KeyDate(1, 7, 1), TODAY, date(2025, 7, 1)),
        (KeyDate(1, 6, 29), TODAY, date(2026, 6, 29)),
        (KeyDate(1, 12, 31, 1990), TODAY, date(2025, 12, 31)),
        (KeyDate(1, 2, 29), TODAY, date(2026, 2, 28)),
        (KeyDate(1, 2, 29, 2000), date(2027, 3, 1), date(2028, 2, 29)),
        (KeyDate(1, 2, 29), date(2027, 2, 28), date(2027, 2, 28)),
        (KeyDate(1, 5, 1, 2030), TODAY, date(2030, 5, 1)),
        (KeyDate(1, 9, 1, 2025, is_yearly=False), TODAY, date(2025, 9, 1)),
        (KeyDate(1, 5, 1, 2025, is_yearly=False), TODAY, None),
        (KeyDate(1, 8, 15, is_lunar=True), TODAY, None),
        (KeyDate(1, 8, 15, is_lunar=True, solar_days=(date(2024, 9, 17), date(2025, 10, 6))), TODAY, date(2025, 10, 6)),
        (KeyDate(1, 2, 30, is_lunar=True), TODAY, None),
    ],
)
def test_next_occurrence(key_date: KeyDate, today: date, expected: date | None) -> None:
    assert next_occurrence(key_date, today=today) == expected


@pytest.mark.item("O-03")
def test_reminders_seven_days_before() -> None:
    dates = [
        KeyDate(1, 7, 7, 1985, KeyDateKind.BIRTHDAY),
        KeyDate(2, 7, 8),
        KeyDate(3, 6, 30, 2005, KeyDateKind.COMPANY_ANNIVERSARY),
        KeyDate(4, 7, 20, remind_days=20),
        KeyDate(5, 8, 15, is_lunar=True),
        KeyDate(6, 6, 29),
    ]
    found = due_reminders(dates, today=TODAY)
    assert [(due.key_date.id, due.days_left, due.years) for due in found.due] == [(3, 0, 20), (1, 7, 40), (4, 20, None)]
    assert [key_date.id for key_date in found.undated] == [5]


@pytest.mark.item("O-03")
@given(st.dates(date(1950, 1, 1), date(2040, 12, 31)), st.dates(date(2020, 1, 1), date(2035, 12, 31)))
def test_a_yearly_date_comes_within_a_year(start: date, today: date) -> None:
    found = next_occurrence(KeyDate(1, start.month, start.day), today=today)
    assert found is not None
    assert timedelta(0) <= found - today <= timedelta(days=366)
    assert (found.month, found.day) in {(start.month, start.day), (2, 28)}


@pytest.mark.item("O-03")
@pytest.mark.parametrize(
    "wrong",
    [
        {"month": 13, "day": 1},
        {"month": 4, "day": 31},
        {"month": 2, "day": 29, "year": 2023},
        {"month": 2, "day": 31, "is_lunar": True},
        {"month": 5, "day": 1, "is_yearly": False},
        {"month": 5, "day": 1, "remind_days": -1},
    ],
)
def test_impossible_dates_are_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError):
        KeyDate(id=1, **wrong)  # type: ignore[arg-type]


def test_every_kind_has_a_label() -> None:
    assert set(KIND_LABELS) == set(KeyDateKind)
