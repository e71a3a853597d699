"""A-15 动态再评估: what makes an assessment due again, by cycle and by trigger. Shares are Decimal 0..1; dates are days."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum

from dingke.core.reasons import Reason, Sentences
from dingke.insights.calc.assessment import DEFAULT_SETTINGS, AssessmentSettings

SENTENCES = Sentences(
    {
        "DUE_NEVER": ("A key account that was never assessed.", "大客户，尚未评估。"),
        "DUE_CYCLE": ("Level {level}: due on {day}.", "{level} 级，应于 {day} 再评估。"),
        "DUE_SOON": ("Level {level}: due soon, on {day}.", "{level} 级，即将到期：{day}。"),
        "DUE_ORDER_DROP": (
            "Orders have dropped by {drop:.0%} since the assessment.",
            "自评估以来订单下降 {drop:.0%}。",
        ),
        "DUE_QUIET": ("It has gone quiet since the assessment.", "自评估以来已沉默。"),
        "DUE_CLASS": ("Class {before} at the assessment, {after} now.", "评估时为 {before} 类，现为 {after} 类。"),
        "DUE_COMPETITOR": ("News of a competitor on {day}.", "{day} 有竞争对手动态。"),
        "DUE_MARKET": ("News of its industry on {day}.", "{day} 有行业动态。"),
        "DUE_SITUATION": ("Its situation changed on {day}.", "{day} 客户情况有变化。"),
    }
)


class Trigger(StrEnum):
    NEVER = "NEVER"
    CYCLE = "CYCLE"
    SOON = "SOON"
    ORDER_DROP = "ORDER_DROP"
    QUIET = "QUIET"
    CLASS = "CLASS"
    COMPETITOR = "COMPETITOR"
    MARKET = "MARKET"
    SITUATION = "SITUATION"


@dataclass(frozen=True)
class DueFacts:
    """An account at its last assessment and now; dates are of the newest news of each kind, None = none known."""

    is_key: bool = False
    assessed_date: date | None = None
    next_date: date | None = None
    level: str = ""
    revenue_then: Decimal | None = None
    revenue_now: Decimal | None = None
    class_then: str = ""
    class_now: str = ""
    quiet_then: bool = False
    quiet_now: bool = False
    competitor_date: date | None = None
    market_date: date | None = None
    situation_date: date | None = None


def due_reasons(facts: DueFacts, *, today: date, settings: AssessmentSettings = DEFAULT_SETTINGS) -> tuple[tuple[Trigger, Reason], ...]:
    """Why the account is to be assessed again; empty: it is not."""
    if facts.assessed_date is None:
        return ((Trigger.NEVER, Reason("DUE_NEVER")),) if facts.is_key else ()
    found: list[tuple[Trigger, Reason]] = []
    if facts.next_date is not None:
        told: dict[str, object] = {"level": facts.level, "day": facts.next_date}
        if facts.next_date <= today:
            found.append((Trigger.CYCLE, Reason("DUE_CYCLE", told)))
        elif facts.next_date <= today + timedelta(days=settings.soon_days):
            found.append((Trigger.SOON, Reason("DUE_SOON", told)))
    if facts.revenue_then and facts.revenue_then > 0 and facts.revenue_now is not None:
        drop = 1 - facts.revenue_now / facts.revenue_then
        if drop > 0 and drop >= settings.order_drop:
            found.append((Trigger.ORDER_DROP, Reason("DUE_ORDER_DROP", {"drop": drop})))
    if facts.quiet_now and not facts.quiet_then:
        found.append((Trigger.QUIET, Reason("DUE_QUIET")))
    if facts.class_then and facts.class_now and facts.class_then != facts.class_now:
        found.append((Trigger.CLASS, Reason("DUE_CLASS", {"before": facts.class_then, "after": facts.class_now})))
    for trigger, day in (
        (Trigger.COMPETITOR, facts.competitor_date),
        (Trigger.MARKET, facts.market_date),
        (Trigger.SITUATION, facts.situation_date),
    ):
        if day is not None and day > facts.assessed_date:
            found.append((trigger, Reason(f"DUE_{trigger}", {"day": day})))
    return tuple(found)


def is_due(reasons: Iterable[tuple[Trigger, Reason]]) -> bool:
    """Due now: something other than a date that is near."""
    return any(trigger is not Trigger.SOON for trigger, _reason in reasons)
