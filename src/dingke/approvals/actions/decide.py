"""Deciding: agree, reject, send back; one request or several at once. What follows is listed in config/wiring.py."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from dingke.approvals import access
from dingke.approvals.actions import rows
from dingke.approvals.calc import Decision
from dingke.approvals.calc import line as lines
from dingke.approvals.events import ApprovalDecided
from dingke.approvals.models import Approval
from dingke.approvals.queries import people
from dingke.approvals.queries.requests import line_of
from dingke.core import audit, bus
from dingke.core.errors import Invalid, Refusal
from dingke.core.scope import Scope
from dingke.people import queries as people_queries


class UnableToDecide(Refusal):
    """The request cannot be decided now."""


@transaction.atomic
def decide(*, approval: Approval, agree: bool, note: str, by: Scope, now: datetime) -> Approval:
    """Speaks for the caller in the step that waits, and closes the request when that decides it. A rejection says why.

    Somebody to whom the approver delegated speaks for that voice. A role that decides any request speaks in place of those who
    have not yet spoken in the step; the audit trail names them.
    """
    return _spoken(approval, Decision.AGREED if agree else Decision.REJECTED, note=note, by=by, now=now)


@transaction.atomic
def send_back(*, approval: Approval, note: str, by: Scope, now: datetime) -> Approval:
    """Sends the request back to the person who asked, who changes it and asks again. Says what is to be changed."""
    return _spoken(approval, Decision.SENT_BACK, note=note, by=by, now=now)


@dataclass(frozen=True, slots=True)
class Bulk:
    """How many were agreed to, and the titles of those that could not be, each with the reason."""

    agreed: int
    refused: list[tuple[str, str]]


def agree_to_several(*, approvals: Sequence[Approval], by: Scope, now: datetime) -> Bulk:
    """Agrees to each request whose flow allows it, every one in a transaction of its own; what is refused leaves the others."""
    agreed, refused = 0, []
    for approval in approvals:
        try:
            if not approval.allows_bulk:
                raise UnableToDecide(_("This kind of request is decided one by one."))
            decide(approval=approval, agree=True, note="", by=by, now=now)
            agreed += 1
        except Refusal as refusal:
            refused.append((approval.title, refusal.message))
    return Bulk(agreed, refused)


def _spoken(approval: Approval, decision: Decision, *, note: str, by: Scope, now: datetime) -> Approval:
    fresh = rows.locked(approval)
    line = line_of(fresh) if fresh.state == Approval.State.OPEN else None
    lent = people.lent(by, timezone.localdate(now)).speaks_for(by.me, fresh.kind)
    access.can_decide(by, fresh, line, lent).enforce()
    assert line is not None  # what can_decide just answered
    assert line.current is not None
    note = note.strip()
    if decision is Decision.REJECTED and not note:
        raise Invalid(_("Say why you reject it, so that the request can be made better."), fields={"note": _("A reason is needed.")})
    if decision is Decision.SENT_BACK and not note:
        raise Invalid(_("Say what is to be changed."), fields={"note": _("A reason is needed.")})
    waiting = lines.deciders(line)
    index = lines.voice_of(line, by.me, lent)
    voice = None if index is None else line.steps[line.current].voices[index]
    after = lines.speak(line, by.me, decision, speaks_for=lent, in_place=access.may_decide_any(by))
    changes: dict[str, list[object]] = {"decision": [None, decision.value]}
    if voice is not None and voice.person != by.me:
        changes["for"] = [str(people_queries.user_by_id(voice.person) or ""), None]
    elif voice is None or voice.decision is Decision.ON_CALL:
        names = {one.approver_id: str(one.approver) for step in fresh.steps.all() for one in step.voices.all()}
        passed = [names[person] for person in waiting if person != by.me]
        changes |= {"in_place_of": [passed, None]} if passed else {}
    audit.record(
        target=fresh,
        action="approvals.decide",
        by=by,
        now=now,
        changes=changes,
        account_id=fresh.account_id,
        summary=f"{fresh.title} {note}".strip(),
    )
    event = ApprovalDecided(
        approval_id=fresh.pk,
        kind=fresh.kind,
        subject_id=fresh.subject_id,
        asked_by_id=fresh.requested_by_id,
        decided_by_id=by.me,
        decision=decision.value,
        note=note,
    )
    bus.publish(event, now=now)
    return rows.written(fresh, after, by=by, now=now, note=note)
