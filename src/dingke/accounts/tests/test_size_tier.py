"""C-15: the size tier of a firm: its limits, the rule, the table, the list and the page."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from dingke.accounts.calc.size_tier import TIER_GUIDES, TIERS, SizeTier, TierLimits, label_of, propose_tier
from dingke.accounts.models import Account
from dingke.accounts.queries.size_tier import tier_case
from dingke.accounts.tests.factories import make_account
from dingke.core import rules
from dingke.core.models import AuditEntry

pytestmark = pytest.mark.item("C-15")
LIMITS = TierLimits()
T = SizeTier


def tier(headcount: int | None, revenue: int | None) -> SizeTier | None:
    return propose_tier(headcount=headcount, revenue=None if revenue is None else Decimal(revenue), limits=LIMITS)


def test_the_limits_of_the_golden_case() -> None:
    """GC-C15-tier-limits: all limits are "under"; the lowest tier has none of revenue."""
    assert list(LIMITS.headcounts) == [10, 50, 200, 300]
    assert list(LIMITS.revenues) == [None, 10_000_000, 50_000_000, 100_000_000]


@pytest.mark.parametrize(
    ("headcount", "revenue", "found"),
    [
        (40, 30_000_000, T.SMALL_LOW),  # worked example
        (9, None, T.MICRO_LOW),
        (10, None, T.MICRO_HIGH),
        (50, None, T.SMALL_LOW),
        (200, None, T.SMALL_HIGH),
        (299, 99_999_999, T.SMALL_HIGH),
        (300, None, T.ABOVE),
        (5, 100_000_000, T.ABOVE),
        (5, 9_999_999, T.MICRO_LOW),
        (5, 10_000_000, T.SMALL_LOW),
        (None, 9_999_999, T.MICRO_HIGH),
        (None, None, None),
    ],
)
def test_the_higher_tier_of_the_two_tests_wins(headcount: int | None, revenue: int | None, found: SizeTier | None) -> None:
    assert tier(headcount, revenue) is found


@given(st.integers(0, 400), st.integers(0, 400), st.integers(0, 200_000_000), st.integers(0, 200_000_000))
def test_more_people_or_revenue_never_lowers_the_tier(few: int, many: int, low: int, high: int) -> None:
    smaller, larger = tier(min(few, many), min(low, high)), tier(max(few, many), max(low, high))
    assert smaller is not None
    assert larger is not None
    assert TIERS.index(larger) >= TIERS.index(smaller)


def test_the_table_is_whole_in_both_languages() -> None:
    assert [guide.tier for guide in TIER_GUIDES] == list(TIERS[:-1])
    assert [guide.label.zh for guide in TIER_GUIDES] == ["微型（低）", "微型（高）", "小型（低）", "小型（高）"]
    assert [guide.level.zh for guide in TIER_GUIDES] == ["入门级", "简单", "规范", "精细"]
    assert [(len(guide.forms), len(guide.needs), len(guide.products)) for guide in TIER_GUIDES] == [
        (6, 7, 3),
        (5, 7, 3),
        (5, 11, 1),
        (5, 10, 1),
    ]
    assert [product.zh for guide in TIER_GUIDES for product in guide.products] == [
        "记账王", "迷你版", "店铺版", "标准版", "商贸版", "连锁专卖版", "专业版", "旗舰版",
    ]  # fmt: skip
    assert all(label.en and label.zh for guide in TIER_GUIDES for label in (*guide.forms, *guide.needs, *guide.products))
    assert label_of(T.ABOVE).zh == "规模以上"


@pytest.mark.parametrize("change", [{"headcount_micro_high": 10}, {"headcount_micro_low": 0}, {"revenue_small_low": Decimal(1)}])
def test_limits_grow_from_tier_to_tier(change: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        TierLimits(**change)


CASES = [
    (None, None),
    (5, None),
    (49, None),
    (250, 1),
    (300, 1),
    (None, 1),
    (5, 9_999_999),
    (5, 60_000_000),
    (None, 99_999_999),
    (1, 10**9),
]


@pytest.mark.django_db
def test_the_database_gives_the_same_tiers() -> None:
    made = {
        make_account(f"企业{number}", employees=people, annual_revenue=money).pk: tier(people, money)
        for number, (people, money) in enumerate(CASES)
    }
    found = dict(Account.objects.order_by("pk").annotate(size=tier_case(LIMITS)).values_list("pk", "size"))
    assert found == {pk: (one.value if one else "") for pk, one in made.items()}


@pytest.mark.django_db
class TestPages:
    def test_the_list_filters_and_shows_the_tier(self, cast: Any, now: Any) -> None:
        make_account("小型甲", owner=cast.owner.user, employees=40, annual_revenue=30_000_000)
        make_account("微型乙", owner=cast.owner.user, employees=5)
        make_account("手工丙", owner=cast.owner.user, employees=5, size_tier="SMALL_LOW")
        client = cast.owner.client
        html = client.get(reverse("accounts:list"), {"edited": "1", "size": "SMALL_LOW"}).content.decode()
        assert "小型甲" in html
        assert "手工丙" in html
        assert "微型乙" not in html
        assert "Size tier: Small (low)" in html
        rules.store(key="accounts.size_tiers", kind=TierLimits, values={"headcount_micro_low": 4}, by=cast.administrator.scope, now=now)
        html = client.get(reverse("accounts:list"), {"edited": "1", "size": "MICRO_HIGH"}).content.decode()
        assert "微型乙" in html

    def test_the_page_shows_needs_and_products(self, cast: Any) -> None:
        account = make_account("小型甲", owner=cast.owner.user, employees=40, annual_revenue=30_000_000)
        html = cast.owner.client.get(reverse("workspace:account", args=[account.pk])).content.decode()
        assert "Small (low) · Regulated" in html
        assert "Professional edition" in html
        assert "Supply chain" in html

    def test_a_person_sets_it_and_takes_it_back(self, cast: Any) -> None:
        account = make_account("小型甲", owner=cast.owner.user, employees=40)
        url = reverse("accounts:size_tier", args=[account.pk])
        assert "As the figures propose: Micro (high)" in cast.owner.client.get(url).content.decode()
        assert cast.owner.client.post(url, {"tier": "ABOVE"}).status_code in {302, 303}
        account.refresh_from_db()
        assert account.size_tier == "ABOVE"
        entry = AuditEntry.objects.filter(action="accounts.size_tier").get()
        assert json.loads(json.dumps(entry.changes)) == {"size_tier": [None, "ABOVE"]}
        cast.owner.client.post(url, {"tier": ""})
        account.refresh_from_db()
        assert account.size_tier == ""
        assert cast.owner.client.post(url, {"tier": "HUGE"}).status_code == 422
        assert cast.stranger.client.post(url, {"tier": ""}).status_code == 404
