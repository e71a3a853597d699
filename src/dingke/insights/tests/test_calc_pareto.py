from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dingke.insights.calc.figures import AccountFigure, share_above
from dingke.insights.calc.pareto import AbcClass, ParetoSettings, pareto, smallest_count_for_share, top_share

D = Decimal
REVENUE = [500, 300, 60, 40, 30, 20, 20, 15, 10, 5]
PROFIT = [180, 4, 4, 3, 3, 2, 2, 1, 1, 0]

amounts = st.decimals(min_value=-10_000, max_value=10_000_000, places=2, allow_nan=False, allow_infinity=False)
figure_lists = st.lists(amounts, max_size=40).map(
    lambda values: [AccountFigure(number, value) for number, value in enumerate(values, start=1)]
)
shares = st.decimals(min_value=0, max_value=1, places=3, allow_nan=False, allow_infinity=False)


def figures(values: list[int]) -> list[AccountFigure]:
    return [AccountFigure(number, D(value)) for number, value in enumerate(values, start=1)]


@pytest.mark.item("A-09")
@pytest.mark.parametrize(
    ("values", "total", "share", "count", "reached"),
    [(REVENUE, 1000, "0.80", 2, "0.8"), (PROFIT, 200, "0.90", 1, "0.9")],
    ids=["20 % of customers bring 80 % of revenue", "10 % bring 90 % of profit"],
)
def test_the_two_examples_of_ten_customers(values: list[int], total: int, share: str, count: int, reached: str) -> None:
    found = pareto(figures(values))
    assert found.total == total
    assert smallest_count_for_share([D(value) for value in values], D(share)) == count
    assert found.rows[count - 1].cumulative_share == D(reached)
    assert found.rows[count - 1].accounts_share == D(count) / 10
    assert top_share([D(value) for value in values], count) == D(reached)


@pytest.mark.item("O-17")
def test_the_figures_of_the_retention_page_hold_for_the_examples() -> None:
    # GC-O17-pareto: 20 % of customers 80 % of revenue; under 10 % of customers up to 90 % of profit
    assert top_share([D(value) for value in REVENUE], 2) * 100 == 80
    assert top_share([D(value) for value in PROFIT], 1) * 100 <= 90


@pytest.mark.item("A-09")
def test_abc_classes_of_the_examples() -> None:
    revenue, profit = pareto(figures(REVENUE)), pareto(figures(PROFIT))
    assert [revenue.ids_of(abc) for abc in AbcClass] == [(1, 2), (3, 4, 5, 6), (7, 8, 9, 10)]
    assert [profit.ids_of(abc) for abc in AbcClass] == [(1,), (2, 3, 4), (5, 6, 7, 8, 9, 10)]


@pytest.mark.item("A-09")
def test_cut_offs_are_editable() -> None:
    found = pareto(figures(REVENUE), ParetoSettings(a_until=D("0.5"), b_until=D("0.8")))
    assert [found.ids_of(abc) for abc in AbcClass] == [(1,), (2,), (3, 4, 5, 6, 7, 8, 9, 10)]


@pytest.mark.item("A-09")
def test_losses_and_zero_come_last_and_ties_go_by_id() -> None:
    found = pareto([AccountFigure(5, D(-40)), AccountFigure(9, D(50)), AccountFigure(2, D(50)), AccountFigure(7, D(0))])
    assert [row.account_id for row in found.rows] == [2, 9, 7, 5]
    assert [row.abc for row in found.rows] == [AbcClass.A, AbcClass.A, AbcClass.C, AbcClass.C]
    assert (found.total, found.losses) == (100, -40)
    assert found.rows[-1].share == 0
    assert found.rows[-1].cumulative_share == 1


@pytest.mark.item("A-09")
@pytest.mark.parametrize("values", [[], [0, 0], [-3]])
def test_nothing_earned(values: list[int]) -> None:
    found = pareto(figures(values))
    assert found.total == 0
    assert all(row.cumulative_share == 0 and row.abc is AbcClass.C for row in found.rows)
    assert smallest_count_for_share([D(value) for value in values], D("0.8")) == 0
    assert top_share([D(value) for value in values], 3) == 0


@pytest.mark.item("A-09")
@given(figure_lists)
def test_shares_rise_to_one(listed: list[AccountFigure]) -> None:
    found = pareto(listed)
    cumulative = [row.cumulative_share for row in found.rows]
    assert cumulative == sorted(cumulative)
    assert not cumulative or cumulative[-1] == (1 if found.total else 0)
    assert [row.abc for row in found.rows] == sorted(row.abc for row in found.rows)
    assert sorted(row.account_id for row in found.rows) == sorted(figure.account_id for figure in listed)
    assert found.total + found.losses == sum((figure.value for figure in listed), D(0))


@pytest.mark.item("A-09")
@given(figure_lists)
def test_the_order_of_the_input_does_not_matter(listed: list[AccountFigure]) -> None:
    assert pareto(listed) == pareto(reversed(listed))


@pytest.mark.item("A-09")
@given(figure_lists, shares)
def test_the_smallest_count_is_the_smallest(listed: list[AccountFigure], share: Decimal) -> None:
    positive = [figure.value for figure in listed if figure.value > 0]
    ordered = sorted(positive, reverse=True)
    count = smallest_count_for_share([figure.value for figure in listed], share)
    wanted = sum(positive, D(0)) * share
    assert sum(ordered[:count], D(0)) >= wanted
    assert count == 0 or sum(ordered[: count - 1], D(0)) < wanted


@pytest.mark.parametrize(("a", "b"), [("0", "0.9"), ("0.9", "0.8"), ("0.8", "1.1")])
def test_settings_are_checked(a: str, b: str) -> None:
    with pytest.raises(ValueError):
        ParetoSettings(D(a), D(b))


def test_wrong_questions_are_refused() -> None:
    with pytest.raises(ValueError):
        smallest_count_for_share([D(1)], D("1.5"))
    with pytest.raises(ValueError):
        top_share([D(1)], -1)


def test_share_above_takes_ties_together() -> None:
    above = share_above(figures([50, 80, 50, 10, 80]))
    assert above == {2: D(0), 5: D(0), 1: D("0.4"), 3: D("0.4"), 4: D("0.8")}
