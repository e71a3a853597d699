"""Warnings (O-19): when a sign opens one, when it keeps silent, when one ends by itself, and who is told of it.

A sign is a judgement of one run on one account by one signal; a warning is the stored question to its owner: what do you do
about it? Amounts in one currency, probabilities 0..1, days.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum

from dingke.core.reasons import Label
from dingke.insights.calc.figures import refuse_ratio

_CENT = Decimal("0.01")


class AlertState(StrEnum):
    OPEN = "OPEN"
    SEEN = "SEEN"
    SNOOZED = "SNOOZED"
    ACTED = "ACTED"
    CLOSED = "CLOSED"


LIVING = (AlertState.OPEN, AlertState.SEEN, AlertState.SNOOZED, AlertState.ACTED)
WAITING = (AlertState.OPEN, AlertState.SEEN)
"""Nobody has reacted yet."""


class Outcome(StrEnum):
    KEPT = "KEPT"
    PARTLY = "PARTLY"
    LOST = "LOST"
    FALSE_ALARM = "FALSE_ALARM"
    RECOVERED = "RECOVERED"


class Verdict(StrEnum):
    """What a sign does: opens a warning, renews the evidence of the one that lives, wakes a snoozed one, or nothing."""

    RAISE = "RAISE"
    RENEW = "RENEW"
    WAKE = "WAKE"
    KEEP_QUIET = "KEEP_QUIET"


@dataclass(frozen=True)
class AlertSettings:
    """``told_per_week``: new warnings an owner is told of in seven days; ``most_per_owner``: warnings that live at an owner at a
    time. ``cool_down_days``: a closed one stays away at least so long. Clearly worse: the probability ``worse_by`` higher or the
    expected loss ``worse_times`` as large as when it was closed or snoozed. ``escalate_after_days``: told and without a reaction.
    A case of risk opens by itself from the probability ``case_from`` at customers of ``case_for_classes``.
    ``large_order_times`` the average order is told in the feed.
    """

    told_per_week: int = 5
    most_per_owner: int = 50
    cool_down_days: int = 30
    worse_by: Decimal = Decimal("0.20")
    worse_times: Decimal = Decimal("1.5")
    escalate_after_days: int = 5
    case_from: Decimal = Decimal("0.80")
    case_for_classes: tuple[str, ...] = ("A",)
    large_order_times: Decimal = Decimal(3)

    def __post_init__(self) -> None:
        if self.told_per_week < 0 or self.most_per_owner < 1 or self.cool_down_days < 0:
            raise ValueError("numbers and days are 0 or more, and an owner has room for a warning")
        if self.escalate_after_days < 1:
            raise ValueError("an owner has a day or more to react")
        refuse_ratio("what counts as worse", self.worse_by)
        refuse_ratio("the probability that opens a case", self.case_from)
        if self.worse_times < 1 or self.large_order_times <= 1:
            raise ValueError("times are above 1")
        if unknown := set(self.case_for_classes) - {"A", "B", "C"}:
            raise ValueError(f"unknown classes: {', '.join(sorted(unknown))}")


DEFAULT_SETTINGS = AlertSettings()


@dataclass(frozen=True)
class Standing:
    """The newest warning of an account and signal. ``judged_*``: as it was when a person snoozed or closed it.
    ``gone_date``: the sign was missing in a run after the closing.
    """

    state: AlertState
    judged_probability: Decimal = Decimal(0)
    judged_loss: Decimal = Decimal(0)
    snoozed_until: date | None = None
    closed_date: date | None = None
    outcome: Outcome | None = None
    gone_date: date | None = None


def expected_loss(value: Decimal, probability: Decimal) -> Decimal:
    """Value at stake x probability, in cents; 0 for a value below 0. A customer worth 200,000 a year with probability 0.35: 70,000.

    ValueError for a probability outside 0..1.
    """
    refuse_ratio("the probability", probability)
    return (max(value, Decimal(0)) * probability).quantize(_CENT)


def clearly_worse(before: Standing, *, probability: Decimal, loss: Decimal, settings: AlertSettings = DEFAULT_SETTINGS) -> bool:
    """Whether what is seen now is new against what a person judged."""
    if probability >= before.judged_probability + settings.worse_by:
        return True
    return before.judged_loss > 0 and loss >= before.judged_loss * settings.worse_times


def verdict(
    before: Standing | None, *, probability: Decimal, loss: Decimal, today: date, settings: AlertSettings = DEFAULT_SETTINGS
) -> Verdict:
    """What the sign does, given the newest warning of the same account and signal.

    A lost customer is not told again until the sign has gone in between: it would show for ever.
    """
    if before is None:
        return Verdict.RAISE
    worse = clearly_worse(before, probability=probability, loss=loss, settings=settings)
    if before.state is AlertState.SNOOZED:
        over = before.snoozed_until is None or before.snoozed_until <= today
        return Verdict.WAKE if over or worse else Verdict.KEEP_QUIET
    if before.state is not AlertState.CLOSED:
        return Verdict.RENEW
    if before.outcome is Outcome.LOST and before.gone_date is None:
        return Verdict.KEEP_QUIET
    cooled = before.closed_date is None or today >= before.closed_date + timedelta(days=settings.cool_down_days)
    return Verdict.RAISE if cooled or worse else Verdict.KEEP_QUIET


def end_without_sign(state: AlertState, *, acted: bool, has_open_case: bool) -> Outcome | None:
    """How a warning ends whose sign is gone: by itself, or kept after an action; None while a case is being worked on."""
    if state is AlertState.CLOSED or has_open_case:
        return None
    return Outcome.KEPT if acted else Outcome.RECOVERED


@dataclass(frozen=True)
class Candidate:
    """A warning its owner has not been told of."""

    alert_id: int
    owner_id: int
    loss: Decimal


def to_tell(candidates: Iterable[Candidate], told_lately: Mapping[int, int], *, per_week: int) -> tuple[Candidate, ...]:
    """Who is told of what: per owner the largest expected losses, as many as the week has room for.

    ``told_lately``: owner -> told in the last seven days. Nothing is told of a warning that puts nothing at stake.
    """
    room: dict[int, int] = {}
    chosen: list[Candidate] = []
    for one in sorted(candidates, key=lambda item: (-item.loss, item.alert_id)):
        left = room.setdefault(one.owner_id, per_week - told_lately.get(one.owner_id, 0))
        if left > 0 and one.loss > 0:
            chosen.append(one)
            room[one.owner_id] = left - 1
    return tuple(chosen)


@dataclass(frozen=True)
class ChainStep:
    """One step of the win-back chain (O-18), due so many days after it is started."""

    code: str
    label: Label
    due_in_days: int


WIN_BACK_SOURCE = "winback"
"""What the to-dos of a chain carry as their source."""

WIN_BACK: Sequence[ChainStep] = (
    ChainStep("REASON", Label("Find the reason", "查明原因"), 2),
    ChainStep("CALL", Label("Call in person", "负责人亲自致电"), 4),
    ChainStep("MAIL", Label("Send the mail from the model", "按模板发送邮件"), 7),
    ChainStep("VISIT", Label("Visit, or invite to a gathering", "上门拜访或邀请参加活动"), 14),
    ChainStep("OFFER", Label("Make an offer within policy", "在政策范围内给出方案"), 21),
    ChainStep("RESULT", Label("Write down the result", "记录结果"), 30),
)
