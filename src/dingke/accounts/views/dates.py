"""Days that matter and invoicing details: dialogs and one-tap doors."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from dingke.accounts import access
from dingke.accounts.actions import dates as actions
from dingke.accounts.forms.work import DateForm
from dingke.accounts.models import Account, KeyDate
from dingke.accounts.queries import account as accounts
from dingke.accounts.queries import contacts, parts
from dingke.accounts.views.answers import changed
from dingke.core import pages
from dingke.core.doors import DoorRequest, door
from dingke.core.errors import NotAllowed, Refusal, StaleRecord

FIELDS = ("kind", "contact", "label", "on_date", "is_yearly", "is_lunar", "remind_days")


@door("GET", "POST")
def new(request: DoorRequest, account_id: int) -> HttpResponse:
    account = accounts.account_for(request.scope, account_id)
    access.can_edit(request.scope, account).enforce()
    return _dialog(request, account, None)


@door("GET", "POST")
def edit(request: DoorRequest, date_id: int) -> HttpResponse:
    key_date = parts.key_date_for(request.scope, date_id)
    access.can_edit(request.scope, key_date.account).enforce()
    return _dialog(request, key_date.account, key_date)


def _dialog(request: DoorRequest, account: Account, key_date: KeyDate | None) -> HttpResponse:
    initial: dict[str, Any] = {
        "kind": KeyDate.Kind.BIRTHDAY.value,
        "contact": request.GET.get("contact"),
        "is_yearly": True,
        "remind_days": 7,
    }
    if key_date is not None:
        initial = {
            **{name: getattr(key_date, name) for name in FIELDS if name != "contact"},
            "contact": key_date.contact_id,
            "version": key_date.version,
        }
    form = DateForm(request.POST if request.method == "POST" else None, initial=initial, contacts=contacts.pickable(request.scope, account))
    if request.method == "POST" and form.is_valid():
        values, now = {name: form.cleaned_data[name] for name in FIELDS}, timezone.now()
        try:
            if key_date is None:
                actions.add_key_date(account=account, values=values, by=request.scope, now=now)
            else:
                actions.edit_key_date(
                    key_date=key_date, values=values, by=request.scope, now=now, expected_version=form.cleaned_data["version"]
                )
        except NotAllowed:
            raise
        except Refusal as refused:
            form.refuse(refused.message, {} if isinstance(refused, StaleRecord) else refused.fields)
        else:
            return changed(request, account.pk, _("The day was saved."))
    action = reverse("accounts:date_edit", args=[key_date.pk]) if key_date else reverse("accounts:date_new", args=[account.pk])
    context = {"account": account, "key_date": key_date, "form": form, "action": action}
    return pages.fragment(request, "accounts/_date_dialog.html", context, status=422 if form.errors else 200)


@door("POST")
def archive(request: DoorRequest, date_id: int) -> HttpResponse:
    key_date = parts.key_date_for(request.scope, date_id)
    actions.archive_key_date(key_date=key_date, by=request.scope, now=timezone.now())
    return changed(request, key_date.account_id, _("The day was removed."), undo_url=reverse("accounts:date_restore", args=[key_date.pk]))


@door("POST")
def restore(request: DoorRequest, date_id: int) -> HttpResponse:
    key_date = parts.key_date_for(request.scope, date_id)
    actions.restore_key_date(key_date=key_date, by=request.scope, now=timezone.now())
    return changed(request, key_date.account_id, _("The day is back."))
