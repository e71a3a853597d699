"""The stage report: figures, the lists behind them, who sees what, files, limits."""

from __future__ import annotations

import re
from datetime import date, timedelta
from io import BytesIO
from itertools import takewhile
from typing import Any

import openpyxl
import pytest
from django.urls import reverse
from django.utils import timezone

from dingke.accounts.models import Account, StageChange, Standing
from dingke.accounts.tests.factories import make_account
from dingke.core.models import AuditEntry, Setting
from dingke.core.periods import Period
from dingke.core.scope import Scope
from dingke.insights import queries
from dingke.insights.calc.stages import What
from dingke.insights.queries import stages as reads

pytestmark = [pytest.mark.django_db, pytest.mark.item("D-01")]
FRAGMENT = {"HTTP_HX_REQUEST": "true"}


def staged(name: str, *entries: tuple[date, str], owner: Any = None, revenue: int = 0) -> Account:
    """An account with a history of stages; it stands in the last one."""
    account = make_account(name, owner=owner, lifecycle_stage=entries[-1][1], stage_since=entries[-1][0])
    before = ""
    for day, stage in entries:
        StageChange.objects.create(account=account, before=before, after=stage, since_date=day, by_name="许文静")
        before = stage
    if revenue:
        Standing.objects.update_or_create(account=account, defaults={"revenue": revenue, "as_of_date": entries[-1][0], "run_id": 1})
    return account


@pytest.fixture
def day() -> date:
    """Today as the pages see it."""
    return timezone.localdate(timezone.now())


@pytest.fixture
def period(day: date) -> Period:
    return Period(day - timedelta(days=364), day + timedelta(days=1))


@pytest.fixture
def house(cast: Any, day: date) -> dict[str, Account]:
    def ago(days: int) -> date:
        return day - timedelta(days=days)

    mine = cast.owner.user
    return {
        "甲": staged("甲机电有限公司", (ago(800), "POTENTIAL"), (ago(300), "NEW"), owner=mine, revenue=30_000),
        "乙": staged("乙机电有限公司", (ago(100), "POTENTIAL"), (ago(60), "NEW"), (ago(20), "DECLINING"), owner=mine, revenue=5_000),
        "丙": staged("丙机电有限公司", (ago(200), "POTENTIAL"), owner=mine),
        "丁": staged("=HYPERLINK(1)丁", (ago(900), "MATURE"), (ago(91), "DECLINING"), owner=cast.stranger.user, revenue=70_000),
    }


def test_the_figures_of_the_page(house, cast, period, day):
    report = queries.stage_report(cast.director.scope, period=period, today=day)
    by_stage = {line.stage.value: line for line in report.lines}
    assert {code: (line.number, line.revenue, line.over) for code, line in by_stage.items()} == {
        "POTENTIAL": (1, 0, 1),  # 200 days, limit 180
        "NEW": (1, 30_000, 1),  # 300 days, limit 180
        "GROWING": (0, 0, 0),
        "MATURE": (0, 0, 0),
        "DECLINING": (2, 75_000, 1),  # 20 and 91 days, limit 90
    }
    assert by_stage["DECLINING"].median_days == 55.5
    potential = by_stage["POTENTIAL"].flow
    assert (potential.stood, potential.arrived, potential.on, potential.stands) == (1, 2, 2, 1)
    assert potential.median_days == 270  # 500 and 40 days
    assert {(move.before.value, move.after.value): move.number for move in report.moves} == {
        ("POTENTIAL", "NEW"): 2,
        ("NEW", "DECLINING"): 1,
        ("MATURE", "DECLINING"): 1,
    }
    assert [(row.account_id, row.days, row.limit) for row in report.over] == [
        (house["甲"].pk, 300, 180),
        (house["丙"].pk, 200, 180),
        (house["丁"].pk, 91, 90),
    ]
    html = cast.director.client.get(reverse("insights:stages")).content.decode()
    assert "3 of 4 customers stand in their stage for longer than the limit." in html
    assert "Of 3 potential customers in the period, 2 moved on." in html


