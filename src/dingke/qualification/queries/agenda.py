"""Which deals belong on the agenda of a review (P-09): the slow and the slipping ones, with the reasons."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import F, Q, QuerySet

from dingke.core.models import AuditEntry
from dingke.core.reasons import Reason
from dingke.core.scope import Scope
from dingke.pipeline.models import Opportunity
from dingke.qualification.calc import review as calc
from dingke.qualification.models import DealReview

LOOKED_AT = 400  # the largest deals that show any sign
PROPOSED = 12
MOVED_WITHIN = timedelta(days=90)
SHORTEST_LIMIT = timedelta(days=3)


@dataclass(frozen=True, slots=True)
class Proposed:
    opportunity: Opportunity
    reasons: tuple[dict[str, object], ...]  # as they are stored
    sentences: tuple[str, ...]


def of_mine(scope: Scope) -> QuerySet[Opportunity]:
    """Open deals that the caller may put on an agenda: visible, and owned by the caller or somebody the caller leads."""
    rows = Opportunity.objects.visible_to(scope).filter(state=Opportunity.State.OPEN, archived_at__isnull=True)
    return rows if scope.sees_all else rows.filter(owner_id__in=sorted(scope.user_ids))


def proposals(scope: Scope, review: DealReview, *, today: date, language: str) -> tuple[Proposed, ...]:
    """Slow and slipping deals that are not on the agenda yet, the weightiest first. Two queries."""
    signs = Q(expected_date__lt=today) | Q(next_step="") | Q(next_step_date__lt=today) | Q(stage_since__lt=today - SHORTEST_LIMIT)
    rows = of_mine(scope).filter(signs).exclude(pk__in=review.items.order_by().values("opportunity_id"))
    rows = rows.select_related("account", "owner", "playbook_version").order_by(F("amount").desc(nulls_last=True), "pk")
    deals = {deal.pk: deal for deal in rows[:LOOKED_AT]}
    moved = times_moved(list(deals), since=today - MOVED_WITHIN)
    found = calc.propose((facts(deal, times_moved=moved.get(deal.pk, 0)) for deal in deals.values()), today=today, at_most=PROPOSED)
    return tuple(
        Proposed(
            deals[entry.key],
            tuple(reason.as_json() for reason in entry.reasons),
            tuple(calc.SENTENCES.text(reason, language) for reason in entry.reasons),
        )
        for entry in found
    )


def reasons_today(opportunity: Opportunity, *, today: date) -> list[dict[str, object]]:
    """Why a deal stands on the agenda, as of today; "by hand" when nothing speaks for it."""
    moved = times_moved([opportunity.pk], since=today - MOVED_WITHIN).get(opportunity.pk, 0)
    found = calc.reasons_for(facts(opportunity, times_moved=moved), today=today)
    return [reason.as_json() for reason in found] or [Reason("BY_HAND").as_json()]


def facts(deal: Opportunity, *, times_moved: int) -> calc.DealFacts:
    return calc.DealFacts(
        key=deal.pk,
        amount=deal.amount,
        stage_since=deal.stage_since,
        stage_limit_days=stage_limit(deal),
        expected_date=deal.expected_date,
        times_moved=times_moved,
        next_step=deal.next_step,
        next_step_date=deal.next_step_date,
    )


def stage_of(deal: Opportunity) -> dict[str, Any]:
    """The stage as the deal's version of the playbook describes it; empty when that does not know it."""
    stages: Sequence[dict[str, Any]] = deal.playbook_version.content.get("stages", [])
    return next((stage for stage in stages if stage.get("code") == deal.stage), {})


def stage_limit(deal: Opportunity) -> int | None:
    limit = stage_of(deal).get("days")
    return int(limit) if limit else None


def times_moved(deal_ids: Sequence[int], *, since: date) -> dict[int, int]:
    """How often the expected day was put later since a day, by deal, from the audit trail."""
    if not deal_ids:
        return {}
    entries = AuditEntry.objects.filter(
        target=Opportunity._meta.label_lower, target_id__in=deal_ids, at__date__gte=since, changes__has_key="expected_date"
    )
    counted: Counter[int] = Counter()
    for deal_id, changes in entries.order_by().values_list("target_id", "changes"):
        pair = changes["expected_date"]
        if isinstance(pair, list) and len(pair) == 2 and pair[0] and pair[1] and str(pair[1]) > str(pair[0]):
            counted[deal_id] += 1
    return dict(counted)


def matching(scope: Scope, review: DealReview, *, text: str) -> list[Opportunity]:
    """Deals by name, for the chair to put on the agenda by hand."""
    words = text.strip()
    if not words:
        return []
    named = Q(name__icontains=words) | Q(name_pinyin__icontains=words.lower()) | Q(account__name__icontains=words)
    rows = of_mine(scope).filter(named).exclude(pk__in=review.items.order_by().values("opportunity_id"))
    return list(rows.select_related("account", "owner").order_by("-pk")[:10])
