"""Writing needs: the three needs (E-19), the list that is confirmed before a quotation (E-17, K-02), FAB and FFAB lines (E-18)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from dingke.core import audit
from dingke.core.errors import Invalid, Refusal
from dingke.core.locking import locked
from dingke.core.models import snapshot_of
from dingke.core.scope import Scope
from dingke.library.actions import uses
from dingke.pipeline.models import Opportunity
from dingke.qualification import access
from dingke.qualification.calc import needs as calc
from dingke.qualification.models import ConfirmedNeed, NeedBenefit, ThreeNeed

THREE = ["text", "has_gap", "gap"]
NEED = [
    "description", "priority", "fit", "function", "range", "effort_days", "can_decline",
    "confirmed_contact", "confirmed_name", "confirmed_date",
]  # fmt: skip
BENEFIT = ["method", "feature", "function", "advantage", "benefit", "proof", "entry"]


class UnableToSaveNeed(Refusal):
    """The need cannot be saved as given."""


@transaction.atomic
def save_three_need(
    *, opportunity: Opportunity, kind: str, values: Mapping[str, Any], by: Scope, now: datetime, expected_version: int | None = None
) -> ThreeNeed:
    """Saves one of the three needs. A gap without words is refused: it says what is missing."""
    access.can_edit(by, opportunity).enforce()
    if kind not in ThreeNeed.Kind.values:
        raise Invalid(_("There is no such need."))
    row, is_new = ThreeNeed.objects.get_or_create(opportunity=opportunity, kind=kind)
    fresh = locked(row, expected_version=None if is_new else expected_version, yours=dict(values))
    before = snapshot_of(fresh, THREE)
    _apply(fresh, THREE, values)
    if fresh.has_gap and not fresh.gap:
        raise Invalid(_("Say what is missing."), fields={"gap": _("Say what is missing.")})
    if not fresh.has_gap:
        fresh.gap = ""
    audit.save_with_audit(
        target=fresh, fields=THREE, action="qualification.three_needs", by=by, now=now, before=before, account_id=opportunity.account_id
    )
    return fresh


@transaction.atomic
def add_need(*, opportunity: Opportunity, values: Mapping[str, Any], by: Scope, now: datetime) -> ConfirmedNeed:
    """Puts a need onto the list."""
    access.can_edit(by, opportunity).enforce()
    need = ConfirmedNeed(opportunity=opportunity)
    _apply(need, NEED, values)
    _check_need(need, now=now)
    need.save()
    audit.record(target=need, action="qualification.add_need", by=by, now=now, account_id=opportunity.account_id, summary=need.description)
    return need


@transaction.atomic
def edit_need(
    *, need: ConfirmedNeed, values: Mapping[str, Any], by: Scope, now: datetime, expected_version: int | None = None
) -> ConfirmedNeed:
    """Corrects a need. Other words than those that the customer confirmed have to be confirmed again."""
    access.can_edit(by, need.opportunity).enforce()
    fresh = locked(need, expected_version=expected_version, yours=dict(values))
    before = snapshot_of(fresh, NEED)
    _apply(fresh, NEED, values)
    same_day = str(before["confirmed_date"] or "") == str(fresh.confirmed_date or "")
    if before["confirmed_date"] and before["description"] != fresh.description and same_day:
        fresh.confirmed_date, fresh.confirmed_contact, fresh.confirmed_name = None, None, ""
    _check_need(fresh, now=now)
    audit.save_with_audit(
        target=fresh,
        fields=NEED,
        action="qualification.edit_need",
        by=by,
        now=now,
        before=before,
        account_id=need.opportunity.account_id,
    )
    return fresh


@transaction.atomic
def archive_need(*, need: ConfirmedNeed, by: Scope, now: datetime) -> ConfirmedNeed:
    return _set_archived(need, now, action="qualification.archive_need", by=by, now=now)


@transaction.atomic
def restore_need(*, need: ConfirmedNeed, by: Scope, now: datetime) -> ConfirmedNeed:
    return _set_archived(need, None, action="qualification.restore_need", by=by, now=now)


@transaction.atomic
def save_benefit(
    *,
    need: ConfirmedNeed,
    values: Mapping[str, Any],
    by: Scope,
    now: datetime,
    benefit: NeedBenefit | None = None,
    expected_version: int | None = None,
) -> NeedBenefit:
    """Ties a feature and its benefit to a need that the customer has confirmed and that is in scope; others carry none (E-18)."""
    opportunity = need.opportunity
    access.can_edit(by, opportunity).enforce()
    if need.archived_at is not None or not calc.may_carry_benefit(listed(need)):
        raise UnableToSaveNeed(_("A benefit quotes a confirmed need. Confirm this need with the customer first, and put it in scope."))
    row = NeedBenefit(need=need) if benefit is None else locked(benefit, expected_version=expected_version, yours=dict(values))
    before = snapshot_of(row, BENEFIT)
    _apply(row, BENEFIT, values)
    missing = calc.missing_parts(
        method=row.method, feature=row.feature, function=row.function, advantage=row.advantage, benefit=row.benefit
    )
    if missing:
        problems = {name: _("This part belongs to the method.") for name in missing}
        raise Invalid(next(iter(problems.values())), fields=problems)
    row.save()
    if row.entry is not None and by.can("library.see") and before["entry"] != row.entry.pk:
        uses.note_use(
            entry=row.entry, by=by, now=now, subject="opportunity", subject_id=opportunity.pk, subject_label=opportunity.name,
            account=opportunity.account,
        )  # fmt: skip
    audit.record(
        target=row,
        action="qualification.benefit",
        by=by,
        now=now,
        account_id=opportunity.account_id,
        changes=audit.changes_between(before, snapshot_of(row, BENEFIT)),
        summary=row.benefit,
    )
    return row


@transaction.atomic
def archive_benefit(*, benefit: NeedBenefit, by: Scope, now: datetime) -> None:
    opportunity = benefit.need.opportunity
    access.can_edit(by, opportunity).enforce()
    fresh = locked(benefit, expected_version=None, yours={})
    fresh.archived_at = now
    fresh.save()
    audit.record(
        target=fresh, action="qualification.archive_benefit", by=by, now=now, account_id=opportunity.account_id, summary=fresh.benefit
    )


def listed(need: ConfirmedNeed) -> calc.ListedNeed:
    return calc.ListedNeed(
        priority=need.priority,
        fit=need.fit,
        range=need.range,
        confirmed_date=need.confirmed_date,
        effort_days=need.effort_days,
        can_decline=need.can_decline,
    )


def _apply(row: Any, fields: list[str], values: Mapping[str, Any]) -> None:
    for name in fields:
        if name in values:
            value = values[name]
            setattr(row, name, value.strip() if isinstance(value, str) else value)


def _check_need(need: ConfirmedNeed, *, now: datetime) -> None:
    problems: dict[str, str] = {}
    need.description = " ".join(need.description.split())[:400]
    if not need.description:
        problems["description"] = _("Write the need down.")
    if need.confirmed_date is not None:
        if need.confirmed_date > timezone.localdate(now):
            problems["confirmed_date"] = _("The day lies in the future.")
        if need.confirmed_contact is None and not need.confirmed_name:
            problems["confirmed_contact"] = _("Say who confirmed it.")
    elif need.confirmed_contact is not None or need.confirmed_name:
        problems["confirmed_date"] = _("Say when it was confirmed.")
    if need.confirmed_contact is not None and need.confirmed_contact.account_id != need.opportunity.account_id:
        problems["confirmed_contact"] = _("This person is not at this account.")
    if need.effort_days is not None and need.effort_days < 0:
        problems["effort_days"] = _("An effort is not negative.")
    if problems:
        raise Invalid(next(iter(problems.values())), fields=problems)


def _set_archived(need: ConfirmedNeed, value: datetime | None, *, action: str, by: Scope, now: datetime) -> ConfirmedNeed:
    access.can_edit(by, need.opportunity).enforce()
    if (need.archived_at is None) == (value is None):
        return need
    fresh = locked(need, expected_version=None, yours={})
    fresh.archived_at = value
    fresh.save()
    audit.record(target=fresh, action=action, by=by, now=now, account_id=need.opportunity.account_id, summary=fresh.description)
    return fresh
