"""Plans of demonstrations of a leaver that are still to be held: they go to whoever takes the deal's account over."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dingke.core import audit
from dingke.core.handover import Handed, Part, Thing
from dingke.core.links import link_to
from dingke.core.scope import Scope
from dingke.people.models import User
from dingke.qualification.models import DemoPlan


def _plans_of(user_id: int) -> Sequence[Thing]:
    rows = DemoPlan.objects.filter(owner_id=user_id, held_date__isnull=True, archived_at__isnull=True).select_related("opportunity")
    return [
        Thing(
            id=row.pk,
            title=f"{row.opportunity.name}: {row.title}",
            account_id=row.opportunity.account_id,
            link=link_to("qualification:demo_plan", row.pk),
            detail=str(row.demo_date or ""),
        )
        for row in rows.order_by("demo_date", "pk")
    ]


@transaction.atomic
def _hand(*, leaver_id: int, receivers: Mapping[int, int], by: Scope, now: datetime) -> Iterable[Handed]:
    people = User.objects.filter(pk__in=set(receivers.values())).order_by("pk").in_bulk()
    rows = DemoPlan.objects.filter(pk__in=receivers, owner_id=leaver_id).select_related("opportunity", "owner").order_by("pk")
    done = []
    for row in rows:
        _give(row, people[receivers[row.pk]], by=by, now=now)
        done.append(Handed(thing_id=row.pk, receiver_id=receivers[row.pk]))
    return done


def _give(row: DemoPlan, to: User, *, by: Scope, now: datetime) -> None:
    changes = {"owner": [str(row.owner), str(to)]}
    row.owner = to
    row.save(update_fields=["owner", "updated_at"])
    audit.record(target=row, action="demo.give", by=by, now=now, changes=changes, account_id=row.opportunity.account_id, summary=row.title)


@transaction.atomic
def _back(*, leaver_id: int, rows: Sequence[Handed], by: Scope, now: datetime) -> Mapping[int, str]:
    left: dict[int, str] = {}
    leaver = User.objects.get(pk=leaver_id)
    found = DemoPlan.objects.filter(pk__in=[row.thing_id for row in rows]).select_related("opportunity", "owner").order_by("pk").in_bulk()
    for row in rows:
        plan = found.get(row.thing_id)
        if plan is None or plan.owner_id != row.receiver_id or plan.held_date is not None:
            left[row.thing_id] = _("It was held or given to somebody else since.")
            continue
        _give(plan, leaver, by=by, now=now)
    return left


PARTS = [
    Part(
        code="demo_plans", label=gettext_lazy("Planned demonstrations"), icon="presentation-analytics", things=_plans_of, hand=_hand,
        back=_back, follows_account=True, keys=("qualification.DemoPlan.owner",),
    ),
]  # fmt: skip
