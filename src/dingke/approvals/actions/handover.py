"""When somebody leaves: who decides instead, and whose request it is from now on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import F
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dingke.approvals.models import Approval, Step, Voice
from dingke.core import audit
from dingke.core.handover import Handed, Part, Thing
from dingke.core.scope import Scope
from dingke.people.models import User

Receivers = Mapping[int, int]
OPEN = [Approval.State.OPEN, Approval.State.RETURNED]
ASKED = [Voice.Decision.WAITING, Voice.Decision.ON_CALL]


def _link(approval: Approval) -> str:
    return reverse("approvals:detail", args=[approval.pk])


# ---- a voice that waits -----------------------------------------------------------------------------------------------


def _waiting_on(user_id: int) -> Sequence[Thing]:
    rows = Voice.objects.filter(approver_id=user_id, decision__in=ASKED, step__approval__state__in=OPEN)
    rows = rows.filter(step__round=F("step__approval__round"))
    return [
        Thing(id=row.pk, title=row.step.approval.title, detail=row.step.label, link=_link(row.step.approval))
        for row in rows.select_related("step__approval").order_by("pk")
    ]


def _obstacle(voice: Voice, receiver: User, other: Voice | None) -> str:
    """Why the receiver cannot decide in place of the leaver; "" when nothing stands against it."""
    if voice.step.approval.requested_by_id == receiver.pk:
        return _("%(name)s asked for it and cannot decide on it.") % {"name": receiver}
    if other is not None and voice.step.mode == Step.Mode.ANY:
        return _("%(name)s is asked in this step already; one voice is enough.") % {"name": receiver}
    if other is not None and other.decision not in ASKED:
        return _("%(name)s has decided in this step already. Choose somebody else.") % {"name": receiver}
    return ""


@transaction.atomic
def _hand_voices(*, leaver_id: int, receivers: Receivers, by: Scope, now: datetime) -> Iterable[Handed]:
    """The receiver decides instead. Nobody decides on a request of his or her own, and nobody has two voices in a step."""
    done = []
    rows = Voice.objects.select_for_update(of=("self",)).filter(pk__in=receivers, decision__in=ASKED)
    for voice in rows.select_related("step__approval", "approver").order_by("pk"):
        receiver, pk = User.objects.get(pk=receivers[voice.pk]), voice.pk
        other = Voice.objects.filter(step=voice.step_id, approver=receiver).order_by("pk").first()
        if reason := _obstacle(voice, receiver, other):
            done.append(Handed(thing_id=pk, receiver_id=receiver.pk, stays=reason))
            continue
        changes = {"approver": [str(voice.approver), str(receiver)]}
        if other is not None:
            voice.delete()
        else:
            voice.approver = receiver
            voice.save(update_fields=["approver"])
        approval = voice.step.approval
        audit.record(target=approval, action="approvals.hand_over", by=by, now=now, changes=changes, summary=approval.title)
        done.append(
            Handed(
                thing_id=pk,
                receiver_id=receiver.pk,
                before={"step": voice.step_id, "decision": voice.decision},
                after={"was_asked_already": other is not None},
            )
        )
    return done


@transaction.atomic
def _voices_back(*, leaver_id: int, rows: Sequence[Handed], by: Scope, now: datetime) -> Mapping[int, str]:
    left: dict[int, str] = {}
    leaver = User.objects.get(pk=leaver_id)
    for row in rows:
        step = Step.objects.select_related("approval").filter(pk=row.before.get("step") or 0).order_by("pk").first()
        joined = bool(row.after.get("was_asked_already"))
        voice = Voice.objects.filter(pk=row.thing_id, approver_id=row.receiver_id, decision__in=ASKED).order_by("pk").first()
        if step is None or step.approval.state not in OPEN or (voice is None and not joined):
            left[row.thing_id] = _("It was decided since.")
            continue
        if Voice.objects.filter(step=step, approver=leaver).exists():
            left[row.thing_id] = _("%(name)s is asked in this step again already.") % {"name": leaver}
            continue
        if voice is None:
            Voice.objects.create(step=step, approver=leaver, decision=str(row.before.get("decision", Voice.Decision.WAITING)))
        else:
            voice.approver = leaver
            voice.save(update_fields=["approver"])
        changes = {"approver": [str(User.objects.get(pk=row.receiver_id or 0)), str(leaver)]}
        audit.record(target=step.approval, action="approvals.hand_back", by=by, now=now, changes=changes, summary=step.approval.title)
    return left


# ---- a request that is open -------------------------------------------------------------------------------------------


def _asked_by(user_id: int) -> Sequence[Thing]:
    rows = Approval.objects.filter(requested_by_id=user_id, state__in=OPEN).order_by("pk")
    return [Thing(id=row.pk, title=row.title, link=_link(row)) for row in rows]


def _give_request(approval: Approval, to: User, *, action: str, by: Scope, now: datetime) -> None:
    changes = {"requested_by": [str(approval.requested_by), str(to)]}
    approval.requested_by = to
    approval.save(update_fields=["requested_by"])
    audit.record(target=approval, action=action, by=by, now=now, changes=changes, summary=approval.title)


@transaction.atomic
def _hand_requests(*, leaver_id: int, receivers: Receivers, by: Scope, now: datetime) -> Iterable[Handed]:
    """The request is the receiver's from now on: to follow and to take back. Not when the receiver has a say in it."""
    done = []
    rows = Approval.objects.select_for_update(of=("self",)).filter(pk__in=receivers, state__in=OPEN)
    for approval in rows.select_related("requested_by").order_by("pk"):
        receiver = User.objects.get(pk=receivers[approval.pk])
        if Voice.objects.filter(step__approval=approval, approver=receiver).exists():
            reason = _("%(name)s decides on it and cannot be the one who asks.") % {"name": receiver}
            done.append(Handed(thing_id=approval.pk, receiver_id=receiver.pk, stays=reason))
            continue
        _give_request(approval, receiver, action="approvals.hand_over", by=by, now=now)
        done.append(Handed(thing_id=approval.pk, receiver_id=receiver.pk))
    return done


@transaction.atomic
def _requests_back(*, leaver_id: int, rows: Sequence[Handed], by: Scope, now: datetime) -> Mapping[int, str]:
    left: dict[int, str] = {}
    leaver = User.objects.get(pk=leaver_id)
    asked = Approval.objects.select_related("requested_by").filter(pk__in=[row.thing_id for row in rows], state__in=OPEN)
    approvals = {approval.pk: approval for approval in asked.order_by("pk")}
    for row in rows:
        approval = approvals.get(row.thing_id)
        if approval is None or approval.requested_by_id != row.receiver_id:
            left[row.thing_id] = _("It was decided or taken back since.")
            continue
        _give_request(approval, leaver, action="approvals.hand_back", by=by, now=now)
    return left


REQUESTS = Part(
    code="requests", label=gettext_lazy("Requests for approval that are open"), icon="send", things=_asked_by, hand=_hand_requests,
    back=_requests_back, keys=("approvals.Approval.requested_by",),
)  # fmt: skip
VOICES = Part(
    code="approvals", label=gettext_lazy("Approvals that wait for this person"), icon="checklist", things=_waiting_on, hand=_hand_voices,
    back=_voices_back, keys=("approvals.Voice.approver",),
)  # fmt: skip
# requests first: who asks is settled before anybody gets a say in them
PARTS = (REQUESTS, VOICES)
