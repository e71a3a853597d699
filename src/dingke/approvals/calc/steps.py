"""The state of a request for approval, read from its steps: 会签 (all agree) and 或签 (one decides), in order.

Serves every nomination, exception and price that needs a second pair of eyes (A-01: proposer, approver, history). Pure:
steps in, outcome out; no Django, no clock.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class Mode(StrEnum):
    ALL = "ALL"
    ANY = "ANY"


class Decision(StrEnum):
    """What a voice has said. ON_CALL may decide but nobody waits for it (escalation); HANDED_ON and PASSED count no more."""

    WAITING = "WAITING"
    ON_CALL = "ON_CALL"
    AGREED = "AGREED"
    REJECTED = "REJECTED"
    SENT_BACK = "SENT_BACK"
    HANDED_ON = "HANDED_ON"
    PASSED = "PASSED"


OPEN_VOICES = frozenset({Decision.WAITING, Decision.ON_CALL})
SPENT_VOICES = frozenset({Decision.HANDED_ON, Decision.PASSED})


class State(StrEnum):
    """RETURNED: sent back to the person who asked, who changes it and asks again."""

    OPEN = "OPEN"
    GRANTED = "GRANTED"
    REJECTED = "REJECTED"
    RETURNED = "RETURNED"


@dataclass(frozen=True)
class StepVoices:
    """One step: how its voices count, and what each has said. ValueError without a voice that counts: nobody could ever decide."""

    mode: Mode
    decisions: tuple[Decision, ...]

    def __post_init__(self) -> None:
        if all(decision in SPENT_VOICES for decision in self.decisions):
            raise ValueError("a step needs at least one approver")


@dataclass(frozen=True)
class Outcome:
    """``current``: index of the step that waits, None when the request is decided."""

    state: State
    current: int | None


def step_state(step: StepVoices) -> State:
    """One rejection rejects, one return returns. ALL is granted when everybody waited for agreed, ANY as soon as one did."""
    if Decision.REJECTED in step.decisions:
        return State.REJECTED
    if Decision.SENT_BACK in step.decisions:
        return State.RETURNED
    if Decision.AGREED not in step.decisions:
        return State.OPEN
    waits = step.mode is Mode.ALL and Decision.WAITING in step.decisions
    return State.OPEN if waits else State.GRANTED


def outcome(steps: Sequence[StepVoices]) -> Outcome:
    """The steps in order: the first that is not granted decides; what later steps say does not count before their turn.

    ValueError without steps.
    """
    if not steps:
        raise ValueError("a request needs at least one step")
    for position, step in enumerate(steps):
        state = step_state(step)
        if state is State.OPEN:
            return Outcome(State.OPEN, position)
        if state is not State.GRANTED:
            return Outcome(state, None)
    return Outcome(State.GRANTED, None)
