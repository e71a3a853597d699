"""Asking for approval, deciding, taking back. What follows from a decision is listed in config/wiring.py."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from dingke.approvals import access, calc, queries
from dingke.approvals.events import ApprovalGranted, ApprovalRejected, ApprovalWithdrawn
from dingke.approvals.models import Approval, Step, Voice
from dingke.core import audit, bus
from dingke.core.errors import Invalid, Refusal
from dingke.core.scope import Scope
from dingke.people.models import User

StepPlan = tuple[str, Sequence[User], str]


class UnableToAsk(Refusal):
    """The request cannot be made."""


class UnableToDecide(Refusal):
    """The request cannot be decided now."""


@transaction.atomic
def ask_approval(
    *, kind: str, subject_id: int, title: str, reason: str, link: str, steps: Iterable[StepPlan], by: Scope, now: datetime
) -> Approval:
    """Asks the people of each step in order: (mode ALL or ANY, users, label).

    The person who asks is left out of every step, as is whoever no longer works here; a step that nobody is left for falls
    away. Raises `UnableToAsk` when no step is left or the same thing is already being asked. The caller's action has checked
    that the person may ask for it.
    """
    plans = [(calc.Mode(mode), _able(users, by), label) for mode, users, label in steps]
    plans = [plan for plan in plans if plan[1]]
    if by.user_id is None or not plans:
        raise UnableToAsk(_("There is nobody who could approve this. Ask an administrator to name a leader for the team."))
    if Approval.objects.filter(kind=kind, subject_id=subject_id, state=Approval.State.OPEN).exists():
        raise UnableToAsk(_("Approval of this has already been asked for and is still open."))
    approval = Approval.objects.create(
        kind=kind, subject_id=subject_id, title=title[:200], reason=reason, link=link[:200], requested_by_id=by.user_id, requested_at=now
    )
    for position, (mode, users, label) in enumerate(plans, start=1):
        step = Step.objects.create(approval=approval, position=position, mode=mode.value, label=label[:80])
        Voice.objects.bulk_create(Voice(step=step, approver=user) for user in users)
    audit.record(target=approval, action="approvals.ask", by=by, now=now, summary=approval.title)
    return approval


@transaction.atomic
def decide(*, approval: Approval, agree: bool, note: str, by: Scope, now: datetime) -> Approval:
    """Speaks for the caller in the step that waits, and closes the request when that decides it. A rejection says why.

    A role that decides any request speaks in place of those who have not yet spoken in the step; the audit trail names them.
    """
    fresh = _locked(approval)
    step = queries.current_step(fresh)
    access.can_decide(by, fresh, step).enforce()
    assert step is not None  # what can_decide just answered
    assert by.user_id is not None
    note = note.strip()
    if not agree and not note:
        raise Invalid(_("Say why you reject it, so that the request can be made better."), fields={"note": _("A reason is needed.")})
    voice = next(
        (voice for voice in step.voices.all() if voice.approver_id == by.user_id and voice.decision == Voice.Decision.WAITING), None
    )
    passed_over: list[str] = []
    if voice is None:
        waiting = [other for other in step.voices.all() if other.decision == Voice.Decision.WAITING]
        passed_over = [str(other.approver) for other in waiting]
        Voice.objects.filter(pk__in=[other.pk for other in waiting]).delete()
        voice = Voice.objects.filter(step=step, approver_id=by.user_id).first() or Voice(step=step, approver_id=by.user_id)
    voice.decision = Voice.Decision.AGREED if agree else Voice.Decision.REJECTED
    voice.note, voice.decided_at = note, now
    voice.save()
    changes = {"decision": [None, voice.decision]} | ({"in_place_of": [passed_over, None]} if passed_over else {})
    audit.record(target=fresh, action="approvals.decide", by=by, now=now, changes=changes, summary=f"{fresh.title} {note}".strip())
    _close_if_decided(fresh.pk, by=by, note=note, now=now)
    return Approval.objects.get(pk=fresh.pk)


@transaction.atomic
def withdraw(*, approval: Approval, by: Scope, now: datetime) -> Approval:
    """Takes an open request back."""
    fresh = _locked(approval)
    access.can_withdraw(by, fresh).enforce()
    fresh.state, fresh.decided_at = Approval.State.WITHDRAWN, now
    fresh.save(update_fields=["state", "decided_at"])
    audit.record(target=fresh, action="approvals.withdraw", by=by, now=now, summary=fresh.title)
    bus.publish(ApprovalWithdrawn(approval_id=fresh.pk, kind=fresh.kind, subject_id=fresh.subject_id), now=now)
    return fresh


def _able(users: Iterable[User], by: Scope) -> list[User]:
    unique = {user.pk: user for user in users if user.is_active and user.pk != by.user_id}
    return list(unique.values())


def _locked(approval: Approval) -> Approval:
    """The request, freshly read and locked, so that two voices at once are counted one after the other."""
    Approval.objects.select_for_update().get(pk=approval.pk)
    return Approval.objects.select_related("requested_by").prefetch_related("steps__voices__approver").get(pk=approval.pk)


def _close_if_decided(approval_id: int, *, by: Scope, note: str, now: datetime) -> None:
    approval = Approval.objects.prefetch_related("steps__voices").get(pk=approval_id)
    state = calc.outcome([queries.voices_of(step) for step in approval.steps.all()]).state
    if state is calc.State.OPEN or by.user_id is None:
        return
    approval.state, approval.decided_at = state.value, now
    approval.save(update_fields=["state", "decided_at"])
    facts: dict[str, Any] = {
        "approval_id": approval.pk,
        "kind": approval.kind,
        "subject_id": approval.subject_id,
        "decided_by_id": by.user_id,
    }
    if state is calc.State.GRANTED:
        bus.publish(ApprovalGranted(**facts), now=now)
    else:
        bus.publish(ApprovalRejected(**facts, note=note), now=now)
