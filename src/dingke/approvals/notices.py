"""Notices of approvals: who is asked, reminded, copied, answered. Wired in config/wiring.py; the method of asking knows none of it."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_noop

from dingke.approvals import access
from dingke.approvals.events import (
    ApprovalAsked,
    ApprovalCommented,
    ApprovalCopied,
    ApprovalDecided,
    ApprovalEscalated,
    ApprovalGranted,
    ApprovalHandedOn,
    ApprovalRejected,
    ApprovalReminded,
    ApprovalSentBack,
    ApprovalWithdrawn,
    DelegationStarted,
)
from dingke.approvals.models import Approval, Delegation
from dingke.approvals.queries import people
from dingke.core.scope import Scope
from dingke.notices.actions.tell import Words, notify, settle
from dingke.people.queries import user_by_id

SUBJECT = "approval"
ASKED, DECIDED, REMINDED, COPIED, COMMENTED, DELEGATED = (
    f"approval.{what}" for what in ("asked", "decided", "reminded", "copied", "commented", "delegated")
)
ANSWERED = {
    "GRANTED": gettext_noop("Approved: %(title)s"),
    "REJECTED": gettext_noop("Rejected: %(title)s"),
    "RETURNED": gettext_noop("Sent back to you: %(title)s"),
}


def visible(scope: Scope, ids: Collection[int]) -> set[int]:
    """Requests that the caller may see at this moment, by delegation as well."""
    lent = people.lent(scope, timezone.localdate())
    rows = Approval.objects.filter(pk__in=ids).prefetch_related("steps__voices", "copies").order_by("pk")
    return {row.pk for row in rows if access.can_see(scope, row, lent.speaks_for(scope.me, row.kind))}


def asked(*, event: ApprovalAsked, now: datetime) -> None:
    """Those who are asked, and who decides for them today."""
    approval = Approval.objects.select_related("requested_by").get(pk=event.approval_id)
    _tell(
        approval, ASKED, _with_delegates(event.approver_ids, event.kind, now), gettext_noop("%(name)s asks for your approval: %(title)s"),
        now=now, body=approval.reason, values={"name": str(approval.requested_by)}, without=[approval.requested_by_id],
    )  # fmt: skip


def decided_by_one(*, event: ApprovalDecided, now: datetime) -> None:
    """Whoever has spoken has nothing waiting any more."""
    settle(subject=(SUBJECT, event.approval_id), kinds=[ASKED, REMINDED], now=now, of=[event.decided_by_id])


def granted(*, event: ApprovalGranted, now: datetime) -> None:
    _answered(event.approval_id, "GRANTED", event.decided_by_id, "", now)


def rejected(*, event: ApprovalRejected, now: datetime) -> None:
    _answered(event.approval_id, "REJECTED", event.decided_by_id, event.note, now)


def sent_back(*, event: ApprovalSentBack, now: datetime) -> None:
    _answered(event.approval_id, "RETURNED", event.decided_by_id, event.note, now)


def withdrawn(*, event: ApprovalWithdrawn, now: datetime) -> None:
    settle(subject=(SUBJECT, event.approval_id), kinds=[ASKED, REMINDED], now=now)


def handed_on(*, event: ApprovalHandedOn, now: datetime) -> None:
    settle(subject=(SUBJECT, event.approval_id), kinds=[ASKED, REMINDED], now=now, of=[event.from_id])


def copied(*, event: ApprovalCopied, now: datetime) -> None:
    approval = Approval.objects.get(pk=event.approval_id)
    _tell(approval, COPIED, event.user_ids, gettext_noop("For your information: %(title)s"), now=now, body=approval.reason)


def commented(*, event: ApprovalCommented, now: datetime) -> None:
    approval = Approval.objects.get(pk=event.approval_id)
    values = {"name": str(user_by_id(event.author_id) or "")}
    title = gettext_noop("%(name)s wrote on: %(title)s")
    _tell(approval, COMMENTED, event.concerned_ids, title, now=now, body=event.text, values=values, without=[event.author_id])


def reminded(*, event: ApprovalReminded, now: datetime) -> None:
    approval = Approval.objects.get(pk=event.approval_id)
    people_asked = _with_delegates(event.approver_ids, event.kind, now)
    _tell(approval, REMINDED, people_asked, gettext_noop("Still waiting for your approval: %(title)s"), now=now, without=[event.by_id])


def escalated(*, event: ApprovalEscalated, now: datetime) -> None:
    """Those who did not decide in time; whoever is called in is asked by the request itself."""
    approval = Approval.objects.get(pk=event.approval_id)
    title = gettext_noop("Others are asked now, because it was not decided in time: %(title)s")
    _tell(approval, REMINDED, event.approver_ids, title, now=now)


def delegation_started(*, event: DelegationStarted, now: datetime) -> None:
    row = Delegation.objects.select_related("giver").get(pk=event.delegation_id)
    notify(
        kind=DELEGATED,
        to=[event.taker_id],
        now=now,
        words=Words(
            title=gettext_noop("You decide for %(name)s from %(start)s to %(end)s"),
            values={"name": str(row.giver), "start": row.start_date.isoformat(), "end": row.end_date.isoformat()},
            link=reverse("approvals:delegations"),
        ),
        key=f"delegation:{row.pk}",
    )


def _answered(approval_id: int, state: str, decided_by_id: int, note: str, now: datetime) -> None:
    approval = Approval.objects.get(pk=approval_id)
    settle(subject=(SUBJECT, approval_id), kinds=[ASKED, REMINDED], now=now)
    _tell(approval, DECIDED, [approval.requested_by_id], ANSWERED[state], now=now, body=note, without=[decided_by_id])


def _tell(
    approval: Approval, kind: str, to: Iterable[int], title: str, *, now: datetime, body: str = "",
    values: dict[str, Any] | None = None, without: Iterable[int | None] = (),
) -> None:  # fmt: skip
    said = " ".join(body.split())[:240]
    notify(
        kind=kind,
        to=to,
        now=now,
        subject=(SUBJECT, approval.pk),
        without=without,
        words=Words(
            title=title,
            body="%(said)s" if said else "",
            values={**(values or {}), "title": approval.title, "said": said},
            link=reverse("approvals:detail", args=[approval.pk]),
        ),
    )


def _with_delegates(ids: Iterable[int], kind: str, now: datetime) -> set[int]:
    day, asked_people = timezone.localdate(now), set(ids)
    rows = Delegation.objects.filter(Q(ended_at__isnull=True), giver_id__in=asked_people, start_date__lte=day, end_date__gte=day)
    return asked_people | {row.taker_id for row in rows.order_by("pk") if not row.kinds or kind in row.kinds}
