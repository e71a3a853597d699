"""Timeline entries, to-dos, days that matter, invoicing details, a person's own marks."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db import transaction

from dingke.accounts.actions import account as account_actions
from dingke.accounts.actions import dates, invoices, marks, work
from dingke.accounts.events import StageChanged
from dingke.accounts.models import Account, Favourite, InvoiceTitle, KeyDate, Note, RecentView, SearchEntry, Todo
from dingke.accounts.tests.factories import TODAY, make_account, make_contact
from dingke.core.errors import Invalid, NotAllowed
from dingke.core.models import AuditEntry

pytestmark = pytest.mark.django_db


def last_contact(account):
    return Account.objects.get(pk=account.pk).last_contact_at


class TestNotes:
    def log(self, cast, account, now, kind="CALL", **more):
        return work.log_note(account=account, kind=kind, text=more.pop("text", "谈了备件年框"), by=cast.owner.scope, now=now, **more)

    def test_a_call_moves_the_last_contact_and_a_note_does_not(self, cast, account, now):
        self.log(cast, account, now, "NOTE")
        assert last_contact(account) is None
        self.log(cast, account, now, at=now - timedelta(days=3))
        assert last_contact(account) == now - timedelta(days=3)
        self.log(cast, account, now, "MEETING", at=now - timedelta(days=9))
        assert last_contact(account) == now - timedelta(days=3), "an older meeting written down later does not turn the clock back"
        assert Account.objects.get(pk=account.pk).version == 1, "an open form does not become stale"

    def test_taking_a_call_away_moves_it_back(self, cast, account, now):
        old = self.log(cast, account, now, at=now - timedelta(days=9))
        new = self.log(cast, account, now)
        work.archive_note(note=new, by=cast.owner.scope, now=now)
        assert last_contact(account) == old.at
        work.restore_note(note=new, by=cast.owner.scope, now=now)
        assert last_contact(account) == new.at

    def test_a_contact_known_from_elsewhere_stays(self, cast, account, now):
        Account.objects.filter(pk=account.pk).update(last_contact_at=now - timedelta(days=1))
        note = self.log(cast, account, now, at=now - timedelta(days=5))
        work.archive_note(note=note, by=cast.owner.scope, now=now)
        assert last_contact(account) == now - timedelta(days=1)

    def test_names_the_fields_to_mend(self, cast, account, now):
        other = make_contact(make_account(owner=cast.owner.user))
        with pytest.raises(Invalid) as refused:
            self.log(cast, account, now, "FAX", text=" ", at=now + timedelta(days=1), contact=other)
        assert set(refused.value.fields) == {"kind", "text", "at", "contact"}

    def test_the_author_and_the_manager_correct_it_a_collaborator_does_not(self, cast, account, now):
        note = self.log(cast, account, now)
        account_actions.share_account(account=account, user=cast.colleague.user, level="EDIT", by=cast.owner.scope, now=now)
        with pytest.raises(NotAllowed):
            work.edit_note(note=note, kind="MEETING", text="改", at=now, by=cast.colleague.scope, now=now)
        changed = work.edit_note(note=note, kind="MEETING", text="见了陈总", at=now, by=cast.manager.scope, now=now)
        assert changed.kind == Note.Kind.MEETING
        assert AuditEntry.objects.get(action="notes.edit").changes["kind"] == ["CALL", "MEETING"]


class TestTodos:
    def add(self, cast, account, now, **more):
        return work.add_todo(account=account, title="约见采购总监", by=cast.owner.scope, now=now, due_date=TODAY, **more)

    def test_is_done_and_undone_snoozed_and_dropped_with_a_trace(self, cast, account, now):
        todo = self.add(cast, account, now)
        assert todo.assignee == cast.owner.user
        done = work.finish_todo(todo=todo, by=cast.owner.scope, now=now)
        assert done.done_at == now
        work.finish_todo(todo=done, by=cast.owner.scope, now=now)
        assert work.reopen_todo(todo=done, by=cast.owner.scope, now=now).done_at is None
        assert work.snooze_todo(todo=todo, due_date=TODAY + timedelta(days=7), by=cast.owner.scope, now=now).due_date == TODAY + timedelta(
            days=7
        )
        with pytest.raises(Invalid):
            work.snooze_todo(todo=todo, due_date=TODAY - timedelta(days=1), by=cast.owner.scope, now=now)
        assert work.archive_todo(todo=todo, by=cast.owner.scope, now=now).archived_at == now
        assert work.restore_todo(todo=Todo.objects.get(), by=cast.owner.scope, now=now).archived_at is None
        actions = set(AuditEntry.objects.values_list("action", flat=True))
        assert actions == {"todos.add", "todos.finish", "todos.reopen", "todos.snooze", "todos.archive", "todos.restore"}

    def test_goes_only_to_somebody_who_sees_the_account(self, cast, account, now):
        with pytest.raises(work.UnableToSaveTodo) as refused:
            self.add(cast, account, now, assignee=cast.stranger.user)
        assert "assignee" in refused.value.fields
        todo = self.add(cast, account, now)
        with pytest.raises(work.UnableToSaveTodo):
            work.reassign_todo(todo=todo, to=cast.colleague.user, by=cast.owner.scope, now=now)
        assert work.reassign_todo(todo=todo, to=cast.manager.user, by=cast.owner.scope, now=now).assignee == cast.manager.user

    def test_whoever_has_to_do_it_may_tick_it_off_a_stranger_may_not(self, cast, account, now):
        account_actions.share_account(account=account, user=cast.stranger.user, level="READ", by=cast.owner.scope, now=now)
        todo = self.add(cast, account, now, assignee=cast.stranger.user)
        assert work.finish_todo(todo=todo, by=cast.stranger.scope, now=now).done_at
        other = self.add(cast, account, now)
        with pytest.raises(NotAllowed):
            work.finish_todo(todo=other, by=cast.stranger.scope, now=now)

    def test_needs_words(self, cast, account, now):
        with pytest.raises(Invalid):
            work.add_todo(account=account, title=" ", by=cast.owner.scope, now=now)

    @pytest.mark.item("D-01")
    def test_a_stage_brings_its_standard_actions_as_to_dos_of_the_owner_once(self, cast, account, now):
        event = StageChanged(account_id=account.pk, before="POTENTIAL", after="NEW")
        with transaction.atomic():
            work.add_stage_todos(event=event, now=now)
            work.add_stage_todos(event=event, now=now)
        todos = list(Todo.objects.order_by("due_date", "id"))
        assert [(todo.title, (todo.due_date - TODAY).days) for todo in todos] == [
            ("Pay a welcome visit", 14),
            ("Check the first delivery with the users", 30),
            ("Map the people who decide and use", 30),
        ]
        assert {todo.assignee for todo in todos} == {cast.owner.user}


class TestKeyDates:
    @pytest.mark.item("O-03")
    def test_a_birthday_belongs_to_a_person_and_another_day_has_a_name(self, cast, account, now):
        contact = make_contact(account)
        values = {"kind": "BIRTHDAY", "contact": contact, "on_date": date(1980, 10, 6), "is_yearly": True}
        row = dates.add_key_date(account=account, values=values, by=cast.owner.scope, now=now)
        assert row.remind_days == 7
        with pytest.raises(Invalid) as refused:
            dates.add_key_date(account=account, values={"kind": "BIRTHDAY", "on_date": None}, by=cast.owner.scope, now=now)
        assert set(refused.value.fields) == {"contact", "on_date"}
        with pytest.raises(Invalid) as refused:
            dates.add_key_date(
                account=account, values={"kind": "OTHER", "on_date": TODAY, "remind_days": 400}, by=cast.owner.scope, now=now
            )
        assert set(refused.value.fields) == {"label", "remind_days"}

    def test_is_edited_archived_and_restored(self, cast, account, now):
        row = dates.add_key_date(account=account, values={"kind": "COMPANY_ANNIVERSARY", "on_date": TODAY}, by=cast.owner.scope, now=now)
        row = dates.edit_key_date(key_date=row, values={"remind_days": 14}, by=cast.owner.scope, now=now, expected_version=1)
        assert AuditEntry.objects.get(action="dates.edit").changes == {"remind_days": [7, 14]}
        gone = dates.archive_key_date(key_date=row, by=cast.owner.scope, now=now)
        assert not KeyDate.objects.current().exists()
        assert dates.restore_key_date(key_date=gone, by=cast.owner.scope, now=now).archived_at is None
        with pytest.raises(NotAllowed):
            dates.archive_key_date(key_date=row, by=cast.stranger.scope, now=now)


class TestInvoiceTitles:
    VALUES = {"title": "江州重工集团有限公司", "tax_id": "91350100m000100y43"}

    def test_the_first_is_the_default_and_the_tax_id_finds_the_account(self, cast, account, now):
        first = invoices.add_invoice_title(account=account, values=self.VALUES, by=cast.owner.scope, now=now)
        assert (first.tax_id, first.is_default) == ("91350100M000100Y43", True)
        assert "91350100m000100y43" in SearchEntry.objects.get(kind="account").terms
        invoices.add_invoice_title(account=account, values={**self.VALUES, "title": "二", "is_default": True}, by=cast.owner.scope, now=now)
        assert list(InvoiceTitle.objects.filter(is_default=True).values_list("title", flat=True)) == ["二"]

    def test_refuses_a_wrong_tax_id(self, cast, account, now):
        for tax_id in ("91350100M000100Y44", "123", ""):
            with pytest.raises(Invalid) as refused:
                invoices.add_invoice_title(account=account, values={**self.VALUES, "tax_id": tax_id}, by=cast.owner.scope, now=now)
            assert "tax_id" in refused.value.fields

    def test_finance_keeps_them_and_roles_without_the_field_right_do_not(self, cast, account, now):
        row = invoices.add_invoice_title(account=account, values=self.VALUES, by=cast.finance.scope, now=now)
        row = invoices.edit_invoice_title(invoice_title=row, values={"bank": "江州银行"}, by=cast.finance.scope, now=now)
        gone = invoices.archive_invoice_title(invoice_title=row, by=cast.owner.scope, now=now)
        assert invoices.restore_invoice_title(invoice_title=gone, by=cast.owner.scope, now=now).archived_at is None
        for person in (cast.service, cast.read_only, cast.stranger):
            with pytest.raises(NotAllowed):
                invoices.edit_invoice_title(invoice_title=row, values={"bank": "x"}, by=person.scope, now=now)


class TestMarks:
    def test_a_favourite_is_toggled_and_private(self, cast, account, now):
        assert marks.toggle_favourite(account=account, by=cast.owner.scope, now=now) is True
        assert marks.toggle_favourite(account=account, by=cast.manager.scope, now=now) is True
        assert marks.toggle_favourite(account=account, by=cast.owner.scope, now=now) is False
        assert Favourite.objects.get().user == cast.manager.user

    def test_the_newest_fifty_views_are_kept(self, cast, account, now):
        for number in range(52):
            marks.record_view(account=make_account(owner=cast.owner.user), by=cast.owner.scope, now=now + timedelta(minutes=number))
        marks.record_view(account=account, by=cast.owner.scope, now=now + timedelta(hours=2))
        marks.record_view(account=account, by=cast.owner.scope, now=now + timedelta(hours=3))
        assert RecentView.objects.count() == 50
        assert RecentView.objects.order_by("-at").first().account == account
