"""The first users of flows in this domain: nomination sent back, merge of another owner's account, exceptions of the pool."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse

from dingke.accounts.actions import merge_requests, nomination, pool, pool_requests
from dingke.accounts.calc.pool import PoolStep
from dingke.accounts.models import Account, Merge, Nomination, OwnershipChange, Todo
from dingke.accounts.queries import pool as pool_queries
from dingke.accounts.tests.factories import NOW, TODAY, make_account
from dingke.accounts.tests.test_nomination import GOOD
from dingke.approvals import actions as approvals
from dingke.approvals import queries as approval_queries
from dingke.approvals.actions import flows as designing
from dingke.approvals.models import Approval
from dingke.core.errors import Invalid, NotAllowed, Refusal
from dingke.core.models import AuditEntry
from dingke.core.scope import Scope

pytestmark = pytest.mark.django_db
HX = {"HX-Request": "true", "HX-Request-Type": "partial"}
DAY = timedelta(days=1)


def agree(approval, *people):
    for person in people:
        approval = approvals.decide(approval=approval, agree=True, note="", by=person.scope, now=NOW)
    return approval


def fresh(account):
    return Account.objects.get(pk=account.pk)


@pytest.mark.item("A-01")
class TestNomination:
    def propose(self, cast, account, answers=GOOD):
        return nomination.propose_key_account(account=account, answers=answers, by=cast.owner.scope, now=NOW)

    def test_goes_by_the_flow_that_is_in_force(self, cast, account):
        designing.remove_step(kind=nomination.KIND, place=0, by=cast.director.scope, now=NOW)
        designing.publish_flow(kind=nomination.KIND, note="", by=cast.director.scope, now=NOW)
        row = self.propose(cast, account)
        assert row.approval.flow_number == 1
        agree(row.approval, cast.director)
        assert fresh(account).is_key

    def test_sent_back_is_a_draft_again_and_proposed_anew_keeps_its_request(self, cast, account):
        row = self.propose(cast, account)
        approvals.send_back(approval=row.approval, note="补充毛利", by=cast.manager.scope, now=NOW)
        row.refresh_from_db()
        assert (row.state, row.decision_note) == (Nomination.State.DRAFT, "补充毛利")
        assert "补充毛利" in cast.owner.client.get(reverse("accounts:nominate", args=[account.pk])).content.decode()
        again = self.propose(cast, account)
        assert (again.pk, again.state, again.approval.pk, again.approval.round) == (row.pk, "PROPOSED", row.approval_id, 2)
        agree(again.approval, cast.manager, cast.director)
        assert fresh(account).is_key

    def test_asked_again_on_the_page_of_the_request_it_is_proposed_again(self, cast, account):
        row = self.propose(cast, account)
        back = approvals.send_back(approval=row.approval, note="补", by=cast.manager.scope, now=NOW)
        again = approvals.resubmit(approval=back, reason="毛利 31%", by=cast.owner.scope, now=NOW)
        row.refresh_from_db()
        assert (row.state, row.reason) == (Nomination.State.PROPOSED, "毛利 31%")
        agree(again, cast.manager, cast.director)
        assert fresh(account).is_key

    def test_sent_back_and_put_away_or_proposed_by_somebody_else(self, cast, account):
        row = self.propose(cast, account)
        approvals.send_back(approval=row.approval, note="补", by=cast.manager.scope, now=NOW)
        other = nomination.propose_key_account(account=account, answers=GOOD, by=cast.manager.scope, now=NOW)
        assert other.approval.requested_by == cast.manager.user
        assert Approval.objects.get(pk=row.approval_id).state == Approval.State.WITHDRAWN
        approvals.send_back(approval=other.approval, note="补", by=cast.director.scope, now=NOW)
        nomination.discard_draft(account=account, by=cast.owner.scope, now=NOW)
        assert Approval.objects.get(pk=other.approval_id).state == Approval.State.WITHDRAWN

    def test_the_approver_reads_the_facts(self, cast, account):
        row = self.propose(cast, account)
        page = cast.director.client.get(reverse("approvals:detail", args=[row.approval_id])).content.decode()
        assert "Features answered with yes" in page
        assert "1 / 5" in page


class TestMerge:
    @pytest.fixture
    def gone(self, cast):
        return make_account("江州重工有限公司", owner=cast.stranger.user)

    @pytest.fixture
    def kept(self, cast, account, gone):
        from dingke.accounts.models import Collaborator

        Collaborator.objects.create(account=gone, user=cast.manager.user, level="READ", added_at=NOW)
        cast.other_team.leaders.add(cast.finance.user)  # leads the other owner
        return account

    def request(self, cast, kept, gone, by=None, **more):
        values = {"choices": {}, "reason": "同一家公司", "by": (by or cast.manager).scope, "now": NOW}
        return merge_requests.request_merge(kept=kept, gone=gone, **(values | more))

    def test_one_of_another_team_is_asked_for_and_done_when_agreed(self, cast, kept, gone):
        approval = self.request(cast, kept, gone, share_with_other_owner=True)
        assert isinstance(approval, Approval)
        assert fresh(gone).archived_at is None
        assert approval_queries.approval_for(cast.finance.scope, approval.pk).asked_now == ["苏婉"]
        page = cast.finance.client.get(reverse("approvals:detail", args=[approval.pk])).content.decode()
        assert "江州重工有限公司" in page
        agree(approval, cast.finance)
        assert fresh(gone).merged_into == kept
        assert AuditEntry.objects.filter(action="accounts.merge", actor_id=cast.finance.user.pk).exists()
        with pytest.raises(Refusal):
            self.request(cast, fresh(kept), fresh(gone))

    def test_two_of_the_own_people_are_merged_at_once(self, cast, account):
        other = make_account("江州重工分公司", owner=cast.colleague.user)
        assert isinstance(self.request(cast, account, other, reason=""), Merge)
        assert not Approval.objects.exists()

    def test_a_reason_a_right_and_one_request_at_a_time(self, cast, kept, gone):
        with pytest.raises(Invalid):
            self.request(cast, kept, gone, reason=" ")
        with pytest.raises(NotAllowed):
            self.request(cast, kept, gone, by=cast.owner)
        self.request(cast, kept, gone)
        with pytest.raises(Refusal):
            self.request(cast, kept, gone)
        third = make_account(owner=cast.stranger.user)
        with pytest.raises(NotAllowed):
            self.request(cast, gone, third)

    def test_what_cannot_be_done_any_more_is_not_agreed_to(self, cast, kept, gone):
        approval = self.request(cast, kept, gone)
        Account.objects.filter(pk=gone.pk).update(archived_at=NOW)
        with pytest.raises(Refusal):
            agree(approval, cast.finance)
        approval.refresh_from_db()
        assert approval.state == Approval.State.OPEN
        answer = cast.finance.client.post(reverse("approvals:decide", args=[approval.pk]), {"decision": "agree"}, headers=HX)
        assert answer.status_code == 409
        assert "archived" in answer.content.decode()

    def test_the_page_says_that_somebody_has_to_agree(self, cast, kept, gone):
        address = reverse("accounts:merge", args=[kept.pk])
        page = cast.manager.client.get(address, {"with": gone.pk}).content.decode()
        assert "Somebody has to agree first" in page
        assert cast.manager.client.post(address, {"with": gone.pk, "reason": ""}).status_code == 422
        answer = cast.manager.client.post(address, {"with": gone.pk, "reason": "同一家公司"})
        assert answer["Location"] == reverse("approvals:detail", args=[Approval.objects.get().pk])


def limit(**values):
    start = {"claims_per_day": 0, "holding_limit": 200, "days_without_contact": 30, "days_without_order": None, "notice_days": 7}
    pool.set_pool_rules(values=start | {"reclaim_after_days": 30} | values, by=Scope.system(), now=NOW)


class TestClaimBeyondLimits:
    def test_is_asked_of_the_leader_and_done_when_agreed(self, cast):
        limit()
        pooled = make_account()
        approval = pool_requests.request_claim(account=pooled, reason="老客户介绍", by=cast.owner.scope, now=NOW)
        assert fresh(pooled).owner is None
        page = cast.manager.client.get(reverse("approvals:detail", args=[approval.pk])).content.decode()
        assert "quota of 0 claims" in page
        agree(approval, cast.manager)
        assert fresh(pooled).owner == cast.owner.user
        assert OwnershipChange.objects.get(account=pooled, kind="CLAIMED").reason == "老客户介绍"

    def test_within_the_limits_it_is_claimed_at_once(self, cast):
        limit(claims_per_day=5)
        assert pool_requests.request_claim(account=make_account(), reason="", by=cast.owner.scope, now=NOW).owner == cast.owner.user

    def test_a_reason_and_an_account_that_is_still_there(self, cast):
        limit()
        pooled = make_account()
        with pytest.raises(Invalid):
            pool_requests.request_claim(account=pooled, reason=" ", by=cast.owner.scope, now=NOW)
        with pytest.raises(NotAllowed):
            pool_requests.request_claim(account=pooled, reason="要", by=cast.finance.scope, now=NOW)
        approval = pool_requests.request_claim(account=pooled, reason="要", by=cast.owner.scope, now=NOW)
        with pytest.raises(approvals.UnableToAsk):
            pool_requests.request_claim(account=pooled, reason="也要", by=cast.colleague.scope, now=NOW)
        Account.objects.filter(pk=pooled.pk).update(owner=cast.stranger.user, pool_at=None)
        with pytest.raises(pool.UnableToClaim):
            agree(approval, cast.manager)

    def test_the_doors(self, cast):
        limit()
        pooled = make_account()
        address = reverse("accounts:ask_claim", args=[pooled.pk])
        answer = cast.owner.client.post(reverse("accounts:claim", args=[pooled.pk]))
        assert answer["Location"] == address
        assert "quota of 0 claims" in cast.owner.client.get(address).content.decode()
        assert cast.owner.client.post(address, {"reason": ""}, headers=HX).status_code == 422
        assert "HX-Redirect" in cast.owner.client.post(address, {"reason": "老客户介绍"}, headers=HX)
        assert cast.finance.client.get(address).status_code == 403
        assert cast.owner.client.get(reverse("accounts:ask_claim", args=[10**9])).status_code == 404


class TestKeeping:
    @pytest.fixture
    def silent(self, cast):
        limit()
        return make_account(owner=cast.owner.user, owned_since=NOW - 25 * DAY)

    def ask(self, cast, account, by=None, **more):
        values = {"until": TODAY + 60 * DAY, "reason": "项目停工，十月复工", "by": (by or cast.owner).scope, "now": NOW}
        return pool_requests.request_keep(account=account, **(values | more))

    def test_it_stays_until_the_day_and_gets_its_full_notice_afterwards(self, cast, silent):
        pool.run_pool_rules(now=NOW)
        assert Todo.objects.filter(account=silent, source="pool", done_at=None).exists()
        agree(self.ask(cast, silent), cast.manager)
        kept = fresh(silent)
        assert (kept.kept_until, kept.recycle_notice_at) == (TODAY + 60 * DAY, None)
        assert not Todo.objects.filter(account=silent, source="pool", done_at=None).exists()
        pool.run_pool_rules(now=NOW + 60 * DAY)
        assert fresh(silent).owner == cast.owner.user
        pool.run_pool_rules(now=NOW + 61 * DAY)
        assert (fresh(silent).owner, fresh(silent).recycle_notice_at) == (cast.owner.user, NOW + 61 * DAY)
        pool.run_pool_rules(now=NOW + 68 * DAY)
        assert fresh(silent).owner is None

    def test_who_may_ask_and_until_when(self, cast, silent):
        for person in (cast.stranger, cast.colleague, cast.finance):
            with pytest.raises(NotAllowed):
                self.ask(cast, silent, by=person)
        for wrong in ({"until": TODAY}, {"until": TODAY + 400 * DAY}, {"reason": ""}):
            with pytest.raises(Invalid):
                self.ask(cast, silent, **wrong)
        with pytest.raises(NotAllowed):
            self.ask(cast, make_account(owner=cast.owner.user, is_key=True))
        with pytest.raises(NotAllowed):
            self.ask(cast, make_account())
        approval = self.ask(cast, silent)
        Account.objects.filter(pk=silent.pk).update(owner=None, pool_at=NOW)
        with pytest.raises(pool_requests.UnableToKeep):
            agree(approval, cast.manager)

    def test_the_doors(self, cast, silent):
        address = reverse("accounts:ask_keep", args=[silent.pk])
        assert "No contact since" in cast.owner.client.get(address, headers=HX).content.decode()
        assert cast.owner.client.post(address, {"until": "2000-01-01", "reason": "停工"}, headers=HX).status_code == 422
        assert cast.stranger.client.get(address).status_code == 404
        assert cast.finance.client.get(address).status_code == 403

    @pytest.mark.item("D-01")
    def test_the_rule_says_so(self, cast, silent):
        Account.objects.filter(pk=silent.pk).update(kept_until=TODAY + DAY)
        assert "By exception" in pool_queries.recycle_outlook(fresh(silent), today=TODAY) or "保留至" in pool_queries.recycle_outlook(
            fresh(silent), today=TODAY
        )
        decision = pool.pool.recycle_decision(pool_queries.holding_facts(fresh(silent)), pool_queries.pool_rules(), today=TODAY)
        assert decision.step is PoolStep.KEEP
