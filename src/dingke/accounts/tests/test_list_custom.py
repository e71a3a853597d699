"""The account list filtered by territory, by the company's own fields and by moves between stages; columns in the person's order."""

from __future__ import annotations

import csv
import io
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.http import QueryDict
from django.urls import reverse

from dingke.accounts.forms.list import FilterForm, list_state
from dingke.accounts.models import Account, StageChange
from dingke.accounts.queries import list as account_list
from dingke.accounts.queries.list_custom import OwnTest
from dingke.accounts.queries.list_filter import AccountFilter, chips, filter_from
from dingke.accounts.tests.factories import make_account
from dingke.accounts.tests.test_list import PART, base, names, shown
from dingke.core.models import CustomField, Job, SavedView
from dingke.people.models import Territory

pytestmark = pytest.mark.django_db
__all__ = ["base"]


@pytest.fixture
def own(base):
    """One field of each kind; the keys are words that a lookup could take for its own."""
    definitions = [("in", "CHOICE", ["电力", "轨道", "汽车"]), ("has_key", "TEXT", []), ("2024", "NUMBER", []), ("range", "DATE", [])]
    for position, (key, kind, options) in enumerate([*definitions, ("contains", "BOOLEAN", [])]):
        CustomField.objects.create(
            target="account", key=key, kind=kind, options=options, label_zh=f"字段{key}", label_en=f"Field {key}", position=position
        )
    values = [
        {"in": "电力", "has_key": "Siemens S7-1500 产线", "2024": "9", "range": "2026-01-31", "contains": True},
        {"in": "轨道", "has_key": "100% 国产", "2024": "10.5", "range": "2026-02-01", "contains": False},
        {"in": "电力", "has_key": "", "2024": "-3", "range": "2025-12-31"},
        {"2024": "abc", "range": "unknown", "contains": "true"},
    ]
    for account, custom in zip(base, values, strict=False):
        Account.objects.filter(pk=account.pk).update(custom=custom)
    return base


def found(scope, today, query):
    """The names of the rows of an address, in order."""
    data = QueryDict(query)
    filters = filter_from({key: data.getlist(key) for key in data}, scope)
    return [account.name for account in account_list.filtered(scope, filters, today=today).order_by("pinyin")]


