"""Typed custom fields: definitions are rows, values live in the record's `custom` JSON column."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils.translation import gettext as _

from dingke.core.errors import Invalid
from dingke.core.models import CustomField


def definitions(target: str) -> list[CustomField]:
    return list(CustomField.objects.filter(target=target, is_active=True).order_by("position", "id"))


def cleaned(target: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """Checks raw values against the definitions; unknown keys are refused. Raises `Invalid` naming each field."""
    known = {field.key: field for field in definitions(target)}
    problems = {key: _("This field does not exist.") for key in values if key not in known}
    result: dict[str, Any] = {}
    for key, field in known.items():
        raw = values.get(key)
        if raw in (None, ""):
            if field.is_required:
                problems[key] = _("Please fill in %(field)s.") % {"field": field.label}
            continue
        try:
            result[key] = _typed(field, raw)
        except (ValueError, InvalidOperation):
            problems[key] = _("“%(value)s” does not fit %(field)s.") % {"value": raw, "field": field.label}
    if problems:
        raise Invalid(next(iter(problems.values())), fields={f"custom_{key}": text for key, text in problems.items()})
    return result


def _typed(field: CustomField, raw: Any) -> Any:
    text = str(raw).strip()
    if field.kind == CustomField.Kind.NUMBER:
        number = Decimal(text.replace(",", ""))
        if not number.is_finite():
            raise ValueError(text)
        return str(number)
    if field.kind == CustomField.Kind.DATE:
        return date.fromisoformat(text).isoformat()
    if field.kind == CustomField.Kind.BOOLEAN:
        if text.lower() not in {"true", "false", "1", "0", "on", "off", "yes", "no", "是", "否"}:
            raise ValueError(text)
        return text.lower() in {"true", "1", "on", "yes", "是"}
    if field.kind == CustomField.Kind.CHOICE and text not in field.options:
        raise ValueError(text)
    return text
