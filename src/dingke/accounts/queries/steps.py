"""The next step of an account: what is promised, else what the facts propose, one after the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import F, Q, QuerySet
from django.utils import timezone
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from dingke.accounts.calc import dossier as dossier_calc
from dingke.accounts.calc import next_step as calc
from dingke.accounts.models import Account, Collaborator, Todo
from dingke.accounts.queries import dossier as dossier_queries
from dingke.accounts.queries.days import ComingDay
from dingke.core.scope import Scope
from dingke.people import queries as people
from dingke.people.models import User

SOON = timedelta(days=7)


@dataclass(frozen=True)
class Step:
    """One step for the bronze bar: a to-do that waits, or a proposal that becomes one. `kind` names the form that helps."""

    kind: str
    title: str
    reason: str
    due_date: date | None
    todo: Todo | None = None

    @property
    def is_proposal(self) -> bool:
        return self.todo is None


@dataclass(frozen=True)
class DossierState:
    filled: int
    required: int
    stale: int
    limit_days: int

    @property
    def percent(self) -> int:
        return dossier_calc.Completeness(self.filled, self.required).percent


def open_todos(scope: Scope, account: Account) -> QuerySet[Todo]:
    """What is to be done for an account, the earliest first, those without a day at the end."""
    rows = Todo.objects.visible_to(scope).current().filter(account=account, done_at__isnull=True).select_related("assignee", "account")
    return rows.order_by(F("due_date").asc(nulls_last=True), "pk")


def done_todos(scope: Scope, account: Account, *, at_most: int = 10) -> list[Todo]:
    rows = Todo.objects.visible_to(scope).current().filter(account=account, done_at__isnull=False).select_related("assignee", "account")
    return list(rows.order_by("-done_at", "-pk")[:at_most])


def dossier_state(scope: Scope, account: Account, *, today: date) -> DossierState:
    """How much of the dossier is known, and how much of it is old (C-06), as the dossier page counts it."""
    state = dossier_queries.state_of(scope, account, today=today)
    return DossierState(state.completeness.filled, state.completeness.required, state.stale, state.stale_days)


def steps_for(
    account: Account,
    *,
    todos: Sequence[Todo],
    coming: Sequence[ComingDay],
    people: int,
    has_main_contact: bool,
    dossier: DossierState,
    today: date,
) -> list[Step]:
    """Every step in order: to-dos that are due within a week, proposals of the facts, later to-dos."""
    language = get_language() or "zh-hans"
    standing = getattr(account, "standing", None)
    facts = calc.StepFacts(
        known_since=timezone.localdate(account.created_at),
        last_contact_on=timezone.localdate(account.last_contact_at) if account.last_contact_at else None,
        last_order_on=standing.last_order_date if standing else None,
        usual_gap_days=standing.usual_gap_days if standing else None,
        is_quiet=standing.is_quiet if standing else False,
        people=people,
        has_main_contact=has_main_contact,
        coming_days=tuple(calc.ComingDay(one.words, one.day) for one in coming if one.day is not None),
        stale_fields=dossier.stale,
        stale_limit_days=dossier.limit_days,
        filled_fields=dossier.filled,
        required_fields=dossier.required,
    )
    promised = {todo.source for todo in todos}
    proposed = [
        Step(str(found.kind), calc.SENTENCES.text(found.title, language), calc.SENTENCES.text(found.why, language), found.due_on)
        for found in calc.proposals(facts, today=today)
        if f"step:{found.kind}" not in promised
    ]
    soon = [todo for todo in todos if todo.due_date is not None and todo.due_date <= today + SOON]
    later = [todo for todo in todos if todo not in soon]
    return [*(_todo_step(todo, today) for todo in soon), *proposed, *(_todo_step(todo, today) for todo in later)]


def due_in_words(due: date | None, today: date) -> str:
    """When something is due: "3 days overdue", "today", "tomorrow", "in 5 days"."""
    if due is None:
        return _("no day set")
    days = (due - today).days
    if days < 0:
        return ngettext("%(days)s day overdue", "%(days)s days overdue", -days) % {"days": -days}
    if days == 0:
        return _("due today")
    if days == 1:
        return _("due tomorrow")
    return ngettext("due in %(days)s day", "due in %(days)s days", days) % {"days": days}


def _todo_step(todo: Todo, today: date) -> Step:
    reason = " · ".join(part for part in (due_in_words(todo.due_date, today), str(todo.assignee), todo.reason) if part)
    return Step("TODO", todo.title, reason, todo.due_date, todo)


def todos_of(scope: Scope, *, until: date) -> list[Todo]:
    """What the caller has to do until a day, overdue ones first, and what has no day; two hundred at most."""
    rows = (
        Todo.objects.visible_to(scope)
        .current()
        .filter(assignee_id=scope.me, done_at__isnull=True, account__archived_at__isnull=True)
        .filter(Q(due_date__isnull=True) | Q(due_date__lte=until))
        .select_related("account", "assignee")
    )
    return list(rows.order_by(F("due_date").asc(nulls_last=True), "pk")[:200])


def doers(scope: Scope, account: Account, todo: Todo | None = None) -> QuerySet[User]:
    """Who may be asked to do something for an account: its people, the caller, and those the caller leads."""
    helpers = Collaborator.objects.filter(account=account).order_by().values("user_id")
    known = {scope.me, account.owner_id or 0, todo.assignee_id if todo else 0, *scope.user_ids}
    return people.colleagues(scope).filter(Q(pk__in=sorted(known)) | Q(pk__in=helpers))
