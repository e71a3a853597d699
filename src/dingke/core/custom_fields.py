"""Typed custom fields: definitions are rows, values live in the record's `custom` JSON column."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dingke.core import access, audit
from dingke.core.errors import Invalid, NotVisible
from dingke.core.models import CustomField
from dingke.core.scope import Scope
from dingke.core.search_keys import pinyin_forms

TARGETS: dict[str, str | Promise] = {
    "account": gettext_lazy("Accounts"),
    "contact": gettext_lazy("Contacts"),
    "order": gettext_lazy("Orders"),
}
KINDS: dict[str, str | Promise] = {
    CustomField.Kind.TEXT.value: gettext_lazy("Plain text"),
    CustomField.Kind.NUMBER.value: gettext_lazy("Number"),
    CustomField.Kind.DATE.value: gettext_lazy("Date"),
    CustomField.Kind.BOOLEAN.value: gettext_lazy("Yes or no"),
    CustomField.Kind.CHOICE.value: gettext_lazy("One of several choices"),
}


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


def every_definition() -> list[CustomField]:
    """All definitions, those switched off included, by target and place."""
    return list(CustomField.objects.order_by("target", "position", "id"))


def definition_for(field_id: int) -> CustomField:
    field = CustomField.objects.filter(pk=field_id).first()
    if field is None:
        raise NotVisible(_("This field does not exist."))
    return field


def _checked(*, label_zh: str, label_en: str, kind: str, options: Sequence[str]) -> dict[str, Any]:
    label_zh, label_en = " ".join(label_zh.split()), " ".join(label_en.split())
    problems: dict[str, str] = {}
    if not label_zh and not label_en:
        problems["label_zh"] = _("A field needs a name.")
    if kind not in CustomField.Kind.values:
        problems["kind"] = _("This kind of field does not exist.")
    choices = list(dict.fromkeys(option.strip() for option in options if option.strip()))
    if kind == CustomField.Kind.CHOICE and len(choices) < 2:
        problems["options"] = _("A choice needs at least two options, one a line.")
    if problems:
        raise Invalid(next(iter(problems.values())), fields=problems)
    return {
        "label_zh": (label_zh or label_en)[:80], "label_en": (label_en or label_zh)[:80],
        "options": choices if kind == CustomField.Kind.CHOICE else [],
    }  # fmt: skip


def _free_key(target: str, label: str) -> str:
    stem = re.sub(r"[^a-z0-9]+", "_", label.lower()).strip("_") or pinyin_forms(label)[0] or "field"
    stem = stem[:30]
    taken = set(CustomField.objects.filter(target=target).values_list("key", flat=True))
    return next(key for number in range(len(taken) + 1) if (key := stem if number == 0 else f"{stem}_{number + 1}") not in taken)


@transaction.atomic
def add_definition(
    *,
    target: str,
    label_zh: str,
    label_en: str,
    kind: str,
    options: Sequence[str] = (),
    is_required: bool = False,
    by: Scope,
    now: datetime,
) -> CustomField:
    """Adds a field to every record of a kind. Its key is made from its name and stays. Raises `Invalid` naming what to mend."""
    access.needs(by, "settings.edit").enforce()
    if target not in TARGETS:
        raise Invalid(_("Fields cannot be added there."), fields={"target": _("Fields cannot be added there.")})
    values = _checked(label_zh=label_zh, label_en=label_en, kind=kind, options=options)
    last = CustomField.objects.filter(target=target).aggregate(last=Max("position"))["last"] or 0
    key = _free_key(target, label_en.strip() or label_zh.strip())
    field = CustomField.objects.create(target=target, key=key, kind=kind, is_required=is_required, position=last + 10, **values)
    audit.record(target=field, action="fields.add", by=by, now=now, summary=field.label)
    return field


@transaction.atomic
def edit_definition(
    *,
    field: CustomField,
    label_zh: str,
    label_en: str,
    options: Sequence[str],
    is_required: bool,
    is_active: bool,
    by: Scope,
    now: datetime,
) -> CustomField:
    """Renames a field, changes its choices, or switches it off; stored values stay. Kind and key do not change."""
    access.needs(by, "settings.edit").enforce()
    names = ["label_zh", "label_en", "options", "is_required", "is_active"]
    before = {name: getattr(field, name) for name in names}
    for name, value in _checked(label_zh=label_zh, label_en=label_en, kind=field.kind, options=options).items():
        setattr(field, name, value)
    field.is_required, field.is_active = is_required, is_active
    audit.save_with_audit(target=field, fields=names, action="fields.edit", by=by, now=now, before=before)
    return field


@transaction.atomic
def move_definition(*, field: CustomField, places: int, by: Scope, now: datetime) -> None:
    """Moves a field up (negative) or down among those of its kind of record."""
    access.needs(by, "settings.edit").enforce()
    rows = list(CustomField.objects.filter(target=field.target).order_by("position", "id"))
    old = next(place for place, row in enumerate(rows) if row.pk == field.pk)
    new = max(0, min(old + places, len(rows) - 1))
    if old == new:
        return
    rows.insert(new, rows.pop(old))
    for place, row in enumerate(rows, start=1):
        row.position = place * 10
    CustomField.objects.bulk_update(rows, ["position"])
    audit.record(target=field, action="fields.move", by=by, now=now, changes={"place": [old + 1, new + 1]}, summary=field.label)
