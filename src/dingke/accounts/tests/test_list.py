"""The account list: who sees what, filters, order, paging, views, rights on fields, plans and costs."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.http import QueryDict
from django.urls import reverse

from dingke.accounts.actions import search_index, tags
from dingke.accounts.forms.list import list_state
from dingke.accounts.models import Account, Favourite, Standing, Tag, Todo
from dingke.accounts.queries import list as account_list
from dingke.accounts.queries.list_columns import columns_for, sort_for
from dingke.accounts.queries.list_filter import AccountFilter, chips, filter_from
from dingke.accounts.tests.factories import make_account, make_contact, make_item

pytestmark = pytest.mark.django_db
LIST = reverse("accounts:list")
PART = {"HX-Request": "true", "HX-Request-Type": "partial"}


def make_standing(account, today, **values):
    values = {"revenue": Decimal(0), "run_id": 1, "as_of_date": today, **values}
    return Standing.objects.create(account=account, **values)


@pytest.fixture
def base(cast, today):
    """Five accounts of the owner with standings, one of the stranger, one in the pool."""
    names = ["安泰重工", "博瑞电子", "昌源化工", "鼎盛机床", "恩创药业"]
    accounts = [make_account(name, owner=cast.owner.user, city=f"城{index}") for index, name in enumerate(names)]
    for index, account in enumerate(accounts[:4]):
        make_standing(
            account,
            today,
            revenue=Decimal(100_000 * (index + 1)),
            revenue_before=Decimal(200_000),
            margin=Decimal("0.2") + index * Decimal("0.05"),
            rank=4 - index,
            abc="ABCC"[3 - index],
            face=["RED", "BLACK", "WHITE", ""][index],
            last_order_date=today - timedelta(days=60 * index),
        )
    make_account("福远物流", owner=cast.stranger.user)
    make_account("公海客户")
    return accounts


def names(scope, today, **filters):
    rows = account_list.filtered(scope, AccountFilter(**filters), today=today)
    return [account.name for account in rows.order_by("pinyin")]


def shown(client, **query):
    response = client.get(LIST, query)
    assert response.status_code == 200
    return response.content.decode()


class TestWhoSeesWhat:
    def test_owner_stranger_and_anonymous(self, cast, base):
        assert "安泰重工" in shown(cast.owner.client)
        assert "安泰重工" not in shown(cast.stranger.client)
        assert cast.anonymous.get(LIST).status_code == 303

    def test_quick_view_is_404_for_a_stranger(self, cast, base):
        url = reverse("accounts:quick", args=[base[0].pk])
        assert cast.stranger.client.get(url, headers=PART).status_code == 404
        assert "安泰重工" in cast.owner.client.get(url, headers=PART).content.decode()
        assert cast.owner.client.get(url).status_code == 303


class TestFilters:
    def test_by_owner(self, cast, base, today):
        assert len(names(cast.director.scope, today)) == 7
        assert names(cast.owner.scope, today, owner=("mine",)) == [account.name for account in base]
        assert names(cast.manager.scope, today, owner=("mine",)) == []
        assert len(names(cast.manager.scope, today, owner=("teams",))) == 5
        assert names(cast.owner.scope, today, owner=("none",)) == ["公海客户"]
        assert names(cast.director.scope, today, owner=(str(cast.stranger.user.pk),)) == ["福远物流"]

    def test_by_standing(self, cast, base, today):
        scope = cast.owner.scope
        assert names(scope, today, abc=("A",)) == ["鼎盛机床"]
        assert names(scope, today, face=("RED", "WHITE")) == ["安泰重工", "昌源化工"]
        assert names(scope, today, order_days=100) == ["昌源化工", "鼎盛机床"]
        assert names(scope, today, revenue_min=Decimal(200_000), revenue_max=Decimal(300_000)) == ["博瑞电子", "昌源化工"]

    def test_by_contact_and_marks(self, cast, base, today, now):
        Account.objects.filter(pk=base[0].pk).update(last_contact_at=now - timedelta(days=40), created_at=now - timedelta(days=90))
        Account.objects.filter(pk=base[1].pk).update(last_contact_at=now - timedelta(days=5), is_key=True)
        Account.objects.filter(pk=base[2].pk).update(created_at=now - timedelta(days=90))
        Account.objects.filter(pk__in=[base[3].pk, base[4].pk]).update(created_at=now)
        Favourite.objects.create(account=base[2], user=cast.owner.user, at=now)
        scope = cast.owner.scope
        assert names(scope, today, quiet_days=30, owner=("mine",)) == ["安泰重工", "昌源化工"]
        assert names(scope, today, key="yes") == ["博瑞电子"]
        assert names(scope, today, favourite="yes") == ["昌源化工"]
        assert names(scope, today, pool="yes") == ["公海客户"]

    def test_by_facts_and_a_region_with_its_provinces(self, cast, base, today):
        east, jiangsu = make_item("regions", "EAST", zh="华东"), make_item("regions", "CN-32", zh="江苏")
        jiangsu.data = {"parent": "EAST"}
        jiangsu.save()
        machinery = make_item("industries", "MACHINERY", zh="装备制造")
        Account.objects.filter(pk=base[0].pk).update(region=jiangsu, industry=machinery, lifecycle_stage="MATURE", customer_type="KEY")
        scope = cast.owner.scope
        for filters in ({"region": (str(east.pk),)}, {"industry": (str(machinery.pk),)}, {"stage": ("MATURE",)}, {"type": ("KEY",)}):
            assert names(scope, today, **filters) == ["安泰重工"], filters

    def test_by_tag_text_and_archived(self, cast, base, today, now):
        tags.tag_account(account=base[0], add=["重点跟进"], by=cast.owner.scope, now=now)
        search_index.refresh([account.pk for account in base])
        Account.objects.filter(pk=base[4].pk).update(archived_at=now)
        scope = cast.owner.scope
        assert names(scope, today, tag=(str(Tag.objects.get().pk),)) == ["安泰重工"]
        assert names(scope, today, text="brdz") == ["博瑞电子"]
        assert names(scope, today, archived="yes") == ["恩创药业"]
        assert names(scope, today, archived="yes", text="恩创") == ["恩创药业"]

    def test_reading_an_address_leaves_out_what_does_not_exist(self, cast):
        query = QueryDict(
            "owner=mine&owner=7&owner=x&abc=A&abc=Z&face=NONE&quiet_days=0&order_days=9999999&revenue_min=abc&revenue_max=NaN&key=maybe"
        )
        read = filter_from({key: query.getlist(key) for key in query}, cast.owner.scope)
        assert read == AccountFilter(owner=("mine", "7"), abc=("A",), face=("NONE",), order_days=3650)

    def test_params_and_reading_are_inverse(self, cast):
        filters = AccountFilter(
            text="华为",
            owner=("mine", "none"),
            key="yes",
            abc=("A", "B"),
            stage=("NEW",),
            tag=("3",),
            quiet_days=30,
            revenue_min=Decimal("1.50"),
            archived="yes",
        )
        assert filter_from(filters.params(), cast.owner.scope) == filters

    def test_chips_say_each_filter_and_take_it_off(self, cast, base):
        filters = AccountFilter(
            text="鼎", owner=("mine",), abc=("A",), quiet_days=30, revenue_min=Decimal(5), revenue_max=Decimal(9), archived="yes"
        )
        found = chips(filters, cast.owner.scope)
        assert [chip.key for chip in found] == ["text", "owner", "abc", "quiet_days", "revenue", "archived"]
        assert chips(found[0].without, cast.owner.scope)[0].key == "owner"
        assert found[4].without.revenue_min is None
        assert found[4].without.revenue_max is None


class TestAddressesByHand:
    """/accounts/?text=x filters too: an address that somebody wrote, or another page links to, names no view."""

    def test_filters_count_without_a_view_and_without_edited(self, cast, base):
        assert shown(cast.owner.client, abc="A").count("data-row") == 1
        assert shown(cast.owner.client, owner="mine").count("data-row") == 5
        assert shown(cast.stranger.client, abc="A").count("data-row") == 0
        state = list_state(QueryDict("abc=A"), cast.owner.scope)
        assert state.filters == AccountFilter(abc=("A",))
        assert state.is_changed
        assert state.params() == {"view": "all", "edited": "1", "abc": ["A"], "sort": "name"}

    def test_a_view_in_the_address_holds_until_it_is_edited(self, cast, base):
        assert list_state(QueryDict("view=mine&abc=A"), cast.owner.scope).filters == AccountFilter(owner=("mine",))
        assert list_state(QueryDict("view=mine&edited=1&abc=A"), cast.owner.scope).filters == AccountFilter(abc=("A",))

    def test_other_words_do_not_filter(self, cast, base):
        for query in ("sort=-revenue", "cursor=", "custom=1", "c_unknown=1", ""):
            assert list_state(QueryDict(query), cast.owner.scope).filters == AccountFilter(), query


class TestOrderAndPages:
    @pytest.mark.parametrize("key", [column.key for column in columns_for.__globals__["COLUMNS"] if column.sort])
    @pytest.mark.parametrize("sign", ["", "-"])
    def test_pages_show_every_row_once_whatever_the_order(self, cast, base, today, key, sign):
        scope = cast.director.scope
        _text, sort, descending = sort_for(columns_for(scope), scope, sign + key)
        rows = account_list.filtered(scope, AccountFilter(), today=today)
        whole = account_list.page_of(rows, sort=sort, descending=descending, cursor=None, size=50).items
        assert len(whole) == 7
        pieces, cursor = [], None
        while True:
            page = account_list.page_of(rows, sort=sort, descending=descending, cursor=cursor, size=2)
            pieces += page.items
            cursor = page.next_cursor
            if cursor is None:
                break
        assert [row.pk for row in pieces] == [row.pk for row in whole]

    def test_by_revenue_and_change_with_the_unknown_last(self, cast, base, today):
        scope = cast.owner.scope

        def order(text):
            _text, sort, descending = sort_for(columns_for(scope), scope, text)
            rows = account_list.filtered(scope, AccountFilter(owner=("mine",)), today=today)
            return [row.name for row in account_list.page_of(rows, sort=sort, descending=descending, cursor=None).items]

        assert order("-revenue") == ["鼎盛机床", "昌源化工", "博瑞电子", "安泰重工", "恩创药业"]
        assert order("revenue") == ["安泰重工", "博瑞电子", "昌源化工", "鼎盛机床", "恩创药业"]
        assert order("change")[0] == "安泰重工"
        assert order("abc")[0] == "鼎盛机床"
        assert order("nonsense") == ["安泰重工", "博瑞电子", "昌源化工", "鼎盛机床", "恩创药业"]

    def test_more_is_appended_by_cursor(self, cast, today):
        for number in range(55):
            make_account(f"设备{number:03}", owner=cast.owner.user)
        first = cast.owner.client.get(LIST)
        href = [part for part in first.content.decode().split('"') if "cursor=" in part][0].replace("&amp;", "&")
        second = cast.owner.client.get(href, headers=PART).content.decode()
        assert second.count("data-row") == 5
        assert "<html" not in second

    def test_a_broken_cursor_is_refused_in_words(self, cast, base):
        assert cast.owner.client.get(LIST, {"cursor": "xxx"}).status_code == 422


class TestPlans:
    """The two orders that people open most read an index; there is no sorting of the whole table."""

    def plan(self, scope, text, today, cursor_value=None):
        _text, sort, descending = sort_for(columns_for(scope), scope, text)
        rows = account_list.filtered(scope, AccountFilter(), today=today)
        with CaptureFirst() as seen:
            first = account_list.page_of(rows, sort=sort, descending=descending, cursor=None, size=2)
            account_list.page_of(rows, sort=sort, descending=descending, cursor=first.next_cursor, size=2)
        with connection.cursor() as cursor:
            plans = []
            for sql in seen.selects:
                cursor.execute("EXPLAIN QUERY PLAN " + sql)
                plans.append(" | ".join(row[3] for row in cursor.fetchall()))
        return plans

    @pytest.mark.parametrize(
        ("text", "index"),
        [
            ("name", "account_pinyin"),
            ("-name", "account_pinyin"),
            ("-revenue", "standing_revenue"),
            ("revenue", "standing_revenue"),
            ("-last_order", "standing_last_order"),
            ("abc", "standing_rank"),
        ],
    )
    def test_first_and_following_pages_use_the_index(self, cast, base, today, text, index):
        if connection.vendor != "sqlite":
            pytest.skip("the plan of SQLite")
        plans = self.plan(cast.director.scope, text, today)
        assert len(plans) >= 2
        for plan in plans[:2]:
            assert index in plan, plan
            assert "TEMP B-TREE" not in plan, plan

    def test_counts_look_at_a_thousand_rows_at_most(self, cast, base, count_queries):
        with count_queries() as counted:
            cast.director.client.get(LIST)
        counts = [sql for sql in counted.sql if "COUNT(" in sql and "accounts_account" in sql]
        assert counts
        assert all("LIMIT 1001" in sql for sql in counts)


class CaptureFirst:
    """The account SELECTs of a block, with their parameters filled in."""

    def __enter__(self):
        from django.test.utils import CaptureQueriesContext

        self.context = CaptureQueriesContext(connection)
        self.context.__enter__()
        return self

    def __exit__(self, *details):
        self.context.__exit__(*details)
        self.selects = [
            query["sql"]
            for query in self.context.captured_queries
            if 'FROM "accounts_account"' in query["sql"] and "ORDER BY" in query["sql"]
        ]


class TestCosts:
    def test_three_and_thirty_rows_cost_the_same(self, cast, today, count_queries):
        def fill(number):
            for _index in range(number):
                account = make_account(owner=cast.owner.user, industry=make_item("industries"), region=make_item("regions"))
                make_standing(account, today, revenue=Decimal(5))
                tags.set_tags(account=account, names=["甲", "乙"])

        numbers = []
        for number in (3, 27):
            fill(number)
            with count_queries() as counted:
                assert shown(cast.owner.client).count("data-row") == (3 if number == 3 else 30)
            numbers.append(counted.number)
        assert numbers[0] == numbers[1]
        assert numbers[0] <= 16

    def test_the_quick_view_costs_the_same_for_few_and_many_contacts(self, cast, account, count_queries):
        url, numbers = reverse("accounts:quick", args=[account.pk]), []
        for _round in range(2):
            for number in range(4):
                make_contact(account, f"联系人{number}", mobile="13800000000")
            with count_queries() as counted:
                cast.owner.client.get(url, headers=PART)
            numbers.append(counted.number)
        assert numbers[0] == numbers[1]


class TestFieldRights:
    def test_amounts_are_neither_shown_nor_sorted_nor_filtered_by(self, cast, base, today):
        scope = cast.service.scope
        assert scope.hides("amount")
        keys = {column.key for column in columns_for(scope)}
        assert not keys & {"revenue", "change", "margin"}
        for text in ("-revenue", "margin", "change", "abc"):
            assert sort_for(columns_for(scope), scope, text)[0] == "name"
        assert filter_from({"revenue_min": "100"}, scope) == AccountFilter()
        page = shown(cast.service.client, edited="1", revenue_min="300000", sort="-revenue")
        assert "300,000" not in page
        assert page.count("data-row") == 7

    def test_margin_needs_the_right_to_costs(self, cast, base):
        assert cast.colleague.scope.hides("cost")
        assert "margin" not in {column.key for column in columns_for(cast.colleague.scope)}

    def test_phones_are_hidden_in_list_and_quick_view(self, cast, base):
        Account.objects.filter(pk=base[0].pk).update(phone="0512-66667777")
        make_contact(base[0], "陈立群", mobile="13912345678")
        assert "phone" not in {column.key for column in columns_for(cast.finance.scope)}
        url = reverse("accounts:quick", args=[base[0].pk])
        assert "13912345678" in cast.owner.client.get(url, headers=PART).content.decode()
        hidden = cast.finance.client.get(url, headers=PART).content.decode()
        assert "13912345678" not in hidden
        assert "66667777" not in hidden

    def test_quick_view_hides_amounts(self, cast, base):
        url = reverse("accounts:quick", args=[base[3].pk])
        assert "400.0K" in cast.owner.client.get(url, headers=PART).content.decode()
        assert "400.0K" not in cast.service.client.get(url, headers=PART).content.decode()


class TestEmpty:
    def test_teaches_the_first_step(self, cast):
        assert "Your customers will stand here" in shown(cast.owner.client)

    def test_says_when_filters_are_too_narrow(self, cast, base):
        assert "No account passes these filters" in shown(cast.owner.client, edited="1", abc="B", face="RED")


class TestQuickView:
    def test_shows_the_next_step_and_marks_a_favourite(self, cast, base, today):
        Todo.objects.create(account=base[0], title="约见采购总监", due_date=today, assignee=cast.owner.user)
        page = cast.owner.client.get(reverse("accounts:quick", args=[base[0].pk]), headers=PART).content.decode()
        assert "约见采购总监" in page
        star = reverse("accounts:favourite", args=[base[0].pk])
        assert 'aria-pressed="true"' in cast.owner.client.post(star).content.decode()
        assert 'aria-pressed="false"' in cast.owner.client.post(star).content.decode()
        assert cast.stranger.client.post(star).status_code == 404

    def test_fragment_and_page_agree(self, cast, base):
        part = cast.owner.client.get(LIST, headers=PART).content.decode().strip()
        assert part.startswith('<div id="account-list"')
        assert part.split("csrfmiddlewaretoken")[0] in shown(cast.owner.client)
