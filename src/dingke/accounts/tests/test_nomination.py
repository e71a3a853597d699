"""The key-account mark from draft to end: what is written, who decides, who is refused, what the pages show."""

from __future__ import annotations

import pytest
from django.urls import reverse
from django.utils import translation

from dingke.accounts.actions import nomination as actions
from dingke.accounts.calc.key_account import Answer, Judgement
from dingke.accounts.calc.key_account_lists import CRITERIA, ENTRY_TESTS
from dingke.accounts.calc.nomination import Answers, Rating
from dingke.accounts.models import Account, FaceMark, Nomination
from dingke.accounts.queries import nomination as queries
from dingke.accounts.tests.factories import make_account
from dingke.approvals import actions as approvals
from dingke.approvals import queries as approval_queries
from dingke.core import hints
from dingke.core.errors import Invalid, NotAllowed, StaleRecord
from dingke.core.models import AuditEntry, OutboxEvent

pytestmark = pytest.mark.django_db
HX = {"HX-Request": "true", "HX-Request-Type": "partial"}

GOOD = Answers(
    reason="年采购额占我方两成，且为行业标杆。",
    features={"STABILITY": Judgement(Answer.YES, "合作九年")},
    tests={"LARGE_SALES": Judgement(Answer.YES, "年采购 1,284 万")},
    criteria={"QUANTITY": Rating(4, "高利产品占 45%"), "PARTNERSHIP": Rating(5)},
    benefits={"RADIATION": "两年内签下两家同行"},
)
FAILED = Answers(reason="关系好", tests={item.key: Judgement(Answer.NO, "无") for item in ENTRY_TESTS}, benefits={"ASSET": "口碑"})


def propose(cast, account, now, answers=GOOD, by=None):
    return actions.propose_key_account(account=account, answers=answers, by=(by or cast.owner).scope, now=now)


def grant(cast, row, now):
    for person in (cast.manager, cast.director):
        row.refresh_from_db()
        approvals.decide(approval=row.approval, agree=True, note="", by=person.scope, now=now)


class TestDraft:
    @pytest.mark.item("A-02", "A-03", "A-04", "A-07")
    def test_is_kept_once_per_account_and_found_again(self, cast, account, now, today):
        row = actions.save_draft(account=account, answers=FAILED, by=cast.owner.scope, now=now)
        again = actions.save_draft(account=account, answers=GOOD, by=cast.manager.scope, now=now, expected_version=row.version)
        assert again.pk == row.pk
        desk = queries.nomination_desk(cast.owner.scope, account.pk, today=today)
        assert desk.answers == GOOD
        assert desk.verdict.can_nominate

    def test_a_stale_save_is_refused_with_both(self, cast, account, now):
        row = actions.save_draft(account=account, answers=FAILED, by=cast.owner.scope, now=now)
        actions.save_draft(account=account, answers=GOOD, by=cast.manager.scope, now=now, expected_version=row.version)
        with pytest.raises(StaleRecord) as refused:
            actions.save_draft(account=account, answers=FAILED, by=cast.owner.scope, now=now, expected_version=row.version)
        assert refused.value.theirs["reason"] == GOOD.reason
        assert refused.value.yours["reason"] == FAILED.reason

    def test_can_be_put_away(self, cast, account, now, today):
        actions.save_draft(account=account, answers=FAILED, by=cast.owner.scope, now=now)
        actions.discard_draft(account=account, by=cast.owner.scope, now=now)
        assert queries.nomination_desk(cast.owner.scope, account.pk, today=today).draft is None


