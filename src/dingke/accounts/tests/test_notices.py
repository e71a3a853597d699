"""Who hears what of accounts, through the real actions: given, taken, shared, about to go, gone, moved on, due."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import translation

from dingke.accounts import notices
from dingke.accounts.actions import account as actions
from dingke.accounts.actions import nomination, pool
from dingke.accounts.events import KeyAccountMarked, OwnerChanged
from dingke.accounts.models import Account, Nomination, Todo
from dingke.accounts.tests.factories import NOW, TODAY, make_account
from dingke.approvals.events import ApprovalRejected
from dingke.core.scope import Scope
from dingke.notices.models import Notice
from dingke.notices.queries import inbox

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def in_english():
    """Titles are compared in English whatever test ran before."""
    with translation.override("en"):
        yield


def heard(person, kind=""):
    """What this person's inbox shows, as (kind, title)."""
    page = inbox.inbox(person.scope, inbox.InboxFilter(kind=kind), today=TODAY)
    return [(item.notice.kind, item.title) for item in page.items]


def test_who_gets_and_who_loses_an_account_hears_it_and_nobody_else(cast, account):
    actions.assign_account(account=account, to=cast.colleague.user, by=cast.manager.scope, now=NOW)
    assert heard(cast.colleague) == [("account.given", "许文静 gave you 江州重工")]
    assert heard(cast.owner) == [("account.taken", "江州重工 is no longer yours; 何川 has it now")]
    assert heard(cast.manager) == []
    assert heard(cast.stranger) == []


def test_nobody_hears_what_they_did_themselves(cast, account):
    actions.assign_account(account=account, to=cast.manager.user, by=cast.manager.scope, now=NOW)
    assert heard(cast.manager) == []
    pool.release_account(account=Account.objects.get(pk=account.pk), reason="不再采购", by=cast.manager.scope, now=NOW)
    assert heard(cast.manager) == []
    pool.claim_account(account=Account.objects.get(pk=account.pk), by=cast.colleague.scope, now=NOW)
    assert heard(cast.colleague) == []


def test_a_leader_who_puts_an_account_into_the_pool_is_heard(cast, account):
    pool.release_account(account=account, reason="换人跟进", by=cast.manager.scope, now=NOW)
    assert heard(cast.owner) == [("account.taken", "江州重工 is no longer yours; it is in the public pool")]


def test_sharing_is_heard_once_and_gone_with_the_sharing(cast, account):
    actions.share_account(account=account, user=cast.stranger.user, level="READ", by=cast.owner.scope, now=NOW)
    actions.share_account(account=account, user=cast.stranger.user, level="EDIT", by=cast.owner.scope, now=NOW)
    assert heard(cast.stranger) == [("account.shared", "周敏 shared 江州重工 with you")]
    actions.unshare_account(account=account, user=cast.stranger.user, by=cast.owner.scope, now=NOW)
    assert heard(cast.stranger) == []


def test_before_an_account_returns_to_the_pool_and_when_it_has(cast):
    old = NOW - timedelta(days=25)
    quiet = make_account("静默机电有限公司", owner=cast.owner.user, short_name="静默机电", owned_since=old)
    values = {"days_without_contact": 30, "days_without_order": 180, "notice_days": 7, "reclaim_after_days": 30}
    pool.set_pool_rules(values=values, by=Scope.system(), now=NOW - timedelta(days=60))
    pool.run_pool_rules(now=NOW)
    pool.run_pool_rules(now=NOW)
    assert [kind for kind, _title in heard(cast.owner)] == ["account.recycle_soon"]
    assert heard(cast.owner)[0][1].startswith("静默机电 goes back to the public pool on 2026-10-")
    pool.run_pool_rules(now=NOW + timedelta(days=10))
    assert ("account.recycled", "静默机电 went back to the public pool") in heard(cast.owner)
    soon = Notice.objects.get(kind="account.recycle_soon", subject_id=quiet.pk)
    assert soon.read_at is not None, "it has done its work"


def test_a_stage_is_heard_by_the_owner_in_the_readers_language(cast, account):
    actions.set_stage(account=account, stage="GROWING", by=cast.manager.scope, now=NOW)
    assert heard(cast.owner) == [("account.stage", "江州重工 is in stage Growing now")]
    actions.set_stage(account=Account.objects.get(pk=account.pk), stage="MATURE", by=cast.owner.scope, now=NOW)
    assert Notice.objects.get(kind="account.stage").count == 1


def _nominated(cast, account):
    return Nomination.objects.create(account=account, reason="大", proposed_by=cast.manager.user, proposed_at=NOW)


def test_the_owner_hears_how_a_nomination_by_somebody_else_ended(cast, account):
    row = _nominated(cast, account)
    notices.key_account_marked(event=KeyAccountMarked(account_id=account.pk, nomination_id=row.pk), now=NOW)
    assert heard(cast.owner) == [("account.nomination", "江州重工 is a key account now")]
    assert heard(cast.manager) == []
    event = ApprovalRejected(approval_id=10**9, kind=nomination.KIND, subject_id=row.pk, decided_by_id=cast.director.user.pk, note="")
    notices.nomination_refused(event=event, now=NOW)
    assert len(heard(cast.owner)) == 1, "a request of another kind that has the same number says nothing"


def test_the_end_of_a_mark_is_heard_by_owner_and_proposer(cast, account):
    Account.objects.filter(pk=account.pk).update(is_key=True)
    row = _nominated(cast, account)
    Nomination.objects.filter(pk=row.pk).update(state="APPROVED")
    nomination.end_key_account(account=Account.objects.get(pk=account.pk), reason="订单转走", by=cast.director.scope, now=NOW)
    assert heard(cast.owner) == heard(cast.manager) == [("account.key_ended", "江州重工 is no longer a key account")]


def test_to_dos_are_said_on_their_day_once(cast, account):
    def todo(days, **fields):
        return Todo.objects.create(
            account=account, title=f"回访{days}", assignee=cast.owner.user, due_date=TODAY + timedelta(days=days), **fields
        )

    today_one, _late, _older, _tomorrow = todo(0), todo(-2), todo(-9), todo(1)
    todo(0, done_at=NOW)
    todo(0, source="pool")
    assert notices.remind_due_todos(now=NOW) == 2
    assert notices.remind_due_todos(now=NOW + timedelta(hours=1)) == 0
    assert sorted(title for _kind, title in heard(cast.owner)) == ["Due 2026-09-28: 回访-2", "Due 2026-09-30: 回访0"]
    Todo.objects.filter(pk=today_one.pk).update(due_date=TODAY + timedelta(days=1))
    assert notices.remind_due_todos(now=NOW + timedelta(days=1)) == 2, "moved to another day, it is said again; with the one of that day"


def test_links_lead_to_the_account_and_its_rights(cast, account):
    actions.assign_account(account=account, to=cast.colleague.user, by=cast.manager.scope, now=NOW)
    notice = Notice.objects.get(recipient=cast.colleague.user)
    answer = cast.colleague.client.get(reverse("notices:open", args=[notice.pk]))
    assert answer["Location"] == f"/account/{account.pk}/"
    assert cast.stranger.client.get(reverse("notices:open", args=[notice.pk])).status_code == 404


def test_an_import_or_the_system_gives_without_a_name(cast, account):
    event = OwnerChanged(account_id=account.pk, before_id=None, after_id=cast.owner.user.pk, kind="ASSIGNED", by_id=Scope.system().user_id)
    notices.owner_changed(event=event, now=NOW)
    assert heard(cast.owner) == [("account.given", "江州重工 is yours now")]
