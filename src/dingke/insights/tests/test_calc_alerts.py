"""Warnings, cases and silence: the rules, with the catalogue's examples."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dingke.insights.calc import alerts, cases, silence
from dingke.insights.calc.alerts import AlertSettings, AlertState, Candidate, Outcome, Standing, Verdict
from dingke.insights.calc.silence import Status

TODAY = date(2026, 9, 30)
D = Decimal
probabilities = st.decimals(min_value=0, max_value=1, places=4)
amounts = st.decimals(min_value=0, max_value=10**12, places=2)


@pytest.mark.item("O-19")
@pytest.mark.parametrize(
    ("value", "probability", "loss"), [("200000", "0.35", "70000.00"), ("0", "1", "0.00"), ("-5", "0.5", "0.00"), ("0.03", "0.5", "0.02")]
)
def test_expected_loss(value, probability, loss):
    assert alerts.expected_loss(D(value), D(probability)) == D(loss)


@given(amounts, probabilities)
def test_nobody_loses_more_than_is_at_stake(value, probability):
    assert 0 <= alerts.expected_loss(value, probability) <= value + D("0.01")


def test_a_probability_lies_between_0_and_1():
    with pytest.raises(ValueError, match="probability"):
        alerts.expected_loss(D(1), D("1.2"))


def closed(days_ago: int, outcome: Outcome = Outcome.FALSE_ALARM, gone: bool = False) -> Standing:
    return Standing(
        AlertState.CLOSED, D("0.50"), D(1000), closed_date=TODAY - timedelta(days=days_ago), outcome=outcome,
        gone_date=TODAY if gone else None,
    )  # fmt: skip


@pytest.mark.item("O-19")
@pytest.mark.parametrize(
    ("before", "probability", "loss", "said"),
    [
        (None, "0.5", 1000, Verdict.RAISE),
        (Standing(AlertState.OPEN, D(0), D(0)), "0.9", 9000, Verdict.RENEW),
        (Standing(AlertState.SEEN, D(0), D(0)), "0.9", 9000, Verdict.RENEW),
        (Standing(AlertState.ACTED, D(0), D(0)), "0.9", 9000, Verdict.RENEW),
        (Standing(AlertState.SNOOZED, D("0.5"), D(1000), TODAY + timedelta(days=1)), "0.69", 1499, Verdict.KEEP_QUIET),
        (Standing(AlertState.SNOOZED, D("0.5"), D(1000), TODAY + timedelta(days=1)), "0.70", 1000, Verdict.WAKE),
        (Standing(AlertState.SNOOZED, D("0.5"), D(1000), TODAY + timedelta(days=1)), "0.5", 1500, Verdict.WAKE),
        (Standing(AlertState.SNOOZED, D("0.5"), D(1000), TODAY), "0.5", 1000, Verdict.WAKE),
        (closed(29), "0.5", 1000, Verdict.KEEP_QUIET),
        (closed(30), "0.5", 1000, Verdict.RAISE),
        (closed(1), "0.75", 1000, Verdict.RAISE),
        (closed(400, Outcome.LOST), "0.9", 9000, Verdict.KEEP_QUIET),
        (closed(400, Outcome.LOST, gone=True), "0.5", 1000, Verdict.RAISE),
        (closed(3, Outcome.LOST, gone=True), "0.5", 1000, Verdict.KEEP_QUIET),
    ],
)
def test_what_a_sign_does(before, probability, loss, said):
    assert alerts.verdict(before, probability=D(probability), loss=D(loss), today=TODAY) is said


@given(st.sampled_from([AlertState.OPEN, AlertState.SEEN, AlertState.ACTED]), probabilities, amounts)
def test_a_warning_that_lives_is_never_opened_again(state, probability, loss):
    assert alerts.verdict(Standing(state), probability=probability, loss=loss, today=TODAY) is Verdict.RENEW


@pytest.mark.item("O-19")
def test_how_one_ends_when_its_sign_is_gone():
    assert alerts.end_without_sign(AlertState.OPEN, acted=False, has_open_case=False) is Outcome.RECOVERED
    assert alerts.end_without_sign(AlertState.ACTED, acted=True, has_open_case=False) is Outcome.KEPT
    assert alerts.end_without_sign(AlertState.ACTED, acted=True, has_open_case=True) is None
    assert alerts.end_without_sign(AlertState.CLOSED, acted=False, has_open_case=False) is None


def test_an_owner_is_told_of_the_largest_losses_that_the_week_has_room_for():
    rows = [Candidate(number, 7, D(number * 100)) for number in range(1, 8)] + [Candidate(20, 8, D(1)), Candidate(21, 8, D(0))]
    told = alerts.to_tell(rows, {7: 2}, per_week=5)
    assert [one.alert_id for one in told] == [7, 6, 5, 20]


@given(st.lists(st.tuples(st.integers(1, 4), amounts), max_size=40), st.integers(0, 6))
def test_nobody_is_told_of_more_than_the_budget(rows, budget):
    told = alerts.to_tell([Candidate(at, owner, loss) for at, (owner, loss) in enumerate(rows)], {}, per_week=budget)
    for owner in {1, 2, 3, 4}:
        mine = [one.loss for one in told if one.owner_id == owner]
        left = [loss for at, (who, loss) in enumerate(rows) if who == owner and at not in {one.alert_id for one in told}]
        assert len(mine) <= budget
        assert not left or not mine or len(mine) < budget or min(mine) >= max(left)


@pytest.mark.parametrize(
    "wrong",
    [
        {"told_per_week": -1}, {"most_per_owner": 0}, {"worse_by": D(2)}, {"worse_times": D("0.5")}, {"escalate_after_days": 0},
        {"case_for_classes": ("D",)}, {"large_order_times": D(1)},
    ],
)  # fmt: skip
def test_settings_that_make_no_sense(wrong):
    with pytest.raises(ValueError, match=r".+"):
        AlertSettings(**wrong)


@pytest.mark.item("O-18")
def test_the_win_back_chain_goes_on_in_time():
    assert [step.code for step in alerts.WIN_BACK] == ["REASON", "CALL", "MAIL", "VISIT", "OFFER", "RESULT"]
    days = [step.due_in_days for step in alerts.WIN_BACK]
    assert days == sorted(days)


@pytest.mark.item("D-11")
def test_a_cycle_of_40_days_is_broken_after_60():
    assert cases.rhythm_limit(40) == 60
    assert cases.is_rhythm_broken(65, 40)
    assert not cases.is_rhythm_broken(60, 40)
    with pytest.raises(ValueError, match="cycle"):
        cases.rhythm_limit(0)


@pytest.mark.item("D-11")
def test_the_five_steps_have_their_days():
    friday = date(2026, 9, 25)
    assert cases.working_days_after(friday, 2) == date(2026, 9, 29)
    assert [(step.code.value, step.due) for step in cases.planned_steps(friday)] == [
        ("VERIFY", date(2026, 9, 29)), ("CAUSE", date(2026, 10, 2)), ("RESPOND", date(2026, 10, 9)),
        ("DECIDE", date(2026, 10, 25)), ("LESSONS", date(2026, 11, 1)),
    ]  # fmt: skip
    assert cases.deadline(friday) == date(2026, 10, 25)
    assert set(cases.STEP_LABELS) == set(cases.StepCode)
    assert cases.verified((1, 2))
    assert not cases.verified((1, 1))
    with pytest.raises(ValueError, match="days"):
        cases.working_days_after(friday, -1)


@given(st.dates(date(2000, 1, 1), date(2050, 1, 1)), st.integers(1, 60))
def test_a_working_day_is_no_weekend(start, days):
    found = cases.working_days_after(start, days)
    assert found.weekday() < 5
    assert found > start


@pytest.mark.item("D-17", "O-18")
def test_the_two_rates():
    assert silence.rate(45, 120) == D("0.375")
    assert silence.rate(18, 100) == D("0.18")
    assert silence.rate(0, 0) is None
    facts = silence.YearFacts(year=2025, buyers=120, repeat=45, before=100, lost=18)
    assert (facts.repurchase_rate, facts.loss_rate) == (D("0.375"), D("0.18"))
    with pytest.raises(ValueError, match="part"):
        silence.rate(5, 4)


@pytest.mark.item("D-17")
@pytest.mark.parametrize(
    ("orders", "last", "status"),
    [
        (0, None, Status.SEED), (1, "2026-03-01", Status.SEED), (2, "2026-03-01", Status.GOLDEN_BEAN),
        (9, "2025-09-29", Status.SILENT), (9, "2025-09-30", Status.GOLDEN_BEAN), (1, "2020-01-01", Status.SILENT),
    ],
)  # fmt: skip
def test_seed_golden_bean_silent(orders, last, status):
    assert silence.status(orders=orders, last_order=date.fromisoformat(last) if last else None, today=TODAY) is status
