"""Formulas in every text of people, and every file that the product gives out: no cell begins like a formula."""

from __future__ import annotations

import csv
import io
from typing import Any

import openpyxl
import pytest
from django.urls import reverse

from dingke.accounts.models import Account
from dingke.config.tests.faults import planting
from dingke.config.tests.test_rights import PAGES, Things
from dingke.core.models import Job
from dingke.core.tables_out import harmless

pytestmark = pytest.mark.django_db
FORMULAS = ('=HYPERLINK("http://x","y")', "=1+1")
STARTS = ("=", "+cmd|' /C calc'!A0", "-2+3+cmd", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1+1", "＋1+A1", "－1+A1", "＠SUM(A1)")


@pytest.fixture
def things(cast, account, settings, tmp_path):
    settings.UPLOADS = tmp_path
    found = Things(cast, account)
    planting.fill(found)
    planting.plant(FORMULAS)
    Account.objects.filter(pk=account.pk).update(is_key=True)  # key accounts are listed for assessment
    return found


def cells_of(answer: Any) -> list[str]:
    content = b"".join(answer.streaming_content) if answer.streaming else answer.content
    if content.startswith(b"PK"):
        book = openpyxl.load_workbook(io.BytesIO(content))
        cells = [cell for sheet in book.worksheets for row in sheet.iter_rows() for cell in row]
        assert not [cell.coordinate for cell in cells if cell.data_type == "f"], "a formula"
        return [cell.value for cell in cells if isinstance(cell.value, str)]
    return [cell for row in csv.reader(io.StringIO(content.decode("utf-8-sig"))) for cell in row]


def check(answer: Any, what: str) -> None:
    assert answer.status_code == 200, what
    assert "attachment" in answer["Content-Disposition"], what
    cells = cells_of(answer)
    assert [cell for cell in cells if harmless(cell) != cell] == [], what
    assert [cell for cell in cells if cell.startswith("'=")], f"{what}: the planted texts are not in it"


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_every_file_is_harmless(things, kind, django_capture_on_commit_callbacks):
    ask = {"format": kind}
    director, administrator = things.cast.director.client, things.cast.administrator.client
    run, part = things.of("run_id"), things.of("file_id")
    files = {
        "accounts:dossier_export": director.post(reverse("accounts:dossier_export", args=[things.account.pk]), ask),
        "core:audit_export": administrator.get(reverse("core:audit_export"), ask),
        "insights:export": director.get(reverse("insights:export"), ask),
        "insights:export_stages": director.get(reverse("insights:export_stages"), {**ask, "what": "over"}),
        "insights:export_assessments": director.get(reverse("insights:export_assessments"), {**ask, "show": "never"}),
        "insights:export_comparison": director.get(reverse("insights:export_comparison"), {**ask, "account": things.account.pk}),
        "insights:export_cases": director.get(reverse("insights:export_cases"), {**ask, "start": "2020-01-01"}),
        "imports:failed_rows": director.get(reverse("imports:failed_rows", args=[run, part, kind])),
    }
    with django_capture_on_commit_callbacks(execute=True):
        director.post(reverse("accounts:export"), {**ask, "all": "1"}, headers={"HX-Request": "true"})
    files["accounts:export_file"] = director.get(reverse("accounts:export_file", args=[_newest("export_accounts")]))
    with django_capture_on_commit_callbacks(execute=True):
        director.post(reverse("pipeline:export"), ask)
    files["pipeline:export_file"] = director.get(reverse("pipeline:export_file", args=[_newest("export_deals")]))
    for what in ("orders", "receivables", "products"):
        with django_capture_on_commit_callbacks(execute=True):
            director.post(reverse("ledger:export", args=[what]))
        files[f"ledger:export_file {what}"] = director.get(reverse("ledger:export_file", args=[_newest("export_ledger")]))
    if kind == "xlsx":
        files["accounts:held_file"] = administrator.get(reverse("accounts:held_file", args=[things.of("contact_id")]))
        files["imports:template"] = director.get(reverse("imports:template", args=["accounts"]))
    if kind == "xlsx":  # these two are read again by the import: their cells are texts as they stood, and none is a formula
        assert FORMULAS[0] in cells_of(files.pop("imports:failed_rows"))
        cells_of(files.pop("imports:template"))
    for what, answer in files.items():
        check(answer, what)
    # no text of people stands in the backtest: its rows are signals and rules
    asking = {"imports:failed_rows", "accounts:export", "ledger:export", "pipeline:export", "core:export_log", "insights:export_backtest"}
    named = {
        route.name for route in PAGES if set(route.name.replace(":", "_").split("_")) & {"export", "exports", "file", "template", "failed"}
    }
    assert named <= {what.split()[0] for what in files} | asking | {"imports:template", "imports:file", "accounts:held_file"}, (
        "a file that this test does not open"
    )


def _newest(kind: str) -> int:
    job = Job.objects.filter(kind=kind).latest("pk")
    assert job.state == "DONE", job.error or job.message
    return job.pk


@pytest.mark.parametrize("text", STARTS)
def test_each_beginning_is_neutralised(text):
    assert harmless(text) == "'" + text
