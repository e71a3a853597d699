"""Margin falling: whole calendar quarters in a row, each below the one before."""

from __future__ import annotations

import numpy as np

from dingke.insights.calc.warning import Category, Context, Signs, found
from dingke.insights.calc.weakening import falling_margins
from dingke.insights.signals import signal


@signal(
    code="MARGIN_FALLING",
    label=("Margin falling", "毛利下滑"),
    action=(
        "Look at prices, product mix and incentives with finance before the next quotation.",
        "下次报价前，与财务一起核对价格、产品结构和激励。",
    ),
    category=Category.CONTRACT,
    sentences={
        "WARN_MARGIN": (
            "Margin fell {quarters} quarters in a row, from {first:.1%} to {last:.1%}.",
            "毛利率连降 {quarters} 个季度，由 {first:.1%} 降至 {last:.1%}。",
        )
    },
    tells="cost",
)
def judge(context: Context) -> Signs:
    """As sure as the part of the margin that is gone."""
    falls, first, last = falling_margins(context.columns.quarter_margins, context.weakening)
    with np.errstate(invalid="ignore", divide="ignore"):
        gone = np.where(first > 0, (first - last) / first, 1.0)
    return found("MARGIN_FALLING", falls, gone, "WARN_MARGIN", quarters=context.weakening.falling_quarters, first=first, last=last)
