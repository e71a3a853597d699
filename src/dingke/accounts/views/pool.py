"""Page doors of the public pool 公海: the list, claiming, giving back, the rules with their outlook."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from dingke.accounts import access
from dingke.accounts.actions import pool as actions
from dingke.accounts.calc.pool import PoolRules
from dingke.accounts.forms.pool import PoolRulesForm, ReleaseForm
from dingke.accounts.queries import account as accounts
from dingke.accounts.queries import pool as queries
from dingke.accounts.views.answers import moved
from dingke.core import pages, paging
from dingke.core.doors import DoorRequest, door
from dingke.core.errors import NotAllowed, NotVisible, Refusal

OUTLOOK_DAYS = 30


@door("GET")
def pool(request: DoorRequest) -> HttpResponse:
    """What lies in the pool, why and since when; with a cursor only the next rows."""
    scope = request.scope
    filters = queries.filter_from(request.GET.dict(), scope)
    rows = queries.pooled(scope, filters)
    page, following = queries.page_of(rows, filters, cursor=request.GET.get("cursor") or None)
    context: dict[str, Any] = {
        "rows": page, "filters": filters, "may_claim": scope.can("accounts.claim"), "shows_amounts": not scope.hides("amount"),
        "next_href": f"{request.path}?{_query(filters.params(), cursor=following)}" if following else "", "today": timezone.localdate(),
    }  # fmt: skip
    if request.GET.get("cursor") and pages.is_fragment(request):
        return pages.fragment(request, "accounts/_pool_rows.html", context)
    industries, regions = queries.industries_and_regions(scope)
    context |= {
        "count": paging.capped_count(rows), "quota": queries.quota(scope, today=timezone.localdate()), "industries": industries,
        "regions": regions, "may_edit_rules": scope.can("settings.edit"), "is_filtered": bool(filters.industry or filters.region),
    }  # fmt: skip
    return pages.page(request, "accounts/pool.html", context, partial="accounts/_pool.html")


def _query(params: dict[str, str], *, cursor: str | None) -> str:
    return urlencode({**params, "cursor": cursor or ""})


@door("GET")
def pool_quota(request: DoorRequest) -> HttpResponse:
    """What may still be claimed today, again after each claim."""
    scope = request.scope
    count = paging.capped_count(queries.pooled(scope, queries.PoolFilter()))
    return pages.fragment(
        request,
        "accounts/_pool_quota.html",
        {"quota": queries.quota(scope, today=timezone.localdate()), "count": count},
    )


@door("POST", permission="accounts.claim")
def claim(request: DoorRequest, account_id: int) -> HttpResponse:
    """One tap: the row says that it is mine now, or why not. From the page of the account the page is opened anew."""
    in_list = request.POST.get("from") == "pool"
    try:
        account = queries.pooled_account(request.scope, account_id)
        account = actions.claim_account(account=account, by=request.scope, now=timezone.now())
    except (actions.UnableToClaim, NotAllowed, NotVisible) as refused:
        if not in_list or not pages.is_fragment(request):
            if not in_list and getattr(refused, "may_ask", False):
                return pages.go_to(request, reverse("accounts:ask_claim", args=[account_id]))
            raise
        if queries.is_pooled(request.scope, account_id):  # a quota or waiting time: the row stays, and an exception can be asked for
            if not getattr(refused, "may_ask", False):
                raise
            context = {"account_id": account_id, "message": refused.message}
            response = pages.fragment(request, "accounts/_pool_refused.html", context, status=refused.status)
            return pages.toast(response, refused.message, kind="danger")
        context = {"account_id": account_id, "message": refused.message}
        response = pages.fragment(request, "accounts/_pool_taken.html", context, status=refused.status)
        return pages.trigger(response, "dk:pool-changed")
    said = _("%(name)s is yours now.") % {"name": account.shown_name}
    if not in_list:
        return moved(request, account.pk, said)
    if not pages.is_fragment(request):
        messages.success(request, said)
        return pages.go_to(request, reverse("accounts:pool"))
    response = pages.fragment(request, "accounts/_pool_claimed.html", {"account": account})
    return pages.trigger(pages.toast(response, said), "dk:pool-changed")


@door("GET", "POST")
def release(request: DoorRequest, account_id: int) -> HttpResponse:
    """The dialog that gives an account back, with a reason for the next one."""
    account = accounts.account_for(request.scope, account_id)
    access.can_release(request.scope, account).enforce()
    form = ReleaseForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            actions.release_account(account=account, reason=form.reason(), by=request.scope, now=timezone.now())
        except NotAllowed:
            raise
        except Refusal as refused:
            form.refuse(refused.fields, refused.message)
        else:
            messages.success(request, _("%(name)s is in the public pool now.") % {"name": account.shown_name})
            return pages.go_to(request, reverse("accounts:pool"))
    context = {"account": account, "form": form, "rules": queries.pool_rules()}
    return pages.fragment(request, "accounts/_release_dialog.html", context, status=422 if form.errors else 200)


@door("GET", "POST", permission="settings.edit")
def pool_rules(request: DoorRequest) -> HttpResponse:
    """The limits of the pool, beside whom they would touch in the next thirty days."""
    in_force = queries.pool_rules()
    form = PoolRulesForm(request.POST) if request.method == "POST" else PoolRulesForm.of(in_force)
    if request.method == "POST" and form.is_valid():
        try:
            actions.set_pool_rules(values=form.values(in_force), by=request.scope, now=timezone.now())
        except NotAllowed:
            raise
        except Refusal as refused:
            form.refuse(refused.fields, refused.message)
        else:
            messages.success(request, _("The rules of the pool are saved."))
            return pages.go_to(request, reverse("accounts:pool_rules"))
    context = {"form": form, **_outlook(request, in_force)}
    return pages.page(request, "accounts/pool_rules.html", context, status=422 if form.errors else 200)


@door("GET", permission="settings.edit")
def pool_rules_preview(request: DoorRequest) -> HttpResponse:
    """Whom the rules as they stand in the form would touch; nothing is saved."""
    in_force = queries.pool_rules()
    form = PoolRulesForm(request.GET)
    rules: PoolRules | None = None
    if form.is_valid():
        try:
            rules = PoolRules(**form.values(in_force))
        except ValueError:
            rules = None
    return pages.fragment(request, "accounts/_pool_outlook.html", _outlook(request, rules))


def _outlook(request: DoorRequest, rules: PoolRules | None) -> dict[str, Any]:
    today = timezone.localdate()
    preview = queries.would_recycle(request.scope, rules, today=today, within_days=OUTLOOK_DAYS) if rules else None
    return {"preview": preview, "days": OUTLOOK_DAYS, "today": today, "rules": rules}
