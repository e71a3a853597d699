"""The replay of early warning on histories whose outcome is known (O-19)."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dingke.insights import signals
from dingke.insights.calc import backtest
from dingke.insights.calc.backtest import AS_MANY, FIXED, SIMPLE, TOGETHER
from dingke.insights.calc.history import History, columns_at
from dingke.insights.calc.warning import Combined, Context, Signs, WarningSettings, combine
from dingke.insights.calc.weakening import WeakeningSettings
from dingke.insights.tests.history_makers import every, history

START, END = date(2023, 1, 1), date(2026, 6, 30)
CUT = date(2025, 6, 30)


def silent_60(context: Context) -> Combined:
    """A signal that is easily followed: silent for 60 days or more."""
    with np.errstate(invalid="ignore"):
        rows = np.flatnonzero(context.days_silent >= 60)
    return combine(context.columns, [Signs("SILENT_60", rows, np.full(len(rows), 1.0), "X")], context.settings)


def replayed(given_history: History, *, cuts: list[date], judge=silent_60, **settings) -> backtest.Backtest:
    return backtest.replay(given_history, cuts=cuts, judge=judge, settings=WarningSettings(**settings), weakening=WeakeningSettings())


def month_ends(first: date, last: date) -> list[date]:
    days = [first + timedelta(days=step) for step in range((last - first).days + 1)]
    return [day for day in days if (day + timedelta(days=1)).day == 1]


@pytest.mark.item("O-19")
def test_a_history_with_known_precision_recall_and_lead_time():
    """Four customers at monthly cuts from January to June 2025; a loss is 180 days without an order.

    1 orders every 20 days for ever. 2 stops after 2025-01-11: warned on 2025-03-31 (79 days silent), lost on 2025-07-10, 101 days
    later. 3 orders every 20 days, stays away from 2025-02-10 until 2025-05-01 (80 days) and goes on: a false alarm on
    2025-04-30. 4 stops after 2024-10-03 (89 days silent at the end of December), is warned of on 2025-01-31, the first cut, and is
    lost on 2025-04-01.
    """
    one = every(20, START, END)
    two = every(20, date(2023, 1, 2), date(2025, 1, 11))
    three = every(20, date(2023, 1, 1), date(2025, 2, 10)) + every(20, date(2025, 5, 1), END)
    four = every(20, date(2023, 1, 2), date(2024, 10, 3))
    assert (two[-1][0], three[-1][0] > CUT, four[-1][0]) == (date(2025, 1, 11), True, date(2024, 10, 3))
    last_before = max(day for day, _yuan in three if day < date(2025, 5, 1))
    assert (date(2025, 4, 30) - last_before).days >= 60

    found = replayed(history(one, two, three, four), cuts=month_ends(date(2025, 1, 1), date(2025, 6, 30)))
    rule = found.rules["SILENT_60"]
    assert (rule.warnings, rule.right, rule.lost) == (3, 2, 2)
    assert (rule.precision, rule.recall) == (pytest.approx(2 / 3), 1.0)
    assert (rule.losses, rule.caught) == (2, 2)
    assert sorted(rule.lead) == [60, 101]
    cases = {(case.what, case.account_id): case for case in found.cases if case.rule == "SILENT_60"}
    assert set(cases) == {("RIGHT", 2), ("RIGHT", 4), ("FALSE_ALARM", 3), ("CAUGHT", 2), ("CAUGHT", 4)}
    assert (cases["CAUGHT", 2].day, cases["CAUGHT", 2].lead) == (date(2025, 7, 10), 101)
    assert (cases["CAUGHT", 4].day, cases["RIGHT", 4].day) == (date(2025, 4, 1), date(2025, 1, 31))


def test_a_customer_that_shrinks_by_more_than_half_counts_as_right():
    """1,000 every 30 days, then 400: 60% less. With 600 it is 40% less, which is no loss."""
    shrinks = every(30, START, CUT) + every(30, CUT + timedelta(days=20), END, 400)
    stays = every(30, START, CUT) + every(30, CUT + timedelta(days=20), END, 600)
    found = replayed(history(shrinks, stays), cuts=[CUT], judge=warn_all)
    rule = found.rules["ALWAYS"]
    assert (rule.warnings, rule.right, rule.lost) == (2, 1, 0)
    assert (found.judged, found.bad, found.lost) == (2, 1, 0)


def warn_all(context: Context) -> Combined:
    rows = np.arange(len(context.columns))
    return combine(context.columns, [Signs("ALWAYS", rows, np.full(len(rows), 1.0), "X")], context.settings)


def test_an_outcome_that_is_not_known_yet_is_not_counted():
    found = replayed(history(every(20, START, END)), cuts=[date(2026, 3, 31)], judge=warn_all)
    assert (found.at_risk, found.judged, found.open) == (1, 0, 1)
    assert found.rules["ALWAYS"].warnings == 0


def test_a_customer_lost_long_ago_is_no_warning():
    found = replayed(history(every(20, START, date(2024, 6, 30)), every(20, START, END)), cuts=[CUT], judge=warn_all)
    assert (found.at_risk, found.rules["ALWAYS"].warnings) == (1, 1)


def test_its_own_cycle_moves_the_loss_date():
    """120 days between orders: lost after 240, not after 180."""
    slow = every(120, START, date(2025, 6, 20))
    found = replayed(history(slow, every(10, START, END)), cuts=[CUT], judge=warn_all)
    day = next(case.day for case in found.cases if case.what == "CAUGHT")
    assert day == slow[-1][0] + timedelta(days=240)


orders = st.lists(st.tuples(st.integers(0, 1200), st.integers(1, 5_000)), min_size=4, max_size=40)


@settings(deadline=None, max_examples=15)
@given(st.lists(orders, min_size=2, max_size=5), orders)
def test_nothing_later_than_the_cut_can_reach_what_is_judged(accounts, later):
    """The future is replaced by another one, and all that is judged at the cut stays the same to the last bit."""
    past = [[(START + timedelta(days=day), yuan) for day, yuan in one] for one in accounts]
    future = [[(CUT + timedelta(days=1 + day), yuan) for day, yuan in later] for _one in accounts]
    whole = history(*past)
    changed = history(*([*[order for order in one if order[0] <= CUT], *more] for one, more in zip(past, future, strict=True)))
    told = []
    for one in (whole, changed):
        context = Context(CUT, columns_at(one, CUT), is_replay=True)
        told.append(signals.judge_company(context))
    assert np.array_equal(told[0].probability, told[1].probability)
    assert np.array_equal(told[0].value, told[1].value)
    assert [signs.rows.tolist() for signs in told[0].signs] == [signs.rows.tolist() for signs in told[1].signs]


def test_what_came_after_a_cut_does_not_change_its_warnings():
    """In the whole replay: who is warned of at the first cut does not hang on what follows."""
    past = [every(25, START, date(2025, 3, 1)), every(30, START, CUT), every(50, START, CUT)]
    one = history(*past, every(20, START, END))
    other = history(*[[*orders, *every(11, CUT + timedelta(days=1), END, 9_999)] for orders in past], every(20, START, END))
    warned = [
        {
            case.account_id
            for case in replayed(each, cuts=[CUT], judge=signals.judge_company).cases
            if case.what in {"RIGHT", "FALSE_ALARM"} and case.rule == TOGETHER
        }
        for each in (one, other)
    ]
    assert warned[0] == warned[1] == {1}


def test_own_rhythms_beat_fixed_days_where_rhythms_differ():
    """Forty customers order every 100 days and go on; forty order weekly, and ten of those stop. A silence of 90 days means
    nothing for the first and comes late for the second."""
    rng = np.random.default_rng(7)

    def irregular(gap: float, until: date) -> list[tuple[date, int]]:
        days, day = [], START + timedelta(days=int(rng.integers(0, 20)))
        while day <= until:
            days.append((day, 1_000))
            day += timedelta(days=max(1, round(gap * rng.lognormal(0, 0.15))))
        return days

    slow = [irregular(100, END) for _one in range(40)]
    quick = [irregular(7, END) for _one in range(30)]
    lost = [irregular(7, date(2025, 4, 1) + timedelta(days=9 * step)) for step in range(10)]
    found = replayed(history(*slow, *quick, *lost), cuts=month_ends(date(2025, 1, 1), date(2025, 12, 31)), judge=signals.judge_company)
    ours, fixed, same = found.rules["RHYTHM_BROKEN"], found.rules[FIXED], found.rules[AS_MANY]
    assert (ours.losses, ours.caught) == (10, 10)
    assert ours.precision > 0.6 > 0.3 > fixed.precision
    assert same.right >= fixed.right
    assert np.median(ours.lead) > np.median(fixed.lead) + 30
    assert found.rules[SIMPLE].caught == 10


def test_who_is_not_warned_of_is_ranked_by_the_rhythm_too():
    """No signal has a weight, so that nobody is warned of; the ranking still knows who fell silent."""
    accounts = [every(20, START, date(2025, 4, 1))] * 5 + [every(20, START, END)] * 20
    found = replayed(history(*accounts), cuts=[CUT], judge=signals.judge_company, weight_rhythm=0, weight_stopped=0, weight_value=0)
    assert found.rules[TOGETHER].warnings == 0
    assert found.as_json()["auc"]["probability"] > 0.9


def test_together_is_whom_a_run_warns_of():
    """A silence told for its rarity has a small probability where hardly anybody leaves; a run warns of it, so the replay counts it."""
    accounts = [every(20, START, date(2025, 4, 20)), every(20, START, END)]

    def judge(context: Context) -> Combined:
        rare = Signs("RHYTHM_BROKEN", np.array([0]), np.array([0.06]), "WARN_RHYTHM")
        mute = Signs("MUTE", np.array([1]), np.array([0.9]), "X")
        told = combine(context.columns, [rare, mute], context.settings)
        assert np.flatnonzero(told.is_warned).tolist() == told.warned().tolist() == [0]
        return told

    together = replayed(history(*accounts), cuts=[CUT], judge=judge, weight_other=0).rules[TOGETHER]
    assert (together.warnings, together.right, together.caught, together.losses) == (1, 1, 1, 1)


def test_the_budget_reads_the_greatest_expected_loss_first():
    """Two customers stop: one worth 100 times the other. One warning a month is enough for nearly all of the value."""
    stops = date(2025, 4, 1)
    accounts = [every(20, START, stops, 100_000), every(20, START, stops, 1_000)] + [every(20, START, END, 5_000) for _one in range(20)]
    found = replayed(history(*accounts), cuts=[CUT], judge=signals.judge_company)
    five = found.budgets[0]
    assert (five.k, five.of, five.by_loss) == (5, 5, 2)
    assert five.value_by_loss == pytest.approx(five.value)


def test_month_ends_that_history_allows():
    long = history(every(20, date(2022, 1, 1), date(2026, 6, 30)))
    cuts = backtest.monthly_cuts(long, months=24, settings=WarningSettings())
    assert (len(cuts), cuts[-1], cuts[0]) == (24, date(2025, 12, 31), date(2024, 1, 31))
    assert backtest.monthly_cuts(history([(START, 1)]), months=24, settings=WarningSettings()) == []
    short = backtest.monthly_cuts(history(every(5, date(2026, 1, 1), date(2026, 6, 30))), months=24, settings=WarningSettings())
    assert short == []


@pytest.mark.parametrize(("hits", "of", "low", "high"), [(8, 10, 0.490, 0.943), (0, 10, 0.0, 0.278), (10, 10, 0.722, 1.0)])
def test_the_interval_of_a_share(hits, of, low, high):
    assert backtest.wilson(hits, of) == pytest.approx((low, high), abs=1e-3)
    assert backtest.wilson(0, 0) is None


def test_the_area_is_one_for_a_perfect_order_and_half_for_none():
    bad = np.array([True, True, False, False])
    assert backtest.area(np.array([4.0, 3.0, 2.0, 1.0]), bad) == 1.0
    assert backtest.area(np.ones(4), bad) == 0.5


def test_columns_of_a_day_by_hand():
    """Two orders on one day are one order day; the gaps 10 and 40 have the geometric mean 20."""
    days = [date(2026, 1, 1), date(2026, 1, 1), date(2026, 1, 11), date(2026, 2, 20), date(2026, 8, 1), date(2025, 6, 30)]
    told = History.of([1, 1, 1, 1, 1, 2], days, [100_00, 50_00, 30_00, 20_00, 999_00, 70_00], costs=[80_00, 40_00, 20_00, 10_00, 1, np.nan])
    at = columns_at(told, date(2026, 6, 30))
    assert at.revenue.tolist() == [200, 0]
    assert at.revenue_before.tolist() == [0, 70]
    assert at.gross_profit[0] == 50
    assert np.isnan(at.gross_profit[1])
    assert at.orders_count.tolist() == [4, 0]
    assert at.repeats.tolist() == [2, 0]
    assert at.gaps.count.tolist() == [2, 0]
    assert np.exp(at.gaps.log_mean[0]) == pytest.approx(20)
    assert at.last_order.astype(str).tolist() == ["2026-02-20", "2025-06-30"]
    assert at.quarter_margins[0, 6] == pytest.approx(50 / 200)
    assert np.isnan(at.quarter_margins[0, 7])
