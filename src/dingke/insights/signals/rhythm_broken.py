"""Buying rhythm broken (D-11, O-18): silent for longer than its own rhythm explains."""

from __future__ import annotations

from dingke.insights.calc import rhythm
from dingke.insights.calc.rhythm import Rhythms
from dingke.insights.calc.warning import Category, Context, Signs, found
from dingke.insights.signals import signal


def rhythms_of(context: Context) -> Rhythms:
    """Of this company; learned once per run, whichever step asks first."""

    def learn(context: Context) -> Rhythms:
        columns = context.columns
        return rhythm.rhythms(columns.gaps, repeats=columns.repeats, silent=context.days_silent, settings=context.settings)

    return context.fact(rhythm.FACT, learn)


@signal(
    code="RHYTHM_BROKEN",
    label=("Buying rhythm broken", "采购节奏中断"),
    action=(
        "Call two people there within two working days and find out whether the need is gone or a rival has it.",
        "两个工作日内联系对方两位不同角色，弄清是需求消失还是转向对手。",
    ),
    category=Category.MARKET,
    sentences={
        "WARN_RHYTHM": (
            "Usually orders every {gap:.0f} days, now {days:.0f} days without an order; while still buying, it would be silent "
            "this long in {chance:.0%} of cases.",
            "平时约 {gap:.0f} 天一单，现已 {days:.0f} 天未下单；若仍在采购，沉默这么久的可能只有 {chance:.0%}。",
        )
    },
)
def judge(context: Context) -> Signs:
    """Beyond ``stopped_days`` another signal says it."""
    one = rhythms_of(context)
    return found("RHYTHM_BROKEN", one.is_broken, one.probability_lost, "WARN_RHYTHM", gap=one.gap, days=one.silent, chance=one.still_silent)
