"""The replay from stored orders to the page: what is kept, who sees what, files."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from io import BytesIO
from typing import Any

import numpy as np
import openpyxl
import pytest
from django.urls import reverse

from dingke.accounts.tests.factories import make_account
from dingke.core.errors import NotAllowed
from dingke.core.models import AuditEntry, Job
from dingke.core.scope import Scope
from dingke.insights import actions, signals, snapshot
from dingke.insights.actions import UnableToReplay
from dingke.insights.calc.history import columns_at
from dingke.insights.calc.warning import Context, SignalColumns
from dingke.insights.metrics import gather
from dingke.insights.metrics import history as metric
from dingke.insights.models import Backtest, BacktestCase
from dingke.insights.tests.factories import make_line, make_order, make_product

pytestmark = [pytest.mark.django_db, pytest.mark.item("O-19")]
FRAGMENT = {"HTTP_HX_REQUEST": "true"}


def orders(account: Any, gap: int, start: date, until: date, amount: int = 1_000) -> None:
    for step in range((until - start).days // gap + 1):
        make_order(account, start + timedelta(days=gap * step), amount, amount // 2)


@pytest.fixture
def company(cast: Any) -> dict[str, Any]:
    """Two customers buy for ever; one of the owner and one of the stranger stop in the spring of 2025."""
    names = {"steady": cast.owner.user, "slow": cast.owner.user, "stopped": cast.owner.user, "theirs": cast.stranger.user}
    found = {name: make_account(name, owner=user) for name, user in names.items()}
    orders(found["steady"], 20, date(2024, 1, 1), date(2026, 9, 20))
    orders(found["slow"], 90, date(2024, 1, 1), date(2026, 9, 20))
    orders(found["stopped"], 20, date(2024, 1, 1), date(2025, 4, 5), 5_000)
    orders(found["theirs"], 30, date(2024, 1, 1), date(2025, 5, 1))
    return found


@pytest.fixture
def replayed(company: dict[str, Any], now: datetime) -> Backtest:
    return actions.run_backtest(by=Scope.system(), now=now)


def test_the_replay_is_kept_with_its_cases(company: dict[str, Any], replayed: Backtest) -> None:
    rules = {one["code"]: one for one in replayed.result["rules"]}
    together = rules["TOGETHER"]
    assert (together["losses"], together["caught"]) == (2, 2)
    assert together["precision"] >= 0.5
    assert set(rules) == {"MARGIN_FALLING", "RANGE_SHRINKING", "RHYTHM_BROKEN", "STOPPED", "VALUE_FALLING", "TOGETHER", "SIMPLE_RULE", "FIXED_DAYS", "AS_MANY_AS_FIXED"}  # fmt: skip
    caught = BacktestCase.objects.filter(rule="TOGETHER", what="CAUGHT").order_by("account_id")
    assert [case.account_id for case in caught] == sorted([company["stopped"].pk, company["theirs"].pk])
    assert all(case.lead_days > 60 for case in caught)
    assert replayed.settings["loss_days"] == 180


def test_only_the_newest_replays_are_kept(company: dict[str, Any], now: datetime) -> None:
    for _one in range(4):
        actions.run_backtest(by=Scope.system(), now=now)
    assert Backtest.objects.count() == 3


def test_without_history_it_says_so(cast: Any, now: datetime) -> None:
    with pytest.raises(UnableToReplay, match="no orders"):
        actions.run_backtest(by=Scope.system(), now=now)
    orders(make_account("neu"), 20, date(2026, 8, 1), date(2026, 9, 20))
    with pytest.raises(UnableToReplay, match="far enough"):
        actions.run_backtest(by=Scope.system(), now=now)
    with pytest.raises(NotAllowed):
        actions.run_backtest(by=cast.owner.scope, now=now)


def test_the_history_gives_the_same_columns_as_the_score_run(company: dict[str, Any], now: datetime) -> None:
    """The replay and the run must not count differently."""
    tools, jigs = make_product("刀具"), make_product("夹具")
    for day, product in (("2025-03-01", tools), ("2025-03-02", jigs), ("2026-03-02", jigs)):
        make_line(make_order(company["slow"], day, 700, 300), product)
    make_order(company["slow"], "2026-06-01", 100, None)
    make_order(company["slow"], "2026-06-02", 900, 100, state="CANCELLED")
    snapshot.refresh()
    engine = snapshot.engine()
    try:
        tables = snapshot.tables(engine)
        day = date(2026, 6, 30)
        run = gather.gather(engine, tables, as_of=day, currency="CNY")
        told = columns_at(metric.history(engine, tables, as_of=date(2026, 9, 30), currency="CNY"), day)
    finally:
        engine.disconnect()
    read = SignalColumns.of(run)
    for name in ("account_id", "revenue", "revenue_before", "gross_profit", "orders_count", "orders_before", "repeats", "families", "families_before"):  # fmt: skip
        np.testing.assert_allclose(getattr(told, name), getattr(read, name), err_msg=name)
    np.testing.assert_allclose(told.quarter_margins, read.quarter_margins)
    assert told.last_order.tolist() == read.last_order.tolist()
    np.testing.assert_allclose(told.gaps.count, read.gaps.count)
    np.testing.assert_allclose(told.gaps.log_mean, read.gaps.log_mean)
    np.testing.assert_allclose(told.gaps.log_sd, read.gaps.log_sd, atol=1e-9)
    combined = signals.judge_company(Context(day, read))
    warned = {int(combined.account_id[row]) for row in combined.warned()}
    assert {company["stopped"].pk, company["theirs"].pk} <= warned
    assert company["steady"].pk not in warned


def test_the_page_before_and_after_the_first_replay(cast: Any, company: dict[str, Any], now: datetime) -> None:
    page = reverse("insights:backtest")
    assert "Are the warnings any good?" in cast.director.client.get(page).content.decode()
    actions.run_backtest(by=Scope.system(), now=now)
    html = cast.director.client.get(page).content.decode()
    assert "Of 2 lost customers 2 had been warned of" in html
    assert "Fixed rule: 90 days without an order" in html
    assert "Not replayed, because the state of an earlier day is not kept: Competitor seen" in html
    assert cast.manager.client.get(page).status_code == 200
    cast.manager.user.language = "zh-hans"
    cast.manager.user.save(update_fields=["language"])
    assert "流失的 2 家客户中，2 家事先已预警" in cast.manager.client.get(page).content.decode()
    for person in (cast.owner, cast.stranger, cast.finance):
        assert person.client.get(page).status_code == 403


def test_a_number_opens_the_customers_within_reach(cast: Any, company: dict[str, Any], replayed: Backtest) -> None:
    query = reverse("insights:backtest_cases") + "?rule=TOGETHER&what=CAUGHT"
    all_of_them = cast.director.client.get(query, **FRAGMENT).content.decode()
    assert "stopped" in all_of_them
    assert "theirs" in all_of_them
    own = cast.manager.client.get(query, **FRAGMENT).content.decode()
    assert "stopped" in own
    assert "theirs" not in own
    assert cast.owner.client.get(query, **FRAGMENT).status_code == 403
    for wrong in ("?rule=TOGETHER&what=X", "?rule=NOTHING&what=CAUGHT", ""):
        assert cast.director.client.get(reverse("insights:backtest_cases") + wrong, **FRAGMENT).status_code == 404


def test_a_page_takes_as_many_queries_for_three_cases_as_for_thirty(
    cast: Any, company: dict[str, Any], replayed: Backtest, count_queries: Any
) -> None:
    query = reverse("insights:backtest_cases") + "?rule=TOGETHER&what=MISSED"

    def more(number: int) -> int:
        for step in range(number):
            account = make_account(f"更多{number}-{step}", owner=cast.owner.user)
            BacktestCase.objects.create(backtest=replayed, account=account, rule="TOGETHER", what="MISSED", on_date=date(2025, 1, 1))
        cast.director.client.get(query, **FRAGMENT)
        with count_queries() as counted:
            cast.director.client.get(query, **FRAGMENT)
        return counted.number

    assert more(3) == more(27)


def test_the_file_and_the_note_that_it_left(cast: Any, replayed: Backtest) -> None:
    answer = cast.director.client.get(reverse("insights:export_backtest"))
    sheet = openpyxl.load_workbook(BytesIO(answer.content)).worksheets[0]
    names = [row[0] for row in sheet.iter_rows(values_only=True)]
    assert {"All signals together", "Buying rhythm broken", "Simple rule: 1.5 purchase cycles"} <= set(names)
    assert AuditEntry.objects.filter(action="insights.export", actor_name=cast.director.user.name).exists()


def test_a_replay_is_started_from_the_page(cast: Any, company: dict[str, Any], django_capture_on_commit_callbacks: Any) -> None:
    with django_capture_on_commit_callbacks(execute=False):
        answer = cast.director.client.post(reverse("insights:run_backtest"), **FRAGMENT)
    assert answer.status_code == 200
    assert Job.objects.get().kind == "backtest"
    assert cast.owner.client.post(reverse("insights:run_backtest"), **FRAGMENT).status_code == 403


def test_margins_are_not_shown_to_who_does_not_see_costs(cast: Any, replayed: Backtest) -> None:
    from dataclasses import replace

    from dingke.insights import queries

    codes = [line.code for line in queries.backtest(replace(cast.director.scope, hidden_fields=frozenset({"cost"}))).signals]  # type: ignore[union-attr]
    assert "MARGIN_FALLING" not in codes
    assert "RHYTHM_BROKEN" in codes
