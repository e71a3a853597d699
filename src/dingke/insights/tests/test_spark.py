"""The same score run on DuckDB and on a real Spark cluster: every number the same."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import fields
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.db import transaction

from dingke.accounts.models import Standing
from dingke.accounts.tests.factories import make_account
from dingke.core.scope import Scope
from dingke.insights import actions, snapshot
from dingke.insights.columns import Columns
from dingke.insights.models import Alert, Score, ScoreRun
from dingke.insights.snapshot import engines
from dingke.insights.snapshot.engines import UnableToCompute
from dingke.insights.tests import spark_cluster
from dingke.insights.tests.factories import make_incentive, make_line, make_order, make_product

SYSTEM = Scope.system()
AS_OF = date(2026, 9, 30)


@pytest.fixture
def company(cast: Any) -> None:
    """Forty customers with three years of orders: costs of their own, of their lines, missing; returns, another currency, days with two
    orders, incentives across the line between two periods, prospects without any order."""
    draw = random.Random(11)
    products = [make_product(family) for family in ("刀具", "夹具", "量具", "")]
    for number in range(40):
        customer = make_account(f"客户{number}", owner=cast.owner.user, is_key=number % 5 == 0, influence=draw.choice([None, 40, 90]))
        day, gap = date(2023, 10, 1) + timedelta(days=draw.randrange(200)), draw.choice([15, 40, 90])
        until = AS_OF - timedelta(days=draw.choice([0, 0, 60, 200, 400]))
        while day < until and number % 10 != 9:
            amount = Decimal(draw.randrange(10_000, 9_000_000)) / 100
            cost = draw.choice([None, (amount * Decimal("0.7")).quantize(Decimal("0.01")), amount])
            state = "RETURNED" if draw.random() < 0.05 else "DELIVERED"
            order = make_order(customer, day, amount, cost, state=state, currency="USD" if draw.random() < 0.03 else "CNY")
            for _line in range(draw.randrange(3)):
                part = (amount / 3).quantize(Decimal("0.01"))
                make_line(order, draw.choice(products), amount=part, cost=draw.choice([None, part / 2]))
            day += timedelta(days=max(0, round(gap * draw.lognormvariate(0, 0.4))))
        if number % 4 == 0:
            make_incentive(customer, "2025-07-01", "2026-06-30", Decimal("1234.56"))


@pytest.fixture
def master(tmp_path: Path, settings: Any) -> Iterator[str]:
    if lacking := spark_cluster.missing():
        pytest.skip(f"needs {lacking}")
    settings.SNAPSHOTS = tmp_path / "snapshots"
    settings.SPARK_OPTIONS = spark_cluster.OPTIONS
    (tmp_path / "cluster").mkdir()
    with spark_cluster.cluster(tmp_path / "cluster") as address:
        yield address


def scored(now: datetime) -> tuple[dict[str, Any], Columns]:
    """One run: all it wrote, and the figures it kept beside the snapshot."""
    run = actions.run_scores(by=SYSTEM, now=now, as_of=AS_OF)
    left_out = {"id", "run", "run_id", "computed_at", "created_at", "updated_at"}
    tables = {
        "scores": Score.objects.filter(run=run).order_by("account_id"),
        "standings": Standing.objects.order_by("account_id"),
        "warnings": Alert.objects.order_by("account_id", "signal"),
    }
    rows = {
        name: [{key: value for key, value in row.items() if key not in left_out} for row in table.values()]
        for name, table in tables.items()
    }
    (figures,) = snapshot.folder().glob("gathered-*.npz")
    return {"summary": run.summary, **rows}, Columns.load(figures)


def same(one: Any, other: Any, where: str = "") -> None:
    """Exact, but for floats: 1e-9 of their size."""
    if isinstance(one, dict):
        assert one.keys() == other.keys(), where
        for key, value in one.items():
            same(value, other[key], f"{where}.{key}")
    elif isinstance(one, (list, tuple)):
        assert len(one) == len(other), where
        for at, (left, right) in enumerate(zip(one, other, strict=True)):
            same(left, right, f"{where}[{at}]")
    elif isinstance(one, float) and isinstance(other, float):
        assert one == pytest.approx(other, rel=1e-9, nan_ok=True), where
    else:
        assert (type(one), one) == (type(other), other), where


@pytest.mark.spark
@pytest.mark.sqlite_only  # the database is read in the same way by both; the cluster is started once
@pytest.mark.timeout(180)
def test_spark_and_duckdb_give_the_same_numbers(company: None, master: str, settings: Any, now: datetime) -> None:
    with transaction.atomic():
        ours, duckdb = scored(now)
        transaction.set_rollback(True)  # the second run finds what the first one found
    assert ours["warnings"]
    settings.ENGINE = master
    theirs, spark = scored(now)
    assert (len(duckdb), int((duckdb.orders_total > 0).sum())) == (40, 36)
    assert min(duckdb.left_out["not_counted"], duckdb.left_out["other_currency"]) > 0
    for one in fields(duckdb):
        left, right = getattr(duckdb, one.name), getattr(spark, one.name)
        if isinstance(left, np.ndarray):
            assert left.dtype == right.dtype, one.name
            if left.dtype.kind == "f":
                np.testing.assert_allclose(right, left, rtol=1e-9, err_msg=one.name)
            else:
                np.testing.assert_array_equal(right, left, err_msg=one.name)
        else:
            assert left == right, one.name
    same(ours, theirs)


def test_a_master_that_is_away_leaves_the_last_scores(company: None, settings: Any, now: datetime) -> None:
    if lacking := spark_cluster.missing():
        pytest.skip(f"needs {lacking}")
    good = actions.run_scores(by=SYSTEM, now=now, as_of=AS_OF)
    settings.ENGINE = f"spark://127.0.0.1:{spark_cluster.free_port()}"
    with pytest.raises(UnableToCompute, match="does not answer"):
        actions.run_scores(by=SYSTEM, now=now + timedelta(hours=1), as_of=AS_OF)
    assert set(Standing.objects.values_list("run_id", flat=True)) == {good.pk}
    assert ScoreRun.objects.get(pk=good.pk).state == ScoreRun.State.DONE
    assert ScoreRun.objects.exclude(pk=good.pk).get().state == ScoreRun.State.FAILED
    settings.ENGINE = engines.DUCKDB
    assert actions.run_scores(by=SYSTEM, now=now + timedelta(hours=2), as_of=AS_OF).state == ScoreRun.State.DONE


def test_what_is_missing_is_said(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.ENGINE = "sqlite"
    with pytest.raises(UnableToCompute, match="spark://host:port"):
        engines.connect(tmp_path)
    settings.ENGINE = "spark://127.0.0.1:1"
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("JAVA_HOME", raising=False)
    with pytest.raises(UnableToCompute, match="Java 17"):
        engines.connect(tmp_path)
    java = tmp_path / "java"
    java.touch(mode=0o755)
    monkeypatch.setitem(__import__("sys").modules, "pyspark.sql", None)
    with pytest.raises(UnableToCompute, match="pip install"):
        engines.connect(tmp_path)


def test_options_are_told_as_text() -> None:
    assert engines._options("spark.executor.memory=4g; spark.jars=a.jar,b.jar;") == {
        "spark.executor.memory": "4g",
        "spark.jars": "a.jar,b.jar",
    }