class TestProposing:
    @pytest.mark.item("A-01", "A-03")
    def test_goes_to_the_manager_then_the_director_and_marks_the_account(self, cast, account, now):
        row = propose(cast, account, now)
        assert row.state == Nomination.State.PROPOSED
        assert [item.title for item in approval_queries.waiting_for(cast.manager.scope)] == [account.name]
        assert approval_queries.waiting_for(cast.director.scope) == []
        grant(cast, row, now)
        row.refresh_from_db()
        account.refresh_from_db()
        assert (row.state, row.decided_by_name) == ("APPROVED", "林致远")
        assert (account.is_key, account.customer_type, str(account.key_since)) == (True, "KEY", "2026-09-30")
        assert OutboxEvent.objects.filter(name="KeyAccountMarked").count() == 1
        assert AuditEntry.objects.filter(action="accounts.mark_key", account_id=account.pk).count() == 1

    @pytest.mark.item("A-03")
    def test_a_prospect_that_fails_all_four_tests_is_refused_and_nothing_is_kept(self, cast, account, now):
        with translation.override("en"), pytest.raises(Invalid, match="four entry tests"):
            propose(cast, account, now, answers=FAILED)
        assert not Nomination.objects.exists()

    @pytest.mark.item("A-07")
    def test_a_benefit_with_a_measure_is_needed(self, cast, account, now):
        with translation.override("en"), pytest.raises(Invalid, match="measured"):
            propose(cast, account, now, answers=Answers(reason="大", benefits={"ASSET": " "}))

    def test_a_manager_who_proposes_does_not_decide(self, cast, account, now):
        propose(cast, account, now, by=cast.manager)
        assert approval_queries.waiting_for(cast.manager.scope) == []
        assert len(approval_queries.waiting_for(cast.director.scope)) == 1

    def test_only_one_is_open_and_a_marked_account_is_not_nominated_again(self, cast, account, now):
        row = propose(cast, account, now)
        with pytest.raises(actions.UnableToNominate):
            propose(cast, account, now)
        grant(cast, row, now)
        account.refresh_from_db()
        with pytest.raises(actions.UnableToNominate):
            propose(cast, account, now)

    def test_who_may_not(self, cast, account, now):
        for person in (cast.colleague, cast.finance, cast.administrator):
            with pytest.raises(NotAllowed):
                propose(cast, account, now, by=person)

    def test_a_rejection_keeps_who_and_why_and_the_answers_start_the_next_one(self, cast, account, now, today):
        row = propose(cast, account, now)
        approvals.decide(approval=row.approval, agree=False, note="依据不足", by=cast.manager.scope, now=now)
        row.refresh_from_db()
        assert (row.state, row.decided_by_name, row.decision_note) == ("REJECTED", "许文静", "依据不足")
        desk = queries.nomination_desk(cast.owner.scope, account.pk, today=today)
        assert desk.before == row
        assert desk.answers == GOOD
        assert not Account.objects.get(pk=account.pk).is_key

    def test_can_be_taken_back(self, cast, account, now):
        row = propose(cast, account, now)
        with pytest.raises(NotAllowed):
            actions.withdraw_nomination(nomination=row, by=cast.manager.scope, now=now)
        actions.withdraw_nomination(nomination=row, by=cast.owner.scope, now=now)
        row.refresh_from_db()
        assert row.state == Nomination.State.WITHDRAWN


@pytest.mark.item("A-01")
class TestEnding:
    def test_needs_a_reason_and_a_leader_and_keeps_the_history(self, cast, account, now):
        row = propose(cast, account, now)
        grant(cast, row, now)
        account.refresh_from_db()
        with pytest.raises(NotAllowed):
            actions.end_key_account(account=account, reason="业务萎缩", by=cast.owner.scope, now=now)
        with pytest.raises(Invalid):
            actions.end_key_account(account=account, reason=" ", by=cast.manager.scope, now=now)
        ended = actions.end_key_account(account=account, reason="业务萎缩", by=cast.manager.scope, now=now)
        assert (ended.is_key, ended.key_since, ended.customer_type) == (False, None, "ORGANISATION")
        row.refresh_from_db()
        assert (row.state, row.end_reason) == ("ENDED", "业务萎缩")
        assert queries.nominations_of(cast.owner.scope, account) == [row]
        assert OutboxEvent.objects.filter(name="KeyAccountMarkEnded").count() == 1


