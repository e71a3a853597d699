"""C-18 需求与偏好的了解: the five ways of learning, and the influences on the decision beside the product.

The lists stand in the source; ratings are 1 (hardly counts) to 5 (decides).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from dingke.core.reasons import Label

WAYS: dict[str, Label] = {
    "RESEARCH": Label("Research and positioning", "市场调研与定位分析"),
    "CHANNELS": Label("Talks over many channels", "多渠道沟通"),
    "CUSTOM_PROPOSAL": Label("Custom proposals", "定制化方案"),
    "INFLUENCES": Label("Watching the influences", "关注影响因素"),
    "DATA": Label("Analysis of data", "数据分析"),
}
HINTS: dict[str, Label] = {
    "RESEARCH": Label("trends, competition, habits, preferences, the way of deciding", "趋势、竞争、习惯、偏好、决策过程"),
    "CHANNELS": Label("social media, mail, phone, visit", "社交媒体、邮件、电话、拜访"),
    "CUSTOM_PROPOSAL": Label("own design, dedicated after-sales, regular technical training", "专门设计、专属售后、定期技术培训"),
    "INFLUENCES": Label("price, delivery, after-sales, reputation", "价格、交货期、售后、信誉"),
    "DATA": Label("purchase records, feedback", "采购记录、反馈"),
}
INFLUENCES: dict[str, Label] = {
    "PRICE": Label("Price", "价格"),
    "DELIVERY": Label("Delivery time", "交货期"),
    "AFTER_SALES": Label("After-sales service", "售后服务"),
    "REPUTATION": Label("Reputation", "企业信誉"),
}
PRICE_ADVICE = Label(
    "Sensitive to the price: bring a competitive price with flexible payment, inside the guard for low-profit business.",
    "对价格敏感：以有竞争力的价格配合灵活的付款方式，但不越过微利业务的警戒线。",
)


@dataclass(frozen=True)
class Influence:
    code: str
    rating: int | None
    note: str


def influences_of(stored: Mapping[str, object]) -> tuple[Influence, ...]:
    """The stored ratings, the weightiest first, those not asked last; whatever else is stored is left out."""
    found = []
    for code in INFLUENCES:
        row = stored.get(code)
        row = row if isinstance(row, Mapping) else {}
        rating = row.get("rating")
        found.append(Influence(code, rating if isinstance(rating, int) and 1 <= rating <= 5 else None, str(row.get("note") or "")))
    return tuple(sorted(found, key=lambda one: -(one.rating or 0)))


def is_price_sensitive(influences: tuple[Influence, ...]) -> bool:
    """The price is rated 4 or 5 and nothing counts more."""
    rating = next((one.rating or 0 for one in influences if one.code == "PRICE"), 0)
    return rating >= 4 and all((one.rating or 0) <= rating for one in influences)