def test_every_number_opens_a_list_of_as_many(house, cast):
    """Follows each link with a number on the page: the list behind it has that many rows."""
    client = cast.director.client
    html = client.get(reverse("insights:stages")).content.decode()
    links = re.findall(r'<a href="([^"]*)"[^>]*>(\d+)</a>', html)
    assert len(links) > 20
    followed = {reverse("insights:stage_list"): 0, reverse("accounts:list"): 0}
    for href, number in links:
        path = href.split("?")[0]
        answer = client.get(href.replace("&amp;", "&"))
        assert answer.status_code == 200
        body = answer.content.decode()
        main = body[body.index("<main") :] if "<main" in body else body
        accounts = re.findall(r'<a[^>]*href="/account/\d+/"', main)
        assert len(accounts) == int(number), (href, number)
        followed[path] += 1
    assert all(followed.values())


def test_the_list_of_those_who_moved_in_is_the_account_list_too(house, cast):
    client = cast.director.client
    html = client.get(reverse("insights:stage_list"), {"stage": "NEW", "what": "came"}, **FRAGMENT).content.decode()
    assert "<html" not in html
    href = re.search(r'href="(/accounts/\?[^"]*moved_to=NEW[^"]*)"', html)
    assert href is not None
    listed = client.get(href[1].replace("&amp;", "&")).content.decode()
    for name, is_there in (("甲", True), ("乙", True), ("丙", False), ("丁", False)):
        assert (f"/account/{house[name].pk}/" in listed) is is_there


def test_everybody_sees_only_the_own_reach(house, cast, period, day):
    whole = queries.stage_report(Scope.system(), period=period, today=day)
    mine = queries.stage_report(cast.owner.scope, period=period, today=day)
    team = queries.stage_report(cast.manager.scope, period=period, today=day)
    theirs = queries.stage_report(cast.stranger.scope, period=period, today=day)
    assert (whole.number, mine.number, team.number, theirs.number) == (4, 3, 3, 1)
    assert {(move.before.value, move.after.value) for move in theirs.moves} == {("MATURE", "DECLINING")}
    assert theirs.line("DECLINING").revenue == 70_000
    html = cast.stranger.client.get(reverse("insights:stages")).content.decode()
    assert "You see the customers within your reach." in html
    for name in "甲乙丙":
        assert f"{name}机电" not in html
    for what in What:
        for stage in Account.Stage.values:
            part = cast.stranger.client.get(reverse("insights:stage_list"), {"stage": stage, "what": what.value}, **FRAGMENT)
            assert "机电" not in part.content.decode()
    assert cast.service.client.get(reverse("insights:stages")).status_code == 403
    assert cast.service.client.get(reverse("insights:stage_list")).status_code == 403
    assert cast.anonymous.get(reverse("insights:stages")).status_code == 303


def test_amounts_are_hidden_from_roles_without_the_right(house, cast, period, day):
    scope = cast.service.scope
    assert scope.hides("amount")
    report = queries.stage_report(scope, period=period, today=day)
    assert report.hides_amount
    assert all(line.revenue is None for line in report.lines)
    assert all(row.revenue is None for row in report.over)


def test_archived_customers_and_empty_houses(house, cast, period, day, now):
    Account.objects.update(archived_at=now)
    report = queries.stage_report(cast.director.scope, period=period, today=day)
    assert (report.number, report.number_moved, report.over) == (0, 0, [])
    assert "Record your first customers" in cast.director.client.get(reverse("insights:stages")).content.decode()


def test_a_period_is_chosen_and_nonsense_is_answered_with_the_usual_one(house, cast, day):
    client = cast.director.client
    short = {"start": (day - timedelta(days=30)).isoformat(), "until": day.isoformat()}
    html = client.get(reverse("insights:stages"), short).content.decode()
    assert ">1 move<" in html
    for asked in ({"start": "2026-05-01", "until": "2026-04-01"}, {"start": "soon"}, {"until": "9999-12-31"}):
        answer = client.get(reverse("insights:stages"), asked)
        assert answer.status_code == 200
        assert "This is no period" in answer.content.decode()
    for asked in ({"stage": "NONE", "what": "came"}, {"stage": "NEW", "what": "other"}, {}):
        assert client.get(reverse("insights:stage_list"), asked).status_code == 404


