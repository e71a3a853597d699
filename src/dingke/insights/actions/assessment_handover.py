"""Steps of assessments that a leaver had still to do go to somebody else."""

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
from dingke.insights.models import AssessmentStep
from dingke.people.models import User


def _steps_of(user_id: int) -> Sequence[Thing]:
    rows = AssessmentStep.objects.filter(owner_id=user_id, done_date__isnull=True, assessment__archived_at__isnull=True)
    return [
        Thing(
            id=row.pk,
            title=str(row.get_step_display()),
            account_id=row.assessment.account_id,
            link=link_to("insights:assessment", row.assessment.account_id),
            detail=f"{row.assessment.account.shown_name} · {row.due_date}",
        )
        for row in rows.select_related("assessment__account").order_by("due_date", "pk")
    ]


def _give(row: AssessmentStep, to: User, *, by: Scope, now: datetime) -> None:
    changes = {"owner": [str(row.owner), str(to)]}
    row.owner = to
    row.save()
    account_id = row.assessment.account_id
    audit.record(target=row.assessment, action="insights.hand_steps", by=by, now=now, changes=changes, account_id=account_id)


@transaction.atomic
def _hand_steps(*, leaver_id: int, receivers: Mapping[int, int], by: Scope, now: datetime) -> Iterable[Handed]:
    people = User.objects.filter(pk__in=set(receivers.values())).order_by("pk").in_bulk()
    rows = AssessmentStep.objects.filter(pk__in=receivers, owner_id=leaver_id, done_date__isnull=True)
    done = []
    for row in rows.select_related("owner", "assessment").order_by("pk"):
        _give(row, people[receivers[row.pk]], by=by, now=now)
        done.append(Handed(thing_id=row.pk, receiver_id=receivers[row.pk]))
    return done


@transaction.atomic
def _steps_back(*, leaver_id: int, rows: Sequence[Handed], by: Scope, now: datetime) -> Mapping[int, str]:
    left: dict[int, str] = {}
    leaver = User.objects.get(pk=leaver_id)
    ids = [row.thing_id for row in rows]
    steps = AssessmentStep.objects.filter(pk__in=ids).select_related("owner", "assessment").order_by("pk").in_bulk()
    for row in rows:
        step = steps.get(row.thing_id)
        if step is None or step.owner_id != row.receiver_id or step.done_date is not None:
            left[row.thing_id] = _("It was done or given to somebody else since.")
            continue
        _give(step, leaver, by=by, now=now)
    return left


PARTS = [
    Part(
        code="assessment_steps",
        label=gettext_lazy("Open steps of assessments"),
        icon="radar-2",
        things=_steps_of,
        hand=_hand_steps,
        back=_steps_back,
        follows_account=True,
        keys=("insights.AssessmentStep.owner",),
    )
]