def posted(**more):
    data = {"version": "", "reason": GOOD.reason, "benefit-RADIATION": "on", "benefit-RADIATION-measure": "两年内签下两家同行"}
    data |= {"test-LARGE_SALES": "YES", "test-LARGE_SALES-words": "年采购 1,284 万", "criterion-QUANTITY": "4"}
    return data | more


@pytest.mark.item("A-02", "A-03", "A-04", "A-07")
class TestPages:
    def test_the_verdict_follows_what_is_typed_and_nothing_is_saved(self, cast, account):
        address = reverse("accounts:nominate_preview", args=[account.pk])
        ready = cast.owner.client.post(address, posted(), headers=HX).content.decode()
        assert "Can be nominated" in ready
        assert "Not yet rated: Price sensitivity." in ready
        assert "State why" in cast.owner.client.post(address, posted(reason=""), headers=HX).content.decode()
        assert not Nomination.objects.exists()

    def test_draft_then_propose(self, cast, account):
        address = reverse("accounts:nominate", args=[account.pk])
        assert cast.owner.client.get(address).status_code == 200
        assert cast.owner.client.post(address, posted(do="draft")).status_code == 303
        draft = Nomination.objects.get()
        assert "两年内签下两家同行" in cast.owner.client.get(address).content.decode()
        answer = cast.owner.client.post(address, posted(do="propose", version=draft.version))
        assert answer["Location"] == reverse("accounts:nomination", args=[draft.pk])
        assert cast.owner.client.get(address).status_code == 200
        assert cast.manager.client.get(answer["Location"]).status_code == 200

    def test_an_unready_proposal_says_why_and_keeps_what_was_typed(self, cast, account):
        answer = cast.owner.client.post(reverse("accounts:nominate", args=[account.pk]), posted(do="propose", reason=""))
        assert answer.status_code == 422
        assert "两年内签下两家同行" in answer.content.decode()

    def test_a_stale_draft_shows_both_and_the_choice_is_saved(self, cast, account, now):
        row = actions.save_draft(account=account, answers=GOOD, by=cast.owner.scope, now=now)
        actions.save_draft(account=account, answers=FAILED, by=cast.manager.scope, now=now, expected_version=row.version)
        address = reverse("accounts:nominate", args=[account.pk])
        answer = cast.owner.client.post(address, posted(do="draft", version=row.version, reason="我的理由"))
        page = answer.content.decode()
        assert answer.status_code == 409
        assert "关系好" in page
        assert "我的理由" in page
        row.refresh_from_db()
        cast.owner.client.post(address, posted(do="draft", version=row.version, reason="我的理由", **{"keep-reason": "theirs"}))
        row.refresh_from_db()
        assert row.reason == "关系好"

    def test_a_hint_shows_the_computed_figure(self, cast, account, monkeypatch):
        monkeypatch.setattr(
            hints, "_answerers", {"accounts.purchase_quantity": lambda scope, pk, today: hints.Hint("高利产品占 45%", "4", "/")}
        )
        page = cast.owner.client.get(reverse("accounts:nominate", args=[account.pk])).content.decode()
        assert "高利产品占 45%" in page
        assert "a rating of 4 is proposed" in page

    def test_strangers_and_roles_without_the_right(self, cast, account, now):
        row = propose(cast, account, now)
        for name in ("nominate", "key_account_history", "end_key_account"):
            address = reverse(f"accounts:{name}", args=[account.pk])
            assert cast.stranger.client.get(address).status_code in {403, 404}, name
        assert cast.stranger.client.get(reverse("accounts:nominate", args=[account.pk])).status_code == 404
        assert cast.stranger.client.get(reverse("accounts:key_account_history", args=[account.pk])).status_code == 404
        assert cast.stranger.client.get(reverse("accounts:nomination", args=[row.pk])).status_code == 404
        assert cast.stranger.client.post(reverse("accounts:withdraw_nomination", args=[row.pk])).status_code == 404
        assert cast.stranger.client.post(reverse("accounts:nominate_preview", args=[account.pk]), posted()).status_code == 404
        assert cast.stranger.client.post(reverse("accounts:discard_nomination", args=[account.pk])).status_code == 404
        assert cast.finance.client.get(reverse("accounts:nominate", args=[account.pk])).status_code == 403
        assert cast.owner.client.get(reverse("accounts:end_key_account", args=[account.pk])).status_code == 403
        assert cast.finance.client.get(reverse("accounts:nomination", args=[row.pk])).status_code == 200

    def test_history_with_faces_and_ending_in_the_dialog(self, cast, account, now):
        row = propose(cast, account, now)
        grant(cast, row, now)
        FaceMark.objects.create(account=account, face="RED", extra_step="安排技术回访", confirmed_by=cast.manager.user, confirmed_at=now)
        page = cast.manager.client.get(reverse("accounts:key_account_history", args=[account.pk]), headers=HX).content.decode()
        assert GOOD.reason in page
        assert "安排技术回访" in page
        address = reverse("accounts:end_key_account", args=[account.pk])
        assert cast.manager.client.get(address, headers=HX).status_code == 200
        assert cast.manager.client.post(address, {"reason": ""}, headers=HX).status_code == 422
        assert "HX-Redirect" in cast.manager.client.post(address, {"reason": "业务萎缩"}, headers=HX)


