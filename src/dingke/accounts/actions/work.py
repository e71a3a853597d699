"""What people write and promise: timeline notes, and to-dos with their next step."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from dingke.accounts import access
from dingke.accounts.events import StageChanged
from dingke.accounts.models import Account, Contact, Note, Todo
from dingke.accounts.queries.stages import guide_of
from dingke.core import audit
from dingke.core.errors import Invalid, Refusal
from dingke.core.locking import locked
from dingke.core.scope import Scope
from dingke.people.models import User
from dingke.people.queries import scope_for


class UnableToSaveNote(Refusal):
    """The entry cannot be written or changed."""


class UnableToSaveTodo(Refusal):
    """The to-do cannot be saved as given."""


# ---- timeline ---------------------------------------------------------------------------------------------------


@transaction.atomic
def log_note(
    *, account: Account, kind: str, text: str, by: Scope, now: datetime, at: datetime | None = None, contact: Contact | None = None
) -> Note:
    """Writes a timeline entry. A call, meeting, mail or WeChat moves the account's last contact to the newest of them."""
    access.can_edit(by, account).enforce()
    at = at or now
    _check_note(account=account, kind=kind, text=text, at=at, now=now, contact=contact)
    note = Note.objects.create(account=account, kind=kind, text=text.strip(), at=at, contact=contact, author_id=by.user_id)
    _settle_last_contact(account)
    audit.record(target=note, action="notes.log", by=by, now=now, account_id=account.pk, summary=text.strip())
    return note


@transaction.atomic
def log_contact_with_next(
    *,
    account: Account,
    kind: str,
    text: str,
    by: Scope,
    now: datetime,
    at: datetime | None = None,
    contact: Contact | None = None,
    next_title: str = "",
    next_date: date | None = None,
) -> Note:
    """Writes an entry and, when it names one, the next step; both or neither."""
    note = log_note(account=account, kind=kind, text=text, by=by, now=now, at=at, contact=contact)
    if next_title.strip():
        add_todo(account=account, title=next_title, due_date=next_date, by=by, now=now, source=f"note:{note.pk}")
    return note


@transaction.atomic
def edit_note(
    *,
    note: Note,
    kind: str,
    text: str,
    at: datetime,
    by: Scope,
    now: datetime,
    contact: Contact | None = None,
    expected_version: int | None = None,
) -> Note:
    """Corrects an entry: its author, or whoever leads above."""
    access.can_edit_note(by, note).enforce()
    _check_note(account=note.account, kind=kind, text=text, at=at, now=now, contact=contact)
    fresh = locked(note, expected_version=expected_version, yours={"kind": kind, "text": text})
    before = {"kind": fresh.kind, "text": fresh.text, "at": fresh.at.isoformat(), "contact": fresh.contact_id}
    fresh.kind, fresh.text, fresh.at, fresh.contact = kind, text.strip(), at, contact
    after = {"kind": fresh.kind, "text": fresh.text, "at": fresh.at.isoformat(), "contact": fresh.contact_id}
    if changes := audit.changes_between(before, after):
        fresh.save()
        _settle_last_contact(fresh.account)
        audit.record(target=fresh, action="notes.edit", by=by, now=now, changes=changes, account_id=fresh.account_id)
    return fresh


@transaction.atomic
def archive_note(*, note: Note, by: Scope, now: datetime) -> Note:
    """Takes an entry off the timeline."""
    access.can_edit_note(by, note).enforce()
    fresh = locked(note, expected_version=None, yours={})
    if fresh.archived_at is None:
        fresh.archived_at = now
        fresh.save()
        _settle_last_contact(fresh.account)
        audit.record(target=fresh, action="notes.archive", by=by, now=now, account_id=fresh.account_id, summary=fresh.text)
    return fresh


