"""An xlsx as a zip: bombs refused before anything is expanded, and a sheet's XML looked through once.

The sheet is looked through because the workbook reader keeps quiet about three things: which cells hold an error or
a formula never calculated, how far the sheet really reaches (it lays out the whole rectangle in memory), and what a
document type declaration might do.
"""

from __future__ import annotations

import copy
import posixpath
import re
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO
from xml.parsers import expat

from dingke.core.tabular.errors import FileRefused
from dingke.core.tabular.table import Limits, address

__all__ = ["Package", "SheetScan", "open_package"]

_CHUNK = 1 << 20
_DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError, ValueError)


@dataclass
class SheetScan:
    """What the XML of a sheet says. `faults` maps 1-based row -> 0-based column -> error text, "" for a formula
    without a result. `rows` and `columns` are the furthest row and column that hold a value."""

    rows: int = 0
    columns: int = 0
    cells: int = 0
    faults: dict[int, dict[int, str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Package:
    """A checked xlsx. `parts` maps a sheet's name to the part that holds it."""

    archive: zipfile.ZipFile
    limits: Limits
    parts: dict[str, str]
    date_1904: bool

    def scan(self, sheet: str) -> SheetScan:
        """Look through a sheet. Raises FileRefused TOO_MANY_ROWS, TOO_MANY_COLUMNS, SHEET_TOO_SPREAD, DAMAGED_FILE."""
        part = self.parts.get(sheet)
        if part is None:
            raise FileRefused("DAMAGED_FILE", {"detail": sheet})
        with _part(self.archive, part, self.limits) as stream:
            quick = _quick_look(stream, part, self.limits)
        if quick is not None:
            return quick
        looker = _SheetLooker(self.limits)
        with _part(self.archive, part, self.limits) as stream:
            _parse(looker.parser, stream, part)
        scan = looker.scan
        if scan.rows * scan.columns > self.limits.max_cells:
            raise FileRefused("SHEET_TOO_SPREAD", {"sheet": sheet, "cell": address(scan.rows, scan.columns - 1)})
        return scan


@contextmanager
def open_package(path: Path, limits: Limits) -> Iterator[Package]:
    """Check an xlsx and find its sheets. Raises FileRefused ZIP_BOMB, PASSWORD_PROTECTED, DAMAGED_FILE."""
    try:
        archive = zipfile.ZipFile(path)
    except _DAMAGE as error:
        raise FileRefused("DAMAGED_FILE", {"detail": "zip"}) from error
    with archive:
        _check_directory(archive, limits)
        _check_contents(archive, limits)
        yield _package(archive, limits)


def _check_directory(archive: zipfile.ZipFile, limits: Limits) -> None:
    total = 0
    seen: set[str] = set()
    reaches: list[tuple[int, int]] = []
    for entry in archive.infolist():
        if entry.flag_bits & 0x1:
            raise FileRefused("PASSWORD_PROTECTED")
        name = _folded(entry.filename)
        if name in seen:
            raise FileRefused("DAMAGED_FILE", {"detail": entry.filename})
        seen.add(name)
        total += entry.file_size
        swollen = entry.file_size > limits.ratio_from and entry.file_size > limits.max_ratio * entry.compress_size
        if swollen or total > limits.max_unpacked:
            raise _bomb(total, entry.filename)
        reaches.append((entry.header_offset, entry.header_offset + entry.compress_size))
    reaches.sort()
    for (_, end), (start, _) in zip(reaches, reaches[1:], strict=False):
        if start < end:
            raise FileRefused("DAMAGED_FILE", {"detail": "overlap"})


def _check_contents(archive: zipfile.ZipFile, limits: Limits) -> None:
    """Expand every XML part once without keeping it: the directory may lie about sizes."""
    total = 0
    for entry in archive.infolist():
        if not _folded(entry.filename).endswith((".xml", ".rels")):
            continue
        size = 0
        with _part(archive, entry.filename, limits) as stream:
            while chunk := _read(stream, entry.filename):
                size += len(chunk)
                if total + size > limits.max_unpacked or (size > entry.file_size and size > limits.ratio_from):
                    raise _bomb(total + size, entry.filename)
        if size != entry.file_size:
            raise FileRefused("DAMAGED_FILE", {"detail": entry.filename})
        total += size


def _bomb(total: int, part: str) -> FileRefused:
    return FileRefused("ZIP_BOMB", {"unpacked_mb": total // 1_000_000, "part": part})


@contextmanager
def _part(archive: zipfile.ZipFile, name: str, limits: Limits) -> Iterator[IO[bytes]]:
    # The declared size would silently cut the stream; a copy that declares more lets the real size show.
    entry = copy.copy(archive.getinfo(name))
    entry.file_size = max(entry.file_size, limits.max_unpacked + _CHUNK)
    try:
        stream = archive.open(entry)
    except _DAMAGE as error:
        raise FileRefused("DAMAGED_FILE", {"detail": name}) from error
    with stream:
        yield stream


def _read(stream: IO[bytes], part: str) -> bytes:
    try:
        return stream.read(_CHUNK)
    except _DAMAGE as error:
        raise FileRefused("DAMAGED_FILE", {"detail": part}) from error


def _folded(name: str) -> str:
    return name.replace("\\", "/").lower()


def _parse(parser: expat.XMLParserType, stream: IO[bytes], part: str) -> None:
    def refuse(*_: object) -> None:
        raise FileRefused("DAMAGED_FILE", {"detail": f"{part}: DOCTYPE"})

    parser.StartDoctypeDeclHandler = refuse
    try:
        while chunk := _read(stream, part):
            parser.Parse(chunk, False)
        parser.Parse(b"", True)
    except expat.ExpatError as error:
        raise FileRefused("DAMAGED_FILE", {"detail": part}) from error


def _elements(archive: zipfile.ZipFile, name: str, limits: Limits) -> list[tuple[str, dict[str, str]]]:
    found: list[tuple[str, dict[str, str]]] = []
    parser = expat.ParserCreate()
    parser.StartElementHandler = lambda tag, attributes: found.append((tag.rpartition(":")[2], attributes))
    with _part(archive, name, limits) as stream:
        _parse(parser, stream, name)
    return found


def _package(archive: zipfile.ZipFile, limits: Limits) -> Package:
    names = {_folded(name): name for name in archive.namelist()}
    book, links = names.get("xl/workbook.xml"), names.get("xl/_rels/workbook.xml.rels")
    if book is None or links is None:
        raise FileRefused("DAMAGED_FILE", {"detail": "xl/workbook.xml"})
    targets: dict[str, str] = {}
    for tag, attributes in _elements(archive, links, limits):
        if tag == "Relationship":
            target = posixpath.normpath(posixpath.join("/xl", attributes.get("Target", ""))).lstrip("/")
            targets[attributes.get("Id", "")] = names.get(_folded(target), "")
    parts: dict[str, str] = {}
    date_1904 = False
    for tag, attributes in _elements(archive, book, limits):
        if tag == "workbookPr":
            date_1904 = attributes.get("date1904", "").lower() in {"1", "true", "on"}
        elif tag == "sheet":
            link = next((value for key, value in attributes.items() if key.rpartition(":")[2] == "id"), "")
            if targets.get(link):
                parts[attributes.get("name", "")] = targets[link]
    return Package(archive=archive, limits=limits, parts=parts, date_1904=date_1904)


_CELL = re.compile(rb'<c r="([A-Z]+)([0-9]+)"')
_REFERENCE = re.compile(r"([A-Za-z]{1,6})([0-9]{1,10})")
_FORMULA = re.compile(rb"<f[\s>/]")
# Errors, and whatever is not written the way every common program writes it.
_NEEDS_PARSING = (b't="e"', b"t='e'", b" =", b"<!", b"<c>", b"<c/", b"<c\n")


def _quick_look(stream: IO[bytes], part: str, limits: Limits) -> SheetScan | None:
    """The reach of a plain sheet, many times faster than parsing. None when only parsing can tell: there are formulas
    or errors, it is written in an unusual way, or it seems to reach too far (cells without a value count here)."""
    rows = cells = 0
    columns: set[bytes] = set()
    valued = plain = False
    rest = b""
    while chunk := _read(stream, part):
        chunk = rest + chunk
        cut = chunk.rfind(b"<")
        chunk, rest = (chunk[:cut], chunk[cut:]) if cut > 0 else (b"", chunk)
        if len(rest) > 4 * _CHUNK or _FORMULA.search(chunk) or any(mark in chunk for mark in _NEEDS_PARSING):
            return None
        places = _CELL.findall(chunk)
        if len(places) != chunk.count(b"<c "):
            return None
        # A cell's own address counts, not that of the row around it: the workbook reader believes it too.
        rows = max(rows, max(map(int, {number for _, number in places}), default=0))
        columns.update({name for name, _ in places})
        cells += len(places)
        plain = plain or b"<sheetData" in chunk
        valued = valued or b"<v>" in chunk or b"<is>" in chunk
    width = max((_column_of(name.decode()) + 1 for name in columns), default=0)
    if (
        not plain
        or rest.strip() != b"</worksheet>"
        or rows > limits.max_rows + 20
        or width > limits.max_columns
        or rows * width > limits.max_cells
    ):
        return None
    return SheetScan(rows=rows, columns=width, cells=cells if valued else 0)


class _SheetLooker:
    """Handlers of one pass over a sheet's XML. Kept flat: they run once per cell."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.scan = SheetScan()
        self.row = 0
        self.cell_row = 0
        self.column = -1
        self.kind = ""
        self.has_formula = False
        self.has_value = False
        self.text = ""
        self.inside = False
        self.parser = expat.ParserCreate()
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self.start
        self.parser.EndElementHandler = self.end

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        if ":" in tag:
            tag = tag.rpartition(":")[2]
        if tag == "c":
            self.column += 1
            self.cell_row = self.row
            reference = attributes.get("r")
            if reference:
                self.place(reference)
            self.kind = attributes.get("t", "")
            self.has_formula = self.has_value = False
            self.text = ""
        elif tag == "v" or tag == "is":
            self.has_value = True
            if tag == "v" and (self.has_formula or self.kind == "e"):
                self.inside = True
                self.parser.CharacterDataHandler = self.characters
        elif tag == "f":
            self.has_formula = True
        elif tag == "row":
            number = attributes.get("r", "")
            self.row = int(number) if number.isdigit() else self.row + 1
            self.column = -1

    def place(self, reference: str) -> None:
        found = _REFERENCE.fullmatch(reference)
        if found is None:
            raise FileRefused("DAMAGED_FILE", {"detail": reference[:20]})
        self.column, self.cell_row = _column_of(found[1]), int(found[2])

    def characters(self, text: str) -> None:
        self.text += text

    def end(self, tag: str) -> None:
        if ":" in tag:
            tag = tag.rpartition(":")[2]
        if tag == "v" and self.inside:
            self.inside = False
            self.parser.CharacterDataHandler = None
        elif tag == "c" and (self.has_value or self.has_formula):
            self._cell()

    def _cell(self) -> None:
        scan, limits = self.scan, self.limits
        scan.cells += 1
        if self.cell_row > scan.rows:
            scan.rows = self.cell_row
            # The header and a few title rows above it are not data.
            if self.cell_row > limits.max_rows + 20:
                raise FileRefused("TOO_MANY_ROWS", {"limit": limits.max_rows, "row": self.cell_row})
        if self.column >= scan.columns:
            scan.columns = self.column + 1
            if scan.columns > limits.max_columns:
                raise FileRefused("TOO_MANY_COLUMNS", {"column": scan.columns, "limit": limits.max_columns})
        if self.kind == "e":
            scan.faults.setdefault(self.cell_row, {})[self.column] = self.text or "#ERROR"
        elif self.has_formula and not self.text and self.kind != "str":
            scan.faults.setdefault(self.cell_row, {})[self.column] = ""


def _column_of(name: str) -> int:
    column = 0
    for character in name:
        column = column * 26 + (ord(character.upper()) - 64)
    return column - 1
