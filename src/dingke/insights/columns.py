"""Everything a score run knows of the company: one row per living account, held as arrays of equal length.

Units, unless an attribute says otherwise: amounts are whole cents of the company's currency, as int64 where a figure always exists and as
float64 with NaN where it may be unknown (whole cents are exact in both up to 90 trillion yuan); days are datetime64[D] with NaT for
never; lengths of time are days. Rows stand in the order of `account_id`. The arrays are read, never written to.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, fields
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dingke.core.periods import Period

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Days = NDArray[np.datetime64]


@dataclass(frozen=True)
class Columns:
    """`current`: the last twelve months up to `as_of`, `before`: the twelve before them; `left_out`: orders that do not count, by why."""

    as_of: date
    current: Period
    before: Period
    left_out: dict[str, int] = field(compare=False)

    # who it is
    account_id: Ints
    """Ascending, each once."""
    is_key: Flags
    influence: Floats
    """0..100; NaN: not rated."""
    industry_id: Ints
    region_id: Ints
    """Rows of the master lists; 0: none."""
    annual_revenue: Floats
    """The customer's own turnover of a year."""

    # both periods and the whole history, orders that count only
    revenue: Ints
    revenue_before: Ints
    revenue_total: Ints
    gross_profit: Floats
    gross_profit_before: Floats
    """NaN without an order in the period, or when one of them has no cost: a partial profit would read as a whole one."""
    orders_count: Ints
    orders_before: Ints
    orders_total: Ints
    orders_without_cost: Ints
    """Of the current period."""
    first_order_date: Days
    last_order_date: Days
    incentives: Ints
    incentives_before: Ints

    # the own rhythm: gaps between order days of the last 24 months, from three order days on
    usual_gap_days: Floats
    """The median gap."""
    gaps_count: Ints
    """How many gaps there are; 0 under three order days."""
    log_gap_mean: Floats
    log_gap_sd: Floats
    """Mean and standard deviation (n - 1) of the natural logarithm of the gaps in days."""

    # buying over the whole history up to `as_of`, as models of repeat buying want it
    frequency: Ints
    """x: repeat purchases, which are order days after the first one. Several orders of one day are one purchase."""
    recency_days: Floats
    """t_x: days from the first order day to the last one; 0 with one order day, NaN without any."""
    age_days: Floats
    """T: days from the first order day to `as_of`; NaN without any."""
    repeat_value: Floats
    """m: mean amount of an order day, the first one left out; NaN without a repeat purchase. May be 0 or less in odd books."""

    # calendar quarters that had ended on `as_of`, oldest first
    quarter_days: Days
    """The first days of the 8 quarters (this array is 8 long, not n)."""
    quarter_revenue: Ints
    """n x 8; 0 where nothing was bought."""
    quarter_profit: Floats
    """n x 8; NaN without an order or where a cost is missing."""

    # product families: how many were bought, and the list behind it
    families: Ints
    families_before: Ints
    """Families with turnover over 0 in each period."""
    family_place: Ints
    """Of each line of the list the place of its account in these columns, ascending (as long as the list, like the three below)."""
    family_name: NDArray[np.str_]
    family_revenue: Ints
    family_before: Ints

    def __len__(self) -> int:
        return len(self.account_id)

    @property
    def has_bought(self) -> Flags:
        return self.orders_total > 0

    @property
    def margin(self) -> Floats:
        """Gross profit by revenue, a share; NaN when unknown or nothing was bought."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(self.revenue > 0, self.gross_profit / self.revenue, np.nan)

    @property
    def days_silent(self) -> Floats:
        """Days from the last order day to `as_of`; NaN without an order."""
        return _days_between(self.last_order_date, self.as_of)

    def places(self, account_ids: Any) -> Ints:
        """Where these accounts stand in the columns; -1 for those that are not in them."""
        return places_of(self.account_id, np.asarray(account_ids, dtype=np.int64))

    def save(self, file: Path) -> None:
        """All of it as one file of plain arrays."""
        told = {
            "as_of": self.as_of.isoformat(),
            "current": [self.current.start.isoformat(), self.current.end.isoformat()],
            "before": [self.before.start.isoformat(), self.before.end.isoformat()],
            "left_out": self.left_out,
        }
        with file.open("wb") as stream:
            np.savez(stream, told=np.array(json.dumps(told)), **{name: getattr(self, name) for name in array_names()})

    @classmethod
    def load(cls, file: Path) -> Columns:
        """What `save` wrote. OSError, ValueError or KeyError when the file is not whole."""
        with np.load(file, allow_pickle=False) as stored:
            told = json.loads(str(stored["told"]))
            arrays = {name: stored[name] for name in array_names()}
        return cls(
            as_of=date.fromisoformat(told["as_of"]),
            current=Period(*(date.fromisoformat(day) for day in told["current"])),
            before=Period(*(date.fromisoformat(day) for day in told["before"])),
            left_out=told["left_out"],
            **arrays,
        )


def array_names() -> list[str]:
    return [one.name for one in fields(Columns) if one.name not in {"as_of", "current", "before", "left_out"}]


def places_of(known: Ints, wanted: Ints) -> Ints:
    """The place of each wanted id among the known ones (ascending); -1 where it is missing."""
    if not len(known):
        return np.full(len(wanted), -1, dtype=np.int64)
    at = np.minimum(np.searchsorted(known, wanted), len(known) - 1)
    return np.where(known[at] == wanted, at, -1).astype(np.int64)


def _days_between(days: Days, until: date) -> Floats:
    passed = np.datetime64(until, "D") - days
    return np.where(np.isnat(passed), np.nan, passed.astype("timedelta64[D]").astype(np.float64))
