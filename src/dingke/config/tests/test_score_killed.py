"""A score run is killed with no warning: the last good scores stay, and the next run clears the remains away."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import time
from pathlib import Path

import pytest

from dingke.config.tests.test_import_killed import answer, run_code

PREPARE = """
from datetime import date
from dingke.accounts.models import Standing
from dingke.insights import actions
from dingke.insights.models import ScoreRun
call_command("migrate", verbosity=0)
Account.objects.bulk_create([Account(name=f"K{n}", name_key=f"k{n}", pinyin=f"k{n}", pool_at=timezone.now()) for n in range(4000)])
ids = list(Account.objects.order_by("pk").values_list("pk", flat=True))
Order.objects.bulk_create([Order(account_id=pk, number=f"N{pk}", order_date=date(2026, 9, 1), amount=pk * 10, cost=pk * 7) for pk in ids])
print(actions.run_scores(by=Scope.system(), now=timezone.now(), as_of=date(2026, 9, 30)).pk)
"""
SCORE = """
from datetime import date
from dingke.insights import actions
print(actions.run_scores(by=Scope.system(), now=timezone.now(), as_of=date(2026, 9, 30)).pk)
"""
LOOK = """
from dingke.accounts.models import Standing
from dingke.insights.models import Score, ScoreRun
newest = ScoreRun.objects.order_by("-pk").first()
print(json.dumps({
    "newest": newest.pk, "state": newest.state, "written": Score.objects.filter(run=newest).count(),
    "standings": Standing.objects.count(), "runs": sorted(set(Standing.objects.values_list("run_id", flat=True))),
}))
"""


@pytest.mark.sqlite_only
def test_a_killed_score_run_leaves_the_last_good_scores_in_place(tmp_path: Path) -> None:
    first = int(answer(PREPARE, home=tmp_path))
    running = run_code(SCORE, home=tmp_path)
    database = sqlite3.connect(f"file:{tmp_path / 'dingke.sqlite3'}?mode=ro", uri=True)
    until = time.monotonic() + 120
    while time.monotonic() < until and running.poll() is None:
        if database.execute("SELECT max(id) FROM insights_scorerun").fetchone()[0] > first:
            break
        time.sleep(0.02)
    database.close()
    os.kill(running.pid, signal.SIGKILL)
    running.wait(20)
    after = json.loads(answer(LOOK, home=tmp_path))
    assert after["state"] == "RUNNING", "it was finished before it could be killed"
    assert after["runs"] == [first]
    assert after["standings"] == 4000
    again = int(answer(SCORE, home=tmp_path))
    assert again > after["newest"]
    ended = json.loads(answer(LOOK, home=tmp_path))
    assert (ended["state"], ended["runs"], ended["standings"]) == ("DONE", [again], 4000)
