"""What a file is, by content: kinds refused in words, encodings proven, layouts found."""

import codecs
import gzip
import zipfile

import pytest
import xlsxwriter

from dingke.core.tabular.errors import FileRefused
from dingke.core.tabular.layout import cut_at, layout_of
from dingke.core.tabular.reader import open_table
from dingke.core.tabular.sniff import encoding_of, kind_of

CHINESE = "客户名称,联系电话,金额\n鼎盛机械有限公司,13800138000,1200\n北京华为技术有限公司,010-62780000,35\n"


def written(path, content: bytes):
    path.write_bytes(content)
    return path


def refusal(path, **options) -> FileRefused:
    with pytest.raises(FileRefused) as caught:
        open_table(path, **options).count()
    return caught.value


class TestKind:
    @pytest.mark.parametrize(
        ("content", "kind"),
        [
            (b"%PDF-1.7\n", "PDF"),
            (b"\x89PNG\r\n\x1a\n", "PNG"),
            (b"\xff\xd8\xff\xe0\x00\x10JFIF", "JPEG"),
            (b"GIF89a", "GIF"),
            (gzip.compress(b"a,b\n1,2\n", mtime=0), "GZIP"),
            (b"Rar!\x1a\x07", "RAR"),
            (b"{\\rtf1 a}", "RTF"),
            (b"PAR1aaaa", "Parquet"),
            (b"SQLite format 3\x00", "SQLite"),
            (b'{"a": [1, 2]}', "JSON"),
            (b'[{"a": 1}]', "JSON"),
            (b"ID;PWXL;N;E\n", "SYLK"),
        ],
    )
    def test_refuses_what_is_no_table_whatever_its_name(self, tmp_path, content, kind):
        refused = refusal(written(tmp_path / "list.csv", content))
        assert refused.code == "WRONG_KIND"
        assert refused.params["kind"] == kind
        assert kind in refused.describe("zh-hans")
        assert kind in refused.describe("en")

    @pytest.mark.parametrize(
        "content",
        [
            b"<html><body><table><tr><td>1</td></tr></table>",
            b"\xef\xbb\xbf  <!DOCTYPE html>\n<html>",
            b"<table border=1><tr><td>a</td></tr></table>",
            "<meta charset='gbk'><table><tr><td>客户名称列表</td></tr></table>".encode("gbk"),
            b"MIME-Version: 1.0\nContent-Type: multipart/related",
        ],
    )
    def test_refuses_a_web_page_named_xls(self, tmp_path, content):
        assert refusal(written(tmp_path / "list.xls", content)).code == "HTML_FILE"

    def test_refuses_an_xml_spreadsheet(self, tmp_path):
        content = b'<?xml version="1.0"?><?mso-application progid="Excel.Sheet"?><Workbook></Workbook>'
        assert refusal(written(tmp_path / "list.xls", content)).code == "XML_SPREADSHEET"

    @pytest.mark.parametrize(
        ("member", "kind"),
        [
            ("word/document.xml", "Word .docx"),
            ("xl/workbook.bin", "Excel .xlsb"),
            ("content.xml", "OpenDocument"),
            ("a", "ZIP"),
        ],
    )
    def test_refuses_other_zips(self, tmp_path, member, kind):
        path = tmp_path / "list.xlsx"
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("[Content_Types].xml", "<Types/>")
            archive.writestr(member, "x")
        assert refusal(path).params["kind"] == kind

    def test_refuses_a_broken_zip(self, tmp_path):
        assert refusal(written(tmp_path / "list.xlsx", b"PK\x03\x04 and nothing more")).code == "DAMAGED_FILE"

    def test_refuses_a_workbook_with_a_password(self, tmp_path):
        content = codecs.decode("d0cf11e0a1b11ae1", "hex") + bytes(600) + "EncryptedPackage".encode("utf-16-le") + bytes(99)
        assert refusal(written(tmp_path / "list.xlsx", content)).code == "PASSWORD_PROTECTED"

    def test_refuses_a_word_document(self, tmp_path):
        content = codecs.decode("d0cf11e0a1b11ae1", "hex") + bytes(600) + "WordDocument".encode("utf-16-le") + bytes(99)
        assert refusal(written(tmp_path / "list.xls", content)).params["kind"] == "Word .doc"

    def test_knows_a_workbook_named_csv(self, tmp_path):
        path = tmp_path / "list.csv"
        with xlsxwriter.Workbook(path) as book:
            book.add_worksheet().write_row(0, 0, ["a", "b"])
        assert kind_of(path) == "xlsx"

    def test_refuses_the_empty_and_the_missing(self, tmp_path):
        assert refusal(written(tmp_path / "a.csv", b"")).code == "EMPTY_FILE"
        assert refusal(written(tmp_path / "b.csv", b" \r\n \n")).code == "EMPTY_FILE"
        assert refusal(written(tmp_path / "c.csv", codecs.BOM_UTF8)).code == "EMPTY_FILE"
        assert refusal(tmp_path / "d.csv").code == "FILE_UNREADABLE"
        assert refusal(tmp_path).code == "FILE_UNREADABLE"


