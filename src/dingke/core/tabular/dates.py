"""Dates in cells: ISO and Chinese forms, a chosen order of day, month and year, and spreadsheet serials."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Literal

from dingke.core.tabular.errors import CellRefused
from dingke.core.tabular.table import Cell, is_empty

__all__ = ["DateOrders", "Order", "detect_date_order", "examine_date_order", "to_date"]

Order = Literal["ymd", "dmy", "mdy"]
_ORDERS: tuple[Order, ...] = ("ymd", "dmy", "mdy")
_FIRST_YEAR, _LAST_YEAR = 1900, 2199
# Serials outside 1927 to 2119 are far likelier a quantity or a year than a day.
_FIRST_SERIAL, _LAST_SERIAL = 10_000, 80_000

_TIME = r"(?:[\sT]+\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?\s*(?:[ap]m)?\s*(?:z|[+-]\d{2}:?\d{2})?)?"
_YEAR_FIRST = re.compile(rf"(\d{{4}})\s*[-/.年]\s*(\d{{1,2}})\s*[-/.月]\s*(\d{{1,2}})\s*[日号]?{_TIME}", re.IGNORECASE | re.ASCII)
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})", re.ASCII)
_THREE = re.compile(rf"(\d{{1,4}})([-/.])(\d{{1,2}})\2(\d{{1,4}}){_TIME}", re.IGNORECASE | re.ASCII)
_SHORT_CHINESE = re.compile(r"(\d{2})年(\d{1,2})月(\d{1,2})[日号]?", re.ASCII)
_NAMED_DMY = re.compile(r"(\d{1,2})[-\s./]*([a-z]{3,9})\.?[-\s./,]*(\d{4}|\d{2})", re.IGNORECASE | re.ASCII)
_NAMED_MDY = re.compile(r"([a-z]{3,9})\.?[-\s./]*(\d{1,2})(?:st|nd|rd|th)?[-\s,./]+(\d{4}|\d{2})", re.IGNORECASE | re.ASCII)
_MONTHS = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
    "december",
)  # fmt: skip


def to_date(value: Cell, *, order: Order = "ymd", epoch_1904: bool = False) -> date | None:
    """A day. A form that shows its own order (2017-03-01, 2017年3月1日, 20170301, 1 Mar 2017) is read so; any other,
    such as 20-10-16 or 3/1/2017, is read by `order` alone and refused when it does not fit it.

    Two-digit years: 00-68 are 2000-2068, 69-99 are 1969-1999. A time of day is dropped. A plain number is a
    spreadsheet serial (10000 to 80000, counted from 1904 if `epoch_1904`) or yyyymmdd.
    Codes: NOT_A_DATE, DATE_ORDER, DATE_IMPOSSIBLE, DATE_OUT_OF_RANGE.
    """
    if is_empty(value):
        return None
    if isinstance(value, datetime):
        return _in_range(value.date(), str(value))
    if isinstance(value, date):
        return _in_range(value, str(value))
    if isinstance(value, bool):
        raise CellRefused("NOT_A_DATE", {"value": str(value)})
    if isinstance(value, (int, float, Decimal)):
        return _from_number(value, epoch_1904)
    return _from_text(str(value), order, epoch_1904)


def _from_number(value: int | float | Decimal, epoch_1904: bool) -> date:
    refused = CellRefused("NOT_A_DATE", {"value": str(value)})
    if isinstance(value, float) and value != value:
        raise refused
    if isinstance(value, Decimal) and not value.is_finite():
        raise refused
    if _FIRST_SERIAL <= value <= _LAST_SERIAL:
        start = date(1904, 1, 1) if epoch_1904 else date(1899, 12, 30)
        return start + timedelta(days=int(value))
    if 10_000_000 <= value <= 99_999_999 and value == int(value):
        return _compact(str(int(value)))
    raise refused


def _compact(text: str) -> date:
    year, month, day = int(text[:4]), int(text[4:6]), int(text[6:])
    return _day(year, month, day, text)


def _from_text(raw: str, order: Order, epoch_1904: bool) -> date:
    text = unicodedata.normalize("NFKC", raw).strip()
    found = _YEAR_FIRST.fullmatch(text)
    if found:
        return _day(int(found[1]), int(found[2]), int(found[3]), raw)
    if _COMPACT.fullmatch(text):
        return _compact(text)
    if re.fullmatch(r"[0-9]{5}(?:\.[0-9]+)?", text):
        return _from_number(Decimal(text), epoch_1904)
    found = _SHORT_CHINESE.fullmatch(text)
    if found:
        return _day(_year(found[1]), int(found[2]), int(found[3]), raw)
    found = _THREE.fullmatch(text)
    if found:
        return _by_order((found[1], found[3], found[4]), order, raw)
    return _by_name(text, raw)


def _by_order(parts: tuple[str, str, str], order: Order, raw: str) -> date:
    year, month, day = _placed(parts, order)
    if len(year) not in (2, 4) or len(month) > 2 or len(day) > 2:
        raise CellRefused("DATE_ORDER", {"value": raw, "order": order})
    if not 1 <= int(month) <= 12 or not 1 <= int(day) <= 31:
        raise CellRefused("DATE_ORDER", {"value": raw, "order": order})
    return _day(_year(year), int(month), int(day), raw)


def _placed(parts: tuple[str, str, str], order: Order) -> tuple[str, str, str]:
    first, second, third = parts
    if order == "ymd":
        return first, second, third
    return (third, second, first) if order == "dmy" else (third, first, second)


def _by_name(text: str, raw: str) -> date:
    found = _NAMED_DMY.fullmatch(text)
    if found:
        day, name, year = found[1], found[2], found[3]
    else:
        found = _NAMED_MDY.fullmatch(text)
        if not found:
            raise CellRefused("NOT_A_DATE", {"value": raw})
        name, day, year = found[1], found[2], found[3]
    month = next((index for index, full in enumerate(_MONTHS, start=1) if full.startswith(name.lower())), None)
    if name.lower() == "sept":
        month = 9
    if month is None:
        raise CellRefused("NOT_A_DATE", {"value": raw})
    return _day(_year(year), month, int(day), raw)


def _year(text: str) -> int:
    number = int(text)
    if len(text) == 2:
        return number + (2000 if number <= 68 else 1900)
    return number


def _day(year: int, month: int, day: int, raw: str) -> date:
    if not _FIRST_YEAR <= year <= _LAST_YEAR:
        raise CellRefused("DATE_OUT_OF_RANGE", {"value": raw})
    try:
        return date(year, month, day)
    except ValueError as error:
        raise CellRefused("DATE_IMPOSSIBLE", {"value": raw}) from error


def _in_range(value: date, raw: str) -> date:
    if not _FIRST_YEAR <= value.year <= _LAST_YEAR:
        raise CellRefused("DATE_OUT_OF_RANGE", {"value": raw})
    return value


@dataclass(frozen=True)
class DateOrders:
    """What samples say about their order.

    `possible` are the orders every sample fits; `order` is the one to propose, None when nothing speaks for one.
    `certain` says whether it was the only one possible; when it is not, ask the user. `example` is a sample that
    reads differently under the possible orders.
    """

    order: Order | None
    possible: tuple[Order, ...]
    certain: bool
    example: str | None = None


def detect_date_order(samples: Iterable[Cell]) -> Order | None:
    """The order to propose for a column; None when the samples leave it open. See `examine_date_order`."""
    return examine_date_order(samples).order


def examine_date_order(samples: Iterable[Cell]) -> DateOrders:
    """Which orders fit every dated sample. Samples that are no dates are passed over.

    Where two fit, the spread decides if it is clear: in a column of 20-10-16, 09-03-17 the first part takes many
    values and the last but a few, so the last is the year.
    """
    parts: list[tuple[str, str, str]] = []
    texts: list[str] = []
    shown = False
    for sample in samples:
        if not isinstance(sample, str):
            shown = shown or isinstance(sample, date)
            continue
        text = unicodedata.normalize("NFKC", sample).strip()
        found = _THREE.fullmatch(text)
        if found and len(found[1]) != 4:
            parts.append((found[1], found[3], found[4]))
            texts.append(text)
        else:
            shown = shown or bool(_YEAR_FIRST.fullmatch(text) or _COMPACT.fullmatch(text))
    if not parts:
        return DateOrders(order="ymd" if shown else None, possible=("ymd",) if shown else _ORDERS, certain=shown)
    possible = tuple(order for order in _ORDERS if all(_fits(each, order) for each in parts))
    if len(possible) == 1:
        return DateOrders(order=possible[0], possible=possible, certain=True)
    example = next((text for text, each in zip(texts, parts, strict=True) if _differs(each, possible)), None)
    if possible and example is None:
        # Every sample, such as 05-05-2017, is the same day under each possible order.
        return DateOrders(order=None, possible=possible, certain=False)
    return DateOrders(order=_by_spread(parts, possible), possible=possible, certain=False, example=example)


def _fits(parts: tuple[str, str, str], order: Order) -> bool:
    try:
        _by_order(parts, order, "")
    except CellRefused:
        return False
    return True


def _differs(parts: tuple[str, str, str], possible: tuple[Order, ...]) -> bool:
    return len({_by_order(parts, order, "") for order in possible}) > 1


def _by_spread(parts: list[tuple[str, str, str]], possible: tuple[Order, ...]) -> Order | None:
    """The order whose year part takes few values while its day part takes many; None unless that is plain."""
    if len(parts) < 20:
        return None
    clear = []
    for order in possible:
        placed = [_placed(each, order) for each in parts]
        years, months, days = (len({each[index] for each in placed}) for index in range(3))
        if years * 3 <= days and months <= 12 and days > 12:
            clear.append(order)
    return clear[0] if len(clear) == 1 else None
