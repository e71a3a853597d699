"""What the page of one account reads: people by seat, days, steps, the group, the record in words."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.utils import translation

from dingke.accounts.actions import account as account_actions
from dingke.accounts.actions import contacts as contact_actions
from dingke.accounts.actions import invoices, work
from dingke.accounts.actions.contacts import Job, Way
from dingke.accounts.models import Account, KeyDate, Note, Standing
from dingke.accounts.queries import contacts, days, group, record, steps
from dingke.accounts.tests.factories import TODAY, make_account, make_contact, make_item

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _english():
    with translation.override("en"):
        yield


class TestPeople:
    @pytest.mark.item("C-01")
    def test_sit_by_department_and_level_and_empty_seats_are_seen(self, cast, account, now):
        for name, department, level in (("陈立群", "PURCHASING", "TOP"), ("王工", "USING", "OPERATOR"), ("何静", "FINANCE", "MANAGER")):
            contact_actions.add_contact(
                account=account, values={"name": name}, jobs=[Job("职位", department, level=level)], by=cast.owner.scope, now=now
            )
        seats = contacts.people_at(cast.owner.scope, account).seats
        assert [seat.department for seat in seats] == ["USING", "PURCHASING", "SUPPORTING", "FINANCE"]
        assert [seat.is_empty for seat in seats] == [False, False, True, False]
        assert seats[1].names[0] == ("Top person", ("陈立群",))

    def test_phones_are_masked_everywhere_for_roles_without_the_right(self, cast, account, now):
        contact_actions.add_contact(
            account=account,
            values={"name": "陈立群"},
            ways=[Way("MOBILE", "13812346688"), Way("WECHAT", "13812346688"), Way("EMAIL", "c@jz.cn")],
            by=cast.owner.scope,
            now=now,
        )
        seen = contacts.people_at(cast.finance.scope, account).here[0].ways
        assert [(way.value, way.href) for way in seen] == [("138****6688", ""), ("138****6688", ""), ("c@jz.cn", "mailto:c@jz.cn")]
        assert contacts.people_at(cast.owner.scope, account).here[0].ways[0].href == "tel:13812346688"

    def test_who_left_stands_apart_and_the_number_of_queries_is_fixed(self, cast, account, count_queries):
        make_contact(account, left_date=TODAY)
        with count_queries() as few:
            people = contacts.people_at(cast.owner.scope, account)
        assert (len(people.here), len(people.gone)) == (0, 1)
        for number in range(30):
            make_contact(account, f"联系人{number}", mobile="13800000000")
        with count_queries() as many:
            contacts.people_at(cast.owner.scope, account)
        assert few.number == many.number


class TestDays:
    @pytest.mark.item("O-03")
    def test_come_in_order_with_words_and_years(self, account):
        contact = make_contact(account)
        KeyDate.objects.create(account=account, contact=contact, kind="BIRTHDAY", on_date=date(1980, 10, 6))
        KeyDate.objects.create(account=account, kind="COMPANY_ANNIVERSARY", on_date=date(2001, 10, 3))
        KeyDate.objects.create(account=account, kind="OTHER", label="春节答谢", on_date=date(2026, 2, 17), is_lunar=True)
        KeyDate.objects.create(account=account, kind="OTHER", label="开业", on_date=date(2020, 1, 1), is_yearly=False)
        found = days.coming(KeyDate.objects.select_related("contact").order_by("pk"), today=TODAY)
        assert [(one.words, one.day, one.years) for one in found] == [
            ("Company anniversary", date(2026, 10, 3), 25),
            ("Birthday of 陈立群", date(2026, 10, 6), 46),
            ("春节答谢", None, None),
        ]
        assert [one.is_due for one in found] == [True, True, False]

    def test_of_the_owner_cross_the_turn_of_the_year(self, cast, account):
        KeyDate.objects.create(account=account, kind="OTHER", label="年会", on_date=date(2019, 1, 5))
        assert [one.words for one in days.coming_days_of_owner(cast.owner.scope, today=date(2026, 12, 28), within=14)] == ["年会"]
        assert days.coming_days_of_owner(cast.manager.scope, today=date(2026, 12, 28), within=14) == []


class TestSteps:
    def steps(self, cast, account):
        scope = cast.owner.scope
        account = Account.objects.select_related("standing").get(pk=account.pk)
        people = contacts.people_at(scope, account)
        return steps.steps_for(
            account, todos=list(steps.open_todos(scope, account)), coming=days.coming(days.days_of(scope, account), today=TODAY), people=len(people.here),
            has_main_contact=people.main is not None, dossier=steps.dossier_state(scope, account, today=TODAY), today=TODAY,
        )  # fmt: skip

    def test_a_due_to_do_comes_first_then_proposals_then_later_to_dos(self, cast, account, now):
        Standing.objects.create(
            account=account,
            as_of_date=TODAY,
            run_id=1,
            last_order_date=TODAY - timedelta(days=97),
            usual_gap_days=Decimal("41"),
            is_quiet=True,
        )
        for title, due in (("later", 40), ("soon", 2), ("late", -3)):
            work.add_todo(account=account, title=title, due_date=TODAY + timedelta(days=due), by=cast.owner.scope, now=now)
        found = self.steps(cast, account)
        assert [step.title for step in found[:3]] == ["late", "soon", "Ask why the orders have stopped"]
        assert found[0].reason.startswith("3 days overdue")
        assert found[2].reason == "97 days since the last order; usually 41 days pass between two."
        assert found[-1].title == "later"

    def test_what_was_planned_is_not_proposed_again(self, cast, account, now):
        assert "FIRST_PERSON" in [step.kind for step in self.steps(cast, account)]
        work.add_todo(account=account, title="x", source="step:FIRST_PERSON", by=cast.owner.scope, now=now)
        assert "FIRST_PERSON" not in [step.kind for step in self.steps(cast, account)]

    @pytest.mark.parametrize(
        ("offset", "words"), [(None, "no day set"), (-1, "1 day overdue"), (0, "due today"), (1, "due tomorrow"), (5, "due in 5 days")]
    )
    def test_due_in_words(self, offset, words):
        assert steps.due_in_words(None if offset is None else TODAY + timedelta(days=offset), TODAY) == words


class TestGroup:
    def test_names_only_what_is_seen_and_counts_the_rest(self, cast, account):
        mother = make_account("江州控股", owner=cast.stranger.user)
        Account.objects.filter(pk=account.pk).update(parent=mother)
        account.refresh_from_db()
        make_account("江州精机", owner=cast.owner.user, parent=account)
        foreign = make_account("江州物流", owner=cast.stranger.user, parent=account)
        make_account("江州仓储", owner=cast.stranger.user, parent=foreign)
        tree = group.group_of(cast.owner.scope, account)
        assert tree.root.account is None, "the company above is there but not shared"
        assert tree.root.children[0].account == account
        assert [child.account.name for child in tree.root.children[0].children] == ["江州精机"]
        assert tree.root.children[0].hidden == 2
        assert (tree.seen, tree.hidden) == (2, 3)
        assert group.group_of(cast.director.scope, account).root.account == mother

    def test_costs_the_same_for_3_and_30_and_stops_at_a_circle(self, cast, account, count_queries):
        def cost():
            with count_queries() as counted:
                group.group_of(cast.owner.scope, account)
            return counted.number

        for _number in range(3):
            make_account(owner=cast.owner.user, parent=account)
        few = cost()
        for _number in range(27):
            make_account(owner=cast.owner.user, parent=account)
        assert cost() == few
        child = Account.objects.filter(parent=account).first()
        Account.objects.filter(pk=account.pk).update(parent=child)
        account.refresh_from_db()
        assert group.group_of(cast.owner.scope, account).seen == 31


class TestRecord:
    def texts(self, cast, account, who="owner", **options):
        return record.timeline(getattr(cast, who).scope, account, **options).events

    def test_says_changes_field_by_field_in_words(self, cast, account, now):
        steel = make_item("industries", "STEEL", zh="钢铁", en="Steel")
        mother = make_account("秘密控股", owner=cast.stranger.user)
        account_actions.edit_account(
            account=account,
            values={"industry": steel, "customer_type": "KEY", "parent": mother, "phone": "0755-28780808"},
            by=cast.owner.scope,
            now=now,
        )
        event = self.texts(cast, account)[0]
        assert (event.who, event.title) == ("周敏", "changed the account")
        assert {(change.label, change.before, change.after) for change in event.changes} == {
            ("Industry", "—", "Steel"),
            ("Customer type", "Ordinary organisation", "Key account"),
            ("Parent company", "—", "a company not shared with you"),
            ("Phone", "—", "0755-28780808"),
        }
        seen = {change.label: change.after for change in self.texts(cast, account, "finance")[0].changes}
        assert (seen["Phone"], seen["Parent company"]) == ("075*-****0808", "秘密控股")

    def test_jobs_and_ways_are_in_words_and_masked(self, cast, account, now):
        contact = make_contact(account, mobile="13812346688")
        contact_actions.edit_contact(
            contact=contact,
            values={},
            jobs=[Job("副总", "MANAGEMENT", level="TOP")],
            ways=[Way("MOBILE", "13900001111")],
            by=cast.owner.scope,
            now=now,
        )
        changes = {change.label: change for change in self.texts(cast, account)[0].changes}
        assert changes["Jobs"].after == "副总 · Management · Top person"
        assert changes["Ways of contact"].after == "Mobile 13900001111"
        masked = {change.label: change for change in self.texts(cast, account, "finance")[0].changes}
        assert masked["Ways of contact"].before == "Mobile 138****6688"

    def test_invoicing_stays_hidden_from_roles_without_the_right(self, cast, account, now):
        invoices.add_invoice_title(
            account=account, values={"title": "江州重工", "tax_id": "91350100M000100Y43"}, by=cast.owner.scope, now=now
        )
        assert [event.title for event in self.texts(cast, account)] == ["added invoicing details"]
        assert self.texts(cast, account, "service") == []

    def test_pages_through_both_kinds_without_losing_or_doubling(self, cast, account, now):
        for number in range(7):
            work.log_note(account=account, kind="CALL" if number % 2 else "NOTE", text=f"第{number}次", by=cast.owner.scope, now=now)
            work.add_todo(account=account, title=f"待办{number}", by=cast.owner.scope, now=now + timedelta(minutes=number % 3))
        seen, cursor = [], None
        while True:
            page = record.timeline(cast.owner.scope, account, cursor=cursor, size=4)
            seen.extend(event.text for event in page.events)
            cursor = page.next_cursor
            if cursor is None:
                break
        assert len(seen) == len(set(seen)) == 14
        assert len(self.texts(cast, account, only="contacts")) == 3
        assert len(self.texts(cast, account, only="notes")) == 7
        assert len(self.texts(cast, account, only="changes")) == 7

    def test_costs_the_same_for_3_and_30_rows(self, cast, account, now, count_queries):
        def cost():
            with count_queries() as counted:
                record.timeline(cast.owner.scope, account)
            return counted.number

        def write(times):
            for number in range(times):
                at = now + timedelta(minutes=Note.objects.count())
                work.log_note(account=account, kind="CALL", text=f"x{number}", by=cast.owner.scope, now=at)
                account_actions.edit_account(account=account, values={"industry": make_item("industries")}, by=cast.owner.scope, now=at)

        write(3)
        few = cost()
        write(27)
        assert cost() == few
