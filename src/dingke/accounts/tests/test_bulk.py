"""Many rows at once: rights row by row, one summary in the audit trail, jobs for long runs; exports."""

from __future__ import annotations

import csv
import io

import openpyxl
import pytest
from django.urls import reverse

from dingke.accounts import exports
from dingke.accounts.actions import bulk, tags
from dingke.accounts.models import Account, Collaborator, Standing, Tag
from dingke.accounts.queries.list_columns import columns_for
from dingke.accounts.tests.factories import make_account
from dingke.core.errors import Invalid, NotAllowed, NotVisible
from dingke.core.models import AuditEntry, Job

pytestmark = pytest.mark.django_db
PART = {"HX-Request": "true", "HX-Request-Type": "partial"}


@pytest.fixture
def accounts(cast):
    return [make_account(f"江州设备{number}", owner=cast.owner.user) for number in range(3)]


@pytest.fixture
def foreign(cast):
    return make_account("福远物流", owner=cast.stranger.user)


def wish(**values):
    return bulk.wish_from(values)


def summary():
    return AuditEntry.objects.get(action__startswith="accounts.bulk")


class TestChangeMany:
    def test_a_manager_assigns_and_each_row_has_its_own_history(self, cast, accounts, now):
        outcome = bulk.change_many(
            account_ids=[row.pk for row in accounts],
            wish=wish(verb="assign", user_id=cast.colleague.user.pk),
            by=cast.manager.scope,
            now=now,
        )
        assert (outcome.done, outcome.refused_number) == (3, 0)
        assert set(Account.objects.values_list("owner_id", flat=True)) == {cast.colleague.user.pk}
        assert AuditEntry.objects.filter(action="accounts.assigned").count() == 3
        assert summary().changes["done"] == 3

    def test_refused_rows_stay_and_say_why(self, cast, accounts, foreign, now):
        Account.objects.filter(pk=accounts[1].pk).update(is_key=True)
        ids = [row.pk for row in [*accounts, foreign]]
        outcome = bulk.change_many(account_ids=ids, wish=wish(verb="archive"), by=cast.manager.scope, now=now)
        assert outcome.done == 2
        assert [(row["id"], row["name"]) for row in outcome.refused] == [(accounts[1].pk, accounts[1].name), (foreign.pk, "")]
        assert "key account" in outcome.refused[0]["reason"].lower()
        assert set(Account.objects.filter(archived_at=None)) == {accounts[1], foreign}
        assert summary().changes["refused"] == 2

    def test_tags_are_added_and_taken_off(self, cast, accounts, now):
        ids = [row.pk for row in accounts]
        bulk.change_many(account_ids=ids, wish=wish(verb="tag", names=["重点", " 二期 "]), by=cast.owner.scope, now=now)
        bulk.change_many(account_ids=ids[:1], wish=wish(verb="untag", names=["重点"]), by=cast.owner.scope, now=now)
        assert [sorted(tag.name for tag in row.tags.all()) for row in accounts] == [["二期"], ["二期", "重点"], ["二期", "重点"]]

    def test_share_stage_and_restore(self, cast, accounts, now):
        ids = [row.pk for row in accounts]
        bulk.change_many(
            account_ids=ids, wish=wish(verb="share", user_id=cast.stranger.user.pk, level="READ"), by=cast.owner.scope, now=now
        )
        assert Collaborator.objects.filter(user=cast.stranger.user).count() == 3
        bulk.change_many(account_ids=ids, wish=wish(verb="stage", stage="MATURE"), by=cast.owner.scope, now=now)
        assert set(Account.objects.values_list("lifecycle_stage", flat=True)) == {"MATURE"}
        bulk.change_many(account_ids=ids, wish=wish(verb="archive"), by=cast.manager.scope, now=now)
        outcome = bulk.change_many(account_ids=ids, wish=wish(verb="restore"), by=cast.manager.scope, now=now)
        assert outcome.done == 3

    def test_the_reader_of_a_shared_account_changes_nothing(self, cast, accounts, now):
        Collaborator.objects.create(account=accounts[0], user=cast.stranger.user, level="READ", added_at=now)
        outcome = bulk.change_many(account_ids=[accounts[0].pk], wish=wish(verb="tag", names=["x"]), by=cast.stranger.scope, now=now)
        assert outcome.done == 0
        assert not Tag.objects.exists()

    @pytest.mark.parametrize(
        "values",
        [
            {"verb": "explode"},
            {"verb": "assign"},
            {"verb": "assign", "user_id": "x"},
            {"verb": "tag", "names": [" "]},
            {"verb": "stage", "stage": "DEAD"},
        ],
    )
    def test_a_wish_without_its_parts_is_refused(self, values):
        with pytest.raises(Invalid):
            wish(**values)

    def test_nothing_and_too_much_are_refused(self, cast, accounts, now, monkeypatch):
        with pytest.raises(bulk.UnableToChangeMany):
            bulk.change_many(account_ids=[], wish=wish(verb="archive"), by=cast.manager.scope, now=now)
        monkeypatch.setattr(bulk, "MOST", 2)
        with pytest.raises(bulk.UnableToChangeMany):
            bulk.change_many(account_ids=[row.pk for row in accounts], wish=wish(verb="archive"), by=cast.manager.scope, now=now)


