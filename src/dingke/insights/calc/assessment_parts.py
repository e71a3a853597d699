"""A-11 四维价值评估: the four dimensions and the parts each is made of, as data for ``assessment.py``.

The catalogue names the dimensions and their data; the weights inside a dimension and the scales are design values and are
settings. A measured part is computed from the records of the house, a human part is rated 0-100 with a note.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from dingke.core.reasons import Label


class Dimension(StrEnum):
    FINANCIAL = "FINANCIAL"
    STRATEGIC = "STRATEGIC"
    LOYALTY = "LOYALTY"
    WORD_OF_MOUTH = "WORD_OF_MOUTH"


class Unit(StrEnum):
    AMOUNT = "AMOUNT"
    COUNT = "COUNT"
    SHARE = "SHARE"
    DAYS = "DAYS"
    YEARS = "YEARS"
    RATIO = "RATIO"
    POINTS = "POINTS"


@dataclass(frozen=True)
class DimensionGuide:
    dimension: Dimension
    label: Label
    tells: Label


@dataclass(frozen=True)
class PartGuide:
    """``scale``: "" ranks the account among all customers; "0.10:0" gives 0 points at 0.10 and 100 at 0, in a line.

    ``right``: the field right without which neither the figure nor its points are shown.
    """

    code: str
    dimension: Dimension
    label: Label
    hint: Label
    weight: Decimal
    is_measured: bool = False
    scale: str = ""
    unit: Unit = Unit.POINTS
    right: str = ""


DIMENSIONS: tuple[DimensionGuide, ...] = (
    DimensionGuide(Dimension.FINANCIAL, Label("Financial value", "财务价值"), Label("direct economic contribution", "直接的经济贡献")),
    DimensionGuide(Dimension.STRATEGIC, Label("Strategic value", "战略价值"), Label("strategic weight for us", "对我方的战略分量")),
    DimensionGuide(Dimension.LOYALTY, Label("Loyalty value", "忠诚度价值"), Label("how stable cooperation will be", "未来合作的稳定程度")),
    DimensionGuide(
        Dimension.WORD_OF_MOUTH, Label("Word of mouth", "口碑影响力"), Label("influence and positive publicity", "影响力与正面宣传")
    ),
)


def _measured(
    code: str, dimension: Dimension, label: Label, hint: Label, weight: int, scale: str, unit: Unit, right: str = ""
) -> PartGuide:
    return PartGuide(code, dimension, label, hint, Decimal(weight), True, scale, unit, right)


def _human(code: str, dimension: Dimension, label: Label, hint: Label, weight: int) -> PartGuide:
    return PartGuide(code, dimension, label, hint, Decimal(weight))


_F, _S, _L, _W = Dimension.FINANCIAL, Dimension.STRATEGIC, Dimension.LOYALTY, Dimension.WORD_OF_MOUTH

PARTS: tuple[PartGuide, ...] = (
    _measured(
        "PROFIT", _F, Label("Gross profit after incentives", "扣除优惠后的毛利"),
        Label("Gross profit of twelve months less the incentives given", "近十二个月毛利减去已给优惠"), 30, "", Unit.AMOUNT, "cost",
    ),
    _measured(
        "PURCHASES", _F, Label("Purchases", "采购额"),
        Label("Turnover of twelve months; counts only where profit is not known", "近十二个月销售额，仅在利润未知时计入"),
        30, "", Unit.AMOUNT, "amount",
    ),
    _measured(
        "ORDER_SIZE", _F, Label("Order size", "订单规模"), Label("Turnover per order", "平均每张订单的金额"), 10, "", Unit.AMOUNT, "amount",
    ),
    _measured(
        "FREQUENCY", _F, Label("Purchase frequency", "采购频次"), Label("Orders in twelve months", "近十二个月订单数"), 10, "", Unit.COUNT,
    ),
    _measured(
        "MARGIN", _F, Label("Margin after incentives", "扣除优惠后的毛利率"),
        Label("Gross profit after incentives / turnover", "扣除优惠后的毛利 ÷ 销售额"), 15, "0:0.40", Unit.SHARE, "cost",
    ),
    _measured(
        "GROWTH", _F, Label("Growth", "增长"), Label("Turnover against the twelve months before", "销售额与上一个十二个月相比"),
        10, "-0.30:0.30", Unit.SHARE,
    ),
    _measured(
        "RANGE", _F, Label("Share of the product range", "产品覆盖面"),
        Label("Product families bought / families we sell", "购买的产品系列数 ÷ 在售产品系列数"), 10, "0:0.80", Unit.SHARE,
    ),
    _measured(
        "MONEY_TIED", _F, Label("Money tied up", "占用资金"),
        Label("Outstanding receivables in days of turnover", "未收货款折合的销售天数"), 10, "120:0", Unit.DAYS, "amount",
    ),
    _human(
        "COST_TO_SERVE", _F, Label("Cost to serve", "服务成本"),
        Label(
            "What visits, samples, urgent deliveries and service cost beside the goods; 100 = hardly anything",
            "货款之外的拜访、样品、加急交付和服务花费；100 表示几乎没有",
        ), 5,
    ),
    _measured(
        "INFLUENCE", _S, Label("Influence in its trade", "行业影响力"),
        Label("Influence (0-100) as kept on the account", "客户档案中的影响力（0-100）"), 15, "0:100", Unit.POINTS,
    ),
    _measured(
        "COOPERATION", _S, Label("Level on the cooperation ladder", "合作阶梯层级"),
        Label("The highest level reached of four, with evidence", "四级合作阶梯中已达到且有依据的最高一级"), 20, "0:4", Unit.COUNT,
    ),
    _human(
        "DEPTH", _S, Label("Depth of cooperation", "合作深度"),
        Label("How deep into plans, processes and people the cooperation reaches", "合作深入到对方规划、流程和人员的程度"), 20,
    ),
    _human(
        "POTENTIAL", _S, Label("Market-expansion potential", "市场拓展潜力"),
        Label("Which markets it opens over the next years", "未来几年能帮我们打开哪些市场"), 25,
    ),
    _human(
        "FUTURE", _S, Label("Influence on our future", "对我方未来的影响"),
        Label("What our products, standing and plans would lack without it", "没有该客户，我们的产品、地位和规划会缺什么"), 20,
    ),
    _measured(
        "REGULARITY", _L, Label("Regularity of the purchase cycle", "采购周期的规律性"),
        Label("Variation of the days between orders over two years; 0 = as by clockwork", "两年内订单间隔天数的变异系数，0 表示完全规律"),
        25, "1.2:0.2", Unit.RATIO,
    ),
    _measured(
        "RETURNS", _L, Label("Return rate", "退货率"), Label("Returned / sold, by amount, twelve months", "近十二个月退货金额 ÷ 销售金额"),
        15, "0.10:0", Unit.SHARE,
    ),
    _measured(
        "PAYMENT", _L, Label("Payment discipline", "付款纪律"),
        Label("Average days late, weighted by amount, twelve months", "近十二个月按金额加权的平均逾期天数"), 15, "60:0", Unit.DAYS,
    ),
    _measured(
        "YEARS", _L, Label("Years of cooperation", "合作年限"), Label("Since the first order", "自首张订单起"), 15, "0:5", Unit.YEARS,
    ),
    _human(
        "COMPLAINTS", _L, Label("Complaint frequency", "投诉频率"),
        Label("How often it complains and how complaints ended; 100 = none", "投诉的次数和处理结果；100 表示没有投诉"), 10,
    ),
    _human(
        "COMMITMENT", _L, Label("Will to stay", "合作意愿"),
        Label("What it says and does about staying with us", "对继续合作的表态和行动"), 20,
    ),
    _human(
        "REFERRALS", _W, Label("Referrals given and won", "推荐与成交"),
        Label("Customers it named to us, and which of them bought", "推荐过哪些客户，其中哪些已成交"), 35,
    ),
    _human(
        "REFERENCES", _W, Label("Serves as a reference", "标杆作用"),
        Label("Visits to its site, cases, talks", "现场参观、案例、会议发言"), 25,
    ),
    _human(
        "MARKET_VOICE", _W, Label("Voice of the market", "市场口碑"),
        Label("Market survey and third-party information on its standing", "市场调查与第三方信息反映的声誉"), 20,
    ),
    _human(
        "WILLINGNESS", _W, Label("Readiness to recommend", "推荐意愿"),
        Label("Would it recommend us to a new customer today?", "今天是否愿意向新客户推荐我们？"), 20,
    ),
)  # fmt: skip
GUIDES: dict[str, PartGuide] = {part.code: part for part in PARTS}


def parts_of(dimension: Dimension) -> tuple[PartGuide, ...]:
    return tuple(part for part in PARTS if part.dimension is dimension)


def label_of(dimension: str) -> Label:
    return next(guide.label for guide in DIMENSIONS if guide.dimension == dimension)
