"""Optimistic locking: a save names the version it was based on; a stale one is refused with both versions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from django.db.models import Model
from django.utils.translation import gettext as _

from dingke.core.errors import StaleRecord
from dingke.core.models import Record, snapshot_of

R = TypeVar("R", bound=Record)


def locked(record: R, *, expected_version: int | None, yours: Mapping[str, Any]) -> R:
    """The row, freshly read and locked for this transaction. `expected_version=None` means the caller does not edit a form.

    Raises `StaleRecord` with the values that differ when somebody saved since that version was read.
    """
    fresh = type(record)._default_manager.select_for_update(of=("self",)).get(pk=record.pk)
    if expected_version is not None and fresh.version != expected_version:
        known = {name for name in yours if any(field.name == name for field in fresh._meta.concrete_fields)}
        theirs = snapshot_of(fresh, sorted(known))
        mine = {name: _comparable(yours[name]) for name in known}
        different = {name for name in known if str(theirs[name] or "") != str(mine[name] or "")}
        raise StaleRecord(
            _("Somebody else saved this while you were editing. Nothing of yours is lost: compare and save again."),
            theirs={name: theirs[name] for name in sorted(different)},
            yours={name: mine[name] for name in sorted(different)},
        )
    fresh.version += 1
    return fresh


def _comparable(value: Any) -> Any:
    """As `snapshot_of` stores it: another record as its key, a figure or day as text."""
    if isinstance(value, Model):
        return value.pk
    return value if isinstance(value, (int, str, list, dict, type(None))) else str(value)