class TestBulkDoors:
    FORM, DO = reverse("accounts:bulk_form"), reverse("accounts:bulk_change")

    @pytest.mark.parametrize("verb", ["assign", "tag", "untag", "share", "stage", "archive", "restore"])
    def test_every_dialog_opens_and_carries_the_rows(self, cast, accounts, verb):
        page = cast.manager.client.post(self.FORM, {"do": verb, "ids": [accounts[0].pk, accounts[2].pk]}, headers=PART)
        assert page.status_code == 200
        assert f'name="ids" value="{accounts[2].pk}"' in page.content.decode()

    def test_does_it_and_tells_the_list(self, cast, accounts):
        answer = cast.owner.client.post(self.DO, {"do": "tag", "ids": [accounts[0].pk], "names": ["新标签"]}, headers=PART)
        assert "dk:accounts-changed" in answer["HX-Trigger"]
        assert Tag.objects.get().name == "新标签"

    def test_refused_rows_are_listed(self, cast, accounts, foreign):
        page = cast.manager.client.post(self.DO, {"do": "archive", "ids": [accounts[0].pk, foreign.pk]}, headers=PART).content.decode()
        assert "1 account changed. 1 refused." in page
        assert foreign.name not in page

    def test_a_missing_part_is_asked_for(self, cast, accounts):
        page = cast.manager.client.post(self.DO, {"do": "assign", "ids": [accounts[0].pk]}, headers=PART)
        assert page.status_code == 422
        assert "Choose a person." in page.content.decode()

    def test_nothing_ticked_is_refused(self, cast):
        assert cast.manager.client.post(self.FORM, {"do": "archive"}, headers=PART).status_code == 409

    def test_all_that_match_runs_as_a_job_beyond_the_limit(self, cast, accounts, foreign, monkeypatch, django_capture_on_commit_callbacks):
        monkeypatch.setattr(bulk, "AT_ONCE", 2)
        Account.objects.filter(pk=accounts[1].pk).update(is_key=True)
        with django_capture_on_commit_callbacks(execute=True):
            page = cast.director.client.post(
                self.DO + "?edited=1&text=&owner=" + str(cast.owner.user.pk), {"do": "archive", "all": "1"}, headers=PART
            )
        assert page.status_code == 200
        job = Job.objects.get(kind=exports.BULK_KIND)
        assert (job.state, job.total, job.result["done"], job.result["refused_number"]) == ("DONE", 3, 2, 1)
        assert Account.objects.get(pk=foreign.pk).archived_at is None
        outcome = reverse("accounts:bulk_outcome", args=[job.pk])
        assert accounts[1].name in cast.director.client.get(outcome).content.decode()
        assert cast.stranger.client.get(outcome).status_code == 404
        assert job.result["url"] == outcome

    def test_a_job_has_the_rights_of_its_owner_at_the_time_it_runs(self, cast, accounts, monkeypatch, django_capture_on_commit_callbacks):
        monkeypatch.setattr(bulk, "AT_ONCE", 1)
        with django_capture_on_commit_callbacks() as waiting:
            cast.manager.client.post(self.DO, {"do": "archive", "ids": [row.pk for row in accounts]}, headers=PART)
        cast.team.leaders.clear()
        for callback in waiting:
            callback()
        assert Job.objects.get().result["done"] == 0


def export(cast_person, run, data=None, query=""):
    with run(execute=True):
        answer = cast_person.client.post(reverse("accounts:export") + query, data or {}, headers=PART)
    return answer, Job.objects.order_by("-pk").first()


