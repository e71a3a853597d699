"""Deal review 过堂 (E-21, P-09, P-10): the limits of a score, the mean of the listeners, the ranking; and which deals belong on the agenda.

Amounts are Decimal, days whole numbers. Nothing here reads a clock: `today` is an argument.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from dingke.core.reasons import Reason, Sentences

ELEMENTS_MAX = 60  # 7+3
LOGIC_MAX = 20
DISPLAY_MAX = 20
TOTAL_MAX = ELEMENTS_MAX + LOGIC_MAX + DISPLAY_MAX
_TENTH = Decimal("0.1")


@dataclass(frozen=True, slots=True)
class Score:
    """What one listener gave. ValueError when a part is outside its limits."""

    elements: int
    logic: int
    display: int

    def __post_init__(self) -> None:
        for name, limit in (("elements", ELEMENTS_MAX), ("logic", LOGIC_MAX), ("display", DISPLAY_MAX)):
            if not 0 <= getattr(self, name) <= limit:
                raise ValueError(f"{name} must be between 0 and {limit}")

    @property
    def total(self) -> int:
        return self.elements + self.logic + self.display


@dataclass(frozen=True, slots=True)
class Mean:
    """The means of all listeners, each part rounded to a tenth, the total of the unrounded parts."""

    elements: Decimal
    logic: Decimal
    display: Decimal
    total: Decimal
    count: int


def mean_of(scores: Sequence[Score]) -> Mean | None:
    """P-10: the mean over the listeners; None while nobody has scored."""
    if not scores:
        return None
    count = len(scores)

    def mean(total: int) -> Decimal:
        return (Decimal(total) / count).quantize(_TENTH, ROUND_HALF_UP)

    return Mean(
        elements=mean(sum(score.elements for score in scores)),
        logic=mean(sum(score.logic for score in scores)),
        display=mean(sum(score.display for score in scores)),
        total=mean(sum(score.total for score in scores)),
        count=count,
    )


@dataclass(frozen=True, slots=True)
class Ranked:
    key: int
    rank: int | None  # None: nobody has scored it yet
    mean: Mean | None


def ranking(scores: Iterable[tuple[int, Sequence[Score]]]) -> tuple[Ranked, ...]:
    """(item, its scores) in order of the agenda -> the best first. Equal means share a rank and keep the order of the agenda;
    what nobody scored stands last, without a rank."""
    means = [(key, mean_of(given)) for key, given in scores]
    scored = sorted(((key, mean) for key, mean in means if mean is not None), key=lambda pair: -pair[1].total)
    ranked: list[Ranked] = []
    for place, (key, mean) in enumerate(scored, start=1):
        above = ranked[-1] if ranked else None
        rank = above.rank if above is not None and above.mean is not None and above.mean.total == mean.total else place
        ranked.append(Ranked(key, rank, mean))
    return (*ranked, *(Ranked(key, None, None) for key, mean in means if mean is None))


# ---- the agenda ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class DealFacts:
    """What the agenda is proposed from. `stage_limit_days`: None where the playbook sets none."""

    key: int
    amount: Decimal | None
    stage_since: date
    stage_limit_days: int | None
    expected_date: date | None
    times_moved: int  # how often the expected day was put later in the last 90 days
    next_step: str
    next_step_date: date | None


@dataclass(frozen=True, slots=True)
class Proposal:
    key: int
    reasons: tuple[Reason, ...]


# what weighs how much in the order of the agenda: a day that has passed says more than a missing note
_WEIGHTS = {"EXPECTED_PAST": 4, "OVER_LIMIT": 3, "MOVED": 3, "STEP_OVERDUE": 2, "NO_STEP": 2, "NO_DATE": 1}

SENTENCES = Sentences(
    {
        "EXPECTED_PAST": (
            "The expected day {expected:%Y-%m-%d} passed {days} days ago",
            "预计签约日 {expected:%Y-%m-%d} 已过去 {days} 天",
        ),
        "OVER_LIMIT": ("{days} days in this stage, the limit is {limit}", "在本阶段已 {days} 天，时限为 {limit} 天"),
        "MOVED": ("The expected day was put later {times} times in 90 days", "90 天内预计签约日推迟了 {times} 次"),
        "STEP_OVERDUE": ("The next step was due {days} days ago", "下一步已逾期 {days} 天"),
        "NO_STEP": ("There is no next step", "没有下一步"),
        "NO_DATE": ("There is no expected day", "没有预计签约日"),
        "BY_HAND": ("Put on the agenda by the chair", "由主持人列入议程"),
    }
)


def reasons_for(deal: DealFacts, *, today: date) -> tuple[Reason, ...]:
    """P-09: why a deal is slow or slips; empty when it is neither."""
    found: list[Reason] = []
    if deal.expected_date is not None and deal.expected_date < today:
        found.append(Reason("EXPECTED_PAST", {"expected": deal.expected_date, "days": (today - deal.expected_date).days}))
    days = (today - deal.stage_since).days
    if deal.stage_limit_days is not None and days > deal.stage_limit_days:
        found.append(Reason("OVER_LIMIT", {"days": days, "limit": deal.stage_limit_days}))
    if deal.times_moved:
        found.append(Reason("MOVED", {"times": deal.times_moved}))
    if not deal.next_step.strip():
        found.append(Reason("NO_STEP"))
    elif deal.next_step_date is not None and deal.next_step_date < today:
        found.append(Reason("STEP_OVERDUE", {"days": (today - deal.next_step_date).days}))
    if deal.expected_date is None:
        found.append(Reason("NO_DATE"))
    return tuple(found)


def propose(deals: Iterable[DealFacts], *, today: date, at_most: int) -> tuple[Proposal, ...]:
    """The deals to talk about, those with the weightiest reasons first, then the larger ones. A missing date alone is no reason."""
    found: list[tuple[int, Decimal, int, Proposal]] = []
    for deal in deals:
        reasons = reasons_for(deal, today=today)
        weight = sum(_WEIGHTS[reason.code] for reason in reasons)
        if weight > _WEIGHTS["NO_DATE"]:
            found.append((-weight, -(deal.amount or Decimal(0)), deal.key, Proposal(deal.key, reasons)))
    found.sort(key=lambda entry: entry[:3])
    return tuple(entry[3] for entry in found[:at_most])
