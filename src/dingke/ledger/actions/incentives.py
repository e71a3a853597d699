"""Rebates, discounts and support given to a customer: the facts only. Guard 1 of A-08 is judged in `insights`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from dingke.accounts.models import Account
from dingke.core import audit
from dingke.core.errors import Invalid
from dingke.core.locking import locked
from dingke.core.models import snapshot_of
from dingke.core.money import rounded
from dingke.core.scope import Scope
from dingke.ledger import access
from dingke.ledger.models import Incentive

FACTS = ["kind", "amount", "currency", "start_date", "end_date", "reason"]


def _apply(incentive: Incentive, values: Mapping[str, Any]) -> None:
    unknown = set(values) - set(FACTS)
    if unknown:
        raise Invalid(_("Unknown fields: %(names)s") % {"names": ", ".join(sorted(unknown))})
    for field, value in values.items():
        setattr(incentive, field, " ".join(value.split()) if isinstance(value, str) else value)
    problems: dict[str, str] = {}
    if incentive.kind not in Incentive.Kind.values:
        problems["kind"] = _("This kind of incentive does not exist.")
    if incentive.amount is None or incentive.amount <= 0:
        problems["amount"] = _("An incentive is more than 0.")
    if incentive.start_date is None or incentive.end_date is None:
        problems["end_date"] = _("An incentive needs its first and last day: its return is judged by them.")
    elif incentive.end_date < incentive.start_date:
        problems["end_date"] = _("The last day comes after the first.")
    if problems:
        raise Invalid(next(iter(problems.values())), fields=problems)
    incentive.amount = rounded(incentive.amount)


def checked_incentive(account: Account, values: Mapping[str, Any]) -> Incentive:
    """An incentive that could be saved, not saved. Raises `Invalid` with what is to be mended."""
    incentive = Incentive(account=account, currency=account.currency)
    _apply(incentive, values)
    return incentive


@transaction.atomic
def create_incentive(*, account: Account, values: Mapping[str, Any], by: Scope, now: datetime) -> Incentive:
    """Records what was given, for which days and why."""
    access.can_edit(by, account).enforce()
    incentive = checked_incentive(account, values)
    incentive.save()
    changes = {key: [None, value] for key, value in snapshot_of(incentive, FACTS).items()}
    audit.record(target=incentive, action="ledger.create_incentive", by=by, now=now, account_id=account.pk, changes=changes)
    return incentive


@transaction.atomic
def edit_incentive(
    *, incentive: Incentive, values: Mapping[str, Any], by: Scope, now: datetime, expected_version: int | None = None
) -> Incentive:
    access.can_edit(by, incentive.account).enforce()
    fresh = locked(incentive, expected_version=expected_version, yours=values)
    before = snapshot_of(fresh, FACTS)
    _apply(fresh, values)
    audit.save_with_audit(
        target=fresh,
        fields=FACTS,
        action="ledger.edit_incentive",
        by=by,
        now=now,
        before=before,
        account_id=fresh.account_id,
    )
    return fresh


@transaction.atomic
def archive_incentive(*, incentive: Incentive, by: Scope, now: datetime) -> Incentive:
    """Takes out what was never given."""
    return _set_archived(incentive, now, action="ledger.archive_incentive", by=by, now=now)


@transaction.atomic
def restore_incentive(*, incentive: Incentive, by: Scope, now: datetime) -> Incentive:
    return _set_archived(incentive, None, action="ledger.restore_incentive", by=by, now=now)


def _set_archived(incentive: Incentive, moment: datetime | None, *, action: str, by: Scope, now: datetime) -> Incentive:
    access.can_edit(by, incentive.account).enforce()
    fresh = locked(incentive, expected_version=None, yours={})
    if (fresh.archived_at is None) != (moment is None):
        fresh.archived_at = moment
        fresh.save()
        audit.record(target=fresh, action=action, by=by, now=now, account_id=fresh.account_id)
    return fresh
