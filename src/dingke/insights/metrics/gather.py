"""All figures of a run, from the snapshot, as one record per account with Decimal amounts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from dingke.core.periods import Period, add_months, last_twelve_months, twelve_months_before
from dingke.insights.metrics import incentives, orders

CENT = Decimal("0.01")
QUARTERS = 8
FAMILIES = 12


@dataclass
class Figures:
    """One account. Amounts in yuan; None = unknown. `quarters`: (first day, revenue, gross profit), oldest first."""

    account_id: int
    is_key: bool = False
    influence: int | None = None
    industry_id: int | None = None
    region_id: int | None = None
    annual_revenue: Decimal | None = None
    revenue: Decimal = Decimal(0)
    revenue_before: Decimal = Decimal(0)
    revenue_total: Decimal = Decimal(0)
    gross_profit: Decimal | None = None
    gross_profit_before: Decimal | None = None
    orders_count: int = 0
    orders_before: int = 0
    orders_total: int = 0
    orders_without_cost: int = 0
    first_order_date: date | None = None
    last_order_date: date | None = None
    usual_gap_days: Decimal | None = None
    long_gap_days: Decimal | None = None
    incentives: Decimal = Decimal(0)
    incentives_before: Decimal = Decimal(0)
    quarters: list[tuple[date, Decimal, Decimal | None]] = field(default_factory=list)
    families: list[tuple[str, Decimal, Decimal]] = field(default_factory=list)

    @property
    def has_bought(self) -> bool:
        return self.orders_total > 0

    @property
    def margin(self) -> Decimal | None:
        """Gross profit by revenue, 0..1 or below; None when unknown."""
        return self.gross_profit / self.revenue if self.gross_profit is not None and self.revenue > 0 else None


@dataclass(frozen=True)
class Gathered:
    as_of: date
    current: Period
    before: Period
    accounts: dict[int, Figures]
    left_out: dict[str, int]


def latest_order_day(tables: dict[str, Any]) -> date | None:
    return next(_rows(orders.latest_day(tables["orders"])))["latest"]  # type: ignore[no-any-return]


def gather(tables: dict[str, Any], *, as_of: date, currency: str) -> Gathered:
    """Every living account with its figures; those that never bought carry zeros."""
    current = last_twelve_months(as_of)
    before = twelve_months_before(current)
    found = {
        row["id"]: Figures(
            row["id"],
            is_key=bool(row["is_key"]),
            influence=row["influence"],
            industry_id=row["industry_id"],
            region_id=row["region_id"],
            annual_revenue=_yuan(row["annual_revenue"]),
        )
        for row in _rows(tables["accounts"])
    }
    counted = orders.counted(tables["orders"], tables["accounts"], tables["order_lines"], as_of=as_of, currency=currency)
    for row in _rows(orders.per_account(counted, current=current, before=before)):
        one = found[row["account_id"]]
        one.revenue, one.revenue_before, one.revenue_total = (_amount(row[name]) for name in ("revenue", "revenue_before", "revenue_total"))
        one.gross_profit, one.gross_profit_before = _yuan(row["gross_profit"]), _yuan(row["gross_profit_before"])
        for name in ("orders_count", "orders_before", "orders_total", "orders_without_cost", "first_order_date", "last_order_date"):
            setattr(one, name, row[name])
    for row in _rows(orders.usual_gap(counted, as_of=as_of)):
        one = found[row["account_id"]]
        one.usual_gap_days, one.long_gap_days = Decimal(str(row["usual_gap_days"])), Decimal(str(row["long_gap_days"]))
    _add_quarters(found, counted, as_of)
    for row in _rows(orders.by_family(counted, tables["order_lines"], tables["products"], current=current, before=before)):
        found[row["account_id"]].families.append((row["family"], _amount(row["revenue"]), _amount(row["revenue_before"])))
    for row in _rows(incentives.per_account(tables["incentives"], current=current, before=before, currency=currency)):
        if row["account_id"] in found:
            one = found[row["account_id"]]
            one.incentives, one.incentives_before = _amount(row["incentives"]), _amount(row["incentives_before"])
    left = next(_rows(orders.left_out(tables["orders"], as_of=as_of, currency=currency)))
    return Gathered(as_of, current, before, found, {name: int(value or 0) for name, value in left.items()})


def whole_quarters(as_of: date) -> list[date]:
    """The first days of the last eight calendar quarters that had ended on `as_of`, oldest first."""
    begin = date(as_of.year, (as_of.month - 1) // 3 * 3 + 1, 1)
    last = begin if last_twelve_months(as_of).end == add_months(begin, 3) else add_months(begin, -3)
    return [add_months(last, -3 * back) for back in range(QUARTERS - 1, -1, -1)]


def _add_quarters(found: dict[int, Figures], counted: Any, as_of: date) -> None:
    days = whole_quarters(as_of)
    known: dict[int, dict[date, tuple[Decimal, Decimal | None]]] = {}
    for row in _rows(orders.by_quarter(counted, start=days[0])):
        known.setdefault(row["account_id"], {})[row["quarter"]] = (_amount(row["revenue"]), _yuan(row["gross_profit"]))
    for account_id, quarters in known.items():
        found[account_id].quarters = [(day, *quarters.get(day, (Decimal(0), None))) for day in days]


def _rows(expression: Any) -> Iterator[dict[str, Any]]:
    for batch in expression.to_pyarrow().to_batches():
        yield from batch.to_pylist()


def _amount(cents: int | None) -> Decimal:
    return Decimal(cents or 0) * CENT


def _yuan(cents: int | None) -> Decimal | None:
    return None if cents is None else Decimal(cents) * CENT
