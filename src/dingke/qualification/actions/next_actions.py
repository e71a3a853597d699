"""Next actions of a deal (E-20, P-12). With an account each is a to-do there too: one thing, seen in both places."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from dingke.accounts import access as account_access
from dingke.accounts.actions import work
from dingke.core import audit
from dingke.core.errors import Invalid, Refusal
from dingke.core.locking import locked
from dingke.core.scope import Scope
from dingke.people.models import User
from dingke.pipeline.models import Opportunity
from dingke.qualification import access
from dingke.qualification.models import NextAction, ThreeNeed


class UnableToSaveNextAction(Refusal):
    """The next action cannot be saved as given."""


@transaction.atomic
def add_next_action(
    *,
    opportunity: Opportunity,
    text: str,
    owner: User,
    due_date: date,
    by: Scope,
    now: datetime,
    need: str = "",
    way: str = NextAction.Way.FILL,
    resource: str = "",
    origin: str = NextAction.Origin.DEAL,
) -> NextAction:
    """Adds what is to be done next for a need: fill a gap, keep as it is, support with a resource; somebody, by a day."""
    access.can_edit(by, opportunity).enforce()
    text = " ".join(text.split())[:200]
    problems: dict[str, str] = {}
    if not text:
        problems["text"] = _("Say what is to be done.")
    if due_date < timezone.localdate(now):
        problems["due_date"] = _("Choose today or a later day.")
    if need and need not in ThreeNeed.Kind.values:
        problems["need"] = _("There is no such need.")
    if way not in NextAction.Way.values:
        problems["way"] = _("Choose what it is for.")
    if way == NextAction.Way.RESOURCE and not resource.strip():
        problems["resource"] = _("Say which resource is needed.")
    if problems:
        raise Invalid(next(iter(problems.values())), fields=problems)
    todo = None
    account = opportunity.account
    if account is not None and account_access.can_edit(by, account):
        todo = work.add_todo(
            account=account,
            title=text,
            by=by,
            now=now,
            due_date=due_date,
            assignee=owner,
            reason=_("Next action of the deal “%(deal)s”") % {"deal": opportunity.name},
            source=f"deal:{opportunity.pk}",
        )
    row = NextAction.objects.create(
        opportunity=opportunity, need=need, way=way, text=text, resource=resource.strip()[:120], owner=owner, due_date=due_date,
        todo=todo, origin=origin,
    )  # fmt: skip
    audit.record(target=row, action="qualification.add_action", by=by, now=now, account_id=opportunity.account_id, summary=text)
    return row


@transaction.atomic
def finish_next_action(*, action: NextAction, by: Scope, now: datetime) -> NextAction:
    """Done, here and in the to-dos. Whoever has it may tick it off as well as whoever may change the deal."""
    return _set_done(action, now, by=by, now=now)


@transaction.atomic
def reopen_next_action(*, action: NextAction, by: Scope, now: datetime) -> NextAction:
    return _set_done(action, None, by=by, now=now)


@transaction.atomic
def drop_next_action(*, action: NextAction, by: Scope, now: datetime) -> None:
    """Drops what will not be done."""
    access.can_edit(by, action.opportunity).enforce()
    fresh = locked(action, expected_version=None, yours={})
    if fresh.archived_at is None:
        fresh.archived_at = now
        fresh.save()
        if fresh.todo is not None and fresh.todo.archived_at is None and account_access.can_work_on_todo(by, fresh.todo):
            work.archive_todo(todo=fresh.todo, by=by, now=now)
        _record(fresh, "qualification.drop_action", by=by, now=now)


def _set_done(action: NextAction, value: datetime | None, *, by: Scope, now: datetime) -> NextAction:
    if action.holder_id != by.me:
        access.can_edit(by, action.opportunity).enforce()
    fresh = locked(action, expected_version=None, yours={})
    if fresh.archived_at is not None:
        raise UnableToSaveNextAction(_("This action was dropped."))
    if fresh.todo is not None and account_access.can_work_on_todo(by, fresh.todo):
        if value is None:
            work.reopen_todo(todo=fresh.todo, by=by, now=now)
        else:
            work.finish_todo(todo=fresh.todo, by=by, now=now)
    if (fresh.done_at is None) != (value is None):
        fresh.done_at = value
        fresh.save()
        _record(fresh, "qualification.finish_action" if value else "qualification.reopen_action", by=by, now=now)
    return fresh


def _record(row: NextAction, action: str, *, by: Scope, now: datetime) -> None:
    audit.record(target=row, action=action, by=by, now=now, account_id=row.opportunity.account_id, summary=row.text)
