"""`dingke fit`: the models of continuing value (A-13) on a file: customers' figures, or the purchases themselves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dingke.core.tabular.coerce import to_decimal
from dingke.core.tabular.dates import examine_date_order, to_date
from dingke.core.tabular.errors import CellRefused
from dingke.core.tabular.mapping import Field, propose
from dingke.core.tabular.reader import open_table
from dingke.insights.calc.buying import BetaGeoNBD
from dingke.insights.calc.maximum import UnableToFit
from dingke.insights.calc.spending import GammaGamma

FIGURES = (
    Field("frequency", ("频次", "复购次数"), ("x", "freq", "repeat purchases", "repeats", "重复购买次数", "购买频次")),
    Field("recency", ("近度", "最近购买时间"), ("t_x", "tx", "last purchase", "最近一次")),
    Field("T", ("观察期", "客户年龄"), ("age", "tenure", "length", "观察时长")),
    Field("customer", ("客户", "客户编号"), ("id", "customer_id", "cust", "account", "编号")),
    Field("value", ("平均金额", "平均每次购买金额"), ("monetary_value", "monetary", "mean value", "average value", "m_x")),
)
PURCHASES = (
    Field("customer", ("客户", "客户编号"), ("id", "customer_id", "cust", "account", "客户名称")),
    Field("date", ("日期", "购买日期"), ("day", "order date", "purchase date", "下单日期", "订单日期")),
    Field("amount", ("金额", "订单金额"), ("dollar_value", "value", "dollars", "sales", "revenue", "销售额")),
)
SAME = (Field("place", ("序号",), ("ID", "sample_id")), Field("customer", ("客户", "客户编号"), ("customer_id", "master_id")))
WEEK = 7
MOST_ALIKE = 200  # places looked at for one customer


class UnableToRead(Exception):
    """The file does not hold what is needed; the message says where."""


@dataclass(frozen=True)
class Figures:
    """Customers of a file in its order. ``ids``: "" where the file names none; ``value``: mean repeat purchase, NaN when unknown."""

    ids: list[str]
    frequency: NDArray[np.float64]
    recency: NDArray[np.float64]
    T: NDArray[np.float64]
    value: NDArray[np.float64]


def read_figures(path: Path) -> Figures | None:
    """A file of frequency, recency and T. None when it has no such columns."""
    table = open_table(path)
    columns = propose(table.headers, FIGURES)
    at = {key: place for place, header in enumerate(table.headers) if (key := columns[header])}
    if not {"frequency", "recency", "T"} <= set(at):
        return None
    ids: list[str] = []
    numbers: list[list[float]] = []
    wanted = [at["frequency"], at["recency"], at["T"]]
    for row in table.rows():
        values = row.values
        numbers.append([_number(values[place], row.number, table.headers[place]) for place in wanted])
        numbers[-1].append(
            _number(values[at["value"]], row.number, table.headers[at["value"]]) if "value" in at and values[at["value"]] else np.nan
        )
        ids.append(_same(values[at["customer"]]) if "customer" in at else "")
    if not numbers:
        raise UnableToRead(f"{path.name} has no rows.")
    x, tx, t, value = np.array(numbers).T
    return Figures(ids, x, tx, t, value)


def read_purchases(path: Path, until: date | None, weeks: float | None = None) -> tuple[Figures, NDArray[np.int64], date]:
    """Customers of a file of purchases, T in weeks up to a day (the last of the file unless named; or ``weeks`` after the first).

    Purchases of one day count as one. Besides the customers, by the day of their first purchase: that day (as a number) and the end.
    """
    table = open_table(path)
    columns = propose(table.headers, PURCHASES)
    at = {key: place for place, header in enumerate(table.headers) if (key := columns[header])}
    if not {"customer", "date", "amount"} <= set(at):
        raise UnableToRead(
            f"{path.name} has neither the columns frequency, recency and T nor customer, date and amount; it has "
            + ", ".join(table.headers)
        )
    rows = list(table.rows())
    order = examine_date_order(row.values[at["date"]] for row in rows).order or "ymd"
    names: dict[str, int] = {}
    who, when, paid = np.empty(len(rows), dtype=np.int64), np.empty(len(rows), dtype=np.int64), np.empty(len(rows))
    for place, row in enumerate(rows):
        try:
            day = to_date(row.values[at["date"]], order=order)
        except CellRefused as refused:
            raise UnableToRead(f"{path.name}, line {row.number}: {refused.describe('en')}") from refused
        if day is None:
            raise UnableToRead(f"{path.name}, line {row.number}: there is no date.")
        who[place] = names.setdefault(_same(row.values[at["customer"]]), len(names))
        when[place] = day.toordinal()
        paid[place] = _number(row.values[at["amount"]], row.number, table.headers[at["amount"]])
    if not rows:
        raise UnableToRead(f"{path.name} has no rows.")
    if weeks is not None and until is None:
        until = date.fromordinal(int(when.min())) + timedelta(days=round(weeks * WEEK))
    end = int(when.max()) if until is None else until.toordinal()
    kept = when <= end
    if not kept.any():
        raise UnableToRead(f"{path.name} has no purchases up to {until}.")
    return (*_figures(list(names), who[kept], when[kept], paid[kept], end), date.fromordinal(end))


def _figures(
    names: list[str], who: NDArray[np.int64], when: NDArray[np.int64], paid: NDArray[np.float64], end: int
) -> tuple[Figures, NDArray[np.int64]]:
    days, inverse = np.unique(who * 10_000_000 + when, return_inverse=True)
    amounts = np.bincount(inverse, weights=paid)
    customer, day = np.divmod(days, 10_000_000)
    starts = np.flatnonzero(np.r_[True, customer[1:] != customer[:-1]])
    ends = np.r_[starts[1:], len(days)] - 1
    first, last, count = day[starts], day[ends], ends - starts
    with np.errstate(invalid="ignore"):
        value = (np.add.reduceat(amounts, starts) - amounts[starts]) / np.where(count > 0, count, np.nan)
    sorted_ = np.lexsort((customer[starts], first))  # as the published sample stands: by first purchase, then by number
    figures = Figures(
        [names[customer[starts[place]]] for place in sorted_],
        count[sorted_].astype(np.float64),
        ((last - first) / WEEK)[sorted_],
        ((end - first) / WEEK)[sorted_],
        value[sorted_],
    )
    return figures, first[sorted_]


def read_same(path: Path) -> dict[str, str]:
    """Which customer of the purchases each customer of the figures is."""
    table = open_table(path)
    columns = propose(table.headers, SAME)
    at = {key: place for place, header in enumerate(table.headers) if (key := columns[header])}
    if set(at) != {"place", "customer"}:
        raise UnableToRead(f"{path.name} needs the columns ID and customer; it has {', '.join(table.headers)}.")
    return {_same(row.values[at["place"]]): _same(row.values[at["customer"]]) for row in table.rows()}


def values_of(figures: Figures, purchases: Figures, same: dict[str, str]) -> tuple[NDArray[np.float64], int]:
    """For each customer its mean repeat purchase, and how many could be told apart from others by their order alone.

    By number where the numbers of both files name customers with the same figures; else by figures, both files in one order, and where that
    leaves a choice, the most evenly spaced one: a sample is drawn from all parts of its list alike.
    """
    at = {name: place for place, name in enumerate(purchases.ids)}
    found = np.array([at.get(same.get(one, one), -1) for one in figures.ids])
    wanted, there = (_keys(one) for one in (figures, purchases))
    if np.all(found >= 0) and all(wanted[place] == there[row] for place, row in enumerate(found)):
        return purchases.value[found], 0
    if same:
        raise UnableToRead("The named customers have other figures in the purchases.")
    first = _in_order(wanted, there)
    if first is None:
        raise UnableToRead("The customers of the two files do not belong together: no purchases give their frequency, recency and T.")
    last = _in_order(wanted[::-1], there[::-1])
    assert last is not None
    latest = len(there) - 1 - np.array(last)[::-1]
    chosen = _evenly([_candidates(there, *ends) for ends in zip(first, latest.tolist(), strict=True)], len(there) / len(wanted))
    return purchases.value[chosen], int(((np.array(first) != latest) & (figures.frequency > 0)).sum())


def _candidates(there: Sequence[Any], first: int, latest: int) -> NDArray[np.int64]:
    """The places from the first to the latest possible one that have the same figures; of very many those in the middle. The first
    possible places of all customers ascend, so that at least one choice in order remains."""
    alike = [place for place in range(first, latest + 1) if there[place] == there[first]]
    if len(alike) > MOST_ALIKE:
        spare = (len(alike) - MOST_ALIKE) // 2
        alike = [first, *alike[spare : spare + MOST_ALIKE], latest]
    return np.unique(np.array(alike, dtype=np.int64))


def _evenly(candidates: Sequence[NDArray[np.int64]], step: float) -> list[int]:
    """Of all ways to take one place for each customer, ascending, that whose steps lie nearest to ``step`` (least squares)."""
    cost, ways = np.zeros(len(candidates[0])), []
    for before, here in zip(candidates, candidates[1:], strict=False):
        gap = here[:, None] - before[None, :]
        whole = np.where(gap > 0, (gap - step) ** 2 + cost[None, :], np.inf)
        ways.append(whole.argmin(axis=1))
        cost = whole.min(axis=1)
    at = int(cost.argmin())
    chosen = [int(candidates[-1][at])]
    for way, places in zip(reversed(ways), reversed(candidates[:-1]), strict=True):
        at = int(way[at])
        chosen.append(int(places[at]))
    return chosen[::-1]


def _keys(figures: Figures) -> list[tuple[int, int, int]]:
    days = zip(figures.frequency, np.round(figures.recency * WEEK), np.round(figures.T * WEEK), strict=True)
    return [(int(x), int(tx), int(t)) for x, tx, t in days]


def _in_order(wanted: Sequence[Any], there: Sequence[Any]) -> list[int] | None:
    found, place = [], 0
    for one in wanted:
        while place < len(there) and there[place] != one:
            place += 1
        if place == len(there):
            return None
        found.append(place)
        place += 1
    return found


def fit(
    path: Path, *, money: Path | None = None, same: Path | None = None, until: date | None = None, details: bool = False
) -> tuple[dict[str, Any], list[str]]:
    """The parameters, and remarks. Raises `UnableToRead`, `UnableToFit` or core's FileRefused."""
    remarks: list[str] = []
    figures = read_figures(path)
    if figures is None:
        figures, _first, end = read_purchases(path, until)
        remarks.append(f"{len(figures.ids):,} customers, purchases up to {end}.")
    value = figures.value
    buying = BetaGeoNBD().fit(figures.frequency, figures.recency, figures.T)
    if buying.hardly_leave_:
        remarks.append("Nearly nobody leaves by these figures: a and b are not determined, only that leaving is rare.")
    elif not buying.converged_:
        raise UnableToFit("BG/NBD has no maximum on these customers: the model does not fit them.")
    told: dict[str, Any] = {
        "r": buying.r_, "alpha": buying.alpha_, "a": buying.a_, "b": buying.b_, "log_likelihood": buying.log_likelihood_,
    }  # fmt: skip
    errors = dict(buying.standard_errors_)
    if money is not None:
        purchases, _first, end = read_purchases(money, until, weeks=float(figures.T.max()))
        value, by_order = values_of(figures, purchases, read_same(same) if same else {})
        if by_order:
            remarks.append(
                f"{by_order} repeat customers share their figures with others in {money.name}: the most evenly spaced were taken; "
                "name them with --customers."
            )
    paid = (figures.frequency > 0) & (value > 0)
    extra: dict[str, Any] = {"customers": len(figures.ids), "repeaters": int((figures.frequency > 0).sum())}
    if paid.any():
        spending = GammaGamma().fit(figures.frequency[paid], value[paid])
        if not spending.converged_:
            raise UnableToFit("Gamma-Gamma has no maximum on these customers: the model does not fit them.")
        told |= {"p": spending.p_, "q": spending.q_, "v": spending.v_}
        errors |= spending.standard_errors_
        extra |= {"correlation": spending.correlation_, "spending_log_likelihood": spending.log_likelihood_, "payers": int(paid.sum())}
    if details:
        told |= extra | {"standard_errors": errors}
    return told, remarks


def _same(value: Any) -> str:
    text = str(value or "").strip()
    return text.lstrip("0") or text


def _number(value: Any, line: int, name: str) -> float:
    try:
        found = to_decimal(value)
    except CellRefused as refused:
        raise UnableToRead(f"Line {line}, {name}: {refused.describe('en')}") from refused
    if found is None:
        raise UnableToRead(f"Line {line}: {name} is missing.")
    return float(found)
