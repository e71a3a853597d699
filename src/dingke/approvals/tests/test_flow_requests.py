"""Requests by flow: asking, adding, handing on, sending back and asking again, copies, comments, reminders, the clock, delegation."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import translation

from dingke.approvals import actions, queries
from dingke.approvals.actions import delegations
from dingke.approvals.actions import flows as designing
from dingke.approvals.calc import flow as flows
from dingke.approvals.models import Approval, Comment, Copy, Reminder, Voice
from dingke.approvals.queries import flows as flow_queries
from dingke.approvals.tests.factories import NOW, ask
from dingke.core.errors import Invalid, NotAllowed, NotVisible
from dingke.core.models import AuditEntry, OutboxEvent
from dingke.core.scope import Scope
from dingke.people.models import User

pytestmark = pytest.mark.django_db
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
TODAY = NOW.date()
KIND = "accounts.key_account"


def by_flow(person, **more):
    values = {"kind": KIND, "subject_id": 7, "title": "江州重工", "reason": "量大", "link": "/", "facts": flows.Facts(asker=person.user.pk)}
    return actions.ask_by_flow(**(values | more), by=person.scope, now=NOW)


def asked(approval):
    request = queries.approval_for(Scope.system(), approval.pk)
    return request.asked_now


def events(name):
    return [row.payload for row in OutboxEvent.objects.filter(name=name).order_by("pk")]


class TestAskingByFlow:
    def test_the_steps_of_the_flow_with_labels_in_both_languages(self, cast):
        approval = by_flow(cast.owner)
        assert [[voice.approver for voice in step.voices.all()] for step in approval.steps.all()] == [
            [cast.manager.user],
            [cast.director.user],
        ]
        step = approval.steps.all()[0]
        with translation.override("zh-hans"):
            assert step.label == "负责人的上级"
        with translation.override("en"):
            assert step.label == "Manager of the owner"
        assert (step.opened_at, step.remind_hours) == (NOW, 24)
        assert events("ApprovalAsked")[0]["approver_ids"] == [cast.manager.user.pk]

    def test_no_step_applies(self, cast):
        assert by_flow(cast.manager, kind="accounts.merge", facts=flows.Facts(asker=cast.manager.user.pk, type="LEADS_BOTH")) is None
        assert not Approval.objects.exists()

    def test_the_askers_own_voice_can_be_all_it_needs(self, cast):
        only = flows.Flow((flows.StepRule(rules=(flows.Rule(flows.Who.DIRECTOR),)),), own_step=flows.OwnStep.AGREE)
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(flow_queries, "_shipped", lambda: {"tests": only})
            approval = by_flow(cast.director, kind="tests")
        assert approval.state == Approval.State.GRANTED
        assert approval.steps.get().voices.get().automatic == "ASKER"
        assert len(events("ApprovalGranted")) == 1

    def test_the_same_thing_is_asked_once(self, cast):
        by_flow(cast.owner)
        with pytest.raises(actions.UnableToAsk):
            by_flow(cast.colleague)

    def test_who_agreed_is_not_asked_again(self, cast):
        twice = flows.StepRule(rules=(flows.Rule(flows.Who.PERSON, people=(cast.director.user.pk, cast.finance.user.pk)),))
        only = flows.StepRule(rules=(flows.Rule(flows.Who.DIRECTOR),))
        flow = flows.Flow((only, twice))
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(flow_queries, "_shipped", lambda: {"tests": flow})
            approval = by_flow(cast.owner, kind="tests")
        approval = actions.decide(approval=approval, agree=True, note="", by=cast.director.scope, now=NOW)
        assert approval.state == Approval.State.GRANTED
        assert Voice.objects.filter(automatic="EARLIER").count() == 1


class TestBringingOthersIn:
    def test_somebody_before_and_after(self, cast):
        approval = by_flow(cast.owner)
        actions.add_approver(approval=approval, users=[cast.finance.user], before=True, note="看看", by=cast.manager.scope, now=NOW)
        assert asked(approval) == ["苏婉"]
        with pytest.raises(NotAllowed):
            actions.decide(approval=approval, agree=True, note="", by=cast.manager.scope, now=NOW)
        actions.decide(approval=approval, agree=True, note="可以", by=cast.finance.scope, now=NOW)
        assert asked(approval) == ["许文静"]
        actions.add_approver(approval=approval, users=[cast.service.user], before=False, note="", by=cast.manager.scope, now=NOW)
        actions.decide(approval=approval, agree=True, note="", by=cast.manager.scope, now=NOW)
        assert asked(approval) == ["方晴"]
        actions.decide(approval=approval, agree=True, note="", by=cast.service.scope, now=NOW)
        assert asked(approval) == ["林致远"]
        assert [row["before"] for row in events("ApproverAdded")] == [True, False]
        positions = list(approval.steps.order_by("position").values_list("position", "origin"))
        assert positions == [(1, "BEFORE"), (2, "FLOW"), (3, "AFTER"), (4, "FLOW")]

    def test_only_by_who_is_asked_and_never_the_asker(self, cast):
        approval = by_flow(cast.owner)
        for person in (cast.director, cast.owner, cast.administrator):
            with pytest.raises(NotAllowed):
                actions.add_approver(approval=approval, users=[cast.finance.user], before=True, note="", by=person.scope, now=NOW)
        for user in (cast.owner.user, cast.manager.user):
            with pytest.raises(actions.UnableToInvolve):
                actions.add_approver(approval=approval, users=[user], before=True, note="", by=cast.manager.scope, now=NOW)
        with pytest.raises(actions.UnableToInvolve):
            gone = User.objects.create(username="gone", name="离职", is_active=False)
            actions.add_approver(approval=approval, users=[gone], before=True, note="", by=cast.manager.scope, now=NOW)

    def test_handing_on(self, cast):
        approval = by_flow(cast.owner)
        actions.hand_on(approval=approval, to=cast.finance.user, note="请财务看", by=cast.manager.scope, now=NOW)
        assert asked(approval) == ["苏婉"]
        assert queries.waiting_for(cast.manager.scope) == []
        assert queries.approval_for(cast.manager.scope, approval.pk).title == "江州重工"
        assert [item.pk for item in queries.decided_by(cast.manager.scope)[0]] == [approval.pk]
        with pytest.raises(actions.UnableToInvolve):
            actions.hand_on(approval=approval, to=cast.owner.user, note="", by=cast.finance.scope, now=NOW)
        assert events("ApprovalHandedOn")[0]["to_id"] == cast.finance.user.pk
        assert events("ApprovalAsked")[-1]["approver_ids"] == [cast.finance.user.pk]

    def test_copies_let_others_read_and_are_counted_until_read(self, cast):
        approval = by_flow(cast.owner)
        with pytest.raises(NotVisible):
            queries.approval_for(cast.service.scope, approval.pk)
        users = [cast.service.user, cast.manager.user, cast.service.user]
        assert len(actions.copy_to(approval=approval, users=users, by=cast.owner.scope, now=NOW)) == 2
        assert actions.copy_to(approval=approval, users=users, by=cast.owner.scope, now=NOW) == []
        assert queries.approval_for(cast.service.scope, approval.pk).can_decide.allowed is False
        assert queries.counts(cast.service.scope, 0).copied == 1
        assert queries.copied_to(cast.service.scope)[0][0].is_unread
        actions.read_copy(approval=approval, by=cast.service.scope, now=NOW)
        assert queries.counts(cast.service.scope, 0).copied == 0
        assert Copy.objects.get(user=cast.service.user).read_at == NOW
        with pytest.raises(NotAllowed):
            actions.copy_to(approval=approval, users=[cast.stranger.user], by=cast.stranger.scope, now=NOW)

    def test_comments_of_those_who_are_part_of_it(self, cast):
        approval = by_flow(cast.owner)
        actions.comment(approval=approval, text=" 去年毛利多少？ ", by=cast.manager.scope, now=NOW)
        assert Comment.objects.get().text == "去年毛利多少？"
        assert set(events("ApprovalCommented")[0]["concerned_ids"]) == {cast.owner.user.pk, cast.director.user.pk}
        with pytest.raises(Invalid):
            actions.comment(approval=approval, text=" ", by=cast.manager.scope, now=NOW)
        with pytest.raises(NotAllowed):
            actions.comment(approval=approval, text="?", by=cast.stranger.scope, now=NOW)


class TestSentBack:
    def test_changes_and_asks_again_in_a_new_round(self, cast):
        approval = by_flow(cast.owner)
        with pytest.raises(Invalid):
            actions.send_back(approval=approval, note="", by=cast.manager.scope, now=NOW)
        approval = actions.send_back(approval=approval, note="缺毛利", by=cast.manager.scope, now=NOW)
        assert (approval.state, approval.decided_at) == (Approval.State.RETURNED, None)
        assert queries.waiting_for(cast.director.scope) == []
        for person in (cast.manager, cast.administrator):
            with pytest.raises(NotAllowed):
                actions.resubmit(approval=approval, reason="毛利 31%", by=person.scope, now=NOW)
        with pytest.raises(NotAllowed):
            actions.decide(approval=approval, agree=True, note="", by=cast.manager.scope, now=NOW)
        with pytest.raises(Invalid):
            actions.resubmit(approval=approval, reason=" ", by=cast.owner.scope, now=NOW)
        approval = actions.resubmit(approval=approval, reason="毛利 31%", by=cast.owner.scope, now=NOW)
        assert (approval.round, approval.state, asked(approval)) == (2, Approval.State.OPEN, ["许文静"])
        whole = queries.whole_request(cast.owner.scope, approval.pk, today=TODAY)
        assert [(number, [step.voices.all()[0].note for step in steps]) for number, steps in whole.earlier] == [(1, ["缺毛利", ""])]
        for person in (cast.manager, cast.director):
            approval = actions.decide(approval=approval, agree=True, note="", by=person.scope, now=NOW)
        assert approval.state == Approval.State.GRANTED

    def test_a_request_without_a_flow_asks_the_same_people(self, cast):
        approval = ask(by=cast.owner.scope, steps=[("ANY", [cast.manager.user], "Manager")])
        approval = actions.send_back(approval=approval, note="改", by=cast.manager.scope, now=NOW)
        approval = actions.resubmit(approval=approval, reason="改好了", by=cast.owner.scope, now=NOW)
        assert asked(approval) == ["许文静"]

    def test_can_be_taken_back_meanwhile(self, cast):
        approval = actions.send_back(approval=by_flow(cast.owner), note="改", by=cast.manager.scope, now=NOW)
        assert actions.withdraw(approval=approval, by=cast.owner.scope, now=NOW).state == Approval.State.WITHDRAWN


class TestClock:
    def test_reminds_after_the_hours_again_and_again(self, cast):
        approval = by_flow(cast.owner)
        assert actions.watch(now=NOW + 23 * HOUR)["reminded"] == 0
        assert actions.watch(now=NOW + 24 * HOUR)["reminded"] == 1
        assert actions.watch(now=NOW + 24 * HOUR)["reminded"] == 0  # safe to run twice
        assert actions.watch(now=NOW + 48 * HOUR)["reminded"] == 1
        assert Reminder.objects.filter(step__approval=approval, user=cast.manager.user, by__isnull=True).count() == 2
        assert events("ApprovalReminded")[0]["by_id"] is None

    def test_calls_in_the_leader_above_once(self, cast):
        approval = by_flow(cast.owner)
        assert actions.watch(now=NOW + 72 * HOUR)["escalated"] == 1
        assert actions.watch(now=NOW + 73 * HOUR)["escalated"] == 0
        assert asked(approval) == ["许文静", "林致远"]
        assert events("ApprovalEscalated")[0]["to_ids"] == [cast.director.user.pk]
        approval = actions.decide(approval=approval, agree=True, note="", by=cast.director.scope, now=NOW + 74 * HOUR)
        assert approval.state == Approval.State.GRANTED  # the director agreed, and is not asked again in the next step
        assert Voice.objects.filter(step__approval=approval, decision="PASSED").get().approver == cast.manager.user
        entry = AuditEntry.objects.filter(action="approvals.decide").get()
        assert entry.changes["in_place_of"] == [["许文静"], None]

    def test_replaces_who_has_left(self, cast):
        approval = by_flow(cast.owner)
        cast.manager.user.is_active = False
        cast.manager.user.save()
        assert actions.watch(now=NOW + HOUR)["replaced"] == 1
        assert asked(approval) == ["林致远"]
        assert actions.watch(now=NOW + HOUR)["replaced"] == 0

    def test_reminding_by_hand(self, cast):
        approval = by_flow(cast.owner)
        assert actions.remind(approval=approval, by=cast.owner.scope, now=NOW) == [cast.manager.user.pk]
        with pytest.raises(actions.UnableToRemind):
            actions.remind(approval=approval, by=cast.owner.scope, now=NOW + timedelta(minutes=10))
        with pytest.raises(NotAllowed):
            actions.remind(approval=approval, by=cast.manager.scope, now=NOW + HOUR)


class TestDelegation:
    def away(self, cast, taker=None, **more):
        values = {"start_date": TODAY, "end_date": TODAY + 3 * DAY, "by": cast.manager.scope, "now": NOW}
        return delegations.delegate(giver=cast.manager.user, taker=(taker or cast.colleague).user, **(values | more))

    def test_the_delegate_decides_and_the_record_says_for_whom(self, cast):
        approval = by_flow(cast.owner)
        with pytest.raises(NotAllowed):
            actions.decide(approval=approval, agree=True, note="", by=cast.colleague.scope, now=NOW)
        self.away(cast)
        (item,) = queries.waiting_for(cast.colleague.scope, today=TODAY)
        assert (item.pk, item.deciding_for) == (approval.pk, "许文静")
        assert queries.waiting_for(cast.colleague.scope, today=TODAY + 4 * DAY) == []
        assert [one.pk for one in queries.waiting_for(cast.manager.scope, today=TODAY)] == [approval.pk]  # still may
        actions.decide(approval=approval, agree=True, note="", by=cast.colleague.scope, now=NOW)
        voice = Voice.objects.get(step__approval=approval, approver=cast.manager.user)
        assert (voice.decision, voice.spoken_by) == ("AGREED", cast.colleague.user)
        assert AuditEntry.objects.get(action="approvals.decide").changes["for"] == ["许文静", None]
        assert [one.pk for one in queries.decided_by(cast.colleague.scope)[0]] == [approval.pk]
        assert queries.decided_by(cast.manager.scope)[0] == []

    def test_kinds_days_and_ending(self, cast):
        approval = by_flow(cast.owner)
        row = self.away(cast, kind_codes=["accounts.merge"])
        assert queries.waiting_for(cast.colleague.scope, today=TODAY) == []
        with pytest.raises(NotAllowed):
            delegations.end_delegation(delegation=row, by=cast.owner.scope, now=NOW)
        delegations.end_delegation(delegation=row, by=cast.colleague.scope, now=NOW)
        row = self.away(cast)
        assert len(queries.waiting_for(cast.colleague.scope, today=TODAY)) == 1
        delegations.end_delegation(delegation=row, by=cast.manager.scope, now=NOW)
        assert queries.waiting_for(cast.colleague.scope, today=TODAY) == []
        with pytest.raises(NotVisible):
            queries.approval_for(cast.colleague.scope, approval.pk, today=TODAY)

    def test_the_asker_does_not_decide_as_a_delegate(self, cast):
        approval = by_flow(cast.owner)
        self.away(cast, taker=cast.owner)
        assert queries.waiting_for(cast.owner.scope, today=TODAY) == []
        with pytest.raises(NotAllowed):
            actions.decide(approval=approval, agree=True, note="", by=cast.owner.scope, now=NOW)

    def test_what_is_refused(self, cast):
        self.away(cast)
        with pytest.raises(delegations.UnableToDelegate):
            self.away(cast, taker=cast.finance)
        for wrong in ({"end_date": TODAY - DAY}, {"start_date": TODAY - 9 * DAY, "end_date": TODAY - DAY}, {"taker": cast.manager}):
            with pytest.raises(Invalid):
                self.away(cast, **wrong)
        with pytest.raises(NotAllowed):
            self.away(cast, by=cast.colleague.scope)
        later = {"start_date": TODAY + 9 * DAY, "end_date": TODAY + 9 * DAY}
        assert self.away(cast, by=cast.administrator.scope, **later).created_by_name == "管理员"


class TestDesigning:
    step = flows.StepRule(rules=(flows.Rule(flows.Who.ADMINISTRATOR),))

    def test_a_draft_holds_nothing_until_it_is_published_and_running_requests_keep_theirs(self, cast):
        running = by_flow(cast.owner)
        designing.save_step(kind=KIND, step=self.step, place=None, by=cast.director.scope, now=NOW)
        designing.remove_step(kind=KIND, place=0, by=cast.director.scope, now=NOW)
        assert flow_queries.flow_in_force(KIND).number == 0
        found = flow_queries.designer(cast.director.scope, KIND)
        assert len(found.changed) == 2
        row = designing.publish_flow(kind=KIND, note="换人", by=cast.director.scope, now=NOW)
        assert (row.number, row.published_at) == (1, NOW)
        assert len(asked(running)) == 1
        later = by_flow(cast.owner, subject_id=8)
        assert (later.flow, later.flow_number) == (row, 1)
        assert [step.voices.get().approver for step in later.steps.all()] == [cast.director.user, cast.administrator.user]
        back = actions.send_back(approval=running, note="改", by=cast.manager.scope, now=NOW)
        assert asked(actions.resubmit(approval=back, reason="好", by=cast.owner.scope, now=NOW)) == ["许文静"]
        assert flow_queries.designer(cast.director.scope, KIND).versions[0].changed

    def test_order_settings_and_discarding(self, cast):
        designing.order_steps(kind=KIND, order=[1, 0], by=cast.director.scope, now=NOW)
        assert flow_queries.shown_flow(KIND).steps[0].rules == (flows.Rule(flows.Who.DIRECTOR),)
        with pytest.raises(designing.UnableToChangeFlow):
            designing.order_steps(kind=KIND, order=[0, 0], by=cast.director.scope, now=NOW)
        values = {"own_step": flows.OwnStep.AGREE, "again": False, "bulk": True, "copies": (flows.Rule(flows.Who.DIRECTOR),)}
        designing.set_flow(kind=KIND, **values, by=cast.director.scope, now=NOW)
        assert flow_queries.shown_flow(KIND).bulk
        designing.discard_draft(kind=KIND, by=cast.director.scope, now=NOW)
        assert not flow_queries.shown_flow(KIND).bulk
        with pytest.raises(designing.UnableToChangeFlow):
            designing.publish_flow(kind=KIND, note="", by=cast.director.scope, now=NOW)

    def test_an_empty_flow_is_not_published_and_others_do_not_design(self, cast):
        for _each in range(2):
            designing.remove_step(kind=KIND, place=0, by=cast.director.scope, now=NOW)
        with pytest.raises(Invalid):
            designing.publish_flow(kind=KIND, note="", by=cast.director.scope, now=NOW)
        with pytest.raises(NotAllowed):
            designing.remove_step(kind=KIND, place=0, by=cast.manager.scope, now=NOW)
        with pytest.raises(NotVisible):
            designing.remove_step(kind="nothing", place=0, by=cast.director.scope, now=NOW)

    def test_copies_of_the_flow_and_trying_out(self, cast):
        values = {"own_step": flows.OwnStep.UP, "again": True, "bulk": True}
        copies = (flows.Rule(flows.Who.PERSON, people=(cast.finance.user.pk,)),)
        designing.set_flow(kind=KIND, **values, copies=copies, by=cast.director.scope, now=NOW)
        tried = flow_queries.try_out(cast.director.scope, KIND, flows.Facts(asker=cast.owner.user.pk))
        assert [[str(user) for user in step.people] for step in tried.steps] == [["许文静"], ["林致远"]]
        assert tried.copies == [cast.finance.user]
        assert not Approval.objects.exists()
        designing.publish_flow(kind=KIND, note="", by=cast.director.scope, now=NOW)
        approval = by_flow(cast.owner)
        assert Copy.objects.get(approval=approval).user == cast.finance.user
        done = actions.agree_to_several(approvals=[approval], by=cast.manager.scope, now=NOW)
        assert done.agreed == 1

    def test_several_at_once_only_where_the_flow_allows_it(self, cast):
        done = actions.agree_to_several(approvals=[by_flow(cast.owner)], by=cast.manager.scope, now=NOW)
        assert (done.agreed, len(done.refused)) == (0, 1)


def test_every_shipped_flow_reads_and_names_somebody(cast):
    from dingke.approvals.queries.kinds import kinds

    assert set(flow_queries._shipped()) == set(kinds())
    for kind, flow in flow_queries._shipped().items():
        for step in flow.steps:
            assert step.label_zh, kind
            assert step.label_en, kind
