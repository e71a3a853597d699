"""A-08: guards 3 and 4, and the quota of guard 5."""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dingke.insights.calc import SENTENCES
from dingke.insights.calc.care_guards import KeyAccountCare, contact_coverage, key_account_care, prospecting
from dingke.insights.calc.guards import NUMBERS, Guard, GuardResult, GuardSettings, Level

pytestmark = pytest.mark.item("A-08")
D = Decimal


def told(result: GuardResult) -> str:
    assert SENTENCES.text(result.sentence, "zh-hans")
    return SENTENCES.text(result.sentence, "en")


def test_all_five_guards_are_there() -> None:
    assert set(NUMBERS) == set(Guard)
    assert set(NUMBERS.values()) == {1, 2, 3, 4, 5}


def test_a_key_account_needs_a_team_an_assessment_and_a_next_step() -> None:
    whole = KeyAccountCare(1, 2, 365, has_step=True)
    lone, old = KeyAccountCare(2, 1, 10, has_step=True), KeyAccountCare(3, 3, 366, has_step=True)
    never, idle = KeyAccountCare(4, 2, None, has_step=True), KeyAccountCare(5, 2, 0, has_step=False)
    result = key_account_care([idle, whole, lone, old, never])
    assert (result.level, result.figure, result.threshold, result.account_ids) == (Level.BREACH, 4, 0, (2, 3, 4, 5))
    assert told(result) == "4 of 5 key accounts lack something: 1 a team of 2, 2 a value assessment within 365 days, 1 a next step."
    good = key_account_care([whole])
    assert (good.level, good.figure, good.account_ids) == (Level.OK, 0, ())
    assert "Each of 1 key accounts" in told(good)
    none = key_account_care([])
    assert (none.level, none.figure) == (Level.UNKNOWN, None)
    assert told(none)


@pytest.mark.parametrize(("covered", "level"), [(59, Level.BREACH), (60, Level.WARN), (66, Level.WARN), (67, Level.OK), (100, Level.OK)])
def test_contact_coverage_below_sixty_percent_is_a_breach(covered: int, level: Level) -> None:
    result = contact_coverage(covered=covered, others=100)
    assert (result.level, result.figure, result.threshold) == (level, D(covered) / 100, D("0.60"))
    assert f"{covered}%" in told(result)


def test_without_other_customers_there_is_no_coverage() -> None:
    result = contact_coverage(covered=0, others=0)
    assert (result.level, result.figure) == (Level.UNKNOWN, None)
    assert told(result)


def test_the_quota_of_prospects() -> None:
    short, kept = prospecting(new=9), prospecting(new=10)
    assert (short.level, kept.level, kept.threshold) == (Level.BREACH, Level.OK, 10)
    assert told(short) == "9 new potential accounts in the last three months; the least is 10."


@given(st.integers(1, 500))
def test_more_contacts_never_make_it_worse(others: int) -> None:
    order = [Level.BREACH, Level.WARN, Level.OK]
    levels = [order.index(contact_coverage(covered=covered, others=others).level) for covered in range(others + 1)]
    assert all(low <= high for low, high in pairwise(levels))


@pytest.mark.parametrize("change", [{"least_coverage": D("1.1")}, {"least_prospects": -1}, {"least_team": -1}, {"assessed_within_days": 0}])
def test_settings_are_checked(change: dict[str, object]) -> None:
    with pytest.raises(ValueError):
        GuardSettings(**change)  # type: ignore[arg-type]