class TestExport:
    @pytest.fixture
    def run(self, django_capture_on_commit_callbacks, settings, tmp_path):
        settings.UPLOADS = tmp_path
        return django_capture_on_commit_callbacks

    def fetched(self, person, job):
        response = person.client.get(reverse("accounts:export_file", args=[job.pk]))
        return response, b"".join(response.streaming_content) if response.status_code == 200 else b""

    def test_writes_what_the_filter_matches_with_the_chosen_columns(self, cast, accounts, foreign, today, run):
        Standing.objects.create(account=accounts[1], as_of_date=today, run_id=1, revenue=12345, revenue_before=10000, abc="A")
        _answer, job = export(
            cast.owner, run, {"columns": ["name", "revenue", "change", "abc"], "all": "1"}, "?edited=1&owner=mine&sort=-revenue"
        )
        assert (job.state, job.result["rows"]) == ("DONE", 3)
        response, body = self.fetched(cast.owner, job)
        assert "Accounts" in response["Content-Disposition"] or "filename" in response["Content-Disposition"]
        rows = list(openpyxl.load_workbook(io.BytesIO(body)).active.values)
        assert rows[0] == ("Name", "Revenue, 12 months", "Change on the year", "Class")
        assert rows[1][0] == accounts[1].name
        assert rows[1][1:] == (12345, pytest.approx(0.2345), "A")
        assert rows[4][0] is None
        assert "周敏" in rows[5][0]  # whose file it is
        assert len(rows) == 6

    def test_csv_of_the_ticked_rows_without_formulas(self, cast, accounts, run):
        Account.objects.filter(pk=accounts[0].pk).update(name="=HYPERLINK(1)", city="@x")
        _answer, job = export(cast.owner, run, {"format": "csv", "ids": [accounts[0].pk], "columns": ["name", "city"]})
        _response, body = self.fetched(cast.owner, job)
        rows = list(csv.reader(io.StringIO(body.decode("utf-8-sig"))))
        assert rows[1] == ["'=HYPERLINK(1)", "'@x"]

    def test_hidden_fields_are_not_written(self, cast, accounts, run):
        assert cast.finance.scope.hides("phone")
        Account.objects.filter(pk=accounts[0].pk).update(phone="0512-66667777")
        _answer, job = export(cast.finance, run, {"format": "csv", "all": "1", "columns": ["name", "phone"]})
        _response, body = self.fetched(cast.finance, job)
        assert b"66667777" not in body
        assert "phone" not in {column.key for column in columns_for(cast.finance.scope)}

    def test_only_the_owner_fetches_it_and_every_step_is_written_down(self, cast, accounts, run):
        _answer, job = export(cast.owner, run, {"all": "1"})
        assert self.fetched(cast.director, job)[0].status_code == 404
        assert self.fetched(cast.administrator, job)[0].status_code == 404
        assert self.fetched(cast.owner, job)[0].status_code == 200
        assert list(AuditEntry.objects.filter(action__startswith="accounts.export").order_by("pk").values_list("action", flat=True)) == [
            "accounts.export",
            "accounts.export_fetched",
        ]

    def test_needs_the_permission(self, cast, accounts, run):
        assert cast.colleague.client.post(reverse("accounts:export"), {"all": "1"}).status_code == 403
        assert cast.colleague.client.post(reverse("accounts:bulk_form"), {"do": "export", "ids": [accounts[0].pk]}).status_code == 403
        assert (
            cast.owner.client.post(reverse("accounts:bulk_form"), {"do": "export", "ids": [accounts[0].pk]}, headers=PART).status_code
            == 200
        )
        assert cast.owner.client.get(reverse("accounts:export"), headers=PART).status_code == 200

    def test_pages_through_more_rows_than_a_batch(self, cast, accounts, run, monkeypatch):
        monkeypatch.setattr(exports, "BATCH", 2)
        _answer, job = export(cast.owner, run, {"all": "1"}, "?edited=1&sort=-revenue")
        assert job.result["rows"] == 3

    def test_a_removed_file_says_so(self, cast, accounts, run):
        _answer, job = export(cast.owner, run, {"all": "1"})
        (exports.folder() / job.result["file"]).unlink()
        with pytest.raises(NotVisible):
            exports.file_of(cast.owner.scope, job)


class TestTags:
    def test_settings_page_adds_renames_joins_and_deletes(self, cast, accounts, now):
        client, page = cast.administrator.client, reverse("accounts:tags")
        client.post(page, {"name": "重点", "colour": "green"}, headers=PART)
        client.post(page, {"name": "要紧", "colour": "red"}, headers=PART)
        first, second = Tag.objects.order_by("pk")
        accounts[0].tags.add(first, second)
        accounts[1].tags.add(second)
        client.post(reverse("accounts:edit_tag", args=[second.pk]), {"name": "重点", "colour": "grey"})
        assert [tag.name for tag in Tag.objects.all()] == ["重点"]
        assert first.account_links.count() == 2
        assert client.get(page).status_code == 200
        assert client.get(reverse("accounts:edit_tag", args=[first.pk]), headers=PART).status_code == 200
        client.post(reverse("accounts:edit_tag", args=[first.pk]), {"do": "delete"})
        assert not Tag.objects.exists()
        assert client.post(page, {"name": " "}, headers=PART).status_code == 422

    def test_needs_the_permission(self, cast):
        assert cast.owner.client.get(reverse("accounts:tags")).status_code == 403
        with pytest.raises(NotAllowed):
            tags.add_tag(name="甲", colour="grey", by=cast.owner.scope, now=None)
