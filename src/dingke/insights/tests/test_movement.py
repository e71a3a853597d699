"""Proposed lifecycle stages (D-01) and the standing panel of the guards (A-08): from a run to the pages."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.urls import reverse

from dingke.accounts.actions.stages import dismiss_stage
from dingke.accounts.calc.lifecycle import LifecycleSettings
from dingke.accounts.models import Account, StageChange, StageDismissal, Standing, Todo
from dingke.accounts.tests.factories import make_account
from dingke.core import rules
from dingke.core.models import AuditEntry, Job
from dingke.core.scope import Scope
from dingke.insights import actions
from dingke.insights.actions import movement
from dingke.insights.actions.movement import UnableToSettleStages
from dingke.insights.queries import stage_proposals as reads
from dingke.insights.queries.guard_panel import guard_panel
from dingke.insights.queries.stage_proposals import ProposalFilter
from dingke.insights.tests.factories import make_order
from dingke.notices.models import Notice

pytestmark = pytest.mark.django_db
SYSTEM = Scope.system()
PAGE = "insights:stage_proposals"


def yearly(account: Account, *amounts: int) -> Account:
    """Four orders a year of the given turnovers, the last year up to 2026-09-30."""
    for back, amount in enumerate(reversed(amounts)):
        for month in (11, 2, 5, 8):
            year = (2025 if month == 11 else 2026) - back
            make_order(account, date(year, month, 15), Decimal(amount) / 4, 1)
    return account


@pytest.fixture
def customers(cast: Any) -> dict[str, Account]:
    mine, theirs = cast.owner.user, cast.stranger.user
    return {
        "up": yearly(make_account("上升机电", owner=mine, lifecycle_stage="NEW"), 800_000, 800_000, 960_000),
        "down": yearly(make_account("下滑机电", owner=mine, lifecycle_stage="MATURE"), 900_000, 960_000, 768_000),
        "steady": yearly(make_account("平稳机电", owner=mine, lifecycle_stage="MATURE"), 500, 500, 500, 500),
        "theirs": yearly(make_account("别家机电", owner=theirs, lifecycle_stage="MATURE"), 900_000, 960_000, 768_000),
        "prospect": make_account("潜在机电", owner=mine, lifecycle_stage="NEW"),
    }


def proposed() -> dict[str, str]:
    rows = Standing.objects.exclude(proposed_stage="").order_by("pk")
    return {row.account.name[:2]: row.proposed_stage for row in rows.select_related("account")}


@pytest.mark.item("D-01")
def test_a_run_proposes_by_the_worked_example(customers: dict[str, Account], now: datetime) -> None:
    run = actions.run_scores(by=SYSTEM, now=now)
    assert proposed() == {"上升": "GROWING", "下滑": "DECLINING", "别家": "DECLINING"}
    assert run.summary["stages_proposed"] == 3
    told = Standing.objects.get(account=customers["up"]).evidence["reasons"]["stage"]
    assert [one["code"] for one in told] == ["TURNOVER_UP"]
    assert Decimal(told[0]["params"]["change"]["decimal"]) == Decimal("0.2")
    assert not StageChange.objects.exists()  # nobody is moved without a person
    assert not Standing.objects.get(account=customers["steady"]).evidence["reasons"].get("stage")


@pytest.mark.item("D-01")
def test_owners_hear_once_a_week(customers: dict[str, Account], cast: Any, now: datetime) -> None:
    actions.run_scores(by=SYSTEM, now=now)
    told = Notice.objects.filter(kind=movement.PROPOSED)
    assert {(one.recipient_id, one.values["number"]) for one in told} == {(cast.owner.user.pk, 2), (cast.stranger.user.pk, 1)}
    actions.run_scores(by=SYSTEM, now=now + timedelta(hours=1))
    assert told.count() == 2


@pytest.mark.item("D-01")
def test_a_no_holds_over_the_next_run_until_the_figures_change(customers: dict[str, Account], cast: Any, now: datetime) -> None:
    actions.run_scores(by=SYSTEM, now=now)
    up = Account.objects.get(pk=customers["up"].pk)
    dismiss_stage(account=up, reason="一次性项目", by=cast.owner.scope, now=now)
    actions.run_scores(by=SYSTEM, now=now + timedelta(hours=1))
    assert "上升" not in proposed()
    make_order(up, "2026-09-01", 200_000, 1)
    actions.run_scores(by=SYSTEM, now=now + timedelta(hours=2))
    assert proposed()["上升"] == "GROWING"
    assert StageDismissal.objects.get().ended_at is not None


@pytest.mark.item("D-01")
def test_many_are_accepted_with_a_note_and_refused_rows_are_told(customers: dict[str, Account], cast: Any, now: datetime) -> None:
    actions.run_scores(by=SYSTEM, now=now)
    ids = [customers[name].pk for name in ("up", "down", "theirs", "prospect")]
    outcome = movement.accept_stages(account_ids=ids, note="季度复盘", by=cast.owner.scope, now=now)
    assert (outcome.done, outcome.refused_number) == (2, 2)
    assert {one["id"] for one in outcome.refused} == {customers["theirs"].pk, customers["prospect"].pk}
    change = StageChange.objects.get(account=customers["up"])
    assert (change.before, change.after, change.reason, change.by_name) == ("NEW", "GROWING", "季度复盘", cast.owner.scope.name)
    assert Todo.objects.filter(account=customers["up"], source="stage:GROWING", assignee=cast.owner.user).count() == 3
    assert proposed() == {"别家": "DECLINING"}
    with pytest.raises(UnableToSettleStages):
        movement.accept_stages(account_ids=[], by=cast.owner.scope, now=now)


@pytest.mark.item("D-01")
def test_the_setting_applies_them_as_the_system(
    customers: dict[str, Account], cast: Any, now: datetime, django_capture_on_commit_callbacks: Any
) -> None:
    values = {"apply_automatically": True}
    rules.store(key="insights.lifecycle", kind=LifecycleSettings, values=values, by=cast.administrator.scope, now=now)
    actions.run_scores(by=SYSTEM, now=now)
    assert Job.objects.filter(kind=movement.STAGES_KIND).count() == 1
    assert not Notice.objects.filter(kind=movement.PROPOSED).exists()
    assert movement.apply_stages(by=SYSTEM, now=now) == (3, 0)
    assert movement.apply_stages(by=SYSTEM, now=now) == (0, 0)
    change = StageChange.objects.get(account=customers["down"])
    assert (change.after, change.by_name) == ("DECLINING", "Dingke")
    assert change.reason
    entry = AuditEntry.objects.filter(action="accounts.stage", account_id=customers["down"].pk).get()
    assert entry.actor_name == "Dingke"
    rules.store(
        key="insights.lifecycle", kind=LifecycleSettings, values={"apply_automatically": False}, by=cast.administrator.scope, now=now
    )
    Standing.objects.filter(account=customers["steady"]).update(proposed_stage="GROWING")
    assert movement.apply_stages(by=SYSTEM, now=now) == (0, 0)  # switched off before the job ran


@pytest.mark.item("D-01")
class TestThePage:
    @pytest.fixture
    def scored(self, customers: dict[str, Account], now: datetime) -> dict[str, Account]:
        actions.run_scores(by=SYSTEM, now=now)
        return customers

    def test_who_sees_what(self, scored: dict[str, Account], cast: Any) -> None:
        html = cast.owner.client.get(reverse(PAGE)).content.decode()
        assert "上升机电" in html
        assert "Turnover rose by 20.0%" in html
        assert "别家机电" not in html
        assert "上升机电" not in cast.stranger.client.get(reverse(PAGE)).content.decode()
        listed = cast.owner.client.get(reverse("accounts:list"), {"edited": "1", "proposed_stage": "GROWING"}).content.decode()
        assert "上升机电" in listed
        assert "下滑机电" not in listed
        only = cast.owner.client.get(reverse(PAGE), {"stage": "DECLINING", "who": "mine"}).content.decode()
        assert "下滑机电" in only
        assert "上升机电" not in only

    def test_ticked_ones_are_accepted_dismissed_and_taken_back(self, scored: dict[str, Account], cast: Any) -> None:
        client, up, down = cast.owner.client, scored["up"].pk, scored["down"].pk
        htmx = {"HTTP_HX_REQUEST": "true"}
        assert client.post(reverse("insights:dismiss_stages"), {"ids": [down], "note": ""}, **htmx).status_code == 422
        answer = client.post(reverse("insights:dismiss_stages"), {"ids": [down, scored["theirs"].pk], "note": "停产检修"}, **htmx)
        assert "1 proposal dismissed." in answer.content.decode()
        assert StageDismissal.objects.get().reason == "停产检修"
        held = client.get(reverse(PAGE), {"dismissed": "1"}).content.decode()
        assert "停产检修" in held
        answer = client.post(reverse("insights:resume_stages"), {"ids": [down], "dismissed": "1"}, **htmx)
        assert "1 stage is proposed again." in answer.content.decode()
        answer = client.post(reverse("insights:accept_stages"), {"ids": [up, down], "note": ""}, **htmx)
        assert "2 accounts moved to their proposed stages." in answer.content.decode()
        assert Account.objects.get(pk=up).lifecycle_stage == "GROWING"

    def test_a_stranger_changes_nothing(self, scored: dict[str, Account], cast: Any) -> None:
        for name in ("accept_stages", "dismiss_stages", "resume_stages"):
            cast.stranger.client.post(reverse(f"insights:{name}"), {"ids": [scored["up"].pk], "note": "x"})
        assert Account.objects.get(pk=scored["up"].pk).lifecycle_stage == "NEW"
        assert not StageDismissal.objects.exists()
        assert cast.finance.client.post(reverse("insights:accept_stages"), {"ids": [scored["up"].pk]}).status_code == 403

    def test_three_and_thirty_rows_cost_the_same(self, scored: dict[str, Account], cast: Any, count_queries: Any) -> None:
        def measured() -> int:
            with count_queries() as counted:
                reads.proposal_page(cast.director.scope, ProposalFilter())
                reads.proposal_head(cast.director.scope, "all")
                reads.proposal_number(cast.director.scope, ProposalFilter())
            return int(counted.number)

        few = measured()
        for number in range(30):
            account = make_account(f"更多{number}", owner=cast.owner.user, lifecycle_stage="NEW")
            Standing.objects.create(account=account, as_of_date=date(2026, 9, 30), run_id=1, revenue=number, proposed_stage="GROWING")
        assert measured() == few
        assert few <= 4

    def test_pages_follow_one_another(self, scored: dict[str, Account], cast: Any) -> None:
        first, rows = reads.proposal_page(cast.director.scope, ProposalFilter(), size=2)
        assert [row.account.name for row in rows] == ["上升机电", "下滑机电"]
        _second, rest = reads.proposal_page(cast.director.scope, ProposalFilter(), size=2, cursor=first.next_cursor)
        assert [row.account.name for row in rest] == ["别家机电"]


@pytest.mark.item("A-08")
class TestGuards:
    def test_the_panel_has_every_guard_with_its_history(self, customers: dict[str, Account], cast: Any, now: datetime) -> None:
        key = customers["steady"]
        Account.objects.filter(pk=key.pk).update(is_key=True)
        Account.objects.filter(pk=customers["up"].pk).update(last_contact_at=now - timedelta(days=3))
        StageChange.objects.create(account=customers["prospect"], after="POTENTIAL", since_date=date(2026, 9, 1), by_name="周敏")
        run = actions.run_scores(by=SYSTEM, now=now)
        assert run.as_of_date == date(2026, 9, 30)
        actions.run_scores(by=SYSTEM, now=now + timedelta(days=1), as_of=date(2026, 10, 1))
        panel = guard_panel(cast.director.scope)
        lines = {one.guard.value: one for one in panel.guards}
        assert lines["CONTACT_COVERAGE"].line is not None
        assert lines["CONTACT_COVERAGE"].line.figure == Decimal("0.333333")  # one of three: the key account and who never bought are out
        assert lines["CONTACT_COVERAGE"].line.level == "BREACH"
        assert lines["PROSPECTING"].line is not None
        assert lines["PROSPECTING"].line.figure == 1
        care = lines["KEY_ACCOUNT_CARE"].line
        assert care is not None
        assert care.accounts == [(key.pk, key.name)]
        assert [point.day for point in lines["CONTACT_COVERAGE"].history] == [date(2026, 9, 30), date(2026, 10, 1)]

    def test_figures_are_for_all_and_names_for_those_who_see_them(self, customers: dict[str, Account], cast: Any, now: datetime) -> None:
        Account.objects.filter(pk=customers["steady"].pk).update(is_key=True)
        actions.run_scores(by=SYSTEM, now=now)
        owner = cast.owner.client.get(reverse("insights:guards")).content.decode()
        assert "平稳机电" in owner
        stranger = cast.stranger.client.get(reverse("insights:guards")).content.decode()
        assert "平稳机电" not in stranger
        assert "and 1 customer outside your reach" in stranger
        assert "1 of 1 key accounts lack something" in stranger

    def test_a_decision_is_logged_with_its_owner(self, customers: dict[str, Account], cast: Any, now: datetime) -> None:
        actions.run_scores(by=SYSTEM, now=now)
        form = {"decision": "每季度补拜访", "owner": cast.manager.user.pk, "review_date": ""}
        answer = cast.director.client.post(reverse("insights:guard", args=["CONTACT_COVERAGE"]), form, HTTP_HX_REQUEST="true")
        assert answer.status_code == 204
        html = cast.director.client.get(reverse("insights:guards")).content.decode()
        assert html.count("每季度补拜访") == 2  # beside the guard and in the log

    def test_before_any_run_the_page_teaches(self, cast: Any) -> None:
        assert "No guard has a figure yet" in cast.director.client.get(reverse("insights:guards")).content.decode()

    def test_the_page_costs_the_same_for_many_runs(
        self, customers: dict[str, Account], cast: Any, now: datetime, count_queries: Any
    ) -> None:
        actions.run_scores(by=SYSTEM, now=now)
        with count_queries() as few:
            guard_panel(cast.director.scope)
        actions.run_scores(by=SYSTEM, now=now + timedelta(days=1), as_of=date(2026, 10, 1))
        with count_queries() as many:
            guard_panel(cast.director.scope)
        assert many.number == few.number <= 3
