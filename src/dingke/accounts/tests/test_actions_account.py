"""Creating, editing, sharing, archiving: what is written, what is refused, what is kept."""

from __future__ import annotations

import pytest
from django.db import transaction

from dingke.accounts.actions import account as actions
from dingke.accounts.models import Account, Collaborator, OwnershipChange, SearchEntry
from dingke.core.errors import Invalid, NotAllowed, StaleRecord
from dingke.core.models import AuditEntry, OutboxEvent

pytestmark = pytest.mark.django_db


def create(cast, now, **values):
    return actions.create_account(values={"name": "江州重工集团有限公司", **values}, by=cast.owner.scope, now=now)


class TestCreateAccount:
    def test_belongs_to_its_creator_and_leaves_history_search_audit_and_event(self, cast, now):
        account = create(cast, now)
        assert account.owner == cast.owner.user
        assert account.name_key == "江州重工"
        assert OwnershipChange.objects.get(account=account).kind == "CREATED"
        assert SearchEntry.objects.get(account=account).kind == "account"
        assert AuditEntry.objects.get(account_id=account.pk).action == "accounts.create"
        assert OutboxEvent.objects.get().name == "AccountCreated"

    def test_refuses_a_wrong_credit_code_and_names_the_field(self, cast, now):
        with pytest.raises(Invalid) as refused:
            create(cast, now, credit_code="91350100M000100Y44")
        assert "credit_code" in refused.value.fields

    def test_refuses_a_credit_code_that_another_account_has(self, cast, now):
        create(cast, now, credit_code="91350100M000100Y43")
        with pytest.raises(actions.UnableToSaveAccount) as refused:
            create(cast, now, name="另一家", credit_code="91350100M000100Y43")
        assert "credit_code" in refused.value.fields

    def test_is_refused_for_roles_that_do_not_sell(self, cast, now):
        with pytest.raises(NotAllowed):
            actions.create_account(values={"name": "某公司"}, by=cast.finance.scope, now=now)

    def test_refuses_a_circle_in_the_group(self, cast, now):
        mother = create(cast, now)
        daughter = create(cast, now, name="江州重工（沪）有限公司", parent=mother)
        with pytest.raises(Invalid):
            actions.edit_account(account=mother, values={"parent": daughter}, by=cast.owner.scope, now=now)


class TestEditAccount:
    def test_writes_what_changed_from_what_to_what(self, cast, account, now):
        actions.edit_account(account=account, values={"city": "江州"}, by=cast.owner.scope, now=now, expected_version=1)
        entry = AuditEntry.objects.get(action="accounts.edit")
        assert entry.changes == {"city": ["", "江州"]}
        assert Account.objects.get(pk=account.pk).version == 2

    def test_a_stale_save_is_refused_with_both_versions(self, cast, account, now):
        actions.edit_account(account=account, values={"city": "江州"}, by=cast.owner.scope, now=now, expected_version=1)
        with pytest.raises(StaleRecord) as refused:
            actions.edit_account(account=account, values={"city": "海州"}, by=cast.manager.scope, now=now, expected_version=1)
        assert refused.value.theirs == {"city": "江州"}
        assert refused.value.yours == {"city": "海州"}
        assert Account.objects.get(pk=account.pk).city == "江州"

    def test_is_refused_for_a_colleague_without_sharing_and_allowed_with_editing(self, cast, account, now):
        with pytest.raises(NotAllowed):
            actions.edit_account(account=account, values={"city": "江州"}, by=cast.colleague.scope, now=now)
        actions.share_account(account=account, user=cast.colleague.user, level=Collaborator.Level.EDIT, by=cast.owner.scope, now=now)
        actions.edit_account(account=account, values={"city": "江州"}, by=cast.colleague.scope, now=now)

    def test_nothing_is_written_when_the_transaction_fails(self, cast, account, now):
        with pytest.raises(RuntimeError), transaction.atomic():
            actions.edit_account(account=account, values={"city": "江州"}, by=cast.owner.scope, now=now)
            raise RuntimeError
        assert not AuditEntry.objects.exists()
        assert not OutboxEvent.objects.exists()


class TestVisibility:
    def test_follows_owner_manager_director_and_sharing(self, cast, account, now):
        def sees(person):
            return Account.objects.visible_to(person.scope).filter(pk=account.pk).exists()

        assert sees(cast.owner)
        assert sees(cast.manager)
        assert sees(cast.director)
        assert not sees(cast.colleague)
        assert not sees(cast.stranger)
        actions.share_account(account=account, user=cast.stranger.user, level=Collaborator.Level.READ, by=cast.owner.scope, now=now)
        assert sees(cast.stranger)


class TestAssignAndArchive:
    def test_a_manager_assigns_within_the_team_only(self, cast, account, now):
        moved = actions.assign_account(account=account, to=cast.colleague.user, by=cast.manager.scope, now=now)
        assert moved.owner == cast.colleague.user
        with pytest.raises(actions.UnableToSaveAccount):
            actions.assign_account(account=moved, to=cast.stranger.user, by=cast.manager.scope, now=now)

    def test_archive_takes_it_out_of_search_and_restore_brings_it_back(self, cast, account, now):
        gone = actions.archive_account(account=account, by=cast.manager.scope, now=now)
        assert not SearchEntry.objects.filter(account=account).exists()
        actions.restore_account(account=gone, by=cast.manager.scope, now=now)
        assert SearchEntry.objects.filter(account=account).exists()
