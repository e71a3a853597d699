"""E-10 需求放大四维: the items of each dimension, and the loss that an answer stands for.

Loss per year = hours per month x cost per hour x 12, and whatever other loss is named. 30 x 50 x 12 = 18,000.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from dingke.core.reasons import Label


@dataclass(frozen=True, slots=True)
class Dimension:
    code: str
    label: Label
    message: Label


@dataclass(frozen=True, slots=True)
class Item:
    code: str
    dimension: str
    label: Label


DIMENSIONS: tuple[Dimension, ...] = (
    Dimension("EFFICIENCY", Label("Efficiency", "效率"), Label("Leads to the defects of work by hand", "引向手工作业的缺陷")),
    Dimension("BENEFIT", Label("Benefit", "效益"), Label("Accounting by hand is hard: a system is needed", "手工管不住，需要系统")),
    Dimension("PERSONAL", Label("Personal", "个人"), Label("Stirs the personal need", "触动个人需求")),
    Dimension("MOTIVE", Label("Other motives", "其他动因"), Label("What else moves them", "还有什么推动他们")),
    Dimension("OTHER_BUYER", Label("Other buyers", "非公司购买"), Label("When it is not the company that buys", "不是公司自用的购买")),
)


def _items(dimension: str, *rows: tuple[str, str, str]) -> tuple[Item, ...]:
    return tuple(Item(code, dimension, Label(en, zh)) for code, en, zh in rows)


ITEMS: tuple[Item, ...] = (
    *_items(
        "EFFICIENCY",
        ("VOUCHERS", "Number of vouchers and time to book them", "凭证量与记账时间"),
        ("TOTALS", "Time for totals and reconciliation", "汇总与对账时间"),
        ("REPORT_DAY", "Day on which reports are ready", "出报表日期"),
        ("OTHER_REPORTS", "Other reports that are given", "其他报表"),
        ("OVERTIME", "Overtime", "加班情况"),
        ("STOCK_BOOKS", "Reconciling stock with the books", "库存与财务对账"),
        ("COST_VOUCHERS", "How cost vouchers are made", "成本凭证做法"),
        ("COSTING_TIME", "Duration of costing", "成本核算时长"),
    ),
    *_items(
        "BENEFIT",
        ("CONTROL", "Internal control", "内部控制"),
        ("MONEY_FLOW", "Whether the flow of money is clear", "资金往来是否清晰"),
        ("OWNER_DATA", "Whether the owner gets the data in time", "老板要的数据是否及时"),
        ("DEAD_STOCK", "Stock that is not used for long", "长期不用的存货"),
        ("STOCKTAKING", "How stock is counted", "盘点方式"),
        ("STOCK_WAY", "How stock is managed", "库存管理方式"),
    ),
    *_items(
        "PERSONAL",
        ("VIEW", "View of using software", "对软件的看法"),
        ("CRITERIA", "Criteria of choice", "选择标准"),
        ("POSITION", "Position in the company", "在公司中的地位"),
        ("SUGGESTIONS", "Other suggestions: the hidden personal need", "其他建议（隐性需求）"),
    ),
    *_items(
        "MOTIVE",
        ("INEXACT", "Accounts are not exact", "核算不精确"),
        ("CASH_LATE", "Balances of cash and bank come late", "现金银行余额不及时"),
        ("MANY_CUSTOMERS", "Many customers, hard to reconcile", "客户多，难对账"),
        ("MANY_ITEMS", "Many items, cost of stock unknown", "品种多，成本不明"),
        ("NO_BOOKKEEPER", "Bookkeeping is tiresome, no steady accountant", "做账烦，缺长期会计"),
        ("PARTNERS", "Partner firms require it", "关系单位要求"),
        ("NEIGHBOURS", "Others in the trade have it", "同行都在用"),
    ),
    *_items(
        "OTHER_BUYER",
        ("PRIVATE", "Private: bookkeeping for others, practice", "个人消费：代账、练习"),
        ("PROMOTION", "Promotion: given to win customers", "业务拓展：赠送以吸引客户"),
    ),
)
ITEM_OF: dict[str, Item] = {item.code: item for item in ITEMS}
LEADS_WITH: dict[str, str] = {  # the core need follows the leading department
    "FINANCE": "EFFICIENCY", "STOCK": "BENEFIT", "PURCHASING": "BENEFIT", "PRODUCTION": "BENEFIT", "SALES": "MOTIVE", "OWNER": "BENEFIT",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Answered:
    item: str
    hours_per_month: Decimal | None = None
    cost_per_hour: Decimal | None = None
    other_loss: Decimal | None = None


def yearly_loss(answer: Answered) -> Decimal | None:
    """Yuan per year; None when neither hours with their cost nor another loss is known. ValueError on a negative figure."""
    figures = (answer.hours_per_month, answer.cost_per_hour, answer.other_loss)
    if any(figure is not None and figure < 0 for figure in figures):
        raise ValueError("a loss is not negative")
    hours = None
    if answer.hours_per_month is not None and answer.cost_per_hour is not None:
        hours = answer.hours_per_month * answer.cost_per_hour * 12
    if hours is None and answer.other_loss is None:
        return None
    return (hours or Decimal(0)) + (answer.other_loss or Decimal(0))


def total_loss(answers: Iterable[Answered]) -> Decimal:
    return sum((yearly_loss(answer) or Decimal(0) for answer in answers), Decimal(0))


def loss_by_dimension(answers: Iterable[Answered]) -> dict[str, Decimal]:
    """Known losses by dimension; KeyError on an unknown item."""
    result: dict[str, Decimal] = {}
    for answer in answers:
        loss = yearly_loss(answer)
        if loss:
            dimension = ITEM_OF[answer.item].dimension
            result[dimension] = result.get(dimension, Decimal(0)) + loss
    return result


def dimensions_for(leading_department: str) -> tuple[Dimension, ...]:
    """The dimensions with the one of the leading department first."""
    first = LEADS_WITH.get(leading_department, "")
    return tuple(sorted(DIMENSIONS, key=lambda dimension: dimension.code != first))
