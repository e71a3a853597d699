"""The run from orders to stored scores, and what is left when it does not end."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from dingke.accounts.models import FaceMark, Standing
from dingke.accounts.tests.factories import make_account, make_item
from dingke.core.errors import NotAllowed
from dingke.core.scope import Scope
from dingke.insights import actions
from dingke.insights.actions import UnableToScore, score
from dingke.insights.models import Score, ScoreRun
from dingke.insights.tests.factories import make_incentive, make_line, make_order, make_product

SYSTEM = Scope.system()


@pytest.fixture
def company(cast: Any) -> dict[str, Any]:
    """Four customers and one prospect, as of 2026-09-30."""
    owner = cast.owner.user
    big = make_account("甲", owner=owner, is_key=True, influence=80)
    thin = make_account("乙", owner=owner, is_key=True)
    small = make_account("丙", owner=cast.stranger.user)
    gone = make_account("丁", owner=owner)
    prospect = make_account("戊", owner=owner)
    tools, jigs = make_product("刀具"), make_product("夹具")
    for month in range(10, 22):
        day = date(2025 + (month - 1) // 12, (month - 1) % 12 + 1, 15)
        order = make_order(big, day, 5_000, 3_000)
        make_line(order, tools)
        make_order(thin, day, 4_000, 4_200)
    make_line(make_order(small, "2026-06-01", 2_000), jigs)
    make_order(small, "2026-07-01", 900, 500, state="CANCELLED")
    make_order(gone, "2025-01-10", 8_000, 6_000)
    make_incentive(big, "2024-10-01", "2025-09-30", 1_000)
    make_incentive(big, "2025-10-01", "2026-09-30", 3_000)
    make_order(big, "2025-05-01", 30_000, 7_000)
    source = make_item("sources", "PARTNER_REFERRAL")
    prospect.dossier_entries.create(field="SIZE_STRENGTH", text="合作伙伴介绍", source=source, as_of_date=date(2026, 9, 1))
    return {"big": big, "thin": thin, "small": small, "gone": gone, "prospect": prospect}


@pytest.mark.item("A-09", "A-10", "A-05")
def test_a_run_writes_scores_with_their_evidence(company: dict[str, Any], now: datetime, today: date) -> None:
    run = actions.run_scores(by=SYSTEM, now=now)
    assert (run.state, run.as_of_date) == (ScoreRun.State.DONE, today)
    big, thin, small, gone = (Standing.objects.get(account=company[name]) for name in ("big", "thin", "small", "gone"))
    assert (big.revenue, big.revenue_before, big.revenue_total) == (60_000, 30_000, 90_000)
    assert (big.rank, big.abc, big.margin) == (1, "A", Decimal("0.4"))
    assert (thin.rank, thin.abc, thin.gross_profit, thin.margin) == (2, "A", -2_400, Decimal("-0.05"))
    assert (small.abc, small.gross_profit, small.orders_count) == ("C", None, 1)
    assert (gone.abc, gone.revenue, gone.is_quiet, gone.at_stake) == ("C", 0, True, 8_000)
    assert big.usual_gap_days == 31
    assert big.share == Decimal("0.545455")
    assert big.proposed_face == "RED"
    assert small.proposed_face == ""
    prospect = Standing.objects.get(account=company["prospect"])
    assert (prospect.rank, prospect.is_candidate, prospect.candidate_methods) == (None, True, ["MULTI_SOURCE"])
    evidence = Score.objects.get(run=run, account=company["big"]).evidence
    assert evidence["formula"] == run.formula_version
    assert evidence["reasons"]["class"][0]["code"] == "CLASS_A"
    assert evidence["reasons"]["face"][0]["code"] == "FACE_RED"
    assert evidence["families"] == [["刀具", "60000.00", "0.00"]]
    assert Score.objects.get(run=run, account=company["small"]).evidence["reasons"]["class"][1]["code"] == "COSTS_MISSING"


@pytest.mark.item("A-08")
def test_guards_of_the_company(company: dict[str, Any], now: datetime) -> None:
    run = actions.run_scores(by=SYSTEM, now=now)
    guards = {one["guard"]: one for one in run.summary["guards"]}
    assert guards["ONE_ACCOUNT"]["level"] == "BREACH"
    assert guards["ONE_ACCOUNT"]["figure"] == "0.545455"
    assert guards["VOLUME_WITHOUT_MARGIN"]["account_ids"] == [company["thin"].pk]
    # incentive 1,000 -> 3,000, gross profit 23,000 -> 24,000: 0.5 a yuan
    assert (guards["INCENTIVE_RETURN"]["level"], guards["INCENTIVE_RETURN"]["figure"]) == ("BREACH", "0.500000")


def test_the_next_run_reads_only_what_changed_and_tells_the_change(company: dict[str, Any], now: datetime) -> None:
    first = actions.run_scores(by=SYSTEM, now=now)
    make_order(company["small"], "2026-09-01", 500_000, 400_000)
    company["gone"].orders.all().delete()
    FaceMark.objects.create(account=company["thin"], face="WHITE", confirmed_by=company["big"].owner, confirmed_at=now)
    second = actions.run_scores(by=SYSTEM, now=now + timedelta(hours=1))
    small = Standing.objects.get(account=company["small"])
    assert (small.abc_before, small.abc, small.run_id) == ("C", "A", second.pk)
    assert Standing.objects.get(account=company["gone"]).rank is None
    assert Standing.objects.get(account=company["thin"]).face == "WHITE"
    assert Score.objects.filter(run=first).count() == 5, "earlier scores stay for the history"


def test_a_failed_run_leaves_the_last_good_scores(company: dict[str, Any], now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    good = actions.run_scores(by=SYSTEM, now=now)

    def broken(**_given: Any) -> None:
        raise RuntimeError("disk full")

    with monkeypatch.context() as patched:
        patched.setattr(score.standings, "set_standings", broken)
        with pytest.raises(RuntimeError):
            actions.run_scores(by=SYSTEM, now=now)
    failed = ScoreRun.objects.order_by("-id")[0]
    assert failed.state == ScoreRun.State.FAILED
    assert not Score.objects.filter(run=failed).exists()
    assert set(Standing.objects.values_list("run_id", flat=True)) == {good.pk}
    assert actions.run_scores(by=SYSTEM, now=now).state == ScoreRun.State.DONE


def test_one_run_at_a_time_and_a_killed_one_is_cleared_away(company: dict[str, Any], now: datetime) -> None:
    left = ScoreRun.objects.create(
        as_of_date=now.date(), started_at=now, heartbeat_at=score._clock(), holder="elsewhere/7", formula_version="x"
    )
    Score.objects.create(run=left, account=company["big"], revenue=1)
    with pytest.raises(UnableToScore):
        actions.run_scores(by=SYSTEM, now=now)
    ScoreRun.objects.filter(pk=left.pk).update(heartbeat_at=score._clock() - timedelta(minutes=5))
    actions.run_scores(by=SYSTEM, now=now)
    left.refresh_from_db()
    assert left.state == ScoreRun.State.FAILED
    assert not Score.objects.filter(run=left).exists()


def test_a_killed_run_of_this_machine_is_seen_at_once(company: dict[str, Any], now: datetime) -> None:
    ScoreRun.objects.create(as_of_date=now.date(), started_at=now, heartbeat_at=score._clock(), holder=score._holder(), formula_version="x")
    assert actions.run_scores(by=SYSTEM, now=now).state == ScoreRun.State.DONE


def test_data_that_ended_long_ago_is_scored_as_of_its_last_day(cast: Any, now: datetime) -> None:
    make_order(make_account("甲", owner=cast.owner.user), "2017-12-31", 100)
    assert actions.run_scores(by=SYSTEM, now=now).as_of_date == date(2017, 12, 31)
    assert actions.run_scores(by=SYSTEM, now=now, as_of=date(2018, 3, 1)).as_of_date == date(2018, 3, 1)


def test_only_those_who_may_start_a_run(cast: Any, now: datetime) -> None:
    with pytest.raises(NotAllowed):
        actions.run_scores(by=cast.owner.scope, now=now)
    assert actions.run_scores(by=cast.manager.scope, now=now).by_name == cast.manager.scope.name


def test_progress_is_told(company: dict[str, Any], now: datetime) -> None:
    class Teller:
        told: list[int] = []

        def tell(self, done: int, total: int | None = None, message: str = "") -> None:
            self.told.append(done)

    actions.run_scores(by=SYSTEM, now=now, progress=Teller())
    assert Teller.told == sorted(Teller.told)
    assert Teller.told[-1] == 100
