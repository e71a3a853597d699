"""D-01: a proposed stage on the page of an account, the no to it, and the to-dos of a stage."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.urls import reverse

from dingke.accounts.actions import account as account_actions
from dingke.accounts.actions import stages
from dingke.accounts.actions.stages import UnableToDismissStage
from dingke.accounts.models import Account, StageDismissal, Standing, Todo
from dingke.accounts.queries import stages as reads
from dingke.accounts.tests.factories import make_account
from dingke.core.errors import Invalid, NotAllowed
from dingke.core.models import AuditEntry, Setting

pytestmark = [pytest.mark.django_db, pytest.mark.item("D-01")]
UP = {"code": "TURNOVER_UP", "params": {"change": {"decimal": "0.2"}, "limit": {"decimal": "0.15"}}}


def proposed(account: Account, stage: str = "GROWING", **values: Any) -> Account:
    values = {
        "as_of_date": date(2026, 9, 30), "run_id": 1, "revenue": Decimal(960_000), "revenue_before": Decimal(800_000),
        "proposed_stage": stage, "evidence": {"reasons": {"stage": [UP]}}, **values,
    }  # fmt: skip
    Standing.objects.update_or_create(account=account, defaults=values)
    return account


@pytest.fixture
def customer(cast: Any) -> Account:
    return proposed(make_account("甲机电", owner=cast.owner.user, lifecycle_stage="NEW", stage_since=date(2026, 1, 1)))


def test_the_page_says_what_is_proposed_and_why(customer: Account, cast: Any) -> None:
    html = cast.owner.client.get(reverse("workspace:account", args=[customer.pk])).content.decode()
    assert "Proposed stage: Growing" in html
    assert "Turnover rose by 20.0% against the year before, more than 15%." in html
    dialog = cast.owner.client.get(reverse("accounts:stage", args=[customer.pk])).content.decode()
    assert "The figures propose: Growing" in dialog
    assert 'value="GROWING"' in dialog
    assert "checked" in dialog[dialog.index('value="GROWING"') :][:80]


def test_accepting_by_the_dialog_brings_the_to_dos_once(customer: Account, cast: Any, today: date) -> None:
    url = reverse("accounts:stage", args=[customer.pk])
    cast.owner.client.post(url, {"stage": "GROWING", "since": "2026-09-30", "reason": ""})
    todos = Todo.objects.filter(account=customer, source="stage:GROWING").order_by("due_date", "pk")
    assert [todo.assignee_id for todo in todos] == [cast.owner.user.pk] * 3
    assert Standing.objects.get(account=customer).proposed_stage == ""
    cast.owner.client.post(url, {"stage": "GROWING", "since": "2026-09-30", "reason": ""})  # it stands there: no entry
    assert todos.count() == 3


def test_a_no_needs_a_reason_and_is_kept_with_its_figures(customer: Account, cast: Any, now: datetime) -> None:
    by = cast.owner.scope
    with pytest.raises(Invalid):
        stages.dismiss_stage(account=customer, reason=" ", by=by, now=now)
    row = stages.dismiss_stage(account=customer, reason="一次性大单", by=by, now=now)
    assert (row.stage, row.change, row.last_order_date) == ("GROWING", Decimal("0.2"), None)
    assert Standing.objects.get(account=customer).proposed_stage == ""
    fresh = Account.objects.get(pk=customer.pk)
    told = reads.proposal_for(by, fresh)
    assert told is not None
    assert (told.is_dismissed, told.dismissed_reason, told.reasons[0][:21]) == (True, "一次性大单", "Turnover rose by 20.0")
    assert AuditEntry.objects.filter(action="accounts.dismiss_stage", account_id=customer.pk).count() == 1
    with pytest.raises(UnableToDismissStage):
        stages.dismiss_stage(account=fresh, reason="再次", by=by, now=now)
    assert stages.resume_stage(account=fresh, by=by, now=now) == "GROWING"
    assert Standing.objects.get(account=customer).proposed_stage == "GROWING"
    with pytest.raises(UnableToDismissStage):
        stages.resume_stage(account=fresh, by=by, now=now)


def test_silence_is_dismissed_until_an_order_comes(cast: Any, now: datetime) -> None:
    silent = {"code": "NO_ORDER_FOR_CYCLES", "params": {"days": 91, "cycles": {"decimal": "2"}, "limit": 90}}
    account = make_account("乙机电", owner=cast.owner.user, lifecycle_stage="MATURE")
    proposed(account, "DECLINING", last_order_date=date(2026, 6, 1), evidence={"reasons": {"stage": [silent]}})
    assert stages.dismiss_stage(account=account, reason="停产检修", by=cast.owner.scope, now=now).last_order_date == date(2026, 6, 1)


def test_a_no_that_is_over_ends(customer: Account, cast: Any, now: datetime) -> None:
    stages.dismiss_stage(account=customer, reason="一次性大单", by=cast.owner.scope, now=now)
    assert stages.settle_dismissals(now=now) == 0
    Standing.objects.filter(account=customer).update(proposed_stage="DECLINING")  # the next run found other figures
    assert stages.settle_dismissals(now=now) == 1
    assert StageDismissal.objects.get().ended_at == now


def test_doors_of_the_dismissal(customer: Account, cast: Any) -> None:
    dismiss, resume = reverse("accounts:dismiss_stage", args=[customer.pk]), reverse("accounts:resume_stage", args=[customer.pk])
    assert cast.stranger.client.post(dismiss, {"reason": "x"}).status_code == 404
    assert cast.colleague.client.post(dismiss, {"reason": "x"}).status_code in {403, 404}
    assert cast.owner.client.post(dismiss, {"reason": ""}).status_code == 422
    assert cast.owner.client.post(dismiss, {"reason": "一次性"}).status_code in {302, 303}
    assert cast.stranger.client.post(resume).status_code == 404
    assert cast.owner.client.post(resume).status_code in {200, 302, 303}
    assert Standing.objects.get(account=customer).proposed_stage == "GROWING"


def test_a_role_without_amounts_does_not_read_them_in_reasons(customer: Account, cast: Any) -> None:
    blind = replace(cast.owner.scope, hidden_fields=frozenset({"amount"}))
    assert blind.hides("amount")
    assert reads.told(blind, [UP, {"code": "SHORT_HISTORY", "params": {}}]) == (
        "The year before was not a full year as a customer; read the change with care.",
    )


def test_an_administrator_edits_a_guide_and_switches_its_to_dos_off(customer: Account, cast: Any, now: datetime) -> None:
    url = reverse("accounts:edit_stage_guide", args=["GROWING"])
    assert cast.owner.client.get(url).status_code == 403
    page = cast.administrator.client.get(url).content.decode()
    assert "List products and departments not yet served" in page
    form = {
        "strategy_zh": "做深做透",
        "strategy_en": "Go deep",
        "makes_todos": "on",
        "zh_1": "盘点用量",
        "en_1": "Count use",
        "days_1": "5",
    }
    assert cast.administrator.client.post(url, form).status_code in {302, 303}
    assert Setting.objects.filter(key=reads.GUIDES).count() == 1
    moved = account_actions.set_stage(account=customer, stage="GROWING", by=cast.owner.scope, now=now)
    todo = Todo.objects.get(account=customer, source="stage:GROWING")
    assert (todo.title, todo.reason) in {("盘点用量", "做深做透"), ("Count use", "Go deep")}
    assert todo.due_date is not None
    assert "Count use" in cast.stranger.client.get(reverse("accounts:stage_guides")).content.decode()
    del form["makes_todos"]
    cast.administrator.client.post(url, form)
    account_actions.set_stage(account=moved, stage="NEW", by=cast.owner.scope, now=now + timedelta(days=1))
    Todo.objects.filter(source="stage:GROWING").delete()
    account_actions.set_stage(
        account=Account.objects.get(pk=customer.pk), stage="GROWING", by=cast.owner.scope, now=now + timedelta(days=2)
    )
    assert not Todo.objects.filter(source="stage:GROWING").exists()
    assert Todo.objects.filter(source="stage:NEW").exists()
    assert cast.administrator.client.post(url, {"strategy_zh": "", "strategy_en": ""}).status_code == 422
    with pytest.raises(NotAllowed):
        stages.save_stage_guide(stage="NEW", strategy=("a", "b"), actions=[], makes_todos=True, by=cast.owner.scope, now=now)
