"""The four symptoms of a deal that was judged wrongly at the start (E-01).

Pure: facts of a deal in, the symptoms it shows out. A hit sends the deal back to qualification; it decides nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from dingke.core.reasons import Reason, Sentences


class Symptom(StrEnum):
    UNCLEAR = "UNCLEAR"  # several visits, and the situation is still unclear
    STUCK = "STUCK"  # long pursuit without closing
    COSTLY = "COSTLY"  # many meetings, dinners, demos, and no date
    UNPAID = "UNPAID"  # delivery drags, the balance is not paid


SENTENCES = Sentences(
    {
        "UNCLEAR": (
            "{visits} contacts, and only {filled:.0%} of what has to be known about the deal is known.",
            "已接触 {visits} 次，关键要素仅掌握 {filled:.0%}。",
        ),
        "STUCK": ("{days} days in this stage, the limit is {limit}.", "在本阶段已停留 {days} 天，上限为 {limit} 天。"),
        "COSTLY": ("{meetings} contacts, and nobody knows when the customer will buy.", "已接触 {meetings} 次，客户何时采购仍不明确。"),
        "UNPAID": (
            "The customer owes {amount:,.2f} that is up to {days} days past due.",
            "客户有 {amount:,.2f} 的尾款未付，最长逾期 {days} 天。",
        ),
    }
)


@dataclass(frozen=True, slots=True)
class SymptomLimits:
    """From when on a fact is a symptom. `filled` is the share of the ten elements (E-02) below which visits count as fruitless."""

    visits: int = 3
    filled: Decimal = Decimal("0.6")
    stage_days: int = 90
    meetings: int = 5
    overdue_days: int = 30

    def __post_init__(self) -> None:
        if min(self.visits, self.stage_days, self.meetings, self.overdue_days) < 1:
            raise ValueError("a limit of the symptoms is at least 1")
        if not 0 < self.filled <= 1:
            raise ValueError("the share of known elements lies between 0 and 1")


@dataclass(frozen=True, slots=True)
class DealFacts:
    """What is known of a deal. `contacts` were recorded since it began; `filled` is the known share of the ten elements, None when nobody
    keeps them; `stage_limit` is the playbook's own limit of the stage in days, if it has one."""

    contacts: int = 0
    filled: Decimal | None = None
    stage_days: int = 0
    stage_limit: int | None = None
    has_date: bool = True
    is_open: bool = True
    overdue_amount: Decimal = Decimal(0)
    overdue_days: int = 0


def symptoms(facts: DealFacts, limits: SymptomLimits) -> tuple[Reason, ...]:
    """Item E-01. The reasons carry the code of the symptom; an ended deal can only show the fourth."""
    found = []
    if facts.is_open:
        if facts.contacts > limits.visits and facts.filled is not None and facts.filled < limits.filled:
            found.append(Reason(Symptom.UNCLEAR.value, {"visits": facts.contacts, "filled": facts.filled}))
        limit = facts.stage_limit or limits.stage_days
        if facts.stage_days > limit:
            found.append(Reason(Symptom.STUCK.value, {"days": facts.stage_days, "limit": limit}))
        if facts.contacts > limits.meetings and not facts.has_date:
            found.append(Reason(Symptom.COSTLY.value, {"meetings": facts.contacts}))
    if facts.overdue_amount > 0 and facts.overdue_days > limits.overdue_days:
        found.append(Reason(Symptom.UNPAID.value, {"amount": facts.overdue_amount, "days": facts.overdue_days}))
    return tuple(found)
