"""The account form: new, edit, the stale save, the live check, the company picker."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from django.urls import reverse

from dingke.accounts.actions import account as actions
from dingke.accounts.models import Account, Collaborator
from dingke.accounts.tests.factories import make_account, make_item
from dingke.core.models import AuditEntry, CustomField

pytestmark = pytest.mark.django_db
BASIC = {"name": "江州重工集团有限公司", "customer_type": "KEY", "form": "ENTERPRISE"}


def posted(account: Account, **values: str) -> dict[str, str]:
    """What the browser would send for an untouched form, and what was changed."""
    fields = [
        "name",
        "short_name",
        "english_name",
        "credit_code",
        "customer_type",
        "form",
        "phone",
        "website",
        "city",
        "address",
        "description",
        "external_key",
    ]
    sent = {name: getattr(account, name) or "" for name in fields}
    base = json.dumps({**sent, "annual_revenue": "" if account.annual_revenue is None else f"{account.annual_revenue.normalize():f}"})
    return {**sent, "version": str(account.version), "base": base, **values}


class TestNew:
    @pytest.mark.item("A-06")
    def test_creates_with_every_kind_of_fact(self, cast):
        steel, east = make_item("industries", "STEEL"), make_item("regions", "EAST")
        mother = make_account("控股", owner=cast.owner.user)
        CustomField.objects.create(target="account", key="ERP", label_zh="ERP", label_en="ERP", kind="CHOICE", options=["SAP"])
        response = cast.owner.client.post(
            reverse("accounts:new"),
            {**BASIC, "industry": steel.pk, "region": east.pk, "parent": mother.pk, "credit_code": "91350100M000100Y43", "employees": "4200", "annual_revenue": "3260000000.50",
             "influence": "85", "tags": ["标杆", "新标签"], "custom_ERP": "SAP"},
        )  # fmt: skip
        account = Account.objects.get(name=BASIC["name"])
        assert response["Location"] == reverse("workspace:account", args=[account.pk])
        assert (account.customer_type, account.industry, account.region, account.parent, account.owner) == (
            "KEY",
            steel,
            east,
            mother,
            cast.owner.user,
        )
        assert (account.annual_revenue, account.custom) == (Decimal("3260000000.50"), {"ERP": "SAP"})
        assert sorted(tag.name for tag in account.tags.all()) == ["新标签", "标杆"]

    def test_says_beside_each_field_what_is_wrong_and_keeps_what_was_typed(self, cast):
        response = cast.owner.client.post(
            reverse("accounts:new"),
            {**BASIC, "name": "", "credit_code": "91350100M000100Y44", "city": "江州", "employees": "-1", "tags": ["手写"]},
        )
        html = response.content.decode()
        assert response.status_code == 422
        assert "An account needs a name." in html
        assert 'value="江州"' in html
        assert "手写" in html
        response = cast.owner.client.post(reverse("accounts:new"), {**BASIC, "credit_code": "91350100M000100Y44"})
        assert 'id="id_credit_code_error"' in response.content.decode()
        assert not Account.objects.exists()

    def test_a_company_that_is_not_shared_cannot_be_the_parent(self, cast):
        foreign = make_account("别人的公司", owner=cast.stranger.user)
        response = cast.owner.client.post(reverse("accounts:new"), {**BASIC, "parent": foreign.pk})
        assert response.status_code == 422
        assert "not shared with you" in response.content.decode()

    def test_takes_the_parent_from_the_link(self, cast, account):
        html = cast.owner.client.get(reverse("accounts:new"), {"parent": account.pk}).content.decode()
        assert f'<option value="{account.pk}" selected' in html

    def test_is_closed_to_roles_that_do_not_create(self, cast):
        assert cast.finance.client.get(reverse("accounts:new")).status_code == 403
        assert cast.anonymous.get(reverse("accounts:new")).status_code == 303


class TestEdit:
    def test_owner_edits_stranger_does_not_find_it_and_a_reader_is_told_why(self, cast, account, now):
        address = reverse("accounts:edit", args=[account.pk])
        assert cast.owner.client.get(address).status_code == 200
        assert cast.stranger.client.get(address).status_code == 404
        assert cast.finance.client.get(address).status_code == 403
        actions.share_account(account=account, user=cast.stranger.user, level=Collaborator.Level.READ, by=cast.owner.scope, now=now)
        assert cast.stranger.client.post(address, posted(account, city="海州")).status_code == 403
        assert cast.owner.client.post(address, posted(account, city="江州")).status_code == 303
        assert Account.objects.get(pk=account.pk).city == "江州"

    def test_opening_and_saving_changes_nothing(self, cast, account):
        Account.objects.filter(pk=account.pk).update(annual_revenue=Decimal("1200.00"))
        account.refresh_from_db()
        cast.owner.client.post(reverse("accounts:edit", args=[account.pk]), posted(account, annual_revenue="1200"))
        assert not AuditEntry.objects.exists()

    def test_a_stale_save_shows_both_versions_and_the_choice_holds(self, cast, account, now):
        opened = posted(account, city="我的城市", phone="我的电话")
        actions.edit_account(account=account, values={"city": "他的城市", "website": "theirs.example"}, by=cast.manager.scope, now=now)
        address = reverse("accounts:edit", args=[account.pk])
        response = cast.owner.client.post(address, opened)
        html = response.content.decode()
        assert response.status_code == 409
        assert "他的城市" in html
        assert "许文静" in html
        assert 'name="keep-website" value="theirs" checked' in html, "only they changed it"
        assert 'name="keep-phone" value="yours" checked' in html, "only I changed it"
        assert "both changed it" in html
        assert 'name="version" value="2"' in html
        assert Account.objects.get(pk=account.pk).city == "他的城市", "nothing is overwritten"
        again = {**opened, "version": "2", "keep-city": "theirs", "keep-website": "theirs", "keep-phone": "yours"}
        assert cast.owner.client.post(address, again).status_code == 303
        saved = Account.objects.get(pk=account.pk)
        assert (saved.city, saved.website, saved.phone) == ("他的城市", "theirs.example", "我的电话")

    def test_an_old_custom_value_and_an_inactive_list_entry_may_stay(self, cast, account):
        old = make_item("industries", "OLD")
        old.is_active = False
        old.save()
        Account.objects.filter(pk=account.pk).update(industry=old)
        account.refresh_from_db()
        assert (
            cast.owner.client.post(reverse("accounts:edit", args=[account.pk]), posted(account, industry=str(old.pk), city="x")).status_code
            == 303
        )


class TestChecks:
    def check(self, person, code, **more):
        return person.client.get(reverse("accounts:credit_code"), {"credit_code": code, **more}).content.decode()

    def test_the_code_is_checked_while_one_types(self, cast, account):
        assert "The code is right." in self.check(cast.owner, "9135 0100-m000100y43")
        assert "dk-error" in self.check(cast.owner, "91350100M000100Y44")
        assert self.check(cast.owner, "").strip() == ""

    def test_says_who_has_the_code_only_to_those_who_see_it(self, cast, account):
        Account.objects.filter(pk=account.pk).update(credit_code="91350100M000100Y43")
        assert account.name in self.check(cast.owner, "91350100M000100Y43")
        hidden = self.check(cast.stranger, "91350100M000100Y43")
        assert account.name not in hidden
        assert "not shared with you" in hidden
        assert "The code is right." in self.check(cast.owner, "91350100M000100Y43", account=account.pk)

    def test_the_picker_offers_what_the_caller_sees(self, cast, now):
        mine = actions.create_account(values={"name": "江州重工"}, by=cast.owner.scope, now=now)
        actions.create_account(values={"name": "江州轻工"}, by=cast.stranger.scope, now=now)
        found = cast.owner.client.get(reverse("accounts:parents"), {"q": "江州"}).json()["items"]
        assert [item["text"] for item in found] == ["江州重工"]
        assert cast.owner.client.get(reverse("accounts:parents"), {"q": "jzzg", "except": mine.pk}).json()["items"] == []
