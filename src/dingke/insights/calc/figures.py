"""One figure per account, and where an account stands among the others. Used by Pareto, faces and identification."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

PLACES = 12
"""Shares are compared at twelve decimals: there an account that lies exactly on a limit equals the limit, as it does on paper."""


@dataclass(frozen=True)
class AccountFigure:
    """An account's revenue, profit or other amount of a period, one currency."""

    account_id: int
    value: Decimal


def share_above(figures: Iterable[AccountFigure]) -> dict[int, Decimal]:
    """For each account the share 0..1 of accounts with a larger figure; equal figures share the better place.

    "In the top 20 %" is share_above < 0.20: with ten accounts the first two, and always at least the first.
    """
    listed = list(figures)
    larger = count_above(np.array([figure.value for figure in listed], dtype=object))
    return {figure.account_id: Decimal(int(count)) / len(listed) for figure, count in zip(listed, larger, strict=True)}


def count_above(values: Any) -> NDArray[np.int64]:
    """For each of these known figures how many are larger."""
    ascending = np.sort(values)
    return np.asarray(len(values) - np.searchsorted(ascending, values, side="right"), dtype=np.int64)


def shares_above(values: Any, *, among: Flags) -> Floats:
    """`share_above` for columns: of the rows `among`, which must have a figure; NaN for the others."""
    told = np.full(len(among), np.nan)
    kept = values[among]
    if len(kept):
        told[among] = rounded(count_above(kept) / len(kept))
    return told


def share(part: Any, whole: Any) -> Floats:
    """part / whole at twelve decimals; NaN where the part is unknown or the whole not over 0."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(whole > 0, rounded(np.asarray(part, dtype=np.float64) / np.asarray(whole, dtype=np.float64)), np.nan)


def rounded(values: Any) -> Any:
    """At twelve decimals; see `PLACES`."""
    return np.round(values, PLACES)


def unknown(value: Decimal | int | None) -> float:
    """A figure of a record as columns hold it: NaN when it is not known."""
    return np.nan if value is None else float(value)


def refuse_ratio(name: str, value: Decimal, *, low: Decimal = Decimal(0), high: Decimal = Decimal(1)) -> None:
    """ValueError unless low <= value <= high. For settings."""
    if not low <= value <= high:
        raise ValueError(f"{name} lies between {low} and {high}, got {value}")
