from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dingke.insights.calc.retention import (
    CLAIMS,
    RetentionClaim,
    RetentionSettings,
    keep_to_win,
    old_kept_per_new,
    retention_cost,
)

D = Decimal
A, B, OWN = RetentionClaim.A, RetentionClaim.B, RetentionClaim.OWN


@pytest.mark.item("A-09", "O-17")
def test_claim_a_eight_kept_for_one_won() -> None:
    # GC-O17-claim-a: old_kept_per_new 8 -> keep_to_win_ratio 0.125
    assert keep_to_win(D(8)) == D("0.125") == RetentionSettings(A).keep_to_win_ratio


@pytest.mark.item("A-09", "O-17")
def test_claim_b_is_the_default() -> None:
    # GC-O17-claim-b: keep_to_win_ratio 0.2 -> old_kept_per_new 5
    assert old_kept_per_new(D("0.2")) == 5
    assert RetentionSettings().keep_to_win_ratio == D("0.2")


@pytest.mark.item("O-17")
@pytest.mark.parametrize(
    ("chosen", "budget", "per_keep", "kept"),
    [
        (RetentionSettings(A), None, 1000, 8),
        (RetentionSettings(B), None, 1600, 5),
        (RetentionSettings(B), 8000, 1600, 5),
        (RetentionSettings(B), 4799, 1600, 2),
        (RetentionSettings(B), 0, 1600, 0),
        (RetentionSettings(OWN, D("0.3")), None, 2400, 3),
    ],
)
def test_how_many_the_budget_keeps(chosen: RetentionSettings, budget: int | None, per_keep: int, kept: int) -> None:
    cost = retention_cost(cost_per_win=D(8000), budget=None if budget is None else D(budget), settings=chosen)
    assert (cost.cost_per_keep, cost.kept) == (per_keep, kept)


@pytest.mark.item("O-17")
@given(st.integers(1, 10**6).map(Decimal), st.integers(0, 10**7).map(Decimal), st.integers(1, 500))
def test_the_kept_fit_the_budget_and_one_more_would_not(win: Decimal, budget: Decimal, percent: int) -> None:
    settings = RetentionSettings(OWN, D(percent) / 100)
    cost = retention_cost(cost_per_win=win, budget=budget, settings=settings)
    assert cost.kept * cost.cost_per_keep <= budget < (cost.kept + 1) * cost.cost_per_keep


@pytest.mark.item("O-17")
def test_both_claims_are_kept_and_cited() -> None:
    assert [(text.claim, text.ratio) for text in CLAIMS] == [(A, D("0.125")), (B, D("0.2"))]
    assert all(text.label.en and text.label.zh for text in CLAIMS)


@pytest.mark.parametrize(("claim", "own"), [(OWN, None), (OWN, D(0)), (A, D(-1))])
def test_settings_are_checked(claim: RetentionClaim, own: Decimal | None) -> None:
    with pytest.raises(ValueError):
        RetentionSettings(claim, own)


def test_wrong_amounts_are_refused() -> None:
    with pytest.raises(ValueError):
        retention_cost(cost_per_win=D(0))
    with pytest.raises(ValueError):
        retention_cost(cost_per_win=D(1), budget=D(-1))
    with pytest.raises(ValueError):
        old_kept_per_new(D(0))
    with pytest.raises(ValueError):
        keep_to_win(D(0))
