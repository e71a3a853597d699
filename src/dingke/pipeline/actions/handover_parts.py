"""Deals and open steps that a leaver had go to somebody else."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dingke.core import audit, bus
from dingke.core.handover import Handed, Part, Thing
from dingke.core.links import link_to
from dingke.core.scope import Scope
from dingke.people.models import User
from dingke.pipeline.events import OpportunityGiven
from dingke.pipeline.models import Opportunity, StepRun


def _deals_of(user_id: int) -> Sequence[Thing]:
    rows = Opportunity.objects.filter(owner_id=user_id).select_related("account").order_by("state", "expected_date", "pk")
    return [
        Thing(
            id=row.pk, title=row.name, account_id=row.account_id, link=link_to("pipeline:deal", row.pk),
            detail=" · ".join(part for part in (row.account.shown_name if row.account else "", str(row.get_state_display())) if part),
        )
        for row in rows
    ]  # fmt: skip


def _give(row: Opportunity, to: User, *, action: str, by: Scope, now: datetime) -> None:
    before = row.owner
    row.owner = to
    row.save(update_fields=["owner", "updated_at"])
    changes = {"owner": [str(before), str(to)]}
    audit.record(target=row, action=action, by=by, now=now, changes=changes, account_id=row.account_id, summary=row.name)
    bus.publish(OpportunityGiven(opportunity_id=row.pk, before_id=before.pk, after_id=to.pk, by_id=by.user_id), now=now)


@transaction.atomic
def _hand_deals(*, leaver_id: int, receivers: Mapping[int, int], by: Scope, now: datetime) -> Iterable[Handed]:
    people = User.objects.filter(pk__in=set(receivers.values())).order_by("pk").in_bulk()
    done = []
    for row in Opportunity.objects.filter(pk__in=receivers, owner_id=leaver_id).select_related("owner").order_by("pk"):
        _give(row, people[receivers[row.pk]], action="pipeline.hand_over", by=by, now=now)
        done.append(Handed(thing_id=row.pk, receiver_id=receivers[row.pk]))
    return done


@transaction.atomic
def _deals_back(*, leaver_id: int, rows: Sequence[Handed], by: Scope, now: datetime) -> Mapping[int, str]:
    left: dict[int, str] = {}
    leaver = User.objects.get(pk=leaver_id)
    found = Opportunity.objects.filter(pk__in=[row.thing_id for row in rows]).select_related("owner").order_by("pk").in_bulk()
    for row in rows:
        deal = found.get(row.thing_id)
        if deal is None or deal.owner_id != row.receiver_id:
            left[row.thing_id] = _("It has another owner since.")
            continue
        _give(deal, leaver, action="pipeline.hand_back", by=by, now=now)
    return left


def _steps_of(user_id: int) -> Sequence[Thing]:
    rows = StepRun.objects.filter(
        assignee_id=user_id, done_at__isnull=True, archived_at__isnull=True, opportunity__state=Opportunity.State.OPEN
    ).select_related("opportunity")
    return [
        Thing(
            id=row.pk, title=f"{row.opportunity.name}: {row.step}", account_id=row.opportunity.account_id,
            link=link_to("pipeline:deal", row.opportunity_id), detail=str(row.due_date or ""),
        )
        for row in rows.order_by("due_date", "pk")
    ]  # fmt: skip


@transaction.atomic
def _hand_steps(*, leaver_id: int, receivers: Mapping[int, int], by: Scope, now: datetime) -> Iterable[Handed]:
    people = User.objects.filter(pk__in=set(receivers.values())).order_by("pk").in_bulk()
    done = []
    for row in StepRun.objects.filter(pk__in=receivers, assignee_id=leaver_id).select_related("opportunity").order_by("pk"):
        _assign(row, people[receivers[row.pk]], by=by, now=now)
        done.append(Handed(thing_id=row.pk, receiver_id=receivers[row.pk]))
    return done


def _assign(row: StepRun, to: User, *, by: Scope, now: datetime) -> None:
    changes = {"assignee": [str(row.assignee or ""), str(to)]}
    row.assignee = to
    row.save(update_fields=["assignee", "updated_at"])
    account_id = row.opportunity.account_id
    audit.record(target=row.opportunity, action="pipeline.hand_steps", by=by, now=now, changes=changes, account_id=account_id)


@transaction.atomic
def _steps_back(*, leaver_id: int, rows: Sequence[Handed], by: Scope, now: datetime) -> Mapping[int, str]:
    left: dict[int, str] = {}
    leaver = User.objects.get(pk=leaver_id)
    found = StepRun.objects.filter(pk__in=[row.thing_id for row in rows]).select_related("opportunity", "assignee").order_by("pk").in_bulk()
    for row in rows:
        step = found.get(row.thing_id)
        if step is None or step.assignee_id != row.receiver_id or step.done_at is not None:
            left[row.thing_id] = _("It was done or given to somebody else since.")
            continue
        _assign(step, leaver, by=by, now=now)
    return left


PARTS = [
    Part(
        code="deals", label=gettext_lazy("Opportunities"), icon="target-arrow", things=_deals_of, hand=_hand_deals, back=_deals_back,
        follows_account=True, keys=("pipeline.Opportunity.owner",),
    ),
    Part(
        code="deal_steps", label=gettext_lazy("Open steps of deals"), icon="list-check", things=_steps_of, hand=_hand_steps,
        back=_steps_back, follows_account=True, keys=("pipeline.StepRun.assignee",),
    ),
]  # fmt: skip
