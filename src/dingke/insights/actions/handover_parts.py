"""Open cases and risks that a leaver works on: those of handed accounts follow the account, the others are given on here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dingke.core import audit
from dingke.core.handover import Handed, Part, Thing
from dingke.core.scope import Scope
from dingke.insights.models import LossCase, Risk
from dingke.people.models import User

Receivers = Mapping[int, int]


def _open_cases(user_id: int) -> Any:
    return LossCase.objects.filter(owner_id=user_id, state=LossCase.State.OPEN).select_related("account").order_by("deadline_date", "pk")


def _open_risks(user_id: int) -> Any:
    return Risk.objects.filter(owner_id=user_id, closed_at__isnull=True).select_related("account").order_by("pk")


def _cases_of(user_id: int) -> Sequence[Thing]:
    return [
        Thing(
            id=row.pk, title=row.account.name, detail=str(row.get_kind_display()), account_id=row.account_id,
            link=reverse("insights:case", args=[row.pk]),
        )
        for row in _open_cases(user_id)
    ]  # fmt: skip


def _risks_of(user_id: int) -> Sequence[Thing]:
    return [
        Thing(
            id=row.pk, title=row.sign, detail=row.account.shown_name, account_id=row.account_id,
            link=reverse("workspace:account", args=[row.account_id]),
        )
        for row in _open_risks(user_id)
    ]  # fmt: skip


def _give(row: LossCase | Risk, to: User, *, by: Scope, now: datetime) -> None:
    changes = {"owner": [str(row.owner), str(to)]}
    row.owner, row.version = to, row.version + 1
    row.save()
    audit.record(target=row, action="insights.hand_over", by=by, now=now, changes=changes, account_id=row.account_id)


def _hand(model: type[LossCase] | type[Risk], leaver_id: int, receivers: Receivers, by: Scope, now: datetime) -> list[Handed]:
    people = {user.pk: user for user in User.objects.filter(pk__in=set(receivers.values())).order_by("pk")}
    done = []
    for row in model.objects.filter(pk__in=receivers, owner_id=leaver_id).select_related("owner").order_by("pk"):
        _give(row, people[receivers[row.pk]], by=by, now=now)
        done.append(Handed(thing_id=row.pk, receiver_id=receivers[row.pk]))
    return done


def _back(model: type[LossCase] | type[Risk], leaver_id: int, rows: Sequence[Handed], by: Scope, now: datetime) -> dict[int, str]:
    left: dict[int, str] = {}
    leaver = User.objects.get(pk=leaver_id)
    known = {row.pk: row for row in model.objects.filter(pk__in=[one.thing_id for one in rows]).select_related("owner").order_by("pk")}
    for one in rows:
        row = known.get(one.thing_id)
        if row is None or row.owner_id != one.receiver_id or row.closed_at is not None:
            left[one.thing_id] = _("It was closed or given to somebody else since.")
        else:
            _give(row, leaver, by=by, now=now)
    return left


@transaction.atomic
def _hand_cases(*, leaver_id: int, receivers: Receivers, by: Scope, now: datetime) -> Iterable[Handed]:
    return _hand(LossCase, leaver_id, receivers, by, now)


@transaction.atomic
def _cases_back(*, leaver_id: int, rows: Sequence[Handed], by: Scope, now: datetime) -> Mapping[int, str]:
    return _back(LossCase, leaver_id, rows, by, now)


@transaction.atomic
def _hand_risks(*, leaver_id: int, receivers: Receivers, by: Scope, now: datetime) -> Iterable[Handed]:
    return _hand(Risk, leaver_id, receivers, by, now)


@transaction.atomic
def _risks_back(*, leaver_id: int, rows: Sequence[Handed], by: Scope, now: datetime) -> Mapping[int, str]:
    return _back(Risk, leaver_id, rows, by, now)


PARTS = (
    Part(
        code="loss_cases", label=gettext_lazy("Open cases of loss"), icon="first-aid-kit", things=_cases_of, hand=_hand_cases,
        back=_cases_back, follows_account=True, keys=("insights.LossCase.owner",),
    ),
    Part(
        code="risks", label=gettext_lazy("Risks looked after"), icon="shield-exclamation", things=_risks_of, hand=_hand_risks,
        back=_risks_back, follows_account=True, keys=("insights.Risk.owner",),
    ),
)  # fmt: skip
