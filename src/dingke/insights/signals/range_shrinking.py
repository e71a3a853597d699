"""Product range shrinking: fewer product families bought than in the twelve months before."""

from __future__ import annotations

import numpy as np

from dingke.insights.calc.warning import Category, Context, Signs, found
from dingke.insights.signals import signal


@signal(
    code="RANGE_SHRINKING",
    label=("Product range shrinking", "采购品类减少"),
    action=(
        "Find out who supplies the families they no longer buy from us.",
        "弄清不再向我们采购的品类现在由谁供货。",
    ),
    category=Category.MARKET,
    sentences={
        "WARN_RANGE": (
            "Product families bought: from {before:.0f} down to {now:.0f}.",
            "采购的产品系列由 {before:.0f} 个降到 {now:.0f} 个。",
        )
    },
)
def judge(context: Context) -> Signs:
    """As sure as the part of the range that is gone. Who bought nothing at all has stopped, which another signal says."""
    columns = context.columns
    fewer = columns.families_before - columns.families
    with np.errstate(divide="ignore", invalid="ignore"):
        gone = np.where(columns.families_before > 0, fewer / columns.families_before, 0.0)
    speaks = (fewer >= context.weakening.families_drop) & (columns.orders_count > 0)
    return found("RANGE_SHRINKING", speaks, gone, "WARN_RANGE", before=columns.families_before, now=columns.families)