@transaction.atomic
def restore_note(*, note: Note, by: Scope, now: datetime) -> Note:
    access.can_edit_note(by, note).enforce()
    fresh = locked(note, expected_version=None, yours={})
    if fresh.archived_at is not None:
        fresh.archived_at = None
        fresh.save()
        _settle_last_contact(fresh.account)
        audit.record(target=fresh, action="notes.restore", by=by, now=now, account_id=fresh.account_id, summary=fresh.text)
    return fresh


def _check_note(*, account: Account, kind: str, text: str, at: datetime, now: datetime, contact: Contact | None) -> None:
    problems: dict[str, str] = {}
    if kind not in Note.Kind.values:
        problems["kind"] = _("This kind of entry does not exist.")
    if not text.strip():
        problems["text"] = _("Write a few words: what was said, what follows?")
    if at > now + timedelta(minutes=5):
        problems["at"] = _("What has not happened yet is a to-do, not an entry.")
    if contact is not None and contact.account_id != account.pk:
        problems["contact"] = _("This contact belongs to another account.")
    if problems:
        raise Invalid(next(iter(problems.values())), fields=problems)


def _settle_last_contact(account: Account) -> None:
    """The newest contact on the timeline; a contact known from elsewhere (an import) stays when nothing newer is written.

    Not an edit of the account: its version stays, so that a form that somebody has open is not made stale.
    """
    made = Note.objects.filter(account=account, archived_at__isnull=True).exclude(kind=Note.Kind.NOTE)
    newest = made.aggregate(at=Max("at"))["at"]
    known = Account.objects.filter(pk=account.pk).values_list("last_contact_at", flat=True).get()
    written = Note.objects.filter(account=account).exclude(kind=Note.Kind.NOTE).filter(at=known).exists() if known else False
    if newest is not None and (known is None or newest > known or written):
        settled: datetime | None = newest
    elif newest is None and written:
        settled = None
    else:
        settled = known
    if settled != known:
        Account.objects.filter(pk=account.pk).update(last_contact_at=settled)
    account.last_contact_at = settled


# ---- to-dos -----------------------------------------------------------------------------------------------------


@transaction.atomic
def add_todo(
    *,
    account: Account,
    title: str,
    by: Scope,
    now: datetime,
    due_date: date | None = None,
    assignee: User | None = None,
    reason: str = "",
    source: str = "",
) -> Todo:
    """Adds something to do for an account, for the caller or a colleague who sees the account."""
    access.can_edit(by, account).enforce()
    holder = assignee or User.objects.filter(pk=by.me).first() or account.owner
    if holder is None:
        raise UnableToSaveTodo(_("Somebody has to do it. Choose a person."), fields={"assignee": _("Choose a person.")})
    if not title.strip():
        raise Invalid(_("Say what is to be done."), fields={"title": _("Say what is to be done.")})
    _refuse_stranger(account, holder)
    todo = Todo.objects.create(
        account=account, title=title.strip()[:200], reason=reason.strip()[:300], due_date=due_date, assignee=holder, source=source[:40]
    )
    audit.record(target=todo, action="todos.add", by=by, now=now, account_id=account.pk, summary=todo.title)
    return todo


@transaction.atomic
def edit_todo(
    *, todo: Todo, title: str, due_date: date | None, assignee: User, by: Scope, now: datetime, expected_version: int | None = None
) -> Todo:
    access.can_work_on_todo(by, todo).enforce()
    if not title.strip():
        raise Invalid(_("Say what is to be done."), fields={"title": _("Say what is to be done.")})
    if assignee.pk != todo.assignee_id:
        _refuse_stranger(todo.account, assignee)
    return _changed(
        todo,
        by=by,
        now=now,
        action="todos.edit",
        expected_version=expected_version,
        title=title.strip()[:200],
        due_date=due_date,
        assignee=assignee,
    )


@transaction.atomic
def finish_todo(*, todo: Todo, by: Scope, now: datetime) -> Todo:
    """Ticks a to-do off. Doing it twice is no harm."""
    access.can_work_on_todo(by, todo).enforce()
    return todo if todo.done_at else _changed(todo, by=by, now=now, action="todos.finish", done_at=now)


