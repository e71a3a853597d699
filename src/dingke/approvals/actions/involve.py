"""Bringing others in: 加签 add an approver, 转交 hand on, 抄送 copy, comment, remind."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from dingke.approvals import access
from dingke.approvals.actions import rows
from dingke.approvals.actions.ask import copy_rows
from dingke.approvals.calc import Mode
from dingke.approvals.calc import line as lines
from dingke.approvals.events import ApprovalCommented, ApprovalHandedOn, ApprovalReminded, ApproverAdded
from dingke.approvals.models import Approval, Comment, Reminder, Step
from dingke.approvals.queries import people
from dingke.approvals.queries.requests import line_of
from dingke.core import audit, bus
from dingke.core.errors import Invalid, Refusal
from dingke.core.scope import Scope
from dingke.people.models import User

LEAST_BETWEEN = timedelta(minutes=30)  # between two reminders by hand


class UnableToInvolve(Refusal):
    """The person cannot be brought in."""


class UnableToRemind(Refusal):
    """Nobody is reminded now."""


@transaction.atomic
def add_approver(
    *, approval: Approval, users: Sequence[User], before: bool, note: str, by: Scope, now: datetime, mode: str = "ANY"
) -> Approval:
    """加签: these people decide too, before the caller or right after; the caller still decides."""
    fresh, line, lent = _moved(approval, by=by, now=now)
    chosen = _here(users)
    after = _tried(lambda: lines.add_step(line, by.me, [user.pk for user in chosen], before=before, mode=Mode(mode), speaks_for=lent))
    names = [str(user) for user in chosen]
    audit.record(
        target=fresh, action="approvals.add_before" if before else "approvals.add_after", by=by, now=now, account_id=fresh.account_id,
        changes={"people": [None, names]}, summary=note.strip(),
    )  # fmt: skip
    event = ApproverAdded(
        approval_id=fresh.pk, kind=fresh.kind, subject_id=fresh.subject_id, added_by_id=by.me,
        approver_ids=[user.pk for user in chosen], before=before,
    )  # fmt: skip
    bus.publish(event, now=now)
    return rows.written(fresh, after, by=by, now=now)


@transaction.atomic
def hand_on(*, approval: Approval, to: User, note: str, by: Scope, now: datetime) -> Approval:
    """转交: somebody else decides instead of the caller, who has no voice in the step any more."""
    fresh, line, lent = _moved(approval, by=by, now=now)
    (chosen,) = _here([to])
    after = _tried(lambda: lines.hand_on(line, by.me, chosen.pk, speaks_for=lent))
    audit.record(
        target=fresh, action="approvals.hand_on", by=by, now=now, account_id=fresh.account_id, changes={"people": [by.name, [str(chosen)]]},
        summary=note.strip(),
    )  # fmt: skip
    event = ApprovalHandedOn(approval_id=fresh.pk, kind=fresh.kind, subject_id=fresh.subject_id, from_id=by.me, to_id=chosen.pk)
    bus.publish(event, now=now)
    return rows.written(fresh, after, by=by, now=now, note=note.strip())


@transaction.atomic
def copy_to(*, approval: Approval, users: Sequence[User], by: Scope, now: datetime) -> list[int]:
    """抄送: these people read the request. Everybody who is part of it may copy it; who has it already is not told twice."""
    fresh = rows.locked(approval)
    _seen(by, fresh, now)
    new = copy_rows(fresh, [user.pk for user in _here(users)], by=by, now=now)
    if new:
        names = [str(user) for user in users if user.pk in new]
        changes = {"people": [None, names]}
        audit.record(target=fresh, action="approvals.copy", by=by, now=now, changes=changes, account_id=fresh.account_id)
    return new


@transaction.atomic
def read_copy(*, approval: Approval, by: Scope, now: datetime) -> None:
    """Notes that the caller has opened a request that was copied to them."""
    approval.copies.filter(user_id=by.me, read_at__isnull=True).update(read_at=now)


@transaction.atomic
def comment(*, approval: Approval, text: str, by: Scope, now: datetime) -> Comment:
    """A remark beside the decision; everybody who is part of the request may write one, also after it is decided."""
    fresh = rows.locked(approval)
    _seen(by, fresh, now)
    said = text.strip()
    if not said:
        raise Invalid(_("Write something first."), fields={"text": _("Write something first.")})
    row = Comment.objects.create(approval=fresh, author_id=by.me, text=said[:2000], at=now)
    audit.record(target=fresh, action="approvals.comment", by=by, now=now, account_id=fresh.account_id, summary=said)
    event = ApprovalCommented(
        approval_id=fresh.pk, kind=fresh.kind, subject_id=fresh.subject_id, author_id=by.me, text=said[:300],
        concerned_ids=[person for person in _concerned(fresh) if person != by.me],
    )  # fmt: skip
    bus.publish(event, now=now)
    return row


@transaction.atomic
def remind(*, approval: Approval, by: Scope, now: datetime) -> list[int]:
    """Reminds those who have not decided in the step that waits; by hand at most every half hour."""
    fresh = rows.locked(approval)
    access.can_remind(by, fresh).enforce()
    line = line_of(fresh)
    place = line.current
    assert place is not None
    step = next(step for step in fresh.steps.all() if step.pk == line.steps[place].key)
    if step.reminded_at is not None and now - step.reminded_at < LEAST_BETWEEN:
        raise UnableToRemind(_("They were reminded a moment ago. Give them half an hour."))
    return remind_step(fresh, step, list(lines.deciders(line)), by=by, now=now)


def remind_step(approval: Approval, step: Step, waiting: list[int], *, by: Scope, now: datetime) -> list[int]:
    """Writes down and tells who was reminded."""
    Reminder.objects.bulk_create(Reminder(step=step, user_id=person, by_id=by.user_id, at=now) for person in waiting)
    step.reminded_at = now
    step.save(update_fields=["reminded_at"])
    audit.record(
        target=approval, action="approvals.remind", by=by, now=now, account_id=approval.account_id, changes={"people": [None, len(waiting)]}
    )
    event = ApprovalReminded(
        approval_id=approval.pk, kind=approval.kind, subject_id=approval.subject_id, approver_ids=waiting, by_id=by.user_id
    )
    bus.publish(event, now=now)
    return waiting


def _moved(approval: Approval, *, by: Scope, now: datetime) -> tuple[Approval, lines.Line, frozenset[int]]:
    fresh = rows.locked(approval)
    line = line_of(fresh) if fresh.state == Approval.State.OPEN else None
    lent = people.lent(by, timezone.localdate(now)).speaks_for(by.me, fresh.kind)
    access.can_involve(by, fresh, line, lent).enforce()
    assert line is not None  # what can_involve just answered
    return fresh, line, lent


def _tried(move: lines.Move) -> lines.Line:
    try:
        return move()
    except lines.CannotMove as refused:
        sentence = {
            "OWN_REQUEST": _("The person who asked does not decide."),
            "ASKED_ALREADY": _("This person is asked in this step already."),
            "NOT_YOURS": _("It is not your turn to decide this request."),
        }.get(refused.code, _("This request is already decided."))
        raise UnableToInvolve(sentence) from refused


def _here(users: Sequence[User]) -> list[User]:
    chosen = list({user.pk: user for user in users}.values())
    if not chosen:
        raise Invalid(_("Choose somebody first."), fields={"users": _("Choose somebody first.")})
    gone = next((user for user in chosen if not user.is_active), None)
    if gone is not None:
        raise UnableToInvolve(_("%(name)s no longer works here.") % {"name": gone})
    return chosen


def _seen(by: Scope, approval: Approval, now: datetime) -> None:
    lent = people.lent(by, timezone.localdate(now)).speaks_for(by.me, approval.kind)
    access.can_see(by, approval, lent).enforce()


def _concerned(approval: Approval) -> list[int]:
    voices = [voice.approver_id for step in approval.steps.all() for voice in step.voices.all()]
    return list(dict.fromkeys([approval.requested_by_id, *voices, *(copy.user_id for copy in approval.copies.all())]))
