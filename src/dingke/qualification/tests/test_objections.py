"""Objections: the log, timing, the three steps, the end with its outcome in the library, statistics, the cost per period."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse

from dingke.accounts.models import Todo
from dingke.accounts.tests.factories import NOW, TODAY, make_account
from dingke.core.errors import Invalid, StaleRecord
from dingke.library.models import Entry, EntryUse
from dingke.pipeline.tests.factories import make_opportunity
from dingke.qualification.actions import objections as actions
from dingke.qualification.models import DemoPlan, Objection
from dingke.qualification.queries import objections as queries

pytestmark = pytest.mark.django_db
SCRIPT = "<script>alert(1)</script>"
PART = {"HX-Request": "true"}
SOON = TODAY + timedelta(days=4)


@pytest.fixture
def deal(cast: Any, account: Any) -> Any:
    return make_opportunity("账务系统项目", account=account, owner=cast.owner.user)


def log(deal: Any, by: Any, real_issue: str = "", **values: Any) -> Objection:
    given = {"words": "听说软件很贵", "moment": "EXPLAINING", **values}
    return actions.log_objection(opportunity=deal, values=given, real_issue=real_issue, by=by.scope, now=NOW)


def settle(row: Objection, by: Any, result: str = "SETTLED") -> Objection:
    for action in ("INQUIRE", "SUGGEST", "DISSOLVE"):
        actions.take_step(objection=row, action=action, note=action, by=by.scope, now=NOW)
    return actions.close_objection(objection=row, result=result, settled_date=TODAY, principles=["LISTEN"], by=by.scope, now=NOW)


def answer_entry() -> Entry:
    return Entry.objects.create(
        code="objection-expensive", kind="OBJECTION", topic="STANDARD", title_zh="太贵了", title_en="Too expensive", body_en="Ask by how much.",
        state="PUBLISHED", number=1,
    )  # fmt: skip


@pytest.mark.item("J-01", "J-02", "J-03")
def test_what_is_logged(cast: Any, deal: Any) -> None:
    row = log(deal, cast.owner, causes=["BUDGET", "JARGON"], standard="EXPENSIVE", topic="价格")
    assert (row.stage, row.opened_date, row.opened_by_id) == (deal.stage, TODAY, cast.owner.user.pk)
    for wrong in ({"words": " "}, {"moment": "NOPE"}, {"causes": ["NOPE"]}, {"standard": "NOPE"}, {"opened_date": SOON}):
        with pytest.raises(Invalid):
            log(deal, cast.owner, **wrong)
    changed = actions.edit_objection(objection=row, values={"topic": "费用"}, by=cast.owner.scope, now=NOW, expected_version=row.version)
    assert changed.topic == "费用"
    with pytest.raises(StaleRecord):
        actions.edit_objection(objection=row, values={"topic": "别的"}, by=cast.owner.scope, now=NOW, expected_version=row.version)


@pytest.mark.item("J-04")
def test_a_hidden_one_points_to_the_suspected_real_issue(cast: Any, deal: Any) -> None:
    row = log(deal, cast.owner, kind="HIDDEN", words="服务次数太少", real_issue="想压价")
    assert Objection.objects.count() == 2
    assert row.real_issue is not None
    assert (row.real_issue.words, row.real_issue.is_spoken) == ("想压价", False)


@pytest.mark.item("J-05", "J-06")
def test_an_answer_that_is_put_off_is_promised_for_a_day(cast: Any, deal: Any) -> None:
    with pytest.raises(Invalid):
        log(deal, cast.owner, timing="LATER")
    row = log(deal, cast.owner, timing="LATER", timing_reason="BEYOND", due_date=SOON)
    todo = Todo.objects.get()
    assert (row.todo, todo.due_date, todo.assignee) == (todo, SOON, cast.owner.user)
    later = SOON + timedelta(days=1)
    row = actions.edit_objection(objection=row, values={"due_date": later}, by=cast.owner.scope, now=NOW)
    assert Todo.objects.get().due_date == later
    settle(row, cast.owner)
    assert Todo.objects.get().done_at == NOW
    assert log(deal, cast.owner, timing="NOW", timing_reason="BEYOND").timing_reason == ""


@pytest.mark.item("J-11", "J-12")
def test_three_steps_then_the_end(cast: Any, deal: Any) -> None:
    row = log(deal, cast.owner)
    with pytest.raises(actions.UnableToHandleObjection):
        actions.take_step(objection=row, action="SUGGEST", note="x", by=cast.owner.scope, now=NOW)
    with pytest.raises(Invalid):
        actions.take_step(objection=row, action="INQUIRE", note=" ", by=cast.owner.scope, now=NOW)
    close = {"objection": row, "settled_date": TODAY, "by": cast.owner.scope, "now": NOW}
    with pytest.raises(Invalid):
        actions.close_objection(**close, result="SETTLED")
    with pytest.raises(actions.UnableToHandleObjection):
        actions.close_objection(**close, result="SETTLED", principles=["NO_ARGUING"])
    with pytest.raises(Invalid):
        actions.close_objection(**{**close, "settled_date": TODAY - timedelta(days=1)}, result="STANDS", principles=["NO_ARGUING"])
    done = settle(row, cast.owner)
    assert (done.result, done.principles) == ("SETTLED", ["LISTEN"])
    with pytest.raises(actions.UnableToHandleObjection):
        actions.close_objection(**close, result="STANDS", principles=["LISTEN"])
    assert actions.reopen_objection(objection=row, by=cast.owner.scope, now=NOW).settled_date is None


@pytest.mark.item("J-07")
def test_the_outcome_goes_to_the_answer_of_the_library(cast: Any, deal: Any) -> None:
    entry = answer_entry()
    row = log(deal, cast.owner, entry=entry, standard="EXPENSIVE")
    assert EntryUse.objects.get().subject == "objection"
    settle(row, cast.owner)
    entry.refresh_from_db()
    assert (EntryUse.objects.get().outcome, entry.worked_count) == ("WORKED", 1)
    actions.reopen_objection(objection=row, by=cast.owner.scope, now=NOW)
    assert EntryUse.objects.get().outcome == ""
    ideas = cast.owner.client.get(reverse("qualification:objection_answers"), {"standard": "EXPENSIVE"}, headers=PART)
    assert "Ask by how much." in ideas.content.decode()


@pytest.mark.item("J-05")
def test_too_quiet_after_the_demonstration(cast: Any, deal: Any) -> None:
    assert not queries.objections_of(cast.owner.scope, deal, today=TODAY).is_too_quiet
    DemoPlan.objects.create(opportunity=deal, title="演示", owner=cast.owner.user, held_date=TODAY)
    assert queries.objections_of(cast.owner.scope, deal, today=TODAY).is_too_quiet
    log(deal, cast.owner)
    assert not queries.objections_of(cast.owner.scope, deal, today=TODAY).is_too_quiet


@pytest.mark.item("J-13")
def test_objections_come_up_during_execution_too(cast: Any, deal: Any) -> None:
    deal.state = "WON"
    deal.save()
    assert log(deal, cast.owner, moment="EXECUTION").pk


@pytest.mark.item("J-15")
def test_figures_of_what_the_caller_sees(cast: Any, deal: Any) -> None:
    settle(log(deal, cast.owner, standard="EXPENSIVE", causes=["BUDGET"]), cast.owner)
    log(deal, cast.owner, standard="EXPENSIVE", causes=["BUDGET", "JARGON"])
    other = make_opportunity(account=make_account("外地客户", owner=cast.stranger.user), owner=cast.stranger.user)
    log(other, cast.stranger, standard="LATER")
    mine = queries.figures(cast.owner.scope, today=TODAY)
    assert (mine.total, mine.open, mine.settled) == (2, 1, 1)
    assert [(row.outcome.key, row.outcome.settled_share) for row in mine.by_standard] == [("EXPENSIVE", 1.0)]
    assert [row.outcome.key for row in mine.own_causes] == ["JARGON"]
    assert queries.figures(cast.director.scope, today=TODAY).total == 3
    assert queries.figures(cast.director.scope, today=TODAY + timedelta(days=100), days=90).total == 0


@pytest.mark.item("J-08")
def test_cost_per_period(cast: Any, deal: Any) -> None:
    url = reverse("qualification:cost_per_period", args=[deal.pk])
    page = cast.owner.client.get(url, {"price": "30000", "years": "5"}, headers=PART).content.decode()
    for figure in ("6,000", "500", "115.38", "16.44"):
        assert figure in page
    for years in ("0", "-1", "x", "1e-400"):
        assert cast.owner.client.get(url, {"price": "30000", "years": years}, headers=PART).status_code == 200
    assert "120,000" not in cast.service.client.get(url, headers=PART).content.decode()


def test_dialogs_and_rights(cast: Any, deal: Any) -> None:
    client = cast.owner.client
    new = reverse("qualification:objection_new", args=[deal.pk])
    data = {
        "words": SCRIPT, "moment": "DEMO", "channel": "VISIT", "act": "REFUSE", "kind": "HIDDEN", "real_issue": SCRIPT, "timing": "NOW",
        "causes_seller": ["JARGON"], "opened_date": "2020-01-01", "topic": SCRIPT,
    }  # fmt: skip
    assert client.get(new, headers=PART).status_code == 200
    assert client.post(new, data, headers=PART).status_code == 204
    row = Objection.objects.get(kind="HIDDEN")
    edit = reverse("qualification:objection_edit", args=[row.pk])
    step = reverse("qualification:objection_step", args=[row.pk, "INQUIRE"])
    close = reverse("qualification:objection_close", args=[row.pk])
    assert client.post(edit, {**data, "version": str(row.version), "answer": SCRIPT}, headers=PART).status_code == 204
    assert client.post(edit, {**data, "version": str(row.version), "words": "别的"}, headers=PART).status_code == 409
    for url in (new, edit, step, close):
        assert client.get(url, headers=PART).status_code == 200
        assert cast.stranger.client.get(url, headers=PART).status_code == 404
        assert cast.read_only.client.get(url, headers=PART).status_code == 403
    assert client.post(step, {"note": SCRIPT}, headers=PART).status_code == 204
    assert client.get(reverse("qualification:objection_step", args=[row.pk, "ARGUE"]), headers=PART).status_code == 404
    assert client.post(close, {"result": "STANDS", "settled_date": "2020-01-02", "principles": []}, headers=PART).status_code == 422
    assert client.post(close, {"result": "STANDS", "settled_date": "2020-01-02", "principles": ["LISTEN"]}, headers=PART).status_code == 204
    panel = reverse("qualification:objections", args=[deal.pk])
    assert SCRIPT not in client.get(panel, headers=PART).content.decode()
    assert cast.read_only.client.get(panel, headers=PART).status_code == 200
    assert cast.stranger.client.get(panel, headers=PART).status_code == 404
    for name in ("objection_reopen", "objection_archive", "objection_restore"):
        url = reverse(f"qualification:{name}", args=[row.pk])
        assert cast.stranger.client.post(url, headers=PART).status_code == 404
        assert client.post(url, headers=PART).status_code == 204
    assert client.get(reverse("qualification:objection_figures")).status_code == 200


def test_queries_do_not_grow(cast: Any, deal: Any, count_queries: Any) -> None:
    panel = reverse("qualification:objections", args=[deal.pk])
    for _ in range(3):
        settle(log(deal, cast.owner), cast.owner)
    cast.owner.client.get(panel, headers=PART)
    with count_queries() as few:
        cast.owner.client.get(panel, headers=PART)
        queries.figures(cast.owner.scope, today=TODAY)
    for _ in range(12):
        settle(log(deal, cast.owner), cast.owner)
        log(deal, cast.owner, kind="HIDDEN", real_issue="压价")
    with count_queries() as many:
        cast.owner.client.get(panel, headers=PART)
        queries.figures(cast.owner.scope, today=TODAY)
    assert many.number == few.number
