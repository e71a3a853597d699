"""Value selling 效益三点通 (H-13 to H-16): levers, what each is worth in a year, the total and the months until the price is earned back.

Every lever is one of five formulas over the customer's own figures; amounts in one currency, percents as 0 to 100, days whole or broken.
Results are whole cents. ValueError for a figure outside its range.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum

from dingke.core.reasons import Label

YEAR = 365
_CENT = Decimal("0.01")
_TENTH = Decimal("0.1")


class Group(StrEnum):
    COST = "COST"
    TURNOVER = "TURNOVER"
    REVENUE = "REVENUE"


class Formula(StrEnum):
    SHARE = "SHARE"  # amount x percent
    STOPS = "STOPS"  # number x cost of one x percent avoided
    DAYS = "DAYS"  # amount x (days before - days after) / 365 x yearly rate: funds set free, and what they cost
    TIED = "TIED"  # stock value x percent less x yearly rate
    MARGIN = "MARGIN"  # extra sales x gross margin


class Unit(StrEnum):
    MONEY = "MONEY"
    PERCENT = "PERCENT"
    DAYS = "DAYS"
    NUMBER = "NUMBER"


@dataclass(frozen=True, slots=True)
class Input:
    name: str
    label: Label
    unit: Unit


@dataclass(frozen=True, slots=True)
class Lever:
    """A sub-lever: its figures, and the functions of the product that serve it, so that no promise stands without its reason."""

    code: str
    group: Group
    formula: Formula
    label: Label
    inputs: tuple[Input, ...]
    functions: tuple[Label, ...]


GROUPS: dict[Group, Label] = {
    Group.COST: Label("Cost down", "降低成本"),
    Group.TURNOVER: Label("Turnover up", "提高周转"),
    Group.REVENUE: Label("Revenue up", "增加收入"),
}
WORDS: dict[Formula, Label] = {
    Formula.SHARE: Label("amount × percent", "金额 × 百分比"),
    Formula.STOPS: Label("number a year × cost of one × percent avoided", "每年次数 × 每次损失 × 可避免比例"),
    Formula.DAYS: Label("amount × (days before − days after) ÷ 365 × yearly rate", "金额 ×（改进前天数 − 改进后天数）÷ 365 × 年利率"),
    Formula.TIED: Label("amount tied up × percent less × yearly rate", "占用金额 × 减少比例 × 年利率"),
    Formula.MARGIN: Label("extra sales × gross margin", "新增销售额 × 毛利率"),
}
NAMES: dict[Formula, tuple[str, ...]] = {
    Formula.SHARE: ("amount", "percent"),
    Formula.STOPS: ("number", "each", "percent"),
    Formula.DAYS: ("amount", "before", "after", "rate"),
    Formula.TIED: ("amount", "percent", "rate"),
    Formula.MARGIN: ("amount", "percent"),
}
_RATE = Input("rate", Label("Cost of funds a year (%)", "资金年利率（%）"), Unit.PERCENT)


def _share(amount: Label, percent: Label) -> tuple[Input, ...]:
    return Input("amount", amount, Unit.MONEY), Input("percent", percent, Unit.PERCENT)


def _days(amount: Label) -> tuple[Input, ...]:
    return (
        Input("amount", amount, Unit.MONEY),
        Input("before", Label("Days before", "改进前天数"), Unit.DAYS),
        Input("after", Label("Days after", "改进后天数"), Unit.DAYS),
        _RATE,
    )


def _lever(code: str, group: Group, formula: Formula, label: Label, inputs: tuple[Input, ...], *functions: tuple[str, str]) -> Lever:
    assert tuple(entry.name for entry in inputs) == NAMES[formula]
    return Lever(code, group, formula, label, inputs, tuple(Label(*pair) for pair in functions))


_COST_OF_SALES = Label("Cost of sales a year", "年销售成本")
_CREDIT_SALES = Label("Sales on credit a year", "年赊销额")

LEVERS: tuple[Lever, ...] = (
    _lever(
        "PURCHASE_PRICE", Group.COST, Formula.SHARE, Label("Material: purchase price", "材料：采购价格控制"),
        _share(Label("Purchases a year", "年采购额"), Label("Lower price (%)", "价格下降（%）")),
        ("supplier files", "供应商档案"), ("supplier rating", "供应商业绩评价"), ("supplier price file", "供应商价格档案"),
        ("price comparison", "采购比价分析"), ("price control on documents", "单据价格控制"),
    ),
    _lever(
        "PURCHASE_QUANTITY", Group.COST, Formula.SHARE, Label("Material: purchase quantity", "材料：采购数量控制"),
        _share(Label("Purchases a year", "年采购额"), Label("Bought too much (%)", "多采比例（%）")),
        ("plan from available stock", "可用量查询"), ("dead-stock analysis", "呆滞积压分析"), ("shelf-life warning", "保质期预警"),
        ("material requirements planning; no order above plan", "MRP 计划，采购不超计划"),
    ),
    _lever(
        "STOPS", Group.COST, Formula.STOPS, Label("Business: stops for missing material", "业务：停工待料"),
        (
            Input("number", Label("Stops a year", "每年停工次数"), Unit.NUMBER),
            Input("each", Label("Loss of one stop", "每次停工损失"), Unit.MONEY),
            Input("percent", Label("Avoided (%)", "可避免比例（%）"), Unit.PERCENT),
        ),
        ("production and purchase plan", "生产与采购计划"), ("complete-set check of material", "物料齐套检查"),
    ),
    _lever(
        "WAREHOUSE", Group.COST, Formula.SHARE, Label("Business: warehouse", "业务：仓储费用"),
        _share(Label("Cost of storage a year", "年仓储费用"), Label("Saved (%)", "节约比例（%）")),
        ("complete-set check of material", "物料齐套检查"), ("dead-stock analysis, cleared in time", "呆滞分析，及时清理"),
    ),
    _lever(
        "SCRAP", Group.COST, Formula.SHARE, Label("Business: scrap", "业务：产品报废"),
        _share(Label("Scrap a year", "年报废金额"), Label("Avoided (%)", "可避免比例（%）")),
        ("shelf-life warning", "保质期预警"),
    ),
    _lever(
        "PREPARATION", Group.COST, Formula.DAYS, Label("Finance: shorter material preparation", "资金：缩短物料准备时间"),
        _days(Label("Material used a year", "年物料耗用额")), ("plan management", "计划管理"),
    ),
    _lever(
        "OUTSIDE", Group.COST, Formula.DAYS, Label("Finance: shorter outside processing", "资金：缩短委外响应时间"),
        _days(Label("Outside processing a year", "年委外加工额")), ("outsourcing management", "委外管理"),
    ),
    _lever(
        "SHOP", Group.COST, Formula.DAYS, Label("Finance: shorter shop time", "资金：缩短车间加工时间"),
        _days(_COST_OF_SALES), ("simple resource planning", "SRP 计划"), ("material requirements planning", "MRP 计划"),
        ("shop progress", "车间进度查询"),
    ),
    _lever(
        "STORE_DAYS", Group.TURNOVER, Formula.DAYS, Label("Stock: less time in store", "存货：缩短在库时间"),
        _days(_COST_OF_SALES), ("true stock by available quantity", "可用量查看"),
    ),
    _lever(
        "PROCESS_DAYS", Group.TURNOVER, Formula.DAYS, Label("Stock: less time in process", "存货：缩短生产及委外在制时间"),
        _days(_COST_OF_SALES), ("material requirements planning", "MRP 计划"), ("shop progress", "车间进度查询"),
        ("outsourcing query", "委外情况查询"),
    ),
    _lever(
        "DEAD_STOCK", Group.TURNOVER, Formula.TIED, Label("Stock: fewer dead items", "存货：减少呆滞物料"),
        (*_share(Label("Value of dead stock", "呆滞物料金额"), Label("Less (%)", "减少比例（%）")), _RATE),
        ("dead-stock analysis", "呆滞积压分析"), ("highest, lowest and safety stock with warning", "最高最低与安全库存预警"),
    ),
    _lever(
        "CREDIT_BEFORE", Group.TURNOVER, Formula.SHARE, Label("Receivables: before delivery", "应收：事前控制"),
        _share(_CREDIT_SALES, Label("Fewer bad debts (% of sales)", "坏账减少（占销售 %）")),
        ("grade, amount and period for customer, salesperson, department", "客户、业务员、部门的信用等级、额度与期限"),
        ("early warning", "信用预警"),
    ),
    _lever(
        "CREDIT_DURING", Group.TURNOVER, Formula.DAYS, Label("Receivables: at delivery", "应收：事中控制"),
        _days(_CREDIT_SALES),
        ("delivery above the credit needs approval, remaining credit shown", "超信用发货需上级审批并显示剩余额度"),
    ),
    _lever(
        "CREDIT_AFTER", Group.TURNOVER, Formula.DAYS, Label("Receivables: afterwards", "应收：事后分析"),
        _days(_CREDIT_SALES), ("ageing", "账龄分析"), ("arrears analysis", "欠款分析"),
        ("receivable, received and advance", "应收、已收、预收"),
    ),
    _lever(
        "SATISFACTION", Group.REVENUE, Formula.MARGIN, Label("Customer satisfaction", "提升客户满意度"),
        _share(Label("Extra sales a year", "年新增销售额"), Label("Gross margin (%)", "毛利率（%）")),
        ("delivery on time", "准时交付"), ("quick quotation", "快速报价"), ("exact answer on progress", "及时答复进度"),
        ("shortage and planning", "缺料与计划"), ("order tracking", "订单跟踪"),
    ),
    _lever(
        "QUOTATION", Group.REVENUE, Formula.SHARE, Label("Reasonable quotation", "合理报价"),
        _share(Label("Quoted sales a year", "年报价成交额"), Label("More margin (%)", "毛利提高（%）")),
        ("forecast of order cost and margin", "订单成本与毛利预测"), ("order cost analysis", "订单成本分析"),
        ("quotation and price control", "报价与价格控制"),
    ),
    _lever(
        "MORE_SALES", Group.REVENUE, Formula.MARGIN, Label("More sales", "增加销量"),
        _share(Label("Extra sales a year", "年新增销售额"), Label("Gross margin (%)", "毛利率（%）")),
        ("analysis of growth, margin and flow", "销售增长、毛利与流向分析"),
    ),
)  # fmt: skip
BY_CODE: dict[str, Lever] = {lever.code: lever for lever in LEVERS}
_OVERLAPS = (
    {"PURCHASE_PRICE", "PURCHASE_QUANTITY"},
    {"SHOP", "PROCESS_DAYS"},
    {"CREDIT_DURING", "CREDIT_AFTER"},
    {"SATISFACTION", "MORE_SALES"},
)


@dataclass(frozen=True, slots=True)
class Line:
    """A lever with the customer's figures; an input that is not known yet is missing from `figures`."""

    lever: str
    figures: Mapping[str, Decimal]
    is_counted: bool = True


