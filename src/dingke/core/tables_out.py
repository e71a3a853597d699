"""Writing tables to files: xlsx for people, csv (UTF-8 with BOM) for machines; row by row, so that size does not matter."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Any

import xlsxwriter
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from dingke.core.errors import Invalid

XLSX_ROWS = 1_048_576
_DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # East Asian versions of Excel take the wide ones too
_PHONE_OR_NUMBER = re.compile(r"[+-]?[\d\s().,-]+")


class FileKind(StrEnum):
    XLSX = "xlsx"
    CSV = "csv"


CONTENT_TYPES = {
    FileKind.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    FileKind.CSV: "text/csv; charset=utf-8",
}


class CellKind(StrEnum):
    TEXT = "text"
    WHOLE = "whole"
    NUMBER = "number"
    MONEY = "money"
    PERCENT = "percent"
    DATE = "date"
    MOMENT = "moment"
    BOOLEAN = "boolean"


_FORMATS = {
    CellKind.WHOLE: "#,##0",
    CellKind.NUMBER: "#,##0.00",
    CellKind.MONEY: "#,##0.00",
    CellKind.PERCENT: "0.0%",
    CellKind.DATE: "yyyy-mm-dd",
    CellKind.MOMENT: "yyyy-mm-dd hh:mm",
}
_WIDTHS = {CellKind.TEXT: 22, CellKind.MONEY: 16, CellKind.MOMENT: 17}


@dataclass(frozen=True, slots=True)
class OutColumn:
    """A column of a written table: its head, what its cells are, how wide it is in characters (0: by kind)."""

    header: str
    kind: CellKind = CellKind.TEXT
    width: int = 0


@dataclass(frozen=True, slots=True)
class Stamp:
    """Whose file this is: who exported, when. An xlsx says it in its properties, on every printed page and (with `in_sheet`) in a
    last line; a csv in its name only, and (with `in_csv`) in a column of its own, as a line that is no row breaks what reads it.
    """

    by: str
    at: datetime
    in_sheet: bool = True
    in_csv: bool = False

    @property
    def who_and_when(self) -> str:
        return f"{self.by} · {_local(self.at).strftime('%Y-%m-%d %H:%M')}"

    def text(self, rows: int) -> str:
        """The line for people: who, when, how many rows."""
        line = ngettext("Exported from Dingke by %(who)s: %(number)s row", "Exported from Dingke by %(who)s: %(number)s rows", rows)
        return line % {"who": self.who_and_when, "number": f"{rows:,}"}

    def file_name(self, title: str, *, rows: int, kind: FileKind) -> str:
        """Such as 客户-20260930-1000-许文静-120.xlsx: title, moment, person, number of rows."""
        person = re.sub(r'[\\/:*?"<>|\s]+', " ", self.by).strip()
        moment = _local(self.at).strftime("%Y%m%d-%H%M")
        return "-".join(part for part in (title, moment, person, str(rows)) if part) + f".{kind.value}"


def harmless(text: str) -> str:
    """The text with a leading apostrophe when a spreadsheet would take it for a formula; phones and numbers stay."""
    if text.startswith(_DANGEROUS) and not _PHONE_OR_NUMBER.fullmatch(text):
        return "'" + text
    return text


def write_table(
    path: Path,
    *,
    columns: Sequence[OutColumn],
    rows: Iterable[Sequence[Any]],
    kind: FileKind,
    sheet: str = "",
    stamp: Stamp | None = None,
) -> int:
    """Writes the rows in the order of the columns and returns their number. `None` is an empty cell; `stamp` says whose file it is.

    The file appears under its name only when it is whole. Raises `Invalid` when an xlsx sheet cannot hold the rows.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    try:
        number = (_write_xlsx if kind is FileKind.XLSX else _write_csv)(part, columns, rows, sheet, stamp)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    return number


