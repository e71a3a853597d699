from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dingke.insights.calc import SENTENCES
from dingke.insights.calc.figures import AccountFigure
from dingke.insights.calc.guards import (
    AccountProfit,
    GuardResult,
    GuardSettings,
    IncentiveChange,
    Level,
    concentration,
    incentive_return,
    volume_without_margin,
)

D = Decimal


def told(result: GuardResult) -> str:
    assert SENTENCES.text(result.sentence, "zh-hans")
    return SENTENCES.text(result.sentence, "en")


@pytest.mark.item("A-08")
def test_marginal_return_of_the_worked_example() -> None:
    result = incentive_return(IncentiveChange(7, D(50_000), D(80_000), D(400_000), D(410_000)))
    assert result.level is Level.BREACH
    assert result.figure is not None
    assert round(result.figure, 2) == D("0.33")
    assert result.account_ids == (7,)
    assert told(result).startswith("30,000 more incentive brought 10,000 more gross profit: 0.33 per yuan")
    assert "director" in told(result)


@pytest.mark.item("A-08")
@pytest.mark.parametrize(
    ("before", "after", "profit_before", "profit_after", "level", "figure", "code"),
    [
        (50, 60, 400, 410, Level.OK, 1, "RETURN_GOOD"),
        (50, 60, 400, 409, Level.BREACH, D("0.9"), "RETURN_TOO_LOW"),
        (0, 10, 400, 380, Level.BREACH, -2, "RETURN_TOO_LOW"),
        (50, 50, 400, 300, Level.OK, None, "INCENTIVE_UNCHANGED"),
        (50, 20, 400, 390, Level.OK, None, "INCENTIVE_CUT"),
        (None, 20, 400, 390, Level.UNKNOWN, None, "RETURN_UNKNOWN"),
        (10, 20, 400, None, Level.UNKNOWN, None, "RETURN_UNKNOWN"),
    ],
)
def test_incentive_return(
    before: int | None,
    after: int,
    profit_before: int,
    profit_after: int | None,
    level: Level,
    figure: Decimal | None,
    code: str,
) -> None:
    change = IncentiveChange(
        1,
        None if before is None else D(before),
        D(after),
        D(profit_before),
        None if profit_after is None else D(profit_after),
    )
    result = incentive_return(change)
    assert (result.level, result.figure, result.sentence.code) == (level, figure, code)
    assert told(result)


@pytest.mark.item("A-08")
@given(st.integers(1, 1000), st.integers(-1000, 1000), st.integers(1, 1000))
def test_more_profit_never_worsens_the_return(extra: int, profit: int, more: int) -> None:
    low = incentive_return(IncentiveChange(1, D(0), D(extra), D(0), D(profit)))
    high = incentive_return(IncentiveChange(1, D(0), D(extra), D(0), D(profit + more)))
    assert low.figure is not None
    assert high.figure is not None
    assert high.figure > low.figure
    assert not (low.level is Level.OK and high.level is Level.BREACH)


POOR = AccountProfit(1, volume=D(1000), gross_profit=D(80), incentives=D(50), service_cost=D(30))


@pytest.mark.item("A-08")
@pytest.mark.parametrize(
    ("profits", "level", "ids", "code"),
    [
        ([POOR], Level.BREACH, (1,), "VOLUME_WITHOUT_MARGIN"),
        ([replace(POOR, has_face=True)], Level.WARN, (1,), "VOLUME_WITH_FACE"),
        ([replace(POOR, service_cost=D(29))], Level.OK, (), "MARGIN_GOOD"),
        ([replace(POOR, is_key_account=False)], Level.OK, (), "NO_KEY_VOLUME"),
        ([replace(POOR, volume=D(0))], Level.OK, (), "NO_KEY_VOLUME"),
        ([replace(POOR, gross_profit=None)], Level.UNKNOWN, (1,), "MARGIN_UNKNOWN_FOR_SOME"),
        (
            [replace(POOR, account_id=3), replace(POOR, account_id=2), replace(POOR, gross_profit=None)],
            Level.BREACH,
            (2, 3),
            "VOLUME_WITHOUT_MARGIN",
        ),
    ],
)
def test_volume_without_margin(profits: list[AccountProfit], level: Level, ids: tuple[int, ...], code: str) -> None:
    result = volume_without_margin(profits)
    assert (result.level, result.account_ids, result.sentence.code) == (level, ids, code)
    assert told(result)


def figures(*values: int) -> list[AccountFigure]:
    return [AccountFigure(number, D(value)) for number, value in enumerate(values, start=1)]


@pytest.mark.item("A-08")
@pytest.mark.parametrize(
    ("values", "levels", "shares"),
    [
        ((500, 300, 60, 40, 30, 20, 20, 15, 10, 5), (Level.BREACH, Level.BREACH), ("0.5", "0.93")),
        ((20, 10, 10, 5, 5, *[1] * 50), (Level.WARN, Level.WARN), ("0.2", "0.5")),
        ((21, 10, 10, 5, 5, *[1] * 49), (Level.BREACH, Level.BREACH), ("0.21", "0.51")),
        ((10,) * 100, (Level.OK, Level.OK), ("0.01", "0.05")),
        ((10, -90), (Level.BREACH, Level.BREACH), ("1", "1")),
    ],
)
def test_concentration(values: tuple[int, ...], levels: tuple[Level, Level], shares: tuple[str, str]) -> None:
    results = concentration(figures(*values))
    assert tuple(result.level for result in results) == levels
    assert tuple(result.figure for result in results) == tuple(D(share) for share in shares)
    assert results[0].account_ids == (1,)
    assert all(told(result) for result in results)


@pytest.mark.item("A-08")
def test_concentration_without_revenue_is_unknown() -> None:
    results = concentration(figures(0, -5))
    assert [(result.level, result.figure) for result in results] == [(Level.UNKNOWN, None)] * 2
    assert told(results[0])


@pytest.mark.item("A-08")
@given(st.lists(st.integers(-100, 10_000), max_size=30))
def test_the_top_accounts_hold_at_least_the_share_of_the_first(values: list[int]) -> None:
    one, top = concentration(figures(*values))
    if one.figure is not None and top.figure is not None:
        assert 0 < one.figure <= top.figure <= 1


@pytest.mark.parametrize(
    "change",
    [{"least_return": D(-1)}, {"one_account_limit": D(20)}, {"top_accounts": 0}, {"warn_from": D(2)}],
)
def test_settings_are_checked(change: dict[str, object]) -> None:
    with pytest.raises(ValueError):
        GuardSettings(**change)  # type: ignore[arg-type]