class TestOwnFields:
    @pytest.mark.parametrize(
        ("query", "places"),
        [
            ("c_in=电力", [0, 2]),
            ("c_in=电力&c_in=轨道", [0, 1, 2]),
            ("c_in=汽车", []),
            ("c_has_key=s7-1500", [0]),
            ("c_has_key=国产", [1]),
            ("c_has_key=100%25", [1]),
            ("c_has_key=_", []),
            ("c_2024.min=9", [0, 1]),
            ("c_2024.max=9", [0, 2]),
            ("c_2024.min=-3&c_2024.max=10", [0, 2]),
            ("c_2024.min=10.5", [1]),
            ("c_range.from=2026-01-31", [0, 1]),
            ("c_range.to=2026-01-31", [0, 2]),
            ("c_range.from=2026-01-01&c_range.to=2026-01-31", [0]),
            ("c_contains=yes", [0, 3]),
            ("c_contains=no", [1]),
            ("c_in=电力&c_2024.max=0", [2]),
        ],
    )
    def test_each_kind_finds_its_rows_on_either_database(self, cast, own, today, query, places):
        assert found(cast.owner.scope, today, query) == [own[place].name for place in places]

    def test_a_stranger_finds_only_the_own_rows(self, cast, own, today):
        Account.objects.filter(name="福远物流").update(custom={"in": "电力"})
        assert found(cast.stranger.scope, today, "c_in=电力") == ["福远物流"]
        assert "安泰重工" not in shown(cast.stranger.client, c_in="电力")

    def test_an_address_by_hand_filters_without_a_view(self, cast, own):
        assert shown(cast.owner.client, c_contains="no").count("data-row") == 1
        assert "edited=1" in list_state(QueryDict("c_contains=no"), cast.owner.scope).query()

    def test_what_does_not_fit_is_left_out(self, cast, own):
        data = QueryDict("c_in=风电&c_has_key=+&c_2024.min=NaN&c_2024=5&c_range.to=31.01.2026&c_contains=maybe&c_other=1")
        assert filter_from({key: data.getlist(key) for key in data}, cast.owner.scope) == AccountFilter()

    def test_a_field_that_was_switched_off_does_not_filter(self, cast, own, today):
        CustomField.objects.filter(key="in").update(is_active=False)
        assert len(found(cast.owner.scope, today, "owner=mine&c_in=电力")) == 5

    def test_reading_and_writing_an_address_are_inverse(self, cast, own):
        filters = AccountFilter(
            territory=("none", "4"),
            moved_to=("DECLINING",),
            moved_from_date=date(2026, 1, 1),
            stage_days=30,
            custom=(
                OwnTest(key="in", kind="CHOICE", values=("电力", "汽车")),
                OwnTest(key="has_key", kind="TEXT", values=("产线",)),
                OwnTest(key="2024", kind="NUMBER", low=Decimal("1.5")),
                OwnTest(key="range", kind="DATE", low=date(2026, 1, 1), high=date(2026, 3, 31)),
                OwnTest(key="contains", kind="BOOLEAN", values=("no",)),
            ),
        )
        assert filter_from(filters.params(), cast.owner.scope) == filters

    def test_chips_say_each_and_take_it_off(self, cast, own):
        query = (
            "c_in=电力&c_in=轨道&c_has_key=产线&c_2024.min=1000&c_2024.max=2000.5"
            "&c_range.from=2026-01-01&c_contains=no&moved_to=NEW&moved_to_date=2026-03-31"
        )
        state = list_state(QueryDict(query), cast.owner.scope)
        said = chips(state.filters, cast.owner.scope, own=state.own)
        assert [chip.text for chip in said] == [
            "Moved to New, up to 2026-03-31",
            "Field in: 电力, 轨道",
            "Field has_key contains “产线”",
            "Field 2024: 1,000 to 2,000.5",
            "Field range: from 2026-01-01",
            "Field contains: No",
        ]
        assert [test.key for test in said[1].without.custom] == ["has_key", "2024", "range", "contains"]
        assert said[0].without.moved_to_date is None
        page = shown(cast.owner.client, c_in="电力")
        assert page.count("data-row") == 2
        assert "Field in: 电力" in page

    def test_the_dialog_asks_by_kind_and_holds_what_is_set(self, cast, own):
        state = list_state(QueryDict("c_in=轨道&c_2024.min=9&c_range.to=2026-01-31&c_contains=no"), cast.owner.scope)
        form = FilterForm(state)
        assert [field.name for field in form.own()] == [
            "c_in", "c_has_key", "c_2024.min", "c_2024.max", "c_range.from", "c_range.to", "c_contains",
        ]  # fmt: skip
        dialog = cast.owner.client.get(reverse("accounts:list_filter") + state.query(), headers=PART).content.decode()
        assert 'value="轨道" id="filter_c_in_1" checked' in dialog
        assert 'name="c_2024.min" value="9"' in dialog
        assert 'name="c_range.to" value="2026-01-31"' in dialog
        assert "Own fields" in dialog
        assert dialog.count('<span class="input-group-text">CNY</span>') == 2
        CustomField.objects.filter(key="in").update(options=[f"行业{number}" for number in range(9)])
        assert "data-search" in str(FilterForm(list_state(QueryDict(""), cast.owner.scope))["c_in"])

    def test_without_own_fields_and_territories_the_dialog_is_as_before(self, cast, base):
        dialog = cast.owner.client.get(reverse("accounts:list_filter"), headers=PART).content.decode()
        assert "Own fields" not in dialog
        assert 'name="territory"' not in dialog

    def test_a_saved_view_keeps_them(self, cast, own):
        url = reverse("accounts:view_save") + "?edited=1&c_in=电力&c_2024.min=0&moved_to=NEW"
        cast.owner.client.post(url, {"name": "电力"})
        view = SavedView.objects.get(name="电力")
        assert view.query["filters"] == {"c_in": ["电力"], "c_2024.min": "0", "moved_to": ["NEW"]}
        state = list_state(QueryDict(f"view={view.pk}"), cast.owner.scope)
        assert state.filters.params() == view.query["filters"]
        assert not state.is_changed
        assert state.params() == {"view": str(view.pk)}

    def test_hidden_fields_and_the_sort_links_carry_them(self, cast, own):
        state = list_state(QueryDict("c_in=电力&c_2024.min=0"), cast.owner.scope)
        assert ("c_in", "电力") in state.hidden("text")
        assert ("c_2024.min", "0") in state.hidden("text")
        assert "c_2024.min=0" in state.address(sort="-revenue")

    def test_three_and_thirty_rows_cost_the_same(self, cast, own, count_queries):
        territory = Territory.objects.create(name="华东")
        numbers = []
        for number in (3, 27):
            for _index in range(number):
                make_account(owner=cast.owner.user, territory=territory, custom={"in": "汽车", "2024": "5"})
            with count_queries() as counted:
                page = shown(cast.owner.client, c_in="汽车", territory=territory.pk, **{"c_2024.min": "1"})
            assert page.count("data-row") == (3 if number == 3 else 30)
            numbers.append(counted.number)
        assert numbers[0] == numbers[1]


