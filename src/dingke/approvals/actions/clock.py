"""By the clock: reminders after the hours of a step, escalation, and people who have left replaced. Safe to run twice."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db import transaction

from dingke.approvals.actions import rows
from dingke.approvals.actions.involve import remind_step
from dingke.approvals.calc import line as lines
from dingke.approvals.calc.directory import Directory
from dingke.approvals.events import ApprovalEscalated
from dingke.approvals.models import Approval, Step
from dingke.approvals.queries import people
from dingke.approvals.queries.requests import line_of, overdue_rows, whole_rows
from dingke.core import audit, bus
from dingke.core.scope import Scope
from dingke.people.models import User

BATCH = 200


def watch(*, now: datetime) -> dict[str, int]:
    """One look at every open request, each in a transaction of its own; gives how many were replaced, escalated and reminded."""
    done = {"replaced": 0, "escalated": 0, "reminded": 0}
    company = people.directory()
    for approval in _open_requests(now):
        if needed := _needs(approval, company, now):
            for what in _cared_for(approval, needed, company, now=now):
                done[what] += 1
    return done


def _open_requests(now: datetime) -> Iterator[Approval]:
    last = 0
    while batch := overdue_rows(now, after=last, size=BATCH):
        yield from batch
        last = batch[-1].pk


def _needs(approval: Approval, company: Directory, now: datetime) -> list[str]:
    """What the clock has to do for a request."""
    line = line_of(approval)
    place = line.current
    if place is None:
        return []
    step = next(step for step in approval.steps.all() if step.pk == line.steps[place].key)
    waiting = lines.deciders(line)
    needed = []
    if any(not company.is_here(person) for person in waiting):
        needed.append("replaced")
    opened = step.opened_at or approval.requested_at
    if step.escalate_hours and step.escalated_at is None and now >= opened + timedelta(hours=step.escalate_hours):
        needed.append("escalated")
    since = max(opened, step.reminded_at or opened)
    if step.remind_hours and now >= since + timedelta(hours=step.remind_hours):
        needed.append("reminded")
    return needed


@transaction.atomic
def _cared_for(approval: Approval, needed: list[str], company: Directory, *, now: datetime) -> list[str]:
    """Looks once more at the locked request: somebody may have decided a moment ago."""
    fresh = rows.locked(approval)
    if fresh.state != Approval.State.OPEN:
        return []
    needed = _needs(fresh, company, now)
    by = Scope.system()
    done = []
    if "replaced" in needed:
        after = _replaced(line_of(fresh), company)
        if after != line_of(fresh):
            audit.record(target=fresh, action="approvals.replace", by=by, now=now, account_id=fresh.account_id)
            fresh = rows.written(fresh, after, by=by, now=now)
            done.append("replaced")
            if fresh.state != Approval.State.OPEN:
                return done
    if "escalated" in needed and _escalated(fresh, company, by=by, now=now):
        done.append("escalated")
        fresh = whole_rows().get(pk=fresh.pk)
    if "reminded" in needed:
        line = line_of(fresh)
        remind_step(fresh, _waiting_step(fresh, line), [one for one in lines.deciders(line) if company.is_here(one)], by=by, now=now)
        done.append("reminded")
    return done


def _replaced(line: lines.Line, company: Directory) -> lines.Line:
    for person in lines.deciders(line):
        if line.current is not None and not company.is_here(person):
            line = lines.replace_absent(line, person, company.stand_ins(person, without=line.asker))
    return line


def _escalated(approval: Approval, company: Directory, *, by: Scope, now: datetime) -> bool:
    """Calls in the leaders above those who have not decided, at last a director, then the administrators."""
    line = line_of(approval)
    step = _waiting_step(approval, line)
    step.escalated_at, step.is_escalated = now, True
    step.save(update_fields=["escalated_at", "is_escalated"])
    waiting = lines.deciders(line)
    above = [person for one in waiting for person in _next_above(one, line, company)]
    after = lines.step_in(line, above)
    called = [person for person in lines.deciders(after) if person not in waiting]
    if not called:
        return False
    names = {user.pk: str(user) for user in _people(called)}
    changes = {"people": [None, [names[person] for person in called]]}
    audit.record(target=approval, action="approvals.escalate", by=by, now=now, account_id=approval.account_id, changes=changes)
    event = ApprovalEscalated(
        approval_id=approval.pk, kind=approval.kind, subject_id=approval.subject_id, approver_ids=list(waiting), to_ids=called
    )
    bus.publish(event, now=now)
    rows.written(approval, after, by=by, now=now)
    return True


def _next_above(person: int, line: lines.Line, company: Directory) -> tuple[int, ...]:
    """The nearest level above a person with somebody who is not in the step and did not ask."""
    assert line.current is not None
    inside = {line.asker, *(voice.person for voice in line.steps[line.current].voices)}
    levels = [*company.leaders_above(person), company.with_role("DIRECTOR"), company.with_role("ADMINISTRATOR")]
    for level in levels:
        if others := tuple(one for one in level if one not in inside):
            return others
    return ()


def _waiting_step(approval: Approval, line: lines.Line) -> Step:
    assert line.current is not None
    return next(step for step in approval.steps.all() if step.pk == line.steps[line.current].key)


def _people(ids: list[int]) -> list[User]:
    return list(User.objects.filter(pk__in=ids).order_by("pk"))
