"""Reads of demonstrations: the plans of a deal, one plan with how ready it is, and the rows under it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeVar

from django.db.models import Model, Prefetch
from django.utils.translation import gettext as _

from dingke.accounts.scoping import AccountScopedQuerySet
from dingke.core.errors import NotVisible
from dingke.core.scope import Scope
from dingke.people.models import User
from dingke.pipeline.models import Opportunity
from dingke.qualification.calc import demo as calc
from dingke.qualification.models import DemoBlock, DemoFollowUp, DemoListener, DemoPlan, DemoRehearsal
from dingke.stakeholders.models import BuyingCentre

M = TypeVar("M", bound=Model)


@dataclass(frozen=True, slots=True)
class PlanShown:
    plan: DemoPlan
    audience: tuple[DemoListener, ...]
    blocks: tuple[DemoBlock, ...]
    rehearsals: tuple[DemoRehearsal, ...]
    follow_ups: tuple[DemoFollowUp, ...]
    readiness: tuple[calc.Readiness, ...]
    barriers: tuple[str, ...]
    minutes_used: int

    @property
    def ready(self) -> int:
        return sum(1 for entry in self.readiness if entry.is_ready)

    @property
    def may_go_on(self) -> bool:
        return calc.may_go_on(answers_of(self.plan))


def plans(scope: Scope, opportunity: Opportunity) -> list[PlanShown]:
    """The plans of a deal, the newest first, in a fixed number of queries."""
    rows = DemoPlan.objects.visible_to(scope).filter(opportunity=opportunity, archived_at__isnull=True)
    return [_shown(plan) for plan in _whole(rows).order_by("-pk")]


def plan_for(scope: Scope, plan_id: int) -> DemoPlan:
    plan = _whole(DemoPlan.objects.visible_to(scope)).filter(pk=plan_id).first()
    if plan is None:
        raise NotVisible(_("This plan does not exist, or its deal is not yours to see."))
    return plan


def _whole(rows: AccountScopedQuerySet[DemoPlan]) -> AccountScopedQuerySet[DemoPlan]:
    current = {"archived_at__isnull": True}
    return rows.select_related("opportunity", "opportunity__account", "opportunity__owner", "owner", "approval").prefetch_related(
        Prefetch("audience", DemoListener.objects.filter(**current).select_related("stakeholder").order_by("-weight", "pk")),
        Prefetch("blocks", DemoBlock.objects.filter(**current).order_by("position", "pk")),
        Prefetch("rehearsals", DemoRehearsal.objects.select_related("by").order_by("-on_date", "-pk")),
        Prefetch("follow_ups", DemoFollowUp.objects.filter(**current).select_related("owner", "todo").order_by("due_date", "pk")),
    )


def shown(plan: DemoPlan, *, language: str = "en") -> PlanShown:
    return _shown(plan, language)


def _shown(plan: DemoPlan, language: str = "en") -> PlanShown:
    facts = facts_of(plan)
    return PlanShown(
        plan=plan,
        audience=tuple(plan.audience.all()),
        blocks=tuple(plan.blocks.all()),
        rehearsals=tuple(plan.rehearsals.all()),
        follow_ups=tuple(plan.follow_ups.all()),
        readiness=calc.readiness(facts),
        barriers=tuple(calc.SENTENCES.text(reason, language) for reason in calc.barriers(facts, has_date=plan.demo_date is not None)),
        minutes_used=calc.minutes_used(facts),
    )


def answers_of(plan: DemoPlan) -> dict[str, str]:
    return {name: getattr(plan, name) for name in calc.QUESTIONS}


def timing_of(plan: DemoPlan) -> dict[str, bool]:
    return {name: entry["answer"] for name, entry in plan.timing.items() if isinstance(entry.get("answer"), bool)}


def facts_of(plan: DemoPlan) -> calc.Plan:
    """What the judgements read; from the prefetched rows."""
    audience = list(plan.audience.all())
    return calc.Plan(
        answers=answers_of(plan),
        aims=(plan.aim_what, plan.aim_rank, plan.aim_issues),
        audience=len(audience),
        key_listeners=sum(1 for row in audience if row.weight == 5),
        timing=timing_of(plan),
        timing_override=plan.timing_override,
        blocks=[calc.Block(row.pk, row.minutes, row.is_dropped) for row in plan.blocks.all()],
        minutes=plan.minutes,
        opening_minutes=plan.opening_minutes,
        closing_minutes=plan.closing_minutes,
        full_runs=sum(1 for row in plan.rehearsals.all() if row.is_full),
        opening=plan.opening,
        closing=plan.closing,
        checks=frozenset(plan.checks),
        needs_approval=plan.needs_approval,
        is_approved=plan.approval_state == DemoPlan.Approval.GRANTED,
    )


def listener_for(scope: Scope, row_id: int) -> DemoListener:
    return _row(DemoListener.objects.visible_to(scope).select_related("plan__opportunity__account", "stakeholder"), row_id)


def block_for(scope: Scope, row_id: int) -> DemoBlock:
    return _row(DemoBlock.objects.visible_to(scope).select_related("plan__opportunity__account"), row_id)


def follow_up_for(scope: Scope, row_id: int) -> DemoFollowUp:
    return _row(DemoFollowUp.objects.visible_to(scope).select_related("plan__opportunity__account", "todo"), row_id)


def _row(rows: AccountScopedQuerySet[M], row_id: int) -> M:
    found = rows.filter(pk=row_id).first()
    if found is None:
        raise NotVisible(_("This entry is gone."))
    return found


def is_done(row: DemoFollowUp) -> bool:
    return bool(row.todo.done_at if row.todo is not None else row.done_at)


def centre_of(opportunity: Opportunity) -> BuyingCentre | None:
    """The deal's own map of people, else the standing one of its account."""
    if opportunity.buying_centre is not None:
        return opportunity.buying_centre
    if opportunity.account_id is None:
        return None
    return BuyingCentre.objects.filter(account_id=opportunity.account_id, is_standing=True, archived_at__isnull=True).first()


def people(scope: Scope) -> Any:
    return User.objects.filter(is_active=True).order_by("pinyin", "pk") if scope.user_id else User.objects.none()
