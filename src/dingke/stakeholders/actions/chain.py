"""The decision chain of a map: its steps, from the template of a product family or by hand, each with a person (C-11, E-08)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from dingke.core import audit
from dingke.core.errors import Invalid
from dingke.core.locking import locked
from dingke.core.models import snapshot_of
from dingke.core.scope import Scope
from dingke.stakeholders import access
from dingke.stakeholders.actions.centre import UnableToChangeMap
from dingke.stakeholders.calc.chain import TEMPLATE_OF, StepKind
from dingke.stakeholders.models import BuyingCentre, ChainStep

STEP = ["kind", "label", "stakeholder", "decided_date", "note"]
_ORDER = [kind.value for kind in StepKind]


@transaction.atomic
def load_chain(*, centre: BuyingCentre, family: str, by: Scope, now: datetime) -> int:
    """Takes the steps of a template over: steps that name somebody stay, the others are replaced. Returns how many were added."""
    access.can_edit_map(by, centre).enforce()
    template = TEMPLATE_OF.get(family)
    if template is None:
        raise Invalid(_("There is no such template."))
    fresh = locked(centre, expected_version=None, yours={})
    rows = list(ChainStep.objects.filter(centre=fresh, archived_at__isnull=True).order_by("position", "pk"))
    named = [row for row in rows if row.stakeholder_id is not None]
    ChainStep.objects.filter(pk__in=[row.pk for row in rows if row.stakeholder_id is None]).update(archived_at=now)
    here = {(row.kind, row.label) for row in named}
    wanted = [
        (kind.value, label.text(get_language() or "zh"))
        for kind, label in template.steps
        if not {(kind.value, label.zh), (kind.value, label.en)} & here
    ]
    ChainStep.objects.bulk_create(ChainStep(centre=fresh, position=0, kind=kind, label=label) for kind, label in wanted)
    _renumber(fresh)
    fresh.product_family = template.code
    fresh.save()
    audit.record(
        target=fresh, action="stakeholders.load_chain", by=by, now=now, account_id=fresh.account_id, summary=fresh.title,
        changes={"product_family": [centre.product_family, template.code]},
    )  # fmt: skip
    return len(wanted)


@transaction.atomic
def add_chain_step(*, centre: BuyingCentre, values: Mapping[str, Any], by: Scope, now: datetime) -> ChainStep:
    access.can_edit_map(by, centre).enforce()
    row = ChainStep(centre=centre, position=0)
    _apply(row, values)
    row.save()
    _renumber(centre)
    _note(row, "stakeholders.add_step", audit.changes_between({}, snapshot_of(row, STEP)), by=by, now=now)
    return row


@transaction.atomic
def edit_chain_step(
    *, step: ChainStep, values: Mapping[str, Any], by: Scope, now: datetime, expected_version: int | None = None
) -> ChainStep:
    """Raises `Invalid` naming the fields to mend, `StaleRecord`."""
    access.can_edit_map(by, step.centre).enforce()
    fresh = locked(step, expected_version=expected_version, yours=values)
    if fresh.archived_at is not None:
        raise UnableToChangeMap(_("This step was taken out meanwhile."))
    before = snapshot_of(fresh, STEP)
    _apply(fresh, values)
    changes = audit.changes_between(before, snapshot_of(fresh, STEP))
    if changes:
        fresh.save()
        if "kind" in changes:
            _renumber(fresh.centre)
        _note(fresh, "stakeholders.edit_step", changes, by=by, now=now)
    return fresh


@transaction.atomic
def remove_chain_step(*, step: ChainStep, by: Scope, now: datetime) -> ChainStep:
    access.can_edit_map(by, step.centre).enforce()
    fresh = locked(step, expected_version=None, yours={})
    if fresh.archived_at is None:
        fresh.archived_at = now
        fresh.save()
        _note(fresh, "stakeholders.remove_step", {}, by=by, now=now)
    return fresh


@transaction.atomic
def restore_chain_step(*, step: ChainStep, by: Scope, now: datetime) -> ChainStep:
    access.can_edit_map(by, step.centre).enforce()
    fresh = locked(step, expected_version=None, yours={})
    if fresh.archived_at is not None:
        fresh.archived_at = None
        fresh.save()
        _note(fresh, "stakeholders.restore_step", {}, by=by, now=now)
    return fresh


def _apply(row: ChainStep, values: Mapping[str, Any]) -> None:
    for name, value in values.items():
        if name not in STEP:
            raise Invalid(_("Unknown fields: %(names)s") % {"names": name})
        setattr(row, name, value)
    row.label = " ".join(row.label.split())[:120]
    problems: dict[str, str] = {}
    if not row.label:
        problems["label"] = _("Say what happens in this step, or who takes it.")
    if row.kind not in ChainStep.Kind.values:
        problems["kind"] = _("Choose what kind of step it is.")
    if row.stakeholder is not None and (row.stakeholder.centre_id != row.centre_id or row.stakeholder.archived_at is not None):
        problems["stakeholder"] = _("Choose somebody who stands on this map.")
    if problems:
        raise Invalid(next(iter(problems.values())), fields=problems)


def _renumber(centre: BuyingCentre) -> None:
    """Selection first, the final decision last; new steps (position 0) after those of their kind."""
    rows = list(ChainStep.objects.filter(centre=centre, archived_at__isnull=True).order_by("pk"))
    rows.sort(key=lambda row: (_ORDER.index(row.kind), row.position == 0, row.position, row.pk))
    for number, row in enumerate(rows, start=1):
        row.position = number
    ChainStep.objects.bulk_update(rows, ["position"])


def _note(row: ChainStep, action: str, changes: Mapping[str, Any], *, by: Scope, now: datetime) -> None:
    audit.record(target=row, action=action, by=by, now=now, changes=changes, account_id=row.centre.account_id, summary=row.label)
