"""Files nobody here wrote, read as they are."""

import os
from collections import Counter
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from dingke.core.tabular.coerce import examine_date_order, to_date, to_decimal, to_int
from dingke.core.tabular.mapping import nearest
from dingke.core.tabular.reader import open_table

REAL = Path(os.environ.get("DINGKE_REAL_DATA") or Path(__file__).resolve().parents[6] / "shared" / "data")
pytestmark = [
    pytest.mark.real_data,
    pytest.mark.skipif(not REAL.is_dir(), reason="DINGKE_REAL_DATA names no folder of real files"),
]


def test_purchases_in_fixed_columns_under_a_header_not_to_trust():
    table = open_table(REAL / "cdnow" / "CDNOW_master.txt")
    assert len(table.headers) == 4
    assert "HEADER_NOT_ALIGNED" in [notice.code for notice in table.notices]
    rows = list(table.rows())
    assert len(rows) == 69_659
    assert not any(row.problems for row in rows)
    assert rows[0].values == ("00001", "19970101", "1", "11.77")
    assert len({row.values[0] for row in rows}) == 23_570
    days = [to_date(row.values[1]) for row in rows]
    assert (min(days), max(days)) == (date(1997, 1, 1), date(1998, 6, 30))
    assert all(to_int(row.values[2]) > 0 and to_decimal(row.values[3]) >= 0 for row in rows)


@pytest.mark.parametrize(
    ("name", "count", "columns"),
    [("accounts", 85, 7), ("products", 7, 3), ("sales_pipeline", 8800, 10), ("sales_teams", 35, 3)],
)
def test_sales_files_have_their_rows(name, count, columns):
    table = open_table(REAL / "b2b_computer_hardware" / f"{name}.csv")
    assert (table.count(), len(table.headers), table.notices) == (count, columns, ())
    assert not any(row.problems for row in table.rows())


def test_the_won_value_and_the_dirt_of_the_pipeline():
    table = open_table(REAL / "b2b_computer_hardware" / "sales_pipeline.csv")
    rows = [dict(zip(table.headers, row.values, strict=True)) for row in table.rows()]
    won = [to_decimal(row["close_value"]) for row in rows if row["deal_stage"] == "Won"]
    assert (len(won), sum(won)) == (4238, Decimal(10_005_534))
    order = examine_date_order(row["close_date"] for row in rows)
    assert (order.order, order.certain) == ("dmy", False)
    assert order.possible == ("ymd", "dmy")
    days = [to_date(row["close_date"], order="dmy") for row in rows if row["close_date"]]
    assert {day.year for day in days} == {2017}
    products = [row.values[0] for row in open_table(REAL / "b2b_computer_hardware" / "products.csv").rows()]
    unknown = Counter(row["product"] for row in rows if row["product"] not in products)
    assert unknown == {"GTXPro": 1480}
    assert nearest("GTXPro", products).value == "GTX Pro"
