"""The orders of a company as arrays, and what was known of them on a day in the past.

Everything as of a day is counted from ``History.until(day)`` alone, so that nothing later can reach it. Amounts are whole cents.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dingke.core.periods import Period, add_months, last_twelve_months, twelve_months_before
from dingke.insights.calc.warning import Gaps, Numbers, Rows, SignalColumns

QUARTERS, GAP_MONTHS, LEAST_GAPS = 8, 24, 2
Days = NDArray[np.datetime64]


@dataclass(frozen=True)
class Sold:
    """What was sold by product family: account rows, days, family numbers, cents."""

    row: Rows
    day: Days
    family: Rows
    amount: Rows

    def until(self, day: date) -> Sold:
        kept = self.day <= np.datetime64(day, "D")
        return Sold(self.row[kept], self.day[kept], self.family[kept], self.amount[kept])


def nothing_sold() -> Sold:
    empty = np.empty(0, np.int64)
    return Sold(empty, empty.astype("datetime64[D]"), empty, empty)


@dataclass(frozen=True)
class History:
    """Orders in the order of (row, day). ``row``: position in ``account_id``. ``cost``: NaN where unknown."""

    account_id: NDArray[np.int64]
    is_key: NDArray[np.bool_]
    row: Rows
    day: Days
    amount: Rows
    cost: Numbers
    sold: Sold = field(default_factory=nothing_sold)

    @classmethod
    def of(
        cls,
        account_ids: Any,
        days: Any,
        amounts: Any,
        *,
        costs: Any = None,
        known: Any = None,
        is_key: Any = None,
        sold: tuple[Any, Any, Any, Any] | None = None,
    ) -> History:
        """From one row per order: account, day, cents. ``known``: every account (ascending), else those with orders.
        ``sold``: accounts, days, family numbers and cents of the order lines."""
        accounts = np.asarray(account_ids, np.int64)
        ids = np.unique(accounts) if known is None else np.asarray(known, np.int64)
        rows, days = np.searchsorted(ids, accounts), np.asarray(days, "datetime64[D]")
        order = np.lexsort((days, rows))
        cents = np.asarray(amounts, np.int64)
        cost = np.full(len(cents), np.nan) if costs is None else np.asarray(costs, np.float64)
        keys = np.zeros(len(ids), np.bool_) if is_key is None else np.asarray(is_key, np.bool_)
        lines = nothing_sold()
        if sold is not None:
            lines = Sold(np.searchsorted(ids, sold[0]), np.asarray(sold[1], "datetime64[D]"), np.asarray(sold[2]), np.asarray(sold[3]))
        return cls(ids, keys, rows[order], days[order], cents[order], cost[order], lines)

    def __len__(self) -> int:
        return len(self.account_id)

    @property
    def last_day(self) -> date | None:
        return self.day.max().astype(object) if len(self.day) else None  # type: ignore[no-any-return]

    @property
    def first_day(self) -> date | None:
        return self.day.min().astype(object) if len(self.day) else None  # type: ignore[no-any-return]

    def until(self, day: date) -> History:
        """The orders up to and including a day: what somebody could know on its evening."""
        kept = self.day <= np.datetime64(day, "D")
        return History(
            self.account_id, self.is_key, self.row[kept], self.day[kept], self.amount[kept], self.cost[kept], self.sold.until(day)
        )

    def turnover(self, start: Days, end: Days) -> tuple[Numbers, Numbers]:
        """Cents and number of orders of each account on the days after its ``start`` up to and including its ``end``."""
        stamps = self.day.astype(np.int64)
        low = int(min(stamps.min(initial=0), start.astype(np.int64).min(initial=0), end.astype(np.int64).min(initial=0)))
        high = int(max(stamps.max(initial=0), start.astype(np.int64).max(initial=0), end.astype(np.int64).max(initial=0)))
        span = high - low + 2
        keys = self.row * span + (stamps - low)
        every = np.arange(len(self), dtype=np.int64) * span
        first = np.searchsorted(keys, every + (start.astype(np.int64) - low), side="right")
        last = np.searchsorted(keys, every + (end.astype(np.int64) - low), side="right")
        summed = np.concatenate([[0], np.cumsum(self.amount)])
        return (summed[last] - summed[first]).astype(np.float64), (last - first).astype(np.float64)


def columns_at(history: History, as_of: date) -> SignalColumns:
    """The columns of a score run as of a day, from the orders up to that day. Continuing values and classes: see the callers."""
    past = history.until(as_of)
    size = len(past)
    current = last_twelve_months(as_of)
    before = twelve_months_before(current)
    now, then = _within(past.day, current), _within(past.day, before)
    new_day = np.ones(len(past.day), np.bool_)
    new_day[1:] = (past.row[1:] != past.row[:-1]) | (past.day[1:] != past.day[:-1])
    row, day = past.row[new_day], past.day[new_day]
    order_days = np.bincount(row, minlength=size)
    last = np.full(size, np.datetime64("NaT"), dtype="datetime64[D]")
    last[row] = day  # days rise within a row: the last one stays
    profit = _sum(past, now, past.amount - np.nan_to_num(past.cost), size)
    missing = np.bincount(past.row[now & np.isnan(past.cost)], minlength=size)
    count = np.bincount(past.row[now], minlength=size)
    revenue = _sum(past, now, past.amount, size)
    return SignalColumns(
        account_id=past.account_id,
        revenue=revenue / 100,
        revenue_before=_sum(past, then, past.amount, size) / 100,
        gross_profit=np.where((count > 0) & (missing == 0), profit / 100, np.nan),
        orders_count=count.astype(np.float64),
        orders_before=np.bincount(past.row[then], minlength=size).astype(np.float64),
        last_order=last,
        repeats=np.maximum(order_days - 1, 0).astype(np.float64),
        gaps=_gaps(row, day, size, np.datetime64(add_months(as_of, -GAP_MONTHS), "D")),
        quarter_margins=_quarter_margins(past, as_of, size),
        families=_families(past.sold, current, size),
        families_before=_families(past.sold, before, size),
        is_key=past.is_key,
        abc=np.full(size, "", dtype="<U1"),
        continuing_value=np.full(size, np.nan),
    )


def _within(day: Days, period: Period) -> NDArray[np.bool_]:
    return (day >= np.datetime64(period.start, "D")) & (day < np.datetime64(period.end, "D"))


def _sum(past: History, mask: NDArray[np.bool_], amounts: Any, size: int) -> Numbers:
    return np.bincount(past.row[mask], weights=amounts[mask].astype(np.float64), minlength=size).astype(np.float64)


def _gaps(row: Rows, day: Days, size: int, after: np.datetime64) -> Gaps:
    """Of the gaps whose two days both lie in the two years."""
    recent = day > after
    row, day = row[recent], day[recent]
    same = row[1:] == row[:-1]
    at = row[1:][same]
    logs = np.log((day[1:] - day[:-1])[same].astype("timedelta64[D]").astype(np.float64))
    count = np.bincount(at, minlength=size).astype(np.float64)
    known = count >= LEAST_GAPS
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.where(known, np.bincount(at, weights=logs, minlength=size) / count, np.nan)
        away = np.bincount(at, weights=(logs - mean[at]) ** 2, minlength=size)
        spread = np.where(known, np.sqrt(away / (count - 1)), np.nan)
    return Gaps(np.where(known, count, 0.0), mean, spread)


def _quarter_margins(past: History, as_of: date, size: int) -> Numbers:
    """Accounts x the eight calendar quarters that had ended; NaN without turnover or where a cost is missing."""
    tomorrow = np.datetime64(as_of, "D") + np.timedelta64(1, "D")
    running = tomorrow.astype("datetime64[M]").astype(np.int64) // 3
    quarter = past.day.astype("datetime64[M]").astype(np.int64) // 3 - running + QUARTERS
    kept = (quarter >= 0) & (quarter < QUARTERS)
    cell = past.row[kept] * QUARTERS + quarter[kept]
    revenue = np.bincount(cell, weights=past.amount[kept].astype(np.float64), minlength=size * QUARTERS)
    cost = np.bincount(cell, weights=past.cost[kept], minlength=size * QUARTERS)  # NaN stays NaN
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(revenue > 0, (revenue - cost) / revenue, np.nan).reshape(size, QUARTERS)


def _families(sold: Sold, period: Period, size: int) -> Numbers:
    """How many families were bought with turnover over 0."""
    kept = _within(sold.day, period)
    if not kept.any():
        return np.zeros(size)
    wide = int(sold.family.max()) + 1
    pair, place = np.unique(sold.row[kept] * wide + sold.family[kept], return_inverse=True)
    amount = np.bincount(place, weights=sold.amount[kept].astype(np.float64))
    return np.bincount(pair[amount > 0] // wide, minlength=size).astype(np.float64)
