"""Named groups of rules (thresholds, quotas, weights) that an administrator edits; every version is kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, is_dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, TypeVar, get_type_hints

from django.db import transaction
from django.utils.translation import gettext as _

from dingke.core import access, audit
from dingke.core.errors import Invalid
from dingke.core.models import Setting
from dingke.core.scope import Scope

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class InForce:
    value: dict[str, Any]
    version: int


def in_force(key: str) -> InForce:
    """The newest value of a key and its version; version 0 with an empty value when only the defaults apply."""
    row = Setting.objects.filter(key=key).order_by("-version").first()
    return InForce(dict(row.value), row.version) if row else InForce({}, 0)


def load(key: str, kind: type[T]) -> T:
    """The rules of a key as the frozen dataclass `kind`, defaults where nothing was set."""
    stored = in_force(key).value
    hints = get_type_hints(kind)
    known = {field.name for field in fields(kind)}  # type: ignore[arg-type]
    return kind(**{name: _typed(value, hints[name]) for name, value in stored.items() if name in known})


def _typed(value: Any, hint: Any) -> Any:
    text = str(hint)
    if "Decimal" in text and isinstance(value, (str, int, float)):
        return Decimal(str(value))
    if isinstance(value, list) and "tuple" in text:
        return tuple(value)
    if isinstance(value, list) and "frozenset" in text:
        return frozenset(value)
    return value


def checked(kind: type[T], values: Mapping[str, Any]) -> T:
    """The rules as the dataclass itself accepts them. Raises `Invalid` with its sentence."""
    hints = get_type_hints(kind)
    try:
        return kind(**{name: _typed(value, hints[name]) for name, value in values.items()})
    except (TypeError, ValueError, KeyError, ArithmeticError) as error:
        raise Invalid(_("These rules do not fit together: %(problem)s") % {"problem": error}) from error


def store(*, key: str, kind: type[T], values: Mapping[str, Any], by: Scope, now: datetime) -> T:
    """Saves a new version after the dataclass itself has checked the values. Raises `Invalid` with its sentence."""
    access.needs(by, "settings.edit").enforce()
    rules = checked(kind, values)
    assert is_dataclass(rules)
    assert not isinstance(rules, type)
    plain = {name: _plain(value) for name, value in asdict(rules).items()}
    with transaction.atomic():
        old = in_force(key)
        row = Setting.objects.create(key=key, version=old.version + 1, value=plain, at=now, actor_id=by.user_id, actor_name=by.name)
        audit.record(target=row, action="settings.edit", by=by, now=now, changes=audit.changes_between(old.value, plain), summary=key)
    return rules


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, (tuple, frozenset, set)):
        return [_plain(item) for item in sorted(value, key=str)] if not isinstance(value, tuple) else [_plain(item) for item in value]
    return value
