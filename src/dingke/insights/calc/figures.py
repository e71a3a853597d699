"""One figure per account, and where an account stands among the others. Used by Pareto, faces and identification."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal


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
    ordered = sorted((figure.value for figure in listed), reverse=True)
    places: dict[Decimal, int] = {}
    for place, value in enumerate(ordered):
        places.setdefault(value, place)
    return {figure.account_id: Decimal(places[figure.value]) / len(listed) for figure in listed}


def refuse_ratio(name: str, value: Decimal, *, low: Decimal = Decimal(0), high: Decimal = Decimal(1)) -> None:
    """ValueError unless low <= value <= high. For settings."""
    if not low <= value <= high:
        raise ValueError(f"{name} lies between {low} and {high}, got {value}")
