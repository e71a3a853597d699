"""Workbooks: dates of both epochs, merged cells, formulas, stray cells, bombs, damage, the old format."""

# ruff: noqa: DTZ001 (cells hold wall-clock times without a zone)

import struct
import zipfile
from datetime import date, datetime, time

import openpyxl
import pytest
import xlsxwriter
from openpyxl.chart import BarChart

from dingke.core.tabular.errors import FileRefused
from dingke.core.tabular.reader import Limits, open_table


def codes(items):
    return [item.code for item in items]


def values(table):
    return [row.values for row in table.rows()]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "book.xlsx"


def saved(path, rows, *, more=None, title="客户"):
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = title
    for row in rows:
        sheet.append(row)
    if more:
        more(book, sheet)
    book.save(path)
    return path


def repacked(path, change, *, compression=zipfile.ZIP_DEFLATED):
    """Rewrite every part of a zip through `change(name, content)`."""
    with zipfile.ZipFile(path) as source:
        parts = [(name, source.read(name)) for name in source.namelist()]
    with zipfile.ZipFile(path, "w", compression) as target:
        for name, content in parts:
            target.writestr(name, change(name, content))
    return path


def in_sheet(old, new):
    def change(name, content):
        if name.startswith("xl/worksheets/sheet"):
            content = content.replace(b"<v></v>", b"<v />").replace(b"<v/>", b"<v />")  # as whichever XML writer is installed puts it
            assert old in content
            return content.replace(old, new)
        return content

    return change


def refusal(path, **options) -> FileRefused:
    with pytest.raises(FileRefused) as caught:
        open_table(path, **options).count()
    return caught.value


class TestValues:
    @pytest.mark.parametrize("is_1904", [False, True])
    def test_dates_of_both_epochs(self, path, is_1904):
        with xlsxwriter.Workbook(path, {"date_1904": is_1904}) as book:
            sheet = book.add_worksheet()
            day, instant = (
                book.add_format({"num_format": "yyyy-mm-dd"}),
                book.add_format({"num_format": "yyyy/m/d h:mm"}),
            )
            clock, span = book.add_format({"num_format": "hh:mm:ss"}), book.add_format({"num_format": "[h]:mm"})
            sheet.write_row(0, 0, ["day", "instant", "clock", "span"])
            sheet.write_datetime(1, 0, datetime(2017, 3, 1), day)
            sheet.write_datetime(1, 1, datetime(2017, 3, 1, 12, 30), instant)
            sheet.write_datetime(1, 2, time(1, 2, 3), clock)
            sheet.write_number(1, 3, 1.5, span)
        table = open_table(path)
        assert table.date_1904 is is_1904
        assert values(table) == [(date(2017, 3, 1), datetime(2017, 3, 1, 12, 30), "01:02:03", "36:00:00")]

    def test_types(self, path):
        saved(path, [["a", "b", "c", "d", "e", "f"], ["00012", 12, 13800138000, 1.25, True, None]])
        assert values(open_table(path)) == [("00012", 12, 13800138000, 1.25, True, None)]
        assert [type(value) for value in values(open_table(path))[0][1:5]] == [int, int, float, bool]

    def test_rows_keep_their_sheet_number(self, path):
        def more(book, sheet):
            sheet["C4"], sheet["D4"], sheet["C5"], sheet["C9"], sheet["D9"] = "name", "city", "甲", "乙", "京"

        table = open_table(saved(path, [], more=more))
        assert table.headers == ("name", "city")
        assert [(row.number, row.values) for row in table.rows()] == [(5, ("甲", None)), (9, ("乙", "京"))]
        assert [row.number for row in table.rows(start=5)] == [9]

    def test_a_blank_name_is_numbered_as_in_the_sheet(self, path):
        def more(book, sheet):
            sheet["C1"], sheet["E1"], sheet["D2"], sheet["C2"] = "name", "city", "x", "甲"

        table = open_table(saved(path, [], more=more))
        assert table.headers == ("name", "column 4", "city")
        assert table.notices[0].params["letters"] == "D"

    def test_styled_blank_columns_are_dropped(self, path):
        with xlsxwriter.Workbook(path) as book:
            sheet = book.add_worksheet()
            bold = book.add_format({"bold": True})
            sheet.write_row(0, 0, ["a", "b"])
            sheet.write_row(1, 0, [1, 2])
            sheet.write_blank(1, 900, None, bold)
            sheet.write_blank(1_048_575, 3, None, bold)
        table = open_table(path)
        assert (table.headers, values(table)) == (("a", "b"), [(1, 2)])


