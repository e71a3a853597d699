"""A-16 三个思维层次, A-17 客户关系四个层次, D-16 深化合作层次, A-19 管理原则, D-06 专家提醒: the lists and when a level is reached.

A level of A-16 is reached when its four behaviours are evidenced and the levels below it are reached. The four levels of A-17 are
design values but for the last; the catalogue only announces them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from dingke.core.reasons import Label


class Kind(StrEnum):
    """What a mark on the relationship of an account speaks of."""

    BEHAVIOUR = "BEHAVIOUR"
    RELATION = "RELATION"
    LADDER = "LADDER"
    OPPORTUNITY = "OPPORTUNITY"


@dataclass(frozen=True)
class Item:
    """One line to check, or one level; ``asks`` says what to look for."""

    code: str
    label: Label
    asks: Label


@dataclass(frozen=True)
class ThinkingLevel:
    """A-16: ``motto`` is shown as help."""

    code: str
    label: Label
    motto: Label
    behaviours: tuple[Item, ...]


THINKING_LEVELS: tuple[ThinkingLevel, ...] = (
    ThinkingLevel(
        "TRUST", Label("Trust", "信任"), Label("Without trust no sale.", "没有信任，就没有成交。"),
        (
            Item(
                "SELF_RESPECT", Label("Self-respect", "自信自重"),
                Label("Selling is creating customer value, and we behave so", "销售就是创造客户价值，言行与此一致"),
            ),
            Item(
                "CUSTOMER_CENTRED", Label("Customer-centred", "以客户为中心"),
                Label("We think and act in the customer's setting", "站在客户的处境中思考和行动"),
            ),
            Item(
                "PROFESSIONAL", Label("Professional image", "专业形象"),
                Label("Competent, prepared, good self-management", "专业、有准备、善于自我管理"),
            ),
            Item(
                "DETAIL", Label("Attention to detail", "注重细节"),
                Label("Details that give this customer a benefit others do not", "用细节带来差异化的利益"),
            ),
        ),
    ),
    ThinkingLevel(
        "ASSURANCE", Label("Assurance", "安心"), Label("Lower the customer's decision risk.", "降低客户的决策风险。"),
        (
            Item(
                "NO_UNCERTAINTY", Label("Uncertainty avoided", "避免不确定"),
                Label("The customer knows what comes, when and from whom", "客户清楚会发生什么、何时、由谁负责"),
            ),
            Item(
                "EVIDENCE", Label("Data and documents", "有凭有据"),
                Label("We speak by data and documents", "用数据和文件说话"),
            ),
            Item(
                "STANDARD", Label("Consistent and standardised", "一致与标准化"),
                Label("The same service whoever is on duty", "无论谁当班，服务始终一致"),
            ),
            Item(
                "PROMISES", Label("Promises kept", "信守承诺"),
                Label("What was promised was done; credit was built", "承诺的都已兑现，建立了信用"),
            ),
        ),
    ),
    ThinkingLevel(
        "VALUE", Label("Value", "价值"), Label("Without value no relation.", "没有价值，就没有关系。"),
        (
            Item(
                "NEEDS", Label("Needs at each level", "掌握各层多元需求"),
                Label("Needs known level by level; several values created", "逐层掌握需求，创造多种价值"),
            ),
            Item(
                "QUANTIFIED", Label("Added value quantified", "量化附加价值与差异"),
                Label(
                    "Added value and difference in figures: as customer value, or as the price of not having it",
                    "把附加价值与差异折算成客户价值，或没有它的代价",
                ),
            ),
            Item(
                "VISIBLE", Label("Benefits kept visible", "效益可视化"),
                Label("Benefits are shown again and again; perceived value rises", "持续展示效益，提升认知价值"),
            ),
            Item(
                "URGENT", Label("There when most urgent", "最急迫时服务"),
                Label("A crisis of the customer was turned into a chance", "在客户最急迫时提供服务，化危机为转机"),
            ),
        ),
    ),
)  # fmt: skip
BEHAVIOURS: tuple[Item, ...] = tuple(item for level in THINKING_LEVELS for item in level.behaviours)

RELATIONS: tuple[Item, ...] = (
    Item("TRANSACTIONAL", Label("Transactional", "交易"), Label("They buy order by order", "一单一议")),
    Item("PREFERRED", Label("Preferred", "优选"), Label("We are asked first", "优先询我方")),
    Item("PARTNER", Label("Partner", "伙伴"), Label("We plan together", "共同制定计划")),
    Item("STRATEGIC", Label("Strategic partner", "战略伙伴"), Label("Each is part of the other's strategy", "互为对方战略的一部分")),
)

LADDER: tuple[Item, ...] = (
    Item("BASIC", Label("Basic business", "基本业务"), Label("They buy what is in the catalogue", "购买目录内的产品")),
    Item("CUSTOM", Label("Custom products", "定制化产品"), Label("We make something for them alone", "为其专门定制产品")),
    Item("JOINT_RND", Label("Joint R&D", "联合研发"), Label("We develop together", "双方共同研发")),
    Item(
        "JOINT_MARKET", Label("Joint market development", "共同开拓市场"), Label("We open markets together", "双方共同开拓市场")
    ),
)  # fmt: skip
VALUE_CHAIN = Label(
    "Search along the customer's value chain: purchasing, research, production, quality, logistics, sales, service.",
    "沿客户的价值链寻找：采购、研发、生产、质量、物流、销售、服务。",
)

PRINCIPLES: tuple[Item, ...] = (
    Item(
        "CUSTOMER_CENTRED", Label("Customer-centred", "以客户为中心"),
        Label("Which decision since the last review began with the customer's need?", "上次回顾以来，哪项决定是从客户需求出发的？"),
    ),
    Item(
        "INDIVIDUAL", Label("Individual service", "个性化服务"),
        Label("What do we do for this customer that we do for no other?", "有哪些服务是专为该客户提供的？"),
    ),
    Item(
        "LONG_TERM", Label("Long-term relation", "长期关系建设"),
        Label("How was the relation assessed, and what was built on?", "关系做过怎样的评估，有哪些长期建设？"),
    ),
    Item(
        "RISK", Label("Risk management", "风险管理"),
        Label("Which risks were foreseen, warned of and answered?", "预测、预警并应对了哪些风险？"),
    ),
    Item(
        "DYNAMIC", Label("Dynamic adjustment", "动态调整"),
        Label("What was adjusted to changes at the customer or in the market?", "针对客户或市场变化做了哪些调整？"),
    ),
)  # fmt: skip

REMINDERS: tuple[Item, ...] = (
    Item(
        "TIME", Label("Time goes to customers with much profit", "时间用于利润大的客户"),
        Label(
            "The straight way to use time well: find the customers who bring more profit and concentrate on them",
            "善用时间的捷径：找到利润更大的客户并集中精力",
        ),
    ),
    Item(
        "PROFIT", Label("Value is judged by profit", "以利润贡献衡量价值"),
        Label("By contribution to profit, not by social rank alone", "主要看利润贡献，不单看社会地位"),
    ),
    Item(
        "HIDDEN", Label("Look at hidden, long-term profit", "着眼隐性的长期利润"),
        Label("The profit of some customers is hidden; look at the long term", "有些客户的利润是隐性的，要看长期"),
    ),
    Item(
        "BOTH", Label("Keep and develop", "维持与开发并重"),
        Label("Keep present relations and still develop new ones", "维护现有关系，同时开发新客户"),
    ),
    Item(
        "CONTACT", Label("Use every contact", "善用一切联系机会"),
        Label("Use every chance of contact to follow changes of need", "利用一切联系机会了解需求变化"),
    ),
)  # fmt: skip

ITEMS: Mapping[Kind, tuple[Item, ...]] = {
    Kind.BEHAVIOUR: BEHAVIOURS,
    Kind.RELATION: RELATIONS,
    Kind.LADDER: LADDER,
    Kind.OPPORTUNITY: LADDER[1:],
}


def item_of(kind: str, code: str) -> Item | None:
    return next((item for item in ITEMS.get(Kind(kind), ()) if item.code == code), None) if kind in set(Kind) else None


@dataclass(frozen=True)
class LevelReached:
    level: ThinkingLevel
    evidenced: int
    is_reached: bool

    @property
    def missing(self) -> int:
        return len(self.level.behaviours) - self.evidenced


def thinking_levels(evidenced: Collection[str]) -> tuple[LevelReached, ...]:
    """A-16: each level with how many of its four behaviours are evidenced; reached with all four and every level below."""
    found: list[LevelReached] = []
    below = True
    for level in THINKING_LEVELS:
        number = sum(1 for item in level.behaviours if item.code in evidenced)
        below = below and number == len(level.behaviours)
        found.append(LevelReached(level, number, below))
    return tuple(found)


def maturity(evidenced: Collection[str]) -> ThinkingLevel | None:
    """The highest level reached; None while trust is not complete."""
    reached = [one.level for one in thinking_levels(evidenced) if one.is_reached]
    return reached[-1] if reached else None


def relation_now(entries: Iterable[tuple[date, int, str]]) -> str:
    """A-17: the level of the newest entry of (day, number, code); "" without one. A relation may also fall back."""
    newest = max(entries, default=None)
    return newest[2] if newest else ""


def ladder_level(reached: Collection[str]) -> int:
    """D-16: how far up the ladder, 0..4: the highest level with a date. Levels below it may have been skipped."""
    return max((place for place, item in enumerate(LADDER, start=1) if item.code in reached), default=0)


def next_rung(reached: Collection[str]) -> Item | None:
    """The level to look for opportunities for; None at the top."""
    place = ladder_level(reached)
    return LADDER[place] if place < len(LADDER) else None
