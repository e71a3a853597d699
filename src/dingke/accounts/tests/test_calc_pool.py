from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dingke.accounts.calc import SENTENCES
from dingke.accounts.calc.pool import ClaimFacts, HoldingFacts, PoolRules, PoolStep, can_claim, recycle_decision

TODAY = date(2025, 6, 30)
RULES = PoolRules()


def ago(days: int) -> date:
    return TODAY - timedelta(days=days)


HELD = HoldingFacts(owned_since=ago(100), last_order_on=ago(10))


@pytest.mark.parametrize(
    ("facts", "step", "days_left", "code"),
    [
        (replace(HELD, last_contact_on=ago(0)), PoolStep.KEEP, 30, "POOL_WITHIN_LIMITS"),
        (replace(HELD, last_contact_on=ago(22)), PoolStep.KEEP, 8, "POOL_WITHIN_LIMITS"),
        (replace(HELD, last_contact_on=ago(23)), PoolStep.NOTICE, 7, "POOL_NO_CONTACT"),
        (replace(HELD, last_contact_on=ago(28), notice_sent_on=ago(5)), PoolStep.NOTICE, 2, "POOL_NO_CONTACT"),
        (replace(HELD, last_contact_on=ago(30), notice_sent_on=ago(7)), PoolStep.RECYCLE, None, "POOL_NO_CONTACT"),
        # checks were missed: the owner still gets the notice days
        (replace(HELD, last_contact_on=ago(50)), PoolStep.NOTICE, 7, "POOL_NO_CONTACT"),
        (replace(HELD, last_contact_on=ago(50), notice_sent_on=ago(3)), PoolStep.NOTICE, 4, "POOL_NO_CONTACT"),
        # a notice about an earlier limit does not count
        (replace(HELD, last_contact_on=ago(30), notice_sent_on=ago(40)), PoolStep.NOTICE, 7, "POOL_NO_CONTACT"),
        # never contacted since it was taken over
        (HoldingFacts(owned_since=ago(5)), PoolStep.KEEP, 25, "POOL_WITHIN_LIMITS"),
        (
            HoldingFacts(owned_since=ago(200), last_contact_on=ago(0), notice_sent_on=ago(10)),
            PoolStep.RECYCLE,
            None,
            "POOL_NO_ORDER",
        ),
        (replace(HELD, is_key_account=True), PoolStep.KEEP, None, "POOL_KEY_ACCOUNT"),
        (replace(HELD, has_active_contract=True), PoolStep.KEEP, None, "POOL_ACTIVE_CONTRACT"),
        (replace(HELD, has_open_opportunity=True), PoolStep.KEEP, None, "POOL_OPEN_OPPORTUNITY"),
    ],
)
def test_recycling(facts: HoldingFacts, step: PoolStep, days_left: int | None, code: str) -> None:
    decision = recycle_decision(facts, RULES, today=TODAY)
    assert (decision.step, decision.days_left, decision.reason.code) == (step, days_left, code)
    assert SENTENCES.text(decision.reason, "en")
    assert SENTENCES.text(decision.reason, "zh-hans")


def test_rules_switched_off() -> None:
    off = PoolRules(days_without_contact=None, days_without_order=None)
    assert recycle_decision(HELD, off, today=TODAY).reason.code == "POOL_RULES_OFF"


def test_without_notice_days_it_goes_at_once() -> None:
    rules = PoolRules(notice_days=0)
    facts = replace(HELD, last_contact_on=ago(30))
    assert recycle_decision(facts, rules, today=TODAY).step is PoolStep.RECYCLE


def test_protection_can_be_switched_off() -> None:
    rules = PoolRules(protect_key_accounts=False)
    facts = replace(HELD, is_key_account=True, last_contact_on=ago(25))
    assert recycle_decision(facts, rules, today=TODAY).step is PoolStep.NOTICE


days = st.integers(0, 400).map(ago)


@given(days, st.one_of(st.none(), days), st.one_of(st.none(), days), st.one_of(st.none(), days))
def test_nobody_loses_an_account_without_notice(owned: date, contact: date | None, order: date | None, notice: date | None) -> None:
    facts = HoldingFacts(owned, contact, order, notice)
    decision = recycle_decision(facts, RULES, today=TODAY)
    if decision.step is PoolStep.RECYCLE:
        assert notice is not None
        assert notice <= ago(RULES.notice_days)
    if decision.step is PoolStep.NOTICE:
        assert decision.days_left is not None
        assert 1 <= decision.days_left <= RULES.notice_days
    fresh = replace(facts, last_contact_on=TODAY, last_order_on=TODAY)
    assert recycle_decision(fresh, RULES, today=TODAY).step is PoolStep.KEEP


@given(st.integers(0, 60))
def test_a_daily_check_gives_notice_then_recycles_on_the_day(quiet_days: int) -> None:
    notice: date | None = None
    last_contact = date(2025, 1, 1)
    for passed in range(quiet_days + 1):
        today = last_contact + timedelta(days=passed)
        facts = HoldingFacts(last_contact, last_contact, last_contact, notice)
        decision = recycle_decision(facts, RULES, today=today)
        if decision.step is PoolStep.NOTICE and notice is None:
            notice = today
        assert (decision.step is PoolStep.RECYCLE) == (passed >= 30)


@pytest.mark.parametrize(
    ("facts", "codes", "left"),
    [
        (ClaimFacts(0, 0), [], 10),
        (ClaimFacts(9, 199), [], 1),
        (ClaimFacts(10, 5), ["CLAIM_QUOTA_USED"], 0),
        (ClaimFacts(0, 200), ["CLAIM_HOLDING_FULL"], 0),
        (ClaimFacts(0, 0, ago(29)), ["CLAIM_TOO_SOON"], 10),
        (ClaimFacts(0, 0, ago(30)), [], 10),
        (ClaimFacts(12, 300, ago(1)), ["CLAIM_QUOTA_USED", "CLAIM_HOLDING_FULL", "CLAIM_TOO_SOON"], 0),
    ],
)
def test_claiming(facts: ClaimFacts, codes: list[str], left: int) -> None:
    verdict = can_claim(facts, RULES, today=TODAY)
    assert [reason.code for reason in verdict.reasons] == codes
    assert verdict.allowed == (not codes)
    assert verdict.claims_left == left
    for reason in verdict.reasons:
        assert SENTENCES.text(reason, "zh-hans")


def test_claiming_without_limits() -> None:
    rules = PoolRules(claims_per_day=None, holding_limit=None)
    verdict = can_claim(ClaimFacts(999, 999), rules, today=TODAY)
    assert verdict.allowed
    assert verdict.claims_left is None


@pytest.mark.parametrize(
    "change",
    [{"claims_per_day": -1}, {"days_without_contact": 7}, {"notice_days": -1}, {"reclaim_after_days": -1}],
)
def test_rules_are_checked(change: dict[str, int]) -> None:
    with pytest.raises(ValueError):
        PoolRules(**change)  # type: ignore[arg-type]