def test_changes_of_one_day_keep_their_order(cast, day):
    staged("甲", (day, "POTENTIAL"), (day, "NEW"), (day, "GROWING"), owner=cast.owner.user)
    report = queries.stage_report(cast.owner.scope, period=Period(day, day + timedelta(days=1)), today=day)
    assert [(line.flow.held, line.flow.on, line.flow.stands) for line in report.lines[:3]] == [(1, 1, 0), (1, 1, 0), (1, 0, 1)]
    assert report.line("POTENTIAL").flow.median_days == 0


def test_three_and_thirty_customers_cost_the_same_queries(house, cast, period, day, count_queries):
    def measured() -> tuple[int, int]:
        with count_queries() as page:
            queries.stage_report(cast.director.scope, period=period, today=day)
        with count_queries() as behind:
            reads.stage_list(
                cast.director.scope, stage=reads.LifecycleStage.POTENTIAL, what=What.HELD, following=None, period=period, today=day
            )
        return page.number, behind.number

    few = measured()
    for place in range(27):
        staged(f"客户{place}", (day - timedelta(days=400), "POTENTIAL"), (day - timedelta(days=200), "NEW"), owner=cast.owner.user)
    assert measured() == few
    assert few[0] <= 5


def test_files_hold_what_the_page_shows(house, cast):
    client = cast.director.client
    address = reverse("insights:export_stages")

    def rows(what: str) -> list[tuple[Any, ...]]:
        answer = client.get(address, {"what": what, "format": "xlsx"})
        lines = openpyxl.load_workbook(BytesIO(answer.content)).active.values
        return list(takewhile(lambda line: line[0] is not None, lines))  # behind a gap the sheet says whose it is

    summary = rows("stages")
    assert summary[0][:4] == ("Lifecycle stage", "Customers", "Share of customers", "Revenue, 12 months")
    assert [row[1] for row in summary[1:]] == [1, 1, 0, 0, 2]
    assert len(rows("moves")) == 1 + 4
    assert {row[0] for row in rows("over")[1:]} == {"甲机电有限公司", "丙机电有限公司", "'=HYPERLINK(1)丁"}
    entry = AuditEntry.objects.filter(action="insights.export").order_by("pk").last()
    assert (entry.actor_name, entry.changes["rows"]) == (cast.director.scope.name, 3)
    text = cast.owner.client.get(address, {"what": "moves", "format": "csv"}).content.decode("utf-8-sig")
    assert "甲机电" in text
    assert "丁" not in text
    assert client.get(address, {"format": "pdf"}).status_code == 422
    assert client.get(address, {"what": "secrets"}).status_code == 422
    assert cast.stranger.client.get(address).status_code == 403


def test_limits_are_rules_with_versions(house, cast, period, day):
    address = reverse("insights:edit_rules", args=["stages"])
    assert cast.owner.client.get(address).status_code == 403
    form = cast.director.client.get(address, **FRAGMENT).content.decode()
    assert "The new limits count at once." in form
    given = {"potential": "250", "new": "", "growing": "730", "mature": "", "declining": "10"}
    assert cast.director.client.post(address, {**given, "declining": "0"}, **FRAGMENT).status_code == 422
    assert cast.director.client.post(address, given, **FRAGMENT).headers["HX-Redirect"] == reverse("insights:rules")
    row = Setting.objects.get(key="insights.stages")
    assert (row.version, row.value["declining"], row.value["new"]) == (1, 10, None)
    report = queries.stage_report(cast.director.scope, period=period, today=day)
    assert {line.stage.value: (line.limit, line.over) for line in report.lines} == {
        "POTENTIAL": (250, 0),
        "NEW": (None, 0),
        "GROWING": (730, 0),
        "MATURE": (None, 0),
        "DECLINING": (10, 2),
    }
    page = cast.director.client.get(reverse("insights:rules")).content.decode()
    assert "no limit" in page
    assert "250 days" in page


def test_the_portfolio_leads_to_it(house, cast):
    assert reverse("insights:stages") in cast.director.client.get(reverse("insights:portfolio")).content.decode()
