"""Invitations by mail: the list with what became of each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from dingke.core import paging
from dingke.core.access import needs
from dingke.core.errors import NotVisible
from dingke.core.scope import Scope
from dingke.people.calc import Role
from dingke.people.models import ROLE_LABELS, Invitation

SIZE = 50


class State(StrEnum):
    WAITING = "WAITING"
    UNSENT = "UNSENT"
    EXPIRED = "EXPIRED"
    ACCEPTED = "ACCEPTED"
    WITHDRAWN = "WITHDRAWN"


def state_of(invitation: Invitation, now: datetime) -> State:
    if invitation.accepted_at:
        return State.ACCEPTED
    if invitation.withdrawn_at:
        return State.WITHDRAWN
    if invitation.expires_at <= now:
        return State.EXPIRED
    return State.WAITING if invitation.sent_at else State.UNSENT


def state_words(state: State) -> str:
    return {
        State.WAITING: _("waits for an answer"),
        State.UNSENT: _("mail did not go out"),
        State.EXPIRED: _("too old"),
        State.ACCEPTED: _("taken up"),
        State.WITHDRAWN: _("withdrawn"),
    }[state]


TONES = {State.WAITING: "amber", State.UNSENT: "red", State.EXPIRED: "grey", State.ACCEPTED: "green", State.WITHDRAWN: "grey"}


@dataclass(frozen=True, slots=True)
class InvitationRow:
    invitation: Invitation
    state: State

    @property
    def words(self) -> str:
        return state_words(self.state)

    @property
    def tone(self) -> str:
        return TONES[self.state]

    @property
    def is_open(self) -> bool:
        return self.state in {State.WAITING, State.UNSENT, State.EXPIRED}

    @property
    def role_label(self) -> str:
        return str(ROLE_LABELS[Role(self.invitation.role)])


@dataclass(frozen=True, slots=True)
class InvitationPage:
    rows: list[InvitationRow]
    next_cursor: str | None


def _in_state(rows: QuerySet[Invitation], state: str, now: datetime) -> QuerySet[Invitation]:
    still = Q(accepted_at__isnull=True, withdrawn_at__isnull=True)
    wanted = {
        "open": still & Q(expires_at__gt=now),
        "old": still & Q(expires_at__lte=now),
        "accepted": Q(accepted_at__isnull=False),
        "withdrawn": Q(withdrawn_at__isnull=False),
    }.get(state)
    return rows.filter(wanted) if wanted is not None else rows


def state_choices() -> list[tuple[str, str]]:
    return [("", _("All")), ("open", _("Waiting")), ("old", _("Too old")), ("accepted", _("Taken up")), ("withdrawn", _("Withdrawn"))]


def invitation_page(scope: Scope, *, state: str, now: datetime, cursor: str | None = None, size: int = SIZE) -> InvitationPage:
    """The newest first."""
    needs(scope, "people.edit").enforce()
    rows = _in_state(Invitation.objects.select_related("team", "invited_by", "person"), state, now)
    page = paging.keyset_page(rows, order=["-invited_at"], size=size, cursor=cursor)
    return InvitationPage([InvitationRow(row, state_of(row, now)) for row in page.items], page.next_cursor)


def invitation_for(scope: Scope, invitation_id: int) -> Invitation:
    needs(scope, "people.edit").enforce()
    row = Invitation.objects.select_related("team").filter(pk=invitation_id).first()
    if row is None:
        raise NotVisible(_("This invitation is not there."))
    return row
