"""The range of the forecast: its parts one by one, what it may never do, and a replay of an invented history."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dingke.pipeline.calc import forecast as method
from dingke.pipeline.calc.forecast import ForecastSettings

START = date(2025, 1, 1)
TODAY = date(2026, 1, 1)
FAST = ForecastSettings(draws=200)


def history(number: int = 900, *, seed: int = 7, share: float = 0.5) -> method.DealColumns:
    """Deals that begin evenly over a year, end after some weeks, half of them won, each bringing about 100; owner 1 wins more."""
    rng = np.random.default_rng(seed)
    rows = []
    for _deal in range(number):
        opened = START + timedelta(days=int(rng.integers(0, 365)))
        ended = opened + timedelta(days=int(rng.gamma(2.0, 30.0)) + 1)
        owner = int(rng.integers(1, 4))
        won = bool(rng.random() < share + (0.2 if owner == 1 else 0.0))
        over = ended < TODAY
        value = float(rng.normal(100, 10)) if won else None
        rows.append((opened, ended if over else None, won and over, value if over else None, None, None, owner, 1, None))
    return method.columns(rows)


def open_of(deals: method.DealColumns) -> method.DealColumns:
    return deals.take(np.isnat(deals.ended))


def told(deals: method.DealColumns, learned: method.Learned | None, *, months: int = 3, **more):
    bounds = np.array([TODAY, *(TODAY + timedelta(days=30 * (k + 1)) for k in range(months))], "datetime64[D]")
    given_more = {"group": np.zeros(len(deals), np.int64), "groups": 1, "group_of_owner": {}, "settings": FAST, **more}
    return method.simulate(learned, deals, bounds=bounds, **given_more)


def test_too_few_ended_deals_teach_nothing():
    assert method.learn(history(20), as_of=START + timedelta(days=10), settings=FAST) is None


def test_what_history_says():
    learned = method.learn(history(), as_of=TODAY, settings=FAST)
    assert learned.number == int((~np.isnat(history().ended)).sum())
    assert 0.5 < learned.share < 0.65
    assert learned.owners[1] > learned.owners[2]
    assert learned.values[1] == pytest.approx(100, abs=3)
    assert sum(learned.arrivals.values()) == pytest.approx(900 / 365, rel=0.2)
    half = np.interp(np.log(2), learned.ending, np.arange(len(learned.ending)) * 7.0)
    assert half == pytest.approx(50, abs=10)  # median of Gamma(2, 30)


def test_later_endings_are_not_seen():
    deals = history()
    cut = START + timedelta(days=200)
    seen = method.learn(deals, as_of=cut, settings=FAST)
    day = np.datetime64(cut, "D")
    hidden = deals.ended >= day
    blind = replace(
        deals,
        ended=np.where(hidden, np.datetime64("NaT"), deals.ended),
        won=deals.won & ~hidden,
        value=np.where(hidden, np.nan, deals.value),
    )
    again = method.learn(blind, as_of=cut, settings=FAST)
    assert (seen.number, seen.share, seen.owners) == (again.number, again.share, again.owners)
    assert np.array_equal(seen.ending, again.ending)


@pytest.mark.parametrize(("won", "number", "expected"), [(0, 0, 0.6), (20, 20, 0.8), (0, 20, 0.3), (2_000, 2_000, 0.996)])
def test_shares_are_drawn_towards_the_whole(won, number, expected):
    assert method.shrunk(won, number, 0.6, 20) == pytest.approx(expected, abs=0.001)


def test_the_same_seed_gives_the_same_range():
    deals = history()
    learned = method.learn(deals, as_of=TODAY, settings=FAST)
    first, second = told(open_of(deals), learned), told(open_of(deals), learned)
    assert np.array_equal(first.all_low, second.all_low)
    assert np.array_equal(first.mean, second.mean)


def test_the_range_is_in_order_and_stays_below_everything():
    deals = history()
    learned = method.learn(deals, as_of=TODAY, settings=FAST)
    found = told(open_of(deals), learned)
    assert (found.all_low <= found.all_middle).all()
    assert (found.all_middle <= found.all_high).all()
    assert (found.all_low >= 0).all()
    assert found.all_high.sum() < len(open_of(deals)) * 110 * 1.5
    assert found.basis == "HISTORY"


def test_the_draws_agree_with_the_expected_value():
    deals = history()
    learned = method.learn(deals, as_of=TODAY, settings=FAST)
    standing = open_of(deals)
    bounds = np.array([TODAY, TODAY + timedelta(days=30)], "datetime64[D]")
    quiet = replace(learned, arrivals={})
    found = told(standing, quiet, months=1)
    assert found.mean[0, 0] == pytest.approx(method.expected_value(quiet, standing, bounds), rel=0.05)


def test_groups_add_up():
    deals = history()
    learned = method.learn(deals, as_of=TODAY, settings=FAST)
    standing = open_of(deals)
    places = {1: 0, 2: 1, 3: 2}
    group = np.array([places[int(one)] for one in standing.owner], np.int64)
    found = told(standing, learned, group=group, groups=3, group_of_owner=places)
    whole = told(standing, learned, group_of_owner=dict.fromkeys(places, 0))
    assert found.mean.sum() == pytest.approx(whole.mean.sum(), rel=0.05)
    assert (found.mean > 0).all()


def test_new_deals_only_add():
    deals = history()
    learned = method.learn(deals, as_of=TODAY, settings=FAST)
    standing = open_of(deals)
    fresh = dict.fromkeys(learned.arrivals, 0)
    assert (
        told(standing, learned, group_of_owner=fresh).all_middle[-1]
        > told(standing, learned, group_of_owner=fresh, with_new=False).all_middle[-1]
    )


def test_an_expected_date_moves_the_money():
    """With slips on record a deal is won around its date, not by its age."""
    deals = history()
    dated = replace(deals, expected=np.where(deals.won, deals.ended - np.timedelta64(3, "D"), deals.expected))
    learned = method.learn(dated, as_of=TODAY, settings=FAST)
    assert set(learned.slips) == {3.0}
    late = method.columns([(TODAY - timedelta(days=20), None, False, None, 100.0, TODAY + timedelta(days=40), 1, 1, None)] * 50)
    found = told(late, replace(learned, spread=0.0), with_new=False)
    assert (found.mean[0] > 0).tolist() == [False, True, False]


def test_without_history_the_stored_probability_and_date_count():
    deals = method.columns([(START, None, False, None, 100.0, TODAY + timedelta(days=10), 1, 0, None)] * 200)
    found = told(deals, None, stored=np.full(200, 0.5), settings=replace(FAST, spread=0.01))
    assert found.basis == "STORED"
    assert found.mean[0, 0] == pytest.approx(10_000, rel=0.03)
    assert found.mean[0, 1:].sum() == 0
    with pytest.raises(ValueError, match="stored probabilities"):
        told(deals, None)


@settings(max_examples=15, deadline=None)
@given(st.floats(0.02, 0.9), st.floats(0.02, 0.9))
def test_a_better_stage_never_brings_less(low, high):
    deals = history()
    learned = replace(method.learn(deals, as_of=TODAY, settings=FAST), spread=0.0)
    standing = open_of(deals)
    worse = replace(standing, stage_share=np.full(len(standing), min(low, high)))
    better = replace(standing, stage_share=np.full(len(standing), max(low, high)))
    first, second = told(worse, learned, with_new=False), told(better, learned, with_new=False)
    assert second.mean.sum() >= first.mean.sum() - 1e-6
    assert (method.win_shares(learned, better) >= method.win_shares(learned, worse) - 1e-12).all()


def test_chances_of_a_deal_are_chances():
    deals = history()
    learned = method.learn(deals, as_of=TODAY, settings=FAST)
    bounds = np.array([TODAY + timedelta(days=30 * k) for k in range(12)], "datetime64[D]")
    chances = method.ending_chances(learned, open_of(deals), bounds)
    assert (chances >= 0).all()
    assert (chances.sum(axis=1) <= 1 + 1e-9).all()


def test_a_steady_company_is_forecast_inside_its_range():
    deals = history(2_400)
    periods = [(START + timedelta(days=180 + 60 * k), START + timedelta(days=240 + 60 * k)) for k in range(3)]
    replayed = method.backtest(deals, periods, settings=FAST)
    assert len(replayed) == 3
    assert sum(one.is_inside for one in replayed) >= 2
    assert method.backtest(deals, [(START, START + timedelta(days=30))], settings=FAST) == ()


@pytest.mark.parametrize("change", [{"draws": 1}, {"strength": 0}, {"low": 0.9}, {"high": 1.0}, {"window_days": 1}])
def test_settings_that_give_no_range_are_refused(change):
    with pytest.raises(ValueError, match="range"):
        ForecastSettings(**change)


def test_no_deals_at_all():
    empty = method.columns([])
    assert method.learn(empty, as_of=TODAY, settings=FAST) is None
    found = told(empty, None, stored=np.array([]))
    assert found.all_high.tolist() == [0, 0, 0]
