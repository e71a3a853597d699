"""Asking for approval: by named steps or by the flow of the kind; taking back; asking again after it was sent back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from dingke.approvals import access
from dingke.approvals.actions import rows
from dingke.approvals.calc import Mode, State
from dingke.approvals.calc import flow as flows
from dingke.approvals.calc import line as lines
from dingke.approvals.events import ApprovalCopied, ApprovalResubmitted, ApprovalWithdrawn
from dingke.approvals.models import Approval, Copy, Step, Voice
from dingke.approvals.queries import flows as flow_queries
from dingke.approvals.queries import people
from dingke.approvals.queries.requests import line_of, open_request, steps_of, whole_rows
from dingke.core import audit, bus
from dingke.core.errors import Invalid, Refusal
from dingke.core.reasons import Label
from dingke.core.scope import Scope
from dingke.people.models import User

StepPlan = tuple[str, Sequence[User], "str | Label"]


class UnableToAsk(Refusal):
    """The request cannot be made."""


@transaction.atomic
def ask_approval(
    *, kind: str, subject_id: int, title: str, reason: str, link: str, steps: Iterable[StepPlan], by: Scope, now: datetime,
    account_id: int | None = None, payload: Mapping[str, Any] | None = None,
) -> Approval:  # fmt: skip
    """Asks the people of each step in order: (mode ALL or ANY, users, label).

    The person who asks is left out of every step, as is whoever no longer works here; a step that nobody is left for falls
    away. Raises `UnableToAsk` when no step is left or the same thing is already being asked. The caller's action has checked
    that the person may ask for it.
    """
    plans = [(Mode(mode), _able(users, by), label) for mode, users, label in steps]
    plans = [plan for plan in plans if plan[1]]
    if by.user_id is None or not plans:
        raise UnableToAsk(_("There is nobody who could approve this. Ask an administrator to name a leader for the team."))
    approval = _request(
        by=by, now=now, kind=kind, subject_id=subject_id, title=title, reason=reason, link=link, account_id=account_id,
        payload=dict(payload or {}), skips_agreed=False,
    )  # fmt: skip
    for position, (mode, users, label) in enumerate(plans, start=1):
        en, zh = (label.en, label.zh) if isinstance(label, Label) else (label, label)
        step = Step.objects.create(approval=approval, position=position, mode=mode.value, label_en=en[:80], label_zh=zh[:80])
        Voice.objects.bulk_create(Voice(step=step, approver=user) for user in users)
    return _started(approval, by=by, now=now)


@transaction.atomic
def ask_by_flow(
    *, kind: str, subject_id: int, title: str, reason: str, link: str, facts: flows.Facts, by: Scope, now: datetime,
    account_id: int | None = None, payload: Mapping[str, Any] | None = None,
) -> Approval | None:  # fmt: skip
    """Asks whom the flow of the kind names for these facts. None when no step of the flow applies: nobody has to be asked, and the
    caller goes on at once. The request may be granted on return, when the asker's own voice is all it needs.

    Raises `UnableToAsk` when nobody could decide or the same thing is already being asked.
    """
    if by.user_id is None:
        raise UnableToAsk(_("A person asks for approval."))
    in_force, planned = _planned(kind, facts)
    if not planned:
        return None
    approval = _request(
        by=by, now=now, kind=kind, subject_id=subject_id, title=title, reason=reason, link=link, account_id=account_id,
        payload=dict(payload or {}), amount=facts.amount, facts=flows.facts_as_json(facts), flow=in_force.row,
        flow_number=in_force.number, skips_agreed=in_force.flow.again, allows_bulk=in_force.flow.bulk,
    )  # fmt: skip
    _write_steps(approval, planned)
    copy_rows(approval, flows.named_by(in_force.flow.copies, facts, people.directory()) if in_force.flow.copies else (), by=by, now=now)
    return _started(approval, by=by, now=now)


@transaction.atomic
def resubmit(
    *, approval: Approval, reason: str, by: Scope, now: datetime, title: str = "", facts: flows.Facts | None = None,
    payload: Mapping[str, Any] | None = None,
) -> Approval:  # fmt: skip
    """Asks again after the request was sent back, with the changed text: a new round by the very flow it started with."""
    fresh = rows.locked(approval)
    access.can_resubmit(by, fresh).enforce()
    text = reason.strip()
    if not text:
        raise Invalid(_("Say what you ask for and why."), fields={"reason": _("A reason is needed.")})
    before = {"reason": fresh.reason}
    fresh.reason, fresh.title = text, (title or fresh.title)[:200]
    if payload is not None:
        fresh.payload = dict(payload)
    if facts is not None:
        fresh.amount, fresh.facts = facts.amount, flows.facts_as_json(facts)
    old = steps_of(fresh)
    fresh.round, fresh.state = fresh.round + 1, Approval.State.OPEN
    fresh.save(update_fields=["reason", "title", "payload", "amount", "facts", "round", "state"])
    if fresh.facts:
        definition = flows.flow_from_json(fresh.flow.definition) if fresh.flow else flow_queries.shipped_flow(fresh.kind)
        _write_steps(fresh, _plan(definition, stored_facts(fresh)))
    else:
        _repeat_steps(fresh, old)
    changes = audit.changes_between(before, {"reason": text})
    audit.record(target=fresh, action="approvals.resubmit", by=by, now=now, changes=changes, account_id=fresh.account_id, summary=text)
    event = ApprovalResubmitted(approval_id=fresh.pk, kind=fresh.kind, subject_id=fresh.subject_id, asked_by_id=by.me)
    bus.publish(event, now=now)
    if not fresh.steps.filter(round=fresh.round).exists():  # changed so far that no step of the flow applies any more
        rows.close(fresh, State.GRANTED, by=by, now=now, note="")
        return fresh
    return _moved_on(fresh, by=by, now=now)


@transaction.atomic
def withdraw(*, approval: Approval, by: Scope, now: datetime) -> Approval:
    """Takes an open request back."""
    fresh = rows.locked(approval)
    access.can_withdraw(by, fresh).enforce()
    fresh.state, fresh.decided_at = Approval.State.WITHDRAWN, now
    fresh.save(update_fields=["state", "decided_at"])
    audit.record(target=fresh, action="approvals.withdraw", by=by, now=now, account_id=fresh.account_id, summary=fresh.title)
    bus.publish(ApprovalWithdrawn(approval_id=fresh.pk, kind=fresh.kind, subject_id=fresh.subject_id), now=now)
    return fresh


def stored_facts(approval: Approval) -> flows.Facts:
    """What the flow looked at when the request was made."""
    kept = approval.facts
    return flows.Facts(
        asker=approval.requested_by_id,
        owner=kept.get("owner"),
        managers=tuple(kept.get("managers", ())),
        amount=None if approval.amount is None else Decimal(approval.amount),
        type=kept.get("type", ""),
        regions=tuple(kept.get("regions", ())),
        account_class=kept.get("account_class", ""),
    )


def copy_rows(approval: Approval, user_ids: Iterable[int], *, by: Scope, now: datetime) -> list[int]:
    """Copies the request to people who do not have it yet, and tells them; gives their ids."""
    known = set(Copy.objects.filter(approval=approval).order_by().values_list("user_id", flat=True))
    new = [user_id for user_id in dict.fromkeys(user_ids) if user_id not in known and user_id != approval.requested_by_id]
    Copy.objects.bulk_create(Copy(approval=approval, user_id=user_id, by_name=by.name, at=now) for user_id in new)
    if new:
        event = ApprovalCopied(approval_id=approval.pk, kind=approval.kind, subject_id=approval.subject_id, user_ids=new)
        bus.publish(event, now=now)
    return new


def _request(*, by: Scope, now: datetime, kind: str, subject_id: int, title: str, reason: str, link: str, **more: Any) -> Approval:
    asked = UnableToAsk(_("Approval of this has already been asked for and is still open."))
    if open_request(kind, subject_id) is not None:
        raise asked
    try:
        with transaction.atomic():
            return Approval.objects.create(
                kind=kind, subject_id=subject_id, title=title[:200], reason=reason.strip(), link=link[:200], requested_by_id=by.me,
                requested_at=now, **more,
            )  # fmt: skip
    except IntegrityError as error:  # somebody else asked in the same moment
        raise asked from error


def _started(approval: Approval, *, by: Scope, now: datetime) -> Approval:
    audit.record(target=approval, action="approvals.ask", by=by, now=now, account_id=approval.account_id, summary=approval.title)
    return _moved_on(approval, by=by, now=now)


def _moved_on(approval: Approval, *, by: Scope, now: datetime) -> Approval:
    """Opens the first step that asks somebody, or grants at once what the asker's own voice suffices for."""
    whole = whole_rows().get(pk=approval.pk)
    return rows.written(whole, lines.advance(line_of(whole)), by=by, now=now)