@transaction.atomic
def reopen_todo(*, todo: Todo, by: Scope, now: datetime) -> Todo:
    access.can_work_on_todo(by, todo).enforce()
    return _changed(todo, by=by, now=now, action="todos.reopen", done_at=None) if todo.done_at else todo


@transaction.atomic
def snooze_todo(*, todo: Todo, due_date: date, by: Scope, now: datetime) -> Todo:
    """Moves a to-do to a later day."""
    access.can_work_on_todo(by, todo).enforce()
    if due_date < timezone.localdate(now):
        raise Invalid(_("Choose today or a later day."), fields={"due_date": _("Choose today or a later day.")})
    return _changed(todo, by=by, now=now, action="todos.snooze", due_date=due_date)


@transaction.atomic
def reassign_todo(*, todo: Todo, to: User, by: Scope, now: datetime) -> Todo:
    """Hands a to-do to a colleague who sees the account."""
    access.can_work_on_todo(by, todo).enforce()
    _refuse_stranger(todo.account, to)
    return _changed(todo, by=by, now=now, action="todos.reassign", assignee=to)


@transaction.atomic
def archive_todo(*, todo: Todo, by: Scope, now: datetime) -> Todo:
    """Drops a to-do that will not be done."""
    access.can_work_on_todo(by, todo).enforce()
    return todo if todo.archived_at else _changed(todo, by=by, now=now, action="todos.archive", archived_at=now)


@transaction.atomic
def restore_todo(*, todo: Todo, by: Scope, now: datetime) -> Todo:
    access.can_work_on_todo(by, todo).enforce()
    return _changed(todo, by=by, now=now, action="todos.restore", archived_at=None) if todo.archived_at else todo


def add_stage_todos(*, event: StageChanged, now: datetime) -> None:
    """The standard actions of a lifecycle stage become to-dos of the owner, once for each entry (D-01); unless the company switched them
    off for this stage. One that is still open from an earlier entry is not doubled."""
    account = Account.objects.select_related("owner").get(pk=event.account_id)
    guide = guide_of(event.after)
    if account.owner is None or not guide.makes_todos:
        return
    source = f"stage:{event.after}"
    open_titles = set(
        Todo.objects.filter(account=account, source=source, done_at__isnull=True, archived_at__isnull=True).values_list("title", flat=True)
    )
    language = account.owner.language or get_language() or "zh-hans"
    for action in guide.actions:
        title = action.label.text(language)[:200]
        if title not in open_titles:
            Todo.objects.create(
                account=account,
                title=title,
                reason=guide.strategy.text(language)[:300],
                assignee=account.owner,
                source=source,
                due_date=timezone.localdate(now) + timedelta(days=action.due_in_days),
            )


def _changed(todo: Todo, *, by: Scope, now: datetime, action: str, expected_version: int | None = None, **values: object) -> Todo:
    shown = {name: _shown(value) for name, value in values.items()}
    fresh = locked(todo, expected_version=expected_version, yours=shown)
    before = {name: _shown(getattr(fresh, name)) for name in values}
    for name, value in values.items():
        setattr(fresh, name, value)
    if changes := audit.changes_between(before, shown):
        fresh.save()
        audit.record(target=fresh, action=action, by=by, now=now, changes=changes, account_id=fresh.account_id, summary=fresh.title)
    return fresh


def _shown(value: object) -> str | None:
    return None if value is None else value.isoformat() if isinstance(value, date) else str(value)


def _refuse_stranger(account: Account, person: User) -> None:
    if not Account.objects.visible_to(scope_for(person)).filter(pk=account.pk).exists():
        message = _("%(name)s does not see this account. Share it first.") % {"name": person}
        raise UnableToSaveTodo(message, fields={"assignee": message})
