"""Steps of a stage: done with the proof that the playbook asks for, undone, given to somebody with a day (F-03, F-18)."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext as _

from dingke.accounts.models import Contact
from dingke.core import audit
from dingke.core.errors import Invalid, Refusal
from dingke.core.locking import locked
from dingke.core.models import snapshot_of
from dingke.core.scope import Scope
from dingke.people.models import User
from dingke.pipeline import access
from dingke.pipeline.calc.playbook import Proof, Step
from dingke.pipeline.models import Opportunity, StepRun
from dingke.pipeline.queries.playbooks import content_of

FIELDS = ["assignee", "due_date", "done_at", "done_by", "proof", "proof_date", "contact_id_proof"]


class UnableToFinishStep(Refusal):
    """The step cannot be ticked so."""


@transaction.atomic
def finish_step(
    *, opportunity: Opportunity, stage: str, step: str, by: Scope, now: datetime, today: date, proof: str = "",
    proof_date: date | None = None, contact: Contact | None = None, expected_version: int | None = None,
) -> StepRun:  # fmt: skip
    """Ticks a step. What shows it is asked as the playbook says: words, a document, or a contact of the customer and the day."""
    access.can_edit(by, opportunity).enforce()
    _refuse_ended(opportunity)
    found, row = _run(opportunity, stage, step)
    fresh = locked(row, expected_version=expected_version, yours={"proof": proof})
    problems: dict[str, str] = {}
    if found.proof in {Proof.NOTE, Proof.DOCUMENT} and not proof.strip():
        problems["proof"] = _("Name the document.") if found.proof is Proof.DOCUMENT else _("Say in a sentence what shows it.")
    if found.proof is Proof.CONTACT and contact is None:
        problems["contact"] = _("Choose who confirmed it.")
    if found.proof is Proof.CONTACT and proof_date is None:
        problems["proof_date"] = _("Choose the day on which it was confirmed.")
    if proof_date is not None and proof_date > today:
        problems["proof_date"] = _("The day lies in the future.")
    if contact is not None and contact.account_id != opportunity.account_id:
        problems["contact"] = _("This person belongs to another account.")
    if problems:
        raise Invalid(next(iter(problems.values())), fields=problems)
    before = snapshot_of(fresh, FIELDS)
    fresh.done_at, fresh.done_by_id = now, by.user_id
    fresh.proof, fresh.proof_date, fresh.contact_id_proof = proof.strip(), proof_date or today, contact.pk if contact else None
    audit.save_with_audit(
        target=fresh, fields=FIELDS, action="pipeline.finish_step", by=by, now=now, before=before, account_id=opportunity.account_id
    )
    return fresh


@transaction.atomic
def undo_step(*, opportunity: Opportunity, stage: str, step: str, by: Scope, now: datetime) -> StepRun:
    """Takes the tick away; what was written as proof stays in the audit trail."""
    access.can_edit(by, opportunity).enforce()
    _refuse_ended(opportunity)
    _found, row = _run(opportunity, stage, step)
    fresh = locked(row, expected_version=None, yours={})
    before = snapshot_of(fresh, FIELDS)
    fresh.done_at, fresh.done_by_id, fresh.proof, fresh.proof_date, fresh.contact_id_proof = None, None, "", None, None
    audit.save_with_audit(
        target=fresh, fields=FIELDS, action="pipeline.undo_step", by=by, now=now, before=before, account_id=opportunity.account_id
    )
    return fresh


@transaction.atomic
def plan_step(
    *, opportunity: Opportunity, stage: str, step: str, assignee: User, due_date: date | None, by: Scope, now: datetime
) -> StepRun:
    """Who does a step, and until when."""
    access.can_edit(by, opportunity).enforce()
    _refuse_ended(opportunity)
    if not assignee.is_active:
        raise Invalid(_("%(name)s no longer works here.") % {"name": assignee}, fields={"assignee": _("Choose who works on it.")})
    _found, row = _run(opportunity, stage, step)
    fresh = locked(row, expected_version=None, yours={})
    before = snapshot_of(fresh, FIELDS)
    fresh.assignee, fresh.due_date = assignee, due_date
    audit.save_with_audit(
        target=fresh, fields=FIELDS, action="pipeline.plan_step", by=by, now=now, before=before, account_id=opportunity.account_id
    )
    return fresh


def _run(opportunity: Opportunity, stage: str, step: str) -> tuple[Step, StepRun]:
    place = content_of(opportunity.playbook_version).stage(stage)
    found = place.step(step) if place is not None else None
    if found is None:
        raise UnableToFinishStep(_("The playbook of this deal has no such step."))
    row, _created = StepRun.objects.get_or_create(opportunity=opportunity, stage=stage, step=step, defaults={"assignee": opportunity.owner})
    return found, row


def _refuse_ended(opportunity: Opportunity) -> None:
    if opportunity.state != Opportunity.State.OPEN:
        raise UnableToFinishStep(_("This deal has ended. Open it again first."))
