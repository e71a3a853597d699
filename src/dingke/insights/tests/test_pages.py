"""The pages: who sees what, in how many queries, alone and as fragments."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from io import BytesIO
from typing import Any

import openpyxl
import pytest
from django.urls import reverse

from dingke.accounts.models import FaceMark, Standing
from dingke.accounts.tests.factories import make_account
from dingke.core import rules as stored_rules
from dingke.core.models import AuditEntry, Job
from dingke.core.scope import Scope
from dingke.insights import actions, queries
from dingke.insights.models import GuardDecision, ScoreRun, ValueCard
from dingke.insights.queries.portfolio import _totals
from dingke.insights.tests.factories import make_incentive, make_order

FRAGMENT = {"HTTP_HX_REQUEST": "true"}


@pytest.fixture
def scored(cast: Any, now: datetime) -> dict[str, Any]:
    """The owner's customers, one of the stranger's, and two runs."""
    found = {name: make_account(f"{name}机电有限公司", owner=cast.owner.user, is_key=name == "甲") for name in "甲乙丙"}
    found["丁"] = make_account("=HYPERLINK(1)丁", owner=cast.stranger.user)
    for place, account in enumerate(found.values()):
        for month in range(1, 9):
            make_order(account, date(2026, month, 10), 9_000 - place * 2_000, 6_000 if place != 1 else None)
            make_order(account, date(2025, month, 1), 9_500 + place * 4_000, 6_000)
    make_incentive(found["甲"], "2025-10-01", "2026-09-30", 5_000)
    actions.run_scores(by=Scope.system(), now=now)
    make_order(found["丙"], "2026-09-29", 400_000, 100_000)
    actions.run_scores(by=Scope.system(), now=now)
    return found


@pytest.mark.item("A-09", "A-08", "A-05")
def test_the_portfolio_page_says_the_main_thing_first(scored: dict[str, Any], cast: Any) -> None:
    html = cast.director.client.get(reverse("insights:portfolio")).content.decode()
    assert "2 of 4 buying customers carry 80% of revenue." in html
    for name in "甲乙丙丁":
        assert f"{name}" in html
    assert reverse("insights:guard", args=["ONE_ACCOUNT"]) in html
    assert "Moved down" in html
    assert reverse("accounts:nominate", args=[scored["丙"].pk]) in html


@pytest.mark.item("A-18")
def test_the_page_is_within_the_callers_reach(scored: dict[str, Any], cast: Any) -> None:
    mine = queries.portfolio(cast.stranger.scope)
    assert [line.name for line in mine.cut.lines] == ["=HYPERLINK(1)丁"]
    assert mine.cut.lines[0].share == 1
    assert mine.is_partial
    html = cast.stranger.client.get(reverse("insights:portfolio")).content.decode()
    for name in "甲乙丙":
        assert f"{name}机电" not in html
    assert "You see the customers within your reach" in html


def test_costs_are_hidden_from_roles_without_the_right(scored: dict[str, Any], cast: Any) -> None:
    assert cast.read_only.scope.hides("cost")
    found = queries.portfolio(cast.read_only.scope)
    assert all(line.margin is None and line.gross_profit is None for line in found.cut.lines)
    assert all(not text for one in found.guards for _id, _name, _level, text in one.details)
    html = cast.read_only.client.get(reverse("insights:portfolio")).content.decode()
    assert "Margins are not shown to your role" in html
    value = queries.account_value(cast.read_only.scope, scored["丙"].pk)
    assert not any("profit" in reason.lower() for reason in value.face_reasons)
    assert all(profit is None for _name, _revenue, profit in value.quarters)


@pytest.mark.item("A-09")
def test_cut_offs_move_the_list(scored: dict[str, Any], cast: Any) -> None:
    answer = cast.director.client.get(reverse("insights:pareto_list"), {"a": "95", "b": "99"}, **FRAGMENT)
    html = answer.content.decode()
    assert "<html" not in html
    assert 'data-a="3"' in html
    assert "Cut at 95.0% and 99.0%." in html
    assert "<html" in cast.director.client.get(reverse("insights:pareto_list")).content.decode()
    page = cast.director.client.get(reverse("insights:portfolio"), {"a": "95", "b": "99"}).content.decode()
    assert html.strip() in page.replace("\r", ""), "the fragment is the part of its page"
    assert cast.director.client.get(reverse("insights:pareto_list"), {"a": "nonsense", "b": "-3"}).status_code == 200


@pytest.mark.item("A-09")
def test_a_long_list_is_cut_but_its_shares_are_of_everything(scored: dict[str, Any], cast: Any, monkeypatch: Any) -> None:
    run = queries.newest_run()
    whole = queries.cut(cast.director.scope, run)
    assert (whole.size, len(whole.curve)) == (4, 4)
    monkeypatch.setattr("dingke.insights.queries.customer_list.POINTS", 2)
    shortened = queries.cut(cast.director.scope, run)
    assert shortened.size == 2
    assert [(line.name, line.share, line.cumulative, line.abc) for line in shortened.lines] == [
        (line.name, line.share, line.cumulative, line.abc) for line in whole.lines[:2]
    ]
    assert shortened.for_80 == whole.for_80
    assert [line.rank for line in queries.cut(cast.director.scope, run, in_full=1).lines] == [1]


def test_what_the_run_counted_is_what_the_page_would_sum(scored: dict[str, Any], cast: Any) -> None:
    counted = _totals(cast.director.scope, queries.newest_run())
    summed = _totals(cast.director.scope, None)
    assert counted.average_margin == pytest.approx(summed.average_margin)
    assert replace(counted, average_margin=None) == replace(summed, average_margin=None)
    assert (counted.customers, counted.margin_unknown) == (4, 1)


def test_three_and_thirty_customers_cost_the_same_queries(scored: dict[str, Any], cast: Any, now: datetime, count_queries: Any) -> None:
    def measured() -> tuple[int, int]:
        with count_queries() as page:
            queries.portfolio(cast.director.scope)
        with count_queries() as value:
            queries.account_value(cast.owner.scope, scored["甲"].pk)
        return page.number, value.number

    few = measured()
    for place in range(27):
        account = make_account(f"客户{place}", owner=cast.owner.user)
        make_order(account, "2026-05-01", 100 + place, 90)
        make_order(account, "2025-05-01", 900, 90)
        make_incentive(account, "2025-10-01", "2026-09-30", 5)
    actions.run_scores(by=Scope.system(), now=now)
    assert measured() == few


def test_an_empty_house_is_taught_the_first_step(cast: Any) -> None:
    html = cast.director.client.get(reverse("insights:portfolio")).content.decode()
    assert "Find out who carries the company" in html


def test_a_run_by_button(scored: dict[str, Any], cast: Any, django_capture_on_commit_callbacks: Any) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        answer = cast.manager.client.post(reverse("insights:score"), **FRAGMENT)
    assert "dk-job" in answer.content.decode()
    assert Job.objects.get(kind="score").state == Job.State.DONE
    assert ScoreRun.objects.filter(state=ScoreRun.State.DONE).count() == 3
    assert cast.owner.client.post(reverse("insights:score")).status_code == 403


@pytest.mark.item("A-09", "A-18")
def test_the_export_is_harmless_and_audited(scored: dict[str, Any], cast: Any) -> None:
    answer = cast.director.client.get(reverse("insights:export"), {"format": "xlsx"})
    sheet = openpyxl.load_workbook(BytesIO(answer.content)).active
    rows = list(sheet.values)
    assert rows[0][:4] == ("Rank", "Customer", "Owner", "Class")
    assert "'=HYPERLINK(1)丁" in {row[1] for row in rows}
    entry = AuditEntry.objects.get(action="insights.export")
    assert (entry.actor_name, entry.changes["rows"]) == (cast.director.scope.name, 4)
    text = cast.owner.client.get(reverse("insights:export"), {"format": "csv"}).content.decode("utf-8-sig")
    assert "丁" not in text
    assert cast.stranger.client.get(reverse("insights:export")).status_code == 403
    finance = cast.finance.client.get(reverse("insights:export"), {"format": "pdf"})
    assert finance.status_code == 422


@pytest.mark.item("A-08")
def test_a_decision_on_a_guard_is_logged(scored: dict[str, Any], cast: Any) -> None:
    address = reverse("insights:guard", args=["ONE_ACCOUNT"])
    assert "What was decided" in cast.manager.client.get(address, **FRAGMENT).content.decode()
    assert cast.manager.client.post(address, {"owner": cast.owner.user.pk, "decision": " "}, **FRAGMENT).status_code == 422
    given = {"owner": cast.owner.user.pk, "decision": "开发三家新客户", "review_date": "2999-01-01"}
    assert cast.manager.client.post(address, given, **FRAGMENT).status_code == 204
    row = GuardDecision.objects.get()
    assert (row.owner, row.decided_by_name) == (cast.owner.user, "许文静")
    assert AuditEntry.objects.filter(action="insights.decide").exists()
    assert "开发三家新客户" in cast.director.client.get(reverse("insights:portfolio")).content.decode()
    assert cast.owner.client.post(address, given).status_code == 403
    assert cast.manager.client.get(reverse("insights:guard", args=["NONE"])).status_code == 404


@pytest.mark.item("A-10")
def test_a_face_is_confirmed_with_its_extra_step(scored: dict[str, Any], cast: Any) -> None:
    account = scored["丙"]
    address = reverse("insights:confirm_face", args=[account.pk])
    client = cast.owner.client
    assert "The figures propose:" in client.get(address, **FRAGMENT).content.decode()
    assert client.post(address, {"face": "RED", "extra_step": ""}, **FRAGMENT).status_code == 422
    assert client.post(address, {"face": "WHITE", "extra_step": "thin"}, **FRAGMENT).status_code == 422
    assert client.post(address, {"face": "WHITE", "extra_step": "8 %"}, **FRAGMENT).status_code == 204
    mark = FaceMark.objects.get()
    assert (mark.face, mark.extra_step, mark.proposed) == ("WHITE", "8%", "RED")
    assert Standing.objects.get(account=account).face == "WHITE"
    assert queries.account_value(cast.owner.scope, account.pk).face_is_stale
    assert cast.stranger.client.post(address, {"face": "NONE"}).status_code == 403
    assert cast.finance.client.post(address, {"face": "NONE"}).status_code == 403


@pytest.mark.item("A-13", "A-18")
def test_the_value_panel_explains_and_is_edited(scored: dict[str, Any], cast: Any) -> None:
    account = scored["甲"]
    panel, edit = (reverse(f"insights:{name}", args=[account.pk]) for name in ("account_value", "edit_value"))
    part = cast.owner.client.get(panel, **FRAGMENT).content.decode()
    assert "<html" not in part
    assert "by revenue; the customers up to here bring" in part
    assert part.strip()[:60] in cast.owner.client.get(panel).content.decode()
    given = {"total_value": "1500000", "total_cost": "1100000", "expected_purchases": "24", "average_purchase": "50000", "note": "客户测算"}
    assert cast.owner.client.post(edit, given, **FRAGMENT).status_code == 204
    part = cast.owner.client.get(panel, **FRAGMENT).content.decode()
    assert "400,000.00" in part
    assert "1,200,000.00" in part
    assert "turnover, not profit" in part
    stale = cast.owner.client.post(edit, {**given, "note": "另一个", "version": "9"}, **FRAGMENT)
    assert stale.status_code == 422
    assert "Somebody else saved" in stale.content.decode()
    assert cast.owner.client.post(edit, {**given, "total_cost": "-1"}, **FRAGMENT).status_code == 422
    assert ValueCard.objects.get().note == "客户测算"
    for name in ("account_value", "edit_value"):
        assert cast.stranger.client.get(reverse(f"insights:{name}", args=[account.pk])).status_code == 404
    assert cast.colleague.client.post(edit, given).status_code == 404
    assert cast.finance.client.post(edit, given).status_code == 403


@pytest.mark.item("A-10", "A-09")
def test_rules_are_open_and_edited_by_those_who_may(scored: dict[str, Any], cast: Any, now: datetime) -> None:
    assert "No hidden criteria" in cast.owner.client.get(reverse("insights:rules")).content.decode()
    address = reverse("insights:edit_rules", args=["pareto"])
    assert cast.owner.client.get(address).status_code == 403
    bad = cast.director.client.post(address, {"a_until": "90", "b_until": "80"}, **FRAGMENT)
    assert bad.status_code == 422
    assert "do not fit together" in bad.content.decode()
    assert cast.director.client.post(address, {"a_until": "70", "b_until": "90"}, **FRAGMENT).headers["HX-Redirect"] == reverse(
        "insights:rules"
    )
    assert actions.run_scores(by=Scope.system(), now=now).rules["pareto"] == {"a_until": "0.7", "b_until": "0.9"}
    for group in ("faces", "guards", "identification", "weakening"):
        form = cast.director.client.get(reverse("insights:edit_rules", args=[group]), **FRAGMENT)
        assert form.status_code == 200
    assert cast.director.client.get(reverse("insights:edit_rules", args=["other"])).status_code == 404


def test_rules_are_tried_before_they_are_saved(scored: dict[str, Any], cast: Any, django_capture_on_commit_callbacks: Any) -> None:
    """A dry run with the rules of the form: who would change class; from its page the same rules are saved. Nothing is written before."""
    before = list(Standing.objects.order_by("account_id").values_list("account_id", "abc"))
    address = reverse("insights:try_rules", args=["pareto"])
    given = {"a_until": "10", "b_until": "20"}
    assert cast.owner.client.post(address, given).status_code == 403
    assert "do not fit together" in cast.director.client.post(address, {"a_until": "90", "b_until": "80"}, **FRAGMENT).content.decode()
    assert "rules-trial" in cast.director.client.get(reverse("insights:edit_rules", args=["pareto"]), **FRAGMENT).content.decode()
    with django_capture_on_commit_callbacks(execute=True):
        cast.director.client.post(address, given, **FRAGMENT)
    job = Job.objects.get(kind="try_rules")
    assert (job.state, job.result["preview"]["classes"]["counts"]) == ("DONE", {"A>C": 1, "B>C": 1})
    page = reverse("insights:tried_rules", args=[job.pk])
    html = cast.director.client.get(page).content.decode()
    assert 'name="a_until" value="10"' in html
    assert "80 → 10 %" in html
    assert list(Standing.objects.order_by("account_id").values_list("account_id", "abc")) == before
    assert cast.manager.client.get(page).status_code in {403, 404}
    assert cast.director.client.get(reverse("insights:tried_rules", args=[job.pk + 1])).status_code == 404
    cast.director.client.post(reverse("insights:edit_rules", args=["pareto"]), given)
    assert stored_rules.in_force("insights.pareto").value == {"a_until": "0.1", "b_until": "0.2"}


@pytest.mark.item("A-09", "O-17")
def test_retention_economics(cast: Any) -> None:
    address = reverse("insights:retention")
    html = cast.owner.client.get(address, {"cost_per_win": "8000", "claim": "A"}, **FRAGMENT).content.decode()
    assert "1,000.00" in html
    assert "8.0 kept" in html
    assert "1,600.00" in cast.owner.client.get(address).content.decode()
    assert cast.owner.client.get(address, {"cost_per_win": "8000", "claim": "OWN"}).status_code == 200


@pytest.mark.parametrize("name", ["portfolio", "pareto_list", "retention", "rules"])
def test_who_may_not_see_scores(cast: Any, name: str) -> None:
    assert cast.service.client.get(reverse(f"insights:{name}")).status_code == 403
    assert cast.anonymous.get(reverse(f"insights:{name}")).status_code == 303


@pytest.mark.item("A-09")
def test_the_report_speaks_of_all_orders(scored: dict[str, Any], cast: Any) -> None:
    report = queries.report_portfolio(Scope.system())
    assert report["accounts"] == 4
    assert report["orders"] == 65
    # 8 orders a month each year: 9,500 + 13,500 + 17,500 + 21,500 a month in 2025, 24,000 in 2026, and one large one
    assert report["revenue"] == "1088000.00"
    assert report["top"][0] == ["丙机电有限公司", "580000.00"]
    assert report["accounts_for_80_percent"] == 3
    assert queries.report_portfolio(cast.stranger.scope)["accounts"] == 1
    assert queries.report_portfolio(Scope.system(), as_of=date(2025, 12, 31))["orders"] == 32
