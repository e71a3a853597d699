"""公海 rules: who may claim an account from the public pool, and when an account goes back to it.

An account goes back after too many days without contact or without an order; its owner gets a notice first and always
has the notice days to react, even when a check was missed. All figures are design values, editable; None switches a
rule off.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from dingke.core.reasons import Reason, Sentences

SENTENCES = Sentences(
    {
        "POOL_NO_CONTACT": (
            "No contact since {since:%Y-%m-%d}; the limit of {limit} days ends on {due:%Y-%m-%d}.",
            "自 {since:%Y-%m-%d} 起没有联系记录，{limit} 天的期限于 {due:%Y-%m-%d} 到期。",
        ),
        "POOL_NO_ORDER": (
            "No order since {since:%Y-%m-%d}; the limit of {limit} days ends on {due:%Y-%m-%d}.",
            "自 {since:%Y-%m-%d} 起没有订单，{limit} 天的期限于 {due:%Y-%m-%d} 到期。",
        ),
        "POOL_KEPT": (
            "By exception it stays until {until:%Y-%m-%d}.",
            "经批准，保留至 {until:%Y-%m-%d}。",
        ),
        "POOL_KEY_ACCOUNT": ("Key accounts do not go to the pool.", "大客户不回收至公海。"),
        "POOL_ACTIVE_CONTRACT": ("A contract is running.", "有执行中的合同，不回收。"),
        "POOL_OPEN_OPPORTUNITY": ("An opportunity is open.", "有进行中的商机，不回收。"),
        "POOL_WITHIN_LIMITS": ("Contact and orders are within the limits.", "联系与订单均在期限内。"),
        "POOL_RULES_OFF": ("Recycling is switched off.", "未启用回收规则。"),
        "CLAIM_QUOTA_USED": (
            "The quota of {limit} claims a day is used up.",
            "今日 {limit} 个领取名额已用完。",
        ),
        "CLAIM_HOLDING_FULL": (
            "{held} accounts are held; the limit is {limit}.",
            "当前已持有 {held} 个客户，上限为 {limit} 个。",
        ),
        "CLAIM_TOO_SOON": (
            "A former owner may claim it again from {day:%Y-%m-%d}.",
            "原负责人须自 {day:%Y-%m-%d} 起才能再次领取。",
        ),
    }
)


class PoolStep(StrEnum):
    KEEP = "KEEP"
    NOTICE = "NOTICE"
    RECYCLE = "RECYCLE"


@dataclass(frozen=True)
class PoolRules:
    claims_per_day: int | None = 10
    holding_limit: int | None = 200
    days_without_contact: int | None = 30
    days_without_order: int | None = 180
    notice_days: int = 7
    reclaim_after_days: int = 30
    protect_key_accounts: bool = True
    protect_active_contract: bool = True
    protect_open_opportunity: bool = True

    def __post_init__(self) -> None:
        for name in ("claims_per_day", "holding_limit"):
            value = getattr(self, name)
            if value is not None and value < 0:
                raise ValueError(f"{name} is 0 or more")
        for name in ("days_without_contact", "days_without_order"):
            value = getattr(self, name)
            if value is not None and value <= self.notice_days:
                raise ValueError(f"{name} must be more than the {self.notice_days} notice days")
        if self.notice_days < 0 or self.reclaim_after_days < 0:
            raise ValueError("days are 0 or more")


@dataclass(frozen=True)
class HoldingFacts:
    """An owned account. ``notice_sent_on``: the last notice of recycling that went to the present owner; ``kept_until``: the
    last day of an exception that was granted.
    """

    owned_since: date
    last_contact_on: date | None = None
    last_order_on: date | None = None
    notice_sent_on: date | None = None
    is_key_account: bool = False
    has_active_contract: bool = False
    has_open_opportunity: bool = False
    kept_until: date | None = None


@dataclass(frozen=True)
class RecycleDecision:
    """``days_left`` until the account goes back: given with NOTICE, and with KEEP when a limit runs."""

    step: PoolStep
    reason: Reason
    days_left: int | None = None


@dataclass(frozen=True)
class ClaimFacts:
    """The claimant's counts; ``released_on``: the day this claimant last lost or released the account."""

    claims_today: int
    held: int
    released_on: date | None = None


@dataclass(frozen=True)
class ClaimVerdict:
    allowed: bool
    reasons: tuple[Reason, ...]
    claims_left: int | None = None


