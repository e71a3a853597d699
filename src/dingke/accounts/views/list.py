"""The account list: the page, its dialogs for filters, columns and views, and the quick view."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from dingke.accounts.actions import bulk, marks
from dingke.accounts.forms.list import FilterForm, ListState, list_state
from dingke.accounts.models import Account
from dingke.accounts.queries import account as account_queries
from dingke.accounts.queries import list as account_list
from dingke.accounts.queries import list_filter, list_views, quick
from dingke.core import pages, paging, saved_views
from dingke.core.doors import DoorRequest, door
from dingke.core.errors import Invalid
from dingke.core.links import link_to


def account_href(account: Account) -> str:
    """The page of one account."""
    return link_to("workspace:account", account.pk)


def _rows(request: DoorRequest, state: ListState) -> dict[str, Any]:
    """One page of rows and where the next one is."""
    rows = account_list.filtered(state.scope, state.filters, today=timezone.localdate())
    page = account_list.page_of(
        rows, sort=state.sort, descending=state.descending, cursor=request.GET.get("cursor") or None, columns=state.columns
    )
    more = ""
    if page.next_cursor:
        separator = "&" if "?" in state.address() else "?"
        more = f"{state.address()}{separator}cursor={page.next_cursor}"
    return {
        "state": state,
        "columns": state.columns,
        "accounts": page.items,
        "next_href": more,
        "today": timezone.localdate(),
        "favourites": account_list.favourite_ids(state.scope, [row.pk for row in page.items]),
        "rows": rows,
    }


@door("GET")
def accounts(request: DoorRequest) -> HttpResponse:
    """The list. With a cursor only the next rows; asked by HTMX only the part below the tabs."""
    state = list_state(request.GET, request.scope)
    context = _rows(request, state)
    if request.GET.get("cursor") and pages.is_fragment(request):
        return pages.fragment(request, "accounts/_list_rows.html", context)
    scope = request.scope
    context |= {
        "count": paging.capped_count(context.pop("rows")),
        "chips": list_filter.chips(state.filters, scope, own=state.own),
        "verbs": bulk.verbs_for(scope, archived=bool(state.filters.archived)),
        "knows_any": bool(context["accounts"]) or account_list.has_any(scope),
        "may_export": scope.can("exports.run"),
        "may_create": scope.can("accounts.create") or scope.can("*"),
        "new_href": link_to("accounts:new"),
        "import_href": link_to("imports:new") if scope.can("imports.run") else "",
        "at_once": bulk.AT_ONCE,
    }
    return pages.page(request, "accounts/list.html", context, partial="accounts/_list.html")


@door("GET")
def list_filter_form(request: DoorRequest) -> HttpResponse:
    """The dialog with every filter."""
    state = list_state(request.GET, request.scope)
    return pages.fragment(request, "accounts/_list_filter.html", {"state": state, "form": FilterForm(state)})


@door("GET", "POST")
def list_column_form(request: DoorRequest) -> HttpResponse:
    """Which columns this person sees in a view; remembered for the view."""
    state = list_state(request.GET, request.scope)
    if request.method == "POST":
        known = {column.key for column in state.available}
        keys = [key for key in request.POST.getlist("columns") if key in known]
        saved_views.remember(page=list_views.PAGE, key=state.view.code, value={"columns": keys}, by=request.scope)
        return pages.go_to(request, state.address())
    return pages.fragment(request, "accounts/_list_columns.html", {"state": state, "shown": [column.key for column in state.columns]})


@door("GET", "POST")
def view_save(request: DoorRequest) -> HttpResponse:
    """Keeps the current filters, order and columns under a name, or in the own view they came from."""
    state, scope, now = list_state(request.GET, request.scope), request.scope, timezone.now()
    problem = ""
    if request.method == "POST":
        query = list_views.stored_form(
            filters=state.filters.params(), sort=state.sort_text, columns=[column.key for column in state.columns]
        )
        try:
            if request.POST.get("into") == "this" and state.view.saved:
                view = saved_views.edit_view(view=state.view.saved, query=query, by=scope, now=now)
            else:
                shared = request.POST.get("is_shared") == "on"
                view = saved_views.add_view(
                    page=list_views.PAGE, name=request.POST.get("name", ""), query=query, is_shared=shared, by=scope, now=now
                )
        except Invalid as refused:
            problem = refused.message
        else:
            return pages.go_to(request, f"{reverse('accounts:list')}?view={view.pk}")
    can_change = bool(state.view.saved and saved_views.can_change(scope, state.view.saved))
    context = {
        "state": state,
        "can_change": can_change,
        "problem": problem,
        "name": request.POST.get("name", ""),
        "is_shared": request.POST.get("is_shared") == "on",
    }
    return pages.fragment(request, "accounts/_view_save.html", context, status=422 if problem else 200)


@door("GET", "POST")
def view_edit(request: DoorRequest, view_id: int) -> HttpResponse:
    """Renames or shares a saved view, or deletes it."""
    view = saved_views.view_for(request.scope, list_views.PAGE, view_id)
    saved_views.can_change(request.scope, view).enforce()
    problem, now = "", timezone.now()
    if request.method == "POST":
        if request.POST.get("do") == "delete":
            saved_views.delete_view(view=view, by=request.scope, now=now)
            return pages.go_to(request, reverse("accounts:list"))
        try:
            saved_views.edit_view(
                view=view, name=request.POST.get("name", ""), is_shared=request.POST.get("is_shared") == "on", by=request.scope, now=now
            )
        except Invalid as refused:
            problem = refused.message
        else:
            return pages.go_to(request, f"{reverse('accounts:list')}?view={view.pk}")
    return pages.fragment(request, "accounts/_view_edit.html", {"view": view, "problem": problem}, status=422 if problem else 200)


@door("GET")
def quick_view(request: DoorRequest, account_id: int) -> HttpResponse:
    """The side panel: facts, people, last orders, next step. Without HTMX the account's page."""
    account = account_queries.account_for(request.scope, account_id)
    if not pages.is_fragment(request):
        return pages.go_to(request, account_href(account) or reverse("accounts:list"))
    today = timezone.localdate()
    orders_href = link_to("ledger:account_orders", account_id) if request.scope.can("ledger.see") else ""
    context = {
        "account": account,
        "view": quick.quick_view(request.scope, account, today=today),
        "today": today,
        "account_href": account_href,
        "orders_href": orders_href,
    }
    return pages.fragment(request, "accounts/_quick.html", context)


@door("POST")
def quick_favourite(request: DoorRequest, account_id: int) -> HttpResponse:
    """The star of a row or of the quick view: on or off."""
    account = account_queries.account_for(request.scope, account_id)
    is_favourite = marks.toggle_favourite(account=account, by=request.scope, now=timezone.now())
    response = pages.fragment(request, "accounts/_star.html", {"account": account, "is_favourite": is_favourite})
    return pages.toast(response, _("Added to your favourites.") if is_favourite else _("Taken off your favourites."))
