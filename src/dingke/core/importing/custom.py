"""The company's own fields as fields of an import: typed like the others, kept in the record's `custom` column."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from dingke.core import custom_fields
from dingke.core.importing.targets import Choice, Field, Kind
from dingke.core.models import CustomField
from dingke.core.reasons import Label

PREFIX = "custom_"
KINDS = {
    CustomField.Kind.TEXT: Kind.TEXT,
    CustomField.Kind.NUMBER: Kind.NUMBER,
    CustomField.Kind.DATE: Kind.DATE,
    CustomField.Kind.BOOLEAN: Kind.YES_NO,
    CustomField.Kind.CHOICE: Kind.CHOICE,
}
LONGEST_TEXT = 2_000


def fields_of(record: str) -> tuple[Field, ...]:
    """The active fields of a kind of record ("account"), in their order: one query. A blank cell changes nothing, also of a
    field that the form asks for."""
    return tuple(
        Field(
            key=PREFIX + row.key,
            label=Label(row.label_en or row.label_zh, row.label_zh or row.label_en),
            kind=KINDS[CustomField.Kind(row.kind)],
            choices=tuple(Choice(str(option), Label(str(option), str(option))) for option in row.options),
            max_length=LONGEST_TEXT,
        )
        for row in custom_fields.definitions(record)
    )


def with_custom(before: Mapping[str, Any], row: Mapping[str, Any]) -> dict[str, Any]:
    """What a record keeps in `custom` after a row of a file: what the row does not say stays."""
    return {**before, **{name.removeprefix(PREFIX): _kept(value) for name, value in row.items() if name.startswith(PREFIX)}}


def _kept(value: Any) -> Any:
    """The form in which `custom_fields.cleaned` keeps a value."""
    if isinstance(value, Decimal):
        return f"{value:f}"
    return value.isoformat() if isinstance(value, date) else value