class TestSheets:
    def test_the_first_visible_sheet_with_data(self, path):
        def more(book, sheet):
            sheet.sheet_state = "hidden"
            book.create_sheet("空表")
            book.create_sheet("数据").append(["b"])
            book.create_chartsheet("图").add_chart(BarChart())

        saved(path, [["a"], [1]], more=more)
        table = open_table(path)
        assert (table.sheet, table.sheets, table.headers) == ("数据", ("客户", "空表", "数据"), ("b",))
        assert codes(table.notices) == ["OTHER_SHEETS", "NO_ROWS"]
        assert open_table(path, sheet="客户").headers == ("a",)

    def test_a_missing_and_an_empty_sheet(self, path):
        saved(path, [["a"]], more=lambda book, sheet: book.create_sheet("空表"))
        refused = refusal(path, sheet="没有")
        assert (refused.code, refused.params["sheets"]) == ("SHEET_NOT_FOUND", ("客户", "空表"))
        assert "空表" in refused.describe("zh-hans")
        assert refusal(path, sheet="空表").code == "EMPTY_SHEET"
        assert refusal(saved(path, [])).code == "EMPTY_SHEET"

    def test_a_workbook_under_any_name(self, tmp_path):
        for name in ("list.csv", "list.xls", "list", "list.ods"):
            assert open_table(saved(tmp_path / name, [["a"], [1]])).kind == "xlsx"


class TestMerged:
    def test_a_merged_title_is_passed_over(self, path):
        saved(path, [["客户清单"], ["名称", "城市", "金额"], ["甲", "京", 1]], more=lambda b, s: s.merge_cells("A1:C1"))
        table = open_table(path)
        assert (table.headers, table.header_row) == (("名称", "城市", "金额"), 2)
        assert codes(table.notices) == ["HEADER_FOUND"]

    def test_merged_names_go_to_each_column_under_them(self, path):
        table = open_table(saved(path, [["名称", "电话", None], ["甲", "1", "2"]], more=lambda b, s: s.merge_cells("B1:C1")))
        assert table.headers == ("名称", "电话", "电话 (2)")
        assert codes(table.notices) == ["HEADER_REPEATED", "HEADER_MERGED"]

    def test_a_header_of_two_rows_is_joined(self, path):
        rows = [["名称", "联系人", None, "金额"], [None, "姓名", "电话", None], ["甲", "李", "1", 5]]

        def more(book, sheet):
            for cells in ("A1:A2", "B1:C1", "D1:D2"):
                sheet.merge_cells(cells)

        table = open_table(saved(path, rows, more=more))
        assert table.headers == ("名称", "联系人 姓名", "联系人 电话", "金额")
        assert [(row.number, row.values) for row in table.rows()] == [(3, ("甲", "李", "1", 5))]
        assert table.notices[0].params == {"count": 3, "cells": "A1:A2"}

    def test_data_is_filled_down_not_across(self, path):
        rows = [
            ["区", "客户", "额"],
            ["东", "甲", 1],
            [None, "乙", 2],
            ["西", "丙", 3],
            ["合计", None, 6],
            [None, "丁", 7],
        ]

        def more(book, sheet):
            sheet.merge_cells("A2:A3")
            sheet.merge_cells("A5:B5")

        table = open_table(saved(path, rows, more=more))
        assert values(table) == [("东", "甲", 1), ("东", "乙", 2), ("西", "丙", 3), ("合计", None, 6), (None, "丁", 7)]
        assert {notice.code: notice.params["cells"] for notice in table.notices} == {
            "MERGED_FILLED": "A2:A3",
            "MERGED_ACROSS": "A5:B5",
        }

    def test_blank_rows_under_a_merged_cell_stay_blank(self, path):
        rows = [["区", "客户"], ["东", "甲"]]
        assert values(open_table(saved(path, rows, more=lambda b, s: s.merge_cells("A2:A9")))) == [("东", "甲")]


