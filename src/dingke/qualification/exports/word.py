"""Word documents in the house's form: title, paragraphs, tables; fonts for both languages; whose file it is.

python-docx writes them: the documents are built from data whose parts differ from deal to deal, so that a template would only be
filled by code again.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from datetime import datetime

from docx import Document
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml.ns import qn
from docx.shared import Cm, Pt, RGBColor

_LATIN, _CHINESE = "Calibri", "微软雅黑"
_GREEN, _GREY = RGBColor(0x0F, 0x6B, 0x5B), RGBColor(0x55, 0x64, 0x5F)
_NOT_XML = dict.fromkeys([*range(9), 11, 12, *range(14, 32), 0xFFFE, 0xFFFF])


class WordFile:
    """A document that is written from top to bottom."""

    def __init__(self, title: str, *, sub: str = "", author: str = "", at: datetime | None = None) -> None:
        self._document = Document()
        for section in self._document.sections:
            section.left_margin = section.right_margin = Cm(2.2)
            section.top_margin = section.bottom_margin = Cm(2)
        for name in ("Normal", "Title", "Heading 1", "Heading 2", "List Bullet"):
            style = self._document.styles[name]
            style.font.name = _LATIN
            fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
            for kind in ("w:asciiTheme", "w:hAnsiTheme", "w:eastAsiaTheme", "w:cstheme"):
                fonts.attrib.pop(qn(kind), None)
            fonts.set(qn("w:hAnsi"), _LATIN)
            fonts.set(qn("w:eastAsia"), _CHINESE)
            if name != "Normal" and name != "List Bullet":
                style.font.color.rgb = _GREEN
        self._document.styles["Normal"].font.size = Pt(10.5)
        self._document.styles["Title"].font.size = Pt(20)
        self._document.core_properties.title = _clean(title)[:255]
        self._document.core_properties.author = _clean(author)[:255]
        if at is not None:
            self._document.core_properties.created = self._document.core_properties.modified = at.replace(tzinfo=None)
        self._document.add_paragraph(_clean(title), style="Title")
        if sub:
            self.text(sub, soft=True)

    def heading(self, text: str, *, level: int = 1) -> None:
        self._document.add_heading(_clean(text), level=level)

    def text(self, text: str, *, soft: bool = False, bold: bool = False) -> None:
        for line in _clean(text).splitlines() or [""]:
            run = self._document.add_paragraph().add_run(line)
            run.bold = bold
            if soft:
                run.font.color.rgb = _GREY

    def points(self, lines: Iterable[str]) -> None:
        for line in lines:
            self._document.add_paragraph(_clean(line), style="List Bullet")

    def facts(self, rows: Iterable[tuple[str, str]]) -> None:
        self.table((), [row for row in rows if row[1]], widths=(4, 12.5), bold_first=True)

    def table(
        self,
        head: Sequence[str],
        rows: Sequence[Sequence[str]],
        *,
        widths: Sequence[float] = (),
        numbers: Iterable[int] = (),
        bold_first: bool = False,
    ) -> None:
        """`widths` in centimetres; columns in `numbers` stand to the right."""
        if not rows:
            return
        right = set(numbers)
        table = self._document.add_table(rows=0, cols=len(rows[0]))
        table.style = "Table Grid"
        for place, row in enumerate([*([head] if head else []), *rows]):
            is_head = bool(head) and place == 0
            for column, (cell, text) in enumerate(zip(table.add_row().cells, row, strict=True)):
                paragraph = cell.paragraphs[0]
                run = paragraph.add_run(_clean(text))
                run.bold = is_head or (bold_first and column == 0)
                run.font.size = Pt(9.5)
                paragraph.paragraph_format.space_after = Pt(2)
                if column in right:
                    paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT
                if widths:
                    cell.width = Cm(widths[column])
        self._document.add_paragraph()

    def content(self) -> bytes:
        target = io.BytesIO()
        self._document.save(target)
        return target.getvalue()


def _clean(text: str) -> str:
    """Without the characters that an XML file cannot hold."""
    return text.translate(_NOT_XML)
