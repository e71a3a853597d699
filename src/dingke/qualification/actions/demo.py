"""Demonstrations: a plan in six steps, its rows, rehearsal, approval, the date, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from dingke.approvals import actions as approvals
from dingke.approvals.events import ApprovalGranted, ApprovalRejected
from dingke.core import audit
from dingke.core.errors import Invalid, Refusal
from dingke.core.locking import locked
from dingke.core.models import Record, snapshot_of
from dingke.core.scope import Scope
from dingke.people.queries import managers_of
from dingke.pipeline.models import Opportunity
from dingke.qualification import access
from dingke.qualification.calc import demo as calc
from dingke.qualification.models import DemoBlock, DemoListener, DemoPlan, DemoRehearsal
from dingke.qualification.queries import demo as reads
from dingke.qualification.queries.demo_texts import texts
from dingke.stakeholders.models import Stakeholder

KIND = "qualification.demo"
STEP_FIELDS: dict[str, tuple[str, ...]] = {
    "aim": (*calc.QUESTIONS, "product", "aim_what", "aim_rank", "aim_issues", "due"),
    "audience": ("due",),
    "strategy": ("timing", "timing_override", "positioning", "contingencies", "supporters", "due"),
    "material": ("minutes", "due"),
    "rehearsal": ("due",),
    "speech": ("opening", "closing", "checks", "techniques", "opening_minutes", "closing_minutes", "due"),
    "date": ("title", "demo_date", "place", "minutes", "needs_approval"),
}
Role = Stakeholder.Role
_KIND_OF = (  # the first role that fits
    (Role.TOP_LEADER, DemoListener.Kind.TOP),
    (Role.SUPERIOR, DemoListener.Kind.TOP),
    (Role.PROJECT_LEADER, DemoListener.Kind.MIDDLE),
    (Role.PURCHASER, DemoListener.Kind.BUSINESS),
    (Role.DESIGN_INSTITUTE, DemoListener.Kind.PEER),
)


class UnableToPlanDemo(Refusal):
    """The plan was not changed."""


@transaction.atomic
def plan_demo(*, opportunity: Opportunity, title: str, by: Scope, now: datetime, language: str) -> DemoPlan:
    """Begins a plan, with the default answers to contingencies in the language of whoever begins it."""
    access.can_edit(by, opportunity).enforce()
    words = texts(language)["contingencies"]
    plan = DemoPlan.objects.create(
        opportunity=opportunity,
        title=title.strip()[:160] or _("Demonstration for %(deal)s") % {"deal": opportunity.name},
        owner_id=opportunity.owner_id,
        contingencies={code: {"reply": words[code]["reply"], "person": ""} for code in calc.CONTINGENCIES},
    )
    _write(plan, "demo.plan", by=by, now=now, summary=plan.title)
    return plan


@transaction.atomic
def save_step(
    *, plan: DemoPlan, step: str, values: Mapping[str, Any], by: Scope, now: datetime, expected_version: int | None = None
) -> DemoPlan:
    """Saves the fields of one step. Step 2 and what follows wait for the four answers of step 1 (H-02)."""
    access.can_edit(by, plan.opportunity).enforce()
    if step not in STEP_FIELDS:
        raise Invalid(_("This choice does not exist."))
    fields = [name for name in STEP_FIELDS[step] if name in values]
    fresh = locked(plan, expected_version=expected_version, yours={name: values[name] for name in fields})
    if step not in {"aim", "date"}:
        _refuse_early(fresh)
    before = snapshot_of(fresh, fields)
    day = fresh.demo_date
    for name in fields:
        setattr(fresh, name, values[name])
    if fresh.demo_date != day:
        fresh.confirmed_at = None  # another day is another promise
    audit.save_with_audit(
        target=fresh, fields=fields, action="demo.edit", by=by, now=now, before=before, account_id=fresh.opportunity.account_id
    )
    return fresh


def _refuse_early(plan: DemoPlan) -> None:
    known = DemoPlan.objects.filter(pk=plan.pk).values(*calc.QUESTIONS).get()  # as it is now, not as it was read
    if not calc.may_go_on(known):
        raise UnableToPlanDemo(_("Answer the four key questions of step 1 first: without them nobody knows what to show."))


# ---- audience, outline, rehearsal ---------------------------------------------------------------------------------------


@transaction.atomic
def load_audience(*, plan: DemoPlan, by: Scope, now: datetime) -> int:
    """Takes over the people of the buying centre who are not on the list yet: kind by role, weight by influence, attitude of today."""
    access.can_edit(by, plan.opportunity).enforce()
    _refuse_early(plan)
    centre = reads.centre_of(plan.opportunity)
    if centre is None:
        raise UnableToPlanDemo(_("There is no map of people for this deal yet. Name the listeners by hand, or draw the map first."))
    known = set(plan.audience.filter(archived_at__isnull=True, stakeholder__isnull=False).values_list("stakeholder_id", flat=True))
    rows = Stakeholder.objects.filter(centre=centre, archived_at__isnull=True).exclude(pk__in=known).select_related("contact")
    made = [_listener(plan, person) for person in rows.order_by("-influence", "pk") if Role.COMPETITOR not in person.roles]
    DemoListener.objects.bulk_create(made)
    if made:
        _write(plan, "demo.load_audience", by=by, now=now, summary=", ".join(row.name for row in made))
    return len(made)


def _listener(plan: DemoPlan, person: Stakeholder) -> DemoListener:
    kind = next((kind for role, kind in _KIND_OF if role in person.roles), DemoListener.Kind.USER)
    against = person.attitude in {Stakeholder.Attitude.RESIST, Stakeholder.Attitude.SABOTAGE}
    return DemoListener(
        plan=plan,
        stakeholder=person,
        name=person.contact.name if person.contact is not None else person.outside_name,
        kind=kind,
        attitude=person.attitude,
        weight=5 if person.is_key_person else person.influence,
        special=DemoListener.Special.RESISTING if against else "",
    )


@transaction.atomic
def save_listener(*, plan: DemoPlan, listener: DemoListener | None, values: Mapping[str, Any], by: Scope, now: datetime) -> DemoListener:
    """Adds or changes a listener."""
    access.can_edit(by, plan.opportunity).enforce()
    _refuse_early(plan)
    row = locked(listener, expected_version=None, yours={}) if listener is not None else DemoListener(plan=plan)
    for name in ("name", "kind", "attitude", "weight", "special", "profile"):
        if name in values:
            setattr(row, name, values[name])
    if not row.name.strip():
        raise Invalid(_("Name the listener."), fields={"name": _("Name the listener.")})
    row.save()
    _write(row, "demo.save_listener", by=by, now=now, summary=row.name, plan=plan)
    return row


@transaction.atomic
def save_block(*, plan: DemoPlan, block: DemoBlock | None, values: Mapping[str, Any], by: Scope, now: datetime) -> DemoBlock:
    """Adds or changes a block of the outline. A block that is left out says why (H-10)."""
    access.can_edit(by, plan.opportunity).enforce()
    _refuse_early(plan)
    row = locked(block, expected_version=None, yours={}) if block is not None else DemoBlock(plan=plan)
    if block is None:
        row.position = (plan.blocks.aggregate(last=Max("position"))["last"] or 0) + 10
    for name in ("title", "structure", "form", "minutes", "content", "is_dropped", "drop_reason", "entry_id", "entry_title"):
        if name in values:
            setattr(row, name, values[name])
    problems: dict[str, str] = {}
    if not row.title.strip():
        problems["title"] = _("Give the block a title.")
    if row.structure not in calc.STRUCTURES:
        problems["structure"] = _("Choose a structure.")
    if row.form and row.form not in calc.FORMS:
        problems["form"] = _("Choose a form.")
    if row.is_dropped and not row.drop_reason.strip():
        problems["drop_reason"] = _("Say why it is left out.")
    if problems:
        raise Invalid(next(iter(problems.values())), fields=problems)
    row.drop_reason = row.drop_reason if row.is_dropped else ""
    row.save()
    _write(row, "demo.save_block", by=by, now=now, summary=row.title, plan=plan)
    return row


@transaction.atomic
def move_block(*, block: DemoBlock, places: int, by: Scope, now: datetime) -> None:
    access.can_edit(by, block.plan.opportunity).enforce()
    rows = list(block.plan.blocks.filter(archived_at__isnull=True).order_by("position", "pk"))
    old = next(place for place, row in enumerate(rows) if row.pk == block.pk)
    new = max(0, min(old + places, len(rows) - 1))
    if new != old:
        rows.insert(new, rows.pop(old))
        for place, row in enumerate(rows, start=1):
            row.position = place * 10
        DemoBlock.objects.bulk_update(rows, ["position"])
        _write(block, "demo.move_block", by=by, now=now, summary=block.title, plan=block.plan)


@transaction.atomic
def take_out(*, row: DemoListener | DemoBlock, by: Scope, now: datetime) -> None:
    """Takes a listener or a block off the plan."""
    access.can_edit(by, row.plan.opportunity).enforce()
    fresh: Record = locked(row, expected_version=None, yours={})
    fresh.archived_at = now
    fresh.save()
    _write(row, "demo.take_out", by=by, now=now, summary=row.name if isinstance(row, DemoListener) else row.title, plan=row.plan)


@transaction.atomic
def add_rehearsal(*, plan: DemoPlan, values: Mapping[str, Any], by: Scope, now: datetime) -> DemoRehearsal:
    """Records a rehearsal (H-11). A full run names the minutes of every block that is shown."""
    access.can_edit(by, plan.opportunity).enforce()
    _refuse_early(plan)
    problems: dict[str, str] = {}
    if values["on_date"] > timezone.localdate(now):
        problems["on_date"] = _("A rehearsal is recorded once it was held.")
    minutes = {str(key): number for key, number in values.get("minutes", {}).items() if number}
    shown = [str(row.pk) for row in plan.blocks.filter(archived_at__isnull=True, is_dropped=False)]
    if values.get("is_full"):
        if not shown:
            problems["is_full"] = _("There is no outline to run through.")
        elif any(key not in minutes for key in shown):
            problems["is_full"] = _("A full run names the minutes of every block.")
    if problems:
        raise Invalid(next(iter(problems.values())), fields=problems)
    fields = {name: values[name] for name in ("on_date", "is_full", "questions", "rivals", "ratings", "note") if name in values}
    row = DemoRehearsal.objects.create(plan=plan, minutes=minutes, by_id=by.user_id, **fields)
    _write(row, "demo.rehearse", by=by, now=now, summary=plan.title, plan=plan)
    return row


# ---- approval and date --------------------------------------------------------------------------------------------------


@transaction.atomic
def ask_approval(*, plan: DemoPlan, by: Scope, now: datetime) -> DemoPlan:
    """Asks whoever leads the owner of the plan."""
    access.can_edit(by, plan.opportunity).enforce()
    fresh = locked(plan, expected_version=None, yours={})
    if fresh.approval_state in {DemoPlan.Approval.WAITING, DemoPlan.Approval.GRANTED}:
        return fresh
    _refuse_early(fresh)
    leaders = [person for person in managers_of(fresh.owner) if person.pk != by.me]
    if not leaders:
        raise UnableToPlanDemo(_("Nobody leads the owner of this plan: there is nobody to ask."))
    fresh.approval_state = DemoPlan.Approval.WAITING
    fresh.save()
    fresh.approval = approvals.ask_approval(
        kind=KIND, subject_id=fresh.pk, title=fresh.title, reason=fresh.message[:500],
        link=reverse("qualification:demo_plan", args=[fresh.pk]),
        steps=[("ANY", leaders, "")], account_id=fresh.opportunity.account_id, by=by, now=now,
    )  # fmt: skip
    DemoPlan.objects.filter(pk=fresh.pk).update(approval=fresh.approval)
    _write(fresh, "demo.ask", by=by, now=now, summary=fresh.title)
    return fresh


def finish_demo_approval(*, event: ApprovalGranted, now: datetime) -> None:
    """Wired to ApprovalGranted."""
    if event.kind == KIND:
        DemoPlan.objects.filter(pk=event.subject_id).update(approval_state=DemoPlan.Approval.GRANTED)


def refuse_demo_approval(*, event: ApprovalRejected, now: datetime) -> None:
    """Wired to ApprovalRejected: the plan is changed and asked for again."""
    if event.kind == KIND:
        DemoPlan.objects.filter(pk=event.subject_id).update(approval_state=DemoPlan.Approval.REFUSED)


@transaction.atomic
def confirm_date(*, plan: DemoPlan, by: Scope, now: datetime) -> DemoPlan:
    """The date stands. Not before one full run (H-11), the four answers, the timing test, and the approval where one is needed."""
    access.can_edit(by, plan.opportunity).enforce()
    fresh = locked(plan, expected_version=None, yours={})
    barriers = reads.shown(fresh).barriers
    if barriers:
        raise UnableToPlanDemo(_("The date cannot stand yet: %(why)s") % {"why": "; ".join(_barriers(fresh))})
    if fresh.confirmed_at is None:
        fresh.confirmed_at = now
        fresh.save()
        _write(fresh, "demo.confirm", by=by, now=now, summary=str(fresh.demo_date))
    return fresh


def _barriers(plan: DemoPlan) -> list[str]:
    found = calc.barriers(reads.facts_of(plan), has_date=plan.demo_date is not None)
    return [calc.SENTENCES.text(reason, get_language() or "zh-hans") for reason in found]


def _write(target: Any, action: str, *, by: Scope, now: datetime, summary: str, plan: DemoPlan | None = None) -> None:
    account_id = (plan or target).opportunity.account_id
    audit.record(target=target, action=action, by=by, now=now, account_id=account_id, summary=summary)
