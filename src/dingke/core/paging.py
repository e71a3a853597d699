"""Keyset pages and capped counts: no OFFSET, no COUNT(*) over a big list."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Generic, TypeVar

from django.db.models import F, Model, Q, QuerySet
from django.utils.translation import gettext as _

from dingke.core.errors import Invalid

COUNT_CAP = 1_000
M = TypeVar("M", bound=Model)
R = TypeVar("R")  # a row: a model instance, or a dict of `.values(…)`


@dataclass(frozen=True, slots=True)
class Page(Generic[R]):
    items: Sequence[R]
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class CappedCount:
    """Exact up to the cap, "1,000+" above it."""

    number: int
    is_capped: bool

    def __str__(self) -> str:
        return f"{self.number:,}+" if self.is_capped else f"{self.number:,}"


def capped_count(queryset: QuerySet[Any], cap: int = COUNT_CAP) -> CappedCount:
    """Counts rows, looking at cap + 1 of them at most."""
    number = queryset.order_by().values("pk")[: cap + 1].count()
    return CappedCount(min(number, cap), number > cap)


def _pack(value: Any) -> Any:
    if isinstance(value, datetime):
        return {"t": value.isoformat()}
    if isinstance(value, date):
        return {"d": value.isoformat()}
    if isinstance(value, Decimal):
        return {"n": str(value)}
    return value


def _unpack(value: Any) -> Any:
    if isinstance(value, dict):
        kind, text = next(iter(value.items()))
        readers: dict[str, Callable[[str], Any]] = {"t": datetime.fromisoformat, "d": date.fromisoformat, "n": Decimal}
        return readers[kind](text)
    return value


def encode_cursor(values: Sequence[Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps([_pack(value) for value in values]).encode()).decode().rstrip("=")


def decode_cursor(cursor: str) -> list[Any]:
    try:
        raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        return [_unpack(value) for value in json.loads(raw)]
    except (ArithmeticError, ValueError, KeyError, TypeError, StopIteration) as error:
        raise Invalid(_("This page link is broken. Start from the first page.")) from error


def _value(item: Any, path: str) -> Any:
    """The value at a field path of a model instance, or of a row of `.values(…)` that holds the path itself."""
    if isinstance(item, dict):
        return item["id" if path == "pk" else path]
    value: Any = item
    for part in path.split("__"):
        value = getattr(value, part, None)
        if value is None:
            return None
    return value


def keyset_page(queryset: QuerySet[M], *, order: Sequence[str], size: int = 50, cursor: str | None = None) -> Page[M]:
    """One page of a queryset in a total order, after the cursor.

    `order` is a list of field paths, "-" for descending; the primary key is appended so that the order is total. Rows without
    a value come last in either direction. Raises `Invalid` on a broken cursor.
    """
    fields = [*order] if any(field.lstrip("-") in {"pk", "id"} for field in order) else [*order, "pk"]
    ordering = [F(field[1:]).desc(nulls_last=True) if field.startswith("-") else F(field).asc(nulls_last=True) for field in fields]
    if cursor:
        values = decode_cursor(cursor)
        if len(values) != len(fields):
            raise Invalid(_("This page link is broken. Start from the first page."))
        after = Q(pk__in=[])
        same = Q()
        for field, value in zip(fields, values, strict=True):
            path, descending = (field[1:], True) if field.startswith("-") else (field, False)
            if value is None:
                same &= Q(**{f"{path}__isnull": True})
                continue
            beyond = Q(**{f"{path}__{'lt' if descending else 'gt'}": value}) | Q(**{f"{path}__isnull": True})
            after |= same & beyond
            same &= Q(**{path: value})
        queryset = queryset.filter(after)
    rows = list(queryset.order_by(*ordering)[: size + 1])
    more = len(rows) > size
    rows = rows[:size]
    following = (
        encode_cursor([rows[-1].pk if field.lstrip("-") == "pk" else _value(rows[-1], field.lstrip("-")) for field in fields])
        if more
        else None
    )
    return Page(rows, following)


def indexed_page(
    queryset: QuerySet[Any, R], *, field: str, descending: bool = False, tie: str = "pk", tie_descending: bool | None = None,
    nullable: bool = True, least: Any = None, size: int = 50, cursor: str | None = None,
) -> Page[R]:  # fmt: skip
    """One page by one field and a tie breaker, in two steps: rows with a value, then (nullable fields) rows without one.

    Each step is a plain ORDER BY over a plain range, so an index on (field, tie) serves it on SQLite and PostgreSQL alike, also
    when it lies on a joined table. `least` is a value below all others of a column that is never null on its own table: the range
    makes a planner without statistics start from that index. Raises `Invalid` on a broken cursor.
    """
    tie_descending = descending if tie_descending is None else tie_descending
    step, value, last = "value", None, None
    if cursor:
        parts = decode_cursor(cursor)
        if len(parts) != 3 or parts[0] not in {"value", "none"}:
            raise Invalid(_("This page link is broken. Start from the first page."))
        step, value, last = parts
    rows: list[R] = []
    if step == "value":
        with_value = queryset.filter(**{f"{field}__isnull": False}) if nullable else queryset
        if least is not None:
            with_value = with_value.filter(**{f"{field}__gt": least})
        if cursor:
            beyond, up_to = ("lt", "lte") if descending else ("gt", "gte")
            after_tie = Q(**{f"{tie}__{'lt' if tie_descending else 'gt'}": last})
            with_value = with_value.filter(Q(**{f"{field}__{up_to}": value}), Q(**{f"{field}__{beyond}": value}) | after_tie)
        rows = list(with_value.order_by(f"{'-' if descending else ''}{field}", f"{'-' if tie_descending else ''}{tie}")[: size + 1])
    if nullable and len(rows) <= size:
        without = queryset.filter(**{f"{field}__isnull": True})
        if step == "none":
            without = without.filter(pk__gt=last)
        rows += list(without.order_by("pk")[: size + 1 - len(rows)])
    more, rows = len(rows) > size, rows[:size]
    if not more:
        return Page(rows, None)
    end = rows[-1]
    reached, place = _value(end, field), _value(end, "pk")
    tie_value = place if tie == "pk" else _value(end, tie)
    return Page(rows, encode_cursor(["none", None, place] if reached is None else ["value", reached, tie_value]))
