"""The size tier of accounts (C-15): as the list filters and shows it, and as one account's page explains it."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Case, CharField, F, Q, Value, When
from django.db.models.lookups import Exact
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from dingke.accounts.calc.size_tier import GUIDE_OF, TIERS, SizeTier, TierLimits, label_of, propose_tier
from dingke.accounts.models import Account
from dingke.core import rules

LIMITS = "accounts.size_tiers"


@dataclass(frozen=True)
class TierFacts:
    """The tier that counts, and what it rests on. Lists are empty above the table."""

    tier: SizeTier
    label: str
    proposed: SizeTier | None
    proposed_label: str
    is_set: bool
    level: str
    forms: tuple[str, ...]
    needs: tuple[str, ...]
    products: tuple[str, ...]


def tier_limits() -> TierLimits:
    return rules.load(LIMITS, TierLimits)


def tier_label(tier: str) -> str:
    return label_of(SizeTier(tier)).text(get_language() or "zh-hans") if tier in set(SizeTier) else ""


def tier_choices() -> list[tuple[str, str]]:
    return [(tier.value, tier_label(tier)) for tier in TIERS]


def tier_of(account: Account, limits: TierLimits) -> str:
    """As a person set it, else as the figures propose; "" when neither is there."""
    proposed = propose_tier(headcount=account.employees, revenue=account.annual_revenue, limits=limits)
    return account.size_tier or (proposed.value if proposed else "")


def tier_facts(account: Account) -> TierFacts | None:
    """None when headcount and revenue are unknown and nobody set a tier."""
    language = get_language() or "zh-hans"
    proposed = propose_tier(headcount=account.employees, revenue=account.annual_revenue, limits=tier_limits())
    code = account.size_tier or (proposed or "")
    if not code:
        return None
    tier = SizeTier(code)
    guide = GUIDE_OF.get(tier)
    return TierFacts(
        tier=tier,
        label=tier_label(tier),
        proposed=proposed,
        proposed_label=tier_label(proposed) if proposed else _("headcount and revenue are unknown"),
        is_set=bool(account.size_tier),
        level=guide.level.text(language) if guide else "",
        forms=tuple(one.text(language) for one in guide.forms) if guide else (),
        needs=tuple(one.text(language) for one in guide.needs) if guide else (),
        products=tuple(one.text(language) for one in guide.products) if guide else (),
    )


def tier_case(limits: TierLimits) -> Case:
    """The same rule for the database: `propose_tier`, or what a person set."""
    headcount = Case(
        When(employees__isnull=True, then=Value(-1)),
        *(When(employees__lt=limit, then=Value(place)) for place, limit in enumerate(limits.headcounts)),
        default=Value(len(TIERS) - 1),
    )
    given = [(place, limit) for place, limit in enumerate(limits.revenues) if limit is not None]
    revenue = Case(
        When(annual_revenue__isnull=True, then=Value(-1)),
        When(annual_revenue__lt=given[0][1], employees__isnull=False, then=Value(0)),
        *(When(annual_revenue__lt=limit, then=Value(place)) for place, limit in given),
        default=Value(len(TIERS) - 1),
    )
    by_place = [When(_higher(headcount, revenue, place), then=Value(tier.value)) for place, tier in reversed(list(enumerate(TIERS)))]
    return Case(When(~Q(size_tier=""), then=F("size_tier")), *by_place, default=Value(""), output_field=CharField())


def _higher(headcount: Case, revenue: Case, place: int) -> Q:
    """Asked from the highest tier down: either test gives this one."""
    return Q(Exact(headcount, place)) | Q(Exact(revenue, place))
