"""The tables of a run as files: opened as the user said they are to be read, and written for people."""

from __future__ import annotations

import csv
import hashlib
import io
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import xlsxwriter
from django.conf import settings

from dingke.core.importing.rows import shown
from dingke.core.importing.targets import ImportTarget
from dingke.core.models import ImportFailure, ImportFile
from dingke.core.tables_out import harmless
from dingke.core.tabular.mapping import normal
from dingke.core.tabular.reader import Limits, Table, open_table

REASON_HEADERS = ("失败原因", "Reason")


def limits() -> Limits:
    return Limits(max_bytes=settings.IMPORT_MAX_BYTES)


def opened(file: ImportFile) -> Table:
    """Raises FileRefused, also when the stored choices (sheet, encoding, header row) do not fit the file."""
    reading = file.reading
    return open_table(
        Path(file.file.path),
        sheet=reading.get("sheet"),
        encoding=reading.get("encoding"),
        delimiter=reading.get("delimiter"),
        fixed_width=reading.get("fixed_width"),
        header_row=reading.get("header_row"),
        limits=limits(),
    )


def headers_key(headers: Iterable[str]) -> str:
    """The same for files with the same headers in any order; the reason column of a failed-rows file does not count."""
    names = sorted({normal(header) for header in headers if header not in REASON_HEADERS})
    return hashlib.sha256("\x1f".join(names).encode()).hexdigest()


def lookups_of(file: ImportFile, siblings: Sequence[ImportFile]) -> dict[str, dict[str, str]]:
    """For each field with a "lookup": what to look up -> the value that carries the largest sum in the other file."""
    found: dict[str, dict[str, str]] = {}
    for field, spec in file.mapping.get("fields", {}).items():
        rule = spec.get("lookup")
        if not rule:
            continue
        other = next((each for each in siblings if each.mapping.get("name") == rule["file"]), None)
        found[field] = _largest(other, rule) if other else {}
    return found


