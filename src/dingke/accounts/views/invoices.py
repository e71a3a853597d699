"""Invoicing details of an account."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from dingke.accounts import access
from dingke.accounts.actions import invoices as actions
from dingke.accounts.forms.work import InvoiceForm
from dingke.accounts.models import Account, InvoiceTitle
from dingke.accounts.queries import account as accounts
from dingke.accounts.queries import parts
from dingke.accounts.queries.contacts import shown_phone
from dingke.accounts.queries.holding import invoice_titles_of
from dingke.accounts.views.answers import changed
from dingke.core import pages
from dingke.core.doors import DoorRequest, door
from dingke.core.errors import NotAllowed, Refusal, StaleRecord


@door("GET")
def panel(request: DoorRequest, account_id: int) -> HttpResponse:
    account = accounts.account_for(request.scope, account_id)
    rows = [(title, shown_phone(request.scope, title.phone)) for title in invoice_titles_of(request.scope, account)]
    context = {
        "account": account,
        "titles": rows,
        "is_hidden": request.scope.hides("invoicing"),
        "can_edit": access.can_edit_invoicing(request.scope, account),
    }
    return pages.fragment(request, "accounts/_invoices.html", context)


@door("GET", "POST")
def new(request: DoorRequest, account_id: int) -> HttpResponse:
    account = accounts.account_for(request.scope, account_id)
    access.can_edit_invoicing(request.scope, account).enforce()
    return _dialog(request, account, None)


@door("GET", "POST")
def edit(request: DoorRequest, invoice_id: int) -> HttpResponse:
    title = parts.invoice_title_for(request.scope, invoice_id)
    access.can_edit_invoicing(request.scope, title.account).enforce()
    return _dialog(request, title.account, title)


def _dialog(request: DoorRequest, account: Account, title: InvoiceTitle | None) -> HttpResponse:
    hidden = {"phone"} if request.scope.hides("phone") else set()
    names = [name for name in actions.FACTS if name not in hidden]
    initial: dict[str, Any] = {"title": account.name, "tax_id": account.credit_code or ""}
    if title is not None:
        initial = {**{name: getattr(title, name) for name in names}, "version": title.version}
    form = InvoiceForm(request.POST if request.method == "POST" else None, initial=initial)
    for name in hidden:
        del form.fields[name]
    if request.method == "POST" and form.is_valid():
        values, now = {name: form.cleaned_data[name] for name in names}, timezone.now()
        try:
            if title is None:
                actions.add_invoice_title(account=account, values=values, by=request.scope, now=now)
            else:
                actions.edit_invoice_title(
                    invoice_title=title, values=values, by=request.scope, now=now, expected_version=form.cleaned_data["version"]
                )
        except NotAllowed:
            raise
        except Refusal as refused:
            form.refuse(refused.message, {} if isinstance(refused, StaleRecord) else refused.fields)
        else:
            return changed(request, account.pk, _("The invoicing details were saved."))
    action = reverse("accounts:invoice_edit", args=[title.pk]) if title else reverse("accounts:invoice_new", args=[account.pk])
    context = {"account": account, "title": title, "form": form, "action": action}
    return pages.fragment(request, "accounts/_invoice_dialog.html", context, status=422 if form.errors else 200)


@door("POST")
def archive(request: DoorRequest, invoice_id: int) -> HttpResponse:
    title = parts.invoice_title_for(request.scope, invoice_id)
    actions.archive_invoice_title(invoice_title=title, by=request.scope, now=timezone.now())
    return changed(
        request, title.account_id, _("The invoicing details were removed."), undo_url=reverse("accounts:invoice_restore", args=[title.pk])
    )


@door("POST")
def restore(request: DoorRequest, invoice_id: int) -> HttpResponse:
    title = parts.invoice_title_for(request.scope, invoice_id)
    actions.restore_invoice_title(invoice_title=title, by=request.scope, now=timezone.now())
    return changed(request, title.account_id, _("The invoicing details are back."))
