"""Designing flows: a draft per kind, step by step, and publishing it as the next version. Requests that run keep theirs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from dingke.approvals import access
from dingke.approvals.calc import flow as flows
from dingke.approvals.events import FlowPublished
from dingke.approvals.models import FlowVersion
from dingke.approvals.queries import flows as queries
from dingke.core import audit, bus
from dingke.core.errors import Invalid, Refusal
from dingke.core.scope import Scope

MOST_STEPS = 12


class UnableToChangeFlow(Refusal):
    """The flow cannot be changed so."""


@transaction.atomic
def save_step(*, kind: str, step: flows.StepRule, place: int | None, by: Scope, now: datetime) -> FlowVersion:
    """Replaces the step at a place of the draft, or adds one at the end."""

    def change(flow: flows.Flow) -> flows.Flow:
        steps = list(flow.steps)
        if place is None:
            if len(steps) >= MOST_STEPS:
                raise UnableToChangeFlow(_("A flow has %(number)s steps at most.") % {"number": MOST_STEPS})
            steps.append(step)
        else:
            steps[_inside(place, steps)] = step
        return replace(flow, steps=tuple(steps))

    return _changed(kind, change, by=by, now=now)


@transaction.atomic
def remove_step(*, kind: str, place: int, by: Scope, now: datetime) -> FlowVersion:
    def change(flow: flows.Flow) -> flows.Flow:
        at = _inside(place, flow.steps)
        return replace(flow, steps=flow.steps[:at] + flow.steps[at + 1 :])

    return _changed(kind, change, by=by, now=now)


@transaction.atomic
def order_steps(*, kind: str, order: Sequence[int], by: Scope, now: datetime) -> FlowVersion:
    """Puts the steps of the draft in a new order: the old places in the order wanted."""

    def change(flow: flows.Flow) -> flows.Flow:
        if sorted(order) != list(range(len(flow.steps))):
            raise UnableToChangeFlow(_("Somebody changed the steps meanwhile. Look again, then move them."))
        return replace(flow, steps=tuple(flow.steps[place] for place in order))

    return _changed(kind, change, by=by, now=now)


@transaction.atomic
def set_flow(
    *, kind: str, own_step: flows.OwnStep, again: bool, bulk: bool, copies: tuple[flows.Rule, ...], by: Scope, now: datetime
) -> FlowVersion:
    """The settings of the flow as a whole."""
    return _changed(kind, lambda flow: replace(flow, own_step=own_step, again=again, bulk=bulk, copies=copies), by=by, now=now)


@transaction.atomic
def discard_draft(*, kind: str, by: Scope, now: datetime) -> None:
    """Puts the draft away; what is in force stays."""
    access.can_edit_flows(by).enforce()
    draft = _draft_locked(kind)
    if draft is not None:
        audit.record(target=draft, action="approvals.discard_flow", by=by, now=now, summary=kind)
        draft.delete()


@transaction.atomic
def publish_flow(*, kind: str, note: str, by: Scope, now: datetime) -> FlowVersion:
    """Puts the draft into force for every request that is asked from now on."""
    access.can_edit_flows(by).enforce()
    queries.kind_for(kind)
    draft = _draft_locked(kind)
    if draft is None:
        raise UnableToChangeFlow(_("Nothing was changed since the version in force."))
    if not flows.flow_from_json(draft.definition).steps:
        raise Invalid(_("A flow needs a step, or nobody is ever asked."))
    draft.published_at, draft.note, draft.author_name = now, note.strip()[:200], by.name
    draft.save(update_fields=["published_at", "note", "author_name"])
    changes = {"number": [draft.number - 1, draft.number]}
    audit.record(target=draft, action="approvals.publish_flow", by=by, now=now, changes=changes, summary=f"{kind} {note}".strip())
    bus.publish(FlowPublished(kind=kind, number=draft.number), now=now)
    return draft


def _changed(kind: str, change: Callable[[flows.Flow], flows.Flow], *, by: Scope, now: datetime) -> FlowVersion:
    access.can_edit_flows(by).enforce()
    queries.kind_for(kind)
    draft = _draft_locked(kind)
    if draft is None:
        last = FlowVersion.objects.filter(kind=kind).aggregate(last=Max("number"))["last"] or 0
        definition = flows.flow_as_json(queries.flow_in_force(kind).flow)
        draft = FlowVersion.objects.create(kind=kind, number=last + 1, definition=definition, author_name=by.name, created_at=now)
    before = flows.flow_from_json(draft.definition)
    after = change(before)
    if after != before:
        draft.definition, draft.author_name = flows.flow_as_json(after), by.name
        draft.save(update_fields=["definition", "author_name"])
        changes = audit.changes_between(flows.flow_as_json(before), draft.definition)
        audit.record(target=draft, action="approvals.edit_flow", by=by, now=now, changes=changes, summary=kind)
    return draft


def _draft_locked(kind: str) -> FlowVersion | None:
    rows = FlowVersion.objects.select_for_update(of=("self",)).filter(kind=kind, published_at__isnull=True)
    return rows.order_by("-number").first()


def _inside(place: int, steps: Sequence[flows.StepRule]) -> int:
    if not 0 <= place < len(steps):
        raise UnableToChangeFlow(_("This step is gone. Somebody else may have removed it."))
    return place
