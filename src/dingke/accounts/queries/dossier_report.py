"""C-04: information by source and age over every account the caller sees, and where the dossiers are thinnest."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Count, Max, Min, Q

from dingke.accounts.calc.dossier import Completeness
from dingke.accounts.calc.dossier_fields import FIELDS, FieldGroup
from dingke.accounts.models import Account, AccountCompetitor, DossierEntry
from dingke.accounts.queries.account import visible_accounts
from dingke.accounts.queries.dossier import RIVAL_COLUMNS, settings_in_force
from dingke.core.models import ListItem
from dingke.core.scope import Scope

THINNEST = 30
AGES = (90, 180, 365)  # days: up to a quarter, half a year, a year, older
ENTRY_FIELDS = [field.key for field in FIELDS if field.required and field.group is not FieldGroup.COMPETITOR]
RIVAL_FIELDS = [field.key for field in FIELDS if field.required and field.group is FieldGroup.COMPETITOR]


@dataclass(frozen=True)
class SourceAges:
    source: str
    total: int
    by_age: tuple[int, ...]
    stale: int
    newest: date
    oldest: date


@dataclass(frozen=True)
class ThinDossier:
    account: Account
    completeness: Completeness
    newest: date | None
    is_stale: bool


@dataclass(frozen=True)
class Report:
    rows: tuple[SourceAges, ...]
    total: int
    stale: int
    stale_days: int
    thin: tuple[ThinDossier, ...]
    only_key: bool


def dossier_report(scope: Scope, *, today: date, only_key: bool = False) -> Report:
    """Counted by the database in five queries, whatever the number of entries."""
    settings = settings_in_force()
    entries = DossierEntry.objects.visible_to(scope).current().filter(account__archived_at__isnull=True)
    if only_key:
        entries = entries.filter(account__is_key=True)
    bounds = [today - timedelta(days=days) for days in AGES]
    grouped = (
        entries.order_by()
        .values("source_id")
        .annotate(
            total=Count("pk"),
            age_0=Count("pk", filter=Q(as_of_date__gte=bounds[0])),
            age_1=Count("pk", filter=Q(as_of_date__lt=bounds[0], as_of_date__gte=bounds[1])),
            age_2=Count("pk", filter=Q(as_of_date__lt=bounds[1], as_of_date__gte=bounds[2])),
            age_3=Count("pk", filter=Q(as_of_date__lt=bounds[2])),
            stale=Count("pk", filter=Q(as_of_date__lt=today - timedelta(days=settings.stale_days))),
            newest=Max("as_of_date"),
            oldest=Min("as_of_date"),
        )
        .order_by("-total", "source_id")
    )
    found = list(grouped)
    names = {row.pk: row.label for row in ListItem.objects.filter(pk__in=[row["source_id"] for row in found]).order_by("pk")}
    rows = tuple(
        SourceAges(
            names[row["source_id"]],
            row["total"],
            (row["age_0"], row["age_1"], row["age_2"], row["age_3"]),
            row["stale"],
            row["newest"],
            row["oldest"],
        )
        for row in found
    )
    thin = _thinnest(scope, today=today, stale_days=settings.stale_days)
    return Report(rows, sum(row.total for row in rows), sum(row.stale for row in rows), settings.stale_days, thin, only_key)


def _thinnest(scope: Scope, *, today: date, stale_days: int) -> tuple[ThinDossier, ...]:
    """Key accounts with the fewest known fields, then with the oldest newest entry."""
    kept = Q(dossier_entries__archived_at__isnull=True, dossier_entries__field__in=ENTRY_FIELDS) & ~Q(dossier_entries__text="")
    accounts = list(
        visible_accounts(scope)
        .filter(is_key=True)
        .select_related("owner")
        .annotate(known=Count("dossier_entries__field", filter=kept, distinct=True), newest=Max("dossier_entries__as_of_date", filter=kept))
        .order_by("known", "newest", "pinyin", "pk")[: THINNEST * 2]
    )
    of_rivals: dict[int, set[str]] = {}
    for rival in AccountCompetitor.objects.visible_to(scope).current().filter(account__in=accounts).order_by("pk"):
        filled = {key for key in RIVAL_FIELDS if any(getattr(rival, column) not in {None, ""} for column in RIVAL_COLUMNS[key])}
        of_rivals.setdefault(rival.account_id, set()).update(filled)
    required = len(ENTRY_FIELDS) + len(RIVAL_FIELDS)
    limit = today - timedelta(days=stale_days)
    rows = [
        ThinDossier(
            account,
            Completeness(account.known + len(of_rivals.get(account.pk, ())), required),
            account.newest,
            account.newest is None or account.newest < limit,
        )
        for account in accounts
    ]
    return tuple(sorted(rows, key=lambda row: (row.completeness.filled, row.newest or date.min, row.account.pinyin))[:THINNEST])