def _write_csv(path: Path, columns: Sequence[OutColumn], rows: Iterable[Sequence[Any]], sheet: str, stamp: Stamp | None) -> int:
    number = 0
    head, value_of = ([_("Exported by")], [harmless(stamp.who_and_when)]) if stamp is not None and stamp.in_csv else ([], [])
    with path.open("w", encoding="utf-8-sig", newline="") as handle:
        writer = csv.writer(handle)
        writer.writerow([harmless(column.header) for column in columns] + head)
        for row in rows:
            writer.writerow([_as_text(value, column.kind) for value, column in zip(row, columns, strict=True)] + value_of)
            number += 1
    return number


def _as_text(value: Any, kind: CellKind) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if isinstance(value, datetime):
        return _local(value).strftime("%Y-%m-%d %H:%M")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, (int, float, Decimal)):
        return f"{value:.2f}" if kind is CellKind.MONEY else f"{value * 100:.1f}%" if kind is CellKind.PERCENT else str(value)
    return harmless(str(value))


def _write_xlsx(path: Path, columns: Sequence[OutColumn], rows: Iterable[Sequence[Any]], sheet: str, stamp: Stamp | None) -> int:
    book = xlsxwriter.Workbook(
        str(path), {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    )
    try:
        page = book.add_worksheet(_sheet_name(sheet))
        head = book.add_format({"bold": True, "bottom": 1})
        formats = {kind: book.add_format({"num_format": pattern}) for kind, pattern in _FORMATS.items()}
        page.freeze_panes(1, 0)
        for index, column in enumerate(columns):
            width = column.width or _WIDTHS.get(column.kind, 13)
            page.set_column(index, index, max(width, min(2 * len(column.header) + 2, 40)))
        for index, column in enumerate(columns):
            page.write_string(0, index, harmless(column.header), head)
        number = 0
        for row in rows:
            number += 1
            if number >= XLSX_ROWS:
                raise Invalid(
                    _("An xlsx sheet holds at most %(rows)s rows. Choose csv, or narrow the filter.") % {"rows": f"{XLSX_ROWS - 1:,}"}
                )
            for index, (value, column) in enumerate(zip(row, columns, strict=True)):
                _write_cell(page, number, index, value, formats.get(column.kind))
        if columns:
            page.autofilter(0, 0, number, len(columns) - 1)
        if stamp is not None:
            _stamp_xlsx(book, page, stamp, number)
    finally:
        book.close()
    return number


def _stamp_xlsx(book: Any, page: Any, stamp: Stamp, number: int) -> None:
    """In the properties of the file, on every printed page, and as a last line apart from the rows (outside of the filter)."""
    text = stamp.text(number)
    made = _local(stamp.at).replace(tzinfo=None)
    book.set_properties({"author": stamp.by, "company": "Dingke", "title": page.get_name(), "comments": text, "created": made})
    plain = text.replace("&", "&&")
    page.set_footer(f"&L{plain[:200]}&R&P/&N", {"scale_with_doc": False})
    if stamp.in_sheet and number + 2 < XLSX_ROWS:
        page.write_string(number + 2, 0, harmless(text), book.add_format({"italic": True, "font_color": "#6b7280"}))


def _write_cell(page: Any, row: int, column: int, value: Any, cell_format: Any) -> None:
    if value is None or value == "":
        return
    if isinstance(value, bool):
        page.write_string(row, column, _("Yes") if value else _("No"))
    elif isinstance(value, datetime):
        page.write_datetime(row, column, _local(value).replace(tzinfo=None), cell_format)
    elif isinstance(value, date):
        page.write_datetime(row, column, datetime(value.year, value.month, value.day), cell_format)  # noqa: DTZ001 (a day in a sheet)
    elif isinstance(value, (int, float, Decimal)):
        page.write_number(row, column, float(value), cell_format)
    else:
        page.write_string(row, column, harmless(str(value))[:32_000])


def _local(value: datetime) -> datetime:
    return timezone.localtime(value) if timezone.is_aware(value) else value


def _sheet_name(name: str) -> str:
    return re.sub(r"[\[\]:*?/\\']", " ", name).strip()[:31] or "Dingke"
