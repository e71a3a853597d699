"""One score run over Parquet files, or its floor, in a process of its own: time, processor time and the largest memory. No database.

The run: every metric, all steps of judging (ranking, faces, weakening, continuing value with its fits, candidates, guards and what else is
listed in `insights.steps`), the signals of early warning. The floor: one group-by of DuckDB over the same orders.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import sys
import time
from pathlib import Path
from typing import Any


def floor(folder: Path) -> dict[str, Any]:
    """Per account the amount, cost, number, first and last day of the orders that count."""
    import duckdb

    with duckdb.connect(config={"threads": 2, "temp_directory": str(folder / "scratch")}) as engine:
        rows = engine.sql(
            f"""SELECT account_id, SUM(amount), SUM(cost), COUNT(*), COUNT(cost), MIN(order_date), MAX(order_date)
                FROM '{folder}/orders.parquet' WHERE state NOT IN ('CANCELLED', 'RETURNED') GROUP BY account_id"""
        ).to_arrow_table()
    return {"customers": rows.num_rows, "stages": {}}


def prepare(folder: Path) -> None:
    """What a worker that is up has loaded already."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dingke.config.settings")
    os.environ["DINGKE_HOME"] = str(folder / "home")
    import django

    django.setup()
    import scipy.special  # noqa: F401 (loaded before the clock starts, as are the next two)

    from dingke.insights import steps  # noqa: F401
    from dingke.insights.metrics import gather  # noqa: F401


def whole(folder: Path) -> dict[str, Any]:
    from django.conf import settings

    from dingke.config.bench.scale import AS_OF
    from dingke.insights import snapshot
    from dingke.insights.calc.rules import Rules
    from dingke.insights.judging import Outside, unjudged
    from dingke.insights.metrics import gather
    from dingke.insights.steps import STEPS

    settings.SNAPSHOTS = folder
    stages: dict[str, float] = {}  # processor seconds
    at = time.process_time()
    engine = snapshot.engine()
    columns = gather.gather(engine, snapshot.tables(engine), as_of=AS_OF, currency="CNY")
    engine.disconnect()
    stages["figures"] = time.process_time() - at
    judged = unjudged(columns, Rules(), Outside())
    for step in STEPS:
        at = time.process_time()
        step.judge(columns, judged)
        stages[step.name] = time.process_time() - at
    return {"customers": int((judged.rank > 0).sum()), "stages": {name: round(seconds, 3) for name, seconds in stages.items()}}


def main() -> None:
    reader = argparse.ArgumentParser()
    reader.add_argument("folder", type=Path)
    reader.add_argument("what", choices=["floor", "whole"])
    given = reader.parse_args()
    import duckdb  # noqa: F401 (what both need is loaded before the clock starts)
    import pyarrow  # noqa: F401

    if given.what == "whole":
        prepare(given.folder)
    begin, worked = time.perf_counter(), time.process_time()
    found = whole(given.folder) if given.what == "whole" else floor(given.folder)
    took = {"seconds": round(time.perf_counter() - begin, 3), "processor_seconds": round(time.process_time() - worked, 3)}
    largest = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    sys.stdout.write(json.dumps({**took, "memory_mb": largest, **found}) + "\n")


if __name__ == "__main__":
    main()
