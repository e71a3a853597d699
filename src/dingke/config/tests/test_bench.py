"""`dingke bench --quick --json` keeps working: every figure is there beside its floor. How fast it was is judged by nobody here."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
from django.db import connection

from dingke.config.bench import company, report
from dingke.config.bench.client import Load
from dingke.config.bench.figures import figures


@pytest.mark.timeout(280)
def test_a_quick_run_measures_everything(tmp_path):
    command = [sys.executable, "-m", "dingke.config.cli", "bench", "--engine", connection.vendor, "--quick", "--json"]
    environment = {**os.environ, "DINGKE_HOME": str(tmp_path)}
    environment.pop("DJANGO_SETTINGS_MODULE", None)
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=270)
    assert ended.returncode == 0, ended.stderr[-3000:]
    result = json.loads(ended.stdout)
    assert result["machine"]["cores"] >= 1
    (engine,) = result["engines"]
    assert engine["engine"] == connection.vendor
    pages = {page["key"]: page for page in engine["pages"]}
    assert list(pages) == ["constant", *(figure.key for figure in figures(company.QUICK))]
    for key, page in pages.items():
        assert list(page["clients"]) == ["1", "8", "32"]
        for found in page["clients"].values():
            assert found["requests"] > 0
            assert found["per_second"] > 0
            assert key == "constant" or found["floor_ms"] > 0
    assert {run["key"] for run in engine["runs"]} == {"score", "import"}
    assert all(run["ratio"] > 0 for run in engine["runs"])
    assert engine["memory"]["megabytes"] > 0
    assert "| account list, HTML page of 50 | 8 |" in report.markdown(result)


def test_names_are_invented_but_each_is_its_own():
    names = [company.account_name(number) for number in range(20_000)]
    assert len(set(names)) == len(names)
    assert sorted(company.scattered(number, 1_000) for number in range(1_000)) == list(range(1_000))


def test_a_load_tells_its_rate_and_its_slow_end():
    load = Load(clients=2, seconds=2.0, times=[float(number) for number in range(1, 101)])
    assert (load.per_second, load.median, load.p95) == (50.0, 50.5, 96.0)


@pytest.mark.timeout(120)
def test_the_score_run_over_parquet_is_measured_beside_its_floor(tmp_path):
    command = [sys.executable, "-m", "dingke.config.cli", "bench", "score", "--quick", "--up-to", "5000", "--json"]
    environment = {**os.environ, "DINGKE_HOME": str(tmp_path)}
    environment.pop("DJANGO_SETTINGS_MODULE", None)
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=110)
    assert ended.returncode == 0, ended.stderr[-3000:]
    (found,) = json.loads(ended.stdout)["sizes"]
    assert (found["orders"], found["accounts"]) == (5_000, 500)
    assert found["run"]["customers"] == found["floor"]["customers"]
    assert {"figures", "ranking", "continuing"} <= set(found["run"]["stages"])
    assert found["run"]["memory_mb"] > 0
    assert found["ratio"] > 0
