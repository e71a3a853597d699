"""Reads of delegations: those the caller gave and took; everybody's for roles that decide any request."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db.models import Q
from django.utils.translation import gettext as _

from dingke.approvals import access
from dingke.approvals.models import Delegation
from dingke.approvals.queries import kinds
from dingke.core.errors import NotVisible
from dingke.core.scope import Scope

SHOWN = 50


@dataclass(frozen=True, slots=True)
class Row:
    delegation: Delegation
    kinds: list[str]
    state: str  # NOW, LATER, OVER
    may_end: bool


@dataclass(frozen=True, slots=True)
class Board:
    given: list[Row]
    taken: list[Row]
    others: list[Row]
    may_for_others: bool


def board(scope: Scope, *, today: date) -> Board:
    """The caller's delegations, those that run first; three lists from one query."""
    sees_all = access.may_decide_any(scope)
    rows = Delegation.objects.select_related("giver", "taker")
    if not sees_all:
        rows = rows.filter(Q(giver_id=scope.me) | Q(taker_id=scope.me))
    shown = [_row(scope, row, today) for row in rows.order_by("ended_at", "-end_date", "-id")[: SHOWN * (3 if sees_all else 1)]]
    shown.sort(key=lambda row: ["NOW", "LATER", "OVER"].index(row.state))
    return Board(
        given=[row for row in shown if row.delegation.giver_id == scope.me],
        taken=[row for row in shown if row.delegation.taker_id == scope.me],
        others=[row for row in shown if scope.me not in {row.delegation.giver_id, row.delegation.taker_id}],
        may_for_others=sees_all,
    )


def delegation_for(scope: Scope, delegation_id: int) -> Delegation:
    """Raises `NotVisible` for everybody it does not concern."""
    row = Delegation.objects.select_related("giver", "taker").filter(pk=delegation_id).order_by("pk").first()
    if row is None or not access.can_end_delegation(scope, row):
        raise NotVisible(_("There is no such delegation, or it is not yours."))
    return row


def _row(scope: Scope, row: Delegation, today: date) -> Row:
    over = row.ended_at is not None or row.end_date < today
    state = "OVER" if over else "LATER" if row.start_date > today else "NOW"
    return Row(row, [kinds.label_of(kind) for kind in row.kinds], state, not over and bool(access.can_end_delegation(scope, row)))
