"""C-11 各产品的决策流程, E-08: who selects first, who reviews, who decides at the end, as templates by product family.

The three families of the source are taken over; the general one is a design value for everything that is none of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from dingke.core.reasons import Label


class StepKind(StrEnum):
    SELECTION = "SELECTION"
    REVIEW = "REVIEW"
    FINAL = "FINAL"


@dataclass(frozen=True)
class ChainTemplate:
    """A family with its steps in order; `words` in the name of a product family choose it."""

    code: str
    label: Label
    steps: tuple[tuple[StepKind, Label], ...]
    words: tuple[str, ...] = ()


_FINANCE_DEPARTMENT = Label("Finance department", "财务部")
TEMPLATES: tuple[ChainTemplate, ...] = (
    ChainTemplate(
        "FINANCE",
        Label("Finance products", "财务产品"),
        ((StepKind.SELECTION, Label("Finance head", "财务主管")), (StepKind.FINAL, Label("Finance head", "财务主管"))),
        ("财务", "会计", "finance", "accounting"),
    ),
    ChainTemplate(
        "TRADE",
        Label("Trade or professional edition", "商贸版、专业版"),
        ((StepKind.SELECTION, _FINANCE_DEPARTMENT), (StepKind.FINAL, Label("Owner", "老板"))),
        ("商贸", "专业版", "trade", "professional"),
    ),
    ChainTemplate(
        "FLAGSHIP",
        Label("Flagship edition", "旗舰版"),
        (
            (StepKind.SELECTION, _FINANCE_DEPARTMENT),
            (StepKind.SELECTION, Label("IT department", "信息部")),
            (StepKind.SELECTION, Label("Production department", "生产部")),
            (StepKind.FINAL, Label("Owner's approval", "老板审批")),
        ),
        ("旗舰", "flagship", "erp"),
    ),
    ChainTemplate(
        "GENERAL",
        Label("Other products", "其他产品"),
        (
            (StepKind.SELECTION, Label("Using department", "使用部门")),
            (StepKind.REVIEW, Label("Purchasing department", "采购部门")),
            (StepKind.FINAL, Label("Top leader", "高层领导")),
        ),
    ),
)
TEMPLATE_OF: dict[str, ChainTemplate] = {template.code: template for template in TEMPLATES}


def family_of(product_family: str) -> str:
    """The code of the template for the name of a product family as the price list spells it; "GENERAL" when none fits."""
    text = product_family.strip().lower()
    if text.upper() in TEMPLATE_OF:
        return text.upper()
    return next((template.code for template in TEMPLATES if any(word in text for word in template.words)), "GENERAL")


@dataclass(frozen=True)
class Step:
    """A step of a chain as it stands; `person` is None while nobody is responsible."""

    kind: StepKind
    label: str
    person: int | None


def unnamed(steps: Sequence[Step]) -> tuple[Step, ...]:
    """The gaps of the chain, in its order."""
    return tuple(step for step in steps if step.person is None)


def final_decider(steps: Sequence[Step]) -> int | None:
    """Who takes the final decision; None while no final step names anybody (red flag of E-08)."""
    return next((step.person for step in steps if step.kind == StepKind.FINAL and step.person is not None), None)
