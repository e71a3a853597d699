"""C-14 小企业购买流程, C-15: how firms of each size buy, as the customer's own checklist, chosen by the size tier of the account.

The three processes stand in the source, which names micro, low-end small and high-end small; larger firms have none.
"""

from __future__ import annotations

from dataclasses import dataclass

from dingke.accounts.calc.size_tier import SizeTier
from dingke.core.reasons import Label


@dataclass(frozen=True)
class PurchaseProcess:
    code: str
    label: Label
    steps: tuple[Label, ...]


_HEAR = Label("Hear the explanation, read the description", "听讲解、看说明")
PROCESSES: tuple[PurchaseProcess, ...] = (
    PurchaseProcess(
        "MICRO",
        Label("Micro firm", "微型企业"),
        (_HEAR, Label("Buy at once, on impulse", "冲动购买"), Label("Use it by themselves", "自动使用")),
    ),
    PurchaseProcess(
        "SMALL_LOW",
        Label("Small firm, low end", "低端小型企业"),
        (
            _HEAR,
            Label("Buy without comparing, or after comparing two or three vendors", "不比较，或比较两三家后购买"),
            Label("Training and use", "培训使用"),
        ),
    ),
    PurchaseProcess(
        "SMALL_HIGH",
        Label("Small firm, high end", "高端小型企业"),
        (
            Label("State the key needs", "提出关键需求"),
            Label("Compare the products of several vendors", "多家比较"),
            Label("Fix the product", "确定产品"),
            Label("Set-up and implementation service", "初始化与实施服务"),
        ),
    ),
)
PROCESS_OF: dict[str, PurchaseProcess] = {process.code: process for process in PROCESSES}
_OF_TIER: dict[SizeTier, str] = {
    SizeTier.MICRO_LOW: "MICRO",
    SizeTier.MICRO_HIGH: "MICRO",
    SizeTier.SMALL_LOW: "SMALL_LOW",
    SizeTier.SMALL_HIGH: "SMALL_HIGH",
}


def process_for(tier: SizeTier | None) -> PurchaseProcess | None:
    """The process of a size tier; None above the table and while the tier is unknown."""
    return PROCESS_OF.get(_OF_TIER.get(tier, "")) if tier is not None else None