def _largest(other: ImportFile, rule: Mapping[str, Any]) -> dict[str, str]:
    sums: dict[str, dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    with opened(other) as table:
        place = {header: index for index, header in enumerate(table.headers)}
        if not {rule["match"], rule["take"], rule["largest"], *rule.get("where", {})} <= place.keys():
            return {}
        for row in table.rows():
            values = row.values
            if any(shown(values[place[header]]) not in wanted for header, wanted in rule.get("where", {}).items()):
                continue
            amount = _amount(shown(values[place[rule["largest"]]]))
            sums[shown(values[place[rule["match"]]])][shown(values[place[rule["take"]]])] += amount
    # Equal sums: the first by name, so that two runs say the same.
    return {key: min(by.items(), key=lambda item: (-item[1], item[0]))[0] for key, by in sums.items()}


def _amount(text: str) -> Decimal:
    try:
        return Decimal(text or 0)
    except InvalidOperation:
        return Decimal(0)


def distinct_values(file: ImportFile, columns: Sequence[str], *, most: int) -> dict[str, Counter[str]]:
    """How often each text stands in these columns; a column with more than `most` different texts is left out."""
    where, where_not = file.mapping.get("where", {}), file.mapping.get("where_not", {})
    counts: dict[str, Counter[str]] = {column: Counter() for column in columns}
    with opened(file) as table:
        place = {header: index for index, header in enumerate(table.headers)}
        watched = [column for column in columns if column in place]
        for row in table.rows():
            if any(shown(row.values[place[header]]) not in wanted for header, wanted in where.items() if header in place):
                continue
            if any(shown(row.values[place[header]]) in wanted for header, wanted in where_not.items() if header in place):
                continue
            for column in watched:
                text = shown(row.values[place[column]])
                if text:
                    counts[column][text] += 1
                    if len(counts[column]) > most:
                        counts.pop(column)
                        watched = [each for each in watched if each != column]
    return counts


def failures_as_csv(headers: Sequence[str], failures: Iterable[ImportFailure], *, chinese: bool) -> bytes:
    stream = io.StringIO()
    writer = csv.writer(stream)
    writer.writerow([*(harmless(header) for header in headers), REASON_HEADERS[0 if chinese else 1]])
    for failure in failures:
        reason = failure.reason_zh if chinese else failure.reason_en
        writer.writerow([*(harmless(str(failure.values.get(header, ""))) for header in headers), harmless(reason)])
    return b"\xef\xbb\xbf" + stream.getvalue().encode("utf-8")


def failures_as_xlsx(headers: Sequence[str], failures: Iterable[ImportFailure], *, chinese: bool) -> bytes:
    """Cells are written as text: what stood in the file stands here, and nothing is run as a formula."""
    stream = io.BytesIO()
    book = xlsxwriter.Workbook(stream, {"constant_memory": True})
    sheet = book.add_worksheet("失败行" if chinese else "Failed rows")
    head, mark, text = (
        book.add_format({"bold": True, "bottom": 1}),
        book.add_format({"font_color": "#B42318"}),
        book.add_format({"num_format": "@"}),
    )
    sheet.set_column(0, len(headers), 18)
    sheet.set_column(len(headers), len(headers), 60)
    for column, header in enumerate([*headers, REASON_HEADERS[0 if chinese else 1]]):
        sheet.write_string(0, column, header, head)
    for line, failure in enumerate(failures, start=1):
        for column, header in enumerate(headers):
            sheet.write_string(line, column, str(failure.values.get(header, "")), text)
        sheet.write_string(line, len(headers), failure.reason_zh if chinese else failure.reason_en, mark)
    sheet.freeze_panes(1, 0)
    book.close()
    return stream.getvalue()


def template(target: ImportTarget, *, chinese: bool) -> bytes:
    """An empty workbook for a target: headers in one language, an example row, and what each column wants."""
    stream = io.BytesIO()
    book = xlsxwriter.Workbook(stream, {"in_memory": True})
    head, needed = book.add_format({"bold": True, "bottom": 1}), book.add_format({"bold": True, "bottom": 1, "font_color": "#8A5A16"})
    text, wrap = book.add_format({"num_format": "@"}), book.add_format({"text_wrap": True, "valign": "top"})
    sheet = book.add_worksheet(_sheet_name(target.label.zh if chinese else target.label.en))
    for column, each in enumerate(target.fields):
        sheet.set_column(column, column, 20, text)
        sheet.write_string(
            0, column, each.label.zh if chinese else each.label.en, needed if each.required or each.key in target.needs_one_of else head
        )
        if each.choices:
            sheet.data_validation(
                1,
                column,
                10_000,
                column,
                {"validate": "list", "source": [choice.label.zh if chinese else choice.label.en for choice in each.choices]},
            )
    sheet.freeze_panes(1, 0)
    notes = book.add_worksheet("说明" if chinese else "About the columns")
    for place, (title, width) in enumerate(
        [
            ("列" if chinese else "Column", 26),
            ("必填" if chinese else "Required", 10),
            ("填写要求" if chinese else "What to write", 70),
            ("示例" if chinese else "Example", 30),
        ]
    ):
        notes.set_column(place, place, width)
        notes.write_string(0, place, title, head)
    for line, each in enumerate(target.fields, start=1):
        help_text = (each.help.zh if chinese else each.help.en) if each.help else ""
        words = ("、" if chinese else ", ").join(choice.label.zh if chinese else choice.label.en for choice in each.choices)
        notes.write_string(line, 0, each.label.zh if chinese else each.label.en, wrap)
        notes.write_string(line, 1, ("是" if chinese else "yes") if each.required else "", wrap)
        notes.write_string(line, 2, "\n".join(part for part in (help_text, words) if part), wrap)
        notes.write_string(line, 3, each.example, wrap)
    book.close()
    return stream.getvalue()


def _sheet_name(name: str) -> str:
    return re.sub(r"[\[\]:*?/\\]", " ", name)[:31]
