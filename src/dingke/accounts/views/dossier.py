"""The dossier: its panel and page, the dialogs behind it, the report by source and age, the export."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, cast

from django.http import FileResponse, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from dingke.accounts import access
from dingke.accounts.actions import competitors as rival_actions
from dingke.accounts.actions import dossier as actions
from dingke.accounts.forms.dossier import EntryForm, QuestionForm, RivalForm
from dingke.accounts.models import Account, AccountCompetitor, DossierEntry, Question
from dingke.accounts.queries import dossier as queries
from dingke.accounts.queries import dossier_report as reports
from dingke.accounts.queries.account import account_for
from dingke.accounts.queries.contacts import pickable
from dingke.accounts.views.answers import changed
from dingke.core import lists, pages
from dingke.core.doors import DoorRequest, door
from dingke.core.errors import NotAllowed, NotVisible, Refusal, StaleRecord
from dingke.core.forms import RefusableForm
from dingke.core.stale import differences, merged
from dingke.core.tables_out import CONTENT_TYPES, FileKind


@door("GET")
def dossier(request: DoorRequest, account_id: int) -> HttpResponse:
    """The panel of the account page for HTMX, else the whole page (also the one to print)."""
    account = account_for(request.scope, account_id)
    context = {"account": account, "dossier": queries.dossier_of(request.scope, account, today=timezone.localdate())}
    return pages.page(request, "accounts/dossier.html", context, partial="accounts/_dossier.html")


def _entry_form(request: DoorRequest, account: Account, *, initial: Mapping[str, Any], fixed: bool) -> EntryForm:
    data = merged(request.POST, initial) if request.method == "POST" else None
    contacts, sources = pickable(request.scope, account), lists.items(queries.SOURCES)
    return EntryForm(data, initial=dict(initial), groups=queries.writable_fields(), sources=sources, contacts=contacts, fixed=fixed)


def _dialog(
    request: DoorRequest,
    account: Account,
    form: RefusableForm,
    *,
    save: Callable[[], object],
    done: str,
    saved: Mapping[str, Any] | None = None,
    **shown: Any,
) -> HttpResponse:
    """A form in a dialog: shows it, saves it, and shows it again with what is wrong, or with both versions when it is stale."""
    stale: list[Any] = []
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                save()
            except (NotAllowed, NotVisible):
                raise
            except StaleRecord:
                status, stale = 409, differences(form, saved or {})
                form.data["version"] = str((saved or {}).get("version", ""))  # type: ignore[index]
            except Refusal as refused:
                form.refuse(refused.message, refused.fields)
            else:
                return changed(request, account.pk, done)
    shown["about_label"] = queries.field_label(shown["about"])
    context = {"account": account, "form": form, "stale": stale, "partial": "accounts/_dossier_form.html", **shown}
    return pages.page(request, "accounts/in_page.html", context, partial="accounts/_dossier_form.html", status=status)


@door("GET", "POST")
def new_entry(request: DoorRequest, account_id: int) -> HttpResponse:
    """A new fact; `field` in the address says about what, `text` may come from what the contacts say."""
    account = account_for(request.scope, account_id)
    access.can_edit(request.scope, account).enforce()
    field = request.GET.get("field", "")
    known = {key for _group, rows in queries.writable_fields() for key, _label in rows}
    start = {"field": field, "as_of_date": timezone.localdate(), "text": request.GET.get("text", "")[:500]}
    form = _entry_form(request, account, initial=start, fixed=field in known)

    def save() -> None:
        actions.add_entry(account=account, field=form.cleaned_data["field"], by=request.scope, now=timezone.now(), **form.facts())

    here = reverse("accounts:dossier_entry_new", args=[account.pk])
    action = f"{here}?field={field}" if field in known else here
    return _dialog(
        request,
        account,
        form,
        save=save,
        done=_("Written into the dossier."),
        action=action,
        kind="entry",
        about=field if field in known else "",
    )


@door("GET", "POST")
def edit_entry(request: DoorRequest, entry_id: int) -> HttpResponse:
    entry = queries.entry_for(request.scope, entry_id)
    access.can_edit(request.scope, entry.account).enforce()
    saved = EntryForm.initial_of(entry)
    form = _entry_form(request, entry.account, initial=saved, fixed=True)

    def save() -> None:
        actions.edit_entry(
            entry=entry, values=form.facts(), by=request.scope, now=timezone.now(), expected_version=form.cleaned_data["version"]
        )

    action = reverse("accounts:dossier_entry_edit", args=[entry.pk])
    return _dialog(
        request,
        entry.account,
        form,
        save=save,
        done=_("The entry was corrected."),
        saved=saved,
        action=action,
        kind="edit",
        about=entry.field,
    )


@door("POST")
def archive_entry(request: DoorRequest, entry_id: int) -> HttpResponse:
    entry: DossierEntry = queries.entry_for(request.scope, entry_id)
    actions.archive_entry(entry=entry, by=request.scope, now=timezone.now())
    return changed(
        request, entry.account_id, _("The entry was archived."), undo_url=reverse("accounts:dossier_entry_restore", args=[entry.pk])
    )


@door("POST")
def restore_entry(request: DoorRequest, entry_id: int) -> HttpResponse:
    entry = queries.entry_for(request.scope, entry_id)
    actions.restore_entry(entry=entry, by=request.scope, now=timezone.now())
    return changed(request, entry.account_id, _("The entry is back."))


@door("GET", "POST")
def new_question(request: DoorRequest, account_id: int) -> HttpResponse:
    account = account_for(request.scope, account_id)
    access.can_edit(request.scope, account).enforce()
    form = QuestionForm(request.POST if request.method == "POST" else None, groups=queries.writable_fields())

    def save() -> None:
        actions.add_question(
            account=account, text=form.cleaned_data["text"], field=form.cleaned_data["field"], by=request.scope, now=timezone.now()
        )

    action = reverse("accounts:question_new", args=[account.pk])
    return _dialog(request, account, form, save=save, done=_("The question is on the list."), action=action, kind="question", about="")


@door("GET", "POST")
def answer_question(request: DoorRequest, question_id: int) -> HttpResponse:
    """The answer to a question is an entry: text, source, day."""
    question: Question = queries.question_for(request.scope, question_id)
    account = question.account
    access.can_edit(request.scope, account).enforce()
    form = _entry_form(request, account, initial={"field": question.field, "as_of_date": timezone.localdate()}, fixed=bool(question.field))

    def save() -> None:
        facts = form.facts()
        actions.answer_question(
            question=question, answer=facts.pop("text"), field=form.cleaned_data["field"], by=request.scope, now=timezone.now(), **facts
        )

    action = reverse("accounts:question_answer", args=[question.pk])
    return _dialog(
        request,
        account,
        form,
        save=save,
        done=_("Answered; it is in the dossier now."),
        action=action,
        kind="answer",
        about=question.field,
        question=question,
    )


@door("POST")
def drop_question(request: DoorRequest, question_id: int) -> HttpResponse:
    question = queries.question_for(request.scope, question_id)
    actions.drop_question(question=question, by=request.scope, now=timezone.now())
    return changed(request, question.account_id, _("The question was put away."))


@door("GET", "POST")
def new_rival(request: DoorRequest, account_id: int) -> HttpResponse:
    """A competitor at the account; with `from` a new state of a known one, as of today."""
    account = account_for(request.scope, account_id)
    access.can_edit(request.scope, account).enforce()
    before = request.GET.get("from", "")
    start: dict[str, Any] = {"noted_date": timezone.localdate()}
    if before.isdecimal() and len(before) < 19:
        start = RivalForm.initial_of(queries.rival_for(request.scope, int(before)), noted=timezone.localdate())
    form = RivalForm(
        request.POST if request.method == "POST" else None,
        initial=start,
        sources=lists.items(queries.SOURCES),
        fixed=bool(start.get("competitor_name")),
    )

    def save() -> None:
        rival_actions.add_competitor(
            account=account, competitor_name=form.cleaned_data["competitor_name"], values=form.facts(), by=request.scope, now=timezone.now()
        )

    here = reverse("accounts:rival_new", args=[account.pk])
    action = f"{here}?from={before}" if start.get("competitor_name") else here
    return _dialog(
        request,
        account,
        form,
        save=save,
        done=_("The competitor was noted."),
        action=action,
        kind="rival",
        about="",
        names=queries.competitor_names(),
    )


@door("GET", "POST")
def edit_rival(request: DoorRequest, rival_id: int) -> HttpResponse:
    rival: AccountCompetitor = queries.rival_for(request.scope, rival_id)
    access.can_edit(request.scope, rival.account).enforce()
    saved = RivalForm.initial_of(rival)
    data = merged(request.POST, saved) if request.method == "POST" else None
    form = RivalForm(data, initial=saved, sources=lists.items(queries.SOURCES), fixed=True)

    def save() -> None:
        rival_actions.edit_competitor(
            rival=rival, values=form.facts(), by=request.scope, now=timezone.now(), expected_version=form.cleaned_data["version"]
        )

    action = reverse("accounts:rival_edit", args=[rival.pk])
    return _dialog(
        request,
        rival.account,
        form,
        save=save,
        done=_("What we know of the competitor was corrected."),
        saved=saved,
        action=action,
        kind="rival",
        about="",
        names=[],
    )


@door("POST")
def archive_rival(request: DoorRequest, rival_id: int) -> HttpResponse:
    rival = queries.rival_for(request.scope, rival_id)
    rival_actions.archive_competitor(rival=rival, by=request.scope, now=timezone.now())
    return changed(
        request, rival.account_id, _("The competitor was archived."), undo_url=reverse("accounts:rival_restore", args=[rival.pk])
    )


@door("POST")
def restore_rival(request: DoorRequest, rival_id: int) -> HttpResponse:
    rival = queries.rival_for(request.scope, rival_id)
    rival_actions.restore_competitor(rival=rival, by=request.scope, now=timezone.now())
    return changed(request, rival.account_id, _("The competitor is back."))


@door("GET")
def report(request: DoorRequest) -> HttpResponse:
    """Information by source and age over what the caller sees, and the thinnest dossiers of key accounts."""
    only_key = request.GET.get("key") == "1"
    context = {"report": reports.dossier_report(request.scope, today=timezone.localdate(), only_key=only_key), "ages": reports.AGES}
    return pages.page(request, "accounts/dossier_report.html", context)


@door("POST", permission="exports.run")
def export(request: DoorRequest, account_id: int) -> HttpResponse:
    """One dossier as a file; the export is in the audit trail."""
    account = account_for(request.scope, account_id)
    kind = FileKind.CSV if request.POST.get("format") == FileKind.CSV.value else FileKind.XLSX
    path = actions.export_dossier(account=account, kind=kind, by=request.scope, now=timezone.now())
    handle = path.open("rb")
    path.unlink()  # the open handle serves it; nothing stays behind
    name = _("Dossier %(name)s") % {"name": account.shown_name}
    return cast(HttpResponse, FileResponse(handle, as_attachment=True, filename=f"{name}.{kind.value}", content_type=CONTENT_TYPES[kind]))
