"""The first page of the day."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone, translation

from dingke.accounts.actions import account as account_actions
from dingke.accounts.actions import pool as pool_actions
from dingke.accounts.actions import work
from dingke.accounts.models import Account, KeyDate, Standing, Todo
from dingke.accounts.tests.factories import TODAY, make_account
from dingke.approvals.models import Approval, Step, Voice
from dingke.workspace.queries.today import today_page

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _english():
    with translation.override("en"):
        yield


def todo(cast, account, title, days, now, who="owner"):
    person = getattr(cast, who)
    return Todo.objects.create(
        account=account, title=title, due_date=None if days is None else TODAY + timedelta(days=days), assignee=person.user
    )


def waiting_approval(cast, now):
    values = {"kind": "nomination", "subject_id": Approval.objects.count() + 1, "title": "提名", "requested_at": now}
    approval = Approval.objects.create(**values, requested_by=cast.colleague.user)
    Voice.objects.create(step=Step.objects.create(approval=approval, position=1), approver=cast.owner.user)


class TestWhatIsMine:
    def test_to_dos_by_day_and_only_mine(self, cast, account, now):
        for title, days in (("late", -2), ("now", 0), ("week", 6), ("far", 30), ("some day", None)):
            todo(cast, account, title, days, now)
        todo(cast, account, "not mine", 0, now, "manager")
        page = today_page(cast.owner.scope, now=now)
        assert [[one.title for one in part] for part in (page.overdue, page.due_today, page.this_week, page.undated)] == [
            ["late"],
            ["now"],
            ["week"],
            ["some day"],
        ]
        assert page.summary == "1 to-do is overdue, 1 is due today."

    def test_approvals_that_wait_for_me(self, cast, account, now):
        waiting_approval(cast, now)
        assert [one.approval.title for one in today_page(cast.owner.scope, now=now).approvals] == ["提名"]
        assert today_page(cast.manager.scope, now=now).approvals == []

    @pytest.mark.item("O-03")
    def test_days_of_the_next_two_weeks(self, cast, account, now):
        for label, day in (("soon", date(2001, 10, 5)), ("far", date(2001, 12, 5))):
            KeyDate.objects.create(account=account, kind="OTHER", label=label, on_date=day)
        assert [one.words for one in today_page(cast.owner.scope, now=now).coming] == ["soon"]

    def test_accounts_about_to_go_back_to_the_pool_and_long_silences(self, cast, now):
        pool_actions.set_pool_rules(
            values={"days_without_contact": 30, "days_without_order": 180, "notice_days": 7}, by=cast.director.scope, now=now
        )
        going = make_account(
            "要回收", owner=cast.owner.user, owned_since=now - timedelta(days=200), last_contact_at=now - timedelta(days=27)
        )
        key = make_account(
            "久未联系", owner=cast.owner.user, owned_since=now - timedelta(days=200), last_contact_at=now - timedelta(days=90), is_key=True
        )
        Standing.objects.create(account=going, as_of_date=TODAY, run_id=1, last_order_date=TODAY)
        Account.objects.update(created_at=now - timedelta(days=300))
        page = today_page(cast.owner.scope, now=now)
        assert [(one.account, one.day) for one in page.leaving] == [(going, TODAY + timedelta(days=7))]
        assert [(one.account, one.days) for one in page.silent] == [(key, 90)]
        assert "about to go back to the pool" in page.summary


class TestWhatChanged:
    def test_given_to_me_class_moved(self, cast, account, now):
        given = make_account("新到手", owner=cast.colleague.user)
        account_actions.assign_account(
            account=given, to=cast.owner.user, by=cast.director.scope, now=now - timedelta(hours=3), reason="调岗"
        )
        Standing.objects.create(
            account=account,
            as_of_date=TODAY,
            run_id=1,
            abc="A",
            abc_before="B",
            last_order_date=TODAY - timedelta(days=83),
            usual_gap_days=Decimal("41"),
        )
        page = today_page(cast.owner.scope, now=now)
        assert [(one.account, one.text) for one in page.news] == [
            (given, "林致远 gave it to you, before: 何川 · 调岗"),
            (account, "Class B → A"),
        ]

    def test_a_leader_answers_for_the_teams_and_the_director_for_key_and_a_accounts(self, cast, account, now):
        Standing.objects.create(
            account=account,
            as_of_date=TODAY,
            run_id=1,
            abc="A",
            abc_before="B",
            last_order_date=TODAY - timedelta(days=83),
            usual_gap_days=Decimal("41"),
        )
        for person, sees in [(cast.manager, True), (cast.director, True), (cast.colleague, False), (cast.stranger, False)]:
            page = today_page(person.scope, now=now)
            assert [one.account for one in page.news] == [account] * sees, person.scope.name
        Standing.objects.update(abc="C")
        assert today_page(cast.director.scope, now=now).news == []
        assert today_page(cast.manager.scope, now=now).news != []

    def test_what_is_older_is_no_news(self, cast, account, now):
        Standing.objects.create(
            account=account,
            as_of_date=TODAY - timedelta(days=9),
            run_id=1,
            abc="A",
            abc_before="B",
            last_order_date=TODAY - timedelta(days=300),
            usual_gap_days=Decimal("41"),
        )
        assert today_page(cast.owner.scope, now=now).news == []


class TestPage:
    @pytest.mark.parametrize(("hour", "words"), [(8, "Good morning"), (12, "Good day"), (15, "Good afternoon"), (21, "Good evening")])
    def test_greets_by_the_hour_of_the_place(self, cast, hour, words):
        at = datetime(2026, 9, 30, hour, tzinfo=timezone.get_current_timezone())
        assert today_page(cast.owner.scope, now=at).greeting == f"{words}, 周敏"

    def test_teaches_when_there_is_nothing_yet(self, cast):
        html = cast.stranger.client.get(reverse("workspace:today")).content.decode()
        assert "Bring in your customers" in html
        assert reverse("accounts:new") in html
        assert "Create the first account" not in cast.finance.client.get(reverse("workspace:today")).content.decode()

    def test_opens_for_every_role_and_not_for_strangers_of_the_house(self, cast, account):
        for person in cast.people().values():
            assert person.client.get(reverse("workspace:today")).status_code == 200
        assert cast.anonymous.get(reverse("workspace:today")).status_code == 303

    def test_one_tap_ticks_off_and_the_part_reloads(self, cast, account, now):
        one = work.add_todo(account=account, title="约见", due_date=timezone.localdate(), by=cast.owner.scope, now=now)
        html = cast.owner.client.get(reverse("workspace:today"), HTTP_HX_REQUEST="true").content.decode()
        assert "<html" not in html
        assert reverse("accounts:todo_done", args=[one.pk]) in html
        cast.owner.client.post(reverse("accounts:todo_done", args=[one.pk]), HTTP_HX_REQUEST="true")
        assert "约见" not in cast.owner.client.get(reverse("workspace:today"), HTTP_HX_REQUEST="true").content.decode()

    def test_costs_the_same_for_3_and_30(self, cast, account, now, count_queries):
        def cost():
            with count_queries() as counted:
                today_page(cast.owner.scope, now=now)
            return counted.number

        def fill(times):
            for number in range(times):
                one = make_account(
                    owner=cast.owner.user,
                    owned_since=now - timedelta(days=200),
                    last_contact_at=now - timedelta(days=60),
                    is_key=bool(number % 2),
                )
                Standing.objects.create(
                    account=one,
                    as_of_date=TODAY,
                    run_id=1,
                    abc="A",
                    abc_before="B",
                    last_order_date=TODAY - timedelta(days=83),
                    usual_gap_days=Decimal("41"),
                )
                KeyDate.objects.create(account=one, kind="OTHER", label="x", on_date=TODAY)
                todo(cast, one, "x", -1, now)
                waiting_approval(cast, now)

        fill(3)
        few = cost()
        fill(27)
        assert cost() == few
