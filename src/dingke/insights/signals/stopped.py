"""Stopped buying (D-17): silent for longer than twelve months."""

from __future__ import annotations

from dingke.insights.calc.warning import Category, Context, Signs, found
from dingke.insights.signals import signal
from dingke.insights.signals.rhythm_broken import rhythms_of


@signal(
    code="STOPPED",
    label=("Stopped buying", "停止采购"),
    action=(
        "Find the reason, call in person, then visit or invite with an offer inside the policy; note the result.",
        "查明原因，亲自致电，再登门或邀请，并在政策范围内给出方案；记录结果。",
    ),
    category=Category.MARKET,
    sentences={
        "WARN_STOPPED": (
            "No order for {days:.0f} days; the last one on {last:%Y-%m-%d}.",
            "已 {days:.0f} 天没有订单，最后一单为 {last:%Y-%m-%d}。",
        )
    },
)
def judge(context: Context) -> Signs:
    one = rhythms_of(context)
    return found("STOPPED", one.is_stopped, one.probability_lost, "WARN_STOPPED", days=one.silent, last=context.columns.last_order)
