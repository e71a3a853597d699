"""What the form of a deal offers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Q, QuerySet
from django.urls import reverse

from dingke.accounts.models import Account, Competitor
from dingke.accounts.queries.account import visible_accounts
from dingke.core.models import ListItem
from dingke.core.scope import Scope
from dingke.ledger.models import Product
from dingke.people.models import User
from dingke.people.queries import assignable
from dingke.pipeline.models import Opportunity, PlaybookVersion
from dingke.pipeline.queries.playbooks import offered_versions, pipeline_rules


@dataclass(frozen=True, slots=True)
class Pickers:
    accounts: QuerySet[Account]
    playbooks: QuerySet[PlaybookVersion]
    sources: QuerySet[ListItem]
    owners: QuerySet[User]
    families: Sequence[str]
    accounts_url: str


def pickers(scope: Scope, deal: Opportunity | None = None) -> Pickers:
    """An account that is not shared with the caller, or a source that was switched off, stays where the deal has it."""
    accounts = visible_accounts(scope)
    if deal is not None and deal.account_id:
        accounts = Account.objects.filter(Q(pk__in=accounts.order_by().values("pk")) | Q(pk=deal.account_id)).order_by("pinyin", "pk")
    held = deal.source_id if deal else None
    return Pickers(
        accounts=accounts,
        playbooks=offered_versions(),
        sources=ListItem.objects.filter(Q(list_code="account_sources", is_active=True) | Q(pk=held or 0)).order_by("position", "id"),
        owners=assignable(scope),
        families=families(),
        accounts_url=reverse("accounts:parents"),
    )


def families() -> list[str]:
    """Product families as the price list and the rules of F-06 know them."""
    known = Product.objects.exclude(family="").order_by("family").values_list("family", flat=True).distinct()[:300]
    return list(dict.fromkeys([*known, *(str(row["family"]) for row in pipeline_rules().families)]))


def products(text: str = "") -> QuerySet[Product]:
    rows = Product.objects.filter(archived_at__isnull=True).order_by("name", "pk")
    return rows.filter(Q(name__icontains=text) | Q(code__icontains=text)) if text else rows


def competitor_names() -> list[str]:
    return list(Competitor.objects.order_by("name").values_list("name", flat=True)[:500])
