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
    WAITING = "WAITING"
    AGREED = "AGREED"
    REJECTED = "REJECTED"


class State(StrEnum):
    OPEN = "OPEN"
    GRANTED = "GRANTED"
    REJECTED = "REJECTED"


@dataclass(frozen=True)
class StepVoices:
    """One step: how its voices count, and what each has said. ValueError without a voice: nobody could ever decide."""

    mode: Mode
    decisions: tuple[Decision, ...]

    def __post_init__(self) -> None:
        if not self.decisions:
            raise ValueError("a step needs at least one approver")


@dataclass(frozen=True)
class Outcome:
    """``current``: index of the step that waits, None when the request is decided."""

    state: State
    current: int | None


def step_state(step: StepVoices) -> State:
    """One rejection rejects. ALL is granted when everybody agreed, ANY as soon as one did."""
    if Decision.REJECTED in step.decisions:
        return State.REJECTED
    agreed = sum(decision is Decision.AGREED for decision in step.decisions)
    needed = len(step.decisions) if step.mode is Mode.ALL else 1
    return State.GRANTED if agreed >= needed else State.OPEN


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
        if state is State.REJECTED:
            return Outcome(State.REJECTED, None)
    return Outcome(State.GRANTED, None)