class TestFormulas:
    def test_results_are_used_and_missing_ones_reported(self, path):
        with xlsxwriter.Workbook(path) as book:
            sheet = book.add_worksheet()
            sheet.write_row(0, 1, ["a", "b", "c"])
            sheet.write_formula(1, 1, "=1+1", None, 2)
            sheet.write_formula(1, 2, "=NA()", None, "#N/A")
            sheet.write_formula(1, 3, '="x"', None, "x")
        row = next(open_table(path).rows())
        assert row.values == (2, None, "x")
        assert [(problem.code, problem.column, problem.params["cell"]) for problem in row.problems] == [("CELL_ERROR", 1, "C2")]
        assert "C2" in row.problems[0].describe("zh")
        assert "#N/A" in row.problems[0].describe("en")

    def test_a_formula_never_calculated(self, path):
        table = open_table(saved(path, [["a", "b"], ["=1+1", 5], ["=A2", None]]))
        rows = list(table.rows())
        assert [row.values for row in rows] == [(None, 5), (None, None)]
        assert [codes(row.problems) for row in rows] == [["FORMULA_NOT_CALCULATED"]] * 2

    def test_a_sheet_of_nothing_else(self, path):
        assert refusal(saved(path, [["=1+1"], ["=A1"]])).code == "FORMULA_NOT_CALCULATED"

    def test_an_empty_text_result_is_an_empty_cell(self, path):
        saved(path, [["a", "b"], ["=X", 5]])
        repacked(path, in_sheet(b'<c r="A2"><f>X</f><v />', b'<c r="A2" t="str"><f>X</f><v></v>'))
        row = next(open_table(path).rows())
        assert (row.values, row.problems) == ((None, 5), ())

    def test_text_that_looks_like_an_error_is_text(self, path):
        with xlsxwriter.Workbook(path) as book:
            book.add_worksheet().write_column(0, 0, ["a", "#N/A"])
        assert values(open_table(path)) == [("#N/A",)]

    def test_an_error_the_reader_cannot_read_is_named(self, path):
        saved(path, [["a", "b"], ["#N/A", 5]])
        repacked(path, in_sheet(b"#N/A", b"#SPILL!"))
        refused = refusal(path)
        assert (refused.code, refused.params["cell"], refused.params["error"]) == (
            "SHEET_BLOCKED_BY_ERROR",
            "A2",
            "#SPILL!",
        )


class TestOddWriting:
    """The same sheet in other programs' handwriting gives the same rows."""

    def test_prefixed_elements(self, path):
        saved(path, [["a", "b"], ["#DIV/0!", 5], [1, "=1+1"]])

        def change(name, content):
            if not name.startswith("xl/worksheets/sheet"):
                return content
            text = content.decode().replace("xmlns=", "xmlns:x=").replace("</", "\0").replace("<", "<x:")
            return text.replace("\0", "</x:").replace("<x:?", "<?").encode()

        rows = list(open_table(repacked(path, change)).rows())
        assert [codes(row.problems) for row in rows] == [["CELL_ERROR"], ["FORMULA_NOT_CALCULATED"]]

    def test_cells_without_addresses(self, path):
        saved(path, [["a", "b"], [1, 2]])

        def change(name, content):
            if name.startswith("xl/worksheets/sheet"):
                for address in (b"A1", b"B1", b"A2", b"B2", b"1", b"2"):
                    content = content.replace(b' r="' + address + b'"', b"")
            return content

        assert values(open_table(repacked(path, change))) == [(1, 2)]

    def test_parts_that_are_stored_not_packed(self, path):
        saved(path, [["a"], [1]])
        assert values(open_table(repacked(path, lambda name, content: content, compression=zipfile.ZIP_STORED))) == [(1,)]

    def test_a_document_type_is_refused(self, path):
        saved(path, [["a"], ["=1+1"]])
        repacked(path, in_sheet(b"<worksheet", b'<!DOCTYPE w [<!ENTITY x "y">]><worksheet'))
        refused = refusal(path)
        assert refused.code == "DAMAGED_FILE"
        assert "DOCTYPE" in refused.params["detail"]


