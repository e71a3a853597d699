"""What the orders say of each account: revenue, gross profit, counts, days, quarters, product families.

Cancelled and returned orders do not count, nor orders of archived accounts or in another currency. Profit is known (not null)
only where every counted order of the period has a cost: a partial profit would read as a whole one.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import ibis

from dingke.core.periods import Period, add_months
from dingke.insights.metrics import NOT_COUNTED

GAP_MONTHS = 24


def counted(orders: Any, accounts: Any, lines: Any, *, as_of: date, currency: str) -> Any:
    """Orders that count, up to and including `as_of`: id, account_id, order_date, amount, cost.

    An order without a cost of its own takes the sum of its lines when every line has one.
    """
    of_lines = lines.group_by("order_id").agg(lines_cost=lines.cost.sum(), lines_count=lines.count(), lines_costed=lines.cost.count())
    kept = orders.filter(orders.state.notin(NOT_COUNTED), orders.currency == currency, orders.order_date <= ibis.date(as_of)).semi_join(
        accounts, orders.account_id == accounts.id
    )
    joined = kept.left_join(of_lines, kept.id == of_lines.order_id)
    from_lines = (joined.lines_count == joined.lines_costed).ifelse(joined.lines_cost, ibis.null("int64"))
    return joined.select("id", "account_id", "order_date", "amount", cost=ibis.coalesce(joined.cost, from_lines))


def left_out(orders: Any, *, as_of: date, currency: str) -> Any:
    """One row: how many orders were left out, by why."""
    return orders.agg(
        not_counted=orders.state.isin(NOT_COUNTED).sum(),
        other_currency=(orders.currency != currency).sum(),
        later=(orders.order_date > ibis.date(as_of)).sum(),
    )


def latest_day(orders: Any) -> Any:
    """One row: the day of the last order that counts."""
    return orders.filter(orders.state.notin(NOT_COUNTED)).agg(latest=lambda rows: rows.order_date.max())


def _within(rows: Any, period: Period) -> Any:
    return (rows.order_date >= ibis.date(period.start)) & (rows.order_date < ibis.date(period.end))


def _profit(rows: Any, within: Any) -> Any:
    missing = (within & rows.cost.isnull()).sum()
    known = (rows.amount - rows.cost).sum(where=within)
    return ((missing == 0) & (within.sum() > 0)).ifelse(known, ibis.null("int64"))


def per_account(orders: Any, *, current: Period, before: Period) -> Any:
    """One row per account: both periods, the whole history, order days and how far costs are known."""
    now, then = _within(orders, current), _within(orders, before)
    return orders.group_by("account_id").agg(
        revenue=ibis.coalesce(orders.amount.sum(where=now), 0),
        revenue_before=ibis.coalesce(orders.amount.sum(where=then), 0),
        revenue_total=orders.amount.sum(),
        gross_profit=_profit(orders, now),
        gross_profit_before=_profit(orders, then),
        orders_count=ibis.coalesce(now.sum(), 0),
        orders_before=ibis.coalesce(then.sum(), 0),
        orders_total=orders.count(),
        orders_without_cost=ibis.coalesce((now & orders.cost.isnull()).sum(), 0),
        first_order_date=orders.order_date.min(),
        last_order_date=orders.order_date.max(),
    )


def in_order(orders: Any) -> Any:
    """Each order with first_date (the first order day of its account) and previous_date (the day of the order before it, perhaps the same
    day; null for the first), the orders of an account beside each other: what is asked of accounts afterwards costs a fraction."""
    window = ibis.window(group_by=orders.account_id, order_by=orders.order_date)
    return orders.mutate(first_date=orders.order_date.first().over(window), previous_date=orders.order_date.lag().over(window))


def usual_gap(orders: Any, *, as_of: date) -> Any:
    """Of orders `in_order`: account_id, usual_gap_days (median days between order days), gaps_count, log_gap_mean, log_gap_sd (of the
    natural logarithm, n - 1); two years, from three order days on."""
    stepped = orders.filter(orders.previous_date > ibis.date(add_months(as_of, -GAP_MONTHS)), orders.order_date > orders.previous_date)
    gaps = stepped.select("account_id", gap=stepped.order_date.delta(stepped.previous_date, unit="day"))
    rhythm = gaps.group_by("account_id").agg(
        usual_gap_days=gaps.gap.median(),
        gaps_count=gaps.count(),
        log_gap_mean=gaps.gap.ln().mean(),
        log_gap_sd=gaps.gap.ln().std(how="sample"),
    )
    return rhythm.filter(rhythm.gaps_count >= 2)


def repeat_buying(orders: Any) -> Any:
    """Of orders `in_order`: account_id, order_days (several orders of one day are one purchase), repeat_amount (cents of all but the first
    order day; 0 without any)."""
    opens = orders.previous_date.isnull() | (orders.order_date > orders.previous_date)
    return orders.group_by("account_id").agg(
        order_days=opens.sum(),
        repeat_amount=ibis.coalesce(orders.amount.sum(where=orders.order_date > orders.first_date), 0),
    )


def by_quarter(orders: Any, *, start: date) -> Any:
    """account_id, quarter (its first day), revenue, gross_profit: calendar quarters from `start` on."""
    recent = orders.filter(orders.order_date >= ibis.date(start))
    dated = recent.mutate(quarter=recent.order_date.truncate("Q").cast("date"))
    return (
        dated.group_by("account_id", "quarter")
        .agg(revenue=dated.amount.sum(), gross_profit=_profit(dated, ibis.literal(True) & dated.amount.notnull()))
        .order_by("account_id", "quarter")
    )


def by_family(orders: Any, lines: Any, products: Any, *, current: Period, before: Period) -> Any:
    """account_id, family, revenue, revenue_before: what each account buys, by product family."""
    own = orders.select("account_id", "order_date", order_id=orders.id)
    sold = lines.select("order_id", "product_id", "amount").inner_join(own, "order_id")
    families = products.filter(products.family != "").select("family", product_id=products.id)
    named = sold.inner_join(families, "product_id")
    now, then = _within(named, current), _within(named, before)
    table = named.group_by("account_id", "family").agg(
        revenue=ibis.coalesce(named.amount.sum(where=now), 0), revenue_before=ibis.coalesce(named.amount.sum(where=then), 0)
    )
    return table.filter((table.revenue != 0) | (table.revenue_before != 0)).order_by("account_id", "family")
