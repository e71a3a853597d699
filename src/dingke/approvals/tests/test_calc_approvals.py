"""The state of a request by its steps: by table, and by property over any steps."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dingke.approvals.calc import Decision, Mode, State, StepVoices, outcome, step_state
from dingke.approvals.calc.steps import OPEN_VOICES, SPENT_VOICES

CALM = settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)  # a busy machine is no failure

W, A, R = Decision.WAITING, Decision.AGREED, Decision.REJECTED


def step(mode: Mode, *decisions: Decision) -> StepVoices:
    return StepVoices(mode, decisions)


@pytest.mark.item("A-01")
@pytest.mark.parametrize(
    ("given_step", "expected"),
    [
        (step(Mode.ALL, W), State.OPEN),
        (step(Mode.ALL, A, W), State.OPEN),
        (step(Mode.ALL, A, A), State.GRANTED),
        (step(Mode.ALL, A, R), State.REJECTED),
        (step(Mode.ALL, W, R), State.REJECTED),
        (step(Mode.ANY, W, W), State.OPEN),
        (step(Mode.ANY, W, A), State.GRANTED),
        (step(Mode.ANY, R, W), State.REJECTED),
        (step(Mode.ANY, Decision.SENT_BACK, W), State.RETURNED),
        (step(Mode.ALL, A, Decision.HANDED_ON, Decision.PASSED), State.GRANTED),
        (step(Mode.ALL, A, Decision.ON_CALL), State.GRANTED),
        (step(Mode.ALL, Decision.HANDED_ON, W), State.OPEN),
        (step(Mode.ANY, Decision.ON_CALL, Decision.PASSED), State.OPEN),
    ],
)
def test_a_step_by_itself(given_step, expected):
    assert step_state(given_step) is expected


@pytest.mark.item("A-01")
@pytest.mark.parametrize(
    ("steps", "state", "current"),
    [
        ([step(Mode.ANY, W), step(Mode.ANY, W)], State.OPEN, 0),
        ([step(Mode.ANY, A), step(Mode.ANY, W)], State.OPEN, 1),
        ([step(Mode.ANY, A), step(Mode.ALL, A, A)], State.GRANTED, None),
        ([step(Mode.ANY, A), step(Mode.ALL, A, R)], State.REJECTED, None),
        ([step(Mode.ANY, W), step(Mode.ANY, R)], State.OPEN, 0),  # out of turn: does not count yet
        ([step(Mode.ANY, R), step(Mode.ANY, A)], State.REJECTED, None),
    ],
)
def test_steps_in_order(steps, state, current):
    found = outcome(steps)
    assert (found.state, found.current) == (state, current)


def test_a_step_nobody_can_decide_is_refused():
    with pytest.raises(ValueError, match="approver"):
        StepVoices(Mode.ALL, ())
    with pytest.raises(ValueError, match="approver"):
        StepVoices(Mode.ANY, (Decision.HANDED_ON, Decision.PASSED))
    with pytest.raises(ValueError, match="step"):
        outcome([])


VOICES = st.lists(st.sampled_from(Decision), min_size=1, max_size=4).filter(lambda said: not set(said) <= SPENT_VOICES)
STEPS = st.lists(
    st.builds(StepVoices, st.sampled_from(Mode), VOICES.map(tuple)),
    min_size=1,
    max_size=4,
)


@CALM
@given(STEPS)
def test_open_exactly_when_a_step_waits(steps):
    found = outcome(steps)
    assert (found.state is State.OPEN) == (found.current is not None)
    if found.current is not None:
        assert OPEN_VOICES & set(steps[found.current].decisions)
        assert all(step_state(before) is State.GRANTED for before in steps[: found.current])


@CALM
@given(STEPS)
def test_everybody_agreeing_grants_and_one_rejection_in_turn_rejects(steps):
    agreed = [StepVoices(each.mode, (A,) * len(each.decisions)) for each in steps]
    assert outcome(agreed).state is State.GRANTED
    position = outcome(steps).current
    if position is not None:
        waiting = steps[position]
        spoken = list(waiting.decisions)
        spoken[next(at for at, said in enumerate(spoken) if said in OPEN_VOICES)] = R
        rejected = [*steps[:position], StepVoices(waiting.mode, tuple(spoken)), *steps[position + 1 :]]
        assert outcome(rejected).state is State.REJECTED


@CALM
@given(STEPS)
def test_all_is_never_easier_than_any(steps):
    as_any = outcome([StepVoices(Mode.ANY, each.decisions) for each in steps]).state
    as_all = outcome([StepVoices(Mode.ALL, each.decisions) for each in steps]).state
    assert as_all is not State.GRANTED or as_any is State.GRANTED
