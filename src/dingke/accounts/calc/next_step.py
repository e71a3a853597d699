"""The next step with a customer: what is promised comes first, else what the facts propose, each with its reason.

The proposals and their order are design values: a broken buying rhythm outweighs a long silence, a coming day outweighs a
gap in what we know.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum

from dingke.core.reasons import Reason, Sentences

SENTENCES = Sentences(
    {
        "STEP_RHYTHM": ("Ask why the orders have stopped", "询问停单原因，约定下一次沟通"),
        "STEP_RHYTHM_WHY": (
            "{days} days since the last order; usually {usual:.0f} days pass between two.",
            "距上次下单 {days} 天，平时每 {usual:.0f} 天一单。",
        ),
        "STEP_RHYTHM_STOPPED_WHY": (
            "{days} days since the last order, on {last:%Y-%m-%d}.",
            "上次下单是在 {last:%Y-%m-%d}，已过去 {days} 天。",
        ),
        "STEP_SILENCE": ("Get in touch with the customer", "主动联系客户"),
        "STEP_SILENCE_WHY": (
            "The last contact was {days} days ago, on {since:%Y-%m-%d}.",
            "上次联系是在 {since:%Y-%m-%d}，已过去 {days} 天。",
        ),
        "STEP_FIRST_CONTACT": ("Make the first contact", "完成首次联系"),
        "STEP_FIRST_CONTACT_WHY": (
            "No contact with this customer has been written down yet.",
            "还没有与该客户的联系记录。",
        ),
        "STEP_KEY_DATE": ("Prepare for {occasion}", "为{occasion}做准备"),
        "STEP_KEY_DATE_WHY": (
            "It falls on {day:%Y-%m-%d}, in {days} days.",
            "日期是 {day:%Y-%m-%d}，还有 {days} 天。",
        ),
        "STEP_KEY_DATE_TODAY_WHY": ("It is today, {day:%Y-%m-%d}.", "就是今天，{day:%Y-%m-%d}。"),
        "STEP_FIRST_PERSON": ("Add the first person to talk to", "添加第一位联系人"),
        "STEP_FIRST_PERSON_WHY": (
            "Nobody at this customer is known by name.",
            "还不知道该客户有哪些人。",
        ),
        "STEP_MAIN_CONTACT": ("Choose the main contact", "确定主要联系人"),
        "STEP_MAIN_CONTACT_WHY": (
            "{people} people are known, but it is not said whom to call first.",
            "已有 {people} 位联系人，但没有指定首要联系对象。",
        ),
        "STEP_STALE_DOSSIER": ("Confirm what we know of the customer", "核实客户档案"),
        "STEP_STALE_DOSSIER_WHY": (
            "{fields} entries of the dossier are older than {limit} days.",
            "档案中有 {fields} 项已超过 {limit} 天未核实。",
        ),
        "STEP_THIN_DOSSIER": ("Fill the gaps of the dossier", "补全客户档案"),
        "STEP_THIN_DOSSIER_WHY": (
            "{filled} of {required} required fields are known.",
            "必填的 {required} 项中只掌握了 {filled} 项。",
        ),
    }
)


class StepKind(StrEnum):
    RHYTHM = "RHYTHM"
    KEY_DATE = "KEY_DATE"
    FIRST_PERSON = "FIRST_PERSON"
    SILENCE = "SILENCE"
    FIRST_CONTACT = "FIRST_CONTACT"
    MAIN_CONTACT = "MAIN_CONTACT"
    STALE_DOSSIER = "STALE_DOSSIER"
    THIN_DOSSIER = "THIN_DOSSIER"


@dataclass(frozen=True)
class NextStepSettings:
    """``silence_days`` may pass without a contact; ``due_in_days``: by when a proposal should be done."""

    silence_days: int = 30
    key_date_days: int = 14
    thin_dossier_percent: int = 60
    due_in_days: int = 3

    def __post_init__(self) -> None:
        if min(self.silence_days, self.key_date_days, self.due_in_days) < 0:
            raise ValueError("days are 0 or more")


@dataclass(frozen=True)
class ComingDay:
    """An occasion of the customer in words, and the day it falls on next."""

    occasion: str
    day: date


@dataclass(frozen=True)
class StepFacts:
    """What is known of the account. Days None = never; ``usual_gap_days`` None = too few orders to tell. ``is_quiet``: by the last
    score run it is silent for longer than its rhythm explains, as the warnings say."""

    known_since: date
    last_contact_on: date | None = None
    last_order_on: date | None = None
    usual_gap_days: Decimal | None = None
    is_quiet: bool = False
    people: int = 0
    has_main_contact: bool = False
    coming_days: tuple[ComingDay, ...] = ()
    stale_fields: int = 0
    stale_limit_days: int = 180
    filled_fields: int = 0
    required_fields: int = 0


@dataclass(frozen=True)
class Proposal:
    """What to do, why, and by when; ``kind`` tells the page which form does it."""

    kind: StepKind
    title: Reason
    why: Reason
    due_on: date


DEFAULT_SETTINGS = NextStepSettings()


def proposals(facts: StepFacts, *, today: date, settings: NextStepSettings = DEFAULT_SETTINGS) -> tuple[Proposal, ...]:
    """Every step that the facts give a reason for, the weightiest first."""
    due = today + timedelta(days=settings.due_in_days)
    found: list[Proposal] = []

    def propose(kind: StepKind, why: Reason, *, title: Reason | None = None, by: date = due) -> None:
        found.append(Proposal(kind, title or Reason(f"STEP_{kind}"), why, by))

    if facts.is_quiet and facts.last_order_on is not None:
        days = (today - facts.last_order_on).days
        usual = Reason("STEP_RHYTHM_WHY", {"days": days, "usual": facts.usual_gap_days})
        stopped = Reason("STEP_RHYTHM_STOPPED_WHY", {"days": days, "last": facts.last_order_on})
        propose(StepKind.RHYTHM, usual if facts.usual_gap_days else stopped)
    for coming in _soonest(facts.coming_days, today=today, within=settings.key_date_days):
        days = (coming.day - today).days
        why = (
            Reason("STEP_KEY_DATE_WHY", {"day": coming.day, "days": days})
            if days
            else Reason("STEP_KEY_DATE_TODAY_WHY", {"day": coming.day})
        )
        propose(
            StepKind.KEY_DATE,
            why,
            title=Reason("STEP_KEY_DATE", {"occasion": coming.occasion}),
            by=max(today, coming.day - timedelta(days=1)),
        )
    if not facts.people:
        propose(StepKind.FIRST_PERSON, Reason("STEP_FIRST_PERSON_WHY"))
    if facts.last_contact_on is None:
        if (today - facts.known_since).days >= settings.due_in_days:
            propose(StepKind.FIRST_CONTACT, Reason("STEP_FIRST_CONTACT_WHY"))
    elif (days := (today - facts.last_contact_on).days) > settings.silence_days:
        propose(StepKind.SILENCE, Reason("STEP_SILENCE_WHY", {"days": days, "since": facts.last_contact_on}))
    if facts.people and not facts.has_main_contact:
        propose(StepKind.MAIN_CONTACT, Reason("STEP_MAIN_CONTACT_WHY", {"people": facts.people}))
    if facts.stale_fields:
        why = Reason("STEP_STALE_DOSSIER_WHY", {"fields": facts.stale_fields, "limit": facts.stale_limit_days})
        propose(StepKind.STALE_DOSSIER, why)
    if facts.required_fields and facts.filled_fields * 100 < settings.thin_dossier_percent * facts.required_fields:
        why = Reason("STEP_THIN_DOSSIER_WHY", {"filled": facts.filled_fields, "required": facts.required_fields})
        propose(StepKind.THIN_DOSSIER, why)
    return tuple(found)


def _soonest(days: Sequence[ComingDay], *, today: date, within: int) -> list[ComingDay]:
    return sorted(
        (coming for coming in days if 0 <= (coming.day - today).days <= within), key=lambda coming: (coming.day, coming.occasion)
    )[:2]