@pytest.mark.item("A-04")
class TestSideBySide:
    def nominated(self, cast, now, number):
        accounts = [make_account(owner=cast.owner.user) for _each in range(number)]
        for account in accounts:
            actions.save_draft(account=account, answers=GOOD, by=cast.owner.scope, now=now)
        return accounts

    def test_shows_the_bars_of_visible_accounts_only(self, cast, now):
        accounts = self.nominated(cast, now, 2)
        hidden = make_account(owner=cast.stranger.user)
        actions.save_draft(account=hidden, answers=GOOD, by=cast.stranger.scope, now=now)
        found = queries.profiles(cast.owner.scope, [accounts[1].pk, hidden.pk, accounts[0].pk])
        assert [profile.account for profile in found] == [accounts[1], accounts[0]]
        assert [found[0].rating(item.key) for item in CRITERIA] == [4, None, None, None, 5]
        page = cast.owner.client.get(reverse("accounts:compare_profiles"), {"account": [account.pk for account in accounts]})
        assert page.content.decode().count("高利产品占 45%") == 2
        assert hidden.name not in page.content.decode()
        assert cast.stranger.client.get(reverse("accounts:compare_profiles")).status_code == 200

    def test_costs_the_same_for_three_and_thirty(self, cast, now, count_queries):
        def cost():
            with count_queries() as counted:
                queries.profile_choices(cast.owner.scope)
                queries.profiles(cast.owner.scope, ids)
            return counted.number

        ids = [account.pk for account in self.nominated(cast, now, 3)]
        few = cost()
        ids = [account.pk for account in self.nominated(cast, now, 27)]
        assert cost() == few


@pytest.mark.item("A-06", "A-01", "A-07")
def test_the_help_page_explains_and_finds_by_every_word(cast):
    address = reverse("accounts:key_account_help")
    page = cast.owner.client.get(address).content.decode()
    assert "Who buys" in page
    assert "Radiates to the trade" in page
    for word in ("VIP", "关键客户", "focus customer"):
        found = cast.owner.client.get(address, {"q": word}, headers=HX).content.decode()
        assert "means a key account here" in found
        assert "Who buys" in found
    assert "Nothing here speaks of" in cast.owner.client.get(address, {"q": "zzzz"}, headers=HX).content.decode()
