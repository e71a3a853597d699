from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dingke.accounts.calc.lifecycle import (
    GUIDE_OF,
    SENTENCES,
    STAGE_GUIDES,
    LifecycleFacts,
    LifecycleSettings,
    LifecycleStage,
    full_years,
    propose_stage,
    turnover_change,
)

S = LifecycleStage
D = Decimal
AS_OF = date(2025, 6, 30)
OLD = LifecycleFacts(as_of=AS_OF, first_contract_on=date(2020, 1, 1), turnover=D(800), turnover_before=D(800))


@pytest.mark.item("D-01")
def test_five_stages_in_order_with_strategy_and_actions() -> None:
    assert [guide.stage for guide in STAGE_GUIDES] == list(LifecycleStage)
    assert [guide.label.zh for guide in STAGE_GUIDES] == ["潜在客户", "新客户", "成长客户", "成熟客户", "衰退客户"]
    assert {guide.stage for guide in STAGE_GUIDES if not guide.from_source} == {S.GROWING, S.DECLINING}
    assert all(GUIDE_OF[stage].actions and GUIDE_OF[stage].strategy.zh for stage in LifecycleStage)
    codes = [action.code for guide in STAGE_GUIDES for action in guide.actions]
    assert len(codes) == len(set(codes))


@pytest.mark.item("D-01")
@pytest.mark.parametrize(
    ("facts", "stage", "codes"),
    [
        (LifecycleFacts(as_of=AS_OF), S.POTENTIAL, ["NO_CONTRACT_YET"]),
        (replace(OLD, first_contract_on=date(2025, 7, 1)), S.POTENTIAL, ["NO_CONTRACT_YET"]),
        # worked example: 800k -> 960k is +20 %, growing; 960k -> 768k is -20 %, declining
        (replace(OLD, turnover=D(960_000), turnover_before=D(800_000)), S.GROWING, ["TURNOVER_UP"]),
        (replace(OLD, turnover=D(768_000), turnover_before=D(960_000)), S.DECLINING, ["TURNOVER_DOWN"]),
        (replace(OLD, turnover=D(920)), S.MATURE, ["CUSTOMER_FOR_YEARS", "TURNOVER_STEADY"]),  # +15 % is within
        (replace(OLD, turnover=D(680)), S.MATURE, ["CUSTOMER_FOR_YEARS", "TURNOVER_STEADY"]),  # -15 % is within
        (replace(OLD, first_contract_on=date(2022, 6, 30)), S.MATURE, ["CUSTOMER_FOR_YEARS", "TURNOVER_STEADY"]),
        (
            replace(OLD, first_contract_on=date(2022, 7, 1)),
            S.NEW,
            ["FIRST_CONTRACT", "TURNOVER_STEADY", "CUSTOMER_NOT_LONG"],
        ),
        (
            replace(OLD, first_contract_on=date(2023, 1, 1), current=S.GROWING),
            S.GROWING,
            ["TURNOVER_STEADY", "CUSTOMER_NOT_LONG", "STAGE_STAYS"],
        ),
        (
            LifecycleFacts(as_of=AS_OF, first_contract_on=date(2025, 3, 1), turnover=D(10), turnover_before=D(0)),
            S.NEW,
            ["FIRST_CONTRACT", "NO_COMPARISON"],
        ),
        (
            replace(OLD, first_contract_on=date(2024, 3, 1), turnover=D(1000)),
            S.GROWING,
            ["TURNOVER_UP", "SHORT_HISTORY"],
        ),
        (replace(OLD, turnover_before=D(0)), S.GROWING, ["TURNOVER_AGAIN"]),
        (replace(OLD, turnover=D(0), turnover_before=D(0)), S.DECLINING, ["NO_TURNOVER"]),
        (
            replace(OLD, turnover=None, current=S.MATURE),
            S.MATURE,
            ["NO_COMPARISON", "STAGE_STAYS"],
        ),
        (
            replace(OLD, last_order_on=date(2025, 3, 31), purchase_cycle_days=D(45)),  # 91 days, limit 90
            S.DECLINING,
            ["NO_ORDER_FOR_CYCLES"],
        ),
        (
            replace(OLD, last_order_on=date(2025, 4, 1), purchase_cycle_days=D(45)),  # 90 days
            S.MATURE,
            ["CUSTOMER_FOR_YEARS", "TURNOVER_STEADY"],
        ),
    ],
)
def test_entry_tests(facts: LifecycleFacts, stage: LifecycleStage, codes: list[str]) -> None:
    proposal = propose_stage(facts)
    assert proposal.stage is stage
    assert [reason.code for reason in proposal.reasons] == codes
    for reason in proposal.reasons:
        assert SENTENCES.text(reason, "en")
        assert SENTENCES.text(reason, "zh-hans")


@pytest.mark.item("D-01")
def test_the_change_of_the_worked_example() -> None:
    assert turnover_change(D(960_000), D(800_000)) == D("0.2")
    assert turnover_change(D(768_000), D(960_000)) == D("-0.2")
    assert turnover_change(D(1), D(0)) is None


amounts = st.one_of(st.none(), st.integers(0, 10_000).map(Decimal))
facts = st.builds(
    LifecycleFacts,
    as_of=st.just(AS_OF),
    first_contract_on=st.one_of(st.none(), st.dates(date(2015, 1, 1), date(2026, 1, 1))),
    turnover=amounts,
    turnover_before=amounts,
    last_order_on=st.one_of(st.none(), st.dates(date(2020, 1, 1), AS_OF)),
    purchase_cycle_days=st.one_of(st.none(), st.integers(1, 400).map(Decimal)),
    current=st.one_of(st.none(), st.sampled_from(LifecycleStage)),
)


@pytest.mark.item("D-01")
@given(facts)
def test_every_account_gets_a_stage_with_a_reason(given_facts: LifecycleFacts) -> None:
    proposal = propose_stage(given_facts)
    assert proposal.reasons
    for reason in proposal.reasons:
        assert SENTENCES.text(reason, "zh-hans")


@pytest.mark.item("D-01")
@given(st.integers(1, 10_000), st.integers(0, 20_000), st.integers(1, 5_000))
def test_more_turnover_never_declines(before: int, turnover: int, more: int) -> None:
    order = [S.DECLINING, S.MATURE, S.GROWING]
    low = propose_stage(replace(OLD, turnover=D(turnover), turnover_before=D(before))).stage
    high = propose_stage(replace(OLD, turnover=D(turnover + more), turnover_before=D(before))).stage
    assert order.index(high) >= order.index(low)


@pytest.mark.parametrize(
    ("start", "years"),
    [(date(2024, 7, 1), 0), (date(2024, 6, 30), 1), (date(2020, 2, 29), 5), (date(2026, 1, 1), 0)],
)
def test_full_years(start: date, years: int) -> None:
    assert full_years(start, AS_OF) == years


@pytest.mark.parametrize("change", [{"growth_limit": D(0)}, {"decline_limit": D(1)}, {"mature_years": 0}, {"silent_cycles": D(0)}])
def test_settings_are_checked(change: dict[str, object]) -> None:
    with pytest.raises(ValueError):
        LifecycleSettings(**change)  # type: ignore[arg-type]
