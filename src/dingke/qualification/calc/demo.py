"""The demonstration (H-01 to H-12): which steps are ready, whether the moment is right, whether the date may stand, what time it takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from dingke.core.reasons import Reason, Sentences


class Step(StrEnum):
    """The six steps in order."""

    AIM = "aim"
    AUDIENCE = "audience"
    STRATEGY = "strategy"
    MATERIAL = "material"
    REHEARSAL = "rehearsal"
    SPEECH = "speech"


QUESTIONS = ("message", "key_need", "why_able", "why_better")  # H-02
TIMING = ("groundwork", "need", "key_person", "initiative", "absence", "alone")  # H-06
TIMING_MUST = TIMING[:3]
STRUCTURES = (
    "BOWLS", "CIRCLES", "PYRAMID", "STAIRS", "PROBLEM", "FFAB", "CASE", "COMPARISON", "SIMULATION",
)  # fmt: skip
FORMS = ("EXCITEMENT", "SURPRISE", "STORY", "SIMULATED")  # H-08
CONTINGENCIES = ("CHANGE", "BALANCE", "INTERRUPTED", "BORED", "PROMISE")  # H-09
OPENING = ("WELCOME", "SELF", "PURPOSE", "OUTLINE", "RULES")  # H-12
STANDARD = ("ATTENTION", "BACKGROUND", "SAYS_PURPOSE", "INTEREST", "TRUST")
CLOSING = ("CALL", "THANKS")
TECHNIQUES = ("QUESTION", "FACTS", "STORY", "QUOTATION")
RIVALS = ("STRONG", "FIRST", "OTHERS")  # H-07


@dataclass(frozen=True, slots=True)
class Block:
    key: int
    minutes: int
    is_dropped: bool = False
    has_reason: bool = True


@dataclass(frozen=True, slots=True)
class Plan:
    """What the judgements read. `timing`: question -> True, False, or missing while it is open."""

    answers: Mapping[str, str]
    aims: tuple[str, str, str]
    audience: int
    key_listeners: int  # with weight 5 or marked as key person
    timing: Mapping[str, bool]
    timing_override: str
    blocks: Sequence[Block]
    minutes: int
    opening_minutes: int
    closing_minutes: int
    full_runs: int
    opening: str
    closing: str
    checks: frozenset[str]
    needs_approval: bool = False
    is_approved: bool = False


@dataclass(frozen=True, slots=True)
class Readiness:
    step: Step
    missing: tuple[Reason, ...]

    @property
    def is_ready(self) -> bool:
        return not self.missing


SENTENCES = Sentences(
    {
        "NO_ANSWER": ("{n} of the four key questions have no answer", "四个关键问题还有 {n} 个没有答案"),
        "NO_AIM": ("Say what to say, who listens and which issues stand out", "请写明要说什么、谁来听、突出哪些问题"),
        "NO_AUDIENCE": ("Nobody is on the list of listeners", "听众名单为空"),
        "NO_DECIDER": ("No listener carries the highest weight: who decides?", "没有权重最高的听众：谁来拍板？"),
        "TIMING_OPEN": ("{n} of the six timing questions are open", "六个时机问题还有 {n} 个未回答"),
        "TIMING_NO": ("A must of the timing test is answered with no", "时机判断中有必须项为“否”"),
        "NO_BLOCK": ("The outline has no block", "提纲还没有内容"),
        "OVER_TIME": ("The blocks take {used} minutes of {minutes}", "内容合计 {used} 分钟，超过了 {minutes} 分钟"),
        "NO_RUN": ("There was no full rehearsal", "还没有完整演练过"),
        "NO_SPEECH": ("Opening and closing are not written", "开场白与结束语还没写好"),
        "CHECKS_OPEN": ("{n} points of the check lists are open", "检查表还有 {n} 项未完成"),
        "NO_APPROVAL": ("The plan is not approved", "方案尚未获批"),
        "NO_DATE": ("The demonstration has no day", "还没有定演示日期"),
    }
)


def unanswered(answers: Mapping[str, str]) -> tuple[str, ...]:
    """H-02: the key questions without an answer; step 2 waits for them."""
    return tuple(name for name in QUESTIONS if not answers.get(name, "").strip())


def may_go_on(answers: Mapping[str, str]) -> bool:
    return not unanswered(answers)


def is_right_moment(timing: Mapping[str, bool]) -> bool:
    """H-06: go when the first three are answered with yes."""
    return all(timing.get(name) is True for name in TIMING_MUST)


def minutes_used(plan: Plan) -> int:
    return plan.opening_minutes + sum(block.minutes for block in plan.blocks if not block.is_dropped) + plan.closing_minutes


def readiness(plan: Plan) -> tuple[Readiness, ...]:
    """Each step with what it still misses."""
    aim: list[Reason] = []
    if left := len(unanswered(plan.answers)):
        aim.append(Reason("NO_ANSWER", {"n": left}))
    if not all(part.strip() for part in plan.aims):
        aim.append(Reason("NO_AIM"))
    audience = [Reason("NO_AUDIENCE")] if not plan.audience else [Reason("NO_DECIDER")] if not plan.key_listeners else []
    strategy: list[Reason] = []
    if left := sum(1 for name in TIMING if name not in plan.timing):
        strategy.append(Reason("TIMING_OPEN", {"n": left}))
    elif not is_right_moment(plan.timing) and not plan.timing_override.strip():
        strategy.append(Reason("TIMING_NO"))
    material: list[Reason] = []
    if not any(not block.is_dropped for block in plan.blocks):
        material.append(Reason("NO_BLOCK"))
    elif (used := minutes_used(plan)) > plan.minutes:
        material.append(Reason("OVER_TIME", {"used": used, "minutes": plan.minutes}))
    rehearsal = [] if plan.full_runs else [Reason("NO_RUN")]
    speech: list[Reason] = []
    if not plan.opening.strip() or not plan.closing.strip():
        speech.append(Reason("NO_SPEECH"))
    if left := len(set(OPENING + STANDARD + CLOSING) - plan.checks):
        speech.append(Reason("CHECKS_OPEN", {"n": left}))
    found = (aim, audience, strategy, material, rehearsal, speech)
    return tuple(Readiness(step, tuple(missing)) for step, missing in zip(Step, found, strict=True))


def barriers(plan: Plan, *, has_date: bool) -> tuple[Reason, ...]:
    """What keeps the date from standing: four answers, the moment (or why nevertheless), a full run, the approval where one is needed."""
    found: list[Reason] = []
    if not has_date:
        found.append(Reason("NO_DATE"))
    if left := len(unanswered(plan.answers)):
        found.append(Reason("NO_ANSWER", {"n": left}))
    if not is_right_moment(plan.timing) and not plan.timing_override.strip():
        open_ = sum(1 for name in TIMING if name not in plan.timing)
        found.append(Reason("TIMING_OPEN", {"n": open_}) if open_ else Reason("TIMING_NO"))
    if not plan.full_runs:
        found.append(Reason("NO_RUN"))
    if plan.needs_approval and not plan.is_approved:
        found.append(Reason("NO_APPROVAL"))
    return tuple(found)
