"""Rebates, discounts and support per account and period, by the days of the period they cover."""

from __future__ import annotations

from typing import Any

import ibis

from dingke.core.periods import Period


def _part(rows: Any, period: Period) -> Any:
    """Cents of an incentive that fall into the period: its amount times the share of its days inside."""
    start, last = ibis.date(period.start), ibis.date(period.end)
    begins = ibis.greatest(rows.start_date, start)
    ends = ibis.least(rows.end_date + ibis.interval(days=1), last)
    inside = ibis.greatest(ends.cast("date").delta(begins.cast("date"), unit="day"), 0)
    whole = rows.end_date.delta(rows.start_date, unit="day") + 1
    return (rows.amount * inside / whole).round().cast("int64")


def per_account(incentives: Any, *, current: Period, before: Period, currency: str) -> Any:
    """account_id, incentives, incentives_before; accounts without any are left out."""
    rows = incentives.filter(incentives.currency == currency)
    parted = rows.mutate(now=_part(rows, current), then=_part(rows, before))
    table = parted.group_by("account_id").agg(incentives=parted.now.sum(), incentives_before=parted.then.sum())
    return table.filter((table.incentives > 0) | (table.incentives_before > 0))
