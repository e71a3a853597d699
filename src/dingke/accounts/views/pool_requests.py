"""Page doors of exceptions to the rules of the pool: a claim beyond the limits, an account that stays."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from dingke.accounts import access
from dingke.accounts.actions import pool_requests as actions
from dingke.accounts.forms.pool import AskClaimForm, AskKeepForm
from dingke.accounts.queries import account as accounts
from dingke.accounts.queries import pool as queries
from dingke.approvals.models import Approval
from dingke.core import pages
from dingke.core.doors import DoorRequest, door
from dingke.core.errors import NotAllowed, Refusal

KEEP_DAYS = 60  # proposed, editable


@door("GET", "POST", permission="accounts.claim")
def ask_claim(request: DoorRequest, account_id: int) -> HttpResponse:
    """Asks for a claim beyond the quota, the holding limit or the waiting time. Where the limits allow it by now, it is claimed."""
    account = queries.pooled_account(request.scope, account_id)
    access.can_claim(request.scope, account).enforce()
    form = AskClaimForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            done = actions.request_claim(account=account, reason=form.cleaned_data["reason"], by=request.scope, now=timezone.now())
        except NotAllowed:
            raise
        except Refusal as refused:
            form.add_error("reason" if "reason" in refused.fields else None, refused.message)
        else:
            return _answer(request, account_id, done, _("%(name)s is yours now.") % {"name": account.shown_name})
    context = {"account": account, "form": form, "against": queries.against_claim(request.scope, account, today=timezone.localdate())}
    return pages.page(request, "accounts/ask_claim.html", context, partial="accounts/_ask_claim.html", status=422 if form.errors else 200)


@door("GET", "POST")
def ask_keep(request: DoorRequest, account_id: int) -> HttpResponse:
    """Asks that an account stays with its owner although the rules of the pool would take it back."""
    account = accounts.account_for(request.scope, account_id)
    access.can_ask_to_keep(request.scope, account).enforce()
    today = timezone.localdate()
    form = AskKeepForm(request.POST if request.method == "POST" else None, initial={"until": today + timedelta(days=KEEP_DAYS)})
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            done = actions.request_keep(account=account, until=data["until"], reason=data["reason"], by=request.scope, now=timezone.now())
        except NotAllowed:
            raise
        except Refusal as refused:
            name = next((name for name in refused.fields if name in form.fields), None)
            form.add_error(name, refused.message)
        else:
            return _answer(request, account_id, done, _("%(name)s stays.") % {"name": account.shown_name})
    context = {"account": account, "form": form, "outlook": queries.recycle_outlook(account, today=today)}
    return pages.page(request, "accounts/ask_keep.html", context, partial="accounts/_ask_keep.html", status=422 if form.errors else 200)


def _answer(request: DoorRequest, account_id: int, done: Any, said: str) -> HttpResponse:
    """To the request where one was made, else to the account."""
    if isinstance(done, Approval):
        messages.success(request, _("Asked. You are told when it is decided."))
        return pages.go_to(request, reverse("approvals:detail", args=[done.pk]))
    messages.success(request, said)
    return pages.go_to(request, reverse("workspace:account", args=[account_id]))