class TestEncoding:
    @pytest.mark.parametrize(
        ("content", "encoding"),
        [
            (CHINESE.encode(), "utf-8"),
            (CHINESE.encode("utf-8-sig"), "utf-8-sig"),
            (CHINESE.encode("gb18030"), "gb18030"),
            (CHINESE.encode("gbk"), "gb18030"),
            (CHINESE.encode("utf-16"), "utf-16"),
            (codecs.BOM_UTF16_BE + CHINESE.encode("utf-16-be"), "utf-16"),
            (b"a,b\n1,2\n", "utf-8"),
        ],
    )
    def test_is_found(self, tmp_path, content, encoding):
        path = written(tmp_path / "a.csv", content)
        assert encoding_of(path).encoding == encoding
        table = open_table(path)
        assert table.encoding == encoding
        assert not any("\ufeff" in header for header in table.headers)
        if encoding != "utf-8" or len(content) > 20:
            assert table.headers == ("客户名称", "联系电话", "金额")
            assert [row.values[0] for row in table.rows()] == ["鼎盛机械有限公司", "北京华为技术有限公司"]

    def test_rare_name_characters_in_gbk_are_believed(self, tmp_path):
        path = written(tmp_path / "a.csv", "姓名\n李喆\n王淼鑫\n陶喆\n张镕基\n".encode("gb18030"))
        assert [row.values[0] for row in open_table(path).rows()] == ["李喆", "王淼鑫", "陶喆", "张镕基"]

    def test_four_byte_characters(self, tmp_path):
        path = written(tmp_path / "a.csv", ("姓名,备注\n" + "张三,普通客户资料\n" * 20 + "𠮷田,测试\n").encode("gb18030"))
        assert list(open_table(path).rows())[-1].values == ("𠮷田", "测试")

    def test_one_broken_byte_in_utf8_is_refused_with_line_and_byte(self, tmp_path):
        content = CHINESE.encode() + "上海".encode() + b"\xe5," + b"1,2\n"
        refused = refusal(written(tmp_path / "a.csv", content))
        assert refused.code == "ENCODING_BROKEN"
        assert (refused.params["line"], refused.params["byte"], refused.params["value"]) == (4, 7, "0xE5")

    def test_a_broken_byte_far_into_a_large_file_is_found(self, tmp_path):
        line = "鼎盛机械,1\n".encode()
        content = line * 200_000 + b"\xff,1\n" + line
        refused = refusal(written(tmp_path / "a.csv", content))
        assert (refused.params["line"], refused.params["byte"]) == (200_001, 1)

    def test_a_character_cut_at_the_end_is_found(self, tmp_path):
        assert refusal(written(tmp_path / "a.csv", CHINESE.encode() + "完".encode()[:2])).params["line"] == 4

    @pytest.mark.parametrize(
        "content",
        [
            "Name;Ort\nMüller;Köln\nRénault;Orléans\n".encode("latin-1"),
            "客戶名稱,電話\n臺灣積體電路製造股份有限公司,1\n鴻海精密工業股份有限公司,2\n".encode("big5"),
            "会社名,電話\nトヨタ自動車かぶしきがいしゃ,1\nソニーグループ,2\n".encode("shift_jis"),
        ],
    )
    def test_another_encoding_is_refused_not_garbled(self, tmp_path, content):
        path = written(tmp_path / "a.csv", content)
        refused = refusal(path)
        assert refused.code == "ENCODING_UNKNOWN"
        assert refused.params["line"] in (1, 2)
        assert "0x" in refused.describe("zh")

    def test_another_encoding_is_read_when_the_user_names_it(self, tmp_path):
        path = written(tmp_path / "a.csv", "客戶名稱,電話\n鴻海精密,1\n".encode("big5"))
        assert open_table(path, encoding="big5").headers == ("客戶名稱", "電話")

    def test_a_wrong_or_unknown_declaration_is_refused(self, tmp_path):
        path = written(tmp_path / "a.csv", CHINESE.encode("gbk"))
        assert refusal(path, encoding="utf-8").code == "ENCODING_BROKEN"
        assert refusal(path, encoding="klingon").code == "ENCODING_NOT_SUPPORTED"
        assert refusal(path, encoding="base64").code == "ENCODING_NOT_SUPPORTED"
        assert open_table(path, encoding="GBK").encoding == "gb18030"

    def test_the_mark_is_dropped_also_when_declared(self, tmp_path):
        path = written(tmp_path / "a.csv", CHINESE.encode("utf-8-sig"))
        assert open_table(path, encoding="utf-8").headers[0] == "客户名称"

    def test_zero_bytes_are_refused_with_their_place(self, tmp_path):
        refused = refusal(written(tmp_path / "a.csv", b"a,b\n1,2\n3,\x004\n"))
        assert (refused.code, refused.params["line"], refused.params["byte"]) == ("NUL_BYTES", 3, 3)

    def test_utf16_without_mark_is_named(self, tmp_path):
        path = written(tmp_path / "a.csv", "name,phone\na,1\n".encode("utf-16-le"))
        assert refusal(path).code == "UTF16_WITHOUT_MARK"
        assert open_table(path, encoding="utf-16-le").headers == ("name", "phone")

    def test_a_file_without_line_ends_is_refused(self, tmp_path):
        assert refusal(written(tmp_path / "a.csv", b"abc," * 1_200_000)).code == "LINE_TOO_LONG"

    @pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
    def test_every_line_end_is_read(self, tmp_path, end):
        table = open_table(written(tmp_path / "a.csv", end.join(["a,b", "1,2", "3,4", ""]).encode()))
        assert [(row.number, row.values) for row in table.rows()] == [(2, ("1", "2")), (3, ("3", "4"))]


