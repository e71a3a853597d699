"""Two accounts made one and apart again: values, rows, owners, the group, rights."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.urls import reverse
from django.utils import translation

from dingke.accounts.actions import merge as actions
from dingke.accounts.actions import search_index
from dingke.accounts.actions.account import edit_account, set_tags
from dingke.accounts.models import (
    Account,
    AccountTag,
    Collaborator,
    Contact,
    Favourite,
    InvoiceTitle,
    KeyDate,
    Merge,
    Nomination,
    Note,
    OwnershipChange,
    Standing,
    Todo,
)
from dingke.accounts.queries import merge as queries
from dingke.accounts.queries.merge_relations import MOVERS, relations
from dingke.accounts.queries.search import search
from dingke.accounts.tests.factories import NOW, TODAY, make_account, make_contact, make_item
from dingke.core.errors import NotAllowed, StaleRecord
from dingke.core.models import AuditEntry, OutboxEvent, snapshot_of


@pytest.fixture(autouse=True)
def english():
    with translation.override("en"):
        yield


@pytest.fixture
def kept(cast, account):
    return account


@pytest.fixture
def gone(cast):
    return make_account("江州重工有限公司", owner=cast.colleague.user, phone="0755-28780808", city="江州", employees=800)


def merged(cast, kept, gone, **more):
    return actions.merge_accounts(
        kept=kept, gone=gone, choices=more.pop("choices", {}), by=more.pop("by", cast.manager.scope), now=NOW, **more
    )


def fresh(account):
    return Account.objects.get(pk=account.pk)


class TestValues:
    def test_the_fuller_value_holds_unless_said_otherwise(self, cast, kept, gone):
        merged(cast, kept, gone, choices={"short_name": "GONE"})
        now_kept = fresh(kept)
        assert (now_kept.name, now_kept.short_name, now_kept.phone, now_kept.employees) == (
            "江州重工集团有限公司",
            "",
            "0755-28780808",
            800,
        )

    def test_a_chosen_name_brings_its_keys(self, cast, kept, gone):
        Account.objects.filter(pk=gone.pk).update(name="海城玻璃有限公司", name_key="海城玻璃", pinyin="hai cheng")
        merged(cast, kept, gone, choices={"name": "GONE"})
        assert (fresh(kept).name_key, fresh(kept).pinyin) == ("海城玻璃", "hai cheng")

    def test_unique_keys_go_over_and_come_back(self, cast, kept, gone):
        Account.objects.filter(pk=gone.pk).update(external_key="ERP-7", credit_code="914403001922038216")
        merge = merged(cast, kept, fresh(gone))
        assert (fresh(kept).external_key, fresh(kept).credit_code, fresh(gone).external_key) == ("ERP-7", "914403001922038216", None)
        actions.undo_merge(merge=merge, by=cast.manager.scope, now=NOW)
        assert (fresh(kept).external_key, fresh(kept).credit_code) == (None, None)
        assert (fresh(gone).external_key, fresh(gone).credit_code) == ("ERP-7", "914403001922038216")

    def test_the_later_contact_and_the_mark_hold(self, cast, kept, gone):
        Account.objects.filter(pk=kept.pk).update(last_contact_at=NOW - timedelta(days=9))
        Account.objects.filter(pk=gone.pk).update(last_contact_at=NOW, is_key=True, key_since=date(2025, 1, 1))
        merge = merged(cast, fresh(kept), fresh(gone))
        assert (fresh(kept).last_contact_at, fresh(kept).is_key, fresh(kept).key_since, fresh(gone).is_key) == (
            NOW,
            True,
            date(2025, 1, 1),
            False,
        )
        actions.undo_merge(merge=merge, by=cast.manager.scope, now=NOW)
        assert (fresh(kept).is_key, fresh(gone).is_key) == (False, True)

    def test_custom_values_are_joined(self, cast, kept, gone):
        Account.objects.filter(pk=kept.pk).update(custom={"a": "1", "b": ""})
        Account.objects.filter(pk=gone.pk).update(custom={"a": "2", "b": "3", "c": "4"})
        merged(cast, fresh(kept), fresh(gone))
        assert fresh(kept).custom == {"a": "1", "b": "3", "c": "4"}


class TestRows:
    def test_everything_moves_but_what_both_have(self, cast, kept, gone):
        make_contact(kept, "陈立群", is_main=True)
        moved_contact = make_contact(gone, "孙工", is_main=True, mobile="13800138000")
        note = Note.objects.create(account=gone, text="来电", at=NOW)
        todo = Todo.objects.create(account=gone, title="报价", assignee=cast.colleague.user)
        KeyDate.objects.create(account=gone, kind="OTHER", on_date=TODAY)
        InvoiceTitle.objects.create(account=gone, title="江州重工", tax_id="1", is_default=True)
        set_tags(account=kept, names=["重点", "华东"])
        set_tags(account=gone, names=["重点", "机械"])
        for person in (cast.manager, cast.colleague):
            Favourite.objects.create(account=gone, user=person.user, at=NOW)
        Favourite.objects.create(account=kept, user=cast.manager.user, at=NOW)
        Standing.objects.create(account=gone, as_of_date=TODAY, run_id=1)
        merged(cast, kept, gone)
        moved_contact.refresh_from_db()
        note.refresh_from_db()
        todo.refresh_from_db()
        assert moved_contact.account == note.account == todo.account == kept
        assert (moved_contact.is_main, moved_contact.version) == (False, 3)
        assert Contact.objects.get(account=kept, is_main=True).name == "陈立群"
        assert InvoiceTitle.objects.get(account=kept).is_default is True
        assert set(AccountTag.objects.filter(account=kept).values_list("tag__name", flat=True)) == {"重点", "华东", "机械"}
        assert Favourite.objects.filter(account=kept).count() == 2
        assert Standing.objects.get(account=kept).run_id == 1
        assert KeyDate.objects.filter(account=kept).count() == 1

    def test_own_scores_are_not_replaced(self, cast, kept, gone):
        for number, account in enumerate((kept, gone), start=1):
            Standing.objects.create(account=account, as_of_date=TODAY, run_id=number)
        merged(cast, kept, gone)
        assert Standing.objects.get(account=kept).run_id == 1
        assert Standing.objects.get(account=gone).run_id == 2

    def test_the_page_counts_what_then_moves(self, cast, kept, gone):
        make_contact(gone, "孙工")
        set_tags(account=kept, names=["重点"])
        set_tags(account=gone, names=["重点", "机械"])
        foretold = {moving.label: (moving.count, moving.stay) for moving in queries.what_moves(kept, gone)}
        merge = merged(cast, kept, gone)
        assert foretold == {"Contacts": (1, 0), "Tags": (1, 1)}
        assert {key: len(record["moved"]) for key, record in merge.moved.items()} == {
            "accounts.Contact.account": 1,
            "accounts.AccountTag.account": 1,
        }

    def test_two_open_nominations_are_refused(self, cast, kept, gone):
        for account in (kept, gone):
            Nomination.objects.create(account=account, reason="…", proposed_by=cast.owner.user, proposed_at=NOW)
        with pytest.raises(actions.UnableToMerge, match="nomination"):
            merged(cast, kept, gone)
        Nomination.objects.filter(account=kept).update(state="REJECTED")
        merged(cast, kept, gone)
        assert Nomination.objects.filter(account=kept).count() == 2

    def test_the_search_finds_it_under_the_one_that_stays(self, cast, kept, gone):
        make_contact(gone, "孙海涛")
        search_index.refresh([kept.pk, gone.pk])
        merged(cast, kept, gone)
        assert {hit.account_id for hit in search(cast.manager.scope, "孙海涛")} == {kept.pk}
        assert {hit.account_id for hit in search(cast.manager.scope, "江州重工")} == {kept.pk}

    def test_every_own_relation_has_its_line(self):
        own = {key for key in relations() if key.startswith("accounts.")}
        assert own - MOVERS.keys() == set()


class TestGroup:
    def test_subsidiaries_come_over_and_no_circle_closes(self, cast, kept, gone):
        above = make_account("江州控股", owner=cast.owner.user)
        child = make_account("江州重工销售公司", owner=cast.owner.user, parent=gone)
        Account.objects.filter(pk=gone.pk).update(parent=above)
        Account.objects.filter(pk=kept.pk).update(parent=gone)
        merge = merged(cast, fresh(kept), fresh(gone))
        assert fresh(kept).parent == above
        assert fresh(child).parent == kept
        actions.undo_merge(merge=merge, by=cast.manager.scope, now=NOW)
        assert (fresh(kept).parent, fresh(child).parent, fresh(gone).parent) == (gone, gone, above)

    def test_a_place_between_the_two(self, cast, kept, gone):
        between = make_account("江州中间公司", owner=cast.owner.user, parent=gone)
        Account.objects.filter(pk=kept.pk).update(parent=between)
        merged(cast, fresh(kept), fresh(gone))
        assert (fresh(kept).parent, fresh(between).parent) == (None, kept)


class TestOwner:
    def test_the_owner_of_the_one_that_stays_stays(self, cast, kept, gone):
        merged(cast, kept, gone)
        assert fresh(kept).owner == cast.owner.user
        assert not Collaborator.objects.filter(account=kept).exists()

    def test_the_other_owner_by_choice_with_the_first_as_collaborator(self, cast, kept, gone):
        merge = merged(cast, kept, gone, choices={"owner": "GONE"}, share_with_other_owner=True)
        assert fresh(kept).owner == cast.colleague.user
        assert OwnershipChange.objects.filter(account=kept).latest("id").after == cast.colleague.user
        assert Collaborator.objects.get(account=kept).user == cast.owner.user
        undone = actions.undo_merge(merge=merge, by=cast.manager.scope, now=NOW)
        assert (fresh(kept).owner, undone.conflicts) == (cast.owner.user, [])
        assert not Collaborator.objects.filter(account=kept).exists()

    def test_out_of_the_pool(self, cast, gone):
        pooled = make_account("江州重工")
        merge = merged(cast, pooled, gone, by=cast.director.scope)
        assert (fresh(pooled).owner, fresh(pooled).pool_at) == (cast.colleague.user, None)
        actions.undo_merge(merge=merge, by=cast.director.scope, now=NOW)
        assert fresh(pooled).owner is None
        assert fresh(pooled).is_pooled

    def test_the_owner_does_not_become_a_collaborator_of_the_own_account(self, cast, kept, gone):
        Collaborator.objects.create(account=gone, user=cast.owner.user, added_at=NOW)
        merged(cast, kept, gone)
        assert not Collaborator.objects.filter(account=kept).exists()


class TestTogetherAndTrail:
    def test_the_other_is_archived_and_points_to_it(self, cast, kept, gone):
        merged(cast, kept, gone)
        assert (fresh(gone).archived_at, fresh(gone).merged_into) == (NOW, kept)
        assert queries.merged_target(cast.manager.scope, fresh(gone)) == kept
        assert queries.merged_target(cast.manager.scope, kept) is None
        assert AuditEntry.objects.get(action="accounts.merge").account_id == kept.pk
        assert AuditEntry.objects.get(action="accounts.merged_away").account_id == gone.pk
        assert OutboxEvent.objects.get(name="AccountsMerged").payload == {"kept_id": kept.pk, "gone_id": gone.pk}

    def test_a_chain_leads_to_its_end(self, cast, kept, gone):
        last = make_account("江州集团", owner=cast.owner.user)
        merged(cast, kept, gone)
        merge = merged(cast, last, kept)
        assert queries.merged_target(cast.manager.scope, fresh(gone)) == last
        with pytest.raises(actions.UnableToMerge, match="itself merged"):
            actions.undo_merge(merge=Merge.objects.get(gone=gone), by=cast.manager.scope, now=NOW)
        actions.undo_merge(merge=merge, by=cast.manager.scope, now=NOW)
        actions.undo_merge(merge=Merge.objects.get(gone=gone), by=cast.manager.scope, now=NOW)
        assert fresh(gone).archived_at is None

    def test_what_cannot_be_merged(self, cast, kept, gone):
        with pytest.raises(actions.UnableToMerge, match="itself"):
            merged(cast, kept, kept)
        Account.objects.filter(pk=gone.pk).update(archived_at=NOW)
        with pytest.raises(NotAllowed):
            merged(cast, kept, fresh(gone))

    def test_a_stale_comparison_is_refused(self, cast, kept, gone):
        with pytest.raises(StaleRecord):
            merged(cast, kept, gone, expected_versions=(kept.version, gone.version + 1))

    @pytest.mark.parametrize("person", ["owner", "colleague", "stranger", "finance", "service", "read_only"])
    def test_only_leaders_merge(self, cast, kept, gone, person):
        with pytest.raises(NotAllowed):
            merged(cast, kept, gone, by=getattr(cast, person).scope)

    def test_a_manager_merges_only_what_the_team_holds(self, cast, kept):
        theirs = make_account(owner=cast.stranger.user)
        with pytest.raises(NotAllowed):
            merged(cast, kept, theirs)
        merged(cast, kept, theirs, by=cast.director.scope)


class TestUndo:
    def test_all_comes_back_as_it_was(self, cast, kept, gone):
        contact = make_contact(gone, "孙工", is_main=True)
        make_contact(kept, "陈立群", is_main=True)
        set_tags(account=gone, names=["机械"])
        before = {
            account.pk: snapshot_of(
                fresh(account), [field.name for field in Account._meta.concrete_fields if field.name not in {"updated_at", "version"}]
            )
            for account in (kept, gone)
        }
        merge = merged(cast, kept, gone, choices={"name": "GONE", "owner": "KEPT"})
        undone = actions.undo_merge(merge=merge, by=cast.manager.scope, now=NOW)
        after = {account.pk: snapshot_of(fresh(account), list(before[account.pk])) for account in (kept, gone)}
        assert after == before
        assert undone.conflicts == []
        contact.refresh_from_db()
        assert (contact.account, contact.is_main) == (gone, True)
        assert AccountTag.objects.get().account == gone
        assert {hit.account_id for hit in search(cast.manager.scope, "孙工")} == {gone.pk}
        assert OutboxEvent.objects.filter(name="MergeUndone").exists()

    def test_what_came_since_stays_and_what_changed_since_is_listed(self, cast, kept, gone):
        note = Note.objects.create(account=gone, text="来电", at=NOW)
        dropped = Note.objects.create(account=gone, text="错", at=NOW)
        merge = merged(cast, kept, gone)
        since = Note.objects.create(account=kept, text="合并后", at=NOW)
        dropped.delete()
        edit_account(account=fresh(kept), values={"city": "海城"}, by=cast.manager.scope, now=NOW)
        undone = actions.undo_merge(merge=merge, by=cast.manager.scope, now=NOW)
        since.refresh_from_db()
        note.refresh_from_db()
        assert (since.account, note.account) == (kept, gone)
        assert fresh(kept).city == "海城"
        assert fresh(kept).phone == ""
        assert len(undone.conflicts) == 2
        assert "City" in undone.conflicts[0] or "城市" in undone.conflicts[0]
        assert "1 were moved" in undone.conflicts[1]

    def test_a_credit_code_taken_meanwhile_is_left_out(self, cast, kept, gone):
        Account.objects.filter(pk=gone.pk).update(credit_code="914403001922038216")
        merge = merged(cast, kept, fresh(gone), choices={"credit_code": "KEPT"})
        make_account("别家", owner=cast.owner.user, credit_code="914403001922038216")
        undone = actions.undo_merge(merge=merge, by=cast.manager.scope, now=NOW)
        assert fresh(gone).credit_code is None
        assert any("credit code" in conflict for conflict in undone.conflicts)

    def test_once_and_by_leaders(self, cast, kept, gone):
        merge = merged(cast, kept, gone)
        for person in (cast.owner, cast.stranger, cast.finance):
            with pytest.raises(NotAllowed):
                actions.undo_merge(merge=merge, by=person.scope, now=NOW)
        actions.undo_merge(merge=merge, by=cast.manager.scope, now=NOW)
        with pytest.raises(actions.UnableToMerge, match="already"):
            actions.undo_merge(merge=merge, by=cast.manager.scope, now=NOW)


class TestPages:
    def test_side_by_side_then_merged(self, cast, kept, gone):
        make_contact(gone, "孙工")
        address = reverse("accounts:merge", args=[kept.pk])
        page = cast.manager.client.get(address, {"with": gone.pk}).content.decode()
        assert "0755-28780808" in page
        assert "1 row moves with it" in page
        answer = cast.manager.client.post(
            address, {"with": gone.pk, "take-city": "KEPT", "share": "yes", "kept_version": kept.version, "gone_version": gone.version}
        )
        assert answer.headers["Location"] == reverse("workspace:account", args=[kept.pk])
        assert (fresh(kept).city, Collaborator.objects.get(account=kept).user) == ("", cast.colleague.user)
        listed = cast.manager.client.get(reverse("accounts:duplicates"), {"tab": "merged"}).content.decode()
        assert gone.name in listed
        assert cast.manager.client.post(reverse("accounts:undo_merge", args=[Merge.objects.get().pk])).status_code == 303
        assert fresh(gone).archived_at is None

    def test_likely_partners_are_offered(self, cast, kept, gone):
        search_index.refresh([kept.pk, gone.pk])
        address = reverse("accounts:merge", args=[kept.pk])
        assert gone.name in cast.manager.client.get(address).content.decode()
        assert gone.name in cast.manager.client.get(address, {"text": "江州"}).content.decode()
        assert "No account of yours" in cast.manager.client.get(address, {"text": "海城"}).content.decode()

    def test_partners_keep_to_the_callers_reach(self, cast, kept):
        theirs = make_account("江州重工股份有限公司", owner=cast.stranger.user)
        search_index.refresh([kept.pk, theirs.pk])
        assert theirs.name not in cast.manager.client.get(reverse("accounts:merge", args=[kept.pk])).content.decode()
        assert cast.manager.client.get(reverse("accounts:merge", args=[kept.pk]), {"with": theirs.pk}).status_code == 404

    def test_a_changed_account_brings_the_comparison_again(self, cast, kept, gone):
        answer = cast.manager.client.post(
            reverse("accounts:merge", args=[kept.pk]), {"with": gone.pk, "kept_version": 99, "gone_version": 1}
        )
        assert answer.status_code == 409
        assert "changed while you were comparing" in answer.content.decode()

    def test_strangers_and_roles(self, cast, kept, gone):
        merge = merged(cast, kept, gone)
        other_team = make_account(owner=cast.stranger.user)
        address = reverse("accounts:merge", args=[kept.pk])
        for person in (cast.owner, cast.stranger, cast.service, cast.finance):
            assert person.client.get(address).status_code == 403
            assert person.client.post(reverse("accounts:undo_merge", args=[merge.pk])).status_code == 403
        assert cast.manager.client.get(reverse("accounts:merge", args=[other_team.pk])).status_code == 404
        assert cast.manager.client.get(address).status_code == 200

    def test_the_comparison_costs_the_same_for_many_rows(self, cast, count_queries):
        def cost(rows):
            first, second = make_account(owner=cast.owner.user), make_account(owner=cast.owner.user, industry=make_item("industries"))
            for number in range(rows):
                make_contact(second, f"人{number}")
                Note.objects.create(account=second, text="…", at=NOW)
            with count_queries() as counted:
                assert cast.manager.client.get(reverse("accounts:merge", args=[first.pk]), {"with": second.pk}).status_code == 200
            return counted.number

        assert cost(3) == cost(30)
