"""Doors for many rows at once: change them, export them, fetch the file."""

from __future__ import annotations

from typing import Any

from django.http import FileResponse, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from dingke.accounts import exports
from dingke.accounts.actions import bulk
from dingke.accounts.actions.bulk import Verb
from dingke.accounts.forms.bulk import BulkForm, file_kind, selection_from, wish_params
from dingke.accounts.forms.list import ListState, list_state
from dingke.accounts.queries import list as account_list
from dingke.core import access, jobs, pages, paging
from dingke.core.doors import DoorRequest, door
from dingke.core.errors import Invalid, NotVisible
from dingke.core.tables_out import CONTENT_TYPES, FileKind


def _verb(text: str) -> Verb:
    try:
        return Verb(text)
    except ValueError as error:
        raise Invalid(_("This action does not exist.")) from error


def _number(state: ListState, selection: dict[str, Any]) -> paging.CappedCount:
    if "ids" in selection:
        return paging.CappedCount(len(selection["ids"]), False)
    return paging.capped_count(account_list.filtered(state.scope, state.filters, today=timezone.localdate()))


@door("POST")
def bulk_form(request: DoorRequest) -> HttpResponse:
    """The dialog of one action on the ticked rows, or on all that match."""
    state = list_state(request.GET, request.scope)
    selection = selection_from(request.POST, state)
    number = _number(state, selection)
    if not number.number:
        raise bulk.UnableToChangeMany(_("Select at least one account."))
    context = {"state": state, "selection": selection, "number": number}
    if request.POST.get("do") == "export":
        access.needs(request.scope, "exports.run").enforce()
        return _export_dialog(request, context)
    verb = _verb(request.POST.get("do", ""))
    return pages.fragment(
        request, "accounts/_bulk.html", {**context, "verb": verb, "label": bulk.LABELS[verb], "form": BulkForm(verb, request.scope)}
    )


@door("POST")
def bulk_change(request: DoorRequest) -> HttpResponse:
    """Does it: up to 200 rows at once, more as a job. Refused rows are told with their reason."""
    scope, now = request.scope, timezone.now()
    state = list_state(request.GET, scope)
    verb = _verb(request.POST.get("do", ""))
    selection = selection_from(request.POST, state)
    try:
        wish = bulk.wish_from(wish_params(verb, request.POST))
    except Invalid as refused:
        context = {"state": state, "selection": selection, "number": _number(state, selection), "verb": verb, "label": bulk.LABELS[verb]}
        context |= {"form": BulkForm(verb, scope, request.POST), "problem": refused.message}
        return pages.fragment(request, "accounts/_bulk.html", context, status=422)
    ids = exports.selected_ids(scope, selection, now)
    if len(ids) > bulk.AT_ONCE:
        job = jobs.start(kind=exports.BULK_KIND, params={**selection, "wish": wish.params()}, by=scope, now=now)
        job.refresh_from_db()
        return pages.fragment(request, "accounts/_work.html", {"job": job, "title": bulk.LABELS[verb]})
    outcome = bulk.change_many(account_ids=ids, wish=wish, by=scope, now=now)
    message = exports.outcome_text(outcome)
    if outcome.refused_number:
        context = {
            "title": bulk.LABELS[verb],
            "message": message,
            "refused": outcome.refused,
            "refused_number": outcome.refused_number,
            "done": outcome.done,
        }
        response = pages.fragment(request, "accounts/_bulk_outcome.html", context)
    else:
        response = pages.toast(pages.trigger(HttpResponse(status=200), "dk:close"), message)
    return pages.trigger(response, "dk:accounts-changed")


@door("GET")
def bulk_outcome(request: DoorRequest, job_id: int) -> HttpResponse:
    """What came of a change that ran as a job: the rows that were refused, and why."""
    job = jobs.job_for(request.scope, job_id)
    if job is None or job.kind != exports.BULK_KIND:
        raise NotVisible(_("There is no such work, or it is not yours."))
    return pages.page(request, "accounts/bulk_outcome.html", {"job": job})


def _export_dialog(request: DoorRequest, context: dict[str, Any]) -> HttpResponse:
    state: ListState = context["state"]
    shown = [column.key for column in state.columns]
    return pages.fragment(request, "accounts/_export.html", {**context, "shown": shown})


@door("GET", "POST", permission="exports.run")
def export(request: DoorRequest) -> HttpResponse:
    """Exports the ticked rows or all that match, with the chosen columns, as a job."""
    state = list_state(request.GET, request.scope)
    selection = selection_from(request.POST, state) if request.method == "POST" else {"filters": dict(state.filters.params())}
    if request.method == "GET":
        return _export_dialog(request, {"state": state, "selection": selection, "number": _number(state, selection)})
    known = {column.key for column in state.available}
    columns = [key for key in request.POST.getlist("columns") if key in known] or [column.key for column in state.columns]
    params = {**selection, "columns": columns, "sort": state.sort_text, "format": file_kind(request.POST).value}
    job = jobs.start(kind=exports.KIND, params=params, by=request.scope, now=timezone.now())
    job.refresh_from_db()
    return pages.fragment(request, "accounts/_work.html", {"job": job, "title": _("Export")})


@door("GET", permission="exports.run")
def export_file(request: DoorRequest, job_id: int) -> HttpResponse:
    """The finished file, for the person who asked for it. Every download is written down."""
    job = jobs.job_for(request.scope, job_id)
    path, name = exports.file_of(request.scope, job)
    assert job is not None
    exports.note_download(job=job, by=request.scope, now=timezone.now())
    response = FileResponse(path.open("rb"), as_attachment=True, filename=name, content_type=CONTENT_TYPES[FileKind(path.suffix[1:])])
    response["Cache-Control"] = "no-store"
    return response  # type: ignore[return-value]
