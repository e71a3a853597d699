"""Who hears what of a request for approval."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import translation

from dingke.approvals import events, notices
from dingke.approvals.models import Approval, Delegation, Step, Voice
from dingke.notices.models import Notice
from dingke.notices.queries import inbox

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def in_english():
    """Titles are compared in English whatever test ran before."""
    with translation.override("en"):
        yield


@pytest.fixture
def request_of_owner(cast, now):
    approval = Approval.objects.create(
        kind="TEST", subject_id=1, title="江州重工", reason="年采购 300 万", requested_by=cast.owner.user, requested_at=now
    )
    step = Step.objects.create(approval=approval, position=1)
    Voice.objects.create(step=step, approver=cast.manager.user)
    return approval


def facts(approval):
    return {"approval_id": approval.pk, "kind": approval.kind, "subject_id": approval.subject_id}


def heard(person, now):
    page = inbox.inbox(person.scope, inbox.InboxFilter(), today=now.date())
    return [(item.notice.kind, item.title, item.body) for item in page.items]


def ask(approval, cast, now):
    event = events.ApprovalAsked(**facts(approval), asked_by_id=cast.owner.user.pk, approver_ids=[cast.manager.user.pk])
    notices.asked(event=event, now=now)


def test_who_is_asked_hears_it_and_so_does_who_decides_for_them(cast, request_of_owner, now):
    day = now.date()
    days = {"start_date": day - timedelta(days=1), "end_date": day + timedelta(days=9)}
    Delegation.objects.create(giver=cast.manager.user, taker=cast.colleague.user, created_at=now, **days)
    ask(request_of_owner, cast, now)
    assert heard(cast.manager, now) == [("approval.asked", "周敏 asks for your approval: 江州重工", "年采购 300 万")]
    assert set(Notice.objects.values_list("recipient_id", flat=True)) == {cast.manager.user.pk, cast.colleague.user.pk}
    assert heard(cast.owner, now) == heard(cast.stranger, now) == []


def test_a_decision_settles_what_waited_and_answers_who_asked(cast, request_of_owner, now):
    ask(request_of_owner, cast, now)
    event = events.ApprovalRejected(**facts(request_of_owner), decided_by_id=cast.manager.user.pk, note="证据不足")
    notices.rejected(event=event, now=now)
    assert heard(cast.owner, now) == [("approval.decided", "Rejected: 江州重工", "证据不足")]
    assert inbox.bell(cast.manager.scope).unread == 0
    notices.granted(
        event=events.ApprovalGranted(**facts(request_of_owner), decided_by_id=cast.manager.user.pk), now=now + timedelta(hours=2)
    )
    assert heard(cast.owner, now)[0][1] == "Approved: 江州重工"


def test_one_voice_settles_that_voice_alone(cast, request_of_owner, now):
    Voice.objects.create(step=Step.objects.get(), approver=cast.director.user)
    event = events.ApprovalAsked(
        **facts(request_of_owner), asked_by_id=cast.owner.user.pk, approver_ids=[cast.manager.user.pk, cast.director.user.pk]
    )
    notices.asked(event=event, now=now)
    spoken = events.ApprovalDecided(
        **facts(request_of_owner), asked_by_id=cast.owner.user.pk, decided_by_id=cast.manager.user.pk, decision="AGREED", note=""
    )
    notices.decided_by_one(event=spoken, now=now)
    assert (inbox.bell(cast.manager.scope).unread, inbox.bell(cast.director.scope).unread) == (0, 1)
    notices.withdrawn(event=events.ApprovalWithdrawn(**facts(request_of_owner)), now=now)
    assert inbox.bell(cast.director.scope).unread == 0


def test_reminders_copies_and_comments(cast, request_of_owner, now):
    one = facts(request_of_owner)
    notices.reminded(event=events.ApprovalReminded(**one, approver_ids=[cast.manager.user.pk], by_id=cast.owner.user.pk), now=now)
    notices.escalated(event=events.ApprovalEscalated(**one, approver_ids=[cast.manager.user.pk], to_ids=[]), now=now + timedelta(hours=3))
    notices.commented(
        event=events.ApprovalCommented(
            **one, author_id=cast.manager.user.pk, concerned_ids=[cast.owner.user.pk, cast.manager.user.pk], text="再补一份报价"
        ),
        now=now,
    )
    titles = [title for _kind, title, _body in heard(cast.manager, now)]
    assert titles == ["Others are asked now, because it was not decided in time: 江州重工", "Still waiting for your approval: 江州重工"]
    assert heard(cast.owner, now) == [("approval.commented", "许文静 wrote on: 江州重工", "再补一份报价")]
    notices.copied(event=events.ApprovalCopied(**one, user_ids=[cast.stranger.user.pk]), now=now)
    assert heard(cast.stranger, now) == [], "not before the copy itself lets them see it"
