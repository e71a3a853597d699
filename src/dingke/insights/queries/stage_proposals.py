"""The work list of proposed lifecycle stages (D-01): who should stand elsewhere by the figures and why, within the caller's reach."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db.models import Count, F, QuerySet
from django.utils.translation import gettext as _

from dingke.accounts.calc.lifecycle import LifecycleStage
from dingke.accounts.models import Account, StageDismissal, Standing
from dingke.accounts.queries.stages import stage_label, stored_reasons, told
from dingke.core.paging import CappedCount, Page, capped_count, keyset_page
from dingke.core.scope import Scope

SIZE = 50
MINE, ALL = "mine", "all"


@dataclass(frozen=True)
class ProposalFilter:
    stage: str = ""
    who: str = ALL
    dismissed: bool = False


@dataclass(frozen=True)
class ProposalRow:
    """`revenue` and `change` None when the caller's role hides amounts, or for a dismissed one."""

    account: Account
    label: str
    proposed: str
    proposed_label: str
    reasons: tuple[str, ...]
    revenue: Decimal | None
    change: Decimal | None
    dismissed_by: str = ""
    dismissed_at: datetime | None = None
    dismissed_reason: str = ""


@dataclass(frozen=True)
class ProposalHead:
    """Numbers of the choice of people: per proposed stage in their order, dismissed ones apart."""

    stages: tuple[tuple[str, str, int], ...]
    dismissed: int

    @property
    def number(self) -> int:
        return sum(number for _code, _label, number in self.stages)


def who_choices(scope: Scope) -> tuple[tuple[str, str], ...]:
    return ((ALL, _("All I see")), (MINE, _("Mine")))


def _proposed(scope: Scope, who: str) -> QuerySet[Standing]:
    rows = Standing.objects.visible_to(scope).filter(account__archived_at__isnull=True).exclude(proposed_stage="")
    rows = rows.exclude(proposed_stage=F("account__lifecycle_stage"))
    return rows.filter(account__owner_id=scope.me) if who == MINE else rows


def _dismissed(scope: Scope, who: str) -> QuerySet[StageDismissal]:
    rows = StageDismissal.objects.visible_to(scope).filter(ended_at__isnull=True, account__archived_at__isnull=True)
    rows = rows.exclude(stage=F("account__lifecycle_stage"))
    return rows.filter(account__owner_id=scope.me) if who == MINE else rows


def proposal_head(scope: Scope, who: str) -> ProposalHead:
    numbers = dict(_proposed(scope, who).order_by().values_list("proposed_stage").annotate(number=Count("pk")))
    stages = tuple((stage.value, stage_label(stage), numbers.get(stage.value, 0)) for stage in LifecycleStage)
    return ProposalHead(stages, _dismissed(scope, who).order_by().count())


def proposal_page(
    scope: Scope, wanted: ProposalFilter, *, cursor: str | None = None, size: int = SIZE
) -> tuple[Page[Standing] | Page[StageDismissal], list[ProposalRow]]:
    """One page; the largest customers first, by name for a role that does not see amounts; dismissed ones the latest first."""
    if wanted.dismissed:
        return _dismissed_page(scope, wanted, cursor=cursor, size=size)
    hides = scope.hides("amount")
    rows = _proposed(scope, wanted.who).select_related("account", "account__owner")
    if wanted.stage:
        rows = rows.filter(proposed_stage=wanted.stage)
    page = keyset_page(rows, order=["account_id"] if hides else ["-revenue", "account_id"], size=size, cursor=cursor)
    found = []
    for row in page.items:
        before = row.revenue_before
        found.append(
            ProposalRow(
                account=row.account,
                label=stage_label(row.account.lifecycle_stage),
                proposed=row.proposed_stage,
                proposed_label=stage_label(row.proposed_stage),
                reasons=told(scope, stored_reasons(row)),
                revenue=None if hides else row.revenue,
                change=None if hides or before <= 0 else (row.revenue - before) / before,
            )
        )
    return page, found


def _dismissed_page(
    scope: Scope, wanted: ProposalFilter, *, cursor: str | None, size: int
) -> tuple[Page[StageDismissal], list[ProposalRow]]:
    rows = _dismissed(scope, wanted.who).select_related("account", "account__owner")
    if wanted.stage:
        rows = rows.filter(stage=wanted.stage)
    page = keyset_page(rows, order=["-at", "-pk"], size=size, cursor=cursor)
    return page, [
        ProposalRow(
            account=row.account,
            label=stage_label(row.account.lifecycle_stage),
            proposed=row.stage,
            proposed_label=stage_label(row.stage),
            reasons=told(scope, row.reasons),
            revenue=None,
            change=None,
            dismissed_by=row.by_name,
            dismissed_at=row.at,
            dismissed_reason=row.reason,
        )
        for row in page.items
    ]


def proposal_number(scope: Scope, wanted: ProposalFilter) -> CappedCount:
    rows: QuerySet[Standing] | QuerySet[StageDismissal]
    if wanted.dismissed:
        rows = _dismissed(scope, wanted.who)
        return capped_count(rows.filter(stage=wanted.stage) if wanted.stage else rows)
    rows = _proposed(scope, wanted.who)
    return capped_count(rows.filter(proposed_stage=wanted.stage) if wanted.stage else rows)
