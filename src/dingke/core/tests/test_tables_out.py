"""Written tables: what a cell holds, what a spreadsheet must not execute, what is there when it fails."""

from __future__ import annotations

import csv
from datetime import UTC, date, datetime
from decimal import Decimal

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dingke.core import tables_out
from dingke.core.errors import Invalid
from dingke.core.tables_out import CellKind, FileKind, OutColumn, Stamp, harmless, write_table

COLUMNS = [
    OutColumn("名称"),
    OutColumn("金额", CellKind.MONEY),
    OutColumn("毛利率", CellKind.PERCENT),
    OutColumn("日期", CellKind.DATE),
    OutColumn("时间", CellKind.MOMENT),
    OutColumn("大客户", CellKind.BOOLEAN),
    OutColumn("数量", CellKind.WHOLE),
]
ROWS = [
    ["华为", Decimal("12840000.50"), Decimal("0.316"), date(2026, 9, 30), datetime(2026, 9, 30, 2, 0, tzinfo=UTC), True, 7],
    ["=1+1", None, None, None, None, False, None],
]


def written(tmp_path, kind):
    path = tmp_path / f"out.{kind.value}"
    assert write_table(path, columns=COLUMNS, rows=iter(ROWS), kind=kind, sheet="客户/[2026]") == 2
    return path


def test_csv_is_utf8_with_bom_and_plain_values(tmp_path):
    path = written(tmp_path, FileKind.CSV)
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    with path.open(encoding="utf-8-sig", newline="") as handle:
        head, first, second = list(csv.reader(handle))
    assert head[0] == "名称"
    assert first[:5] == ["华为", "12840000.50", "31.6%", "2026-09-30", "2026-09-30 10:00"]
    assert second[:2] == ["'=1+1", ""]


def test_xlsx_keeps_numbers_and_days_and_has_no_formulas(tmp_path):
    sheet = openpyxl.load_workbook(written(tmp_path, FileKind.XLSX)).active
    assert sheet.title == "客户  2026"
    assert [cell.value for cell in sheet[1]] == [column.header for column in COLUMNS]
    assert sheet["B2"].value == 12840000.5
    assert sheet["C2"].value == pytest.approx(0.316)
    assert sheet["D2"].value == datetime(2026, 9, 30)  # noqa: DTZ001 (a sheet knows no zones)
    assert sheet["E2"].value == datetime(2026, 9, 30, 10, 0)  # noqa: DTZ001
    assert sheet["A3"].value == "'=1+1"
    assert all(cell.data_type != "f" for row in sheet.iter_rows() for cell in row)
    assert sheet.freeze_panes == "A2"


@pytest.mark.parametrize("text", ['=HYPERLINK("x")', "+cmd|' /C calc'!A0", "-1+cmd", "@SUM(A1)", "\t=1", "\r=1", "-2+3*cmd()"])
def test_formulas_are_made_harmless(text):
    assert harmless(text) == "'" + text


@pytest.mark.parametrize("text", ["+86 139 1234 5678", "-12.5", "0512-66667777", "华为 = 客户", "", "a@b.cn"])
def test_phones_numbers_and_plain_texts_stay(text):
    assert harmless(text) == text


@given(st.text())
def test_nothing_that_begins_like_a_formula_is_left_unless_it_is_a_number(text):
    safe = harmless(text)
    assert safe.lstrip("'") == text.lstrip("'")
    if safe[:1] in {"=", "@", "\t", "\r", "\n"}:
        assert not any(sign.isalpha() for sign in safe)


def test_nothing_is_left_behind_when_the_rows_fail(tmp_path):
    def failing():
        yield ["甲"]
        raise RuntimeError

    for kind in FileKind:
        with pytest.raises(RuntimeError):
            write_table(tmp_path / f"x.{kind.value}", columns=[OutColumn("名称")], rows=failing(), kind=kind)
    assert list(tmp_path.iterdir()) == []


def test_too_many_rows_for_a_sheet_are_refused_in_words(tmp_path, monkeypatch):
    monkeypatch.setattr(tables_out, "XLSX_ROWS", 3)
    with pytest.raises(Invalid):
        write_table(tmp_path / "x.xlsx", columns=[OutColumn("名称")], rows=([str(n)] for n in range(3)), kind=FileKind.XLSX)
    assert write_table(tmp_path / "x.csv", columns=[OutColumn("名称")], rows=([str(n)] for n in range(3)), kind=FileKind.CSV) == 3


class TestStamp:
    STAMP = Stamp(by="许文静", at=datetime(2026, 9, 30, 2, 0, tzinfo=UTC))

    def test_an_xlsx_says_whose_it_is_below_the_rows_on_print_and_in_its_properties(self, tmp_path):
        path = tmp_path / "out.xlsx"
        assert write_table(path, columns=COLUMNS, rows=iter(ROWS), kind=FileKind.XLSX, stamp=self.STAMP) == 2
        book = openpyxl.load_workbook(path)
        sheet = book.active
        assert sheet.auto_filter.ref == "A1:G3"
        assert sheet["A4"].value is None
        assert "许文静 · 2026-09-30 10:00" in sheet["A5"].value
        assert "2" in sheet["A5"].value.partition("10:00")[2]
        assert book.properties.creator == "许文静"
        assert "许文静" in book.properties.description
        assert "许文静" in sheet.oddFooter.left.text

    def test_the_line_can_be_left_out_the_properties_stay(self, tmp_path):
        path = tmp_path / "out.xlsx"
        stamp = Stamp(by="许文静", at=self.STAMP.at, in_sheet=False)
        write_table(path, columns=COLUMNS, rows=iter(ROWS), kind=FileKind.XLSX, stamp=stamp)
        book = openpyxl.load_workbook(path)
        assert book.active.max_row == 3
        assert book.properties.creator == "许文静"

    def test_a_csv_holds_nothing_but_rows_unless_a_column_is_wished(self, tmp_path):
        path = tmp_path / "out.csv"
        write_table(path, columns=COLUMNS, rows=iter(ROWS), kind=FileKind.CSV, stamp=self.STAMP)
        assert "许文静" not in path.read_text(encoding="utf-8-sig")
        stamp = Stamp(by="许文静", at=self.STAMP.at, in_csv=True)
        write_table(path, columns=COLUMNS, rows=iter(ROWS), kind=FileKind.CSV, stamp=stamp)
        with path.open(encoding="utf-8-sig", newline="") as handle:
            head, *rows = list(csv.reader(handle))
        assert len(head) == len(COLUMNS) + 1
        assert {row[-1] for row in rows} == {"许文静 · 2026-09-30 10:00"}

    def test_the_name_of_the_file_says_who_when_and_how_many(self):
        name = Stamp(by='a/b:"许"', at=self.STAMP.at).file_name("客户", rows=120, kind=FileKind.CSV)
        assert name == "客户-20260930-1000-a b 许-120.csv"
