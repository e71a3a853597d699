"""A-01: the words for a key account find the accounts that carry the mark."""

from __future__ import annotations

import pytest

from dingke.accounts.queries.list import filtered
from dingke.accounts.queries.list_filter import AccountFilter
from dingke.accounts.tests.factories import TODAY, make_account


@pytest.mark.django_db
@pytest.mark.item("A-01")
@pytest.mark.parametrize("word", ["大客户", "关键客户", "重点客户", "VIP", "key account"])
def test_a_word_for_key_account_finds_the_marked_ones(cast, word):
    key = make_account("江州重工", owner=cast.owner.user, is_key=True)
    make_account("江州机电", owner=cast.owner.user)
    make_account("别处重工", owner=cast.stranger.user, is_key=True)
    assert list(filtered(cast.owner.scope, AccountFilter(text=word), today=TODAY)) == [key]