class TestLayout:
    @pytest.mark.parametrize("delimiter", [",", "\t", ";", "|"])
    def test_finds_the_delimiter(self, delimiter):
        lines = [delimiter.join(row) for row in (["name", "city", "amount"], ["a b", "c", "1.5"], ["d", "e f", "2"])]
        assert layout_of(lines).delimiter == delimiter

    def test_commas_inside_cells_do_not_mislead(self):
        assert layout_of(["name\taddress", "a\t1, Long Road, Town", "b\t2, Short Road"]).delimiter == "\t"
        assert layout_of(["a;b", "1,5;2,5", "1,5;3"]).delimiter == ";"
        assert layout_of(["name,note", '"a;b;c",x', '"d;e;f",y']).delimiter == ","

    def test_sep_line_names_the_delimiter(self, tmp_path):
        table = open_table(written(tmp_path / "a.csv", b"sep=;\na;b\n1;2\n"))
        assert table.headers == ("a", "b")
        assert [row.number for row in table.rows()] == [3]

    def test_words_in_one_column_are_not_fixed_columns(self):
        assert layout_of(["name", "John Smith", "Jane Doe", "Ann Lee"]).kind == "delimited"
        assert layout_of(["客户", "鼎盛 机械", "华为 技术"]).kind == "delimited"

    def test_finds_fixed_positions_with_words_inside(self):
        lines = ["NAME        QTY  CITY", "Acme Corp     5  New York", "Beta Ltd     12  Rome", "Gamma Inc   123  Oslo"]
        lines += ["Delta Co      7  San Jose", "Epsilon SA   40  Lima"]
        found = layout_of(lines)
        assert found.kind == "positions"
        assert [cut_at(line, found.starts)[0] for line in lines[1:3]] == [
            ["Acme Corp", "5", "New York"],
            ["Beta Ltd", "12", "Rome"],
        ]

    def test_a_word_across_a_boundary_is_reported_not_cut(self, tmp_path):
        text = "ID  NAME  N\n01  ab c  1\n02  de f  2\n03  abcdefg 3 x\n"
        table = open_table(written(tmp_path / "a.txt", text.encode()), fixed_width=[0, 4, 10])
        rows = list(table.rows())
        assert rows[0].values == ("01", "ab c", "1")
        assert [problem.code for problem in rows[2].problems] == ["ROW_NOT_ALIGNED"]

    def test_the_users_word_wins(self):
        assert layout_of(["a b,c", "1 2,3"], delimiter=" ").kind == "spaces"
        assert layout_of(["a;b,c", "1;2,3"], delimiter=";").delimiter == ";"
        with pytest.raises(FileRefused) as caught:
            layout_of(["a"], delimiter="||")
        assert caught.value.code == "DELIMITER_NOT_SUPPORTED"
