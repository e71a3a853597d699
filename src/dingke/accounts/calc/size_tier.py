"""C-15 小企业市场细分: the four tiers of small firms, proposed from headcount and yearly revenue, with their needs and products.

The table stands in the source, all its limits are "under"; how the two tests join is a design value: the higher tier of the two wins. No
limit of revenue is given for the lowest tier, so that a revenue under the next limit says "micro" and the headcount decides which.
Revenue in yuan a year. A firm at or over the last limit is above the table.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from dingke.core.reasons import Label


class SizeTier(StrEnum):
    MICRO_LOW = "MICRO_LOW"
    MICRO_HIGH = "MICRO_HIGH"
    SMALL_LOW = "SMALL_LOW"
    SMALL_HIGH = "SMALL_HIGH"
    ABOVE = "ABOVE"


TIERS = tuple(SizeTier)


@dataclass(frozen=True)
class TierLimits:
    """Headcount and revenue of each tier lie under these."""

    headcount_micro_low: int = 10
    headcount_micro_high: int = 50
    headcount_small_low: int = 200
    headcount_small_high: int = 300
    revenue_micro_high: Decimal = Decimal(10_000_000)
    revenue_small_low: Decimal = Decimal(50_000_000)
    revenue_small_high: Decimal = Decimal(100_000_000)

    def __post_init__(self) -> None:
        for name, limits in (("headcount", self.headcounts), ("revenue", self.revenues)):
            given = [limit for limit in limits if limit is not None]
            if given[0] <= 0 or any(low >= high for low, high in zip(given, given[1:], strict=False)):
                raise ValueError(f"the limits of {name} are over 0 and grow from tier to tier")

    @property
    def headcounts(self) -> tuple[int, int, int, int]:
        return (self.headcount_micro_low, self.headcount_micro_high, self.headcount_small_low, self.headcount_small_high)

    @property
    def revenues(self) -> tuple[Decimal | None, Decimal, Decimal, Decimal]:
        return (None, self.revenue_micro_high, self.revenue_small_low, self.revenue_small_high)


@dataclass(frozen=True)
class TierGuide:
    """A row of the table: the level of management, forms of business, typical needs and products."""

    tier: SizeTier
    label: Label
    level: Label
    forms: tuple[Label, ...]
    needs: tuple[Label, ...]
    products: tuple[Label, ...]


_ACCOUNTS, _STOCK = Label("Finance", "财务"), Label("Purchase, sales and stock, or special-purpose software", "进销存或专用软件")
_SOCIAL, _ONLINE = Label("Social services", "社会服务业"), Label("Online shop", "网商")
_PARTS, _ORDERS = Label("Parts maker", "配套件"), Label("Order production", "接单生产")
_RETAIL, _CRM, _BILLS = Label("Retail", "零售"), Label("Customer management", "客户管理"), Label("Bills", "票据")
_ECOMMERCE, _FINANCIAL = Label("E-commerce", "电子商务"), Label("Financial services", "金融服务")
_CHAIN, _MAKING = Label("Supply chain", "供应链"), Label("Simple production", "简单生产")
_STAFF, _TOGETHER = Label("Human resources", "人力资源"), Label("Collaboration", "协同")

TIER_GUIDES: tuple[TierGuide, ...] = (
    TierGuide(
        SizeTier.MICRO_LOW,
        Label("Micro (low)", "微型（低）"),
        Label("Entry", "入门级"),
        (
            Label("Person", "个人"),
            Label("Family", "家庭"),
            Label("Self-employed", "个体工商户"),
            _SOCIAL,
            Label("Street shop", "街边小商贸"),
            _ONLINE,
        ),
        (
            Label("Personal finance", "个人理财"),
            Label("Owner's business", "老板商务"),
            Label("Owner's finance", "老板理财"),
            Label("Owner's shop", "老板旺铺"),
            Label("Members", "会员管理"),
            Label("Messaging", "通讯"),
            _FINANCIAL,
        ),
        (Label("Bookkeeping King", "记账王"), Label("Mini edition", "迷你版"), Label("Shop edition", "店铺版")),
    ),
    TierGuide(
        SizeTier.MICRO_HIGH,
        Label("Micro (high)", "微型（高）"),
        Label("Simple", "简单"),
        (
            Label("Shop with workshop", "前店后厂"),
            Label("Market stall", "专业市场店"),
            Label("Small retail chain", "小零售连锁"),
            _SOCIAL,
            _ONLINE,
        ),
        (_STOCK, _RETAIL, _CRM, _BILLS, Label("Collaboration and messaging", "协同通讯"), _ECOMMERCE, _FINANCIAL),
        (Label("Standard edition", "标准版"), Label("Trade edition", "商贸版"), Label("Chain store edition", "连锁专卖版")),
    ),
    TierGuide(
        SizeTier.SMALL_LOW,
        Label("Small (low)", "小型（低）"),
        Label("Regulated", "规范"),
        (
            Label("Retail chain and franchise", "零售连锁加盟"),
            Label("Brand and category wholesale", "品牌品类批发"),
            _PARTS,
            _ORDERS,
            _SOCIAL,
        ),
        (_ACCOUNTS, _CHAIN, _MAKING, _RETAIL, _CRM, _STAFF, _BILLS, Label("Tax", "税务"), _TOGETHER, _ECOMMERCE, _FINANCIAL),
        (Label("Professional edition", "专业版"),),
    ),
    TierGuide(
        SizeTier.SMALL_HIGH,
        Label("Small (high)", "小型（高）"),
        Label("Refined", "精细"),
        (
            Label("Retail chain", "零售连锁"),
            Label("Retail distribution", "零售分销"),
            _PARTS,
            _ORDERS,
            Label("Industry and trade in one", "工贸一体化"),
        ),
        (
            _ACCOUNTS, _CHAIN, _MAKING, _RETAIL, _CRM, _STAFF, Label("Business intelligence", "商业智能"), _TOGETHER, _ECOMMERCE,
            _FINANCIAL,
        ),
        (Label("Flagship edition", "旗舰版"),),
    ),
)  # fmt: skip
GUIDE_OF: dict[SizeTier, TierGuide] = {guide.tier: guide for guide in TIER_GUIDES}
ABOVE_LABEL = Label("Above small", "规模以上")


def label_of(tier: SizeTier) -> Label:
    return GUIDE_OF[tier].label if tier in GUIDE_OF else ABOVE_LABEL


def propose_tier(*, headcount: int | None, revenue: Decimal | None, limits: TierLimits) -> SizeTier | None:
    """C-15: the higher tier of the two tests; None when neither figure is known. 40 people and 30m revenue -> small low."""
    tiers = []
    if headcount is not None:
        tiers.append(next((place for place, limit in enumerate(limits.headcounts) if headcount < limit), len(TIERS) - 1))
    if revenue is not None:
        place = next((place for place, limit in enumerate(limits.revenues) if limit is not None and revenue < limit), len(TIERS) - 1)
        tiers.append(0 if place == 1 and tiers else place)
    return TIERS[max(tiers)] if tiers else None
