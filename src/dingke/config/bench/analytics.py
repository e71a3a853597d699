"""The floor of the score run: DuckDB alone computes the figures of every account from the same Parquet files."""

from __future__ import annotations

import time
from datetime import date
from pathlib import Path

import duckdb

from dingke.core.periods import last_twelve_months, twelve_months_before

COUNTED = "state NOT IN ('CANCELLED', 'RETURNED') AND order_date <= DATE '{day}'"
STATEMENTS = (
    """SELECT account_id, SUM(amount) FILTER (WHERE {now}), SUM(amount) FILTER (WHERE {then}), SUM(amount),
        SUM(amount - cost) FILTER (WHERE {now}), SUM(amount - cost) FILTER (WHERE {then}),
        COUNT(*) FILTER (WHERE {now}), COUNT(*) FILTER (WHERE {then}), COUNT(*), MIN(order_date), MAX(order_date)
        FROM '{folder}/orders.parquet' WHERE {counted} GROUP BY account_id""",
    """WITH days AS (SELECT DISTINCT account_id, order_date FROM '{folder}/orders.parquet' WHERE {counted}),
        gaps AS (SELECT account_id, order_date - LAG(order_date) OVER (PARTITION BY account_id ORDER BY order_date) AS gap FROM days)
        SELECT account_id, MEDIAN(gap), QUANTILE_CONT(gap, 0.9) FROM gaps WHERE gap IS NOT NULL GROUP BY account_id""",
    """SELECT account_id, DATE_TRUNC('quarter', order_date), SUM(amount), SUM(amount - cost)
        FROM '{folder}/orders.parquet' WHERE {counted} GROUP BY ALL""",
    """SELECT o.account_id, p.family, SUM(l.amount) FROM '{folder}/order_lines.parquet' l
        JOIN '{folder}/orders.parquet' o ON o.id = l.order_id JOIN '{folder}/products.parquet' p ON p.id = l.product_id GROUP BY ALL""",
)


def figures_floor(folder: Path, day: date) -> tuple[float, int]:
    """Seconds (the best of three) and the number of orders in the snapshot."""
    current = last_twelve_months(day)
    before = twelve_months_before(current)
    words = {
        "folder": folder,
        "counted": COUNTED.format(day=day),
        "now": f"order_date >= DATE '{current.start}' AND order_date < DATE '{current.end}'",
        "then": f"order_date >= DATE '{before.start}' AND order_date < DATE '{before.end}'",
    }
    best = float("inf")
    with duckdb.connect(config={"threads": 2}) as engine:
        for _try in range(3):
            begin = time.perf_counter()
            for statement in STATEMENTS:
                engine.sql(statement.format(**words)).to_arrow_table()
            best = min(best, time.perf_counter() - begin)
        rows = engine.execute(f"SELECT COUNT(*) FROM '{folder}/orders.parquet'").fetchone()
    return best, int(rows[0]) if rows else 0
