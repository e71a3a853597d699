"""The public pool: claiming within the limits, giving back, the daily rules, and who sees what."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import close_old_connections, connection
from django.utils import timezone, translation

from dingke.accounts import access
from dingke.accounts.actions import pool
from dingke.accounts.actions.work import log_note
from dingke.accounts.calc.pool import PoolRules
from dingke.accounts.models import Account, Collaborator, Note, OwnershipChange, Standing, Todo
from dingke.accounts.queries import pool as queries
from dingke.accounts.tests.factories import NOW, TODAY, make_account, make_user
from dingke.core.errors import Invalid, NotAllowed
from dingke.core.models import AuditEntry
from dingke.core.scope import Scope
from dingke.people.queries import scope_for

DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def english():
    with translation.override("en"):
        yield


def stand(account, **fields):
    return Standing.objects.create(account=account, as_of_date=TODAY, run_id=1, **fields)


def limit(by, **values):
    form = {
        "claims_per_day": 10,
        "holding_limit": 200,
        "days_without_contact": 30,
        "days_without_order": None,
        "notice_days": 7,
        "reclaim_after_days": 30,
    }
    return pool.set_pool_rules(values=form | values, by=by, now=NOW)


class TestClaiming:
    def test_the_claimant_owns_it_and_history_says_so(self, cast):
        pooled = make_account("云岭机械有限公司")
        claimed = pool.claim_account(account=pooled, by=cast.owner.scope, now=NOW)
        assert (claimed.owner, claimed.pool_at, claimed.owned_since) == (cast.owner.user, None, NOW)
        assert OwnershipChange.objects.get(account=pooled).kind == "CLAIMED"
        assert AuditEntry.objects.filter(action="accounts.claimed", account_id=pooled.pk, actor_id=cast.owner.user.pk).exists()

    def test_the_second_of_two_gets_a_sentence(self, cast):
        pooled = make_account()
        seen_by_the_second = Account.objects.get(pk=pooled.pk)
        pool.claim_account(account=pooled, by=cast.owner.scope, now=NOW)
        with pytest.raises(pool.UnableToClaim, match="周敏 has just claimed this account"):
            pool.claim_account(account=seen_by_the_second, by=cast.stranger.scope, now=NOW)
        with pytest.raises(pool.UnableToClaim, match="already yours"):
            pool.claim_account(account=seen_by_the_second, by=cast.owner.scope, now=NOW)
        assert OwnershipChange.objects.filter(account=pooled).count() == 1

    def test_the_quota_counts_the_local_day(self, cast):
        limit(cast.administrator.scope, claims_per_day=2)
        for _number in range(2):
            pool.claim_account(account=make_account(), by=cast.owner.scope, now=NOW)
        third = make_account()
        with pytest.raises(pool.UnableToClaim, match="quota of 2 claims"):
            pool.claim_account(account=third, by=cast.owner.scope, now=NOW)
        evening = NOW.replace(hour=15, minute=59)  # 23:59 in Shanghai
        with pytest.raises(pool.UnableToClaim):
            pool.claim_account(account=third, by=cast.owner.scope, now=evening)
        after_midnight = NOW.replace(hour=16, minute=1)
        assert pool.claim_account(account=third, by=cast.owner.scope, now=after_midnight).owner == cast.owner.user

    def test_the_holding_limit_counts_what_is_not_archived(self, cast):
        limit(cast.administrator.scope, holding_limit=1)
        make_account(owner=cast.owner.user, archived_at=NOW)
        pooled = make_account()
        make_account(owner=cast.owner.user)
        with pytest.raises(pool.UnableToClaim, match="the limit is 1"):
            pool.claim_account(account=pooled, by=cast.owner.scope, now=NOW)

    def test_a_former_owner_waits(self, cast, account):
        pool.release_account(account=account, reason="暂无需求", by=cast.owner.scope, now=NOW)
        account.refresh_from_db()
        with pytest.raises(pool.UnableToClaim, match="2026-10-30"):
            pool.claim_account(account=account, by=cast.owner.scope, now=NOW + 29 * DAY)
        assert pool.claim_account(account=account, by=cast.owner.scope, now=NOW + 30 * DAY).owner == cast.owner.user

    @pytest.mark.parametrize("person", ["director", "finance", "service", "read_only", "administrator"])
    def test_roles_that_do_not_sell_from_the_pool_are_refused(self, cast, person):
        with pytest.raises(NotAllowed):
            pool.claim_account(account=make_account(), by=getattr(cast, person).scope, now=NOW)

    def test_only_what_lies_in_the_pool_is_claimed(self, cast, account):
        with pytest.raises(NotAllowed, match="not in the public pool"):
            pool.claim_account(account=account, by=cast.colleague.scope, now=NOW)
        with pytest.raises(NotAllowed):
            pool.claim_account(account=make_account(archived_at=NOW), by=cast.colleague.scope, now=NOW)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_of_many_who_claim_at_once_exactly_one_wins():
    if connection.vendor != "postgresql":
        pytest.skip("needs PostgreSQL")
    pooled = make_account("抢手机电有限公司")
    scopes = [scope_for(make_user(f"rep{number}")) for number in range(6)]
    start = threading.Barrier(len(scopes))
    outcomes: list[str] = []

    def claim(scope: Scope) -> None:
        try:
            start.wait(10)
            pool.claim_account(account=pooled, by=scope, now=NOW)
            outcomes.append("won")
        except pool.UnableToClaim as refused:
            outcomes.append(refused.message)
        finally:
            close_old_connections()
            connection.close()

    threads = [threading.Thread(target=claim, args=(scope,)) for scope in scopes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(outcome == "won" for outcome in outcomes) == [False] * 5 + [True]
    assert OwnershipChange.objects.filter(account=pooled, kind="CLAIMED").count() == 1


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_one_person_who_claims_everything_at_once_stays_within_the_quota():
    if connection.vendor != "postgresql":
        pytest.skip("needs PostgreSQL")
    pooled = [make_account() for _number in range(6)]
    pool.set_pool_rules(values={"claims_per_day": 2, "notice_days": 7, "reclaim_after_days": 30}, by=Scope.system(), now=NOW)
    scope = scope_for(make_user("eager"))
    start = threading.Barrier(len(pooled))

    def claim(account: Account) -> None:
        try:
            start.wait(10)
            pool.claim_account(account=account, by=scope, now=NOW)
        except pool.UnableToClaim:
            pass
        finally:
            connection.close()

    threads = [threading.Thread(target=claim, args=(account,)) for account in pooled]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert Account.objects.filter(owner_id=scope.user_id).count() == 2


class TestReleasing:
    def test_a_reason_is_required(self, cast, account):
        with pytest.raises(Invalid) as refused:
            pool.release_account(account=account, reason="  ", by=cast.owner.scope, now=NOW)
        assert "reason" in refused.value.fields
        account.refresh_from_db()
        assert account.owner == cast.owner.user

    def test_it_lies_in_the_pool_with_the_reason(self, cast, account):
        pool.release_account(account=account, reason="找不到决策人", by=cast.manager.scope, now=NOW)
        account.refresh_from_db()
        assert (account.owner, account.pool_at) == (None, NOW)
        change = queries.last_changes([account.pk])[account.pk]
        assert (change.kind, change.before, queries.why_pooled(change)) == ("RELEASED", cast.owner.user, "找不到决策人")

    def test_a_key_account_stays(self, cast):
        key = make_account(owner=cast.owner.user, is_key=True)
        with pytest.raises(NotAllowed, match="key account"):
            pool.release_account(account=key, reason="…", by=cast.owner.scope, now=NOW)

    def test_colleagues_do_not_give_it_away(self, cast, account):
        for person in (cast.colleague, cast.stranger, cast.service):
            with pytest.raises(NotAllowed):
                pool.release_account(account=account, reason="…", by=person.scope, now=NOW)


class TestRules:
    @pytest.fixture(autouse=True)
    def rules(self, cast):
        limit(cast.administrator.scope)

    def test_notice_then_recycling_after_the_full_notice_time(self, cast, account):
        quiet = NOW + 23 * DAY
        assert pool.run_pool_rules(now=quiet - DAY) == {"noticed": 0, "recycled": 0, "settled": 0}
        assert pool.run_pool_rules(now=quiet)["noticed"] == 1
        todo = Todo.objects.get(account=account)
        assert (todo.source, todo.assignee, todo.due_date) == ("pool", cast.owner.user, timezone.localdate(NOW + 30 * DAY))
        assert "江州重工" in todo.title
        assert pool.run_pool_rules(now=quiet + DAY) == {"noticed": 0, "recycled": 0, "settled": 0}
        assert pool.run_pool_rules(now=quiet + 6 * DAY)["recycled"] == 0
        assert pool.run_pool_rules(now=quiet + 7 * DAY)["recycled"] == 1
        account.refresh_from_db()
        assert account.owner is None
        assert account.pool_at == quiet + 7 * DAY
        assert Todo.objects.get(account=account).archived_at is not None
        assert pool.run_pool_rules(now=quiet + 8 * DAY) == {"noticed": 0, "recycled": 0, "settled": 0}

    def test_a_missed_check_never_shortens_the_notice(self, cast, account):
        late = NOW + 60 * DAY
        assert pool.run_pool_rules(now=late) == {"noticed": 1, "recycled": 0, "settled": 0}
        assert pool.run_pool_rules(now=late + 6 * DAY)["recycled"] == 0
        assert pool.run_pool_rules(now=late + 7 * DAY)["recycled"] == 1

    def test_contact_settles_the_notice_and_a_later_one_is_given_anew(self, cast, account):
        pool.run_pool_rules(now=NOW + 25 * DAY)
        log_note(account=account, kind=Note.Kind.CALL, text="已约见", by=cast.owner.scope, now=NOW + 26 * DAY)
        assert pool.run_pool_rules(now=NOW + 26 * DAY) == {"noticed": 0, "recycled": 0, "settled": 1}
        account.refresh_from_db()
        assert account.recycle_notice_at is None
        assert Todo.objects.get(account=account).done_at is not None
        assert pool.run_pool_rules(now=NOW + 50 * DAY)["noticed"] == 1
        assert Todo.objects.filter(account=account).count() == 2

    def test_an_order_counts_by_the_standing(self, cast):
        limit(cast.administrator.scope, days_without_contact=None, days_without_order=90)
        ordered, silent = make_account(owner=cast.owner.user), make_account(owner=cast.owner.user)
        stand(ordered, last_order_date=TODAY + timedelta(days=60))
        assert pool.run_pool_rules(now=NOW + 85 * DAY)["noticed"] == 1
        silent.refresh_from_db()
        assert silent.recycle_notice_at is not None

    def test_key_accounts_and_archived_ones_are_never_touched(self, cast):
        make_account(owner=cast.owner.user, is_key=True)
        make_account(owner=cast.owner.user, archived_at=NOW)
        assert pool.run_pool_rules(now=NOW + 400 * DAY) == {"noticed": 0, "recycled": 0, "settled": 0}

    def test_switched_off_rules_do_nothing(self, cast, account):
        limit(cast.administrator.scope, days_without_contact=None, days_without_order=None)
        assert pool.run_pool_rules(now=NOW + 4_000 * DAY) == {"noticed": 0, "recycled": 0, "settled": 0}

    def test_rules_off_settle_the_notices_that_are_out(self, cast, account):
        pool.run_pool_rules(now=NOW + 25 * DAY)
        limit(cast.administrator.scope, days_without_contact=None)
        assert pool.run_pool_rules(now=NOW + 26 * DAY)["settled"] == 1

    def test_the_reason_reads_in_both_languages(self, cast, account):
        pool.run_pool_rules(now=NOW + 60 * DAY)
        pool.run_pool_rules(now=NOW + 67 * DAY)
        change = queries.last_changes([account.pk])[account.pk]
        with translation.override("en"):
            assert queries.why_pooled(change).startswith("No contact since 2026-09-30")
        with translation.override("zh-hans"):
            assert queries.why_pooled(change).startswith("自 2026-09-30 起没有联系记录")

    def test_a_new_owner_starts_afresh(self, cast, account):
        from dingke.accounts.actions.account import assign_account

        pool.run_pool_rules(now=NOW + 25 * DAY)
        assign_account(account=account, to=cast.colleague.user, by=cast.manager.scope, now=NOW + 26 * DAY)
        assert pool.run_pool_rules(now=NOW + 40 * DAY) == {"noticed": 0, "recycled": 0, "settled": 0}

    def test_batches_reach_everybody(self, cast, monkeypatch):
        monkeypatch.setattr(queries, "BATCH", 3)
        for _number in range(8):
            make_account(owner=cast.owner.user)
        assert pool.run_pool_rules(now=NOW + 60 * DAY)["noticed"] == 8
        assert pool.run_pool_rules(now=NOW + 67 * DAY)["recycled"] == 8

    def test_what_the_outlook_says_comes_true(self, cast, account):
        soon = queries.would_recycle(cast.director.scope, PoolRules(days_without_order=None), today=TODAY, within_days=30)
        assert [(row.account.pk, row.on) for row in soon.rows] == [(account.pk, TODAY + timedelta(days=30))]
        assert (soon.total, soon.people) == (1, [("周敏", 1)])
        assert queries.would_recycle(cast.director.scope, PoolRules(days_without_order=None), today=TODAY, within_days=29).total == 0
        assert (
            queries.would_recycle(cast.director.scope, PoolRules(days_without_contact=None, days_without_order=None), today=TODAY).total
            == 0
        )

    def test_rules_that_do_not_fit_together_name_the_field(self, cast):
        with pytest.raises(Invalid) as refused:
            limit(cast.administrator.scope, days_without_contact=5)
        assert "days_without_contact" in refused.value.fields
        with pytest.raises(NotAllowed):
            limit(cast.manager.scope)


class TestContactsOfPooledAccounts:
    @pytest.mark.parametrize(
        ("person", "sees"), [("owner", False), ("stranger", False), ("manager", True), ("director", True), ("service", True)]
    )
    def test_they_show_to_those_above(self, cast, person, sees):
        assert bool(access.can_see_contacts(getattr(cast, person).scope, make_account())) is sees

    def test_and_to_collaborators(self, cast):
        pooled = make_account()
        Collaborator.objects.create(account=pooled, user=cast.colleague.user, added_at=NOW)
        assert access.can_see_contacts(cast.colleague.scope, pooled)

    def test_and_once_it_is_claimed(self, cast):
        claimed = pool.claim_account(account=make_account(), by=cast.owner.scope, now=NOW)
        assert access.can_see_contacts(cast.owner.scope, claimed)
