"""Entries and to-dos: the dialogs, the one-tap doors, and the record of an account."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from dingke.accounts import access
from dingke.accounts.actions import work as actions
from dingke.accounts.forms.work import NoteForm, TodoForm
from dingke.accounts.models import Account, Note, Todo
from dingke.accounts.queries import account as accounts
from dingke.accounts.queries import contacts, parts, record, steps
from dingke.accounts.views.answers import changed
from dingke.core import pages
from dingke.core.doors import DoorRequest, door
from dingke.core.errors import Invalid, NotAllowed, Refusal, StaleRecord
from dingke.core.scope import Scope

DAYS_LATER = (1, 3, 7, 14)


# ---- the record ---------------------------------------------------------------------------------------------------


@door("GET")
def timeline(request: DoorRequest, account_id: int) -> HttpResponse:
    account = accounts.account_for(request.scope, account_id)
    only, cursor = request.GET.get("only", ""), request.GET.get("cursor") or None
    if only not in {"", record.NOTES, record.CONTACTS, record.CHANGES}:
        raise Invalid(_("This choice does not exist."))
    page = record.timeline(request.scope, account, only=only, cursor=cursor)
    context = {"account": account, "timeline": page, "only": only, "can_edit": access.can_edit(request.scope, account)}
    return pages.fragment(request, "accounts/_timeline_rows.html" if cursor else "accounts/_timeline.html", context)


# ---- entries --------------------------------------------------------------------------------------------------------


@door("GET", "POST")
def note_new(request: DoorRequest, account_id: int) -> HttpResponse:
    """Logs a contact; with a next step it writes the to-do in the same breath."""
    account = accounts.account_for(request.scope, account_id)
    access.can_edit(request.scope, account).enforce()
    return _note_dialog(request, account, None)


@door("GET", "POST")
def note_edit(request: DoorRequest, note_id: int) -> HttpResponse:
    note = parts.note_for(request.scope, note_id)
    access.can_edit_note(request.scope, note).enforce()
    return _note_dialog(request, note.account, note)


def _note_dialog(request: DoorRequest, account: Account, note: Note | None) -> HttpResponse:
    now = timezone.now()
    if note is None:
        kind, contact = request.GET.get("kind", "CALL"), request.GET.get("contact")
        initial: dict[str, Any] = {"kind": kind if kind in Note.Kind.values else "CALL", "contact": contact, "at": timezone.localtime(now)}
    else:
        initial = {
            "kind": note.kind,
            "contact": note.contact_id,
            "text": note.text,
            "at": timezone.localtime(note.at),
            "version": note.version,
        }
    people = contacts.pickable(request.scope, account)
    form = NoteForm(request.POST if request.method == "POST" else None, initial=initial, contacts=people)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        fields: dict[str, Any] = {
            "kind": given["kind"],
            "text": given["text"],
            "at": given["at"],
            "contact": given["contact"],
            "by": request.scope,
            "now": now,
        }
        try:
            if note is None:
                actions.log_contact_with_next(account=account, next_title=given["next_title"], next_date=given["next_date"], **fields)
            else:
                actions.edit_note(note=note, expected_version=given["version"], **fields)
        except NotAllowed:
            raise
        except Refusal as refused:
            form.refuse(refused.message, {} if isinstance(refused, StaleRecord) else refused.fields)
        else:
            return changed(request, account.pk, _("Written down."))
    action = reverse("accounts:note_edit", args=[note.pk]) if note else reverse("accounts:note_new", args=[account.pk])
    context = {"account": account, "note": note, "form": form, "action": action}
    return pages.fragment(request, "accounts/_note_dialog.html", context, status=422 if form.errors else 200)


@door("POST")
def note_archive(request: DoorRequest, note_id: int) -> HttpResponse:
    note = parts.note_for(request.scope, note_id)
    actions.archive_note(note=note, by=request.scope, now=timezone.now())
    return changed(request, note.account_id, _("The entry was taken away."), undo_url=reverse("accounts:note_restore", args=[note.pk]))


@door("POST")
def note_restore(request: DoorRequest, note_id: int) -> HttpResponse:
    note = parts.note_for(request.scope, note_id)
    actions.restore_note(note=note, by=request.scope, now=timezone.now())
    return changed(request, note.account_id, _("The entry is back."))


# ---- to-dos ---------------------------------------------------------------------------------------------------------


@door("GET", "POST")
def todo_new(request: DoorRequest, account_id: int) -> HttpResponse:
    account = accounts.account_for(request.scope, account_id)
    access.can_edit(request.scope, account).enforce()
    return _todo_dialog(request, account, None)


@door("GET", "POST")
def todo_edit(request: DoorRequest, todo_id: int) -> HttpResponse:
    todo = parts.todo_for(request.scope, todo_id)
    access.can_work_on_todo(request.scope, todo).enforce()
    return _todo_dialog(request, todo.account, todo)


def _todo_dialog(request: DoorRequest, account: Account, todo: Todo | None) -> HttpResponse:
    now = timezone.now()
    if todo is None:
        initial: dict[str, Any] = {name: request.GET.get(name, "") for name in ("title", "reason", "source", "due_date")}
        initial["due_date"] = initial["due_date"] or timezone.localdate(now) + timedelta(days=3)
    else:
        initial = {
            "title": todo.title,
            "due_date": todo.due_date,
            "assignee": todo.assignee_id,
            "reason": todo.reason,
            "version": todo.version,
        }
    form = TodoForm(request.POST if request.method == "POST" else None, initial=initial, people=steps.doers(request.scope, account, todo))
    if request.method == "POST" and form.is_valid():
        try:
            _save_todo(request.scope, account, todo, form.cleaned_data, now)
        except NotAllowed:
            raise
        except Refusal as refused:
            form.refuse(refused.message, {} if isinstance(refused, StaleRecord) else refused.fields)
        else:
            return changed(request, account.pk, _("The to-do was saved."))
    action = reverse("accounts:todo_edit", args=[todo.pk]) if todo else reverse("accounts:todo_new", args=[account.pk])
    context = {"account": account, "todo": todo, "form": form, "action": action}
    return pages.fragment(request, "accounts/_todo_dialog.html", context, status=422 if form.errors else 200)


def _save_todo(scope: Scope, account: Account, todo: Todo | None, given: dict[str, Any], now: Any) -> None:
    if todo is None:
        actions.add_todo(
            account=account,
            title=given["title"],
            due_date=given["due_date"],
            assignee=given["assignee"],
            reason=given["reason"],
            source=given["source"],
            by=scope,
            now=now,
        )
    else:
        actions.edit_todo(
            todo=todo,
            title=given["title"],
            due_date=given["due_date"],
            assignee=given["assignee"] or todo.assignee,
            by=scope,
            now=now,
            expected_version=given["version"],
        )


@door("POST")
def todo_done(request: DoorRequest, todo_id: int) -> HttpResponse:
    todo = parts.todo_for(request.scope, todo_id)
    actions.finish_todo(todo=todo, by=request.scope, now=timezone.now())
    return changed(
        request, todo.account_id, _("Done: %(title)s") % {"title": todo.title}, undo_url=reverse("accounts:todo_undo", args=[todo.pk])
    )


@door("POST")
def todo_undo(request: DoorRequest, todo_id: int) -> HttpResponse:
    todo = parts.todo_for(request.scope, todo_id)
    actions.reopen_todo(todo=todo, by=request.scope, now=timezone.now())
    return changed(request, todo.account_id, _("Open again: %(title)s") % {"title": todo.title})


@door("POST")
def todo_snooze(request: DoorRequest, todo_id: int) -> HttpResponse:
    """Puts a to-do off by some days, counted from today."""
    todo = parts.todo_for(request.scope, todo_id)
    days = request.GET.get("days", "")
    if days not in {str(number) for number in DAYS_LATER}:
        raise Invalid(_("This choice does not exist."))
    now = timezone.now()
    moved = actions.snooze_todo(todo=todo, due_date=timezone.localdate(now) + timedelta(days=int(days)), by=request.scope, now=now)
    return changed(request, todo.account_id, _("Put off to %(day)s.") % {"day": moved.due_date})


@door("POST")
def todo_archive(request: DoorRequest, todo_id: int) -> HttpResponse:
    todo = parts.todo_for(request.scope, todo_id)
    actions.archive_todo(todo=todo, by=request.scope, now=timezone.now())
    return changed(
        request, todo.account_id, _("Dropped: %(title)s") % {"title": todo.title}, undo_url=reverse("accounts:todo_restore", args=[todo.pk])
    )


@door("POST")
def todo_restore(request: DoorRequest, todo_id: int) -> HttpResponse:
    todo = parts.todo_for(request.scope, todo_id)
    actions.restore_todo(todo=todo, by=request.scope, now=timezone.now())
    return changed(request, todo.account_id, _("Open again: %(title)s") % {"title": todo.title})
