"""J-05, J-06, J-11, J-15: days open, the day on which all are settled, steps, outcomes."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dingke.qualification.calc import objections as calc
from dingke.qualification.calc.objections import Logged

TODAY = date(2026, 11, 24)


def logged(opened: int, settled: int | None = None, result: str | None = None, **fields: object) -> Logged:
    """Days before today."""
    day = None if settled is None else TODAY - timedelta(days=settled)
    return Logged(TODAY - timedelta(days=opened), day, ("SETTLED" if result is None else result) if day else "", **fields)  # type: ignore[arg-type]


@pytest.mark.item("J-15")
def test_days_open() -> None:
    assert calc.days_open(date(2026, 11, 1), date(2026, 11, 9), today=TODAY) == 8
    assert calc.days_open(date(2026, 11, 14), None, today=TODAY) == 10
    with pytest.raises(ValueError, match="before"):
        calc.days_open(date(2026, 11, 14), date(2026, 11, 1), today=TODAY)


@pytest.mark.item("J-15")
def test_all_settled_is_the_day_of_the_last_one() -> None:
    state = calc.state_of([logged(20, 4), logged(12, 9)], today=TODAY)
    assert (state.open, state.all_settled, state.longest_days) == (0, TODAY - timedelta(days=4), 16)
    waiting = calc.state_of([logged(20, 4), logged(12)], today=TODAY)
    assert (waiting.open, waiting.all_settled, waiting.oldest_open_days) == (1, None, 12)
    assert calc.state_of([], today=TODAY).all_settled is None


@pytest.mark.item("J-05")
def test_a_deal_past_the_demo_without_objections_is_too_quiet() -> None:
    assert calc.is_too_quiet(is_past_demo=True, total=0)
    assert not calc.is_too_quiet(is_past_demo=True, total=1)
    assert not calc.is_too_quiet(is_past_demo=False, total=0)


@pytest.mark.item("J-11")
def test_steps_come_in_their_order() -> None:
    assert calc.may_take("INQUIRE", [])
    assert not calc.may_take("DISSOLVE", ["INQUIRE"])
    assert calc.may_take("DISSOLVE", ["SUGGEST", "INQUIRE"])
    with pytest.raises(ValueError, match="not in"):
        calc.may_take("ARGUE", [])


@pytest.mark.item("J-06")
def test_an_answer_that_is_put_off_has_a_day() -> None:
    assert calc.needs_due_date("LATER", None)
    assert not calc.needs_due_date("LATER", TODAY)
    assert not calc.needs_due_date("NOW", None)


def test_outcomes_by_cause_count_an_objection_in_each() -> None:
    rows = [
        logged(9, 1, causes=("BUDGET", "EXCUSE")),
        logged(9, 5, causes=("BUDGET",)),
        logged(3, causes=("BUDGET",)),
        logged(8, 2, "BROKE", causes=("EXCUSE",)),
    ]
    budget, excuse = calc.outcomes(rows, "cause")
    assert (budget.key, budget.total, budget.open, budget.settled, budget.settled_share, budget.median_days) == (
        "BUDGET",
        3,
        1,
        2,
        1.0,
        6.0,
    )
    assert (excuse.key, excuse.settled_share, excuse.median_days) == ("EXCUSE", 0.5, 8.0)
    with pytest.raises(ValueError, match="colour"):
        calc.outcomes(rows, "colour")


@given(st.lists(st.builds(logged, st.integers(20, 90), st.none() | st.integers(0, 20), st.sampled_from(["SETTLED", "STANDS", "BROKE"]))))
def test_shares_stay_in_range(rows: list[Logged]) -> None:
    for outcome in calc.outcomes(rows, "kind"):
        assert outcome.open + outcome.closed == outcome.total == len(rows)
        assert outcome.settled_share is None or 0 <= outcome.settled_share <= 1
