"""Columns and histories made by hand for the tests of early warning."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import numpy as np

from dingke.insights.calc.history import History
from dingke.insights.calc.warning import Context, Gaps, SignalColumns, WarningSettings

DAY = date(2026, 6, 30)


def gaps_of(*accounts: list[float]) -> Gaps:
    """From the gaps of each account in days."""
    logs = [np.log(np.array(one, float)) for one in accounts]
    known = [len(one) >= 2 for one in logs]
    return Gaps(
        np.array([float(len(one)) if ok else 0.0 for one, ok in zip(logs, known, strict=True)]),
        np.array([one.mean() if ok else np.nan for one, ok in zip(logs, known, strict=True)]),
        np.array([one.std(ddof=1) if ok else np.nan for one, ok in zip(logs, known, strict=True)]),
    )


def columns(size: int = 1, **given: Any) -> SignalColumns:
    """Accounts 1, 2, …; what is not given is unknown or 0."""
    zero, unknown = np.zeros(size), np.full(size, np.nan)
    values: dict[str, Any] = {
        "account_id": np.arange(1, size + 1),
        "revenue": zero,
        "revenue_before": zero,
        "gross_profit": unknown,
        "orders_count": zero,
        "orders_before": zero,
        "last_order": np.full(size, np.datetime64("NaT"), dtype="datetime64[D]"),
        "repeats": zero,
        "gaps": Gaps(zero, unknown, unknown),
        "quarter_margins": np.full((size, 8), np.nan),
        "families": zero,
        "families_before": zero,
        "is_key": np.zeros(size, np.bool_),
        "abc": np.full(size, "", dtype="<U1"),
        "continuing_value": unknown,
    }
    for name, value in given.items():
        values[name] = value if isinstance(value, Gaps) else np.array(value, dtype=values[name].dtype)
    return SignalColumns(**values)


def silent_for(*days: int) -> list[np.datetime64]:
    return [np.datetime64(DAY, "D") - np.timedelta64(one, "D") for one in days]


def context(given: SignalColumns, **settings: Any) -> Context:
    return Context(DAY, given, WarningSettings(**settings))


def history(*accounts: list[tuple[date, int]]) -> History:
    """From (day, yuan) of each account; accounts 1, 2, …"""
    rows = [(place + 1, day, yuan * 100) for place, one in enumerate(accounts) for day, yuan in one]
    ids, days, cents = zip(*rows, strict=True)
    return History.of(ids, days, cents, known=range(1, len(accounts) + 1))


def every(gap: int, start: date, until: date, yuan: int = 1_000) -> list[tuple[date, int]]:
    """An order of `yuan` every `gap` days from `start` up to `until`."""
    return [(start + timedelta(days=gap * step), yuan) for step in range((until - start).days // gap + 1)]
