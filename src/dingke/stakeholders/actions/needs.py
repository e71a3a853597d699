"""The log of needs and preferences: what was learnt, by which way, when (C-18)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from dingke.accounts.models import Account
from dingke.core import audit
from dingke.core.errors import Invalid
from dingke.core.locking import locked
from dingke.core.models import snapshot_of
from dingke.core.scope import Scope
from dingke.stakeholders import access
from dingke.stakeholders.calc.needs import WAYS
from dingke.stakeholders.models import NeedEntry

NEED = ["contact", "channel", "text", "on_date", "source"]


@transaction.atomic
def log_need(*, account: Account, values: Mapping[str, Any], by: Scope, now: datetime) -> NeedEntry:
    """Raises `Invalid` naming the fields to mend."""
    access.can_edit(by, account).enforce()
    row = NeedEntry(account=account, by_id=by.user_id)
    _apply(row, values, now)
    row.save()
    _note(row, "stakeholders.log_need", audit.changes_between({}, snapshot_of(row, NEED)), by=by, now=now)
    return row


@transaction.atomic
def edit_need(*, need: NeedEntry, values: Mapping[str, Any], by: Scope, now: datetime, expected_version: int | None = None) -> NeedEntry:
    access.can_edit(by, need.account).enforce()
    fresh = locked(need, expected_version=expected_version, yours=values)
    before = snapshot_of(fresh, NEED)
    _apply(fresh, values, now)
    changes = audit.changes_between(before, snapshot_of(fresh, NEED))
    if changes:
        fresh.save()
        _note(fresh, "stakeholders.edit_need", changes, by=by, now=now)
    return fresh


@transaction.atomic
def remove_need(*, need: NeedEntry, by: Scope, now: datetime) -> NeedEntry:
    access.can_edit(by, need.account).enforce()
    fresh = locked(need, expected_version=None, yours={})
    if fresh.archived_at is None:
        fresh.archived_at = now
        fresh.save()
        _note(fresh, "stakeholders.remove_need", {}, by=by, now=now)
    return fresh


@transaction.atomic
def restore_need(*, need: NeedEntry, by: Scope, now: datetime) -> NeedEntry:
    access.can_edit(by, need.account).enforce()
    fresh = locked(need, expected_version=None, yours={})
    if fresh.archived_at is not None:
        fresh.archived_at = None
        fresh.save()
        _note(fresh, "stakeholders.restore_need", {}, by=by, now=now)
    return fresh


def _apply(row: NeedEntry, values: Mapping[str, Any], now: datetime) -> None:
    for name, value in values.items():
        if name not in NEED:
            raise Invalid(_("Unknown fields: %(names)s") % {"names": name})
        setattr(row, name, value)
    row.text = row.text.strip()
    problems: dict[str, str] = {}
    if not row.text:
        problems["text"] = _("Say what was learnt.")
    if row.channel not in WAYS:
        problems["channel"] = _("Choose by which way it was learnt.")
    if row.on_date > timezone.localdate(now):
        problems["on_date"] = _("The date cannot lie in the future.")
    if row.contact is not None and row.contact.account_id != row.account_id:
        problems["contact"] = _("Choose a contact of this account.")
    if problems:
        raise Invalid(next(iter(problems.values())), fields=problems)


def _note(row: NeedEntry, action: str, changes: Mapping[str, Any], *, by: Scope, now: datetime) -> None:
    audit.record(target=row, action=action, by=by, now=now, changes=changes, account_id=row.account_id, summary=row.text[:80])
