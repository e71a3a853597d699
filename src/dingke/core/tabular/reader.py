"""Open a user's file as a table: the one door of this package for files."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import islice
from os import PathLike
from pathlib import Path

from dingke.core.tabular.coerce import to_text
from dingke.core.tabular.errors import CellRefused, FileRefused, Notice
from dingke.core.tabular.layout import Layout, cut_at, layout_of
from dingke.core.tabular.sniff import encoding_of, kind_of, sample_of
from dingke.core.tabular.table import Cell, Limits, Merge, RawRow, Row, Source, Table, address, is_empty, letters
from dingke.core.tabular.text import TextSource
from dingke.core.tabular.workbook import open_sheet

__all__ = ["Limits", "Row", "Table", "open_table"]

_SAMPLE_ROWS = 1000
_TITLE_ROWS = 20
_HEADER_ROWS = 5
_NUMERIC = re.compile(r"^[-+]?[\d.,/:%\s-]+$")


def open_table(
    path: str | PathLike[str],
    *,
    sheet: str | None = None,
    encoding: str | None = None,
    delimiter: str | None = None,
    fixed_width: bool | Sequence[int] | None = None,
    header_row: int | None = None,
    limits: Limits | None = None,
) -> Table:
    """Open a csv, text, xlsx or xls file, told apart by content.

    Every argument but the path is the user's word where the file leaves it open: the sheet's name, the encoding, the
    delimiter, fixed columns (see `layout_of`), and the 1-based header row (0: the file has none; None: find it).
    Raises FileRefused with the codes of `errors.MESSAGES`.
    """
    file = Path(path)
    limits = limits or Limits()
    try:
        size = file.stat().st_size
    except OSError as error:
        raise FileRefused("FILE_UNREADABLE") from error
    if not file.is_file():
        raise FileRefused("FILE_UNREADABLE")
    if size == 0:
        raise FileRefused("EMPTY_FILE")
    if size > limits.max_bytes:
        sizes = {"size_mb": round(size / 1e6, 1), "limit_mb": round(limits.max_bytes / 1e6, 1)}
        raise FileRefused("FILE_TOO_LARGE", sizes)
    kind = kind_of(file)
    if kind != "text":
        return _open_workbook(file, kind=kind, sheet=sheet, header_row=header_row, limits=limits)
    if sheet is not None:
        raise FileRefused("SHEET_NOT_FOUND", {"sheet": sheet, "sheets": ()})
    return _open_text(file, encoding=encoding, delimiter=delimiter, fixed_width=fixed_width, header_row=header_row, limits=limits)


def _open_workbook(path: Path, *, kind: str, sheet: str | None, header_row: int | None, limits: Limits) -> Table:
    opened = open_sheet(path, kind=kind, sheet=sheet, limits=limits)
    header = _header_of(opened.source, header_row=header_row, sheet=opened.name)
    notices = [*header.notices, *_merge_notices(opened.source, header)]
    others = tuple(name for name in opened.names if name != opened.name)
    if others and sheet is None:
        notices.append(Notice("OTHER_SHEETS", {"sheet": opened.name, "others": others}))
    if kind == "xls":
        notices.append(Notice("OLD_WORKBOOK"))
    table = Table(
        kind=kind, headers=header.names, notices=tuple(notices), sheet=opened.name, sheets=opened.names,
        encoding=None, delimiter=None, header_row=header.row, first_data_row=header.last_row + 1,
        expected_rows=max(0, opened.rows - header.last_row), date_1904=opened.date_1904, limits=limits,
        source=opened.source,
    )  # fmt: skip
    return _checked(table)


def _open_text(
    path: Path,
    *,
    encoding: str | None,
    delimiter: str | None,
    fixed_width: bool | Sequence[int] | None,
    header_row: int | None,
    limits: Limits,
) -> Table:
    facts = encoding_of(path, declared=encoding)
    lines = sample_of(path, facts.encoding)
    layout = layout_of(lines, delimiter=delimiter, fixed_width=fixed_width)
    source = TextSource(path=path, encoding=facts.encoding, layout=layout)
    header = _header_of(source, header_row=header_row, sheet="")
    if layout.kind != "delimited":
        header = _fixed_header(header, lines, layout)
    table = Table(
        kind="text", headers=header.names, notices=header.notices, sheet=None, sheets=(), encoding=facts.encoding,
        delimiter=layout.delimiter if layout.kind == "delimited" else None, header_row=header.row,
        first_data_row=header.last_row + 1, expected_rows=max(0, facts.lines - header.last_row), date_1904=False,
        limits=limits, source=source,
    )  # fmt: skip
    if table.expected_rows > limits.max_rows:
        # Quoted line ends and blank lines may make fewer rows of more lines; only then is counting worth a pass.
        table.count()
    return _checked(table)


def _checked(table: Table) -> Table:
    if len(table.headers) > table.limits.max_columns:
        raise FileRefused("TOO_MANY_COLUMNS", {"column": len(table.headers), "limit": table.limits.max_columns})
    if not any(True for _ in islice(table.rows(), 1)):
        table.notices = (*table.notices, Notice("NO_ROWS"))
    return table


@dataclass(frozen=True)
class _Header:
    names: tuple[str, ...]
    row: int
    last_row: int
    notices: tuple[Notice, ...]


def _header_of(source: Source, *, header_row: int | None, sheet: str) -> _Header:
    sample = list(islice(source.raw_rows(), _SAMPLE_ROWS))
    if header_row is not None and header_row > len(sample):
        sample = list(islice(source.raw_rows(), header_row + _SAMPLE_ROWS))
    filled = [row for row in sample if not row.is_blank]
    if not filled:
        raise FileRefused("EMPTY_SHEET", {"sheet": sheet}) if sheet else FileRefused("EMPTY_FILE")
    if header_row == 0:
        width = _trimmed(max(len(row.values) for row in filled), filled)
        names, _ = _named([None] * width, source.first_column)
        return _Header(names, row=0, last_row=0, notices=())
    if header_row is None:
        top, notices = _found(filled)
    else:
        named = next((row for row in filled if row.number == header_row), None)
        if named is None:
            raise FileRefused("HEADER_ROW_NOT_FOUND", {"row": header_row})
        top, notices = named, []
    if _looks_like_data(top):
        notices.append(Notice("HEADER_LOOKS_LIKE_DATA", {"row": top.number}))
    spans = [merge.bottom for merge in source.merges if merge.top == top.number and merge.left < len(top.values)]
    last = max((bottom for bottom in spans if bottom < top.number + _HEADER_ROWS), default=0)
    last = max(last, top.number)
    block = [row for row in sample if top.number <= row.number <= last]
    texts = _header_texts(block, source.merges)
    body = [row for row in filled if row.number > last]
    width = max(_trimmed(len(texts), body), _last_filled(texts) + 1)
    names, named_notices = _named(texts[:width], source.first_column)
    return _Header(names, row=top.number, last_row=last, notices=(*notices, *named_notices))


def _found(filled: list[RawRow]) -> tuple[RawRow, list[Notice]]:
    """The header row: the first row about as full as the fullest near the top. Titles above it are short."""
    near = filled[: _TITLE_ROWS + 30]
    widest = max(_own(row) for row in near)
    wanted = min(widest, max(2, (widest + 1) // 2))
    top = next((row for row in near[:_TITLE_ROWS] if _own(row) >= wanted), filled[0])
    skipped = top is not filled[0]
    return top, [Notice("HEADER_FOUND", {"row": top.number})] if skipped else []


def _own(row: RawRow) -> int:
    return sum(1 for value in row.values if not is_empty(value))


def _looks_like_data(row: RawRow) -> bool:
    values = [value for value in row.values if not is_empty(value)]
    numeric = sum(1 for value in values if not isinstance(value, str) or _NUMERIC.match(value))
    return numeric * 2 > len(values)


def _header_texts(block: list[RawRow], merges: Sequence[Merge]) -> list[str | None]:
    """One text per column from one or more header rows; text of merged cells goes to each column under them."""
    columns: list[list[str]] = [[] for _ in range(max(len(row.values) for row in block))]
    for row in block:
        cells = [_text(value) for value in row.values]
        for merge in merges:
            if merge.top <= row.number <= merge.bottom and merge.left < len(cells):
                for index in range(merge.left, min(merge.right + 1, len(cells))):
                    cells[index] = cells[index] or cells[merge.left]
        for index, text in enumerate(cells):
            if text and text not in columns[index]:
                columns[index].append(text)
    return [" ".join(parts) or None for parts in columns]


def _text(value: Cell) -> str | None:
    try:
        text = to_text(value)
    except CellRefused:
        text = str(value)
    return " ".join(text.split()) if text else None


def _trimmed(width: int, rows: list[RawRow]) -> int:
    """The width without trailing columns that no sampled row fills."""
    return max((min(_last_filled(row.values) + 1, width) for row in rows), default=0)


def _last_filled(values: Sequence[Cell]) -> int:
    return next((index for index in range(len(values) - 1, -1, -1) if not is_empty(values[index])), -1)


def _named(texts: Sequence[str | None], first_column: int) -> tuple[tuple[str, ...], list[Notice]]:
    """Unique names: blank ones become `column 3`, repeated ones `name (2)`; both are reported."""
    names: list[str] = []
    notices: list[Notice] = []
    taken = {text for text in texts if text}
    used: set[str] = set()
    for index, text in enumerate(texts):
        place = first_column + index
        if not text:
            name = _free(f"column {place + 1}", taken | used)
            notices.append(Notice("HEADER_BLANK", {"column": place + 1, "letters": letters(place), "name": name}))
        elif text in used:
            name = _free(text, taken | used)
            params = {"column": place + 1, "letters": letters(place), "original": text, "name": name}
            notices.append(Notice("HEADER_REPEATED", params))
        else:
            name = text
        used.add(name)
        names.append(name)
    return tuple(names), notices


def _free(name: str, used: set[str]) -> str:
    if name not in used:
        return name
    number = 2
    while f"{name} ({number})" in used:
        number += 1
    return f"{name} ({number})"


def _merge_notices(source: Source, header: _Header) -> list[Notice]:
    groups: dict[str, list[Merge]] = {"HEADER_MERGED": [], "MERGED_FILLED": [], "MERGED_ACROSS": []}
    for merge in source.merges:
        if header.row <= merge.top <= header.last_row:
            groups["HEADER_MERGED"].append(merge)
        elif merge.top > header.last_row:
            groups["MERGED_FILLED" if merge.bottom > merge.top else "MERGED_ACROSS"].append(merge)
    notices = []
    for code, merges in groups.items():
        if merges:
            first, shift = merges[0], source.first_column
            cells = f"{address(first.top, first.left + shift)}:{address(first.bottom, first.right + shift)}"
            notices.append(Notice(code, {"count": len(merges), "cells": cells}))
    return notices


def _fixed_header(header: _Header, lines: Sequence[str], layout: Layout) -> _Header:
    """Names over fixed columns are often not aligned with them: take the words if there is one for each column."""
    if header.row == 0 or header.row > len(lines):
        return header
    line = lines[header.row - 1]
    words = line.split()
    notice = Notice("HEADER_NOT_ALIGNED", {"row": header.row})
    if layout.kind == "positions" and not cut_at(line, layout.starts)[1]:
        return header
    texts: list[str | None] = list(words) if len(words) == layout.columns else [None] * layout.columns
    names, notices = _named(texts, 0)
    kept = [old for old in header.notices if old.code in {"HEADER_FOUND", "HEADER_LOOKS_LIKE_DATA"}]
    return replace(header, names=names, notices=(*kept, notice, *notices))
