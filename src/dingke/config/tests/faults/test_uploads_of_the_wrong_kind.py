"""Files that are not what they say, sent to the one place that takes files: refused in words, kept nowhere, run never."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from dingke.core.models import ImportFile, ImportRun

pytestmark = pytest.mark.django_db
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><script>alert(1)</script></svg>'


def bomb() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("xl/workbook.xml", "<workbook/>")
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * 60_000_000)
    return buffer.getvalue()


def zipped(name: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(name, "x")
    return buffer.getvalue()


WRONG = {
    "a program": ("customers.xlsx", b"MZ\x90\x00" + b"\x00" * 4000),
    "a program for Linux": ("customers.csv", b"\x7fELF\x02\x01\x01" + b"\x00" * 4000),
    "a picture that scripts": ("logo.svg", SVG),
    "a picture that scripts, as a table": ("customers.csv", SVG),
    "a web page": ("customers.xls", b"<!doctype html><html><script>alert(1)</script></html>"),
    "a picture": ("customers.xlsx", b"\x89PNG\r\n\x1a\n" + b"\x00" * 400),
    "a document": ("customers.xlsx", b"%PDF-1.7\n" + b"x" * 400),
    "a zip bomb": ("customers.xlsx", bomb()),
    "another archive": ("customers.xlsx", zipped("run.exe")),
    "a picture that scripts, as XML": ("customers.csv", b'<?xml version="1.0"?>' + SVG),
    "a script": ("customers.csv", b"<script>alert(1)</script>"),
    "a way out of the folder": ("customers.xlsx", zipped("../../etc/cron.d/x")),
    "an archive that is cut off": ("customers.xlsx", bomb()[:900]),
    "nothing": ("customers.csv", b""),
}


@pytest.mark.parametrize(("name", "content"), WRONG.values(), ids=WRONG)
def test_is_refused_in_words_and_kept_nowhere(name, content, cast, settings, tmp_path):
    settings.UPLOADS = tmp_path
    settings.STORAGES = {**settings.STORAGES, "default": {**settings.STORAGES["default"], "OPTIONS": {"location": tmp_path}}}
    answer = cast.director.client.post(reverse("imports:new"), {"files": SimpleUploadedFile(name, content)})
    text = answer.content.decode()
    assert answer.status_code in {200, 422}, answer.status_code
    assert name in text or "file" in text
    assert "<script>alert" not in text
    assert not ImportFile.objects.exists()
    assert not ImportRun.objects.exists()
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


@pytest.mark.parametrize(
    "name", ["../../evil.csv", "..\\..\\evil.csv", "/etc/passwd.csv", "<img src=x onerror=alert(1)>.csv", "客户\x00.csv", "=cmd.csv"]
)
def test_a_name_leads_nowhere(name, cast, settings, tmp_path):
    settings.UPLOADS = tmp_path
    settings.STORAGES = {**settings.STORAGES, "default": {**settings.STORAGES["default"], "OPTIONS": {"location": tmp_path}}}
    answer = cast.director.client.post(reverse("imports:new"), {"files": SimpleUploadedFile(name, "客户,城市\n江州重工,厦门\n".encode())})
    assert answer.status_code < 500
    assert "<img src=x" not in answer.content.decode()
    for part in ImportFile.objects.all():
        assert Path(part.file.path).resolve().is_relative_to(tmp_path)
    run = ImportRun.objects.first()
    if run is not None:
        for part in run.files.all():
            page = cast.director.client.get(reverse("imports:file", args=[run.pk, part.pk])).content.decode()
            assert "<img src=x" not in page