def recycle_decision(facts: HoldingFacts, rules: PoolRules, *, today: date) -> RecycleDecision:
    """KEEP, NOTICE or RECYCLE; the limit that ends first decides. The day of taking over counts as contact and as
    order.
    """
    shield = _shield(facts, rules)
    if shield is not None:
        return RecycleDecision(PoolStep.KEEP, shield)
    if facts.kept_until is not None and today <= facts.kept_until:
        return RecycleDecision(PoolStep.KEEP, Reason("POOL_KEPT", {"until": facts.kept_until}))
    clocks = [
        (code, max(facts.owned_since, last or facts.owned_since), limit)
        for code, last, limit in (
            ("POOL_NO_CONTACT", facts.last_contact_on, rules.days_without_contact),
            ("POOL_NO_ORDER", facts.last_order_on, rules.days_without_order),
        )
        if limit is not None
    ]
    if not clocks:
        return RecycleDecision(PoolStep.KEEP, Reason("POOL_RULES_OFF"))
    code, since, limit = min(clocks, key=lambda clock: (clock[1] + timedelta(days=clock[2]), clock[0]))
    due = since + timedelta(days=limit)
    warn_from = due - timedelta(days=rules.notice_days)
    if today < warn_from:
        return RecycleDecision(PoolStep.KEEP, Reason("POOL_WITHIN_LIMITS"), (due - today).days)
    # A notice from before the warning time belonged to an earlier limit, which contact or an order has since moved on.
    noticed = facts.notice_sent_on is not None and warn_from <= facts.notice_sent_on <= today
    notice_on = facts.notice_sent_on if noticed and facts.notice_sent_on is not None else today
    goes_on = max(due, notice_on + timedelta(days=rules.notice_days))
    reason = Reason(code, {"since": since, "limit": limit, "due": goes_on})
    if today >= goes_on:
        return RecycleDecision(PoolStep.RECYCLE, reason)
    return RecycleDecision(PoolStep.NOTICE, reason, (goes_on - today).days)


def needs_notice(facts: HoldingFacts, decision: RecycleDecision, rules: PoolRules, *, today: date) -> bool:
    """Whether the owner has still to be told: a notice of an earlier limit, which contact or an order has since moved
    on, does not count. ``decision`` is the one that ``recycle_decision`` gave for these facts.
    """
    if decision.step is not PoolStep.NOTICE:
        return False
    since, limit = decision.reason.params["since"], decision.reason.params["limit"]
    assert isinstance(since, date)
    assert isinstance(limit, int)
    warn_from = since + timedelta(days=limit - rules.notice_days)
    return facts.notice_sent_on is None or not warn_from <= facts.notice_sent_on <= today


def can_claim(facts: ClaimFacts, rules: PoolRules, *, today: date) -> ClaimVerdict:
    """Whether a claim is within the daily quota, the holding limit and the waiting time of a former owner; all
    reasons against.
    """
    against: list[Reason] = []
    if rules.claims_per_day is not None and facts.claims_today >= rules.claims_per_day:
        against.append(Reason("CLAIM_QUOTA_USED", {"limit": rules.claims_per_day}))
    if rules.holding_limit is not None and facts.held >= rules.holding_limit:
        against.append(Reason("CLAIM_HOLDING_FULL", {"held": facts.held, "limit": rules.holding_limit}))
    if facts.released_on is not None:
        free_on = facts.released_on + timedelta(days=rules.reclaim_after_days)
        if today < free_on:
            against.append(Reason("CLAIM_TOO_SOON", {"day": free_on}))
    rooms = [
        limit - used for limit, used in ((rules.claims_per_day, facts.claims_today), (rules.holding_limit, facts.held)) if limit is not None
    ]
    return ClaimVerdict(
        allowed=not against,
        reasons=tuple(against),
        claims_left=max(0, min(rooms)) if rooms else None,
    )


def _shield(facts: HoldingFacts, rules: PoolRules) -> Reason | None:
    if rules.protect_key_accounts and facts.is_key_account:
        return Reason("POOL_KEY_ACCOUNT")
    if rules.protect_active_contract and facts.has_active_contract:
        return Reason("POOL_ACTIVE_CONTRACT")
    if rules.protect_open_opportunity and facts.has_open_opportunity:
        return Reason("POOL_OPEN_OPPORTUNITY")
    return None
