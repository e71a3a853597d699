"""A-01, A-02, A-03, A-04, A-06, A-07: the lists of the key-account method, as data for ``key_account.py`` and the
help pages.

Master data: labels may be edited; the keys stay. Benefit 1 is a design value, its title is lost in the source.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from dingke.core.reasons import Label


@dataclass(frozen=True)
class ListItem:
    """One entry of a method list: its name and what it means."""

    key: str
    label: Label
    meaning: Label


@dataclass(frozen=True)
class ComparisonRow:
    """One dimension of key account versus consumer."""

    key: str
    label: Label
    consumer: Label
    key_account: Label


class CustomerType(StrEnum):
    """A-06: which dossier, playbook and service plan apply."""

    KEY = "KEY"
    ORGANISATION = "ORGANISATION"
    CONSUMER = "CONSUMER"


CUSTOMER_TYPE_LABELS: dict[CustomerType, Label] = {
    CustomerType.KEY: Label("Key account", "大客户"),
    CustomerType.ORGANISATION: Label("Ordinary organisation", "普通组织客户"),
    CustomerType.CONSUMER: Label("Consumer", "消费客户"),
}

SYNONYMS: tuple[Label, ...] = (
    Label("Key account", "大客户"),
    Label("Critical customer", "关键客户"),
    Label("Focus customer", "重点客户"),
    Label("VIP", "VIP"),
)

FORMS: tuple[ListItem, ...] = (
    ListItem(
        "LARGE_ENTERPRISE",
        Label("Large enterprise", "大型企业"),
        Label("A company with large and repeated purchases.", "采购量大且持续采购的企业。"),
    ),
    ListItem(
        "GOVERNMENT",
        Label("Government body", "政府机构"),
        Label("An authority or public institution that buys by procedure.", "按规定程序采购的机关或公共机构。"),
    ),
    ListItem(
        "HIGH_SPENDER",
        Label("High-spending individual", "高消费个人"),
        Label("A person whose spending counts like a company's.", "消费额可与企业相当的个人。"),
    ),
)

DEFINING_TESTS: tuple[ListItem, ...] = (
    ListItem(
        "BUSINESS_SHARE",
        Label("Large share of our business", "业务占比大"),
        Label("A large part of our turnover comes from this customer.", "我方业务中相当大的一部分来自该客户。"),
    ),
    ListItem(
        "FREQUENCY",
        Label("Bought or used often", "频率高"),
        Label("It buys or uses our products often.", "经常购买或使用我方产品。"),
    ),
    ListItem(
        "LONG_TERM",
        Label("Long-term cooperation", "长期合作"),
        Label("The cooperation has lasted and is meant to last.", "合作已持续较长时间，并有意继续。"),
    ),
    ListItem(
        "VOLUME",
        Label("Large volume", "购买量大"),
        Label("The quantities bought are large.", "每次或累计购买数量大。"),
    ),
    ListItem(
        "CONTRIBUTION",
        Label("Large contribution", "贡献度大"),
        Label("It adds much to our profit or our standing.", "对我方利润或地位贡献大。"),
    ),
)

FEATURES: tuple[ListItem, ...] = (
    ListItem(
        "HIGH_CONTRIBUTION",
        Label("High contribution", "高贡献度"),
        Label(
            "High share of spending, sales and profit; a long subscriber or a frequent buyer.",
            "在消费额、销售额和利润中占比高，是长期用户或经常购买的客户。",
        ),
    ),
    ListItem(
        "STABILITY",
        Label("Strong stability", "稳定性强"),
        Label(
            "A firmer and longer relation; prefers suppliers it trusts.",
            "合作关系更牢固、更持久，倾向于选择信任的供应商。",
        ),
    ),
    ListItem(
        "INDIVIDUAL_NEEDS",
        Label("Individual needs", "需求个性化"),
        Label("Wants products and services made to measure.", "需要量身定制的产品和服务。"),
    ),
    ListItem(
        "MARKET_FEEDBACK",
        Label("Valuable market feedback", "信息反馈重要"),
        Label(
            "Its feedback helps to adjust market policy and product direction.",
            "其反馈有助于调整市场策略和产品方向。",
        ),
    ),
    ListItem(
        "WIDE_INFLUENCE",
        Label("Wide influence", "影响力广泛"),
        Label("Its choice sways other prospects in its trade or circle.", "其选择会带动同行业或圈内的其他潜在客户。"),
    ),
)

ENTRY_TESTS: tuple[ListItem, ...] = (
    ListItem(
        "LARGE_SALES",
        Label("Large sales or large potential", "销售额大或潜力大"),
        Label("Its sales are large, or may become so.", "销售额大，或者有做大的潜力。"),
    ),
    ListItem(
        "TECHNOLOGY",
        Label("Able to absorb technology and to innovate", "技术吸收与创新能力强"),
        Label("It takes up new technology and brings forth its own.", "能吸收新技术，并具有创新能力。"),
    ),
    ListItem(
        "MARKET_POWER",
        Label("Strong market-development power", "市场发展实力强"),
        Label("It has the strength to develop its market.", "具备开拓和发展市场的实力。"),
    ),
    ListItem(
        "SOUND_FUNDS",
        Label("Sound funds", "资金状况良好"),
        Label("Its funds are sound.", "资金充足，状况良好。"),
    ),
)

CRITERIA: tuple[ListItem, ...] = (
    ListItem(
        "QUANTITY",
        Label("Purchase quantity", "采购数量"),
        Label("Above all of our high-profit products.", "尤其是我方高利产品的采购数量。"),
    ),
    ListItem(
        "CONCENTRATION",
        Label("Concentration of purchasing", "采购集中性"),
        Label("How far it gathers its purchases in few places and suppliers.", "采购集中于少数部门和供应商的程度。"),
    ),
    ListItem(
        "SERVICE_LEVEL",
        Label("Service level demanded", "服务水准要求"),
        Label("What service it asks for.", "对服务水准的要求。"),
    ),
    ListItem(
        "PRICE_SENSITIVITY",
        Label("Price sensitivity", "价格敏感度"),
        Label(
            "How much its choice hangs on the price. 5 is the most favourable to us.",
            "选择受价格影响的程度，5 分对我方最有利。",
        ),
    ),
    ListItem(
        "PARTNERSHIP",
        Label("Wish for a long-term partnership", "长期伙伴意愿"),
        Label("How much it wants to be a long-term partner.", "希望成为长期合作伙伴的程度。"),
    ),
)

BENEFITS: tuple[ListItem, ...] = (
    ListItem(
        "STABLE_INCOME",
        Label("Stable income and orders", "稳定的收入与订单来源"),
        Label("A stable source of income and orders.", "带来稳定的收入和订单。"),
    ),
    ListItem(
        "RADIATION",
        Label("Radiates to the trade", "行业标杆辐射"),
        Label(
            "Leading firms hold most of an industry's demand; a success there radiates to the whole trade.",
            "行业需求大多集中于龙头企业，在此成功可辐射整个行业。",
        ),
    ),
    ListItem(
        "MARKET_SHARE",
        Label("Raises market share", "提高市场占有率"),
        Label(
            "Its need is whole, stable, continuous and well funded, where that of small customers is scattered.",
            "其需求完整、稳定、持续且资金充足，而小客户的需求分散。",
        ),
    ),
    ListItem(
        "INNOVATION",
        Label("Drives innovation", "创新推动力"),
        Label(
            "Marketing, production and R&D, technical support, finance and internal management turn around the customer.",
            "市场营销、生产研发、技术支持、财务金融、内部管理五大要素围绕客户运转。",
        ),
    ),
    ListItem(
        "ASSET",
        Label("A company asset", "重要资产"),
        Label(
            "The customer comes first among assets; its word of mouth and its network are used.",
            "资产之间发生冲突时客户优先，并发挥其口碑和人脉的作用。",
        ),
    ),
    ListItem(
        "WIN_WIN",
        Label("Win-win", "双赢"),
        Label(
            "Create value for the customer and profit together; track satisfaction, loyalty and retention.",
            "为客户创造价值并共同获利，跟踪满意、忠诚和保留情况。",
        ),
    ),
)

COMPARISON: tuple[ComparisonRow, ...] = (
    ComparisonRow(
        "WHO_BUYS",
        Label("Who buys", "采购对象"),
        Label("A couple; the wife decides on 70-80 % of the spending.", "夫妻二人，其中 70%～80% 的消费由妻子决定。"),
        Label(
            "A complex organisation: top and middle leaders, engineers, finance staff, users and maintainers may take part.",
            "复杂的组织：高层和中层领导、工程技术人员、财务人员、使用和维护人员都可能参与。",
        ),
    ),
    ComparisonRow(
        "AMOUNT",
        Label("Amount", "采购金额"),
        Label(
            "Limited yearly income and daily needs; after a car or a flat no repeat for long.",
            "年收入有限，以日常需求为主；买车买房后较长时间不会再买。",
        ),
        Label(
            "Large and repeated: an aircraft order of one to several billion yuan, telecom switches of over one to over ten billion.",
            "金额大且重复采购：如飞机订单十亿至数十亿元，电信交换机十亿元至百亿元以上。",
        ),
    ),
    ComparisonRow(
        "SELLING",
        Label("Way of selling", "销售方式"),
        Label("Advertising and sales in shops.", "广告宣传、店面销售。"),
        Label(
            "Hardly swayed by advertising: an expert team on site, needs analysis, a solution, a tightly worded contract.",
            "不易受广告影响，需要专业团队上门、分析需求、提供解决方案，并签订严密的合同。",
        ),
    ),
    ComparisonRow(
        "SERVICE",
        Label("Service demanded", "服务要求"),
        Label("Normal working of the product is enough; sometimes none.", "产品正常使用即可，有时不需要服务。"),
        Label(
            "Prompt, thorough and complete: an aircraft maker sends engineers at once, solves it in hours, and designs for it beforehand.",
            "要求及时、周到、全面：如飞机制造商立即派出工程师，数小时内解决问题，甚至在设计时预先考虑。",
        ),
    ),
)
