"""What a demonstration left (H-19): who was there and how they took it, the map of people, open questions, promises, the next action."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from dingke.accounts import access as account_access
from dingke.accounts.actions import work
from dingke.core import audit
from dingke.core.errors import Invalid
from dingke.core.locking import locked
from dingke.core.models import snapshot_of
from dingke.core.scope import Scope
from dingke.people.models import User
from dingke.qualification import access
from dingke.qualification.actions.demo import UnableToPlanDemo
from dingke.qualification.actions.review_results import show_on_deal
from dingke.qualification.models import DemoFollowUp, DemoPlan
from dingke.stakeholders.actions.attitude import set_attitude

_FIELDS = ["held_date", "reaction", "needs_learnt", "next_step", "next_step_date"]


@transaction.atomic
def record_result(
    *,
    plan: DemoPlan,
    values: Mapping[str, Any],
    people: Mapping[int, Mapping[str, Any]],
    by: Scope,
    now: datetime,
    expected_version: int | None = None,
) -> DemoPlan:
    """Records a demonstration that was held. `people` maps a listener to whether he or she was there, the reaction, and the attitude
    afterwards; a changed attitude goes to the map of people with the reaction as its evidence. The next action comes to the deal."""
    access.can_edit(by, plan.opportunity).enforce()
    today = timezone.localdate(now)
    problems: dict[str, str] = {}
    if values["held_date"] > today:
        problems["held_date"] = _("The result is recorded once the demonstration was held.")
    if not values["next_step"].strip():
        problems["next_step"] = _("Say what comes next.")
    if values["next_step_date"] is None or values["next_step_date"] < values["held_date"]:
        problems["next_step_date"] = _("Choose the day of the demonstration or a later one.")
    if problems:
        raise Invalid(next(iter(problems.values())), fields=problems)
    fresh = locked(plan, expected_version=expected_version, yours={name: values[name] for name in _FIELDS})
    before = snapshot_of(fresh, _FIELDS)
    for name in _FIELDS:
        setattr(fresh, name, values[name])
    fresh.recorded_by_name = by.name
    audit.save_with_audit(
        target=fresh, fields=_FIELDS, action="demo.record", by=by, now=now, before=before, account_id=fresh.opportunity.account_id
    )
    for row in fresh.audience.filter(archived_at__isnull=True).select_related("stakeholder", "stakeholder__centre").order_by("pk"):
        given = people.get(row.pk)
        if given is None:
            continue
        changed = given["attitude_after"] and given["attitude_after"] not in {row.attitude_after, row.attitude}
        row.was_there, row.reaction, row.attitude_after = given["was_there"], given["reaction"].strip(), given["attitude_after"]
        row.version += 1
        row.save()
        if changed and row.stakeholder is not None:
            evidence = row.reaction or _("Seen at the demonstration “%(title)s”") % {"title": fresh.title}
            set_attitude(
                stakeholder=row.stakeholder, attitude=row.attitude_after, evidence=evidence, on_date=values["held_date"], by=by, now=now
            )
    show_on_deal(opportunity=fresh.opportunity, text=values["next_step"], due_date=values["next_step_date"], by=by, now=now)
    return fresh


@transaction.atomic
def add_follow_up(*, plan: DemoPlan, kind: str, text: str, owner: User, due_date: date, by: Scope, now: datetime) -> DemoFollowUp:
    """An open question of the customer or a promise, with who answers it by when; a to-do of that person where the deal has an account."""
    access.can_edit(by, plan.opportunity).enforce()
    if kind not in DemoFollowUp.Kind.values:
        raise Invalid(_("This choice does not exist."))
    if not text.strip():
        raise Invalid(_("Say what is to be done."), fields={"text": _("Say what is to be done.")})
    todo, account = None, plan.opportunity.account
    if account is not None and account_access.can_edit(by, account):
        todo = work.add_todo(
            account=account, title=text, due_date=due_date, assignee=owner, reason=plan.title, source=f"demo:{plan.pk}", by=by, now=now
        )
    row = DemoFollowUp.objects.create(plan=plan, kind=kind, text=text.strip()[:300], owner=owner, due_date=due_date, todo=todo)
    audit.record(target=row, action="demo.follow_up", by=by, now=now, account_id=plan.opportunity.account_id, summary=row.text)
    return row


@transaction.atomic
def finish_follow_up(*, row: DemoFollowUp, by: Scope, now: datetime) -> DemoFollowUp:
    """Done, here and in the to-dos: by whoever has it, or may change the deal."""
    if row.owner_id != by.me:
        access.can_edit(by, row.plan.opportunity).enforce()
    fresh = locked(row, expected_version=None, yours={})
    if fresh.todo is not None and fresh.todo.archived_at is not None:
        raise UnableToPlanDemo(_("Its to-do was dropped."))
    if fresh.todo is not None and fresh.todo.done_at is None:
        work.finish_todo(todo=fresh.todo, by=by, now=now)
    if fresh.done_at is None:
        fresh.done_at = now
        fresh.save()
        audit.record(target=fresh, action="demo.finish", by=by, now=now, account_id=row.plan.opportunity.account_id, summary=fresh.text)
    return fresh
