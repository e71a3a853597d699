from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dingke.insights.calc import SENTENCES
from dingke.insights.calc.value import ValueInputs, continuing_value, delivered_value, value_card

D = Decimal


@pytest.mark.item("A-13")
def test_the_worked_example() -> None:
    assert delivered_value(total_value=D(1_500_000), total_cost=D(1_100_000)) == 400_000
    assert continuing_value(planned_purchases=D(24), average_purchase=D(50_000)) == 1_200_000


@pytest.mark.item("A-13")
@pytest.mark.parametrize(
    ("inputs", "delivered", "continuing", "notes"),
    [
        (
            ValueInputs(D(1_500_000), D(1_100_000), D(24), D(50_000)),
            400_000,
            1_200_000,
            ["CV_IS_TURNOVER", "CV_NOT_DISCOUNTED"],
        ),
        (ValueInputs(D(10), D(12)), -2, None, ["DV_NEGATIVE", "CV_UNKNOWN"]),
        (ValueInputs(total_value=D(10)), None, None, ["DV_UNKNOWN", "CV_UNKNOWN"]),
    ],
)
def test_the_value_card(inputs: ValueInputs, delivered: int | None, continuing: int | None, notes: list[str]) -> None:
    card = value_card(inputs)
    assert (card.delivered_value, card.continuing_value) == (delivered, continuing)
    assert [note.code for note in card.notes] == notes
    assert all(SENTENCES.text(note, "en") and SENTENCES.text(note, "zh-hans") for note in card.notes)


amounts = st.integers(0, 10**9).map(Decimal)


@pytest.mark.item("A-13")
@given(amounts, amounts, amounts)
def test_more_value_or_purchases_never_lower_the_result(value: Decimal, cost: Decimal, more: Decimal) -> None:
    assert delivered_value(total_value=value + more, total_cost=cost) >= delivered_value(total_value=value, total_cost=cost)
    assert continuing_value(planned_purchases=value + more, average_purchase=cost) >= continuing_value(
        planned_purchases=value, average_purchase=cost
    )


@pytest.mark.parametrize("name", ["total_value", "total_cost", "planned_purchases", "average_purchase"])
def test_negative_inputs_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match=name):
        ValueInputs(**{name: D(-1)})
