"""Figures on tables small enough to check by hand."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import ibis
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dingke.core.periods import last_twelve_months, twelve_months_before
from dingke.insights.metrics import incentives as incentive_metrics
from dingke.insights.metrics import orders as order_metrics
from dingke.insights.snapshot.layout import ACCOUNTS, INCENTIVES, ORDER_LINES, ORDERS, PRODUCTS

AS_OF = date(2024, 12, 31)
CURRENT = last_twelve_months(AS_OF)
BEFORE = twelve_months_before(CURRENT)


def order(
    number: int, account: int, day: str, amount: int, cost: int | None = None, state: str = "DELIVERED", currency: str = "CNY"
) -> dict[str, Any]:
    return {
        "id": number,
        "account_id": account,
        "order_date": date.fromisoformat(day),
        "amount": amount,
        "cost": cost,
        "currency": currency,
        "state": state,
    }


ORDER_ROWS = [
    order(1, 1, "2024-12-31", 10_000, 6_000),  # the last day of the period counts
    order(2, 1, "2024-01-01", 20_000, 15_000),  # and its first one
    order(3, 1, "2023-12-31", 40_000, 30_000),  # the day before belongs to the period before
    order(4, 1, "2024-06-01", 99_999, 1, "CANCELLED"),
    order(5, 1, "2024-06-02", 99_999, 1, "RETURNED"),
    order(6, 1, "2025-01-01", 77_777, 1),  # after the day of the run
    order(7, 2, "2024-03-01", 5_000, 4_000),
    order(8, 2, "2024-03-11", 5_000),  # no cost: the profit of account 2 is unknown
    order(9, 2, "2024-03-31", 5_000, None, "OPEN", "USD"),
    order(10, 2, "2024-04-10", 1_000, 900),
    order(11, 3, "2022-05-05", 70_000, 60_000),
    order(12, 9, "2024-05-05", 12_345, 1),  # its account is archived
    order(13, 4, "2024-05-05", 3_000),  # cost from its lines
]
LINES = [
    {"id": 1, "order_id": 13, "product_id": 1, "amount": 1_000, "cost": 700},
    {"id": 2, "order_id": 13, "product_id": 2, "amount": 2_000, "cost": 1_500},
    {"id": 3, "order_id": 8, "product_id": 2, "amount": 4_000, "cost": 3_000},
    {"id": 4, "order_id": 8, "product_id": 3, "amount": 1_000, "cost": None},
    {"id": 5, "order_id": 3, "product_id": 1, "amount": 40_000, "cost": 30_000},
]
PRODUCT_ROWS = [
    {"id": 1, "code": "P1", "family": "刀具", "is_high_profit": True},
    {"id": 2, "code": "P2", "family": "夹具", "is_high_profit": False},
    {"id": 3, "code": "P3", "family": "", "is_high_profit": False},
]
INCENTIVE_ROWS = [
    {
        "id": 1,
        "account_id": 1,
        "kind": "REBATE",
        "amount": 36_600,
        "start_date": date(2024, 1, 1),
        "end_date": date(2024, 12, 31),
        "currency": "CNY",
    },
    {
        "id": 2,
        "account_id": 1,
        "kind": "REBATE",
        "amount": 6_000,
        "start_date": date(2023, 12, 2),
        "end_date": date(2024, 1, 30),
        "currency": "CNY",
    },
    {
        "id": 3,
        "account_id": 2,
        "kind": "REBATE",
        "amount": 6_000,
        "start_date": date(2021, 1, 1),
        "end_date": date(2021, 12, 31),
        "currency": "CNY",
    },
]


@pytest.fixture
def tables(tmp_path: Path) -> dict[str, Any]:
    engine = ibis.duckdb.connect()
    accounts = [
        {
            "id": number,
            "is_key": False,
            "influence": None,
            "industry_id": None,
            "region_id": None,
            "annual_revenue": None,
            "currency": "CNY",
        }
        for number in (1, 2, 3, 4)
    ]
    found = {}
    for table, rows in (
        (ACCOUNTS, accounts),
        (ORDERS, ORDER_ROWS),
        (ORDER_LINES, LINES),
        (PRODUCTS, PRODUCT_ROWS),
        (INCENTIVES, INCENTIVE_ROWS),
    ):
        file = tmp_path / f"{table.name}.parquet"
        pq.write_table(pa.Table.from_pylist(rows, schema=table.schema), file)
        found[table.name] = engine.read_parquet(str(file), table_name=table.name)
    counted = order_metrics.counted(found["orders"], found["accounts"], found["order_lines"], as_of=AS_OF, currency="CNY")
    found["counted"] = order_metrics.in_order(counted)
    return found


def rows_of(expression: Any, *keys: str) -> dict[Any, dict[str, Any]]:
    rows = expression.to_pyarrow().to_pylist()
    return {tuple(row[key] for key in keys) if len(keys) > 1 else row[keys[0]]: row for row in rows}


@pytest.mark.item("A-09", "A-10")
def test_revenue_and_profit_of_both_periods(tables: dict[str, Any]) -> None:
    figures = rows_of(order_metrics.per_account(tables["counted"], current=CURRENT, before=BEFORE), "account_id")
    assert set(figures) == {1, 2, 3, 4}
    first = figures[1]
    assert (first["revenue"], first["revenue_before"], first["revenue_total"]) == (30_000, 40_000, 70_000)
    assert (first["gross_profit"], first["gross_profit_before"]) == (9_000, 10_000)
    assert (first["orders_count"], first["orders_before"], first["orders_total"]) == (2, 1, 3)
    assert (first["first_order_date"], first["last_order_date"]) == (date(2023, 12, 31), date(2024, 12, 31))


@pytest.mark.item("A-10")
def test_profit_is_unknown_when_a_cost_is_missing(tables: dict[str, Any]) -> None:
    figures = rows_of(order_metrics.per_account(tables["counted"], current=CURRENT, before=BEFORE), "account_id")
    assert figures[2]["revenue"] == 11_000
    assert figures[2]["gross_profit"] is None
    assert figures[2]["orders_without_cost"] == 1
    assert figures[3]["gross_profit"] is None, "without an order in the period there is no profit to speak of"
    assert (figures[3]["revenue"], figures[3]["orders_count"]) == (0, 0)
    assert figures[4]["gross_profit"] == 800, "the costs of the lines stand in for the cost of the order"


def test_what_was_left_out_is_counted(tables: dict[str, Any]) -> None:
    assert order_metrics.left_out(tables["orders"], as_of=AS_OF, currency="CNY").to_pyarrow().to_pylist() == [
        {"not_counted": 2, "other_currency": 1, "later": 1}
    ]
    assert order_metrics.latest_day(tables["orders"]).to_pyarrow().to_pylist() == [{"latest": date(2025, 1, 1)}]


def test_usual_gap_is_the_median_between_order_days(tables: dict[str, Any]) -> None:
    # account 1: 31 December 2023, 1 January, 31 December 2024 -> 1 and 365 days; account 2: 10 and 30; account 4 ordered once
    gaps = rows_of(order_metrics.usual_gap(tables["counted"], as_of=AS_OF), "account_id")
    assert {key: row["usual_gap_days"] for key, row in gaps.items()} == {1: 183.0, 2: 20.0}


def test_quarters(tables: dict[str, Any]) -> None:
    quarters = rows_of(order_metrics.by_quarter(tables["counted"], start=date(2023, 1, 1)), "account_id", "quarter")
    assert quarters[1, date(2024, 1, 1)]["revenue"] == 20_000
    assert quarters[1, date(2024, 10, 1)]["gross_profit"] == 4_000
    assert quarters[2, date(2024, 1, 1)]["gross_profit"] is None
    assert quarters[2, date(2024, 4, 1)]["gross_profit"] == 100
    assert (3, date(2022, 4, 1)) not in quarters


def test_families(tables: dict[str, Any]) -> None:
    families = rows_of(
        order_metrics.by_family(tables["counted"], tables["order_lines"], tables["products"], current=CURRENT, before=BEFORE),
        "account_id",
        "family",
    )
    assert {key: (row["revenue"], row["revenue_before"]) for key, row in families.items()} == {
        (1, "刀具"): (0, 40_000),
        (2, "夹具"): (4_000, 0),
        (4, "刀具"): (1_000, 0),
        (4, "夹具"): (2_000, 0),
    }


@pytest.mark.item("A-08")
def test_incentives_by_the_days_inside_the_period(tables: dict[str, Any]) -> None:
    found = rows_of(incentive_metrics.per_account(tables["incentives"], current=CURRENT, before=BEFORE, currency="CNY"), "account_id")
    assert set(found) == {1}
    assert found[1]["incentives"] == 36_600 + 3_000
    assert found[1]["incentives_before"] == 3_000
