"""The page of one account, and its group as a tree."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from dingke.accounts.queries import account as accounts
from dingke.accounts.queries import group as groups
from dingke.accounts.queries.contacts import account_phone
from dingke.accounts.queries.merge import merged_target
from dingke.core import pages
from dingke.core.doors import DoorRequest, door
from dingke.core.links import link_to
from dingke.workspace.queries.account import Desk, account_desk


def _tabs(request: DoorRequest, desk: Desk) -> list[dict[str, Any]]:
    account, scope = desk.account, request.scope
    found = [
        ("overview", _("Overview"), None, link_to("workspace:account_overview", account.pk)),
        ("contacts", _("Contacts"), len(desk.people.here), link_to("accounts:contacts", account.pk)),
        ("people", _("Buying centre"), None, link_to("stakeholders:account", account.pk)),
        ("dossier", _("Dossier"), f"{desk.dossier.percent}%", link_to("accounts:dossier", account.pk)),
        ("deals", _("Opportunities"), None, link_to("pipeline:account", account.pk) if scope.can("pipeline.see") else ""),
        ("money", _("Money"), None, link_to("ledger:account", account.pk) if scope.can("ledger.see") else ""),
        ("value", _("Value"), None, link_to("insights:account_value", account.pk) if scope.can("insights.see") else ""),
        ("risk", _("Risk"), None, link_to("insights:account_risk", account.pk) if scope.can("insights.see") else ""),
        ("group", _("Group"), None, link_to("workspace:account_group", account.pk)),
        ("record", _("Record"), None, link_to("accounts:timeline", account.pk)),
    ]
    return [{"key": key, "label": label, "count": count, "href": href} for key, label, count, href in found if href]


def _context(request: DoorRequest, desk: Desk) -> dict[str, Any]:
    account = desk.account
    position = request.GET.get("step", "0")
    number = int(position) if position.isdigit() else 0
    step = desk.steps[number % len(desk.steps)] if desk.steps else None
    return {
        "desk": desk,
        "account": account,
        "step": step,
        "step_number": number,
        "today": desk.today,
        "hides_phone": request.scope.hides("phone"),
        "phone": account_phone(request.scope, account),
        "import_href": link_to("imports:start"),
    }


@door("GET")
def account(request: DoorRequest, account_id: int) -> HttpResponse:
    """The whole page. `tab` opens another one than the overview."""
    desk = account_desk(request.scope, account_id, today=timezone.localdate())
    if desk.account.merged_into_id is not None and (kept := merged_target(request.scope, desk.account)) is not None:
        messages.info(request, _("%(gone)s was merged into this account.") % {"gone": desk.account.name})
        return pages.go_to(request, reverse("workspace:account", args=[kept.pk]))
    tabs = _tabs(request, desk)
    wanted = request.GET.get("tab", "overview")
    open_tab = next((tab for tab in tabs if tab["key"] == wanted), tabs[0])
    return pages.page(request, "workspace/account.html", {**_context(request, desk), "tabs": tabs, "open_tab": open_tab})


@door("GET")
def account_overview(request: DoorRequest, account_id: int) -> HttpResponse:
    """The overview alone, loaded anew after a change."""
    desk = account_desk(request.scope, account_id, today=timezone.localdate())
    return pages.fragment(request, "workspace/account/_overview.html", _context(request, desk))


@door("GET")
def account_next(request: DoorRequest, account_id: int) -> HttpResponse:
    """The bronze bar: `step` counts through what else could be next."""
    desk = account_desk(request.scope, account_id, today=timezone.localdate())
    return pages.fragment(request, "workspace/account/_next.html", _context(request, desk))


@door("GET")
def account_group(request: DoorRequest, account_id: int) -> HttpResponse:
    found = accounts.account_for(request.scope, account_id)
    group = groups.group_of(request.scope, found)
    context = {
        "account": found,
        "group": group,
        "may_create": request.scope.can("accounts.create"),
        "shows_amount": not request.scope.hides("amount"),
    }
    return pages.fragment(request, "workspace/account/_group.html", context)
