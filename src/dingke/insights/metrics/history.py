"""The orders that count, as arrays for the replay of early warning: one row per order, and what was sold by product family."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from dingke.insights.calc.history import History
from dingke.insights.metrics import orders

if TYPE_CHECKING:
    from dingke.insights.snapshot.engines import Engine


def history(engine: Engine, tables: dict[str, Any], *, as_of: date, currency: str) -> History:
    """Every living account with its orders up to a day. Amounts in cents; costs NaN where unknown."""
    accounts = engine.rows(tables["accounts"].order_by("id"))
    counted = orders.counted(tables["orders"], tables["accounts"], tables["order_lines"], as_of=as_of, currency=currency)
    rows = engine.rows(counted.select("account_id", "order_date", "amount", "cost"))
    sold = engine.rows(families(counted, tables["order_lines"], tables["products"]))
    _names, numbers = np.unique(np.array(sold["family"].to_pylist(), dtype=np.str_), return_inverse=True)
    return History.of(
        rows["account_id"].to_numpy(),
        _days(rows["order_date"]),
        rows["amount"].to_numpy(),
        costs=rows["cost"].cast(pa.float64()).to_numpy(),
        known=accounts["id"].to_numpy(),
        is_key=accounts["is_key"].fill_null(False).to_numpy(),
        sold=(sold["account_id"].to_numpy(), _days(sold["order_date"]), numbers, sold["amount"].to_numpy()),
    )


def families(counted: Any, lines: Any, products: Any) -> Any:
    """account_id, order_date, family, amount: the lines of orders that count, of products with a family."""
    own = counted.select("account_id", "order_date", order_id=counted.id)
    named = products.filter(products.family != "").select("family", product_id=products.id)
    sold = lines.select("order_id", "product_id", "amount").inner_join(own, "order_id").inner_join(named, "product_id")
    return sold.select("account_id", "order_date", "family", "amount")


def _days(column: pa.ChunkedArray) -> Any:
    return column.to_numpy().astype("datetime64[D]")
