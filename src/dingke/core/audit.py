"""The audit trail: one call per change, in the transaction of the change."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db.models import Model

from dingke.core.errors import trace_id
from dingke.core.models import AuditEntry, snapshot_of
from dingke.core.scope import Scope


def changes_between(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, list[Any]]:
    return {key: [before.get(key), value] for key, value in after.items() if before.get(key) != value}


def record(
    *,
    target: Model,
    action: str,
    by: Scope,
    now: datetime,
    changes: Mapping[str, Any] | None = None,
    account_id: int | None = None,
    summary: str = "",
) -> AuditEntry:
    """Writes one entry. `action` is a code such as "accounts.edit"; `changes` maps a field to [before, after]."""
    return AuditEntry.objects.create(
        at=now,
        actor_id=by.user_id,
        actor_name=by.name,
        action=action,
        target=target._meta.label_lower,
        target_id=target.pk,
        account_id=account_id,
        summary=summary[:300],
        changes=dict(changes or {}),
        trace_id=trace_id.get(),
    )


def save_with_audit(
    *, target: Model, fields: list[str], action: str, by: Scope, now: datetime, before: Mapping[str, Any], account_id: int | None = None
) -> dict[str, list[Any]]:
    """Saves the named fields and writes the difference to `before`; nothing is written when nothing changed."""
    changes = changes_between(before, snapshot_of(target, fields))
    if changes:
        target.save()
        record(target=target, action=action, by=by, now=now, changes=changes, account_id=account_id)
    return changes


def note_export(*, number: int, filters: Mapping[str, Any], file_kind: str, by: Scope, now: datetime) -> None:
    """Writes down that the trail itself was exported."""
    newest = AuditEntry.objects.order_by("-at", "-pk").first()
    if newest is not None:
        changes = {"rows": number, "filters": dict(filters), "format": file_kind}
        record(target=newest, action="audit.export", by=by, now=now, changes=changes)
