"""Letting a must-condition of a gate pass, with a reason that is kept for ever (F-02, F-18). Whom it is asked of stands in the flow."""

from __future__ import annotations

from datetime import datetime

from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from dingke.accounts.queries.approving import flow_facts
from dingke.approvals import actions as approvals
from dingke.approvals.calc.flow import Facts
from dingke.approvals.events import ApprovalGranted, ApprovalRejected, ApprovalWithdrawn
from dingke.core import audit
from dingke.core.errors import Invalid, Refusal
from dingke.core.scope import Scope
from dingke.people.queries import user_by_id
from dingke.pipeline import access
from dingke.pipeline.calc.playbook import Stage
from dingke.pipeline.checks import check_for
from dingke.pipeline.models import GateWaiver, Opportunity
from dingke.pipeline.queries.playbooks import content_of

KIND = "pipeline.waiver"
State = GateWaiver.State


class UnableToWaive(Refusal):
    """The condition cannot be waived."""


@transaction.atomic
def waive_condition(*, opportunity: Opportunity, stage: str, condition: str, reason: str, by: Scope, now: datetime) -> GateWaiver:
    """Asks by the flow of waivers; holds at once where the flow asks nobody, or the asker's own voice is all it needs."""
    access.can_edit(by, opportunity).enforce()
    if not reason.strip():
        raise Invalid(_("Say why this may pass; it stays in the history."), fields={"reason": _("A reason is needed.")})
    content = content_of(opportunity.playbook_version)
    found = content.stage(stage)
    if found is None or all(one.key != condition for one in (*found.entry, *found.exit)):
        raise UnableToWaive(_("The playbook of this deal has no such condition."))
    try:
        with transaction.atomic():
            row = GateWaiver.objects.create(
                opportunity=opportunity, stage=stage, condition=condition, reason=reason.strip(), asked_by_id=by.me, asked_at=now,
                state=State.WAITING,
            )  # fmt: skip
    except IntegrityError as error:
        raise UnableToWaive(_("This condition is waived already, or somebody asked for it.")) from error
    name = _name_of(found, condition)
    audit.record(
        target=opportunity, action="pipeline.waive", by=by, now=now, account_id=opportunity.account_id, summary=f"{name}: {row.reason}"
    )
    account = opportunity.account
    facts = flow_facts(account, asker_id=by.me, amount=opportunity.amount, owner_id=opportunity.owner_id) if account is not None else Facts(
        asker=by.me, owner=opportunity.owner_id, amount=opportunity.amount
    )  # fmt: skip
    approval = approvals.ask_by_flow(
        kind=KIND, subject_id=row.pk, account_id=opportunity.account_id, title=f"{opportunity.name}: {name}", reason=row.reason,
        link=reverse("pipeline:deal", args=[opportunity.pk]), facts=facts, by=by, now=now,
    )  # fmt: skip
    row.refresh_from_db()
    row.approval = approval
    if approval is None:
        row.state, row.decided_at = State.HOLDS, now
    row.save()
    return row


@transaction.atomic
def take_back_waiver(*, waiver: GateWaiver, by: Scope, now: datetime) -> GateWaiver:
    """The condition counts again. A request that still waits is withdrawn with it."""
    opportunity = waiver.opportunity
    access.can_edit(by, opportunity).enforce()
    row = GateWaiver.objects.select_for_update(of=("self",)).select_related("approval").get(pk=waiver.pk)
    if row.state not in {State.WAITING, State.HOLDS}:
        return row
    if row.approval is not None and row.state == State.WAITING and row.approval.is_open:
        approvals.withdraw(approval=row.approval, by=by if row.approval.requested_by_id == by.user_id else Scope.system(), now=now)
        row.refresh_from_db()
    row.state, row.decided_at = State.TAKEN_BACK, now
    row.save()
    audit.record(
        target=opportunity, action="pipeline.take_back_waiver", by=by, now=now, account_id=opportunity.account_id, summary=row.reason
    )
    return row


def finish_waiver(*, event: ApprovalGranted, now: datetime) -> None:
    """It was agreed to: the condition is waived. Wired to ApprovalGranted."""
    _decided(event.kind, event.subject_id, State.HOLDS, now)
    if event.kind == KIND:
        row = GateWaiver.objects.select_related("opportunity").get(pk=event.subject_id)
        decider = user_by_id(event.decided_by_id)
        audit.record(
            target=row.opportunity, action="pipeline.waived", by=Scope(user_id=event.decided_by_id, name=str(decider or "")), now=now,
            account_id=row.opportunity.account_id, summary=row.reason,
        )  # fmt: skip


def refuse_waiver(*, event: ApprovalRejected | ApprovalWithdrawn, now: datetime) -> None:
    """It was not agreed to, or taken back: the condition goes on blocking; it may be asked anew. Wired to both events."""
    _decided(event.kind, event.subject_id, State.TAKEN_BACK if isinstance(event, ApprovalWithdrawn) else State.REFUSED, now)


def _decided(kind: str, subject_id: int, state: str, now: datetime) -> None:
    if kind == KIND:
        GateWaiver.objects.filter(pk=subject_id, state=State.WAITING).update(state=state, decided_at=now)


def _name_of(stage: Stage, key: str) -> str:
    language = get_language() or "zh"
    condition = next(one for one in (*stage.entry, *stage.exit) if one.key == key)
    if condition.label is not None:
        return condition.label.text(language)
    check = check_for(condition.check)
    return check.label.text(language) if check is not None else condition.check
