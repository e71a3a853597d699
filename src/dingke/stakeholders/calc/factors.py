"""C-12 决策因素顺序: what counts in the decision by type of software, in order, and us compared with rivals.

Weights 40/30/20/10 by rank (design values). Scores 80, 70, 90, 60 in the order of the ranks: 32 + 21 + 18 + 6 = 77.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from dingke.core.reasons import Label

WEIGHTS: tuple[int, ...] = (40, 30, 20, 10)
FACTORS: dict[str, Label] = {
    "BRAND": Label("Brand and word of mouth", "品牌、口碑"),
    "PRICE": Label("Price", "价格"),
    "PARTNER_SERVICE": Label("Service ability of the partner", "伙伴服务能力"),
    "FUNCTION": Label("Function and ease of use", "功能、易用性"),
}


@dataclass(frozen=True)
class FactorOrder:
    """A type of software: who decides, who advises inside, and the factors from the weightiest down."""

    code: str
    label: Label
    decider: Label
    advisers: Label | None
    factors: tuple[str, ...]


ORDERS: tuple[FactorOrder, ...] = (
    FactorOrder(
        "FINANCE",
        Label("Finance software", "财务软件"),
        Label("finance head", "财务主管"),
        None,
        ("BRAND", "PRICE", "PARTNER_SERVICE", "FUNCTION"),
    ),
    FactorOrder(
        "LOW_END",
        Label("Low-end business or integrated software", "低端业务软件、财务业务一体化"),
        Label("owner", "老板"),
        None,
        ("PRICE", "BRAND", "FUNCTION", "PARTNER_SERVICE"),
    ),
    FactorOrder(
        "HIGH_END",
        Label("High-end integrated software", "高端一体化"),
        Label(
            "owner with an inner manager (plant head, VP operations, VP finance); perhaps an approval abroad",
            "老板和内管家（厂长、运营副总、财务副总），可能须国外报批",
        ),
        Label("finance manager, assistant, graduate in the office", "财务经理、助理、办公室大学生"),
        ("FUNCTION", "PARTNER_SERVICE", "BRAND", "PRICE"),
    ),
)
ORDER_OF: dict[str, FactorOrder] = {order.code: order for order in ORDERS}
TYPE_OF_FAMILY: dict[str, str] = {"FINANCE": "FINANCE", "TRADE": "LOW_END", "FLAGSHIP": "HIGH_END"}


@dataclass(frozen=True)
class Compared:
    """One competitor in the comparison, or ourselves: the total (None while a factor is not scored) and what each factor brings."""

    total: Decimal | None
    parts: tuple[Decimal | None, ...]


def weighted(scores: Sequence[int | None], weights: Sequence[int] = WEIGHTS) -> Compared:
    """C-12: scores of 0 to 100 in the order of the ranks. ValueError for other scores, or weights that do not make 100."""
    if sum(weights) != 100 or any(weight < 0 for weight in weights) or len(weights) != len(scores):
        raise ValueError("one weight for each score, together 100")
    if any(score is not None and not 0 <= score <= 100 for score in scores):
        raise ValueError("a score is between 0 and 100")
    parts = tuple(None if score is None else Decimal(score * weight) / 100 for score, weight in zip(scores, weights, strict=True))
    known = [part for part in parts if part is not None]
    return Compared(sum(known, Decimal(0)) if len(known) == len(parts) else None, parts)


def weakest(ours: Mapping[str, int], theirs: Mapping[str, int], order: Sequence[str]) -> str | None:
    """The factor in which we lie behind most, weighed by its rank; None when we lie behind in none."""
    behind = {
        code: (theirs[code] - ours[code]) * weight
        for code, weight in zip(order, WEIGHTS, strict=True)
        if code in ours and code in theirs and theirs[code] > ours[code]
    }
    return max(behind, key=lambda code: behind[code]) if behind else None
