"""The three factors by which people buy (J-09): quality, price, service; we and each rival scored 1 to 5 on each.

Pure. No supplier is best in all three: the comparison says where we lead, where we are behind, and by how much.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from dingke.core.reasons import Label, Reason, Sentences

FACTORS = (
    ("QUALITY", Label("Quality", "品质")),
    ("PRICE", Label("Price", "价格")),
    ("SERVICE", Label("Service", "服务")),
)
LEAST, MOST = 1, 5

SENTENCES = Sentences(
    {
        "LEAD": ("We lead on {factors}: speak of these first.", "我们领先在{factors}：先谈这些。"),
        "BEHIND": (
            "We are behind on {factors}: say openly what the customer gets for it.",
            "我们落后在{factors}：坦率说明客户因此得到什么。",
        ),
        "EVEN": ("Even on {factors}.", "{factors}不分上下。"),
        "BEST_IN_ALL": (
            "{name} is marked best in all three. Nobody gives the best quality, the best service and the lowest price together: check it.",
            "{name}三项都被评为最好。没有哪家能同时给出最好的品质、最好的服务和最低的价格：请再核实。",
        ),
    }
)


@dataclass(frozen=True, slots=True)
class Offer:
    """One supplier with its scores by factor code; the higher the better (a high price score: the cheaper)."""

    name: str
    scores: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Comparison:
    total: Mapping[str, Decimal]  # weighted mean by supplier, 1 to 5
    reasons: tuple[Reason, ...]


def compare(us: Offer, rivals: Sequence[Offer], weights: Mapping[str, Decimal] | None = None) -> Comparison:
    """Against the best rival on each factor. ValueError when a score is missing or outside 1 to 5, or no weight is above 0."""
    for offer in (us, *rivals):
        for code, _label in FACTORS:
            if not LEAST <= offer.scores.get(code, 0) <= MOST:
                raise ValueError(f"the score of {offer.name} for {code} lies between {LEAST} and {MOST}")
    share = {code: (weights or {}).get(code, Decimal(1)) for code, _label in FACTORS}
    if any(value < 0 for value in share.values()) or not sum(share.values()):
        raise ValueError("weights are 0 or more, and one is above 0")
    whole = sum(share.values(), Decimal(0))
    total = {offer.name: sum((share[code] * offer.scores[code] for code, _label in FACTORS), Decimal(0)) / whole for offer in (us, *rivals)}
    groups: dict[str, list[Label]] = {"LEAD": [], "BEHIND": [], "EVEN": []}
    for code, label in FACTORS:
        if rivals:
            best = max(rival.scores[code] for rival in rivals)
            mine = us.scores[code]
            groups["LEAD" if mine > best else "BEHIND" if mine < best else "EVEN"].append(label)
    reasons = [Reason(code, {"factors": labels}) for code, labels in groups.items() if labels]
    reasons += [
        Reason("BEST_IN_ALL", {"name": offer.name})
        for offer in (us, *rivals)
        if all(offer.scores[code] == MOST for code, _label in FACTORS)
    ]
    return Comparison(total, tuple(reasons))
