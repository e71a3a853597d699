"""What a file is, by its content: its kind, and for text its encoding. Never by its name.

A text file is decoded once from end to end before its first row is read, so a broken byte on the last line is
a refusal with line and byte, not half an import.
"""

from __future__ import annotations

import codecs
import mmap
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

from dingke.core.tabular.errors import FileRefused

__all__ = ["Kind", "TextFacts", "encoding_of", "kind_of", "sample_of"]

Kind = Literal["xlsx", "xls", "text"]

_CHUNK = 1 << 20
_LINE_LIMIT = 4_000_000
_SAMPLE_CHARS = 1 << 18

_SIGNATURES: tuple[tuple[bytes, str], ...] = (
    (b"%PDF", "PDF"),
    (b"\x89PNG\r\n", "PNG"),
    (b"\xff\xd8\xff", "JPEG"),
    (b"GIF8", "GIF"),
    (b"II*\x00", "TIFF"),
    (b"MM\x00*", "TIFF"),
    (b"\x1f\x8b", "GZIP"),
    (b"Rar!", "RAR"),
    (b"7z\xbc\xaf\x27\x1c", "7Z"),
    (b"BZh", "BZIP2"),
    (b"\xfd7zXZ\x00", "XZ"),
    (b"PAR1", "Parquet"),
    (b"SQLite format 3\x00", "SQLite"),
    (b"{\\rtf", "RTF"),
    (b"\x7fELF", "ELF"),
    (b"MZ\x90\x00", "EXE"),
    (b"\x09\x00\x04\x00", "Excel 2"),
    (b"\x09\x02\x06\x00", "Excel 3"),
    (b"\x09\x04\x06\x00", "Excel 4"),
)
_BOMS: tuple[tuple[bytes, str], ...] = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_HTML = re.compile(r"<(?:!doctype\s+html|html|head|body|meta|table|style|div|script|!--)\b|<!--", re.IGNORECASE)


@dataclass(frozen=True)
class TextFacts:
    """`encoding` as Python names it; `lines` counts line ends, `has_quotes` says whether any `"` occurs."""

    encoding: str
    lines: int
    has_quotes: bool


def kind_of(path: Path) -> Kind:
    """The kind of a file. Raises FileRefused for anything that holds no readable table."""
    try:
        with path.open("rb") as file:
            head = file.read(4096)
    except OSError as error:
        raise FileRefused("FILE_UNREADABLE") from error
    if not head:
        raise FileRefused("EMPTY_FILE")
    if head.startswith(b"PK\x03\x04"):
        return _kind_of_zip(path)
    if head.startswith(b"PK\x05\x06"):
        raise FileRefused("WRONG_KIND", {"kind": "ZIP"})
    if head.startswith(_OLE):
        return _kind_of_ole(path)
    for signature, name in _SIGNATURES:
        if head.startswith(signature):
            raise FileRefused("WRONG_KIND", {"kind": name})
    if head.startswith(b"BM") and head[6:10] == b"\0\0\0\0":
        raise FileRefused("WRONG_KIND", {"kind": "BMP"})
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        raise FileRefused("WRONG_KIND", {"kind": "WebP"})
    if head[4:12] in {b"ftypheic", b"ftypmif1", b"ftypisom", b"ftypmp42"}:
        raise FileRefused("WRONG_KIND", {"kind": "HEIC/MP4"})
    return "text"


def _kind_of_zip(path: Path) -> Kind:
    try:
        with zipfile.ZipFile(path) as archive:
            names = {name.replace("\\", "/").lower() for name in archive.namelist()}
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise FileRefused("DAMAGED_FILE", {"detail": "zip"}) from error
    if "[content_types].xml" in names and "xl/workbook.xml" in names:
        return "xlsx"
    for mark, kind in (
        ("xl/workbook.bin", "Excel .xlsb"),
        ("word/document.xml", "Word .docx"),
        ("ppt/presentation.xml", "PowerPoint .pptx"),
        ("content.xml", "OpenDocument"),
        ("index/tables/tile.iwa", "Numbers"),
    ):
        if mark in names:
            raise FileRefused("WRONG_KIND", {"kind": kind})
    raise FileRefused("WRONG_KIND", {"kind": "ZIP"})


