"""Reads of requests: what waits for the caller, what was asked, copied, decided; one request whole; the history of an account."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from dingke.approvals import access, calc
from dingke.approvals.calc import line as lines
from dingke.approvals.models import Approval, Comment, Copy, Step, Voice
from dingke.approvals.queries import kinds, people
from dingke.core import access as core_access
from dingke.core.errors import NotVisible
from dingke.core.models import AuditEntry
from dingke.core.paging import Page, keyset_page
from dingke.core.scope import Scope
from dingke.people.models import User

AT_MOST = 200
OPEN_VOICES = [Voice.Decision.WAITING, Voice.Decision.ON_CALL]
SPOKEN = [Voice.Decision.AGREED, Voice.Decision.REJECTED, Voice.Decision.SENT_BACK]


@dataclass(frozen=True)
class Request:
    """An approval as a page shows it: where it stands, who is asked now, what the caller may do."""

    approval: Approval
    kind: str
    steps: tuple[Step, ...]
    current: Step | None
    can_decide: core_access.Answer
    can_withdraw: core_access.Answer
    can_involve: core_access.Answer
    deciding_for: str = ""  # the name of who is away, when the caller decides by delegation
    is_unread: bool = False
    may_open: bool = True

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
        return [str(voice.approver) for voice in self.current.voices.all() if voice.decision in OPEN_VOICES]

    @property
    def allows_bulk(self) -> bool:
        return self.approval.allows_bulk and bool(self.can_decide)


@dataclass(frozen=True)
class Counts:
    """`copied` are those not yet read."""

    waiting: int
    asked: int
    copied: int


@dataclass(frozen=True)
class Whole:
    """One request with everything around it."""

    request: Request
    facts: list[kinds.Fact]
    earlier: list[tuple[int, list[Step]]]
    comments: list[Comment]
    copies: list[Copy]
    entries: list[AuditEntry]
    can_resubmit: bool
    can_remind: bool


def waiting_for(scope: Scope, *, today: date | None = None) -> list[Request]:
    """Open requests whose current step asks the caller, or somebody who delegated to the caller; oldest first. A fixed number of
    queries. Without `today` delegations are left out.
    """
    if scope.user_id is None:
        return []
    lent = people.lent(scope, today)
    persons = {scope.user_id, *lent.givers(scope.user_id)}
    open_voices = Voice.objects.filter(approver_id__in=sorted(persons), decision__in=OPEN_VOICES).order_by()
    rows = _whole().filter(state=Approval.State.OPEN, pk__in=open_voices.values("step__approval_id"))
    requests = [_request(scope, approval, lent) for approval in rows.order_by("requested_at", "pk")[:AT_MOST]]
    return [request for request in requests if _asks(request, scope, lent)]


def counts(scope: Scope, waiting: int) -> Counts:
    """Two queries, capped like the lists themselves."""
    asked = Approval.objects.filter(requested_by_id=scope.me, state__in=[Approval.State.OPEN, Approval.State.RETURNED])
    copied = Copy.objects.filter(user_id=scope.me, read_at__isnull=True)
    return Counts(waiting, asked.order_by().values("pk")[:AT_MOST].count(), copied.order_by().values("pk")[:AT_MOST].count())


def waiting_for_anybody(scope: Scope) -> list[Request]:
    """Every open request, for roles that decide any; nothing for others."""
    if not access.may_decide_any(scope):
        return []
    rows = _whole().filter(state=Approval.State.OPEN).exclude(requested_by_id=scope.user_id)
    return [_request(scope, approval, people.Lent(None)) for approval in rows.order_by("requested_at", "pk")[:AT_MOST]]


def asked_by(scope: Scope, *, cursor: str | None = None, size: int = 30) -> tuple[list[Request], str | None]:
    """What the caller asked for, newest first, with the cursor of the next page."""
    return _paged(scope, _whole().filter(requested_by_id=scope.user_id), cursor, size)


def decided_by(scope: Scope, *, cursor: str | None = None, size: int = 30) -> tuple[list[Request], str | None]:
    """Requests on which the caller has spoken, newest first, with the cursor of the next page."""
    own = Q(approver_id=scope.user_id, spoken_by__isnull=True, automatic="") | Q(spoken_by_id=scope.user_id)
    spoken = Voice.objects.filter(own, decision__in=[*SPOKEN, Voice.Decision.HANDED_ON])
    return _paged(scope, _whole().filter(pk__in=spoken.order_by().values("step__approval_id")), cursor, size)


def copied_to(scope: Scope, *, cursor: str | None = None, size: int = 30) -> tuple[list[Request], str | None]:
    """Requests that were copied to the caller, newest first; those not yet opened are marked."""
    mine = Copy.objects.filter(user_id=scope.me)
    unread = Exists(mine.filter(approval=OuterRef("pk"), read_at__isnull=True))
    rows = _whole().filter(pk__in=mine.order_by().values("approval_id")).annotate(is_unread=unread)
    return _paged(scope, rows, cursor, size)


def approval_for(scope: Scope, approval_id: int, *, today: date | None = None) -> Request:
    """One request with its steps and voices. Raises `NotVisible` for everybody it does not concern."""
    lent = people.lent(scope, today)
    approval = _whole().filter(pk=approval_id).order_by("pk").first() if scope.user_id is not None or scope.sees_all else None
    answer = access.can_see(scope, approval, lent.speaks_for(scope.me, approval.kind)) if approval else None
    if approval is None or not answer:
        raise NotVisible(_("There is no such request, or it is not yours to see."))
    return _request(scope, approval, lent)


def whole_request(scope: Scope, approval_id: int, *, today: date) -> Whole:
    """Everything on the page of a request. Raises `NotVisible`."""
    found = approval_for(scope, approval_id, today=today)
    approval = found.approval
    earlier: dict[int, list[Step]] = {}
    for step in approval.steps.all():
        if step.round < approval.round:
            earlier.setdefault(step.round, []).append(step)
    entries = AuditEntry.objects.filter(target="approvals.approval", target_id=approval.pk).order_by("at", "id")[:AT_MOST]
    return Whole(
        request=found,
        facts=kinds.facts_of(scope, approval),
        earlier=sorted(earlier.items()),
        comments=list(Comment.objects.filter(approval=approval).select_related("author").order_by("id")[:AT_MOST]),
        copies=list(Copy.objects.filter(approval=approval).select_related("user").order_by("id")),
        entries=list(entries),
        can_resubmit=bool(access.can_resubmit(scope, approval)),
        can_remind=bool(access.can_remind(scope, approval)),
    )


def history_of(scope: Scope, account_id: int, *, kind: str = "", subject_id: int | None = None, size: int = 20) -> list[Request]:
    """The requests about an account, newest first, for everybody who sees the account; narrowed to a kind or one subject."""
    kinds.check_account(scope, account_id)
    rows = _whole().filter(account_id=account_id)
    if kind:
        rows = rows.filter(kind=kind)
    if subject_id is not None:
        rows = rows.filter(subject_id=subject_id)
    found = [_request(scope, approval, people.Lent(None)) for approval in rows.order_by("-pk")[:size]]
    return [replace(request, may_open=bool(access.can_see(scope, request.approval))) for request in found]


def open_request(kind: str, subject_id: int) -> Approval | None:
    """The request about a thing that is not decided yet."""
    states = [Approval.State.OPEN, Approval.State.RETURNED]
    return Approval.objects.filter(kind=kind, subject_id=subject_id, state__in=states).order_by("-pk").first()


def current_step(approval: Approval) -> Step | None:
    """The step that waits; None when the request is decided or taken back."""
    if approval.state != Approval.State.OPEN:
        return None
    steps = steps_of(approval)
    position = calc.outcome([voices_of(step) for step in steps]).current
    return None if position is None else steps[position]


def next_approver(request: Request) -> User | None:
    """Who is asked next in the step that waits; None when the request is decided."""
    if request.current is None:
        return None
    return next((voice.approver for voice in request.current.voices.all() if voice.decision == Voice.Decision.WAITING), None)


def steps_of(approval: Approval) -> list[Step]:
    """The steps of the round that runs."""
    return [step for step in approval.steps.all() if step.round == approval.round]


def voices_of(step: Step) -> calc.StepVoices:
    return calc.StepVoices(calc.Mode(step.mode), tuple(calc.Decision(voice.decision) for voice in step.voices.all()))


def line_of(approval: Approval) -> lines.Line:
    """The rows of the round that runs as the method sees them."""
    return lines.Line(
        asker=approval.requested_by_id,
        again=approval.skips_agreed,
        steps=tuple(
            lines.Step(
                mode=calc.Mode(step.mode),
                key=step.pk,
                origin=lines.Origin(step.origin),
                voices=tuple(
                    lines.Voice(
                        voice.approver_id,
                        calc.Decision(voice.decision),
                        voice.spoken_by_id or 0,
                        lines.Automatic(voice.automatic) if voice.automatic else None,
                    )
                    for voice in step.voices.all()
                ),
            )
            for step in steps_of(approval)
        ),
    )


def whole_rows() -> QuerySet[Approval]:
    """Requests with all that their pages and moves look at: five queries."""
    return _whole()


def overdue_rows(now: datetime, *, after: int, size: int) -> list[Approval]:
    """A batch of open requests for the clock to look at, in the order of their keys."""
    return list(_whole().filter(state=Approval.State.OPEN, pk__gt=after).order_by("pk")[:size])


def _whole() -> QuerySet[Approval]:
    return Approval.objects.select_related("requested_by").prefetch_related("steps__voices__approver", "steps__voices__spoken_by", "copies")


def _paged(scope: Scope, rows: QuerySet[Approval], cursor: str | None, size: int) -> tuple[list[Request], str | None]:
    page: Page[Approval] = keyset_page(rows, order=["-pk"], size=size, cursor=cursor)
    return [_request(scope, approval, people.Lent(None)) for approval in page.items], page.next_cursor


def _request(scope: Scope, approval: Approval, lent: people.Lent) -> Request:
    step = current_step(approval)
    line = line_of(approval) if step is not None else None
    for_whom = lent.speaks_for(scope.me, approval.kind) if step is not None else frozenset()
    index = lines.voice_of(line, scope.me, for_whom) if line is not None else None
    voice = list(step.voices.all())[index] if step is not None and index is not None else None
    extra: Any = approval
    return Request(
        approval=approval,
        kind=kinds.label_of(approval.kind),
        steps=tuple(steps_of(approval)),
        current=step,
        can_decide=access.can_decide(scope, approval, line, for_whom),
        can_withdraw=access.can_withdraw(scope, approval),
        can_involve=access.can_involve(scope, approval, line, for_whom),
        deciding_for=str(voice.approver) if voice is not None and voice.approver_id != scope.user_id else "",
        is_unread=bool(getattr(extra, "is_unread", False)),
    )


def _asks(request: Request, scope: Scope, lent: people.Lent) -> bool:
    return request.current is not None and (
        lines.voice_of(line_of(request.approval), scope.me, lent.speaks_for(scope.me, request.approval.kind)) is not None
    )
