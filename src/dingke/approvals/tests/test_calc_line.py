"""The line of a request under any moves: nobody hangs, every end is reached once, order holds, a voice speaks once."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dingke.approvals.calc import Decision, Mode, State
from dingke.approvals.calc.line import (
    Automatic,
    CannotMove,
    Line,
    Origin,
    Step,
    Voice,
    add_step,
    advance,
    deciders,
    hand_on,
    replace_absent,
    speak,
    step_in,
    voice_of,
)

CALM = settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)  # a busy machine is no failure

ASKER = 99
A, R, B, W = Decision.AGREED, Decision.REJECTED, Decision.SENT_BACK, Decision.WAITING


def line(*steps: tuple[Mode, tuple[int, ...]], again: bool = True) -> Line:
    return Line(
        ASKER, tuple(Step(mode, tuple(Voice(person) for person in people), key=at) for at, (mode, people) in enumerate(steps, 1)), again
    )


ALL, ANY = Mode.ALL, Mode.ANY


class TestByTable:
    def test_steps_in_order_and_both_kinds(self):
        start = line((ANY, (1, 2)), (ALL, (3, 4)))
        assert deciders(start) == (1, 2)
        with pytest.raises(CannotMove, match="NOT_YOURS"):
            speak(start, 3, A)
        then = speak(start, 2, A)
        assert deciders(then) == (3, 4)
        then = speak(then, 4, A)
        assert (then.state, deciders(then)) == (State.OPEN, (3,))
        assert speak(then, 3, A).state is State.GRANTED
        assert speak(then, 3, R).state is State.REJECTED
        assert speak(then, 3, B).state is State.RETURNED

    def test_who_agreed_earlier_is_not_asked_again_by_setting(self):
        steps = ((ANY, (1, 2)), (ANY, (1, 3)))
        granted = speak(line(*steps), 1, A)
        assert granted.state is State.GRANTED
        assert granted.steps[1].voices[0].automatic is Automatic.EARLIER
        assert deciders(speak(line(*steps, again=False), 1, A)) == (1, 3)
        assert deciders(speak(line((ANY, (1,)), (ALL, (1, 3))), 1, A)) == (3,)  # the others of the step are still asked

    def test_added_before_and_after(self):
        before = add_step(line((ANY, (1,)), (ANY, (2,))), 1, [5], before=True)
        assert [step.origin for step in before.steps] == [Origin.BEFORE, Origin.FLOW, Origin.FLOW]
        assert deciders(before) == (5,)
        assert deciders(speak(before, 5, A)) == (1,)
        after = add_step(line((ANY, (1,)), (ANY, (2,))), 1, [2], before=False)
        asked = speak(after, 1, A)
        assert deciders(asked) == (2,)
        assert speak(asked, 2, A).state is State.GRANTED  # the step of the flow asks the same person: not again
        with pytest.raises(CannotMove, match="OWN_REQUEST"):
            add_step(line((ANY, (1,))), 1, [ASKER], before=True)
        with pytest.raises(CannotMove, match="ASKED_ALREADY"):
            add_step(line((ALL, (1, 2))), 1, [2], before=True)

    def test_handed_on_and_back(self):
        handed = hand_on(line((ALL, (1, 2))), 1, 3)
        assert deciders(handed) == (2, 3)
        with pytest.raises(CannotMove, match="ASKED_ALREADY"):
            hand_on(handed, 3, 2)
        again = hand_on(handed, 3, 1)
        assert sorted(deciders(again)) == [1, 2]
        with pytest.raises(CannotMove, match="OWN_REQUEST"):
            hand_on(again, 1, ASKER)

    def test_a_delegate_speaks_one_voice_at_a_time_the_own_first(self):
        start = line((ALL, (1, 2)))
        first = speak(start, 1, A, speaks_for={2})
        assert deciders(first) == (2,)
        second = speak(first, 1, A, speaks_for={2})
        assert second.state is State.GRANTED
        assert [voice.spoken_by for voice in second.steps[0].voices] == [0, 1]

    def test_called_in_decides_for_the_step(self):
        called = step_in(line((ALL, (1, 2))), [7, 1])
        assert deciders(called) == (1, 2, 7)
        decided = speak(called, 7, A)
        assert decided.state is State.GRANTED
        assert [voice.decision for voice in decided.steps[0].voices] == [Decision.PASSED, Decision.PASSED, A]
        assert speak(speak(called, 1, A), 2, A).state is State.GRANTED  # those asked may still decide

    def test_in_place_of_all(self):
        assert speak(line((ALL, (1, 2))), 8, A, in_place=True).state is State.GRANTED
        with pytest.raises(CannotMove, match="OWN_REQUEST"):
            speak(line((ANY, (1,))), ASKER, A, in_place=True)

    def test_who_has_left_is_replaced_by_the_first_who_is_not_in_it(self):
        assert deciders(replace_absent(line((ALL, (1, 2))), 1, [ASKER, 2, 3])) == (2, 3)
        assert deciders(replace_absent(line((ALL, (1, 2))), 1, [2])) == (2,)
        alone = line((ANY, (1,)))
        assert replace_absent(alone, 1, [ASKER]) == alone


PEOPLE = st.integers(1, 6)
STEPS = st.lists(st.tuples(st.sampled_from(Mode), st.lists(PEOPLE, min_size=1, max_size=4, unique=True).map(tuple)), min_size=1, max_size=4)
LINES = st.builds(lambda steps, again: advance(line(*steps, again=again)), STEPS, st.booleans())


@CALM
@given(LINES, st.data())
def test_any_walk_ends_and_never_hangs(start, data):
    """Random moves by people who may move: while it is open somebody can decide, order holds, and every voice speaks once."""
    now, spoken = start, 0
    for _move in range(60):
        if now.state is not State.OPEN:
            break
        waiting = deciders(now)
        assert waiting, "an open line always has somebody who can decide"
        assert ASKER not in waiting
        place = now.current
        assert all(step.counted and outcome_is_granted(step) for step in now.steps[:place])
        assert not any(outcome_is_granted(step) for step in now.steps[place:])  # no step is through before its turn
        who = data.draw(st.sampled_from(waiting))
        what = data.draw(st.sampled_from(["speak", "speak", "speak", "hand", "add", "call", "leave"]))
        other = data.draw(PEOPLE)
        try:
            if what == "speak":
                before = voices(now)
                now = speak(now, who, data.draw(st.sampled_from([A, A, A, R, B])))
                said = [key for key, value in voices(now).items() if value.decision in {A, R, B} and not value.automatic]
                assert len(said) == len([key for key, value in before.items() if value.decision in {A, R, B} and not value.automatic]) + 1
                spoken += 1
            elif what == "hand":
                now = hand_on(now, who, other)
            elif what == "add" and len(now.steps) < 8:
                now = add_step(now, who, [other], before=data.draw(st.booleans()))
            elif what == "call":
                now = step_in(now, [other])
            else:
                now = replace_absent(now, who, [other])
        except CannotMove:
            continue
    while now.state is State.OPEN:  # and whatever was done to it, agreeing ends it
        now = speak(now, deciders(now)[0], A)
    assert now.current is None
    with pytest.raises(CannotMove, match="DECIDED"):
        speak(now, 1, A, in_place=True)


def voices(one: Line) -> dict[tuple[int, int], Voice]:
    return {(at, voice.person): voice for at, step in enumerate(one.steps) for voice in step.voices}


def outcome_is_granted(step: Step) -> bool:
    from dingke.approvals.calc import step_state

    return step_state(step.counted) is State.GRANTED


@CALM
@given(LINES, st.sets(PEOPLE, max_size=4))
def test_delegation_neither_loses_nor_doubles_a_voice(start, lent):
    """A delegate who decides again and again speaks each voice once: the own and those lent, and nobody else's."""
    if start.state is not State.OPEN or (lent and not set(deciders(start)) & lent):
        return
    place, now, times = start.current, start, 0
    mine = {voice.person for voice in start.steps[place].voices if voice.decision is W} & (lent | {50})
    while voice_of(now, 50, lent) is not None and now.current == place:
        now = speak(now, 50, A, speaks_for=lent)
        times += 1
    spoken = [voice for voice in now.steps[place].voices if voice.spoken_by == 50]
    assert times == len(spoken)
    assert {voice.person for voice in spoken} <= mine
    if start.steps[place].mode is ALL and mine:
        assert {voice.person for voice in spoken} == mine


@CALM
@given(LINES)
def test_all_needs_everybody_and_any_needs_one(start):
    now = start
    while now.state is State.OPEN:
        place = now.current
        step = now.steps[place]
        waiting = [voice.person for voice in step.voices if voice.decision is W]
        now = speak(now, waiting[0], A)
        assert (now.current != place) == (step.mode is ANY or len(waiting) == 1)
    assert now.state is State.GRANTED
