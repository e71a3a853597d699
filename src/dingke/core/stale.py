"""A stale save: which fields differ between the saved record and the form, and the form with the choices made."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext as _

KEEP = "keep-"


def differences(form: forms.Form, theirs: Mapping[str, Any]) -> list[tuple[str, str, str, str]]:
    """(label, field name, theirs, yours) of every shown field that differs, in the order of the form."""
    rows = []
    for name, field in form.fields.items():
        if isinstance(field.widget, forms.HiddenInput):
            continue
        saved, entered = _plain(theirs.get(name)), _plain(form[name].value())
        if saved != entered:
            rows.append((str(field.label), name, _shown(field, saved), _shown(field, entered)))
    return rows


def merged(data: QueryDict, theirs: Mapping[str, Any]) -> QueryDict:
    """The posted data, with the saved value wherever the person chose to keep theirs."""
    result = data.copy()
    for key, choice in data.items():
        if key.startswith(KEEP) and choice == "theirs" and key[len(KEEP) :] in theirs:
            result[key[len(KEEP) :]] = _plain(theirs[key[len(KEEP) :]])
    return result


def _plain(value: Any) -> str:
    if value is None or value is False:
        return ""
    if value is True:
        return "on"
    return value.isoformat() if isinstance(value, date) else str(value).replace("\r\n", "\n").strip()


def _shown(field: forms.Field, value: str) -> str:
    if isinstance(field, forms.BooleanField):
        return _("Yes") if value else _("No")
    choices = getattr(field, "choices", None)
    return next((str(label) for code, label in choices if str(code) == value), value) if choices else value
