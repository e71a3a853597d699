"""What counts in the decision, as the page shows it: the comparison with rivals, the influences, the log of needs."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext as _

from dingke.accounts.models import Account
from dingke.core.scope import Scope
from dingke.stakeholders.calc import factors, needs
from dingke.stakeholders.models import BuyingCentre, NeedEntry
from dingke.stakeholders.queries.map import said


@dataclass(frozen=True, slots=True)
class Side:
    """One column of the comparison: scores and the total, None where a score is missing."""

    name: str
    scores: tuple[int | None, ...]
    total: Decimal | None
    is_us: bool


@dataclass(frozen=True, slots=True)
class Comparison:
    """C-12: the factors in the customer's order with their weights, us and the rivals; in which factor we lie behind most."""

    type_label: str
    decider: str
    advisers: str
    factors: tuple[tuple[str, int], ...]
    sides: tuple[Side, ...]
    behind: str
    is_filled: bool


def comparison_of(centre: BuyingCentre) -> Comparison:
    """What is stored, else the order that the type of the product family says, without scores."""
    stored = centre.factors
    code = stored.get("type") or factors.TYPE_OF_FAMILY.get(centre.product_family, "HIGH_END")
    kind = factors.ORDER_OF.get(code, factors.ORDER_OF["HIGH_END"])
    order = tuple(one for one in stored.get("order", kind.factors) if one in factors.FACTORS)
    order = order if len(order) == len(factors.FACTORS) else kind.factors
    ours, rivals = stored.get("us", {}), stored.get("rivals", [])
    sides = [_side(_("We"), ours, order, is_us=True), *(_side(row["name"], row["scores"], order, is_us=False) for row in rivals)]
    strongest = max((side for side in sides if not side.is_us and side.total is not None), key=lambda side: side.total or 0, default=None)
    behind = None
    if strongest is not None:
        theirs = next(row["scores"] for row in rivals if row["name"] == strongest.name)
        behind = factors.weakest(ours, theirs, order)
    return Comparison(
        type_label=said(kind.label),
        decider=said(kind.decider),
        advisers=said(kind.advisers) if kind.advisers else "",
        factors=tuple((said(factors.FACTORS[one]), weight) for one, weight in zip(order, factors.WEIGHTS, strict=True)),
        sides=tuple(sides),
        behind=(
            _("Behind %(rival)s most in “%(factor)s”: bring proof on exactly this before the comparison is closed.")
            % {"rival": strongest.name, "factor": said(factors.FACTORS[behind])}
            if behind and strongest is not None
            else ""
        ),
        is_filled=bool(stored),
    )


def _side(name: str, scores: dict[str, int], order: tuple[str, ...], *, is_us: bool) -> Side:
    values = tuple(scores.get(code) for code in order)
    return Side(name, values, factors.weighted(values).total, is_us)


@dataclass(frozen=True, slots=True)
class InfluenceView:
    label: str
    rating: int | None
    note: str


def influences_of(centre: BuyingCentre) -> tuple[tuple[InfluenceView, ...], str]:
    """The ratings, the weightiest first, and advice when the price decides."""
    found = needs.influences_of(centre.influences)
    advice = said(needs.PRICE_ADVICE) if needs.is_price_sensitive(found) else ""
    return tuple(InfluenceView(said(needs.INFLUENCES[one.code]), one.rating, one.note) for one in found), advice


@dataclass(frozen=True, slots=True)
class NeedView:
    row: NeedEntry
    way: str


def needs_of(scope: Scope, account: Account, *, at_most: int = 20) -> list[NeedView]:
    rows = NeedEntry.objects.visible_to(scope).filter(account=account, archived_at__isnull=True)
    rows = rows.select_related("contact", "source", "by").order_by("-on_date", "-pk")[:at_most]
    return [NeedView(row, said(needs.WAYS[row.channel]) if row.channel in needs.WAYS else row.channel) for row in rows]
