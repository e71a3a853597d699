"""Doors of one account: contacts, entries, to-dos, days, invoicing, who holds it; owner, stranger, roles without the right."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from dingke.accounts.actions import account as account_actions
from dingke.accounts.actions import work
from dingke.accounts.models import Account, Collaborator, Consent, Contact, InvoiceTitle, KeyDate, Note, RecentView, Todo
from dingke.accounts.tests.factories import make_contact

pytestmark = pytest.mark.django_db
HX = {"HTTP_HX_REQUEST": "true"}


@pytest.fixture
def contact(account):
    return make_contact(account, mobile="13812346688")


def triggers(response):
    return json.loads(response["HX-Trigger"])


class TestWhoMay:
    READ = ["contacts", "timeline", "invoices"]
    WRITE = ["contact_new", "note_new", "todo_new", "date_new", "invoice_new", "stage"]

    @pytest.mark.parametrize("name", READ + WRITE + ["share", "assign"])
    def test_a_stranger_finds_nothing(self, cast, account, name):
        assert cast.stranger.client.get(reverse(f"accounts:{name}", args=[account.pk])).status_code == 404

    @pytest.mark.parametrize("name", READ)
    def test_a_reader_reads(self, cast, account, contact, name):
        assert cast.read_only.client.get(reverse(f"accounts:{name}", args=[account.pk])).status_code == 200

    @pytest.mark.parametrize("name", WRITE)
    def test_the_owner_writes_and_a_reader_is_refused_with_the_reason(self, cast, account, contact, name):
        address = reverse(f"accounts:{name}", args=[account.pk])
        assert cast.owner.client.get(address).status_code == 200
        refused = cast.read_only.client.get(address, **HX)
        assert refused.status_code == 403
        assert triggers(refused)["dk:toast"]["message"]

    def test_what_hangs_on_it_is_not_there_for_a_stranger(self, cast, account, contact, now):
        note = work.log_note(account=account, kind="CALL", text="x", by=cast.owner.scope, now=now)
        todo = work.add_todo(account=account, title="x", by=cast.owner.scope, now=now)
        day = KeyDate.objects.create(account=account, kind="OTHER", label="x", on_date=now.date())
        title = InvoiceTitle.objects.create(account=account, title="x", tax_id="1")
        doors = [
            *(
                (name, contact.pk)
                for name in ("contact_edit", "contact_main", "contact_left", "contact_archive", "contact_restore", "contact_consent")
            ),
            *((name, note.pk) for name in ("note_edit", "note_archive", "note_restore")),
            *((name, todo.pk) for name in ("todo_edit", "todo_done", "todo_undo", "todo_snooze", "todo_archive", "todo_restore")),
            *((name, day.pk) for name in ("date_edit", "date_archive", "date_restore")),
            *((name, title.pk) for name in ("invoice_edit", "invoice_archive", "invoice_restore")),
            *((name, account.pk) for name in ("seen", "archive", "restore")),
        ]
        for name, pk in doors:
            assert cast.stranger.client.post(reverse(f"accounts:{name}", args=[pk])).status_code == 404, name
        assert cast.service.client.post(reverse("accounts:invoice_edit", args=[title.pk])).status_code == 404, (
            "without the field right it is not there"
        )


class TestContacts:
    def post(self, cast, address, **data):
        return cast.owner.client.post(address, {"name": "孙工", **data}, **HX)

    @pytest.mark.item("C-01")
    def test_several_jobs_and_ways_in_one_form_blank_lines_left_out(self, cast, account):
        response = self.post(
            cast, reverse("accounts:contact_new", args=[account.pk]),
            **{"job-0-title": "项目负责人", "job-0-department": "USING", "job-0-level": "MANAGER", "job-0-is_current": "on",
               "job-104-title": "顾问", "job-104-department": "SUPPORTING", "job-104-level": "TOP",
               "job-7-title": "", "job-7-department": "OTHER", "job-7-level": "OPERATOR",
               "way-0-kind": "MOBILE", "way-0-value": "13900001288", "way-3-kind": "EMAIL", "way-3-value": ""},
        )  # fmt: skip
        assert response.status_code == 204
        assert "dk:account-changed" in triggers(response)
        contact = Contact.objects.get()
        assert [(job.title, job.department, job.is_current) for job in contact.jobs.order_by("id")] == [
            ("项目负责人", "USING", True),
            ("顾问", "SUPPORTING", False),
        ]
        assert [(way.kind, way.value) for way in contact.ways.all()] == [("MOBILE", "13900001288")]

    def test_errors_stand_beside_their_line_and_nothing_is_lost(self, cast, account):
        response = self.post(
            cast,
            reverse("accounts:contact_new", args=[account.pk]),
            **{"name": "孙工", "way-0-kind": "EMAIL", "way-0-value": "not a mail", "salutation": "孙总"},
        )
        html = response.content.decode()
        assert response.status_code == 422
        assert "is not a mail address" in html
        assert 'value="孙总"' in html
        assert not Contact.objects.exists()

    def test_a_stale_save_says_so_and_the_next_one_holds(self, cast, account, contact):
        address = reverse("accounts:contact_edit", args=[contact.pk])
        Contact.objects.filter(pk=contact.pk).update(version=5)
        response = self.post(cast, address, name="改名", version="1")
        assert response.status_code == 422
        assert 'value="5"' in response.content.decode()
        assert self.post(cast, address, name="改名", version="5").status_code == 204

    def test_one_tap_doors(self, cast, account, contact):
        other = make_contact(account, "孙建国")
        client = cast.owner.client
        assert client.post(reverse("accounts:contact_main", args=[other.pk]), **HX).status_code == 204
        left = client.post(reverse("accounts:contact_left", args=[other.pk]), **HX)
        undo = triggers(left)["dk:toast"]["undo"]
        assert Contact.objects.get(pk=other.pk).left_date == timezone.localdate()
        client.post(undo, **HX)
        assert Contact.objects.get(pk=other.pk).left_date is None
        gone = client.post(reverse("accounts:contact_archive", args=[other.pk]), **HX)
        client.post(triggers(gone)["dk:toast"]["undo"], **HX)
        assert Contact.objects.get(pk=other.pk).archived_at is None

    def test_consent_is_written_down_with_its_source(self, cast, contact):
        address = reverse("accounts:contact_consent", args=[contact.pk])
        assert cast.owner.client.post(address, {"channel": "SMS", "is_given": "no", "stated_date": "2026-09-01"}, **HX).status_code == 422
        data = {"channel": "SMS", "is_given": "no", "stated_date": "2026-09-01", "source": "邮件"}
        assert cast.owner.client.post(address, data, **HX).status_code == 204
        assert Consent.objects.get().is_given is False
        assert "Earlier statements" in cast.owner.client.get(address).content.decode()

    def test_the_panel_masks_phones_and_shows_gaps(self, cast, account, contact):
        html = cast.owner.client.get(reverse("accounts:contacts", args=[account.pk])).content.decode()
        assert "13812346688" in html
        assert "Who works with the product every day?" in html
        masked = cast.finance.client.get(reverse("accounts:contacts", args=[account.pk])).content.decode()
        assert "13812346688" not in masked
        assert "138****6688" in masked

    def test_an_empty_panel_teaches(self, cast, account):
        assert "Add the first contact" in cast.owner.client.get(reverse("accounts:contacts", args=[account.pk])).content.decode()


class TestWork:
    def test_a_contact_with_its_next_step_in_one_go(self, cast, account, contact):
        at = timezone.localtime().strftime("%Y-%m-%dT%H:%M")
        data = {"kind": "CALL", "text": "谈了年框", "contact": contact.pk, "at": at, "next_title": "寄方案", "next_date": "2099-01-01"}
        response = cast.owner.client.post(reverse("accounts:note_new", args=[account.pk]), data, **HX)
        assert response.status_code == 204
        assert (Note.objects.get().contact, Todo.objects.get().title) == (contact, "寄方案")
        assert Account.objects.get(pk=account.pk).last_contact_at is not None
        empty = cast.owner.client.post(reverse("accounts:note_new", args=[account.pk]), {**data, "text": ""}, **HX)
        assert empty.status_code == 422
        assert "寄方案" in empty.content.decode()

    def test_done_undo_snooze_drop(self, cast, account, now):
        todo = work.add_todo(account=account, title="约见", by=cast.owner.scope, now=now)
        client = cast.owner.client
        done = client.post(reverse("accounts:todo_done", args=[todo.pk]), **HX)
        assert Todo.objects.get().done_at is not None
        client.post(triggers(done)["dk:toast"]["undo"], **HX)
        assert Todo.objects.get().done_at is None
        client.post(reverse("accounts:todo_snooze", args=[todo.pk]) + "?days=7", **HX)
        assert Todo.objects.get().due_date == timezone.localdate() + timedelta(days=7)
        assert client.post(reverse("accounts:todo_snooze", args=[todo.pk]) + "?days=999", **HX).status_code == 422
        dropped = client.post(reverse("accounts:todo_archive", args=[todo.pk]), **HX)
        client.post(triggers(dropped)["dk:toast"]["undo"], **HX)
        assert Todo.objects.get().archived_at is None

    def test_a_to_do_for_somebody_who_does_not_see_the_account_is_refused_beside_the_field(self, cast, account, now):
        todo = work.add_todo(account=account, title="约见", by=cast.owner.scope, now=now)
        data = {"title": "约见", "assignee": cast.owner.user.pk, "due_date": "2099-01-01", "version": "1"}
        assert cast.owner.client.post(reverse("accounts:todo_edit", args=[todo.pk]), data, **HX).status_code == 204
        assert (
            cast.owner.client.post(
                reverse("accounts:todo_edit", args=[todo.pk]), {**data, "assignee": cast.stranger.user.pk}, **HX
            ).status_code
            == 422
        )

    def test_the_record_filters_and_pages(self, cast, account, now):
        for number in range(40):
            work.log_note(account=account, kind="CALL", text=f"第{number}次", by=cast.owner.scope, now=now + timedelta(minutes=number))
        address = reverse("accounts:timeline", args=[account.pk])
        html = cast.owner.client.get(address).content.decode()
        assert html.count("dk-event-title") == 30
        assert "cursor=" in html
        assert cast.owner.client.get(address, {"only": "changes"}).content.decode().count("dk-event-title") == 0
        assert cast.owner.client.get(address, {"only": "nonsense"}).status_code == 422

    def test_entries_are_corrected_and_taken_away(self, cast, account, now):
        note = work.log_note(account=account, kind="CALL", text="x", by=cast.owner.scope, now=now)
        data = {"kind": "MEETING", "text": "y", "at": "2026-09-01T10:00", "version": "1"}
        assert cast.owner.client.post(reverse("accounts:note_edit", args=[note.pk]), data, **HX).status_code == 204
        gone = cast.owner.client.post(reverse("accounts:note_archive", args=[note.pk]), **HX)
        assert Note.objects.get().archived_at is not None
        cast.owner.client.post(triggers(gone)["dk:toast"]["undo"], **HX)
        assert Note.objects.get().archived_at is None


class TestDaysAndInvoices:
    @pytest.mark.item("O-03")
    def test_a_birthday(self, cast, account, contact):
        address = reverse("accounts:date_new", args=[account.pk])
        data = {"kind": "BIRTHDAY", "on_date": "1974-10-06", "is_yearly": "on", "remind_days": "7"}
        assert cast.owner.client.post(address, data, **HX).status_code == 422
        assert cast.owner.client.post(address, {**data, "contact": contact.pk}, **HX).status_code == 204
        day = KeyDate.objects.get()
        assert (
            cast.owner.client.post(
                reverse("accounts:date_edit", args=[day.pk]), {**data, "contact": contact.pk, "remind_days": "14", "version": "1"}, **HX
            ).status_code
            == 204
        )
        gone = cast.owner.client.post(reverse("accounts:date_archive", args=[day.pk]), **HX)
        cast.owner.client.post(triggers(gone)["dk:toast"]["undo"], **HX)
        assert KeyDate.objects.get().remind_days == 14

    def test_invoicing_details(self, cast, account):
        data = {"title": "江州重工", "tax_id": "91350100M000100Y43"}
        address = reverse("accounts:invoice_new", args=[account.pk])
        assert cast.owner.client.post(address, {**data, "tax_id": "1"}, **HX).status_code == 422
        assert cast.finance.client.post(address, data, **HX).status_code == 204
        title = InvoiceTitle.objects.get()
        assert (
            cast.finance.client.post(
                reverse("accounts:invoice_edit", args=[title.pk]), {**data, "bank": "x", "version": "1"}, **HX
            ).status_code
            == 204
        )
        assert "91350100M000100Y43" in cast.finance.client.get(reverse("accounts:invoices", args=[account.pk])).content.decode()
        assert "91350100M000100Y43" not in cast.service.client.get(reverse("accounts:invoices", args=[account.pk])).content.decode()
        gone = cast.owner.client.post(reverse("accounts:invoice_archive", args=[title.pk]), **HX)
        cast.owner.client.post(triggers(gone)["dk:toast"]["undo"], **HX)
        assert InvoiceTitle.objects.get().archived_at is None


class TestHolding:
    def test_a_manager_assigns_and_others_are_told_why_not(self, cast, account):
        address = reverse("accounts:assign", args=[account.pk])
        assert cast.owner.client.get(address).status_code == 403
        html = cast.manager.client.get(address).content.decode()
        assert "何川" in html
        assert "梁一凡" not in html, "not of this team"
        response = cast.manager.client.post(address, {"user": cast.colleague.user.pk}, **HX)
        assert response["HX-Redirect"] == reverse("workspace:account", args=[account.pk])
        assert Account.objects.get(pk=account.pk).owner == cast.colleague.user

    def test_sharing_stays_in_the_dialog_and_people_take_themselves_off(self, cast, account):
        address = reverse("accounts:share", args=[account.pk])
        response = cast.owner.client.post(address, {"user": cast.stranger.user.pk, "level": "READ"}, **HX)
        assert "梁一凡" in response.content.decode()
        assert cast.stranger.client.get(address).status_code == 200
        assert cast.stranger.client.post(address, {"user": cast.colleague.user.pk, "level": "READ"}).status_code == 403
        off = cast.stranger.client.post(reverse("accounts:unshare", args=[account.pk, cast.stranger.user.pk]), **HX)
        assert off["HX-Redirect"] == "/"
        assert not Collaborator.objects.exists()

    @pytest.mark.item("D-01")
    def test_the_stage_dialog_shows_strategy_and_to_dos_and_moves(self, cast, account):
        address = reverse("accounts:stage", args=[account.pk])
        html = cast.owner.client.get(address).content.decode()
        assert "Build the relation and deliver the service well." in html
        assert "Pay a welcome visit" in html
        response = cast.owner.client.post(address, {"stage": "NEW", "since": "2026-09-01", "reason": "首单"}, **HX)
        assert response["HX-Redirect"]
        moved = Account.objects.get(pk=account.pk)
        assert (moved.lifecycle_stage, str(moved.stage_since)) == ("NEW", "2026-09-01")
        assert Todo.objects.filter(source="stage:NEW", assignee=cast.owner.user).count() == 3

    def test_archive_and_restore(self, cast, account, now):
        assert cast.owner.client.post(reverse("accounts:archive", args=[account.pk])).status_code == 403
        assert cast.manager.client.post(reverse("accounts:archive", args=[account.pk]), **HX).status_code == 200
        assert Account.objects.get(pk=account.pk).archived_at is not None
        cast.manager.client.post(reverse("accounts:restore", args=[account.pk]), **HX)
        assert Account.objects.get(pk=account.pk).archived_at is None

    def test_seen(self, cast, account):
        assert cast.owner.client.post(reverse("accounts:seen", args=[account.pk])).status_code == 204
        assert RecentView.objects.get().user == cast.owner.user


def test_the_contacts_panel_costs_the_same_for_3_and_30(cast, account, count_queries):
    def cost():
        with count_queries() as counted:
            cast.owner.client.get(reverse("accounts:contacts", args=[account.pk]))
        return counted.number

    for number in range(3):
        make_contact(account, f"甲{number}", mobile="13800000000")
    few = cost()
    for number in range(27):
        make_contact(account, f"乙{number}", mobile="13800000000")
    assert cost() == few


def test_a_shared_account_is_worked_on_by_whom_it_is_shared_with(cast, account, now):
    account_actions.share_account(account=account, user=cast.stranger.user, level="EDIT", by=cast.owner.scope, now=now)
    assert cast.stranger.client.get(reverse("accounts:note_new", args=[account.pk])).status_code == 200
