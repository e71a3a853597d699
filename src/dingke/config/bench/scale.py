"""A company of any size straight into the snapshot's Parquet files, by DuckDB alone: no database, one fixed seed."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import duckdb

AS_OF = date(2026, 9, 30)
DAYS = 3 * 365


def write_company(folder: Path, *, accounts: int, orders: int) -> None:
    """`orders` orders of three years, spread over the accounts with a long tail; half of all accounts joined during these years, and
    buyers fall silent one by one. One order in twenty has no cost, one in fifty was cancelled."""
    folder.mkdir(parents=True, exist_ok=True)
    first = AS_OF - timedelta(days=DAYS - 1)
    with duckdb.connect(config={"threads": 2, "memory_limit": "3GB", "temp_directory": str(folder / "scratch")}) as engine:
        _copy(
            engine,
            folder / "accounts.parquet",
            f"""SELECT n + 1 AS id, n % 97 = 0 AS is_key, CASE WHEN n % 5 = 0 THEN (hash(n) % 101)::BIGINT END AS influence,
                (1 + n % 40)::BIGINT AS industry_id, (1 + n % 300)::BIGINT AS region_id, NULL::BIGINT AS annual_revenue, 'CNY' AS currency
                FROM range({accounts}) t(n)""",
        )
        # which account: the square of an even number leans to the small ids, so that few buy much and most buy little
        _copy(
            engine,
            folder / "orders.parquet",
            f"""WITH drawn AS (
                    SELECT n, (power(((hash(n) >> 11) / 9007199254740992.0), 1.4) * {accounts})::BIGINT % {accounts} AS account,
                        (hash(n, 1) >> 11) / 9007199254740992.0 AS moment, (hash(n, 2) >> 11) / 9007199254740992.0 AS size
                    FROM range({orders}) t(n)
                ), lives AS (
                    SELECT *, CASE WHEN account % 2 = 0 THEN 0 ELSE (hash(account, 3) % 900) END AS joined,
                        1 + hash(account, 4) % {DAYS} AS stays
                    FROM drawn
                )
                SELECT n + 1 AS id, account + 1 AS account_id,
                    DATE '{first}' + least(joined + floor(moment * least(stays, {DAYS} - joined)), {DAYS - 1})::INTEGER AS order_date,
                    (10000 + power(10, 3 + 3 * size))::BIGINT AS amount,
                    CASE WHEN n % 20 <> 0 THEN ((10000 + power(10, 3 + 3 * size)) * (0.6 + 0.5 * moment))::BIGINT END AS cost,
                    'CNY' AS currency, CASE WHEN n % 50 = 0 THEN 'CANCELLED' ELSE 'DELIVERED' END AS state
                FROM lives""",
        )
        _copy(engine, folder / "products.parquet", "SELECT 0::BIGINT AS id, '' AS code, '' AS family, FALSE AS is_high_profit WHERE FALSE")
        _copy(
            engine,
            folder / "order_lines.parquet",
            "SELECT 0::BIGINT AS id, 0::BIGINT AS order_id, 0::BIGINT AS product_id, 0::BIGINT AS amount, 0::BIGINT AS cost WHERE FALSE",
        )
        _copy(
            engine,
            folder / "incentives.parquet",
            """SELECT 0::BIGINT AS id, 0::BIGINT AS account_id, '' AS kind, 0::BIGINT AS amount, DATE '2026-01-01' AS start_date,
                DATE '2026-01-01' AS end_date, '' AS currency WHERE FALSE""",
        )


def _copy(engine: duckdb.DuckDBPyConnection, file: Path, select: str) -> None:
    engine.execute(f"COPY ({select}) TO '{file}' (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 200000)")
