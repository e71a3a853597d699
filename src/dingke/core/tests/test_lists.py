"""Master lists and custom fields: what is shipped, what an administrator changes, what stays."""

from __future__ import annotations

import pytest
import yaml
from django.urls import reverse

from dingke.core import custom_fields, lists
from dingke.core.errors import Invalid, NotAllowed
from dingke.core.models import AuditEntry, CustomField, ListItem

PART = {"HX-Request": "true", "HX-Request-Type": "partial"}


def shipped():
    return yaml.safe_load((lists.PLAYBOOKS / "lists.yaml").read_text(encoding="utf-8"))


class TestShipped:
    def test_every_row_has_a_code_and_both_labels_once(self):
        for code, rows in shipped().items():
            assert code in lists.TITLES
            codes = [row["code"] for row in rows]
            assert len(codes) == len(set(codes)), code
            for row in rows:
                assert row["zh"].strip(), row
                assert row["en"].strip(), row
                assert any("\u4e00" <= sign <= "\u9fff" for sign in row["zh"]), row
                assert row["en"].isascii() or "’" in row["en"], row

    @pytest.mark.item("A-05", "D-03")
    def test_account_sources_begin_with_the_five_methods_and_hold_the_search_sources(self):
        codes = [row["code"] for row in shipped()["account_sources"]]
        assert codes[:5] == ["MARKET_DATA", "VALUE_ASSESSMENT", "POSITIONING", "MULTI_SOURCE", "INDIVIDUAL_NEEDS"]
        assert set(codes) >= {"PRIVATE_NETWORK", "COMPETITOR_CUSTOMER", "ADVERTISING", "YELLOW_PAGES", "TRADE_FAIR", "PARTNER_REFERRAL"}

    def test_every_province_lies_in_a_part_of_the_country(self):
        rows = shipped()["regions"]
        parts = {row["code"] for row in rows if "data" not in row}
        provinces = [row for row in rows if "data" in row]
        assert len(provinces) == 34
        assert {row["data"]["parent"] for row in provinces} == parts - {"OVERSEAS"}

    @pytest.mark.django_db
    def test_loading_twice_adds_nothing_and_leaves_what_was_changed(self):
        added = lists.load_shipped()
        assert added == sum(len(rows) for rows in shipped().values())
        ListItem.objects.filter(list_code="industries", code="AUTO").update(label_zh="整车厂", is_active=False)
        assert lists.load_shipped() == 0
        assert ListItem.objects.get(list_code="industries", code="AUTO").label_zh == "整车厂"


@pytest.mark.django_db
class TestListPages:
    @pytest.fixture
    def rows(self):
        return [
            ListItem.objects.create(list_code="industries", code=code, label_zh=zh, label_en=en, position=10 * place)
            for place, (code, zh, en) in enumerate([("A", "甲", "First"), ("B", "乙", "Second"), ("C", "丙", "Third")], start=1)
        ]

    def test_index_shows_what_the_role_may_set(self, cast):
        assert "Custom fields" in cast.administrator.client.get(reverse("core:settings")).content.decode()
        assert "Custom fields" not in cast.owner.client.get(reverse("core:settings")).content.decode()

    @pytest.mark.parametrize("name", ["lists", "fields"])
    def test_pages_need_the_permission(self, cast, name):
        assert cast.administrator.client.get(reverse(f"core:{name}")).status_code == 200
        assert cast.owner.client.get(reverse(f"core:{name}")).status_code == 403

    def test_add_rename_switch_off_and_order(self, cast, rows):
        client, page = cast.administrator.client, reverse("core:list", args=["industries"])
        client.post(page, {"label_zh": "丁", "label_en": "Fourth"}, headers=PART)
        assert [row.label_en for row in lists.items("industries")] == ["First", "Second", "Third", "Fourth"]
        client.post(reverse("core:list_item", args=[rows[0].pk]), {"label_zh": "甲一", "label_en": "First one"})
        rows[0].refresh_from_db()
        assert (rows[0].label_zh, rows[0].is_active) == ("甲一", False)
        client.post(reverse("core:move_list_item", args=[rows[2].pk]), {"to": "up"}, headers=PART)
        assert [row.code for row in lists.items("industries", with_inactive=True)][:3] == ["A", "C", "B"]
        assert {entry.action for entry in AuditEntry.objects.all()} == {"lists.add", "lists.edit", "lists.move"}
        assert client.post(page, {"label_zh": " "}, headers=PART).status_code == 422
        for name in ("list_item", "move_list_item"):
            assert cast.owner.client.post(reverse(f"core:{name}", args=[rows[0].pk])).status_code == 403

    def test_a_new_province_is_put_into_its_part(self, cast):
        ListItem.objects.create(list_code="regions", code="EAST", label_zh="华东", label_en="East")
        cast.administrator.client.post(
            reverse("core:list", args=["regions"]), {"label_zh": "苏州", "label_en": "Suzhou", "parent": "EAST"}, headers=PART
        )
        assert ListItem.objects.get(code="SUZHOU").data == {"parent": "EAST"}


@pytest.mark.django_db
class TestCustomFields:
    def add(self, cast, now, **values):
        values = {"target": "account", "label_zh": "合作等级", "label_en": "Grade", "kind": "CHOICE", "options": ["甲", "乙"], **values}
        return custom_fields.add_definition(**values, by=cast.administrator.scope, now=now)

    def test_keys_come_from_the_name_and_are_never_taken_twice(self, cast, now):
        assert self.add(cast, now).key == "grade"
        assert self.add(cast, now).key == "grade_2"
        assert self.add(cast, now, label_en="").key == "hezuodengji"

    @pytest.mark.parametrize("values", [{"label_zh": "", "label_en": ""}, {"kind": "FORMULA"}, {"options": ["甲"]}, {"target": "user"}])
    def test_what_does_not_hold_is_refused(self, cast, now, values):
        with pytest.raises(Invalid):
            self.add(cast, now, **values)

    def test_needs_the_permission(self, cast, now):
        with pytest.raises(NotAllowed):
            custom_fields.add_definition(target="account", label_zh="甲", label_en="", kind="TEXT", by=cast.owner.scope, now=now)

    def test_pages_add_edit_move_and_switch_off(self, cast, now):
        client = cast.administrator.client
        client.post(reverse("core:add_field", args=["account"]), {"label_zh": "产线数", "label_en": "Lines", "kind": "NUMBER"})
        field = CustomField.objects.get()
        assert (field.key, field.kind) == ("lines", "NUMBER")
        second = self.add(cast, now)
        client.post(reverse("core:move_field", args=[second.pk]), {"to": "up"}, headers=PART)
        assert [row.key for row in custom_fields.definitions("account")] == ["grade", "lines"]
        client.post(reverse("core:edit_field", args=[field.pk]), {"label_zh": "产线数量", "label_en": "Lines"})
        field.refresh_from_db()
        assert (field.label_zh, field.is_active) == ("产线数量", False)
        assert (
            client.post(reverse("core:add_field", args=["account"]), {"kind": "CHOICE", "label_zh": "甲", "options": "一"}).status_code
            == 422
        )
        assert client.get(reverse("core:edit_field", args=[second.pk]), headers=PART).status_code == 200
        assert cast.owner.client.post(reverse("core:edit_field", args=[field.pk])).status_code == 403
