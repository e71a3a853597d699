"""C-10: the customer's own stage of buying beside ours, with a warning when the two do not fit. Pure: no Django, no clock."""

from __future__ import annotations

from dingke.core.reasons import Label, Reason, Sentences
from dingke.pipeline.calc.playbook import BUYING

LABELS: dict[str, Label] = {
    "NEED_FELT": Label("need felt", "认识需求"),
    "SEARCH": Label("gathering information", "收集信息"),
    "COMPARE": Label("comparing", "评估比较"),
    "DECIDE": Label("deciding", "决定"),
    "AFTER": Label("evaluating after purchase", "购后评价"),
}
SENTENCES = Sentences(
    {
        "CUSTOMER_BEHIND": (
            "We are at “{ours}”, which fits a customer who is {expected}; this one is still {theirs}. Step back to its needs now.",
            "我方已在“{ours}”，对应客户应处于“{expected}”；客户其实还在“{theirs}”。请先补上客户当前需要的工作。",
        ),
        "CUSTOMER_AHEAD": (
            "The customer is {theirs} already while we are at “{ours}”. Catch up, or a rival is there before us.",
            "客户已进入“{theirs}”，我方还停在“{ours}”。请尽快跟上，以免被竞争对手抢先。",
        ),
    }
)  # fmt: skip


def mismatch(stage: Label, expected: str, theirs: str) -> Reason | None:
    """Why the stages do not fit; None when they do or one of them is not known."""
    if not expected or not theirs or expected == theirs:
        return None
    params = {"ours": stage, "expected": LABELS[expected], "theirs": LABELS[theirs]}
    return Reason("CUSTOMER_BEHIND" if BUYING.index(theirs) < BUYING.index(expected) else "CUSTOMER_AHEAD", params)