@dataclass(frozen=True, slots=True)
class Worth:
    """What a line is worth in a year; None while a figure is missing. `freed`: funds that come free once (days and tied stock)."""

    value: Decimal | None
    freed: Decimal | None = None
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Result:
    lines: tuple[Worth, ...]
    by_group: Mapping[Group, Decimal]
    total: Decimal
    freed: Decimal
    payback_months: Decimal | None  # None without a price, or when nothing is gained


def check(lever: Lever, figures: Mapping[str, Decimal]) -> dict[str, str]:
    """input -> which range it breaks: NEGATIVE, OVER_100, AFTER_OVER_BEFORE. Empty when all is well."""
    wrong: dict[str, str] = {}
    for entry in lever.inputs:
        figure = figures.get(entry.name)
        if figure is None:
            continue
        if figure < 0:
            wrong[entry.name] = "NEGATIVE"
        elif entry.unit is Unit.PERCENT and figure > 100:
            wrong[entry.name] = "OVER_100"
    if not wrong and "before" in figures and "after" in figures and figures["after"] > figures["before"]:
        wrong["after"] = "AFTER_OVER_BEFORE"
    return wrong


def worth_of(line: Line) -> Worth:
    """The yearly worth of one line by the formula of its lever."""
    lever = BY_CODE[line.lever]
    if wrong := check(lever, line.figures):
        raise ValueError(", ".join(f"{name}: {code}" for name, code in sorted(wrong.items())))
    missing = tuple(entry.name for entry in lever.inputs if entry.name not in line.figures)
    if missing:
        return Worth(None, missing=missing)
    figures = line.figures
    if lever.formula in {Formula.SHARE, Formula.MARGIN}:
        return Worth(_cents(figures["amount"] * figures["percent"] / 100))
    if lever.formula is Formula.STOPS:
        return Worth(_cents(figures["number"] * figures["each"] * figures["percent"] / 100))
    if lever.formula is Formula.DAYS:
        freed = figures["amount"] * (figures["before"] - figures["after"]) / YEAR
    else:
        freed = figures["amount"] * figures["percent"] / 100
    return Worth(_cents(freed * figures["rate"] / 100), _cents(freed))


def calculate(lines: Sequence[Line], *, price: Decimal | None) -> Result:
    """H-13: total = sum of the counted lines; payback months = price / (total / 12)."""
    worths = tuple(worth_of(line) for line in lines)
    by_group = dict.fromkeys(Group, Decimal(0))
    freed = Decimal(0)
    for line, worth in zip(lines, worths, strict=True):
        if line.is_counted and worth.value is not None:
            by_group[BY_CODE[line.lever].group] += worth.value
            freed += worth.freed or Decimal(0)
    total = sum(by_group.values(), Decimal(0))
    return Result(worths, by_group, total, freed, payback_months(price=price, total=total))


def payback_months(*, price: Decimal | None, total: Decimal) -> Decimal | None:
    if price is None or total <= 0:
        return None
    return (price / (total / 12)).quantize(_TENTH, ROUND_HALF_UP)


def overlapping(codes: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """Pairs of levers in use that may count the same money twice: the page asks to look at them."""
    used = set(codes)
    return tuple((first, second) for first, second in (sorted(pair) for pair in _OVERLAPS) if {first, second} <= used)


def _cents(amount: Decimal) -> Decimal:
    return amount.quantize(_CENT, ROUND_HALF_UP)
