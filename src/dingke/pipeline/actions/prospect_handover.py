"""Companies on the prospect board that a leaver had go to somebody else."""

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
from dingke.pipeline.actions.prospects import OPEN
from dingke.pipeline.models import Prospect


def _companies_of(user_id: int) -> Sequence[Thing]:
    rows = Prospect.objects.filter(owner_id=user_id, stage__in=OPEN, archived_at__isnull=True).order_by("pk")
    return [
        Thing(id=row.pk, title=row.name, account_id=None, link=link_to("pipeline:prospect", row.pk), detail=str(row.get_stage_display()))
        for row in rows
    ]


def _give(row: Prospect, to: User, *, by: Scope, now: datetime) -> None:
    changes = {"owner": [str(row.owner), str(to)]}
    row.owner = to
    row.save(update_fields=["owner", "updated_at"])
    audit.record(target=row, action="pipeline.hand_over_prospect", by=by, now=now, changes=changes, summary=row.name)


@transaction.atomic
def _hand(*, leaver_id: int, receivers: Mapping[int, int], by: Scope, now: datetime) -> Iterable[Handed]:
    people = User.objects.filter(pk__in=set(receivers.values())).order_by("pk").in_bulk()
    done = []
    for row in Prospect.objects.filter(pk__in=receivers, owner_id=leaver_id).select_related("owner").order_by("pk"):
        _give(row, people[receivers[row.pk]], by=by, now=now)
        done.append(Handed(thing_id=row.pk, receiver_id=receivers[row.pk]))
    return done


@transaction.atomic
def _back(*, leaver_id: int, rows: Sequence[Handed], by: Scope, now: datetime) -> Mapping[int, str]:
    left: dict[int, str] = {}
    leaver = User.objects.get(pk=leaver_id)
    found = Prospect.objects.filter(pk__in=[row.thing_id for row in rows]).select_related("owner").order_by("pk").in_bulk()
    for row in rows:
        company = found.get(row.thing_id)
        if company is None or company.owner_id != row.receiver_id:
            left[row.thing_id] = _("It has another owner since.")
            continue
        _give(company, leaver, by=by, now=now)
    return left


PARTS = [
    Part(
        code="prospects", label=gettext_lazy("Prospects"), icon="target-arrow", things=_companies_of, hand=_hand, back=_back,
        keys=("pipeline.Prospect.owner",),
    )
]  # fmt: skip
