"""Search: what is found by which key, in which order, by the index, and what stays hidden."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection

from dingke.accounts.actions import account as account_actions
from dingke.accounts.actions import search_index
from dingke.accounts.models import Favourite, InvoiceTitle, RecentView, SearchEntry
from dingke.accounts.queries import search
from dingke.accounts.tests.factories import make_account, make_contact
from dingke.core.scope import Scope

pytestmark = pytest.mark.django_db


@pytest.fixture
def market(cast):
    huawei = make_account(
        "华为技术有限公司", owner=cast.owner.user, short_name="华为", city="深圳", phone="0755-28780808", credit_code="914403001922038216"
    )
    other = make_account("江州华为配套件厂", owner=cast.stranger.user)
    make_contact(huawei, "陈立群", mobile="13912345678")
    search_index.refresh([huawei.pk, other.pk])
    return huawei, other


def titles(scope, text, **options):
    return [hit.title for hit in search.search(scope, text, **options)]


class TestFinding:
    @pytest.mark.parametrize(
        "text", ["华", "华为", "华为技", "为技", "hwjs", "huaweijishu", "huawei", "HuaWei", "wjs", "9144030019", "技术 华为", "华为 hw"]
    )
    def test_names_by_characters_pinyin_initials_and_credit_code(self, cast, market, text):
        assert "华为技术有限公司" in titles(cast.owner.scope, text)

    @pytest.mark.parametrize("text", ["13912345678", "139 1234 5678", "5678", "1391", "立群", "clq", "chenliqun"])
    def test_contacts_by_name_phone_and_last_four_digits_lead_to_their_account(self, cast, market, text):
        hits = [hit for hit in search.search(cast.owner.scope, text) if hit.kind == search.CONTACT]
        assert [hit.title for hit in hits] == ["陈立群"]
        assert hits[0].account_id == market[0].pk

    @pytest.mark.parametrize("text", ["", "  ", "%", "*", '"', "' OR 1", '华为" OR "', "NEAR(", "\ue000139", "！？"])
    def test_odd_texts_are_harmless(self, cast, market, text):
        titles(cast.owner.scope, text)

    def test_nothing_else_is_found(self, cast, market):
        assert titles(cast.owner.scope, "为华") == []
        assert titles(cast.owner.scope, "腾讯") == []

    def test_archived_accounts_are_not_found(self, cast, market, now):
        account_actions.archive_account(account=market[0], by=cast.director.scope, now=now)
        assert titles(cast.director.scope, "华为技术") == []


class TestRights:
    def test_shows_only_what_the_caller_sees(self, cast, market):
        assert titles(cast.owner.scope, "华为") == ["华为技术有限公司"]
        assert titles(cast.stranger.scope, "华为") == ["江州华为配套件厂"]
        assert len(titles(cast.director.scope, "华为")) == 2
        assert titles(Scope.nobody(), "华为") == []

    @pytest.mark.parametrize("text", ["13912345678", "5678", "1391", "28780808", "075528780808"])
    def test_a_hidden_phone_does_not_reveal_its_owner(self, cast, market, text):
        assert cast.finance.scope.hides("phone")
        assert titles(cast.finance.scope, text) == []
        assert titles(cast.finance.scope, f"华为 {text}") == []
        assert titles(cast.finance.scope, "陈立群") == ["陈立群"]

    def test_people_and_phones_in_the_public_pool_are_found_only_by_those_above_it(self, cast):
        pooled = make_account("公海机电厂", phone="0512-65551234")
        make_contact(pooled, "沈一舟", mobile="13900001111")
        search_index.refresh([pooled.pk])
        for text in ("沈一舟", "13900001111", "1111", "051265551234"):
            assert titles(cast.owner.scope, text) == [], text
            assert titles(cast.manager.scope, text) != [], text
        assert titles(cast.owner.scope, "公海机电") == ["公海机电厂"]

    def test_a_hidden_tax_id_does_not_reveal_its_account(self, cast, market):
        InvoiceTitle.objects.create(account=market[0], title="华为技术有限公司", tax_id="440300192203821")
        search_index.refresh([market[0].pk])
        assert titles(cast.owner.scope, "440300192203821") == ["华为技术有限公司"]
        assert cast.service.scope.hides("invoicing")
        assert titles(cast.service.scope, "440300192203821") == []


class TestOrder:
    def test_exact_and_prefix_first_then_close_ones_then_the_rest(self, cast, now):
        exact = make_account("华鼎", owner=cast.stranger.user)
        prefix = make_account("华鼎机电有限公司", owner=cast.stranger.user)
        far = make_account("江州华鼎一厂", owner=cast.stranger.user)
        own = make_account("江州市新华鼎第二配套厂", owner=cast.director.user)
        favourite = make_account("海州市新华鼎第三配套总厂", owner=cast.stranger.user)
        Favourite.objects.create(account=favourite, user=cast.director.user, at=now)
        search_index.refresh([row.pk for row in (far, favourite, own, prefix, exact)])
        found = titles(cast.director.scope, "华鼎")
        assert found[:2] == [exact.name, prefix.name]
        assert set(found[2:4]) == {own.name, favourite.name}
        assert found[4] == far.name

    def test_a_prefix_is_found_among_thousands_of_weaker_matches(self, cast):
        rest = [make_account(f"江州第{number}华厂", owner=cast.stranger.user) for number in range(260)]
        wanted = make_account("华星光电", owner=cast.stranger.user)
        search_index.refresh([row.pk for row in [*rest, wanted]])
        assert titles(cast.director.scope, "华", limit=5)[0] == "华星光电"

    def test_costs_the_same_for_few_and_many(self, cast, count_queries):
        numbers = []
        for _round in range(2):
            accounts = [make_account(f"量产设备{number}", owner=cast.owner.user) for number in range(15)]
            search_index.refresh([account.pk for account in accounts])
            with count_queries() as counted:
                search.search(cast.owner.scope, "lcsb")
            numbers.append(counted.number)
        assert numbers[0] == numbers[1] == 2
        with count_queries() as counted:
            search.search(cast.owner.scope, "量产")
        assert counted.number == 2  # thirty own accounts that begin so: nothing else could come before them


class TestStartingPoints:
    def test_recent_and_favourites_follow_visibility(self, cast, market, now):
        huawei, other = market
        for position, account in enumerate((huawei, other)):
            RecentView.objects.create(account=account, user=cast.owner.user, at=now + timedelta(minutes=position))
            Favourite.objects.create(account=account, user=cast.owner.user, at=now)
        assert [hit.account_id for hit in search.recent(cast.owner.scope)] == [huawei.pk]
        assert [hit.account_id for hit in search.favourites(cast.owner.scope)] == [huawei.pk]
        assert search.recent(cast.owner.scope)[0].is_favourite


def _fill(cast, number):
    account = make_account("普通客户", owner=cast.owner.user)
    SearchEntry.objects.bulk_create(
        SearchEntry(
            account=account,
            kind="test",
            object_id=index,
            title=f"客户{index}",
            terms=f"客 户 客户 kehu{index} kh{index} {index:011d}" + " 余 量" * 20,
        )
        for index in range(number)
    )


class TestIndex:
    """One, two, three characters, initials and digits all go through the full-text index."""

    TEXTS = ("华", "华为", "华为技", "hwjs", "5678")

    @pytest.mark.parametrize("text", TEXTS)
    def test_on_sqlite(self, cast, market, text):
        if connection.vendor != "sqlite":
            pytest.skip("the plan of SQLite")
        for person in (cast.director, cast.owner):
            plan = search.matching(person.scope, text).order_by("pk").explain()
            assert "accounts_search_fts VIRTUAL TABLE INDEX 0:M" in plan
            assert "SCAN accounts_searchentry" not in plan
            assert "SEARCH accounts_searchentry USING INTEGER PRIMARY KEY" in plan

    @pytest.mark.postgres
    @pytest.mark.parametrize("text", TEXTS)
    def test_on_postgresql(self, cast, market, text):
        if connection.vendor != "postgresql":
            pytest.skip("the plan of PostgreSQL")
        _fill(cast, 6000)
        with connection.cursor() as cursor:
            cursor.execute("SELECT gin_clean_pending_list('accounts_search_terms'::regclass)")
            cursor.execute("ANALYZE accounts_searchentry, accounts_account, accounts_collaborator")
        assert "accounts_search_terms" in search.matching(cast.director.scope, text).order_by("pk").explain()
        # who holds few accounts may be answered from those accounts, by their index; nobody's search reads the whole table
        assert "Seq Scan on accounts_searchentry" not in search.matching(cast.owner.scope, text).order_by("pk").explain()
