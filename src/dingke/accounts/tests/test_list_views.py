"""Views of the account list: the shipped tabs, saving, sharing, and the columns each person keeps."""

from __future__ import annotations

import pytest
from django.http import QueryDict
from django.urls import reverse

from dingke.accounts.forms.list import list_state
from dingke.accounts.models import Account
from dingke.accounts.queries.list_filter import AccountFilter
from dingke.accounts.tests.test_list import LIST, PART, base, shown
from dingke.core import saved_views
from dingke.core.models import CustomField, SavedView

pytestmark = pytest.mark.django_db
__all__ = ["base"]


class TestViews:
    def test_shipped_tabs_filter(self, cast, base, now):
        Account.objects.filter(pk=base[0].pk).update(is_key=True)
        Account.objects.filter(pk=base[1].pk).update(archived_at=now)
        assert shown(cast.owner.client, view="key").count("data-row") == 1
        assert shown(cast.owner.client, view="a").count("data-row") == 1
        assert shown(cast.owner.client, view="quiet").count("data-row") == 2
        assert shown(cast.owner.client, view="archived").count("data-row") == 1
        assert shown(cast.owner.client, view="mine").count("data-row") == 4
        assert cast.owner.client.get(LIST, {"view": "999"}).status_code == 404

    def test_an_edited_address_wins_over_the_view_and_offers_to_save(self, cast, base):
        page = shown(cast.owner.client, view="key", edited="1", abc="A")
        assert page.count("data-row") == 1
        assert "Save view" in page
        assert "Save view" not in shown(cast.owner.client, view="key")

    def test_save_rename_share_delete(self, cast, base):
        url = reverse("accounts:view_save") + "?edited=1&abc=A&sort=-revenue"
        cast.owner.client.post(url, {"name": "华东 A 类"})
        view = SavedView.objects.get(name="华东 A 类")
        assert view.query["filters"] == {"abc": ["A"]}
        assert view.query["sort"] == "-revenue"
        assert shown(cast.owner.client, view=view.pk).count("data-row") == 1
        assert cast.colleague.client.get(LIST, {"view": view.pk}).status_code == 404
        edit = reverse("accounts:view_edit", args=[view.pk])
        assert cast.colleague.client.get(edit).status_code == 404
        cast.owner.client.post(edit, {"name": "A 类", "is_shared": "on"})
        assert cast.colleague.client.get(LIST, {"view": view.pk}).status_code == 200
        assert cast.colleague.client.post(edit, {"name": "我的"}).status_code == 403
        cast.owner.client.post(edit, {"do": "delete"})
        assert not SavedView.objects.filter(pk=view.pk).exists()

    def test_a_name_is_asked_for_and_taken_once(self, cast, base):
        url = reverse("accounts:view_save") + "?edited=1&abc=A"
        assert cast.owner.client.post(url, {"name": " "}).status_code == 422
        cast.owner.client.post(url, {"name": "A"})
        assert cast.owner.client.post(url, {"name": "A"}).status_code == 422

    def test_an_own_view_takes_over_new_filters(self, cast, base, now):
        view = saved_views.add_view(
            page="accounts", name="甲", query={"filters": {"abc": ["A"]}}, is_shared=False, by=cast.owner.scope, now=now
        )
        cast.owner.client.post(reverse("accounts:view_save") + f"?view={view.pk}&edited=1&abc=B", {"into": "this"})
        view.refresh_from_db()
        assert view.query["filters"] == {"abc": ["B"]}

    def test_a_shared_view_shows_each_person_the_own_rows(self, cast, base, now):
        query = {"filters": {"revenue_min": "1", "abc": ["A"]}, "sort": "-revenue", "columns": ["revenue", "margin"]}
        view = saved_views.add_view(page="accounts", name="大", query=query, is_shared=True, by=cast.owner.scope, now=now)
        assert shown(cast.stranger.client, view=view.pk).count("data-row") == 0
        state = list_state(QueryDict(f"view={view.pk}"), cast.service.scope)
        assert state.filters == AccountFilter(abc=("A",))
        assert [column.key for column in state.columns] == ["name", "owner", "abc", "stage", "last_order", "last_contact", "tags"]

    def test_columns_are_remembered_for_each_person_and_view(self, cast, base):
        CustomField.objects.create(target="account", key="level", label_zh="等级", label_en="Grade", kind="NUMBER")
        Account.objects.filter(pk=base[0].pk).update(custom={"level": "7.25"})
        cast.owner.client.post(reverse("accounts:list_columns"), {"columns": ["city", "c_level", "nonsense"]})
        page = shown(cast.owner.client)
        assert "Grade" in page
        assert "7.25" in page
        assert "Grade" not in shown(cast.owner.client, view="mine")
        assert "Grade" not in shown(cast.colleague.client)

    @pytest.mark.parametrize("name", ["list_filter", "list_columns", "view_save"])
    def test_dialogs_open(self, cast, base, name):
        for person in (cast.owner, cast.service):
            assert person.client.get(reverse(f"accounts:{name}") + "?edited=1&owner=mine&abc=A", headers=PART).status_code == 200
