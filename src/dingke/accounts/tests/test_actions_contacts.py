"""People at the customer: what is written, what is refused, what is kept."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from dingke.accounts.actions import contacts as actions
from dingke.accounts.actions.contacts import Job, Way
from dingke.accounts.models import Consent, Contact, ContactJob, SearchEntry
from dingke.accounts.tests.factories import TODAY, make_contact
from dingke.core.errors import Invalid, NotAllowed, StaleRecord
from dingke.core.models import AuditEntry

pytestmark = pytest.mark.django_db
CHEN = {"name": "陈立群", "salutation": "陈总"}


def add(cast, account, now, values=None, **more):
    return actions.add_contact(account=account, values=values or CHEN, by=cast.owner.scope, now=now, **more)


class TestAddContact:
    @pytest.mark.item("C-01")
    def test_has_several_jobs_in_departments_kept_apart_and_several_ways(self, cast, account, now):
        contact = add(
            cast, account, now,
            jobs=[Job("采购总监", ContactJob.Department.PURCHASING, "采购中心", ContactJob.Level.TOP), Job("生产顾问", ContactJob.Department.USING, level=ContactJob.Level.MANAGER, is_current=False)],
            ways=[Way("MOBILE", "138 1234 6688"), Way("WECHAT", "chenlq", is_main=True)],
        )  # fmt: skip
        assert [(job.title, job.department, job.level, job.is_current) for job in contact.jobs.order_by("id")] == [
            ("采购总监", "PURCHASING", "TOP", True),
            ("生产顾问", "USING", "MANAGER", False),
        ]
        assert [(way.kind, way.is_main) for way in contact.ways.order_by("id")] == [("MOBILE", False), ("WECHAT", True)]
        assert SearchEntry.objects.get(kind="contact").title == "陈立群"
        assert AuditEntry.objects.get().action == "contacts.add"

    def test_the_first_is_the_main_contact_and_there_is_one_only(self, cast, account, now):
        first, second = add(cast, account, now), add(cast, account, now, {"name": "孙工"})
        assert first.is_main
        assert not second.is_main
        actions.make_main_contact(contact=second, by=cast.owner.scope, now=now)
        assert list(Contact.objects.filter(is_main=True)) == [second]

    def test_names_every_field_to_mend(self, cast, account, now):
        with pytest.raises(Invalid) as refused:
            add(cast, account, now, {"name": " "}, jobs=[Job("")], ways=[Way("EMAIL", "chen"), Way("MOBILE", "abc"), Way("MOBILE", "")])
        assert set(refused.value.fields) == {"name", "job_0", "way_0", "way_1", "way_2"}
        assert not Contact.objects.exists()

    def test_is_refused_without_the_right_to_edit(self, cast, account, now):
        for person in (cast.colleague, cast.stranger, cast.finance, cast.read_only):
            with pytest.raises(NotAllowed):
                actions.add_contact(account=account, values=CHEN, by=person.scope, now=now)


class TestEditContact:
    def test_writes_what_changed_with_jobs_and_ways(self, cast, account, now):
        contact = make_contact(account, mobile="13812346688")
        actions.edit_contact(
            contact=contact,
            values={"name": "陈立群"},
            jobs=[Job("采购副总", "PURCHASING", level="TOP")],
            by=cast.owner.scope,
            now=now,
            expected_version=1,
        )
        entry = AuditEntry.objects.get()
        assert entry.changes == {"jobs": ["采购总监 · PURCHASING · TOP", "采购副总 · PURCHASING · TOP"]}
        assert contact.ways.get().value == "13812346688", "ways that were not given stay"

    def test_nothing_is_written_when_nothing_changed(self, cast, account, now):
        contact = make_contact(account)
        actions.edit_contact(contact=contact, values={"name": contact.name}, by=cast.owner.scope, now=now)
        assert not AuditEntry.objects.exists()

    def test_a_stale_save_is_refused_with_both_versions(self, cast, account, now):
        contact = make_contact(account)
        actions.edit_contact(contact=contact, values={"note": "爱喝茶"}, by=cast.owner.scope, now=now, expected_version=1)
        with pytest.raises(StaleRecord) as refused:
            actions.edit_contact(contact=contact, values={"note": "爱打球"}, by=cast.manager.scope, now=now, expected_version=1)
        assert (refused.value.theirs, refused.value.yours) == ({"note": "爱喝茶"}, {"note": "爱打球"})

    def test_who_has_left_is_no_longer_the_main_contact(self, cast, account, now):
        contact = add(cast, account, now)
        left = actions.mark_contact_left(contact=contact, left_date=TODAY, by=cast.owner.scope, now=now)
        assert (left.left_date, left.is_main) == (TODAY, False)
        with pytest.raises(actions.UnableToSaveContact):
            actions.make_main_contact(contact=left, by=cast.owner.scope, now=now)
        with pytest.raises(Invalid):
            actions.mark_contact_left(contact=contact, left_date=TODAY + timedelta(days=2), by=cast.owner.scope, now=now)


class TestConsentAndArchive:
    def test_every_statement_is_kept(self, cast, account, now):
        contact = make_contact(account)
        for is_given in (True, False):
            actions.state_consent(
                contact=contact, channel="SMS", is_given=is_given, source="电话确认", stated_date=TODAY, by=cast.owner.scope, now=now
            )
        assert list(Consent.objects.order_by("id").values_list("is_given", flat=True)) == [True, False]
        with pytest.raises(Invalid) as refused:
            actions.state_consent(
                contact=contact, channel="FAX", is_given=True, source="", stated_date=date(2027, 1, 1), by=cast.owner.scope, now=now
            )
        assert set(refused.value.fields) == {"channel", "source", "stated_date"}

    def test_archive_and_restore(self, cast, account, now):
        contact = add(cast, account, now)
        gone = actions.archive_contact(contact=contact, by=cast.owner.scope, now=now)
        assert gone.archived_at == now
        assert not SearchEntry.objects.filter(kind="contact").exists()
        assert actions.restore_contact(contact=gone, by=cast.owner.scope, now=now).archived_at is None
        assert SearchEntry.objects.filter(kind="contact").exists()
