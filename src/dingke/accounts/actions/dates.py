"""Days that mean something to the customer (O-03)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from dingke.accounts import access
from dingke.accounts.models import Account, KeyDate
from dingke.core import audit
from dingke.core.errors import Invalid
from dingke.core.locking import locked
from dingke.core.models import snapshot_of
from dingke.core.scope import Scope

FACTS = ["kind", "contact", "label", "on_date", "is_yearly", "is_lunar", "remind_days"]


@transaction.atomic
def add_key_date(*, account: Account, values: Mapping[str, Any], by: Scope, now: datetime) -> KeyDate:
    """Adds a day of the customer or of one of its people. For a lunar day, `on_date` is the solar day it falls on next."""
    access.can_edit(by, account).enforce()
    row = KeyDate(account=account)
    _apply(row, values)
    row.save()
    audit.record(target=row, action="dates.add", by=by, now=now, account_id=account.pk, summary=row.label or row.get_kind_display())
    return row


@transaction.atomic
def edit_key_date(
    *, key_date: KeyDate, values: Mapping[str, Any], by: Scope, now: datetime, expected_version: int | None = None
) -> KeyDate:
    access.can_edit(by, key_date.account).enforce()
    fresh = locked(key_date, expected_version=expected_version, yours=values)
    before = snapshot_of(fresh, FACTS)
    _apply(fresh, values)
    audit.save_with_audit(target=fresh, fields=FACTS, action="dates.edit", by=by, now=now, before=before, account_id=fresh.account_id)
    return fresh


@transaction.atomic
def archive_key_date(*, key_date: KeyDate, by: Scope, now: datetime) -> KeyDate:
    access.can_edit(by, key_date.account).enforce()
    fresh = locked(key_date, expected_version=None, yours={})
    if fresh.archived_at is None:
        fresh.archived_at = now
        fresh.save()
        audit.record(
            target=fresh,
            action="dates.archive",
            by=by,
            now=now,
            account_id=fresh.account_id,
            summary=fresh.label or fresh.get_kind_display(),
        )
    return fresh


@transaction.atomic
def restore_key_date(*, key_date: KeyDate, by: Scope, now: datetime) -> KeyDate:
    access.can_edit(by, key_date.account).enforce()
    fresh = locked(key_date, expected_version=None, yours={})
    if fresh.archived_at is not None:
        fresh.archived_at = None
        fresh.save()
        audit.record(
            target=fresh,
            action="dates.restore",
            by=by,
            now=now,
            account_id=fresh.account_id,
            summary=fresh.label or fresh.get_kind_display(),
        )
    return fresh


def _apply(row: KeyDate, values: Mapping[str, Any]) -> None:
    for field in FACTS:
        if field in values:
            setattr(row, field, values[field])
    row.label = row.label.strip()
    problems: dict[str, str] = {}
    if row.kind not in KeyDate.Kind.values:
        problems["kind"] = _("This kind of day does not exist.")
    if row.kind == KeyDate.Kind.OTHER and not row.label:
        problems["label"] = _("Give the occasion a name.")
    if row.kind == KeyDate.Kind.BIRTHDAY and row.contact is None:
        problems["contact"] = _("Whose birthday is it? Choose the contact.")
    if row.contact is not None and row.contact.account_id != row.account_id:
        problems["contact"] = _("This contact belongs to another account.")
    if row.on_date is None:
        problems["on_date"] = _("Choose the day.")
    if not 0 <= row.remind_days <= 90:
        problems["remind_days"] = _("A reminder comes 0 to 90 days before.")
    if problems:
        raise Invalid(next(iter(problems.values())), fields=problems)
