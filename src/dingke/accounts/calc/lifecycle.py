"""D-01 客户生命周期五阶段: the five lifecycle stages, their strategies and standard actions, and which stage the
figures propose.

The stages stand in the source; the entry tests and all actions are design values, kept as editable data and settings.
Turnovers are amounts of one currency over twelve months each, ratios 0..1.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from dingke.core.periods import add_months
from dingke.core.reasons import Label, Reason, Sentences


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
    """``from_source``: the strategy stands in the source; otherwise it is a design value."""

    stage: LifecycleStage
    label: Label
    strategy: Label
    from_source: bool
    actions: tuple[StandardAction, ...]


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

SENTENCES = Sentences(
    {
        "NO_CONTRACT_YET": ("No contract has been signed yet.", "尚未签订合同。"),
        "FIRST_CONTRACT": ("The first contract was signed on {day:%Y-%m-%d}.", "首份合同签订于 {day:%Y-%m-%d}。"),
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
            "已合作满 {years} 年，成熟期要求满 {needed} 年。",
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
    growth_limit: Decimal = Decimal("0.15")
    decline_limit: Decimal = Decimal("0.15")
    mature_years: int = 3
    silent_cycles: Decimal = Decimal(2)

    def __post_init__(self) -> None:
        if self.growth_limit <= 0 or not 0 < self.decline_limit < 1:
            raise ValueError("the limits of growth and decline are ratios over 0 (15 % = 0.15), decline under 1")
        if self.mature_years < 1:
            raise ValueError("maturity needs at least one year")
        if self.silent_cycles <= 0:
            raise ValueError("the number of silent purchase cycles is over 0")


@dataclass(frozen=True)
class LifecycleFacts:
    """``turnover`` and ``turnover_before``: the twelve months up to ``as_of`` and the twelve before; None = unknown.

    ``purchase_cycle_days``: the usual days between two orders, None with fewer than two orders.
    """

    as_of: date
    first_contract_on: date | None = None
    turnover: Decimal | None = None
    turnover_before: Decimal | None = None
    last_order_on: date | None = None
    purchase_cycle_days: Decimal | None = None
    current: LifecycleStage | None = None


@dataclass(frozen=True)
class StageProposal:
    stage: LifecycleStage
    reasons: tuple[Reason, ...]


DEFAULT_SETTINGS = LifecycleSettings()
_REACHED = frozenset({LifecycleStage.GROWING, LifecycleStage.MATURE, LifecycleStage.DECLINING})


def propose_stage(facts: LifecycleFacts, settings: LifecycleSettings = DEFAULT_SETTINGS) -> StageProposal:
    """D-01: the stage the entry tests give, tried in the order potential, declining, growing, mature, new.

    A steady customer of under ``mature_years`` that is growing stays so; without a year to compare with the reached
    stage stays. A person confirms the proposal.
    """
    if facts.first_contract_on is None or facts.first_contract_on > facts.as_of:
        return StageProposal(LifecycleStage.POTENTIAL, (Reason("NO_CONTRACT_YET"),))
    years = full_years(facts.first_contract_on, facts.as_of)
    change = turnover_change(facts.turnover, facts.turnover_before)
    silent = _silent(facts, settings)
    down = change is not None and change < -settings.decline_limit
    dead = facts.turnover == 0 and facts.turnover_before == 0 and years >= 1
    if silent or down or dead:
        reasons = [silent] if silent else []
        if down and change is not None:
            reasons += [Reason("TURNOVER_DOWN", {"change": -change, "limit": settings.decline_limit})]
            reasons += _short_history(years)
        if dead:
            reasons.append(Reason("NO_TURNOVER"))
        return StageProposal(LifecycleStage.DECLINING, tuple(reasons))
    if change is not None and change > settings.growth_limit:
        up = Reason("TURNOVER_UP", {"change": change, "limit": settings.growth_limit})
        return StageProposal(LifecycleStage.GROWING, (up, *_short_history(years)))
    if change is None and years >= 2 and facts.turnover_before == 0 and facts.turnover:
        return StageProposal(LifecycleStage.GROWING, (Reason("TURNOVER_AGAIN"),))
    if change is None:
        return _new_or_stays(facts, kept=_REACHED, why=(Reason("NO_COMPARISON"),))
    steady = Reason("TURNOVER_STEADY", {"change": change, "limit": settings.growth_limit})
    if years >= settings.mature_years:
        return StageProposal(LifecycleStage.MATURE, (Reason("CUSTOMER_FOR_YEARS", {"years": years}), steady))
    young = Reason("CUSTOMER_NOT_LONG", {"years": years, "needed": settings.mature_years})
    return _new_or_stays(facts, kept=frozenset({LifecycleStage.GROWING}), why=(steady, young))


def turnover_change(turnover: Decimal | None, before: Decimal | None) -> Decimal | None:
    """The change against the year before as a ratio: 800k -> 960k is 0.20. None without a positive figure to compare
    with.
    """
    if turnover is None or before is None or before <= 0:
        return None
    return (turnover - before) / before


def full_years(start: date, as_of: date) -> int:
    """Full years from ``start`` to ``as_of``; 0 when ``start`` lies ahead."""
    years = max(0, as_of.year - start.year)
    return years - 1 if years and add_months(start, 12 * years) > as_of else years


def _silent(facts: LifecycleFacts, settings: LifecycleSettings) -> Reason | None:
    if facts.last_order_on is None or facts.purchase_cycle_days is None or facts.purchase_cycle_days <= 0:
        return None
    days = (facts.as_of - facts.last_order_on).days
    limit = facts.purchase_cycle_days * settings.silent_cycles
    if days <= limit:
        return None
    shown = {"days": days, "cycles": settings.silent_cycles, "limit": limit.quantize(Decimal(1))}
    return Reason("NO_ORDER_FOR_CYCLES", shown)


def _short_history(years: int) -> list[Reason]:
    return [Reason("SHORT_HISTORY")] if years < 2 else []


def _new_or_stays(facts: LifecycleFacts, *, kept: frozenset[LifecycleStage], why: tuple[Reason, ...]) -> StageProposal:
    if facts.current in kept and facts.current is not None:
        return StageProposal(facts.current, (*why, Reason("STAGE_STAYS")))
    return StageProposal(LifecycleStage.NEW, (Reason("FIRST_CONTRACT", {"day": facts.first_contract_on}), *why))