class TestTerritory:
    @pytest.fixture
    def east(self, base):
        east = Territory.objects.create(name="华东·离散制造")
        Account.objects.filter(pk__in=[base[0].pk, base[1].pk]).update(territory=east)
        return east

    def test_by_territory_and_by_none(self, cast, base, east, today):
        scope = cast.owner.scope
        assert names(scope, today, territory=(str(east.pk),)) == ["安泰重工", "博瑞电子"]
        assert names(scope, today, territory=("none",), owner=("mine",)) == ["昌源化工", "鼎盛机床", "恩创药业"]
        assert len(names(scope, today, territory=("none", str(east.pk)), owner=("mine",))) == 5
        assert names(cast.stranger.scope, today, territory=(str(east.pk),)) == []

    def test_page_dialog_chip_and_column(self, cast, base, east):
        page = shown(cast.owner.client, territory=east.pk)
        assert page.count("data-row") == 2
        assert "Territory: 华东·离散制造" in page
        assert "华东·离散制造" in cast.owner.client.get(reverse("accounts:list_filter"), headers=PART).content.decode()
        cast.owner.client.post(reverse("accounts:list_columns"), {"columns": ["territory"]})
        assert shown(cast.owner.client).count('data-label="Territory">华东·离散制造') == 2


class TestStages:
    @pytest.fixture
    def history(self, base, today):
        """The first began as NEW, the second moved there in February, the third in March and on in April."""
        for place, before, after, day in [
            (0, "", "NEW", date(2026, 2, 10)),
            (1, "POTENTIAL", "NEW", date(2026, 2, 10)),
            (2, "POTENTIAL", "NEW", date(2026, 3, 1)),
            (2, "NEW", "GROWING", date(2026, 4, 1)),
        ]:
            StageChange.objects.create(account=base[place], before=before, after=after, since_date=day, by_name="周敏")
            Account.objects.filter(pk=base[place].pk).update(lifecycle_stage=after, stage_since=day)

    def test_moves_within_a_period(self, cast, base, history, today):
        scope = cast.owner.scope
        assert names(scope, today, moved_to=("NEW",)) == ["博瑞电子", "昌源化工"]
        february = {"moved_from_date": date(2026, 2, 1), "moved_to_date": date(2026, 2, 28)}
        assert names(scope, today, moved_to=("NEW",), **february) == ["博瑞电子"]
        assert names(scope, today, moved_to=("NEW",), moved_from_date=date(2026, 3, 1)) == ["昌源化工"]
        assert names(scope, today, moved_to=("NEW", "GROWING"), moved_from_date=date(2026, 3, 2)) == ["昌源化工"]
        assert names(scope, today, moved_to_date=date(2026, 2, 10)) == ["博瑞电子"]
        assert names(cast.stranger.scope, today, moved_to=("NEW",)) == []

    def test_days_in_the_present_stage(self, cast, base, today):
        Account.objects.update(stage_since=None)
        Account.objects.filter(pk=base[0].pk).update(stage_since=today - timedelta(days=30))
        Account.objects.filter(pk=base[1].pk).update(stage_since=today - timedelta(days=29))
        assert names(cast.owner.scope, today, stage_days=30) == ["安泰重工"]
        assert names(cast.owner.scope, today, stage_days=29) == ["安泰重工", "博瑞电子"]

    def test_by_an_address_of_another_page(self, cast, base, history):
        page = shown(cast.owner.client, moved_to="NEW", moved_from_date="2026-02-01", moved_to_date="2026-02-28")
        assert page.count("data-row") == 1
        assert "Moved to New, 2026-02-01 to 2026-02-28" in page
        assert "In its stage for 400 days or longer" in shown(cast.owner.client, stage_days="400")
        assert "Changed stage, from 2026-02-01" in shown(cast.owner.client, moved_from_date="2026-02-01")