def _kind_of_ole(path: Path) -> Kind:
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as view:
        if view.find("EncryptedPackage".encode("utf-16-le")) >= 0:
            raise FileRefused("PASSWORD_PROTECTED")
        for name in ("Workbook", "Book"):
            if view.find(name.encode("utf-16-le") + b"\0\0") >= 0:
                return "xls"
        for name, kind in (
            ("WordDocument", "Word .doc"),
            ("PowerPoint Document", "PowerPoint .ppt"),
            ("__substg1.0_", "Outlook .msg"),
        ):
            if view.find(name.encode("utf-16-le")) >= 0:
                raise FileRefused("WRONG_KIND", {"kind": kind})
    raise FileRefused("WRONG_KIND", {"kind": "OLE"})


def encoding_of(path: Path, *, declared: str | None = None) -> TextFacts:
    """The encoding of a text file, proven by decoding all of it.

    Order: the mark at the start (BOM), what the user declared, UTF-8, GB18030. GB18030 accepts nearly any pair of
    bytes, so it is believed only when the decoded characters are those of ordinary Chinese text.
    Raises FileRefused: ENCODING_UNKNOWN, ENCODING_BROKEN, ENCODING_NOT_SUPPORTED, NUL_BYTES,
    UTF16_WITHOUT_MARK, LINE_TOO_LONG.
    """
    with path.open("rb") as file:
        head = file.read(4096)
    marked = next((name for bom, name in _BOMS if head.startswith(bom)), None)
    if declared is not None:
        chosen = _codec(declared)
        if marked is not None and chosen in {"utf-8", "utf-16", "utf-16-le", "utf-16-be"}:
            chosen = marked
        return _read_through(path, chosen)
    if marked is not None:
        return _read_through(path, marked)
    if head.count(0) > len(head) // 5:
        raise FileRefused("UTF16_WITHOUT_MARK")
    try:
        return _read_through(path, "utf-8")
    except FileRefused as refusal:
        if refusal.code != "ENCODING_BROKEN" or _is_mostly_utf8(path, refusal):
            raise
    try:
        facts = _read_through(path, "gb18030")
    except FileRefused as refusal:
        if refusal.code != "ENCODING_BROKEN":
            raise
        raise FileRefused("ENCODING_UNKNOWN", {**refusal.params, "encoding": "gb18030"}) from refusal
    _believe_chinese(path)
    return facts


def sample_of(path: Path, encoding: str, *, lines: int = 400) -> list[str]:
    """The first lines of a text file, without line ends; never a cut-off last line.

    Raises FileRefused HTML_FILE, XML_SPREADSHEET or WRONG_KIND where the text is no table.
    """
    with path.open(encoding=encoding, newline=None) as file:
        text = file.read(_SAMPLE_CHARS)
        whole = not file.read(1)
    found = text.split("\n")
    if not whole and len(found) > 1:
        found.pop()
    _refuse_markup(text)
    return found[:lines]


def _refuse_markup(text: str) -> None:
    start = text[:2048].lstrip("\ufeff \t\r\n")
    lowered = start.lower()
    if lowered.startswith("<svg") or (lowered.startswith("<?xml") and "<svg" in lowered):
        raise FileRefused("WRONG_KIND", {"kind": "SVG"})
    if _HTML.match(start) or lowered.startswith("mime-version:"):
        raise FileRefused("HTML_FILE")
    if lowered.startswith("<?xml"):
        raise FileRefused("HTML_FILE" if "<html" in lowered else "XML_SPREADSHEET")
    if lowered.startswith("id;p"):
        raise FileRefused("WRONG_KIND", {"kind": "SYLK"})
    if re.match(r'\{\s*"|\[\s*[\[{]', start):
        raise FileRefused("WRONG_KIND", {"kind": "JSON"})


def _codec(name: str) -> str:
    try:
        info = codecs.lookup(name)
        "".encode(info.name)
    except (LookupError, ValueError) as error:
        raise FileRefused("ENCODING_NOT_SUPPORTED", {"encoding": name}) from error
    # GBK and GB2312 files in the wild hold GB18030 characters.
    return "gb18030" if info.name in {"gbk", "gb2312"} else info.name


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            yield chunk
    yield b""


