"""Needs: the three needs, next actions and their to-dos, the confirmed list, FAB lines, and their page."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse

from dingke.accounts.actions import work
from dingke.accounts.models import Todo
from dingke.accounts.tests.factories import NOW, TODAY, make_contact
from dingke.core.errors import Invalid, NotAllowed, StaleRecord
from dingke.library.models import Entry
from dingke.pipeline.tests.factories import make_opportunity
from dingke.qualification.actions import needs as actions
from dingke.qualification.actions import next_actions
from dingke.qualification.models import ConfirmedNeed, NeedBenefit, NextAction, ThreeNeed
from dingke.qualification.queries import needs as queries

pytestmark = pytest.mark.django_db
SCRIPT = "<script>alert(1)</script>"
PART = {"HX-Request": "true"}
SOON = TODAY + timedelta(days=5)


@pytest.fixture
def deal(cast: Any, account: Any) -> Any:
    return make_opportunity("账务系统项目", account=account, owner=cast.owner.user)


def add(deal: Any, by: Any, **values: Any) -> ConfirmedNeed:
    return actions.add_need(opportunity=deal, values={"description": "月底对账三天内完成", **values}, by=by.scope, now=NOW)


def confirmed(deal: Any, by: Any, **values: Any) -> ConfirmedNeed:
    return add(deal, by, range="IN_SCOPE", fit="STANDARD", confirmed_date=TODAY, confirmed_name="陈总", **values)


@pytest.mark.item("E-17", "K-02")
def test_a_need_is_confirmed_by_somebody_on_a_day(cast: Any, deal: Any) -> None:
    for values in (
        {"confirmed_date": TODAY},
        {"confirmed_name": "陈总"},
        {"confirmed_date": SOON, "confirmed_name": "陈总"},
        {"description": " "},
    ):
        with pytest.raises(Invalid):
            add(deal, cast.owner, **values)
    need = confirmed(deal, cast.owner)
    contact = make_contact(deal.account)
    edited = actions.edit_need(
        need=need, values={"confirmed_contact": contact}, by=cast.owner.scope, now=NOW, expected_version=need.version
    )
    assert edited.confirmed_date == TODAY
    other = actions.edit_need(need=need, values={"description": "一天内完成"}, by=cast.owner.scope, now=NOW)
    assert (other.confirmed_date, other.confirmed_contact, other.confirmed_name) == (None, None, "")
    with pytest.raises(StaleRecord):
        actions.edit_need(need=need, values={"description": "x"}, by=cast.owner.scope, now=NOW, expected_version=need.version)


@pytest.mark.item("E-18")
def test_a_benefit_quotes_a_confirmed_need(cast: Any, deal: Any) -> None:
    parts = {"method": "FFAB", "feature": "银企直连", "function": "自动取对账单", "advantage": "不再手工录入", "benefit": "三天内对完账"}
    with pytest.raises(actions.UnableToSaveNeed):
        actions.save_benefit(need=add(deal, cast.owner), values=parts, by=cast.owner.scope, now=NOW)
    need = confirmed(deal, cast.owner)
    with pytest.raises(Invalid) as refused:
        actions.save_benefit(need=need, values={**parts, "function": ""}, by=cast.owner.scope, now=NOW)
    assert set(refused.value.fields) == {"function"}
    line = actions.save_benefit(need=need, values=parts, by=cast.owner.scope, now=NOW)
    page = cast.owner.client.get(reverse("qualification:needs", args=[deal.pk]), headers=PART).content.decode()
    assert "三天内对完账" in page
    actions.archive_benefit(benefit=line, by=cast.owner.scope, now=NOW)
    assert not queries.needs_of(cast.owner.scope, deal, today=TODAY).lines[0].benefits


@pytest.mark.item("E-18")
def test_a_card_of_the_library_fills_the_line(cast: Any, deal: Any) -> None:
    words = {name: {"zh": name, "en": name} for name in ("feature", "function", "advantage", "benefit", "proof")}
    card = Entry.objects.create(code="card", kind="FAB", topic="FFAB", title_zh="卡", state="PUBLISHED", number=1, content={"parts": words})
    url = reverse("qualification:benefit_new", args=[confirmed(deal, cast.owner).pk])
    assert 'value="advantage"' in cast.owner.client.get(f"{url}?entry={card.pk}", headers=PART).content.decode()
    data = {"entry": card.pk, "method": "FFAB", **{name: name for name in words}}
    assert cast.owner.client.post(url, data, headers=PART).status_code == 204
    card.refresh_from_db()
    assert card.use_count == 1
    edit = reverse("qualification:benefit_edit", args=[NeedBenefit.objects.get().pk])
    assert cast.owner.client.get(edit, headers=PART).status_code == 200
    assert cast.owner.client.post(edit, {**data, "version": "1", "proof": SCRIPT}, headers=PART).status_code == 204
    card.refresh_from_db()
    assert card.use_count == 1


@pytest.mark.item("E-19", "P-11")
def test_three_needs_with_a_gap_mark(cast: Any, deal: Any) -> None:
    with pytest.raises(Invalid):
        actions.save_three_need(opportunity=deal, kind="PERSONAL", values={"has_gap": True}, by=cast.owner.scope, now=NOW)
    row = actions.save_three_need(
        opportunity=deal,
        kind="PERSONAL",
        values={"text": "想建立威信", "has_gap": True, "gap": "怕失败的原因"},
        by=cast.owner.scope,
        now=NOW,
    )
    url = reverse("qualification:three_need", args=[deal.pk, "PERSONAL"])
    saved = cast.owner.client.post(url, {"version": str(row.version), "text": "想建立威信，怕失败"}, headers=PART)
    assert saved.status_code == 200
    assert (ThreeNeed.objects.get().has_gap, ThreeNeed.objects.get().gap) == (False, "")
    late = cast.manager.client.post(url, {"version": str(row.version), "text": "别的"}, headers=PART)
    assert (late.status_code, late["HX-Retarget"]) == (409, "#three-PERSONAL")
    assert cast.owner.client.post(reverse("qualification:three_need", args=[deal.pk, "NOPE"]), {}, headers=PART).status_code == 404


@pytest.mark.item("E-20", "P-12")
def test_a_next_action_is_a_to_do_of_the_account(cast: Any, deal: Any) -> None:
    given = {"opportunity": deal, "owner": cast.owner.user, "due_date": SOON, "by": cast.owner.scope, "now": NOW}
    for wrong in (
        {"text": " "},
        {"text": "x", "way": "RESOURCE"},
        {"text": "x", "way": "NOPE"},
        {"text": "x", "due_date": TODAY - timedelta(days=1)},
    ):
        with pytest.raises(Invalid):
            next_actions.add_next_action(**{**given, **wrong})
    action = next_actions.add_next_action(**given, text="再拜访一次", need="PERSONAL")
    todo = Todo.objects.get()
    assert (todo.title, todo.due_date, todo.assignee, action.todo) == ("再拜访一次", SOON, cast.owner.user, todo)
    work.finish_todo(todo=todo, by=cast.owner.scope, now=NOW)
    view = next(view for view in queries.needs_of(cast.owner.scope, deal, today=TODAY).three if view.kind.code == "PERSONAL")
    assert view.actions[0].done_at == NOW
    next_actions.reopen_next_action(action=action, by=cast.owner.scope, now=NOW)
    todo.refresh_from_db()
    assert todo.done_at is None
    next_actions.finish_next_action(action=action, by=cast.owner.scope, now=NOW)
    todo.refresh_from_db()
    assert todo.done_at == NOW
    next_actions.reopen_next_action(action=action, by=cast.owner.scope, now=NOW)
    next_actions.drop_next_action(action=action, by=cast.owner.scope, now=NOW)
    todo.refresh_from_db()
    assert todo.archived_at == NOW
    with pytest.raises(next_actions.UnableToSaveNextAction):
        next_actions.finish_next_action(action=action, by=cast.owner.scope, now=NOW)


def test_an_action_of_a_deal_without_account_stays_on_the_deal(cast: Any) -> None:
    deal = make_opportunity(owner=cast.owner.user)
    action = next_actions.add_next_action(
        opportunity=deal, text="找到公司", owner=cast.owner.user, due_date=SOON, by=cast.owner.scope, now=NOW
    )
    assert action.todo is None
    next_actions.finish_next_action(action=action, by=cast.owner.scope, now=NOW)
    assert NextAction.objects.get().done_at == NOW
    assert cast.owner.client.get(reverse("qualification:needs", args=[deal.pk]), headers=PART).status_code == 200


def test_whoever_has_the_action_ticks_it_off(cast: Any, deal: Any) -> None:
    from dingke.accounts.models import Collaborator

    Collaborator.objects.create(account=deal.account, user=cast.colleague.user, level="READ", added_at=NOW)
    action = next_actions.add_next_action(
        opportunity=deal, text="准备样品", owner=cast.colleague.user, due_date=SOON, by=cast.owner.scope, now=NOW
    )
    done = reverse("qualification:action_done", args=[action.pk])
    assert cast.stranger.client.post(done, headers=PART).status_code == 404
    assert cast.read_only.client.post(done, headers=PART).status_code == 403
    assert cast.colleague.client.post(done, headers=PART).status_code == 204
    assert cast.owner.client.post(reverse("qualification:action_reopen", args=[action.pk]), headers=PART).status_code == 204
    assert cast.colleague.client.post(reverse("qualification:action_drop", args=[action.pk]), headers=PART).status_code == 403
    assert cast.owner.client.post(reverse("qualification:action_drop", args=[action.pk]), headers=PART).status_code == 204


def test_dialogs_of_the_list(cast: Any, deal: Any) -> None:
    client = cast.owner.client
    new = reverse("qualification:need_new", args=[deal.pk])
    data = {"description": SCRIPT, "priority": "WANT", "range": "UNDECIDED", "fit": "CUSTOM", "effort_days": "2.5", "can_decline": "no"}
    assert client.get(new, headers=PART).status_code == 200
    assert client.post(new, data, headers=PART).status_code == 204
    need = ConfirmedNeed.objects.get()
    assert need.can_decline is False
    edit = reverse("qualification:need_edit", args=[need.pk])
    assert client.get(edit, headers=PART).status_code == 200
    assert client.post(edit, {**data, "version": "1", "range": "IN_SCOPE"}, headers=PART).status_code == 204
    assert client.post(edit, {**data, "version": "1", "range": "DROPPED"}, headers=PART).status_code == 409
    action = reverse("qualification:action_new", args=[deal.pk])
    assert client.get(f"{action}?need=PERSONAL&way=KEEP", headers=PART).status_code == 200
    sent = {"text": SCRIPT, "way": "KEEP", "need": "PERSONAL", "owner": cast.owner.user.pk, "due_date": "2030-01-01"}
    assert client.post(action, sent, headers=PART).status_code == 204
    assert SCRIPT not in client.get(reverse("qualification:needs", args=[deal.pk]), headers=PART).content.decode()
    for url in (new, edit, action):
        assert cast.stranger.client.get(url, headers=PART).status_code == 404
        assert cast.finance.client.get(url, headers=PART).status_code == 403
    assert client.post(reverse("qualification:need_archive", args=[need.pk]), headers=PART).status_code == 204
    assert client.post(reverse("qualification:need_restore", args=[need.pk]), headers=PART).status_code == 204
    with pytest.raises(NotAllowed):
        add(deal, cast.colleague)


def test_queries_do_not_grow(cast: Any, deal: Any, count_queries: Any) -> None:
    url = reverse("qualification:needs", args=[deal.pk])
    parts = {"method": "FAB", "feature": "a", "advantage": "b", "benefit": "c"}

    def fill(number: int) -> None:
        for _ in range(number):
            actions.save_benefit(need=confirmed(deal, cast.owner), values=parts, by=cast.owner.scope, now=NOW)
            next_actions.add_next_action(
                opportunity=deal, text="做", owner=cast.owner.user, due_date=SOON, by=cast.owner.scope, now=NOW, need="SALES"
            )

    fill(3)
    cast.owner.client.get(url, headers=PART)
    with count_queries() as few:
        cast.owner.client.get(url, headers=PART)
    fill(12)
    with count_queries() as many:
        cast.owner.client.get(url, headers=PART)
    assert many.number == few.number
