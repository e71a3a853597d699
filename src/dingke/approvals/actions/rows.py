"""Between rows and the method: a request locked and read, a line written back, and what follows from the difference."""

from __future__ import annotations

from datetime import datetime

from dingke.approvals.calc import line as lines
from dingke.approvals.calc.steps import OPEN_VOICES, Decision, State
from dingke.approvals.events import ApprovalAsked, ApprovalGranted, ApprovalRejected, ApprovalSentBack
from dingke.approvals.models import Approval, Step, Voice
from dingke.approvals.queries.requests import line_of, whole_rows
from dingke.core import bus
from dingke.core.scope import Scope


def locked(approval: Approval) -> Approval:
    """The request, freshly read and locked, so that two voices at once are counted one after the other."""
    Approval.objects.select_for_update(of=("self",)).get(pk=approval.pk)
    return whole_rows().get(pk=approval.pk)


def written(approval: Approval, after: lines.Line, *, by: Scope, now: datetime, note: str = "") -> Approval:
    """Writes the difference between the rows and the line, opens the step that waits, tells who is asked, and closes the request
    when that decides it. `note` goes to the voices that speak now. Gives the request as it stands.
    """
    before = line_of(approval)
    rows = {step.pk: step for step in approval.steps.all()}
    keys: list[int] = []
    # from the last place down, so that no two steps ever stand at the same place
    for position, step in reversed(list(enumerate(after.steps, start=1))):
        keys.insert(0, _step(approval, rows.get(step.key), step, position, by=by, now=now, note=note))
    place = after.current
    if place is not None:
        _open_step(approval, keys[place], before, after, now=now)
    close(approval, after.state, by=by, now=now, note=note)
    return whole_rows().get(pk=approval.pk)


def _step(approval: Approval, row: Step | None, step: lines.Step, position: int, *, by: Scope, now: datetime, note: str) -> int:
    if row is None:
        values = {"mode": step.mode.value, "origin": step.origin.value, "label_zh": by.name[:80], "label_en": by.name[:80]}
        row = Step.objects.create(approval=approval, round=approval.round, position=position, **values)
    elif row.position != position:
        row.position = position
        row.save(update_fields=["position"])
    known = {voice.approver_id: voice for voice in row.voices.all()}
    for voice in step.voices:
        _voice(row, known.get(voice.person), voice, now=now, note=note)
    return row.pk


def _voice(step: Step, row: Voice | None, voice: lines.Voice, *, now: datetime, note: str) -> None:
    if row is not None and row.decision == voice.decision:
        return
    row = row or Voice(step=step, approver_id=voice.person)
    row.decision, row.spoken_by_id = voice.decision.value, voice.spoken_by or None
    row.automatic = voice.automatic.value if voice.automatic else ""
    row.decided_at = None if voice.decision in OPEN_VOICES else now
    row.note = "" if voice.automatic or voice.decision in OPEN_VOICES or voice.decision is Decision.PASSED else note
    row.save()


def _open_step(approval: Approval, key: int, before: lines.Line, after: lines.Line, *, now: datetime) -> None:
    """Who is asked now and was not before is told. A step that opens now asks all of its people."""
    opens = Step.objects.filter(pk=key, opened_at__isnull=True).update(opened_at=now)
    asked_before = set() if opens or before.current is None else set(lines.deciders(before))
    people = [person for person in lines.deciders(after) if person not in asked_before]
    if people:
        bus.publish(
            ApprovalAsked(
                approval_id=approval.pk,
                kind=approval.kind,
                subject_id=approval.subject_id,
                asked_by_id=approval.requested_by_id,
                approver_ids=people,
            ),
            now=now,
        )


def close(approval: Approval, state: State, *, by: Scope, now: datetime, note: str) -> None:
    """Writes how the request ended and tells it; nothing while it is open."""
    if state is State.OPEN:
        return
    approval.state = Approval.State(state.value)
    approval.decided_at = None if state is State.RETURNED else now
    approval.save(update_fields=["state", "decided_at"])
    who, what, which = approval.pk, approval.kind, approval.subject_id
    if state is State.GRANTED:
        bus.publish(ApprovalGranted(approval_id=who, kind=what, subject_id=which, decided_by_id=by.me), now=now)
    elif state is State.REJECTED:
        bus.publish(ApprovalRejected(approval_id=who, kind=what, subject_id=which, decided_by_id=by.me, note=note), now=now)
    else:
        asker = approval.requested_by_id
        event = ApprovalSentBack(approval_id=who, kind=what, subject_id=which, asked_by_id=asker, decided_by_id=by.me, note=note)
        bus.publish(event, now=now)
