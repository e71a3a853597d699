"""E-02, E-22: the score of the 7+3 sheet, the proposed verdict with its causes, and the questions that stay open.

Score: unknown 0, partial 3, confirmed 6; a red flag gives 0. Ten elements, 60 points at most.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from dingke.core.reasons import Label, Reason, Sentences
from dingke.qualification.calc.elements import CODES, DATES, ELEMENT_OF, Advice, Fact, flag_of


class State(StrEnum):
    UNKNOWN = "UNKNOWN"
    PARTIAL = "PARTIAL"
    CONFIRMED = "CONFIRMED"
    RED_FLAG = "RED_FLAG"


class Verdict(StrEnum):
    IDEAL = "IDEAL"
    LEARN = "LEARN"
    DROP = "DROP"


class BudgetAdvice(StrEnum):
    UNKNOWN = "UNKNOWN"
    TOO_LOW = "TOO_LOW"
    FITS = "FITS"
    AMPLE = "AMPLE"


POINTS: dict[str, int] = {State.UNKNOWN: 0, State.PARTIAL: 3, State.CONFIRMED: 6, State.RED_FLAG: 0}
MOST = 60

SENTENCES = Sentences(
    {
        "FLAG_DROP": ("{element}: {flag}. This speaks for dropping the deal.", "{element}：{flag}，应考虑放弃。"),
        "FLAG_LEARN": ("{element}: {flag}.", "{element}：{flag}。"),
        "FLAG_OWN": ("{element}: {text}", "{element}：{text}"),
        "FLAG_ACCEPTED": ("{element}: the red flag stays, going on was decided.", "{element}：红旗仍在，已决定继续。"),
        "FLAG_DROPPED": ("{element}: dropping the deal was decided.", "{element}：已决定放弃。"),
        "FLAG_UNDECIDED": ("{element}: the red flag waits for a decision of whoever leads.", "{element}：红旗等待主管决定。"),
        "NOT_KNOWN": ("{element}: not known yet.", "{element}：还不清楚。"),
        "NOT_CONFIRMED": ("{element}: known in part, not confirmed.", "{element}：部分清楚，尚未确认。"),
        "ALL_CONFIRMED": ("All ten elements are confirmed and there is no red flag.", "十个要素全部确认，没有红旗。"),
    }
)


@dataclass(frozen=True, slots=True)
class FlagNow:
    """A red flag that stands: `decision` is "" while it waits, else GO_ON, DROP (CLEARED ones no longer stand)."""

    element: str
    code: str = ""
    text: str = ""
    decision: str = ""


@dataclass(frozen=True, slots=True)
class Judgement:
    """The proposed verdict; a person decides (E-22)."""

    verdict: Verdict
    score: int
    causes: tuple[Reason, ...]


def score(states: Mapping[str, str]) -> int:
    """Points of the ten elements, 0 to 60; one that is missing is unknown. ValueError on an unknown element or state."""
    for code, state in states.items():
        if code not in ELEMENT_OF or state not in POINTS:
            raise ValueError(f"{code}={state}")
    return sum(POINTS[states.get(code, State.UNKNOWN)] for code in CODES)


def judge(states: Mapping[str, str], flags: Iterable[FlagNow]) -> Judgement:
    """E-22. A red flag that speaks for dropping, undecided or decided so, proposes DROP; anything open proposes LEARN."""
    points = score(states)
    standing = {flag.element: flag for flag in flags}
    drops, learns, open_ones = [], [], []
    for code in CODES:
        label, state = ELEMENT_OF[code].label, states.get(code, State.UNKNOWN)
        flag = standing.get(code)
        if flag is not None:
            learns_now, drops_now = _flag_causes(flag, label)
            drops += drops_now
            learns += learns_now
        elif state in {State.UNKNOWN, State.RED_FLAG}:
            open_ones.append(Reason("NOT_KNOWN", {"element": label}))
        elif state == State.PARTIAL:
            open_ones.append(Reason("NOT_CONFIRMED", {"element": label}))
    if drops:
        return Judgement(Verdict.DROP, points, (*drops, *learns, *open_ones))
    if learns or open_ones:
        return Judgement(Verdict.LEARN, points, (*learns, *open_ones))
    return Judgement(Verdict.IDEAL, points, (Reason("ALL_CONFIRMED"),))


def _flag_causes(flag: FlagNow, label: Label) -> tuple[list[Reason], list[Reason]]:
    """(causes to go on learning, causes to drop) of one red flag."""
    if flag.decision == "DROP":
        return [], [Reason("FLAG_DROPPED", {"element": label})]
    if flag.decision == "GO_ON":
        return [Reason("FLAG_ACCEPTED", {"element": label})], []
    known = flag_of(flag.element, flag.code)
    waiting = Reason("FLAG_UNDECIDED", {"element": label})
    if known is None:
        return [Reason("FLAG_OWN", {"element": label, "text": flag.text}), waiting], []
    told = Reason(f"FLAG_{known.advice}", {"element": label, "flag": known.label})
    return ([waiting], [told]) if known.advice is Advice.DROP else ([told, waiting], [])


def empty_facts(element: str, facts: Mapping[str, object]) -> tuple[Fact, ...]:
    """Sub-fields that are worth a question and still empty."""
    return tuple(fact for fact in ELEMENT_OF[element].facts if fact.question is not None and facts.get(fact.key) in {None, ""})


def question_for(element: str, state: str, facts: Mapping[str, object]) -> Label | None:
    """The question that the next visit should bring: None when the element is confirmed."""
    if state == State.CONFIRMED:
        return None
    missing = empty_facts(element, facts)
    asked_for = sum(1 for fact in ELEMENT_OF[element].facts if fact.question is not None)
    if missing and len(missing) < asked_for:
        return missing[0].question
    return ELEMENT_OF[element].question


def lacks_date_cause(state: str, facts: Mapping[str, object]) -> bool:
    """E-04: a schedule that somebody has looked at has a date, or says why it has none."""
    return state != State.UNKNOWN and not any(facts.get(key) for key in DATES) and not facts.get("no_date_cause")


def budget_advice(*, low: Decimal | None, high: Decimal | None, amount: Decimal | None, entry_price: Decimal | None) -> BudgetAdvice:
    """E-05, K-04: too low when even the top of the range is under our entry price; ample when its bottom is above our amount."""
    top = high if high is not None else low
    bottom = low if low is not None else high
    if top is None or bottom is None:
        return BudgetAdvice.UNKNOWN
    if entry_price is not None and top < entry_price:
        return BudgetAdvice.TOO_LOW
    if amount is not None and amount > 0 and bottom > amount:
        return BudgetAdvice.AMPLE
    return BudgetAdvice.FITS


def yearly_service_cost(*, visits_per_year: Decimal | None, cost_per_visit: Decimal | None) -> Decimal | None:
    """E-13: visits a year x cost of one visit; None while one of the two is unknown."""
    if visits_per_year is None or cost_per_visit is None:
        return None
    return visits_per_year * cost_per_visit
