"""The wizard's doors: who may, what they answer, and the way from an upload to its undoing."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import override_settings
from django.urls import reverse
from openpyxl import load_workbook

from dingke.accounts.models import Account
from dingke.accounts.tests.factories import NOW
from dingke.config import content
from dingke.config.tests.importing_kit import a_run, csv_bytes, done, only, xlsx_bytes
from dingke.config.wiring import IMPORT_TARGETS
from dingke.core.importing import setup, targets
from dingke.core.models import ImportRun

pytestmark = pytest.mark.django_db
ROWS = csv_bytes("客户名称,城市,员工人数", "江州重工集团有限公司,江州,1200", "海川电子,海川,很多")
HTMX = {"HX-Request": "true"}


def upload(client, *files: tuple[str, bytes], **headers):
    return client.post(reverse("imports:new"), {"files": [SimpleUploadedFile(name, content) for name, content in files]}, headers=headers)


def at(name: str, run: ImportRun, **more) -> str:
    return reverse(f"imports:{name}", kwargs={"run_id": run.pk, **more})


def test_the_whole_way_from_upload_to_undo(cast, now, django_capture_on_commit_callbacks):
    client = cast.director.client
    assert "Bring your customers in" in client.get(reverse("imports:list")).content.decode()
    answer = upload(client, ("客户.csv", ROWS))
    run = ImportRun.objects.get()
    assert (answer.status_code, answer["Location"]) == (303, at("setup", run))
    page = at("file", run, file_id=only(run).pk)
    assert client.get(at("setup", run))["Location"] == page
    html = client.get(page).content.decode()
    assert "员工人数" in html
    assert "江州重工集团有限公司" in html
    answer = client.post(
        page, {"step": "columns", "field-0": "name", "field-1": "city", "field-2": "employees", "key": "name", "then": "next"}, headers=HTMX
    )
    assert answer["HX-Redirect"] == at("check", run)
    assert "Import all of it" in client.get(at("check", run)).content.decode()
    trial = client.get(at("trial", run), headers=HTMX).content.decode()
    assert "1 would fail" in trial
    assert "“很多” is not a number." in trial
    assert not Account.objects.exists()
    client.post(at("check", run), {"mode": "CREATE", "owner": "ME"}, headers=HTMX)
    with django_capture_on_commit_callbacks(execute=True):
        assert client.post(at("start", run))["Location"] == at("run", run)
    result = client.get(at("run", run)).content.decode()
    assert "Undo this import" in result
    assert Account.objects.get().owner == cast.director.user
    failures = client.get(at("failures", run), headers=HTMX).content.decode()
    assert "is not a number" in failures
    assert "海川电子" in failures
    sheet = client.get(at("failed_rows", run, file_id=only(run).pk, kind="xlsx"))
    assert sheet["Content-Disposition"].endswith('failed.xlsx"')
    assert client.get(at("failed_rows", run, file_id=only(run).pk, kind="csv")).content.startswith(b"\xef\xbb\xbf")
    assert client.get(at("failed_rows", run, file_id=only(run).pk, kind="exe")).status_code == 404
    with django_capture_on_commit_callbacks(execute=True):
        client.post(at("undo", run))
    assert not Account.objects.exists()
    assert "1 records removed" in client.get(at("run", run)).content.decode()
    assert "客户.csv" in client.get(reverse("imports:list")).content.decode()


@pytest.mark.parametrize("who", ["owner", "colleague", "manager", "stranger", "service", "read_only"])
def test_roles_that_do_not_import_are_refused(cast, now, who):
    run = a_run(("a.csv", ROWS), now=now, by=cast.director.scope)
    client = getattr(cast, who).client
    for url in (
        reverse("imports:list"),
        reverse("imports:new"),
        at("run", run),
        at("check", run),
        at("file", run, file_id=only(run).pk),
        reverse("imports:template", kwargs={"target": "accounts"}),
    ):
        assert client.get(url).status_code == 403
    for name in ("start", "undo", "continue", "discard"):
        assert client.post(at(name, run)).status_code == 403
    assert ImportRun.objects.filter(pk=run.pk).exists()


def test_another_persons_run_is_not_there_and_an_administrator_sees_all(cast, now):
    run = done(a_run(("a.csv", ROWS), now=now, by=cast.director.scope), now=now, by=cast.director.scope)
    file_id = only(run).pk
    for url in (
        at("run", run),
        at("setup", run),
        at("check", run),
        at("trial", run),
        at("failures", run),
        at("file", run, file_id=file_id),
        at("failed_rows", run, file_id=file_id, kind="csv"),
    ):
        assert cast.finance.client.get(url).status_code == 404
    for name in ("start", "undo", "continue", "discard"):
        assert cast.finance.client.post(at(name, run)).status_code == 404
    assert "a.csv" not in cast.finance.client.get(reverse("imports:list")).content.decode()
    assert cast.administrator.client.get(at("run", run)).status_code == 200
    assert cast.anonymous.get(at("run", run)).status_code in (302, 303)


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("empty.csv", b"", "empty"),
        ("picture.xlsx", b"\x89PNG\r\n\x1a\n" + bytes(40), "upload that"),
        ("broken.xlsx", b"PK\x03\x04" + bytes(40), "damaged"),
        ("open.csv", b'name,city\n"a,b\n', "quotation mark"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_in_words_and_nothing_is_kept(cast, name, content, words):
    answer = upload(cast.director.client, (name, content))
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not ImportRun.objects.exists()


def test_the_refusal_is_in_the_persons_language(cast):
    cast.director.user.language = "zh-hans"
    cast.director.user.save()
    assert "文件是空的" in upload(cast.director.client, ("empty.csv", b"")).content.decode()


@override_settings(IMPORT_MAX_BYTES=1024 * 1024)
def test_a_file_that_is_too_large_is_refused_with_the_limit(cast):
    answer = upload(cast.director.client, ("large.csv", b"name\n" + b"x" * 1_200_000))
    assert answer.status_code == 422
    assert "larger than 1 MB" in answer.content.decode()
    assert upload(cast.director.client).status_code == 422


def test_reading_target_and_sheet_can_be_changed_with_a_live_answer(cast, now):
    run = a_run(("a.xlsx", xlsx_bytes(("报表 2026",), ("客户名称", "城市"), ("甲公司", "江州"))), now=now, by=cast.director.scope)
    page = at("file", run, file_id=only(run).pk)
    assert "row 2" in cast.director.client.get(page).content.decode().lower()
    answer = cast.director.client.post(page, {"step": "reading", "header_row": "1"}, headers=HTMX)
    assert only(run).reading["header_row"] == 1
    assert "<html" not in answer.content.decode()
    refused = cast.director.client.post(page, {"step": "reading", "header_row": "90"}, headers=HTMX)
    assert refused.status_code == 422
    assert "header row" in refused.content.decode()
    assert only(run).reading["header_row"] == 1
    cast.director.client.post(page, {"step": "target", "target": "contacts"}, headers=HTMX)
    assert only(run).target == "contacts"
    assert cast.director.client.post(page, {"step": "target", "target": "people"}, headers=HTMX).status_code == 422


def test_values_are_confirmed_on_the_page(cast, now):
    run = a_run(("a.csv", csv_bytes("客户名称,客户类型", "甲公司,散户")), now=now, by=cast.director.scope)
    page = at("file", run, file_id=only(run).pk)
    assert "散户" in cast.director.client.get(page).content.decode()
    answer = cast.director.client.post(
        page,
        {"step": "columns", "field-0": "name", "field-1": "customer_type", "old-1": "散户", "of-1": "customer_type", "new-1": "个人消费者"},
        headers=HTMX,
    )
    assert only(run).value_mapping == {"customer_type": {"散户": "个人消费者"}}
    assert "散户 → 个人消费者" in answer.content.decode()
    twice = cast.director.client.post(page, {"step": "columns", "field-0": "name", "field-1": "name"}, headers=HTMX)
    assert (twice.status_code, "Two columns go to" in twice.content.decode()) == (422, True)


def test_a_run_that_lacks_something_is_not_started_and_a_draft_can_be_thrown_away(cast, now):
    run = a_run(("a.csv", csv_bytes("foo,bar", "1,2")), now=now, by=cast.director.scope, target="orders")
    assert "no column is" in cast.director.client.get(at("check", run)).content.decode()
    assert cast.director.client.post(at("start", run), headers=HTMX).status_code == 409
    stored = only(run).file.path
    cast.director.client.post(at("discard", run))
    assert not ImportRun.objects.exists()
    assert stored


@pytest.mark.parametrize("target", [target.key for target in IMPORT_TARGETS])
def test_every_target_has_a_template_that_maps_by_itself(cast, now, target):
    answer = cast.administrator.client.get(reverse("imports:template", kwargs={"target": target}))
    import io

    sheet = load_workbook(io.BytesIO(b"".join(answer.streaming_content) if answer.streaming else answer.content)).worksheets[0]
    headers = [cell.value for cell in sheet[1]]
    found = targets.target(target)
    assert headers == [field.label.en for field in found.fields]
    run = a_run(("t.xlsx", xlsx_bytes(tuple(headers), tuple("x" for _header in headers))), now=now, target=target)
    mapped = set(only(run).mapping["fields"])
    assert mapped == {field.key for field in found.fields}
    assert setup.gaps(run, targets.scope_of(None)) == [] or all("order" in gap for gap in setup.gaps(run, targets.scope_of(None)))
    assert cast.administrator.client.get(reverse("imports:template", kwargs={"target": "nothing"})).status_code == 404


def test_the_list_costs_the_same_for_three_and_for_thirty_runs(cast, now, count_queries):
    def runs(number):
        for _each in range(number):
            ImportRun.objects.create(title="x", owner_id=cast.director.user.pk, created_at=now)

    runs(3)
    with count_queries() as few:
        cast.director.client.get(reverse("imports:list"))
    runs(27)
    with count_queries() as many:
        cast.director.client.get(reverse("imports:list"))
    assert few.number == many.number


@pytest.mark.real_data
def test_a_known_set_of_files_shows_what_is_misspelt_and_takes_it_by_one_press(cast, real_data):
    folder = real_data / "b2b_computer_hardware"
    client = cast.administrator.client
    content.load_shipped(now=NOW)  # a playbook to take the deals into
    upload(client, *((file.name, file.read_bytes()) for file in sorted(folder.glob("*.csv"))))
    run = ImportRun.objects.get()
    html = client.get(at("setup", run)).content.decode()
    assert all(word in html for word in ("technolgy", "Philipines", "GTXPro", "GTX Pro", "deal_stage = Won"))
    assert client.post(at("setup", run))["Location"] == at("check", run)
    assert run.files.get(target="accounts").value_mapping == {
        "industry": {"technolgy": "technology"},
        "region": {"Philipines": "Philippines"},
    }
    trial = client.get(at("trial", run), headers=HTMX).content.decode()
    assert "85 new" in trial
    assert "1,000 new" in trial  # of the deals, also those without an account
