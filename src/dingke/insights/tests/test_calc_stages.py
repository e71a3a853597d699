"""The stage report's figures: worked examples and what must hold for any history."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from statistics import median

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dingke.accounts.calc.lifecycle import LifecycleStage as S
from dingke.core.periods import Period
from dingke.insights.calc.stages import Change, Spell, StageLimits, Step, What, belongs, flows, median_days, number_over, spells, step

pytestmark = pytest.mark.item("D-01")
DAY = date(2026, 1, 1)
YEAR = Period(DAY, date(2027, 1, 1))


def on(day: int, stage: S, account: int = 1) -> Change:
    return Change(account, stage, DAY + timedelta(days=day))


def test_a_history_becomes_stays():
    stays = spells([on(30, S.NEW), on(-60, S.POTENTIAL), on(130, S.DECLINING), on(140, S.DECLINING)])
    assert stays == [
        Spell(1, None, S.POTENTIAL, DAY - timedelta(days=60), DAY + timedelta(days=30), S.NEW),
        Spell(1, S.POTENTIAL, S.NEW, DAY + timedelta(days=30), DAY + timedelta(days=130), S.DECLINING),
        Spell(1, S.NEW, S.DECLINING, DAY + timedelta(days=130)),
    ]
    assert [spell.days(DAY + timedelta(days=150)) for spell in stays] == [90, 100, 20]
    assert stays[2].days(DAY) == 0


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (S.POTENTIAL, S.NEW, Step.ON),
        (S.POTENTIAL, S.MATURE, Step.ON),
        (S.MATURE, S.GROWING, Step.BACK),
        (S.GROWING, S.DECLINING, Step.DECLINED),
        (S.POTENTIAL, S.DECLINING, Step.DECLINED),
        (S.DECLINING, S.GROWING, Step.ON),
        (S.DECLINING, S.POTENTIAL, Step.ON),
    ],
)
def test_what_a_move_means(before, after, expected):
    assert step(before, after) is expected


def test_a_move_leads_elsewhere():
    with pytest.raises(ValueError, match="another stage"):
        step(S.NEW, S.NEW)


def test_the_figures_of_a_year():
    # Four potential customers: one becomes new after 90 days, one after 30, one stays, one was there before and is lost.
    changes = [
        *(on(-60, S.POTENTIAL, 1), on(30, S.NEW, 1)),
        *(on(10, S.POTENTIAL, 2), on(40, S.NEW, 2), on(200, S.DECLINING, 2)),
        on(20, S.POTENTIAL, 3),
        *(on(-400, S.POTENTIAL, 4), on(100, S.DECLINING, 4)),
    ]
    found = flows(spells(changes), YEAR)
    potential, new, _growing, mature, declining = found.stages
    assert (potential.stood, potential.arrived, potential.came, potential.held) == (2, 2, 0, 4)
    assert (potential.on, potential.back, potential.declined, potential.left, potential.stands) == (2, 0, 1, 3, 1)
    assert potential.conversion == Decimal("0.5")
    assert potential.median_days == 90  # 30, 90 and 500 days
    assert (new.came, new.declined, new.stands, new.conversion, new.median_days) == (2, 1, 1, 0, 160)
    assert (mature.held, mature.conversion, mature.median_days) == (0, None, None)
    assert (declining.came, declining.stands) == (2, 2)
    assert found.moves == {(S.POTENTIAL, S.NEW): 2, (S.NEW, S.DECLINING): 1, (S.POTENTIAL, S.DECLINING): 1}


@pytest.mark.parametrize(
    ("counts", "expected"), [({}, None), ({7: 1}, 7), ({10: 1, 20: 1}, 15), ({10: 3, 20: 2}, 10), ({1: 1, 2: 1, 9: 1}, 2)]
)
def test_medians(counts, expected):
    assert median_days(counts) == expected


def test_over_the_limit_is_more_days_than_it():
    assert number_over({90: 2, 91: 3, 400: 1}, 90) == 4
    assert number_over({9000: 5}, None) == 0


def test_limits_are_days_or_none():
    limits = StageLimits(potential=90, mature=None)
    assert [limits.of(stage) for stage in S] == [90, 180, 730, None, 90]
    for days in (0, -3, 3650):
        with pytest.raises(ValueError, match="between 1 and 3649"):
            StageLimits(new=days)


changes = st.lists(st.builds(on, st.integers(-500, 500), st.sampled_from(S), st.integers(1, 6)), max_size=40)
periods = st.tuples(st.integers(-500, 500), st.integers(0, 400)).map(
    lambda pair: Period(DAY + timedelta(days=pair[0]), DAY + timedelta(days=pair[0] + pair[1]))
)


@given(changes, periods)
def test_what_stood_and_entered_either_left_or_stands(given_changes, period):
    stays = spells(given_changes)
    for flow in flows(stays, period).stages:
        assert flow.held - flow.left == flow.stands
        assert flow.conversion is None or 0 <= flow.conversion <= 1


@given(changes, periods)
def test_every_figure_counts_the_list_behind_it(given_changes, period):
    stays = spells(given_changes)
    found = flows(stays, period)
    for flow in found.stages:
        for what in What:
            listed = [spell for spell in stays if spell.stage is flow.stage and belongs(spell, what, period)]
            assert len(listed) == getattr(flow, what.value)
    assert sum(found.moves.values()) == sum(flow.left for flow in found.stages) == sum(flow.came for flow in found.stages)


@given(changes)
def test_everybody_stands_somewhere_from_the_first_day_on(given_changes):
    stays = spells(given_changes)
    forever = Period(DAY - timedelta(days=9_000), DAY + timedelta(days=9_000))
    assert sum(flow.stands for flow in flows(stays, forever).stages) == len({change.account_id for change in given_changes})
    for spell in stays:
        assert spell.end is None or (spell.start <= spell.end and spell.following not in (None, spell.stage))


@given(changes, periods, st.integers(0, 400))
def test_periods_that_follow_each_other_add_up(given_changes, period, cut):
    """What stands at the end of one stood at the start of the next, and moves of both are the moves of the whole."""
    stays = spells(given_changes)
    middle = min(period.start + timedelta(days=cut), period.end)
    first, second = flows(stays, Period(period.start, middle)), flows(stays, Period(middle, period.end))
    assert [flow.stands for flow in first.stages] == [flow.stood for flow in second.stages]
    whole = flows(stays, period)
    pairs = {*first.moves, *second.moves}
    assert whole.moves == {pair: first.moves.get(pair, 0) + second.moves.get(pair, 0) for pair in pairs}


@given(st.lists(st.integers(0, 60), min_size=1))
def test_the_weighted_median_is_the_median(days):
    counts = {day: days.count(day) for day in days}
    assert median_days(counts) == Decimal(str(median(days)))
    assert sorted(days)[0] <= median_days(counts) <= sorted(days)[-1]


@given(st.dictionaries(st.integers(0, 60), st.integers(1, 9)), st.integers(1, 60))
def test_a_higher_limit_finds_no_more(counts, limit):
    assert number_over(counts, limit + 1) <= number_over(counts, limit) <= sum(counts.values())