def _read_through(path: Path, encoding: str) -> TextFacts:
    decoder = codecs.getincrementaldecoder(encoding)(errors="strict")
    wide = encoding.startswith(("utf-16", "utf-32"))
    fed = since = lines = 0
    has_quotes = False
    for chunk in _chunks(path):
        if not wide and b"\0" in chunk:
            line, byte = _place(path, fed + chunk.index(0))
            raise FileRefused("NUL_BYTES", {"line": line, "byte": byte})
        try:
            text = decoder.decode(chunk, final=not chunk)
        except UnicodeDecodeError as error:
            offset = fed + len(chunk) - len(error.object) + error.start
            line, byte = _place(path, offset)
            value = f"0x{error.object[error.start]:02X}" if error.start < len(error.object) else "-"
            raise FileRefused(
                "ENCODING_BROKEN", {"line": line, "byte": byte, "value": value, "encoding": encoding, "offset": offset}
            ) from error
        except UnicodeError as error:
            raise FileRefused("ENCODING_NOT_SUPPORTED", {"encoding": encoding}) from error
        fed += len(chunk)
        if wide and "\0" in text:
            at = lines + text.count("\n", 0, text.index("\0")) + 1
            raise FileRefused("NUL_BYTES", {"line": at, "byte": 0})
        has_quotes = has_quotes or '"' in text
        ends = "\n" if "\n" in text else "\r"
        last = text.rfind(ends)
        lines += text.count(ends)
        since = len(text) - last - 1 if last >= 0 else since + len(text)
        if since > _LINE_LIMIT:
            raise FileRefused("LINE_TOO_LONG", {"line": lines + 1, "limit": _LINE_LIMIT})
    return TextFacts(encoding=encoding, lines=lines + (1 if since else 0), has_quotes=has_quotes)


def _place(path: Path, offset: int) -> tuple[int, int]:
    """The 1-based line, and the 1-based byte in that line, of a byte of the file."""
    line, start, at = 1, 0, 0
    for chunk in _chunks(path):
        part = chunk[: offset - at]
        ends = part.count(b"\n")
        if ends:
            line, start = line + ends, at + part.rindex(b"\n") + 1
        at += len(part)
        if len(part) < len(chunk) or not chunk:
            break
    return line, offset - start + 1


def _is_mostly_utf8(path: Path, refusal: FileRefused) -> bool:
    """Whether a file that is not UTF-8 is UTF-8 with a few broken bytes, rather than another encoding.

    Chinese in GBK decoded as UTF-8 breaks at nearly every character; damaged UTF-8 breaks rarely.
    """
    offset = refusal.params["offset"]
    assert isinstance(offset, int)
    with path.open("rb") as file:
        file.seek(max(0, offset - _CHUNK // 2))
        text = file.read(_CHUNK).decode("utf-8", errors="replace")
    broken = text.count("\ufffd")
    good = sum(1 for _ in re.finditer(r"[^\x00-\x7f\ufffd]", text))
    return good >= 2 * broken


@cache
def _ordinary_characters() -> frozenset[str]:
    """Characters of the GB2312 plane: punctuation (rows 1-3) and the 6,763 hanzi (rows 16-87)."""
    rows = [*range(0xA1, 0xA4), *range(0xB0, 0xF8)]
    pairs = (bytes((row, cell)) for row in rows for cell in range(0xA1, 0xFF))
    return frozenset(pair.decode("gb2312", errors="ignore") for pair in pairs) - {""}


def _believe_chinese(path: Path) -> None:
    """Refuse a text whose GB18030 reading is not ordinary Chinese: Latin-1, Big5 and others give rare characters."""
    decoder = codecs.getincrementaldecoder("gb18030")(errors="strict")
    ordinary = _ordinary_characters()
    total = common = fed = 0
    strange: tuple[int, str] | None = None
    for chunk in _chunks(path):
        text = decoder.decode(chunk, final=not chunk)
        for match in re.finditer(r"[^\x00-\x7f]", text):
            total += 1
            if match.group() in ordinary:
                common += 1
            elif strange is None:
                strange = (fed + len(text[: match.start()].encode("gb18030")), match.group())
        fed += len(text.encode("gb18030"))
        if total > 100_000:
            break
    if strange is not None and common * 10 < total * 7:
        line, byte = _place(path, strange[0])
        value = f"0x{strange[1].encode('gb18030')[0]:02X}"
        raise FileRefused("ENCODING_UNKNOWN", {"line": line, "byte": byte, "value": value})
