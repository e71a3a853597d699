"""The buying rhythm (D-11, D-17)."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dingke.insights.calc.rhythm import BuyingRhythm, beyond_simple_limit, rhythms, typical_gap
from dingke.insights.calc.warning import Gaps, WarningSettings
from dingke.insights.tests.history_makers import gaps_of

MANY = [[30, 35, 28, 31], [60, 70, 55], [7, 9, 6, 8, 7, 10], [90, 110], [14, 20, 12, 15], [45, 38, 50]]
lists_of_gaps = st.lists(st.lists(st.integers(1, 400), min_size=2, max_size=12), min_size=3, max_size=12)


def fitted(accounts: list[list[float]], silent: list[float] | None = None) -> tuple[BuyingRhythm, Gaps, np.ndarray]:
    gaps = gaps_of(*accounts)
    repeats = np.array([float(len(one)) for one in accounts])
    days = np.array(silent or [1.0] * len(accounts))
    return BuyingRhythm().fit(gaps, repeats=repeats, silent=days), gaps, repeats


@pytest.mark.item("D-11")
def test_the_simple_rule_of_the_source():
    """Cycle 40 days, the limit is 60, 65 days have passed: a signal."""
    days, cycle = np.array([65.0, 60.0, 61.0, np.nan, 65.0]), np.array([40.0, 40.0, 40.0, 40.0, np.nan])
    assert beyond_simple_limit(days, cycle).tolist() == [1.0, 0.0, 1.0, 0.0, 0.0]


def test_the_typical_gap_is_the_geometric_mean():
    assert typical_gap(gaps_of([20, 80], [10]))[0] == pytest.approx(40)
    assert np.isnan(typical_gap(gaps_of([20, 80], [10]))[1])


@pytest.mark.item("O-18")
def test_the_same_silence_is_grave_for_one_and_nothing_for_another():
    model, gaps, repeats = fitted(MANY)
    lost = model.probability_lost(gaps, repeats=repeats, silent=np.full(6, 60.0))
    assert lost[2] > 0.9  # ordered weekly
    assert lost[3] < 0.2  # orders every hundred days
    assert lost[2] > lost[0] > lost[5] > lost[1] > lost[3]


def test_a_hand_checked_probability():
    """One account, told by hand: S = 1/2 at the own typical gap, so P = a / (a + (b + n) / 2)."""
    model = BuyingRhythm()
    model.centre_, model.between_, model.within_ = np.log(40), 0.3, 0.2
    model.leaves_a_, model.leaves_b_ = 1.0, 9.0
    gaps = gaps_of([40, 40, 40])
    assert model.still_silent(gaps, np.array([40.0]))[0] == pytest.approx(0.5)
    assert model.probability_lost(gaps, repeats=np.array([3.0]), silent=np.array([40.0]))[0] == pytest.approx(1 / (1 + 12 / 2))
    assert model.probability_lost(gaps, repeats=np.array([3.0]), silent=np.array([0.0]))[0] == pytest.approx(1 / 13)
    assert np.isnan(model.probability_lost(gaps, repeats=np.array([3.0]), silent=np.array([np.nan]))[0])


@settings(deadline=None, max_examples=12)
@given(lists_of_gaps, st.floats(1, 500), st.floats(1, 500))
def test_longer_silence_is_never_less_grave(accounts, one, other):
    model, gaps, repeats = fitted(accounts)
    size = len(accounts)
    short = model.probability_lost(gaps, repeats=repeats, silent=np.full(size, min(one, other)))
    long = model.probability_lost(gaps, repeats=repeats, silent=np.full(size, max(one, other)))
    assert (long >= short - 1e-12).all()
    assert ((short >= 0) & (long <= 1)).all()


@settings(deadline=None, max_examples=12)
@given(lists_of_gaps, st.floats(0.05, 50))
def test_days_weeks_or_hours_give_the_same(accounts, scale):
    silent = [float(2 * one[0]) for one in accounts]
    model, gaps, repeats = fitted(accounts, silent)
    scaled, scaled_gaps, _repeats = fitted([[gap * scale for gap in one] for one in accounts], [day * scale for day in silent])
    told = model.probability_lost(gaps, repeats=repeats, silent=np.array(silent))
    again = scaled.probability_lost(scaled_gaps, repeats=repeats, silent=np.array(silent) * scale)
    assert told == pytest.approx(again, abs=2e-3)


def test_few_gaps_are_drawn_to_the_others_more_than_many():
    """Two gaps of 5 days among accounts that order every 100 say less than twenty."""
    others = [[100, 105, 95, 110, 98]] * 8 + [[60, 70, 65]] * 4
    gaps = gaps_of([5, 5], [5] * 20, *others)
    size = len(others) + 2
    model = BuyingRhythm().fit(gaps, repeats=np.full(size, 5.0), silent=np.full(size, 1.0))
    still = model.still_silent(gaps, np.full(size, 15.0))
    assert still[0] > still[1]


def test_clockwork_among_random_buyers_is_judged_by_its_own_spread():
    """One orders every 40 days sharp, sixty as it comes: a hundred days without an order mean nothing there, and all here."""
    rng = np.random.default_rng(3)
    others = [np.ceil(rng.exponential(40, 12)).tolist() for _ in range(60)]
    model, gaps, repeats = fitted([[38, 42, 40, 41, 39, 40, 40, 43, 38], [40, 40], *others])
    silent = np.full(62, 100.0)
    lost = model.probability_lost(gaps, repeats=repeats, silent=silent)
    assert model.still_silent(gaps, silent)[0] < 1e-4
    assert lost[0] > 0.9
    assert lost[1:].max() < 0.5  # two equal gaps are no clockwork yet


def test_the_share_of_leavers_is_learned():
    """300 customers with regular gaps of 30 days and five orders each; half of them silent for a year."""
    accounts = [[28, 30, 33, 29, 31]] * 300
    quiet = [365.0] * 150 + [10.0] * 150
    gaps, repeats = gaps_of(*accounts), np.full(300, 5.0)
    model = BuyingRhythm().fit(gaps, repeats=repeats, silent=np.array(quiet))
    leaves = model.leaves_a_ / (model.leaves_a_ + model.leaves_b_)
    assert 0.06 < leaves < 0.2  # 150 leavings in 300 x 6 orders, as far as they can be told
    lost = model.probability_lost(gaps, repeats=repeats, silent=np.array(quiet))
    assert lost[:150].min() > 0.95
    assert lost[150:].max() < 0.25


@pytest.mark.item("D-11")
def test_a_rare_silence_is_told_where_hardly_anybody_ever_left():
    """Loyal customers of irregular rhythm: P stays small, because nobody is known to have gone; the silence alone is strange enough."""
    irregular = [[5, 60, 9, 40, 14, 80, 7, 33, 21, 12] for _each in range(60)]
    gaps = gaps_of(*irregular)
    repeats, silent = np.full(60, 10.0), np.full(60, 10.0)
    silent[0] = 240.0
    found = rhythms(gaps, repeats=repeats, silent=silent, settings=WarningSettings())
    assert found.probability_lost[0] < 0.5
    assert found.still_silent[0] < 0.05
    assert found.is_broken.tolist() == [True] + [False] * 59
    assert not rhythms(gaps, repeats=repeats, silent=silent, settings=WarningSettings(rare_from=Decimal(0))).is_broken.any()


def test_nobody_and_nothing_to_learn_from():
    model = BuyingRhythm().fit(gaps_of([10], []), repeats=np.array([1.0, 0.0]), silent=np.array([400.0, np.nan]))
    lost = model.probability_lost(gaps_of([10], []), repeats=np.array([1.0, 0.0]), silent=np.array([400.0, np.nan]))
    assert lost[0] < 0.5
    assert np.isnan(lost[1])