def _planned(kind: str, facts: flows.Facts) -> tuple[flow_queries.InForce, tuple[flows.Planned, ...]]:
    in_force = flow_queries.flow_in_force(kind)
    return in_force, _plan(in_force.flow, facts)


def _plan(flow: flows.Flow, facts: flows.Facts) -> tuple[flows.Planned, ...]:
    try:
        return flows.plan(flow, facts, people.directory())
    except flows.NobodyToAsk as nobody:
        message = _("There is nobody who could approve this. Ask an administrator to name a leader for the team.")
        raise UnableToAsk(message) from nobody


def _write_steps(approval: Approval, planned: Sequence[flows.Planned]) -> None:
    for position, one in enumerate(planned, start=1):
        rule = one.rule
        step = Step.objects.create(
            approval=approval, round=approval.round, position=position, mode=rule.mode.value, label_zh=rule.label_zh[:80],
            label_en=rule.label_en[:80], is_escalated=one.is_escalated, remind_hours=rule.remind_hours, escalate_hours=rule.escalate_hours,
        )  # fmt: skip
        Voice.objects.bulk_create(
            Voice(
                step=step, approver_id=voice.person, decision=voice.decision.value,
                automatic=voice.automatic.value if voice.automatic else "",
                decided_at=approval.requested_at if voice.automatic else None,
            )
            for voice in one.voices
        )  # fmt: skip


def _repeat_steps(approval: Approval, old: Sequence[Step]) -> None:
    """A request that was asked without a flow asks the same people again."""
    for position, before in enumerate((step for step in old if step.origin == Step.Origin.FLOW), start=1):
        step = Step.objects.create(
            approval=approval, round=approval.round, position=position, mode=before.mode, label_zh=before.label_zh,
            label_en=before.label_en,
            remind_hours=before.remind_hours, escalate_hours=before.escalate_hours,
        )  # fmt: skip
        Voice.objects.bulk_create(Voice(step=step, approver_id=voice.approver_id) for voice in before.voices.all())


def _able(users: Iterable[User], by: Scope) -> list[User]:
    unique = {user.pk: user for user in users if user.is_active and user.pk != by.user_id}
    return list(unique.values())