class TestColumnsInOrder:
    def keys(self, person, query=""):
        return [column.key for column in list_state(QueryDict(query), person.scope).columns]

    def test_the_order_is_kept_for_the_person_and_the_view(self, cast, own):
        url = reverse("accounts:list_columns")
        cast.owner.client.post(url, {"columns": ["tags", "c_in", "owner", "abc"]})
        assert self.keys(cast.owner) == ["name", "tags", "c_in", "owner", "abc"]
        assert self.keys(cast.owner, "view=mine")[:3] == ["name", "owner", "abc"]
        assert self.keys(cast.colleague)[:3] == ["name", "owner", "abc"]
        page = shown(cast.owner.client)
        head = page[page.index("<thead>") : page.index("</thead>")]
        assert head.index("Tags") < head.index("Field in") < head.index("Owner") < head.index("Class")
        assert 'data-label="Field in">电力' in page

    def test_the_chooser_lists_the_shown_ones_first_and_in_order(self, cast, own):
        cast.owner.client.post(reverse("accounts:list_columns"), {"columns": ["tags", "c_in", "owner"]})
        dialog = cast.owner.client.get(reverse("accounts:list_columns"), headers=PART).content.decode()
        values = [part.split('"')[0] for part in dialog.split('name="columns" value="')[1:]]
        assert values[:4] == ["tags", "c_in", "owner", "key"]
        assert len(values) == len(set(values))
        assert "name" not in values
        assert dialog.count('data-move="-1"') == dialog.count('data-move="1"') == len(values)
        assert "Move up: Field in" in dialog

    def test_a_saved_view_takes_the_order_over(self, cast, own):
        cast.owner.client.post(reverse("accounts:list_columns"), {"columns": ["city", "owner"]})
        cast.owner.client.post(reverse("accounts:view_save") + "?edited=1&abc=A", {"name": "A", "is_shared": "on"})
        view = SavedView.objects.get(name="A")
        assert view.query["columns"] == ["name", "city", "owner"]
        assert self.keys(cast.colleague, f"view={view.pk}") == ["name", "city", "owner"]


class TestExport:
    def test_a_filtered_list_in_the_persons_order(self, cast, own, settings, tmp_path, django_capture_on_commit_callbacks):
        settings.UPLOADS = tmp_path
        url = reverse("accounts:list_columns")
        cast.owner.client.post(url, {"columns": ["c_2024", "city", "c_in"]})
        query = "?c_in=电力&c_2024.min=-5"
        dialog = cast.owner.client.get(reverse("accounts:export") + query, headers=PART).content.decode()
        values = [part.split('"')[0] for part in dialog.split('name="columns" value="')[1:]]
        assert values[:4] == ["name", "c_2024", "city", "c_in"]
        with django_capture_on_commit_callbacks(execute=True):
            cast.owner.client.post(reverse("accounts:export") + query, {"all": "1", "format": "csv", "columns": values[:4]}, headers=PART)
        job = Job.objects.order_by("-pk").first()
        assert job.result["rows"] == 2
        answer = cast.owner.client.get(reverse("accounts:export_file", args=[job.pk]))
        rows = list(csv.reader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))
        assert rows[0] == ["Name", "Field 2024", "City", "Field in"]
        assert [row[0] for row in rows[1:3]] == ["安泰重工", "昌源化工"]
        assert cast.stranger.client.get(reverse("accounts:export_file", args=[job.pk])).status_code in {403, 404}

    def test_a_change_on_all_that_match_keeps_the_filter(self, cast, own, now):
        query = "?c_in=电力&view=all&edited=1"
        cast.manager.client.post(reverse("accounts:bulk_change") + query, {"do": "archive", "all": "1"}, headers=PART)
        assert set(Account.objects.filter(archived_at__isnull=False).values_list("name", flat=True)) == {"安泰重工", "昌源化工"}
