"""Text tables: headers, ragged rows, quotes, limits, and memory that does not grow."""

import tracemalloc

import pytest

from dingke.core.tabular.errors import FileRefused
from dingke.core.tabular.reader import Limits, open_table


@pytest.fixture
def opened(tmp_path):
    def make(text, **options):
        path = tmp_path / "table.csv"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return open_table(path, **options)

    return make


def codes(items):
    return [item.code for item in items]


class TestHeaders:
    def test_blank_and_repeated_names_are_made_unique_and_reported(self, opened):
        table = opened("name,,name,name (2),name\n1,2,3,4,5\n")
        assert table.headers == ("name", "column 2", "name (3)", "name (2)", "name (4)")
        assert codes(table.notices) == ["HEADER_BLANK", "HEADER_REPEATED", "HEADER_REPEATED"]
        assert "column 2" in table.notices[0].describe("zh")

    def test_trailing_blank_columns_are_dropped(self, opened):
        table = opened("a,b,,,\n1,2,,,\n3,4,,,\n")
        assert table.headers == ("a", "b")
        assert [row.values for row in table.rows()] == [("1", "2"), ("3", "4")]
        assert not any(row.problems for row in table.rows())

    def test_a_nameless_column_with_data_is_kept(self, opened):
        assert opened("a,b,\n1,2,\n3,4,x\n").headers == ("a", "b", "column 3")

    def test_title_rows_are_passed_over(self, opened):
        table = opened("2024年客户清单,,,\n,,,\n名称,城市,电话,金额\n甲,北京,1,2\n")
        assert table.headers == ("名称", "城市", "电话", "金额")
        assert table.header_row == 3
        assert codes(table.notices) == ["HEADER_FOUND"]
        assert [row.number for row in table.rows()] == [4]

    def test_the_header_row_may_be_named_or_absent(self, opened):
        text = "x,y\na,b\n1,2\n"
        assert opened(text, header_row=2).headers == ("a", "b")
        table = opened(text, header_row=0)
        assert table.headers == ("column 1", "column 2")
        assert table.count() == 3
        with pytest.raises(FileRefused) as caught:
            opened(text, header_row=9)
        assert caught.value.code == "HEADER_ROW_NOT_FOUND"

    def test_a_header_that_looks_like_data_is_noticed(self, opened):
        assert "HEADER_LOOKS_LIKE_DATA" in codes(opened("1,2,3\n4,5,6\n").notices)

    def test_header_only(self, opened):
        table = opened("a,b\n")
        assert list(table.rows()) == []
        assert codes(table.notices) == ["NO_ROWS"]

    def test_one_column(self, opened):
        table = opened("客户名称\n甲\n乙\n")
        assert [row.values for row in table.rows()] == [("甲",), ("乙",)]

    def test_line_ends_and_spaces_in_a_name_become_one_space(self, opened):
        assert opened('"客户\n名称",　电话 \n1,2\n').headers == ("客户 名称", "电话")


class TestRows:
    def test_numbers_are_the_lines_of_the_file(self, opened):
        table = opened('a,b\n1,2\n\n"x\ny",3\n,\n5,6\n')
        assert [(row.number, row.values) for row in table.rows()] == [
            (2, ("1", "2")),
            (4, ("x\ny", "3")),
            (7, ("5", "6")),
        ]

    def test_reading_goes_on_after_a_row(self, opened):
        table = opened("a\n" + "".join(f"{n}\n" for n in range(2, 50)))
        assert [row.number for row in table.rows(start=45)] == [46, 47, 48, 49]
        assert table.count() == 48

    def test_blank_cells_are_none_and_texts_stay_as_they_are(self, opened):
        assert next(opened("a,b,c\n00012, x ,\n").rows()).values == ("00012", " x ", None)

    def test_too_many_cells(self, opened):
        row = next(opened("a,b\n1,2,3,4\n").rows())
        assert row.values == ("1", "2")
        assert codes(row.problems) == ["ROW_TOO_LONG"]
        assert row.problems[0].params == {"row": 2, "found": 4, "expected": 2}
        assert "2" in row.problems[0].describe("zh")

    def test_too_few_cells(self, opened):
        row = next(opened("a,b,c\n1\n").rows())
        assert row.values == ("1", None, None)
        assert codes(row.problems) == ["ROW_TOO_SHORT"]

    def test_blank_cells_beyond_the_last_column_are_no_problem(self, opened):
        assert next(opened("a,b\n1,2,,,\n").rows()).problems == ()

    def test_quotes_and_delimiters_in_cells(self, opened):
        assert next(opened('a,b\n"x, ""y""",12" pipe\n').rows()).values == ('x, "y"', '12" pipe')


