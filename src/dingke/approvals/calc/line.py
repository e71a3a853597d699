"""The line of a request: its steps with the people in them, and every move on it (decide, 加签, 转交, step in, replace).

Each move takes a line and gives the next one; a move that is not possible raises `CannotMove` with a code. Nobody speaks on a
request of their own, a voice speaks once, and as long as a line is open somebody in it can decide. No Django, no clock.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from dingke.approvals.calc.steps import OPEN_VOICES, SPENT_VOICES, Decision, Mode, State, StepVoices, outcome


class Origin(StrEnum):
    """Where a step comes from: the flow, or an approver who added it before or after the own step."""

    FLOW = "FLOW"
    BEFORE = "BEFORE"
    AFTER = "AFTER"


class Automatic(StrEnum):
    """Why a voice agreed without being asked: it is the asker's own, or the person agreed in an earlier step."""

    ASKER = "ASKER"
    EARLIER = "EARLIER"


class CannotMove(ValueError):
    """The move is not possible; ``code`` says why: DECIDED, NOT_YOURS, OWN_REQUEST, ASKED_ALREADY."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class Voice:
    """``spoken_by``: who spoke, when it was a delegate or stand-in; 0 for the person or nobody yet."""

    person: int
    decision: Decision = Decision.WAITING
    spoken_by: int = 0
    automatic: Automatic | None = None


@dataclass(frozen=True)
class Step:
    """``key`` names the step outside (a row id); 0 for one that was just added."""

    mode: Mode
    voices: tuple[Voice, ...]
    key: int = 0
    origin: Origin = Origin.FLOW

    @property
    def counted(self) -> StepVoices:
        return StepVoices(self.mode, tuple(voice.decision for voice in self.voices))


@dataclass(frozen=True)
class Line:
    """``again``: whoever agreed in an earlier step is not asked again but agrees by that."""

    asker: int
    steps: tuple[Step, ...]
    again: bool = True

    @property
    def state(self) -> State:
        return outcome([step.counted for step in self.steps]).state

    @property
    def current(self) -> int | None:
        return outcome([step.counted for step in self.steps]).current


Move = Callable[[], Line]


def deciders(line: Line) -> tuple[int, ...]:
    """The people who can decide the step that waits, in order; empty when the line is decided."""
    place = line.current
    return () if place is None else tuple(voice.person for voice in line.steps[place].voices if voice.decision in OPEN_VOICES)


def voice_of(line: Line, by: int, speaks_for: Collection[int] = ()) -> int | None:
    """Index of the voice by which a person speaks in the step that waits: the own one first, then that of somebody who
    delegated to them. None when there is none, and always on a request of one's own.
    """
    place = line.current
    if place is None or by == line.asker:
        return None
    voices = line.steps[place].voices
    own = next((index for index, voice in enumerate(voices) if voice.person == by and voice.decision in OPEN_VOICES), None)
    if own is not None:
        return own
    lent = (index for index, voice in enumerate(voices) if voice.person in speaks_for and voice.decision in OPEN_VOICES)
    return next(lent, None)


def speak(line: Line, by: int, decision: Decision, *, speaks_for: Collection[int] = (), in_place: bool = False) -> Line:
    """Decides one voice of the step that waits: AGREED, REJECTED or SENT_BACK. ``in_place``: without a voice of one's own a
    person with that right speaks for the whole step, and so does one who was called in; who was waited for is passed over.
    """
    if decision not in {Decision.AGREED, Decision.REJECTED, Decision.SENT_BACK}:
        raise ValueError("a voice agrees, rejects or sends back")
    place = _open(line)
    if by == line.asker:
        raise CannotMove("OWN_REQUEST")
    step = line.steps[place]
    index = voice_of(line, by, speaks_for)
    if index is None and not in_place:
        raise CannotMove("NOT_YOURS")
    if index is None:
        voices = [*(_passed(voice) for voice in step.voices if voice.person != by), Voice(by, decision)]
    else:
        mine = step.voices[index]
        called = mine.decision is Decision.ON_CALL
        spoken = replace(mine, decision=decision, spoken_by=0 if mine.person == by else by)
        voices = [spoken if at == index else _passed(voice) if called else voice for at, voice in enumerate(step.voices)]
    return advance(_with(line, place, replace(step, voices=tuple(voices))))


def advance(line: Line) -> Line:
    """Lets those agree who agreed in an earlier step (``again``), step after step, until somebody has to be asked. Steps that
    an approver added are always asked.
    """
    while line.again and (place := line.current) is not None:
        step = line.steps[place]
        agreed = {voice.person for before in line.steps[:place] for voice in before.voices if voice.decision is Decision.AGREED}
        if step.origin is not Origin.FLOW or not any(_repeats(voice, agreed) for voice in step.voices):
            break
        voices = tuple(
            replace(voice, decision=Decision.AGREED, automatic=Automatic.EARLIER) if _repeats(voice, agreed) else voice
            for voice in step.voices
        )
        line = _with(line, place, replace(step, voices=voices))
    return line


def hand_on(line: Line, by: int, to: int, *, speaks_for: Collection[int] = ()) -> Line:
    """转交: somebody else decides instead; the voice that is handed on counts no more."""
    place = _open(line)
    if to == line.asker:
        raise CannotMove("OWN_REQUEST")
    index = voice_of(line, by, speaks_for)
    if index is None:
        raise CannotMove("NOT_YOURS")
    step = line.steps[place]
    mine = step.voices[index]
    if to == mine.person or any(voice.person == to and voice.decision not in SPENT_VOICES for voice in step.voices):
        raise CannotMove("ASKED_ALREADY")
    handed = replace(mine, decision=Decision.HANDED_ON, spoken_by=0 if mine.person == by else by)
    voices = [handed if at == index else voice for at, voice in enumerate(step.voices) if voice.person != to]
    return _with(line, place, replace(step, voices=(*voices, Voice(to, mine.decision))))


def add_step(line: Line, by: int, people: Sequence[int], *, before: bool, mode: Mode = Mode.ANY, speaks_for: Collection[int] = ()) -> Line:
    """加签: more people decide, before or right after the step that waits; whoever adds them keeps the own voice."""
    place = _open(line)
    if line.asker in people:
        raise CannotMove("OWN_REQUEST")
    if voice_of(line, by, speaks_for) is None:
        raise CannotMove("NOT_YOURS")
    if not people or set(people) & set(deciders(line)):
        raise CannotMove("ASKED_ALREADY")
    added = Step(mode, tuple(Voice(person) for person in dict.fromkeys(people)), origin=Origin.BEFORE if before else Origin.AFTER)
    at = place if before else place + 1
    return replace(line, steps=(*line.steps[:at], added, *line.steps[at:]))


def step_in(line: Line, people: Sequence[int]) -> Line:
    """Escalation: calls people into the step that waits. Whoever of them decides first decides the step; those who were asked
    may still decide until then. Unchanged when all of them are in it already.
    """
    place = _open(line)
    step = line.steps[place]
    live = {voice.person for voice in step.voices if voice.decision not in SPENT_VOICES}
    called = [person for person in dict.fromkeys(people) if person != line.asker and person not in live]
    kept = tuple(voice for voice in step.voices if voice.person not in called)
    return _with(line, place, replace(step, voices=(*kept, *(Voice(person, Decision.ON_CALL) for person in called))))


def replace_absent(line: Line, absent: int, stand_ins: Sequence[int]) -> Line:
    """Whoever has left is replaced in the step that waits by the first stand-in who is not in it yet. Without one the voice is
    passed over when somebody else can still decide, else the line stays as it is.
    """
    place = _open(line)
    step = line.steps[place]
    live = {voice.person for voice in step.voices if voice.decision not in SPENT_VOICES}
    chosen = next((person for person in stand_ins if person != line.asker and person not in live), None)
    others = [voice for voice in step.voices if voice.person != absent and voice.decision in OPEN_VOICES]
    if absent not in live or (chosen is None and not others):
        return line
    mine = next(voice for voice in step.voices if voice.person == absent)
    if mine.decision not in OPEN_VOICES:
        return line
    voices = [_passed(voice) if voice.person == absent else voice for voice in step.voices if voice.person != chosen]
    if chosen is not None:
        voices.append(Voice(chosen, mine.decision))
    return advance(_with(line, place, replace(step, voices=tuple(voices))))


def _repeats(voice: Voice, agreed: set[int]) -> bool:
    return voice.decision is Decision.WAITING and voice.person in agreed


def _passed(voice: Voice) -> Voice:
    return replace(voice, decision=Decision.PASSED) if voice.decision in OPEN_VOICES else voice


def _open(line: Line) -> int:
    place = line.current
    if place is None:
        raise CannotMove("DECIDED")
    return place


def _with(line: Line, place: int, step: Step) -> Line:
    return replace(line, steps=(*line.steps[:place], step, *line.steps[place + 1 :]))
