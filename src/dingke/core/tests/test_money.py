from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dingke.core.money import CENT, Money, compact, rounded, split

amounts = st.decimals(min_value=-10_000_000, max_value=10_000_000, places=2)
weights = st.lists(st.decimals(min_value=0, max_value=1000, places=2), min_size=1, max_size=12).filter(lambda values: sum(values) > 0)


class TestSplit:
    @given(amount=amounts, parts=weights)
    def test_the_parts_add_up_to_the_cent_and_stay_within_a_cent_of_their_share(self, amount, parts):
        result = split(amount, parts)
        assert sum(result) == amount
        total = sum(parts)
        assert all(abs(part - amount * weight / total) <= CENT for part, weight in zip(result, parts, strict=True))

    def test_refuses_weights_without_a_positive_sum(self):
        with pytest.raises(ValueError, match="positive"):
            split(Decimal("1.00"), [Decimal(0)])


class TestMoney:
    def test_adds_within_one_currency_only(self):
        assert (Money(Decimal("1.10")) + Money(Decimal("2.20"))).amount == Decimal("3.30")
        with pytest.raises(ValueError, match="cannot add"):
            Money(Decimal(1)) + Money(Decimal(1), "USD")

    def test_rounds_half_up(self):
        assert rounded(Decimal("2.345")) == Decimal("2.35")


@pytest.mark.parametrize(
    ("amount", "language", "shown"),
    [
        (Decimal("12840000"), "zh-hans", "1,284.0 万"),
        (Decimal("320000000"), "zh-hans", "3.20 亿"),
        (Decimal("9999"), "zh-hans", "9,999"),
        (Decimal("12840000"), "en", "12.84M"),
        (Decimal("450200"), "en", "450.2K"),
        (None, "en", "—"),
    ],
)
def test_amounts_on_cards(amount, language, shown):
    assert compact(amount, language) == shown
