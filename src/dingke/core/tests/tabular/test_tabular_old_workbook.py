"""The old .xls format: read with a warning; damage is refused and never ends the process."""

import struct

import pytest

from dingke.core.tabular.errors import FileRefused
from dingke.core.tabular.reader import open_table


def old_workbook(rows):
    """The smallest BIFF8 workbook in its OLE container: one sheet of texts and numbers."""

    def record(kind, content=b""):
        return struct.pack("<HH", kind, len(content)) + content

    def bof(kind):
        return record(0x0809, struct.pack("<HHHHII", 0x0600, kind, 0x0DBB, 0x07CC, 0, 6))

    cells = b""
    for y, row in enumerate(rows):
        for x, value in enumerate(row):
            if isinstance(value, str):
                encoded = value.encode("utf-16-le")
                cells += record(0x0204, struct.pack("<HHHHB", y, x, 0, len(value), 1) + encoded)
            elif value is not None:
                cells += record(0x0203, struct.pack("<HHHd", y, x, 0, value))
    reach = record(0x0200, struct.pack("<IIHHH", 0, len(rows), 0, max(map(len, rows)), 0))
    sheet = bof(0x0010) + reach + cells + record(0x000A)
    name = struct.pack("<BB", 3, 0) + b"Old"
    start = len(bof(5)) + 4 + 6 + len(name) + 4
    stream = bof(5) + record(0x0085, struct.pack("<IBB", start, 0, 0) + name) + record(0x000A) + sheet
    stream += bytes(max(0, 4096 - len(stream)))
    stream += bytes(-len(stream) % 512)
    count = len(stream) // 512
    fat = [0xFFFFFFFD, 0xFFFFFFFE, *range(3, count + 2), 0xFFFFFFFE]
    fat += [0xFFFFFFFF] * (128 - len(fat))

    def entry(label, kind, child, first, size):
        encoded = label.encode("utf-16-le") + b"\0\0"
        return (
            encoded.ljust(64, b"\0")
            + struct.pack("<HBBIII", len(encoded), kind, 1, 0xFFFFFFFF, 0xFFFFFFFF, child)
            + bytes(36)
            + struct.pack("<IQ", first, size)
        )

    folder = entry("Root Entry", 5, 1, 0xFFFFFFFE, 0) + entry("Workbook", 2, 0xFFFFFFFF, 2, len(stream)) + bytes(256)
    head = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16)
    head += struct.pack("<HHHHH6xIIIIIIIII", 0x3E, 3, 0xFFFE, 9, 6, 0, 1, 1, 0, 4096, 0xFFFFFFFE, 0, 0xFFFFFFFE, 0)
    head += struct.pack("<I", 0) + b"\xff" * 432
    return head + struct.pack("<128I", *fat) + folder + stream


def test_the_old_format_is_read_with_a_warning(tmp_path):
    path = tmp_path / "old.xls"
    path.write_bytes(old_workbook([["客户", "金额"], ["甲", 12.5], ["乙", 3.0]]))
    table = open_table(path)
    assert (table.kind, table.sheet, table.headers) == ("xls", "Old", ("客户", "金额"))
    assert [row.values for row in table.rows()] == [("甲", 12.5), ("乙", 3)]
    assert [notice.code for notice in table.notices] == ["OLD_WORKBOOK"]


def test_an_old_workbook_that_would_end_the_process_is_refused(tmp_path):
    path = tmp_path / "old.xls"
    content = old_workbook([["客户", "金额"], ["甲", 12.5]])
    # The count of merged cells, of strings and such are believed by the reader; here a cell lies in column 65,535
    # of row 65,535 and the sheet's rectangle would need 130 GB.
    cell = struct.pack("<HHHd", 1, 1, 0, 12.5)
    assert cell in content
    path.write_bytes(content.replace(cell, struct.pack("<HHHd", 65_535, 65_535, 0, 12.5)))
    with pytest.raises(FileRefused) as caught:
        open_table(path)
    assert caught.value.code == "DAMAGED_FILE"


def test_an_old_workbook_cut_off_is_refused(tmp_path):
    path = tmp_path / "old.xls"
    path.write_bytes(old_workbook([["客户", "金额"], ["甲", 12.5]])[:1700])
    with pytest.raises(FileRefused) as caught:
        open_table(path)
    assert caught.value.code == "DAMAGED_FILE"
