from __future__ import annotations

import pytest

from dingke.accounts.models import Account
from dingke.accounts.tests.factories import make_account
from dingke.core.errors import Invalid
from dingke.core.paging import capped_count, keyset_page

pytestmark = pytest.mark.django_db


@pytest.fixture
def accounts(db):
    return [make_account(f"公司{index:02d}", employees=None if index % 4 == 0 else index % 5) for index in range(23)]


@pytest.mark.parametrize("order", [["pinyin"], ["-pinyin"], ["employees"], ["-employees", "pinyin"]])
def test_pages_hold_every_row_once_in_order_with_unknown_values_last(accounts, order):
    seen, cursor = [], None
    for _page in range(10):
        page = keyset_page(Account.objects.all(), order=order, size=5, cursor=cursor)
        seen.extend(page.items)
        cursor = page.next_cursor
        if cursor is None:
            break
    assert len(seen) == len({row.pk for row in seen}) == 23
    if "employees" in order[0]:
        values = [row.employees for row in seen]
        known = [value for value in values if value is not None]
        assert values == known + [None] * (23 - len(known))
        assert known == sorted(known, reverse=order[0].startswith("-"))


@pytest.mark.parametrize("cursor", ["xx", "W10", "bm90IGpzb24", "eyJ4Ijoge319"])
def test_a_broken_cursor_is_refused_in_words(accounts, cursor):
    with pytest.raises(Invalid):
        keyset_page(Account.objects.all(), order=["pinyin"], cursor=cursor)


def test_counts_are_exact_to_the_cap_and_capped_above(accounts):
    assert str(capped_count(Account.objects.all())) == "23"
    assert str(capped_count(Account.objects.all(), cap=10)) == "10+"
