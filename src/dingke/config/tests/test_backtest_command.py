"""`dingke backtest` on files that nobody here wrote (D-11, O-19)."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from dingke.config.backtest_command import CannotRead, read_purchases
from dingke.config.cli import app
from dingke.insights import actions
from dingke.insights.calc.warning import WarningSettings
from dingke.insights.calc.weakening import WeakeningSettings


def measured(history: Any, *cuts: date) -> dict[str, Any]:
    result = actions.replay(history, settings=WarningSettings(), weakening=WeakeningSettings(), cuts=list(cuts) or None).as_json()
    return {**result, "rules": {rule["code"]: rule for rule in result["rules"]}}


@pytest.mark.real_data
@pytest.mark.item("O-19")
def test_cdnow_cut_at_week_39_as_the_documentation_says(real_data: Path) -> None:
    found = measured(read_purchases(real_data / "cdnow" / "CDNOW_master.txt"), date(1997, 9, 30))
    assert (found["customers"], found["judged"], found["bad"], found["open"]) == (23_570, 4_578, 2_558, 0)
    ours, fixed, same = (found["rules"][code] for code in ("RHYTHM_BROKEN", "FIXED_DAYS", "AS_MANY_AS_FIXED"))
    assert ours["precision"] == pytest.approx(0.621, abs=0.005)
    assert ours["recall"] == pytest.approx(0.687, abs=0.005)
    assert fixed["precision"] == pytest.approx(0.639, abs=0.005)
    assert same["warnings"] == fixed["warnings"] == 1_494
    assert same["precision"] == pytest.approx(0.628, abs=0.005)


@pytest.mark.real_data
def test_nobody_is_lost_in_the_hardware_set(real_data: Path) -> None:
    history = read_purchases(real_data / "b2b_computer_hardware" / "sales_pipeline.csv", only="deal_stage=Won", order="dmy")
    found = measured(history)
    assert (len(history), len(history.row), found["cuts"]) == (85, 4_238, ["2017-06-30"])
    assert (found["judged"], found["bad"], found["lost"]) == (85, 2, 0)
    assert (found["rules"]["TOGETHER"]["warnings"], found["rules"]["FIXED_DAYS"]["warnings"]) == (3, 0)


def test_a_file_of_purchases_by_the_command(tmp_path: Path) -> None:
    file = tmp_path / "purchases.csv"
    rows = [f"甲,2024-{month:02}-10,100.50" for month in range(1, 13)] + [f"甲,2025-{month:02}-10,99" for month in range(1, 13)]
    file.write_text("客户,日期,金额\n" + "\n".join(rows) + "\n", encoding="utf-8")
    history = read_purchases(file)
    assert (len(history), int(history.amount.sum())) == (1, 12 * 10_050 + 12 * 9_900)
    answer = CliRunner().invoke(app, ["backtest", str(file), "--cut", "2025-03-31", "--json"])
    assert answer.exit_code == 0
    assert json.loads(answer.stdout)["judged"] == 1
    wrong = CliRunner().invoke(app, ["backtest", str(file), "--cut", "31.3.2025"])
    assert wrong.exit_code == 2
    with pytest.raises(CannotRead, match="Which column is the day"):
        read_purchases(file, day="Tag")
