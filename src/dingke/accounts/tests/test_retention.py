"""What the rules of privacy propose and remove; the page of erasures."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta

import pytest
from django.urls import reverse

from dingke.accounts import exports
from dingke.accounts.actions import privacy as actions
from dingke.accounts.models import Account, Contact, Erasure, ErasureProposal, Note
from dingke.accounts.queries import erased
from dingke.accounts.tests.factories import NOW, make_account, make_contact
from dingke.core import rules
from dingke.core.errors import NotAllowed
from dingke.core.privacy import RULES, PrivacyRules


@pytest.mark.django_db
class TestRetention:
    LONG_AGO = datetime(2022, 3, 1, tzinfo=UTC)

    @pytest.fixture
    def quiet(self, cast):
        account = make_account("停用机电有限公司", owner=cast.owner.user, archived_at=self.LONG_AGO)
        contact = make_contact(account, "何光", mobile="13900000009")
        Contact.objects.filter(pk=contact.pk).update(updated_at=self.LONG_AGO)
        return contact

    def test_quiet_contacts_of_archived_accounts_are_proposed_once(self, cast, quiet, account):
        make_contact(account, "陈立群")
        assert actions.propose_erasures(now=NOW) == 1
        assert actions.propose_erasures(now=NOW) == 0
        row = ErasureProposal.objects.get()
        assert (row.contact_id, row.quiet_since_date.isoformat()) == (quiet.pk, "2022-03-01")
        assert Contact.objects.get(pk=quiet.pk).erased_at is None

    @pytest.mark.parametrize("what", ["held", "note", "contact", "reopened", "changed", "off"])
    def test_whoever_is_needed_is_not_proposed_any_more(self, cast, quiet, what):
        actions.propose_erasures(now=NOW)
        late = NOW - timedelta(days=30)
        if what == "held":
            Contact.objects.filter(pk=quiet.pk).update(hold_reason="诉讼")
        elif what == "note":
            Note.objects.create(account=quiet.account, kind="CALL", text="回访", at=late)
        elif what == "contact":
            Account.objects.filter(pk=quiet.account_id).update(last_contact_at=late)
        elif what == "reopened":
            Account.objects.filter(pk=quiet.account_id).update(archived_at=None)
        elif what == "changed":
            Contact.objects.filter(pk=quiet.pk).update(updated_at=late)
        else:
            values = {"years_without_activity": None}
            rules.store(key=RULES, kind=PrivacyRules, values=values, by=cast.administrator.scope, now=NOW)
        actions.propose_erasures(now=NOW)
        assert not ErasureProposal.objects.exists()

    def test_keeping_lasts_a_year(self, cast, quiet):
        actions.propose_erasures(now=NOW)
        ids = [ErasureProposal.objects.get().pk]
        with pytest.raises(NotAllowed):
            actions.keep_proposed(ids=ids, by=cast.manager.scope, now=NOW)
        assert actions.keep_proposed(ids=ids, by=cast.administrator.scope, now=NOW) == 1
        assert actions.propose_erasures(now=NOW + timedelta(days=300)) == 0
        assert actions.propose_erasures(now=NOW + timedelta(days=400)) == 1

    def test_an_administrator_confirms_by_the_number(self, cast, quiet):
        actions.propose_erasures(now=NOW)
        row, client = ErasureProposal.objects.get(), cast.administrator.client
        page = client.get(reverse("accounts:erasures")).content.decode()
        assert "何光" in page
        address = reverse("accounts:decide_proposed")
        assert cast.manager.client.post(address, {"ids": [row.pk], "confirmation": "1"}).status_code == 403
        client.post(address, {"ids": [row.pk], "confirmation": "2"})
        assert Contact.objects.get(pk=quiet.pk).erased_at is None
        client.post(address, {"ids": [row.pk], "confirmation": "1"})
        assert Contact.objects.get(pk=quiet.pk).erased_at is not None
        row.refresh_from_db()
        assert (row.decision, row.decided_by_name) == ("ERASED", "管理员")
        assert "2022-03-01" in Erasure.objects.get().reason
        assert "何光" not in client.get(reverse("accounts:erasures")).content.decode()

    def test_the_rules_page(self, cast):
        address = reverse("accounts:privacy_rules")
        assert cast.administrator.client.get(address).status_code == 200
        assert cast.owner.client.get(address).status_code == 403
        assert cast.administrator.client.post(address, {"years_without_activity": "5", "export_days": "0"}).status_code == 422
        done = cast.administrator.client.post(address, {"years_without_activity": "5", "export_days": "14", "column_in_csv": "on"})
        assert done.status_code == 303
        assert rules.load(RULES, PrivacyRules) == PrivacyRules(5, 14, line_in_sheet=False, column_in_csv=True)


@pytest.mark.django_db
def test_the_list_of_erasures_costs_the_same_for_three_and_thirty(cast, count_queries):
    def add(first, last):
        for number in range(first, last):
            Erasure.objects.create(
                contact_number=number, account_number=1, contact_made_at=NOW, at=NOW, by_name="管理员", reason="本人要求"
            )

    def cost():
        with count_queries() as counted:
            assert cast.director.client.get(reverse("accounts:erasures")).status_code == 200
        return counted.number

    add(0, 3)
    cost()
    first = cost()
    add(3, 30)
    assert cost() == first


@pytest.mark.django_db
def test_a_second_page_of_erasures(cast):
    for number in range(60):
        Erasure.objects.create(
            contact_number=number, account_number=1, contact_made_at=NOW, at=NOW, by_name="管理员", reason=f"第{number}次"
        )
    found = erased.erasures(cast.director.scope)
    following = cast.director.client.get(
        reverse("accounts:erasures"), {"cursor": found.next_cursor}, headers={"HX-Request": "true"}
    ).content.decode()
    assert following.count("<tr>") == 10


@pytest.mark.django_db
def test_exported_files_go_after_the_days_of_the_rules(cast, settings, tmp_path):
    settings.UPLOADS = tmp_path
    exports.folder().mkdir()
    for name, days in (("old.xlsx", 20), ("young.xlsx", 10)):
        (exports.folder() / name).write_bytes(b"x")
        moment = (NOW - timedelta(days=days)).timestamp()
        os.utime(exports.folder() / name, (moment, moment))
    rules.store(key=RULES, kind=PrivacyRules, values={"export_days": 14}, by=cast.administrator.scope, now=NOW)
    assert exports.remove_old(now=NOW) == 1
    assert [entry.name for entry in exports.folder().iterdir()] == ["young.xlsx"]
