"""Reads of approvals: what waits for the caller, what the caller asked for, what the caller decided."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.db.models import QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from dingke.approvals import access, calc
from dingke.approvals.models import Approval, Step, Voice
from dingke.core import access as core_access
from dingke.core.errors import NotVisible
from dingke.core.paging import Page, keyset_page
from dingke.core.scope import Scope
from dingke.people.models import User

AT_MOST = 200
_kinds: dict[str, str | Promise] = {}


def install_kinds(table: Mapping[str, str | Promise]) -> None:
    """Takes over the names of the kinds of request from config/wiring.py; this domain knows none by itself."""
    _kinds.clear()
    _kinds.update(table)


@dataclass(frozen=True)
class Request:
    """An approval as a page shows it: where it stands, who is asked now, what the caller may do."""

    approval: Approval
    kind: str
    steps: tuple[Step, ...]
    current: Step | None
    can_decide: core_access.Answer
    can_withdraw: core_access.Answer

    @property
    def pk(self) -> int:
        return self.approval.pk

    @property
    def title(self) -> str:
        return self.approval.title

    @property
    def position(self) -> int:
        """The waiting step counted from 1; all of them when it is decided."""
        return self.steps.index(self.current) + 1 if self.current in self.steps else len(self.steps)

    @property
    def asked_now(self) -> list[str]:
        """Names of those who still have to decide in the step that waits."""
        if self.current is None:
            return []
        return [str(voice.approver) for voice in self.current.voices.all() if voice.decision == Voice.Decision.WAITING]


def waiting_for(scope: Scope) -> list[Request]:
    """Open requests whose current step asks the caller, oldest first. Three queries whatever their number."""
    if scope.user_id is None:
        return []
    rows = _whole().filter(
        state=Approval.State.OPEN,
        pk__in=Voice.objects.filter(approver_id=scope.user_id, decision=Voice.Decision.WAITING).order_by().values("step__approval_id"),
    )
    requests = [_request(scope, approval) for approval in rows.order_by("requested_at", "pk")[:AT_MOST]]
    return [request for request in requests if _asks(request, scope)]


def waiting_for_anybody(scope: Scope) -> list[Request]:
    """Every open request, for roles that decide any; nothing for others."""
    if not access.may_decide_any(scope):
        return []
    rows = _whole().filter(state=Approval.State.OPEN).exclude(requested_by_id=scope.user_id)
    return [_request(scope, approval) for approval in rows.order_by("requested_at", "pk")[:AT_MOST]]


def asked_by(scope: Scope, *, cursor: str | None = None, size: int = 30) -> tuple[list[Request], str | None]:
    """What the caller asked for, newest first, with the cursor of the next page."""
    return _paged(scope, _whole().filter(requested_by_id=scope.user_id), cursor, size)


def decided_by(scope: Scope, *, cursor: str | None = None, size: int = 30) -> tuple[list[Request], str | None]:
    """Requests on which the caller has spoken, newest first, with the cursor of the next page."""
    spoken = Voice.objects.filter(approver_id=scope.user_id).exclude(decision=Voice.Decision.WAITING)
    return _paged(scope, _whole().filter(pk__in=spoken.order_by().values("step__approval_id")), cursor, size)


def approval_for(scope: Scope, approval_id: int) -> Request:
    """One request with its steps and voices. Raises `NotVisible` for everybody it does not concern."""
    approval = _whole().filter(pk=approval_id).order_by("pk").first() if scope.user_id is not None or scope.sees_all else None
    answer = access.can_see(scope, approval) if approval else None
    if approval is None or not answer:
        raise NotVisible(_("There is no such request, or it is not yours to see."))
    return _request(scope, approval)


def current_step(approval: Approval) -> Step | None:
    """The step that waits; None when the request is decided or taken back."""
    if approval.state != Approval.State.OPEN:
        return None
    steps = list(approval.steps.all())
    position = calc.outcome([voices_of(step) for step in steps]).current
    return None if position is None else steps[position]


def next_approver(request: Request) -> User | None:
    """Who is asked next in the step that waits; None when the request is decided."""
    if request.current is None:
        return None
    return next((voice.approver for voice in request.current.voices.all() if voice.decision == Voice.Decision.WAITING), None)


def voices_of(step: Step) -> calc.StepVoices:
    return calc.StepVoices(calc.Mode(step.mode), tuple(calc.Decision(voice.decision) for voice in step.voices.all()))


def _whole() -> QuerySet[Approval]:
    return Approval.objects.select_related("requested_by").prefetch_related("steps__voices__approver")


def _paged(scope: Scope, rows: QuerySet[Approval], cursor: str | None, size: int) -> tuple[list[Request], str | None]:
    page: Page[Approval] = keyset_page(rows, order=["-pk"], size=size, cursor=cursor)
    return [_request(scope, approval) for approval in page.items], page.next_cursor


def _request(scope: Scope, approval: Approval) -> Request:
    step = current_step(approval)
    return Request(
        approval=approval,
        kind=str(_kinds.get(approval.kind, _("Request"))),
        steps=tuple(approval.steps.all()),
        current=step,
        can_decide=access.can_decide(scope, approval, step),
        can_withdraw=access.can_withdraw(scope, approval),
    )


def _asks(request: Request, scope: Scope) -> bool:
    return request.current is not None and any(
        voice.approver_id == scope.user_id and voice.decision == Voice.Decision.WAITING for voice in request.current.voices.all()
    )
