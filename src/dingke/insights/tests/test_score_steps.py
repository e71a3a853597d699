"""Dry run, stop, going on after a kill, and a file of the snapshot that is not the one that was written."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest

from dingke.accounts.models import Standing
from dingke.accounts.tests.factories import make_account
from dingke.core.errors import NotAllowed
from dingke.core.jobs import Cancelled
from dingke.core.scope import Scope
from dingke.insights import actions, snapshot
from dingke.insights.actions import UnableToScore, gathering, score
from dingke.insights.calc.explanation import IdentificationSettings
from dingke.insights.calc.pareto import ParetoSettings
from dingke.insights.calc.rules import Rules
from dingke.insights.metrics import gather
from dingke.insights.models import Score, ScoreRun
from dingke.insights.snapshot.readers import CursorReader
from dingke.insights.tests.factories import make_order

SYSTEM = Scope.system()


@pytest.fixture
def company(cast: Any) -> dict[str, Any]:
    found = {name: make_account(name, owner=cast.owner.user) for name in ("甲", "乙", "丙", "丁")}
    for name, amount in (("甲", 8_000), ("乙", 1_500), ("丙", 400), ("丁", 100)):
        make_order(found[name], "2026-06-01", amount, amount // 2)
    return found


@pytest.mark.item("A-09", "A-05")
def test_a_dry_run_tells_what_would_change_and_writes_nothing(company: dict[str, Any], now: datetime) -> None:
    first = actions.preview_scores(by=SYSTEM, now=now)
    assert (first.accounts, first.customers, first.classes.counts) == (4, 4, {">A": 1, ">B": 1, ">C": 2})
    assert not ScoreRun.objects.exists()
    assert not Standing.objects.exists()
    actions.run_scores(by=SYSTEM, now=now)
    same = actions.preview_scores(by=SYSTEM, now=now)
    assert [part.number for part in (same.classes, same.faces, same.candidates, same.quiet)] == [0, 0, 0, 0]
    make_order(company["丙"], "2026-09-01", 90_000, 40_000)
    told = actions.preview_scores(by=SYSTEM, now=now)
    assert told.classes.counts == {"A>B": 1, "B>C": 1, "C>A": 1}
    assert [(one.name, one.before, one.after) for one in told.classes.accounts] == [("丙", "C", "A"), ("甲", "A", "B"), ("乙", "B", "C")]
    assert told.candidates.counts == {">CANDIDATE": 1, "CANDIDATE>": 1}
    assert told.as_json()["classes"]["accounts"][0]["name"] == "丙"
    assert Standing.objects.get(account=company["丙"]).abc == "C"
    assert ScoreRun.objects.count() == 1


def test_a_dry_run_of_other_rules(company: dict[str, Any], now: datetime) -> None:
    actions.run_scores(by=SYSTEM, now=now)
    chosen = Rules(pareto=ParetoSettings(a_until=ParetoSettings.b_until), identification=IdentificationSettings())
    assert actions.preview_scores(by=SYSTEM, now=now, rules=chosen).classes.counts == {"B>A": 1}


def test_a_dry_run_is_for_those_who_may_score_and_waits_for_a_run(cast: Any, company: dict[str, Any], now: datetime) -> None:
    with pytest.raises(NotAllowed):
        actions.preview_scores(by=cast.owner.scope, now=now)
    ScoreRun.objects.create(as_of_date=now.date(), started_at=now, heartbeat_at=score._clock(), holder="elsewhere/7", formula_version="x")
    with pytest.raises(UnableToScore):
        actions.preview_scores(by=SYSTEM, now=now)


def test_a_stopped_run_leaves_the_last_good_scores(company: dict[str, Any], now: datetime) -> None:
    good = actions.run_scores(by=SYSTEM, now=now)

    class Stopping:
        def tell(self, done: int, total: int | None = None, message: str = "") -> None:
            if done >= 62:  # scores are being written
                raise Cancelled

    with pytest.raises(Cancelled):
        actions.run_scores(by=SYSTEM, now=now, progress=Stopping())
    stopped = ScoreRun.objects.order_by("-id")[0]
    assert stopped.state == ScoreRun.State.FAILED
    assert not Score.objects.filter(run=stopped).exists()
    assert set(Standing.objects.values_list("run_id", flat=True)) == {good.pk}


def test_figures_of_the_same_snapshot_are_not_computed_again(
    company: dict[str, Any], now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_given: Any, **_named: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(score.assess, "assess", killed)
        with pytest.raises(KeyboardInterrupt):
            actions.run_scores(by=SYSTEM, now=now)
    with monkeypatch.context() as patched:
        patched.setattr(gather, "gather", killed)
        run = actions.run_scores(by=SYSTEM, now=now)
        assert run.summary["customers"] == 4
        with pytest.raises(KeyboardInterrupt):
            actions.run_scores(by=SYSTEM, now=now, as_of=date(2026, 8, 1))
        make_order(company["丁"], "2026-09-02", 5)
        with pytest.raises(KeyboardInterrupt):
            actions.run_scores(by=SYSTEM, now=now)
    (kept,) = snapshot.folder().glob(f"{gathering.KEPT}-*")
    kept.write_bytes(kept.read_bytes()[:1000])
    assert actions.run_scores(by=SYSTEM, now=now).state == ScoreRun.State.DONE


def test_a_damaged_file_of_the_snapshot_is_built_anew(company: dict[str, Any]) -> None:
    def refresh() -> dict[str, snapshot.Brought]:
        return {one.table: one for one in snapshot.refresh(source=CursorReader(identity="here"))}

    refresh()
    before = snapshot.checksum()
    assert not refresh()["orders"].was_whole
    file = snapshot.folder() / "orders.parquet"
    damaged = bytearray(file.read_bytes())
    damaged[len(damaged) // 2] ^= 0xFF
    file.write_bytes(damaged)
    told = refresh()
    assert (told["orders"].was_whole, told["accounts"].was_whole) == (True, False)
    assert snapshot.checksum() == before
    file.unlink()
    assert refresh()["orders"].was_whole
