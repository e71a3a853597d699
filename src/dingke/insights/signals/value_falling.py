"""Order value falling: twelve months' turnover below the twelve before, by more than chance explains."""

from __future__ import annotations

import numpy as np
from scipy.special import ndtr

from dingke.insights.calc.warning import Category, Context, Signs, found
from dingke.insights.signals import signal


@signal(
    code="VALUE_FALLING",
    label=("Order value falling", "采购额下滑"),
    action=(
        "Ask what they now buy elsewhere or no longer need, and re-classify the account on the answer.",
        "问清哪些改从别处采购、哪些不再需要，并据此重新划分类别。",
    ),
    category=Category.MARKET,
    sentences={
        "WARN_VALUE": (
            "Bought {drop:.0%} less than in the twelve months before: {now:.0f} orders, {before:.0f} before.",
            "比前十二个月少买 {drop:.0%}：现 {now:.0f} 单，此前 {before:.0f} 单。",
        )
    },
)
def judge(context: Context) -> Signs:
    """The two years as sums of so many orders of uneven size (spread as large as the mean): how sure is the fall?"""
    columns = context.columns
    with np.errstate(divide="ignore", invalid="ignore"):
        drop = 1 - columns.revenue / columns.revenue_before
        noise = np.sqrt(2 / np.maximum(columns.orders_count, 1) + 2 / np.maximum(columns.orders_before, 1))
        sure = ndtr(np.log(columns.revenue_before / columns.revenue) / noise)
    speaks = (columns.revenue > 0) & (columns.revenue_before > 0) & (drop >= float(context.weakening.drop_from)) & (drop > 0)
    return found("VALUE_FALLING", speaks, sure, "WARN_VALUE", drop=drop, now=columns.orders_count, before=columns.orders_before)
