"""D-01 客户生命周期五阶段: the five lifecycle stages, their strategies and standard actions, the settings of the entry tests and their
sentences. The tests themselves go over the whole company at once: `insights.calc.lifecycle`.

The stages stand in the source; the entry tests and all actions are design values, kept as editable data and settings. Ratios 0..1.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from enum import StrEnum
from typing import Any

from dingke.core.reasons import Label, Sentences


class LifecycleStage(StrEnum):
    POTENTIAL = "POTENTIAL"
    NEW = "NEW"
    GROWING = "GROWING"
    MATURE = "MATURE"
    DECLINING = "DECLINING"


@dataclass(frozen=True)
class StandardAction:
    """A task created when an account enters the stage, due some days after."""

    code: str
    label: Label
    due_in_days: int


@dataclass(frozen=True)
class StageGuide:
    """``from_source``: the strategy stands in the source; otherwise it is a design value. ``makes_todos``: whether an account that enters
    the stage brings the standard actions as to-dos."""

    stage: LifecycleStage
    label: Label
    strategy: Label
    from_source: bool
    actions: tuple[StandardAction, ...]
    makes_todos: bool = True


STAGE_GUIDES: tuple[StageGuide, ...] = (
    StageGuide(
        LifecycleStage.POTENTIAL,
        Label("Potential", "潜在客户"),
        Label("Actively look for and screen potential key accounts.", "积极寻找并筛选潜在大客户。"),
        True,
        (
            StandardAction("ENTRY_TESTS", Label("Answer the four entry tests", "完成四项入围判断"), 7),
            StandardAction("FIRST_DOSSIER", Label("Fill the background dossier", "建立客户背景档案"), 14),
            StandardAction("FIRST_CONTACT", Label("Make the first contact", "完成首次接触"), 14),
        ),
    ),
    StageGuide(
        LifecycleStage.NEW,
        Label("New", "新客户"),
        Label("Build the relation and deliver the service well.", "建立良好关系，做好服务交付。"),
        True,
        (
            StandardAction("WELCOME_VISIT", Label("Pay a welcome visit", "安排签约后首次回访"), 14),
            StandardAction("DELIVERY_CHECK", Label("Check the first delivery with the users", "与使用部门核对首次交付情况"), 30),
            StandardAction("MAP_PEOPLE", Label("Map the people who decide and use", "梳理决策人与使用人"), 30),
        ),
    ),
    StageGuide(
        LifecycleStage.GROWING,
        Label("Growing", "成长客户"),
        Label(
            "Widen to more products and departments, add contacts on more levels, raise the targets of the plan.",
            "拓展更多产品和部门，增加各层级联系人，提高计划目标。",
        ),
        False,
        (
            StandardAction("WHITE_SPACE", Label("List products and departments not yet served", "列出尚未覆盖的产品和部门"), 14),
            StandardAction("MORE_LEVELS", Label("Win a contact on a further level", "新增一个层级的联系人"), 30),
            StandardAction("RAISE_TARGET", Label("Raise the targets of the account plan", "上调客户计划目标"), 30),
        ),
    ),
    StageGuide(
        LifecycleStage.MATURE,
        Label("Mature", "成熟客户"),
        Label("Deepen the cooperation and enlarge our share of the business.", "深化合作，扩大业务份额。"),
        True,
        (
            StandardAction("BUSINESS_REVIEW", Label("Hold a business review with their management", "与客户管理层开展业务回顾"), 30),
            StandardAction("SHARE_OF_WALLET", Label("Measure our share of their purchases", "测算我方在其采购中的份额"), 30),
            StandardAction("LONG_TERM", Label("Propose a long-term agreement", "提出长期合作协议"), 60),
        ),
    ),
    StageGuide(
        LifecycleStage.DECLINING,
        Label("Declining", "衰退客户"),
        Label(
            "Find the cause, win back or lower the cost to serve, protect receivables.",
            "查明原因，挽回客户或降低服务成本，保障应收款安全。",
        ),
        False,
        (
            StandardAction("FIND_CAUSE", Label("Talk with the customer about the cause", "与客户沟通，查明下滑原因"), 7),
            StandardAction("CHECK_RECEIVABLES", Label("Check the open receivables", "核查未收款项"), 7),
            StandardAction("WIN_BACK", Label("Decide: win back or lower the cost to serve", "决定挽回还是降低服务成本"), 30),
        ),
    ),
)

GUIDE_OF: dict[LifecycleStage, StageGuide] = {guide.stage: guide for guide in STAGE_GUIDES}
MOST_ACTIONS, MOST_DAYS, TITLE = 8, 730, 200


@dataclass(frozen=True)
class GuideEdits:
    """What a company wrote instead of the shipped guides: stage -> {"strategy": [en, zh], "makes_todos": bool,
    "actions": [[en, zh, days], …]}. A name or text given in one language stands for both."""

    edited: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for stage in self.edited:
            self._guide(LifecycleStage(stage))

    def guides(self) -> tuple[StageGuide, ...]:
        return tuple(self._guide(guide.stage) for guide in STAGE_GUIDES)

    def _guide(self, stage: LifecycleStage) -> StageGuide:
        shipped, edit = GUIDE_OF[stage], self.edited.get(stage.value)
        if edit is None:
            return shipped
        actions = edit["actions"]
        if len(actions) > MOST_ACTIONS:
            raise ValueError(f"a stage has at most {MOST_ACTIONS} standard actions")
        return replace(
            shipped,
            strategy=_label(*edit["strategy"]),
            makes_todos=bool(edit["makes_todos"]),
            actions=tuple(_action(number, *one) for number, one in enumerate(actions, start=1)),
        )


def _action(number: int, en: str, zh: str, days: int) -> StandardAction:
    if not 0 <= int(days) <= MOST_DAYS:
        raise ValueError(f"a standard action is due within 0 to {MOST_DAYS} days")
    return StandardAction(f"OWN_{number}", _label(en, zh), int(days))


def _label(en: str, zh: str) -> Label:
    en, zh = str(en).strip(), str(zh).strip()
    if not en and not zh:
        raise ValueError("a strategy or standard action needs its words in one language at least")
    return Label((en or zh)[:TITLE], (zh or en)[:TITLE])


SENTENCES = Sentences(
    {
        "NO_CONTRACT_YET": ("There is no contract and no order yet.", "尚无合同或订单。"),
        "FIRST_CONTRACT": ("The first contract or order is of {day:%Y-%m-%d}.", "首份合同或订单日期为 {day:%Y-%m-%d}。"),
        "TURNOVER_UP": (
            "Turnover rose by {change:.1%} against the year before, more than {limit:.0%}.",
            "销售额同比增长 {change:.1%}，超过 {limit:.0%}。",
        ),
        "TURNOVER_DOWN": (
            "Turnover fell by {change:.1%} against the year before, more than {limit:.0%}.",
            "销售额同比下降 {change:.1%}，超过 {limit:.0%}。",
        ),
        "TURNOVER_STEADY": (
            "Turnover changed by {change:+.1%}, within ±{limit:.0%}.",
            "销售额同比变化 {change:+.1%}，在 ±{limit:.0%} 以内。",
        ),
        "TURNOVER_AGAIN": ("Turnover has come back after a year without any.", "上年度无销售额，本年度恢复采购。"),
        "NO_TURNOVER": ("No turnover in the last two years.", "近两年均无销售额。"),
        "NO_ORDER_FOR_CYCLES": (
            "No order for {days} days; {cycles} purchase cycles are {limit} days.",
            "已有 {days} 天未下单，{cycles} 个采购周期为 {limit} 天。",
        ),
        "CUSTOMER_FOR_YEARS": ("A customer for {years} full years.", "已合作满 {years} 年。"),
        "CUSTOMER_NOT_LONG": (
            "A customer for {years} full years; maturity needs {needed}.",
            "已合作满 {years} 年，成熟客户要求满 {needed} 年。",
        ),
        "NO_COMPARISON": ("There is no turnover of the year before to compare with.", "缺少上年度销售额，无法同比。"),
        "SHORT_HISTORY": (
            "The year before was not a full year as a customer; read the change with care.",
            "上一年度合作不满一年，同比变化仅供参考。",
        ),
        "STAGE_STAYS": (
            "No test of another stage is met, so the stage stays.",
            "未达到其他阶段的进入条件，维持当前阶段。",
        ),
    }
)


@dataclass(frozen=True)
class LifecycleSettings:
    """The entry tests. ``again_by``: a dismissed proposal comes back when the change of turnover has moved by so much since.
    ``apply_automatically``: a run moves accounts by itself instead of proposing."""

    growth_limit: Decimal = Decimal("0.15")
    decline_limit: Decimal = Decimal("0.15")
    mature_years: int = 3
    silent_cycles: Decimal = Decimal(2)
    again_by: Decimal = Decimal("0.05")
    apply_automatically: bool = False

    def __post_init__(self) -> None:
        if self.growth_limit <= 0 or not 0 < self.decline_limit < 1:
            raise ValueError("the limits of growth and decline are ratios over 0 (15 % = 0.15), decline under 1")
        if self.mature_years < 1:
            raise ValueError("maturity needs at least one year")
        if self.silent_cycles <= 0:
            raise ValueError("the number of silent purchase cycles is over 0")
        if self.again_by < 0:
            raise ValueError("a dismissed proposal comes back by a change of 0 or more")


TELL_AMOUNTS = frozenset({"TURNOVER_UP", "TURNOVER_DOWN", "TURNOVER_STEADY"})
"""Sentences that tell how turnover changed: not for a role that does not see amounts."""
