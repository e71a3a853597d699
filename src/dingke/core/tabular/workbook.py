"""Rows of a workbook's sheet (xlsx, xls), read by calamine, with what calamine leaves out put back."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import TypeVar

import python_calamine as calamine

from dingke.core.tabular.archive import SheetScan, open_package
from dingke.core.tabular.errors import FileRefused, Problem
from dingke.core.tabular.probe import opens
from dingke.core.tabular.table import Cell, Limits, Merge, RawRow, address

__all__ = ["OpenedSheet", "SheetSource", "open_sheet"]

_T = TypeVar("_T")
# Whole numbers below this are exact in a spreadsheet (15 digits).
_EXACT = 10**15
# The errors calamine reads; it gives up on a sheet with any other.
_KNOWN_ERRORS = frozenset({"#DIV/0!", "#N/A", "#NAME?", "#NULL!", "#NUM!", "#REF!", "#VALUE!"})


@dataclass
class SheetSource:
    """One sheet, held in memory by calamine; rows become Python values one at a time."""

    sheet: calamine.CalamineSheet
    first_column: int
    merges: Sequence[Merge]
    faults: dict[int, dict[int, str]] = field(default_factory=dict)
    ragged: bool = False

    def raw_rows(self) -> Iterator[RawRow]:
        starting: dict[int, list[Merge]] = {}
        for merge in self.merges:
            if merge.bottom > merge.top:
                starting.setdefault(merge.top, []).append(merge)
        filling: dict[int, tuple[int, Cell]] = {}
        for number, values in self._sheet_rows():
            faults = self.faults.get(number)
            problems = self._problems(number, faults, values) if faults else ()
            is_blank = not problems and all(value is None or (isinstance(value, str) and not value.strip()) for value in values)
            for column, (bottom, value) in list(filling.items()):
                if number > bottom:
                    del filling[column]
                elif column < len(values) and values[column] is None:
                    values[column] = value
            for merge in starting.get(number, ()):
                if merge.left < len(values):
                    filling[merge.left] = (merge.bottom, values[merge.left])
            yield RawRow(number, values, is_blank, problems)

    def _sheet_rows(self) -> Iterator[tuple[int, list[Cell]]]:
        number = width = 0
        for number, cells in enumerate(self.sheet.iter_rows(), start=1):
            width = len(cells)
            yield number, [_value(cell) for cell in cells]
        # To calamine a row with nothing but errors is empty, and the sheet ends before it.
        for later in sorted(row for row in self.faults if row > number):
            yield later, [None] * width

    def _problems(self, number: int, faults: dict[int, str], values: list[Cell]) -> tuple[Problem, ...]:
        found: list[Problem] = []
        for column, error in sorted(faults.items()):
            index = column - self.first_column
            if not 0 <= index < len(values):
                continue
            values[index] = None
            cell = address(number, column)
            if error:
                found.append(Problem("CELL_ERROR", {"cell": cell, "row": number, "error": error}, index))
            else:
                found.append(Problem("FORMULA_NOT_CALCULATED", {"cell": cell, "row": number}, index))
        return tuple(found)

    def close(self) -> None:
        """Nothing to close: the sheet is in memory."""


@dataclass(frozen=True)
class OpenedSheet:
    source: SheetSource
    name: str
    names: tuple[str, ...]
    rows: int
    date_1904: bool


def open_sheet(path: Path, *, kind: str, sheet: str | None, limits: Limits) -> OpenedSheet:
    """Open the named sheet, or the first visible one that holds anything.

    Raises FileRefused: NO_SHEET, SHEET_NOT_FOUND, EMPTY_SHEET, PASSWORD_PROTECTED, DAMAGED_FILE, ZIP_BOMB,
    TOO_MANY_ROWS, TOO_MANY_COLUMNS, SHEET_TOO_SPREAD.
    """
    if kind == "xls":
        if not opens(str(path)):
            raise FileRefused("DAMAGED_FILE", {"detail": ".xls"})
        return _open(path, sheet, None, limits, date_1904=False)
    with open_package(path, limits) as package:
        return _open(path, sheet, package.scan, limits, date_1904=package.date_1904)


def _open(path: Path, wanted: str | None, look: Callable[[str], SheetScan] | None, limits: Limits, *, date_1904: bool) -> OpenedSheet:
    book = _guarded(lambda: _book(path))
    try:
        metadata = [entry for entry in book.sheets_metadata if entry.typ == calamine.SheetTypeEnum.WorkSheet]
        names = tuple(entry.name for entry in metadata)
        if not names:
            raise FileRefused("NO_SHEET")
        if wanted is not None and wanted not in names:
            raise FileRefused("SHEET_NOT_FOUND", {"sheet": wanted, "sheets": names})
        visible = [entry.name for entry in metadata if entry.visible == calamine.SheetVisibleEnum.Visible]
        candidates = [wanted] if wanted is not None else (visible or list(names))
        for name in candidates:
            opened = _open_one(book, name, names, look(name) if look else None, limits, date_1904=date_1904)
            if opened is not None:
                return opened
        raise FileRefused("EMPTY_SHEET", {"sheet": candidates[0]})
    finally:
        book.close()


def _book(path: Path) -> calamine.CalamineWorkbook:
    # Given a path, calamine believes the name; given bytes, it looks.
    with path.open("rb") as file:
        return calamine.CalamineWorkbook.from_filelike(file)


def _open_one(
    book: calamine.CalamineWorkbook,
    name: str,
    names: tuple[str, ...],
    scan: SheetScan | None,
    limits: Limits,
    *,
    date_1904: bool,
) -> OpenedSheet | None:
    if scan is not None and not scan.cells:
        return None
    for row, faults in scan.faults.items() if scan else ():
        for column, error in faults.items():
            if error and error not in _KNOWN_ERRORS:
                cell = address(row, column)
                raise FileRefused("SHEET_BLOCKED_BY_ERROR", {"sheet": name, "cell": cell, "error": error})
    sheet = _guarded(lambda: book.get_sheet_by_name(name))
    if sheet.start is None or sheet.end is None:
        for row, faults in scan.faults.items() if scan else ():
            raise FileRefused("FORMULA_NOT_CALCULATED", {"cell": address(row, min(faults)), "row": row})
        return None
    first, height = sheet.start[1], sheet.end[0] + 1
    if height > limits.max_rows + 20:
        raise FileRefused("TOO_MANY_ROWS", {"limit": limits.max_rows, "row": height})
    if sheet.end[1] - first + 1 > limits.max_columns:
        raise FileRefused("TOO_MANY_COLUMNS", {"column": sheet.end[1] + 1, "limit": limits.max_columns})
    merges = [
        Merge(top=top + 1, left=left - first, bottom=bottom + 1, right=right - first)
        for (top, left), (bottom, right) in _guarded(lambda: sheet.merged_cell_ranges) or []
        if left >= first
    ]
    source = SheetSource(
        sheet=sheet, first_column=first, merges=sorted(merges, key=lambda merge: (merge.top, merge.left)),
        faults=scan.faults if scan else {},
    )  # fmt: skip
    return OpenedSheet(source=source, name=name, names=names, rows=height, date_1904=date_1904)


def _guarded(read: Callable[[], _T]) -> _T:
    """Call calamine and turn its errors into refusals. A panic in it does not derive from Exception."""
    try:
        return read()
    except calamine.PasswordError as error:
        raise FileRefused("PASSWORD_PROTECTED") from error
    except (calamine.CalamineError, OSError, ValueError) as error:
        raise FileRefused("DAMAGED_FILE", {"detail": str(error)[:80]}) from error
    except BaseException as error:
        if type(error).__name__ != "PanicException":
            raise
        raise FileRefused("DAMAGED_FILE", {"detail": "workbook"}) from error


def _value(cell: int | float | str | bool | time | date | datetime | timedelta) -> Cell:
    if isinstance(cell, str):
        return cell or None
    if isinstance(cell, float):
        return int(cell) if abs(cell) < _EXACT and cell.is_integer() else cell
    if isinstance(cell, time):
        return cell.isoformat()
    if isinstance(cell, timedelta):
        minutes, seconds = divmod(round(cell.total_seconds()), 60)
        hours, minutes = divmod(minutes, 60)
        return f"{hours}:{minutes:02d}:{seconds:02d}"
    return cell