class TestLimits:
    def test_a_stray_cell_far_away_is_refused_before_memory_is_taken(self, path):
        saved(path, [["a", "b"]], more=lambda b, s: s.cell(900_000, 400, 1))
        refused = refusal(path)
        assert (refused.code, refused.params["cell"]) == ("SHEET_TOO_SPREAD", "OJ900000")

    @pytest.mark.parametrize("place", [b"A4294967295", b"B1048576", b"XFD3", b"ZZZZZZ2", b"2", b"A0", b"A-1", b"$A$2"])
    @pytest.mark.parametrize("value", [1, "=1+1"])
    def test_a_cell_with_an_address_of_its_own_does_not_reach_memory(self, path, place, value):
        saved(path, [["a", "b"], ["x", value]])
        repacked(path, in_sheet(b'r="B2"', b'r="' + place + b'"'))
        assert refusal(path).code in {"TOO_MANY_ROWS", "TOO_MANY_COLUMNS", "SHEET_TOO_SPREAD", "DAMAGED_FILE"}

    def test_columns(self, path):
        saved(path, [["a", "b"]], more=lambda b, s: s.cell(1, 501, "c"))
        assert (refusal(path).code, refusal(path).params["column"]) == ("TOO_MANY_COLUMNS", 501)

    def test_rows(self, path):
        saved(path, [["a"], *[[n] for n in range(30)]])
        assert open_table(path, limits=Limits(max_rows=30)).count() == 30
        assert refusal(path, limits=Limits(max_rows=29)).code == "TOO_MANY_ROWS"
        assert refusal(path, limits=Limits(max_rows=5)).code == "TOO_MANY_ROWS"

    def test_size(self, path):
        assert refusal(saved(path, [["a"]]), limits=Limits(max_bytes=100)).code == "FILE_TOO_LARGE"


class TestZip:
    def test_a_bomb_by_ratio(self, path):
        saved(path, [["a"], [1]])
        repacked(path, in_sheet(b"</worksheet>", b" " * 60_000_000 + b"</worksheet>"))
        assert path.stat().st_size < 200_000
        refused = refusal(path)
        assert (refused.code, refused.params["part"]) == ("ZIP_BOMB", "xl/worksheets/sheet1.xml")

    def test_a_bomb_by_total(self, path):
        saved(path, [["a"], [1]])
        assert refusal(path, limits=Limits(max_unpacked=2000)).code == "ZIP_BOMB"

    def test_a_bomb_that_lies_about_its_size(self, path):
        saved(path, [["a"], [1]])
        repacked(path, in_sheet(b"</worksheet>", b" " * 60_000_000 + b"</worksheet>"))
        with zipfile.ZipFile(path) as archive:
            real = archive.getinfo("xl/worksheets/sheet1.xml").file_size
        content = path.read_bytes()
        path.write_bytes(content.replace(struct.pack("<L", real), struct.pack("<L", 4000)))
        assert refusal(path).code == "ZIP_BOMB"

    def test_damage_inside(self, path):
        saved(path, [["a"], [1]])
        repacked(path, lambda name, content: content, compression=zipfile.ZIP_STORED)
        content = path.read_bytes()
        path.write_bytes(content.replace(b"<sheetData>", b"<sheetDatb>", 1))
        assert refusal(path).code == "DAMAGED_FILE"
        path.write_bytes(content[: len(content) // 2])
        assert refusal(path).code == "DAMAGED_FILE"

    def test_xml_that_is_none(self, path):
        repacked(saved(path, [["a"], [1]]), in_sheet(b"</worksheet>", b""))
        assert refusal(path).code == "DAMAGED_FILE"

    def test_two_parts_of_one_name(self, path):
        saved(path, [["a"], [1]])
        with zipfile.ZipFile(path, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr("xl/workbook.xml", "<workbook/>")
        assert refusal(path).code == "DAMAGED_FILE"

    def test_encrypted_entries(self, path):
        content = saved(path, [["a"], [1]]).read_bytes()
        at = content.index(b"PK\x01\x02")
        path.write_bytes(content[: at + 8] + b"\x01\x00" + content[at + 10 :])
        assert refusal(path).code == "PASSWORD_PROTECTED"


def test_a_table_closes_as_a_context(path):
    with open_table(saved(path, [["a"], [1]])) as table:
        assert table.expected_rows == 1
