"""Files to keep: Word documents and workbooks as answers."""

from __future__ import annotations

from django.http import HttpResponse
from django.utils.http import content_disposition_header

WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def word(content: bytes, *, name: str) -> HttpResponse:
    return _kept(content, f"{name}.docx", WORD)


def workbook(content: bytes, *, name: str) -> HttpResponse:
    return _kept(content, f"{name}.xlsx", WORKBOOK)


def _kept(content: bytes, name: str, content_type: str) -> HttpResponse:
    response = HttpResponse(content, content_type=content_type)
    response["Content-Disposition"] = content_disposition_header(True, name) or ""
    return response
