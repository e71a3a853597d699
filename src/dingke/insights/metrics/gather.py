"""All figures of a run from the snapshot, as columns: each metric is asked once and laid beside the accounts by their id."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dingke.core.periods import add_months, last_twelve_months, twelve_months_before
from dingke.insights.columns import Columns, Days, Floats, Ints, places_of
from dingke.insights.metrics import incentives, orders

if TYPE_CHECKING:
    from dingke.insights.snapshot.engines import Engine

QUARTERS = 8
FORMAT = 1
"""Raised with every change of what is gathered, so that figures kept from before are not taken for it."""


def latest_order_day(engine: Engine, tables: dict[str, Any]) -> date | None:
    return engine.rows(orders.latest_day(tables["orders"]))["latest"][0].as_py()  # type: ignore[no-any-return]


def gather(engine: Engine, tables: dict[str, Any], *, as_of: date, currency: str, tell: Callable[[], None] = lambda: None) -> Columns:
    """Every living account with its figures; those that never bought carry zeros and unknowns. `tell` is called between metrics."""
    current = last_twelve_months(as_of)
    before = twelve_months_before(current)
    accounts = engine.rows(tables["accounts"].order_by("id"))
    ids = _ints(accounts["id"])
    quarter_days = whole_quarters(as_of)
    asked = orders.counted(tables["orders"], tables["accounts"], tables["order_lines"], as_of=as_of, currency=currency)
    counted = engine.keep("counted_orders", orders.in_order(asked))
    bought = _Beside(ids, engine.rows(orders.per_account(counted, current=current, before=before)))
    tell()
    rhythm = _Beside(ids, engine.rows(orders.usual_gap(counted, as_of=as_of)))
    tell()
    repeated = _Beside(ids, engine.rows(orders.repeat_buying(counted)))
    tell()
    quarter_revenue, quarter_profit = _quarters(ids, engine.rows(orders.by_quarter(counted, start=quarter_days[0])), quarter_days)
    tell()
    families = engine.rows(orders.by_family(counted, tables["order_lines"], tables["products"], current=current, before=before))
    given = _Beside(ids, engine.rows(incentives.per_account(tables["incentives"], current=current, before=before, currency=currency)))
    left = engine.rows(orders.left_out(tables["orders"], as_of=as_of, currency=currency)).to_pylist()[0]
    place, revenue, revenue_before = (_ints(families[name]) for name in ("account_id", "revenue", "revenue_before"))
    place = places_of(ids, place)
    first, last = bought.days("first_order_date"), bought.days("last_order_date")
    frequency = np.maximum(repeated.ints("order_days") - 1, 0)
    never = np.isnat(first)
    with np.errstate(divide="ignore", invalid="ignore"):
        repeat_value = np.where(frequency > 0, repeated.floats("repeat_amount") / frequency, np.nan)
    return Columns(
        as_of=as_of,
        current=current,
        before=before,
        left_out={name: int(value or 0) for name, value in left.items()},
        account_id=ids,
        is_key=_plain(accounts["is_key"].fill_null(False)).astype(np.bool_),
        influence=_floats(accounts["influence"]),
        industry_id=_ints(accounts["industry_id"]),
        region_id=_ints(accounts["region_id"]),
        annual_revenue=_floats(accounts["annual_revenue"]),
        revenue=bought.ints("revenue"),
        revenue_before=bought.ints("revenue_before"),
        revenue_total=bought.ints("revenue_total"),
        gross_profit=bought.floats("gross_profit"),
        gross_profit_before=bought.floats("gross_profit_before"),
        orders_count=bought.ints("orders_count"),
        orders_before=bought.ints("orders_before"),
        orders_total=bought.ints("orders_total"),
        orders_without_cost=bought.ints("orders_without_cost"),
        first_order_date=first,
        last_order_date=last,
        incentives=given.ints("incentives"),
        incentives_before=given.ints("incentives_before"),
        usual_gap_days=rhythm.floats("usual_gap_days"),
        gaps_count=rhythm.ints("gaps_count"),
        log_gap_mean=rhythm.floats("log_gap_mean"),
        log_gap_sd=rhythm.floats("log_gap_sd"),
        frequency=frequency,
        recency_days=np.where(never, np.nan, (last - first).astype("timedelta64[D]").astype(np.float64)),
        age_days=np.where(never, np.nan, (np.datetime64(as_of, "D") - first).astype("timedelta64[D]").astype(np.float64)),
        repeat_value=repeat_value,
        quarter_days=np.array(quarter_days, dtype="datetime64[D]"),
        quarter_revenue=quarter_revenue,
        quarter_profit=quarter_profit,
        families=np.bincount(place[revenue > 0], minlength=len(ids)).astype(np.int64),
        families_before=np.bincount(place[revenue_before > 0], minlength=len(ids)).astype(np.int64),
        family_place=place,
        family_name=np.array(families["family"].to_pylist(), dtype=np.str_),
        family_revenue=revenue,
        family_before=revenue_before,
    )


def whole_quarters(as_of: date) -> list[date]:
    """The first days of the last eight calendar quarters that had ended on `as_of`, oldest first."""
    begin = date(as_of.year, (as_of.month - 1) // 3 * 3 + 1, 1)
    last = begin if last_twelve_months(as_of).end == add_months(begin, 3) else add_months(begin, -3)
    return [add_months(last, -3 * back) for back in range(QUARTERS - 1, -1, -1)]


class _Beside:
    """A table of one row per account, laid beside all accounts."""

    def __init__(self, ids: Ints, table: pa.Table) -> None:
        self.count, self.table = len(ids), table
        found = places_of(ids, _ints(table["account_id"]))
        self.kept = found >= 0
        self.found = found[self.kept]

    def ints(self, name: str) -> Ints:
        """0 where there is no row."""
        laid = np.zeros(self.count, dtype=np.int64)
        laid[self.found] = _ints(self.table[name])[self.kept]
        return laid

    def floats(self, name: str) -> Floats:
        """NaN where there is no row or no value."""
        laid = np.full(self.count, np.nan)
        laid[self.found] = _floats(self.table[name])[self.kept]
        return laid

    def days(self, name: str) -> Days:
        """NaT where there is no row."""
        laid = np.full(self.count, np.datetime64("NaT"), dtype="datetime64[D]")
        laid[self.found] = _plain(self.table[name]).astype("datetime64[D]")[self.kept]
        return laid


def _quarters(ids: Ints, table: pa.Table, days: list[date]) -> tuple[Ints, Floats]:
    revenue = np.zeros((len(ids), QUARTERS), dtype=np.int64)
    profit = np.full((len(ids), QUARTERS), np.nan)
    place = places_of(ids, _ints(table["account_id"]))
    column = np.searchsorted(np.array(days, dtype="datetime64[D]"), _plain(table["quarter"]).astype("datetime64[D]"))
    kept = (place >= 0) & (column < QUARTERS)  # the quarter that has not ended is left out
    revenue[place[kept], column[kept]] = _ints(table["revenue"])[kept]
    profit[place[kept], column[kept]] = _floats(table["gross_profit"])[kept]
    return revenue, profit


def _plain(column: pa.ChunkedArray) -> Any:
    return column.to_numpy()


def _ints(column: pa.ChunkedArray) -> Ints:
    return _plain(pc.fill_null(column.cast(pa.int64()), 0)).astype(np.int64, copy=False)  # type: ignore[no-any-return]


def _floats(column: pa.ChunkedArray) -> Floats:
    return _plain(column.cast(pa.float64())).astype(np.float64, copy=False)  # type: ignore[no-any-return]
