"""Cases "risk of loss" (D-11): the five proposed steps with their days, and when a step or a case may be finished."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from dingke.core.reasons import Label


class CaseKind(StrEnum):
    NEED_LOST = "NEED_LOST"
    RIVAL = "RIVAL"


class CaseResult(StrEnum):
    KEPT = "KEPT"
    PARTLY = "PARTLY"
    LOST = "LOST"


class StepCode(StrEnum):
    VERIFY = "VERIFY"
    CAUSE = "CAUSE"
    RESPOND = "RESPOND"
    DECIDE = "DECIDE"
    LESSONS = "LESSONS"


VERIFY_WORKING_DAYS = 2
CAUSE_WORKING_DAYS = 5
RESPOND_WORKING_DAYS = 10
DECIDE_DAYS = 30
LESSONS_DAYS = 37
ROLES_TO_VERIFY = 2
CYCLE_TIMES = 1.5


@dataclass(frozen=True)
class PlannedStep:
    code: StepCode
    due: date


STEP_LABELS: dict[StepCode, Label] = {
    StepCode.VERIFY: Label("Verify: talk to two roles", "核实：与两个角色分别沟通"),
    StepCode.CAUSE: Label("Find the cause", "查明原因"),
    StepCode.RESPOND: Label("Respond", "采取对策"),
    StepCode.DECIDE: Label("Decide after 30 days", "满 30 天作出决定"),
    StepCode.LESSONS: Label("Write down the lessons", "总结经验教训"),
}

RESPONSES: dict[CaseKind, Label] = {
    CaseKind.NEED_LOST: Label(
        "Adjust class and plan, and keep light contact.",
        "调整客户类别与计划，保持轻度联系。",
    ),
    CaseKind.RIVAL: Label(
        "Mend the cause, get the superior involved, and make an offer inside the guard on incentives.",
        "消除原因，请上级介入，并在激励护栏之内给出方案。",
    ),
}


def working_days_after(start: date, days: int) -> date:
    """The day ``days`` working days (Monday to Friday) after ``start``. Friday + 2 -> Tuesday."""
    if days < 0:
        raise ValueError("days are 0 or more")
    day, left = start, days
    while left:
        day += timedelta(days=1)
        if day.weekday() < 5:
            left -= 1
    return day


def planned_steps(opened: date) -> tuple[PlannedStep, ...]:
    """The five steps of a case opened on a day, in order."""
    return (
        PlannedStep(StepCode.VERIFY, working_days_after(opened, VERIFY_WORKING_DAYS)),
        PlannedStep(StepCode.CAUSE, working_days_after(opened, CAUSE_WORKING_DAYS)),
        PlannedStep(StepCode.RESPOND, working_days_after(opened, RESPOND_WORKING_DAYS)),
        PlannedStep(StepCode.DECIDE, opened + timedelta(days=DECIDE_DAYS)),
        PlannedStep(StepCode.LESSONS, opened + timedelta(days=LESSONS_DAYS)),
    )


def deadline(opened: date) -> date:
    """The day on which a case is decided unless another is given."""
    return opened + timedelta(days=DECIDE_DAYS)


def rhythm_limit(cycle_days: float, times: float = CYCLE_TIMES) -> float:
    """D-11's automatic signal: after so many days without an order. A cycle of 40 days: 60."""
    if cycle_days <= 0:
        raise ValueError("a cycle lasts longer than 0 days")
    return cycle_days * times


def is_rhythm_broken(days_since_order: int, cycle_days: float, times: float = CYCLE_TIMES) -> bool:
    """More days than the limit. 65 days at a cycle of 40: yes; 60: no."""
    return days_since_order > rhythm_limit(cycle_days, times)


def verified(talked_to: tuple[int, ...]) -> bool:
    """Whether enough different people were asked."""
    return len(set(talked_to)) >= ROLES_TO_VERIFY