class TestRefusals:
    def test_a_quote_never_closed_names_its_line(self, opened):
        with pytest.raises(FileRefused) as caught:
            opened('a,b\n1,2\n3,"4\n5,6\n').count()
        assert (caught.value.code, caught.value.params["row"]) == ("QUOTE_NOT_CLOSED", 3)

    def test_a_quote_never_closed_in_a_long_file_does_not_fill_memory(self, opened):
        table = opened("a,b\n" + "1,2\n" * 2000 + '3,"4\n' + "5,6\n" * 200_000)
        with pytest.raises(FileRefused) as caught:
            table.count()
        assert (caught.value.code, caught.value.params["row"]) == ("QUOTE_NOT_CLOSED", 2002)

    def test_text_after_a_closing_quote(self, opened):
        with pytest.raises(FileRefused) as caught:
            opened('a,b\n"Acme" Ltd,2\n').count()
        assert (caught.value.code, caught.value.params["row"]) == ("QUOTE_BROKEN", 2)

    def test_a_cell_beyond_measure(self, opened):
        with pytest.raises(FileRefused) as caught:
            opened("a,b\n" + "x" * 200_000 + ",1\n").count()
        assert caught.value.code == "FIELD_TOO_LONG"

    def test_the_file_size_is_limited(self, opened):
        with pytest.raises(FileRefused) as caught:
            opened("a,b\n1,2\n", limits=Limits(max_bytes=5))
        assert caught.value.code == "FILE_TOO_LARGE"

    def test_the_rows_are_limited_at_opening(self, opened):
        text = "a,b\n" + "1,2\n" * 11
        assert opened(text, limits=Limits(max_rows=11)).count() == 11
        with pytest.raises(FileRefused) as caught:
            opened(text, limits=Limits(max_rows=10))
        assert caught.value.code == "TOO_MANY_ROWS"

    def test_lines_inside_cells_do_not_count_as_rows(self, opened):
        assert opened('a,b\n"1\n2\n3\n4",2\n\n\n5,6\n', limits=Limits(max_rows=2)).count() == 2

    def test_the_columns_are_limited(self, opened):
        text = ",".join(f"c{n}" for n in range(501)) + "\n" + ",".join("1" * 501) + "\n"
        with pytest.raises(FileRefused) as caught:
            opened(text)
        assert caught.value.code == "TOO_MANY_COLUMNS"

    def test_a_text_file_has_no_sheets(self, opened):
        with pytest.raises(FileRefused) as caught:
            opened("a,b\n1,2\n", sheet="S")
        assert caught.value.code == "SHEET_NOT_FOUND"

    def test_a_file_that_changes_while_read(self, opened, tmp_path):
        table = opened("a,b\n" + "1,2\n" * 100)
        (tmp_path / "table.csv").write_bytes(b"a,b\n\xff\xfe,1\n")
        with pytest.raises(FileRefused) as caught:
            table.count()
        assert caught.value.code == "FILE_CHANGED"


def test_memory_does_not_grow_with_the_file(tmp_path):
    path = tmp_path / "large.csv"
    line = "鼎盛机械有限公司,13800138000,2017-03-01,1234.50\n".encode()
    with path.open("wb") as file:
        file.write("客户,电话,日期,金额\n".encode())
        for _ in range(20):
            file.write(line * 10_000)
    tracemalloc.start()
    try:
        table = open_table(path)
        tracemalloc.reset_peak()
        start = tracemalloc.get_traced_memory()[0]
        assert sum(1 for _ in table.rows()) == 200_000
        assert tracemalloc.get_traced_memory()[1] - start < 1_000_000
    finally:
        tracemalloc.stop()
