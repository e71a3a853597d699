"""Filters by the company's own fields: read from an address, put to the stored JSON of either database, said in words."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from django.db.models import Case, F, FloatField, Func, Q, TextField, Value, When
from django.db.models.functions import Cast
from django.db.models.lookups import GreaterThanOrEqual, IContains, In, LessThanOrEqual, Regex
from django.utils.translation import gettext as _

from dingke.core.models import CustomField

PREFIX = "c_"
Kind = CustomField.Kind
# the two ends of a range; a dot is no part of a key, so no other field can have such a name
ENDS = {Kind.NUMBER.value: (".min", ".max"), Kind.DATE.value: (".from", ".to")}
_YES_NO = {"yes": ("true", "1"), "no": ("false", "0")}  # JSON says true, SQLite reads it as 1
# what a cast to a float can take: everything else in a field of numbers is passed over, not an error
_NUMBER = r"^[+-]?[0-9]{1,60}([.][0-9]{1,60})?([eE][+-]?[0-9]{1,2})?$"
_DAY = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnTest:
    """What one own field has to hold. Options of a choice, "yes" or "no", or a part of a text are `values`; a range has ends."""

    key: str
    kind: str
    values: tuple[str, ...] = ()
    low: Decimal | date | None = None
    high: Decimal | date | None = None

    def params(self) -> dict[str, str | list[str]]:
        name = PREFIX + self.key
        if self.kind in ENDS:
            pairs = zip(ENDS[self.kind], (self.low, self.high), strict=True)
            return {name + end: str(value) for end, value in pairs if value is not None}
        return {name: list(self.values) if self.kind == Kind.CHOICE else self.values[0]}


def names_of(fields: Sequence[CustomField]) -> set[str]:
    """The names that tests of these fields have in an address."""
    return {PREFIX + field.key + end for field in fields for end in ENDS.get(field.kind, ("",))}


def number_from(text: str) -> Decimal | None:
    try:
        number = Decimal(text.replace(",", "").strip())
    except InvalidOperation:
        return None
    return number if number.is_finite() and abs(number) < Decimal(10) ** 15 else None


def day_from(text: str) -> date | None:
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        return None


def tests_from(many: Callable[[str], list[str]], fields: Sequence[CustomField]) -> tuple[OwnTest, ...]:
    """Reads the tests of the fields in their order; `many` gives the values of a name. What does not fit is left out."""
    found = []
    for field in fields:
        given = [text.strip() for text in many(PREFIX + field.key)]
        if field.kind in ENDS:
            read: Callable[[str], Decimal | date | None] = number_from if field.kind == Kind.NUMBER else day_from
            low, high = (read((many(PREFIX + field.key + end) or [""])[-1]) for end in ENDS[field.kind])
            test = OwnTest(key=field.key, kind=field.kind, low=low, high=high)
        elif field.kind == Kind.CHOICE:
            test = OwnTest(key=field.key, kind=field.kind, values=tuple(option for option in field.options if option in given))
        elif field.kind == Kind.BOOLEAN:
            test = OwnTest(key=field.key, kind=field.kind, values=tuple(given[-1:]) if given and given[-1] in _YES_NO else ())
        else:
            text = " ".join((given or [""])[-1].split())[:100]
            test = OwnTest(key=field.key, kind=field.kind, values=(text,) if text else ())
        if test.values or test.low is not None or test.high is not None:
            found.append(test)
    return tuple(found)


class StoredText(Func):
    """The value of one own field as text. The key travels as a value, so that a field may be called "2024", "in" or "has_key"."""

    output_field = TextField()
    template = "(%(expressions)s)"
    arg_joiner = " ->> "

    def __init__(self, key: str) -> None:
        super().__init__(F("custom"), Value(key))

    def as_sqlite(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        stored, key = self.get_source_expressions()
        path = self.copy()
        path.set_source_expressions([stored, Value(f"$.{json.dumps(key.value)}")])
        return path.as_sql(compiler, connection, template="CAST(JSON_EXTRACT(%(expressions)s) AS TEXT)", arg_joiner=", ", **extra)


def condition(test: OwnTest) -> Q:
    """The rows whose field passes the test; rows without a value never do."""
    text = StoredText(test.key)
    if test.kind == Kind.CHOICE:
        return Q(In(text, list(test.values)))
    if test.kind == Kind.BOOLEAN:
        return Q(In(text, list(_YES_NO[test.values[0]])))
    if test.kind == Kind.DATE:
        found = Q(Regex(text, _DAY))
        found &= Q(GreaterThanOrEqual(text, str(test.low))) if test.low is not None else Q()
        return found & (Q(LessThanOrEqual(text, str(test.high))) if test.high is not None else Q())
    if test.kind == Kind.NUMBER:
        number = Case(When(Q(Regex(text, _NUMBER)), then=Cast(text, FloatField())), output_field=FloatField())
        found = Q(GreaterThanOrEqual(number, float(str(test.low)))) if test.low is not None else Q()
        return found & (Q(LessThanOrEqual(number, float(str(test.high)))) if test.high is not None else Q())
    return Q(IContains(text, test.values[0]))


def words(test: OwnTest, labels: Mapping[str, str]) -> str:
    """The test as a chip says it."""
    if test.kind == Kind.TEXT:
        return _("%(field)s contains “%(text)s”") % {"field": labels[test.key], "text": test.values[0]}
    if test.kind == Kind.CHOICE:
        value = _(", ").join(test.values)
    elif test.kind == Kind.BOOLEAN:
        value = _("Yes") if test.values[0] == "yes" else _("No")
    elif test.kind == Kind.DATE:
        value = period_words(test.low, test.high)
    elif test.low is not None and test.high is not None:
        value = _("%(low)s to %(high)s") % {"low": f"{test.low:,}", "high": f"{test.high:,}"}
    else:
        value = (
            _("at least %(low)s") % {"low": f"{test.low:,}"} if test.low is not None else _("at most %(high)s") % {"high": f"{test.high:,}"}
        )
    return _("%(field)s: %(value)s") % {"field": labels[test.key], "value": value}


def period_words(start: object, end: object) -> str:
    """Two days, or one of them, as a chip says them."""
    if start is not None and end is not None:
        return _("%(low)s to %(high)s") % {"low": start, "high": end}
    return _("from %(low)s") % {"low": start} if start is not None else _("up to %(high)s") % {"high": end}
