"""Which accounts are to be assessed again, and why (A-15): by their cycle, and by what happened since."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db.models import Exists, OuterRef, QuerySet, Subquery
from django.utils.translation import get_language

from dingke.accounts.calc.dossier_fields import FIELDS, FieldGroup
from dingke.accounts.models import Account, AccountCompetitor, DossierEntry, StageChange
from dingke.accounts.scoping import AccountScopedQuerySet
from dingke.core import rules
from dingke.core.reasons import Reason
from dingke.core.scope import Scope
from dingke.insights.calc import assessment_due as calc
from dingke.insights.calc.assessment import AssessmentSettings
from dingke.insights.calc.assessment_due import Trigger
from dingke.insights.calc.rules import key_of
from dingke.insights.models import Assessment

INDUSTRY = "INDUSTRY"
RIVALS = [field.key for field in FIELDS if field.group is FieldGroup.COMPETITOR]
SITUATION = [field.key for field in FIELDS if field.group is FieldGroup.BACKGROUND and field.key != INDUSTRY]


def settings_in_force() -> AssessmentSettings:
    return rules.load(key_of("assessment"), AssessmentSettings)


def rated() -> AccountScopedQuerySet[Assessment]:
    """Finished assessments, the newest first."""
    return Assessment.objects.current().filter(state=Assessment.State.DONE).order_by("-assessed_date", "-pk")


@dataclass(frozen=True)
class DueRow:
    """An account with its newest assessment and the reasons to assess it (again)."""

    account: Account
    assessment: Assessment | None
    reasons: tuple[tuple[Trigger, Reason], ...]
    has_open: bool

    @property
    def is_due(self) -> bool:
        return calc.is_due(self.reasons)

    @property
    def triggers(self) -> set[str]:
        return {trigger.value for trigger, _reason in self.reasons}

    @property
    def sentences(self) -> list[str]:
        language = get_language() or "zh-hans"
        return [calc.SENTENCES.text(reason, language) for _trigger, reason in self.reasons]


def assessed_accounts(scope: Scope, *, account_ids: list[int] | None = None) -> QuerySet[Account]:
    """Key accounts and every account with an assessment, each with the days of its newest news. Only what the caller sees."""
    mine = rated().filter(account=OuterRef("pk"))
    facts = DossierEntry.objects.current().filter(account=OuterRef("pk")).order_by("-as_of_date", "-pk").values("as_of_date")
    rivals = AccountCompetitor.objects.current().filter(account=OuterRef("pk")).order_by("-noted_date").values("noted_date")
    stages = StageChange.objects.filter(account=OuterRef("pk")).exclude(before="").order_by("-since_date").values("since_date")
    rows = Account.objects.visible_to(scope).filter(archived_at__isnull=True)
    if account_ids is not None:
        rows = rows.filter(pk__in=account_ids)
    return (
        rows.annotate(newest_id=Subquery(mine.values("pk")[:1]))
        .filter(Exists(Assessment.objects.filter(account=OuterRef("pk"))) | Exists(Account.objects.filter(pk=OuterRef("pk"), is_key=True)))
        .annotate(
            rival_date=Subquery(rivals[:1]),
            rival_fact_date=Subquery(facts.filter(field__in=RIVALS)[:1]),
            market_date=Subquery(facts.filter(field=INDUSTRY)[:1]),
            fact_date=Subquery(facts.filter(field__in=SITUATION)[:1]),
            moved_date=Subquery(stages[:1]),
            has_open=Exists(Assessment.objects.filter(account=OuterRef("pk"), state=Assessment.State.OPEN, archived_at__isnull=True)),
        )
        .select_related("owner", "standing")
        .order_by("pinyin", "pk")
    )


def due_rows(scope: Scope, *, today: date, account_ids: list[int] | None = None) -> list[DueRow]:
    """Every assessed account and key account with its reasons; three queries, whatever the number."""
    settings = settings_in_force()
    accounts = list(assessed_accounts(scope, account_ids=account_ids))
    newest = {row.pk: row for row in rated().filter(pk__in=[account.newest_id for account in accounts if account.newest_id])}  # type: ignore[attr-defined]
    found = []
    for account in accounts:
        row = newest.get(account.newest_id)  # type: ignore[attr-defined]
        facts = _facts(account, row)
        found.append(DueRow(account, row, calc.due_reasons(facts, today=today, settings=settings), account.has_open))  # type: ignore[attr-defined]
    return found


def _facts(account: Account, row: Assessment | None) -> calc.DueFacts:
    if row is None:
        return calc.DueFacts(is_key=account.is_key)
    standing = getattr(account, "standing", None)
    fresher = standing is not None and row.measured_date is not None and standing.as_of_date > row.measured_date
    return calc.DueFacts(
        is_key=account.is_key,
        assessed_date=row.assessed_date,
        next_date=row.next_date,
        level=row.level,
        revenue_then=row.revenue_then,
        revenue_now=standing.revenue if standing and fresher else None,
        class_then=row.class_then,
        class_now=standing.abc if standing and fresher else "",
        quiet_then=row.quiet_then,
        quiet_now=bool(standing and fresher and standing.is_quiet),
        competitor_date=_newest(account.rival_date, account.rival_fact_date),  # type: ignore[attr-defined]
        market_date=account.market_date,  # type: ignore[attr-defined]
        situation_date=_newest(account.fact_date, account.moved_date),  # type: ignore[attr-defined]
    )


def _newest(*days: date | None) -> date | None:
    return max((day for day in days if day is not None), default=None)
