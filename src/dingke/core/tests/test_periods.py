from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dingke.core.periods import Period, add_months, last_twelve_months, quarters, twelve_months_before

days = st.dates(date(1990, 1, 1), date(2090, 12, 31))


@given(day=days)
def test_the_last_twelve_months_end_with_the_day_and_meet_the_twelve_before(day):
    period = last_twelve_months(day)
    assert day in period
    assert twelve_months_before(period).end == period.start
    assert 364 <= period.days <= 366


@given(day=days, months=st.integers(-240, 240))
def test_a_month_later_is_never_a_day_that_does_not_exist(day, months):
    later = add_months(day, months)
    assert later.day <= day.day
    assert (later.year * 12 + later.month) - (day.year * 12 + day.month) == months


def test_a_period_holds_its_start_and_not_its_end():
    period = Period(date(2026, 1, 1), date(2026, 2, 1))
    assert date(2026, 1, 1) in period
    assert date(2026, 2, 1) not in period
    with pytest.raises(ValueError, match="ends on or after"):
        Period(date(2026, 2, 1), date(2026, 1, 1))


def test_quarters_cover_the_days_asked_for():
    assert [name for name, _ in quarters(date(2025, 11, 3), date(2026, 7, 1))] == ["25Q4", "26Q1", "26Q2", "26Q3"]
