"""Open next actions of a leaver that are no to-dos: those with one go where the to-do goes."""

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
from dingke.qualification.models import NextAction


def _actions_of(user_id: int) -> Sequence[Thing]:
    rows = NextAction.objects.filter(owner_id=user_id, todo__isnull=True, done_at__isnull=True, archived_at__isnull=True)
    return [
        Thing(
            id=row.pk, title=f"{row.opportunity.name}: {row.text}", account_id=row.opportunity.account_id,
            link=link_to("qualification:needs", row.opportunity_id), detail=str(row.due_date),
        )
        for row in rows.select_related("opportunity").order_by("due_date", "pk")
    ]  # fmt: skip


@transaction.atomic
def _hand(*, leaver_id: int, receivers: Mapping[int, int], by: Scope, now: datetime) -> Iterable[Handed]:
    people = User.objects.filter(pk__in=set(receivers.values())).order_by("pk").in_bulk()
    done = []
    rows = NextAction.objects.filter(pk__in=receivers, owner_id=leaver_id).select_related("opportunity", "owner").order_by("pk")
    for row in rows:
        _give(row, people[receivers[row.pk]], by=by, now=now)
        done.append(Handed(thing_id=row.pk, receiver_id=receivers[row.pk]))
    return done


def _give(row: NextAction, to: User, *, by: Scope, now: datetime) -> None:
    changes = {"owner": [str(row.owner), str(to)]}
    row.owner = to
    row.save(update_fields=["owner", "updated_at"])
    audit.record(
        target=row,
        action="qualification.give_action",
        by=by,
        now=now,
        changes=changes,
        account_id=row.opportunity.account_id,
        summary=row.text,
    )


@transaction.atomic
def _back(*, leaver_id: int, rows: Sequence[Handed], by: Scope, now: datetime) -> Mapping[int, str]:
    left: dict[int, str] = {}
    leaver = User.objects.get(pk=leaver_id)
    found = NextAction.objects.filter(pk__in=[row.thing_id for row in rows]).select_related("opportunity", "owner").order_by("pk").in_bulk()
    for row in rows:
        action = found.get(row.thing_id)
        if action is None or action.owner_id != row.receiver_id or action.done_at is not None:
            left[row.thing_id] = _("It was done or given to somebody else since.")
            continue
        _give(action, leaver, by=by, now=now)
    return left


PARTS = [
    Part(
        code="next_actions", label=gettext_lazy("Next actions of deals"), icon="arrow-big-right-lines", things=_actions_of, hand=_hand,
        back=_back, follows_account=True, keys=("qualification.NextAction.owner",),
    ),
]  # fmt: skip
