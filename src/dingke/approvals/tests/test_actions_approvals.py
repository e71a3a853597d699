"""Asking, deciding in order, taking back: what is written, what is told, who is refused."""

from __future__ import annotations

import pytest

from dingke.approvals import actions, queries
from dingke.approvals.models import Approval, Voice
from dingke.approvals.tests.factories import ask
from dingke.core.errors import Invalid, NotAllowed, NotVisible
from dingke.core.models import AuditEntry, OutboxEvent

pytestmark = [pytest.mark.django_db, pytest.mark.item("A-01")]


def two_steps(cast):
    return [("ANY", [cast.manager.user], "Manager"), ("ALL", [cast.director.user, cast.administrator.user], "Company")]


def told() -> list[str]:
    return list(OutboxEvent.objects.order_by("pk").values_list("name", flat=True))


class TestAsking:
    def test_leaves_out_the_person_who_asks_and_empty_steps(self, cast, now):
        approval = ask(
            by=cast.manager.scope,
            steps=[("ANY", [cast.manager.user], "Manager"), ("ANY", [cast.director.user, cast.director.user], "Director")],
        )
        assert [step.label for step in approval.steps.all()] == ["Director"]
        assert Voice.objects.filter(step__approval=approval).count() == 1

    def test_is_refused_when_nobody_is_left_and_when_it_is_open_already(self, cast, now):
        with pytest.raises(actions.UnableToAsk):
            ask(by=cast.manager.scope, steps=[("ANY", [cast.manager.user], "Manager")])
        ask(by=cast.owner.scope, steps=two_steps(cast), subject_id=7)
        with pytest.raises(actions.UnableToAsk):
            ask(by=cast.owner.scope, steps=two_steps(cast), subject_id=7)


class TestDeciding:
    def test_goes_step_by_step_and_tells_once_at_the_end(self, cast, now):
        approval = ask(by=cast.owner.scope, steps=two_steps(cast))
        with pytest.raises(NotAllowed):
            actions.decide(approval=approval, agree=True, note="", by=cast.director.scope, now=now)
        approval = actions.decide(approval=approval, agree=True, note="支持", by=cast.manager.scope, now=now)
        approval = actions.decide(approval=approval, agree=True, note="", by=cast.director.scope, now=now)
        assert approval.state == Approval.State.OPEN
        with pytest.raises(NotAllowed):  # has spoken already
            actions.decide(approval=approval, agree=True, note="", by=cast.director.scope, now=now)
        approval = actions.decide(approval=approval, agree=True, note="", by=cast.administrator.scope, now=now)
        assert approval.state == Approval.State.GRANTED
        assert approval.decided_at == now
        assert told() == ["ApprovalAsked", "ApprovalDecided", "ApprovalAsked", "ApprovalDecided", "ApprovalDecided", "ApprovalGranted"]
        assert AuditEntry.objects.filter(action="approvals.decide").count() == 3

    def test_a_rejection_needs_a_reason_and_ends_it(self, cast, now):
        approval = ask(by=cast.owner.scope, steps=two_steps(cast))
        with pytest.raises(Invalid):
            actions.decide(approval=approval, agree=False, note=" ", by=cast.manager.scope, now=now)
        approval = actions.decide(approval=approval, agree=False, note="依据不足", by=cast.manager.scope, now=now)
        assert approval.state == Approval.State.REJECTED
        assert OutboxEvent.objects.get(name="ApprovalRejected").payload["note"] == "依据不足"
        with pytest.raises(NotAllowed):
            actions.decide(approval=approval, agree=True, note="", by=cast.director.scope, now=now)

    def test_an_administrator_decides_in_place_of_others_and_the_trail_names_them(self, cast, now):
        approval = ask(by=cast.owner.scope, steps=[("ALL", [cast.manager.user, cast.director.user], "")])
        approval = actions.decide(approval=approval, agree=True, note="", by=cast.administrator.scope, now=now)
        assert approval.state == Approval.State.GRANTED
        assert AuditEntry.objects.get(action="approvals.decide").changes["in_place_of"] == [["许文静", "林致远"], None]

    def test_nobody_decides_a_request_of_their_own(self, cast, now):
        approval = ask(by=cast.administrator.scope, steps=[("ANY", [cast.director.user], "")])
        with pytest.raises(NotAllowed):
            actions.decide(approval=approval, agree=True, note="", by=cast.administrator.scope, now=now)


class TestTakingBack:
    def test_by_the_person_who_asked_only_while_it_is_open(self, cast, now):
        approval = ask(by=cast.owner.scope, steps=two_steps(cast))
        with pytest.raises(NotAllowed):
            actions.withdraw(approval=approval, by=cast.manager.scope, now=now)
        assert actions.withdraw(approval=approval, by=cast.owner.scope, now=now).state == Approval.State.WITHDRAWN
        assert told() == ["ApprovalAsked", "ApprovalWithdrawn"]
        with pytest.raises(NotAllowed):
            actions.withdraw(approval=approval, by=cast.owner.scope, now=now)


class TestReading:
    def test_waits_only_for_the_people_of_the_current_step(self, cast, now):
        approval = ask(by=cast.owner.scope, steps=two_steps(cast))
        assert [item.pk for item in queries.waiting_for(cast.manager.scope)] == [approval.pk]
        assert queries.waiting_for(cast.director.scope) == []
        actions.decide(approval=approval, agree=True, note="", by=cast.manager.scope, now=now)
        assert queries.waiting_for(cast.manager.scope) == []
        assert [item.pk for item in queries.waiting_for(cast.director.scope)] == [approval.pk]
        assert [item.pk for item in queries.decided_by(cast.manager.scope)[0]] == [approval.pk]
        assert [item.pk for item in queries.asked_by(cast.owner.scope)[0]] == [approval.pk]

    def test_is_seen_by_those_it_concerns_and_by_nobody_else(self, cast, now):
        approval = ask(by=cast.owner.scope, steps=two_steps(cast))
        for person in (cast.owner, cast.manager, cast.director, cast.administrator):
            assert queries.approval_for(person.scope, approval.pk).approval == approval
        for person in (cast.colleague, cast.stranger, cast.finance, cast.read_only):
            with pytest.raises(NotVisible):
                queries.approval_for(person.scope, approval.pk)

    def test_costs_the_same_for_three_and_thirty(self, cast, count_queries):
        def cost() -> int:
            with count_queries() as counted:
                queries.waiting_for(cast.manager.scope)
                queries.asked_by(cast.owner.scope)
            return counted.number

        for _each in range(3):
            ask(by=cast.owner.scope, steps=two_steps(cast))
        few = cost()
        for _each in range(27):
            ask(by=cast.owner.scope, steps=two_steps(cast))
        assert cost() == few
