"""D-01: which stage the figures propose."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dingke.accounts.calc.lifecycle import SENTENCES, LifecycleStage
from dingke.core.periods import add_months
from dingke.insights.calc.lifecycle import (
    GROWING,
    Dismissal,
    LifecycleFacts,
    ProposedStages,
    full_years,
    propose_stage,
    still_dismissed,
    turnover_change,
)

S = LifecycleStage
D = Decimal
AS_OF = date(2025, 6, 30)
OLD = LifecycleFacts(as_of=AS_OF, first_contract_on=date(2020, 1, 1), turnover=D(800), turnover_before=D(800))


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
            replace(OLD, first_contract_on=date(2023, 1, 1), current=S.MATURE),
            S.MATURE,
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


def days(*values: date) -> np.ndarray:
    return np.array([value.isoformat() for value in values], dtype="datetime64[D]")


@pytest.mark.parametrize(
    ("start", "years"),
    [(date(2024, 7, 1), 0), (date(2024, 6, 30), 1), (date(2020, 2, 29), 5), (date(2026, 1, 1), 0)],
)
def test_full_years(start: date, years: int) -> None:
    assert full_years(days(start), AS_OF).tolist() == [years]


@given(st.dates(date(1990, 1, 1), date(2030, 12, 31)), st.dates(date(2000, 1, 1), date(2030, 12, 31)))
def test_full_years_are_the_anniversaries_that_have_come(start: date, as_of: date) -> None:
    years = int(full_years(days(start), as_of)[0])
    if start <= as_of:
        assert add_months(start, 12 * years) <= as_of < add_months(start, 12 * (years + 1))
    else:
        assert years == 0


@pytest.mark.item("D-01")
@pytest.mark.parametrize(
    ("change", "stage", "last_order", "held"),
    [
        (0.20, GROWING, None, True),
        (0.16, GROWING, None, True),  # moved by four points
        (0.15, GROWING, None, False),  # by five: the figures have changed
        (0.20, GROWING + 1, None, False),  # the no was said to another stage
        (0.20, GROWING, date(2025, 5, 1), True),
        (0.20, GROWING, date(2025, 4, 1), False),  # an order has come since
        (np.nan, GROWING, None, False),
    ],
)
def test_a_no_holds_until_the_figures_change(change: float, stage: int, last_order: date | None, held: bool) -> None:
    found = ProposedStages(np.array([GROWING], dtype=np.int8), np.array([0.20]), np.array([False]), ())
    said = still_dismissed(found, last_order=days(date(2025, 5, 1)), dismissals=[Dismissal(0, stage, change, last_order)])
    assert said.tolist() == [held]
