"""The page of one deal with its panels, and the deals of an account."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from dingke.accounts.queries.account import account_for
from dingke.core import pages
from dingke.core.doors import DoorRequest, door
from dingke.pipeline import access
from dingke.pipeline.queries import deal as reads
from dingke.pipeline.queries.opportunity import opportunity_for


def _context(request: DoorRequest, opportunity_id: int) -> dict[str, Any]:
    desk = reads.deal_desk(request.scope, opportunity_id, today=timezone.localdate())
    return {
        "desk": desk,
        "deal": desk.deal,
        "lang": get_language() or "zh-hans",
        "hides_amount": request.scope.hides("amount"),
        "today": desk.today,
    }


@door("GET", permission="pipeline.see")
def deal(request: DoorRequest, opportunity_id: int) -> HttpResponse:
    """The whole page. `tab` opens another one than the overview."""
    context = _context(request, opportunity_id)
    own = [
        ("overview", _("Overview"), reverse("pipeline:overview", args=[opportunity_id])),
        *((tab.code, tab.label, tab.url) for tab in context["desk"].tabs),
        ("history", _("History"), reverse("pipeline:history", args=[opportunity_id])),
    ]
    tabs = [{"key": key, "label": label, "href": href} for key, label, href in own]
    wanted = request.GET.get("tab", "overview")
    context |= {"tabs": tabs, "open_tab": next((tab for tab in tabs if tab["key"] == wanted), tabs[0])}
    return pages.page(request, "pipeline/deal.html", context)


@door("GET", permission="pipeline.see")
def head(request: DoorRequest, opportunity_id: int) -> HttpResponse:
    """Next step, warnings and phases, loaded anew after a change."""
    return pages.fragment(request, "pipeline/_deal_head.html", _context(request, opportunity_id))


@door("GET", permission="pipeline.see")
def overview(request: DoorRequest, opportunity_id: int) -> HttpResponse:
    """Gate, steps, facts, rivals and lines, loaded anew after a change."""
    return pages.fragment(request, "pipeline/_deal_overview.html", _context(request, opportunity_id))


@door("GET", permission="pipeline.see")
def history(request: DoorRequest, opportunity_id: int) -> HttpResponse:
    """Every stay in a stage, and the log of waivers."""
    found = opportunity_for(request.scope, opportunity_id)
    context = {
        "deal": found, "stays": reads.stays(found), "waivers": reads.waivers_of(found), "can_edit": access.can_edit(request.scope, found),
    }  # fmt: skip
    return pages.fragment(request, "pipeline/_deal_history.html", context)


@door("GET", permission="pipeline.see")
def of_account(request: DoorRequest, account_id: int) -> HttpResponse:
    """The panel of the page of an account."""
    account = account_for(request.scope, account_id)
    context = {
        "account": account,
        "deals": reads.deals_at(request.scope, account_id),
        "hides_amount": request.scope.hides("amount"),
        "may_begin": request.scope.can("pipeline.edit"),
    }
    return pages.fragment(request, "pipeline/_account.html", context)
