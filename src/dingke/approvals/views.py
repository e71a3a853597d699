"""Page doors of approvals: the list, one request, deciding, taking back."""

from __future__ import annotations

from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from dingke.approvals import actions, queries
from dingke.core import pages
from dingke.core.doors import DoorRequest, door
from dingke.core.errors import NotVisible, Refusal

TABS = ("waiting", "asked", "decided", "open")


@door("GET")
def requests(request: DoorRequest) -> HttpResponse:
    """What waits for me, what I asked for, what I decided; every open request for roles that decide any."""
    scope = request.scope
    waiting = queries.waiting_for(scope)
    everybody = queries.waiting_for_anybody(scope)
    tab = request.GET.get("tab", "waiting")
    tab = tab if tab in TABS else "waiting"
    cursor = request.GET.get("after") or None
    rows, following = waiting, None
    if tab == "asked":
        rows, following = queries.asked_by(scope, cursor=cursor)
    elif tab == "decided":
        rows, following = queries.decided_by(scope, cursor=cursor)
    elif tab == "open":
        rows = everybody
    context = {"tab": tab, "rows": rows, "next": following, "waiting": len(waiting), "everybody": len(everybody)}
    return pages.page(request, "approvals/list.html", context, partial="approvals/_rows.html" if cursor else None)


@door("GET")
def count(request: DoorRequest) -> HttpResponse:
    """How many requests wait for me, for the bell; empty when none does."""
    return HttpResponse(str(len(queries.waiting_for(request.scope)) or ""))


@door("GET")
def detail(request: DoorRequest, approval_id: int) -> HttpResponse:
    """One request: what, why, by whom, who has said what; and the two buttons."""
    context = {"item": queries.approval_for(request.scope, approval_id), "note": "", "problem": ""}
    return pages.page(request, "approvals/detail.html", context, partial="approvals/_detail.html")


@door("POST")
def decide(request: DoorRequest, approval_id: int) -> HttpResponse:
    """Agree or reject, from the detail page or straight from the list."""
    item = queries.approval_for(request.scope, approval_id)
    agree = request.POST.get("decision") == "agree"
    note = request.POST.get("note", "").strip() or ("" if agree else request.POST.get("why", "").strip())
    try:
        approval = actions.decide(approval=item.approval, agree=agree, note=note, by=request.scope, now=timezone.now())
    except Refusal as refusal:
        if refusal.status in {403, 404}:
            raise
        context = {"item": queries.approval_for(request.scope, approval_id), "note": note, "problem": refusal.message}
        return pages.page(request, "approvals/detail.html", context, partial="approvals/_detail.html", status=refusal.status)
    said = _("You agreed: %(title)s") if agree else _("You rejected: %(title)s")
    return _answer(request, approval.pk, said % {"title": approval.title})


@door("POST")
def withdraw(request: DoorRequest, approval_id: int) -> HttpResponse:
    item = queries.approval_for(request.scope, approval_id)
    approval = actions.withdraw(approval=item.approval, by=request.scope, now=timezone.now())
    return _answer(request, approval.pk, _("Taken back: %(title)s") % {"title": approval.title})


def _answer(request: DoorRequest, approval_id: int, message: str) -> HttpResponse:
    """The decided request as a fragment where HTMX asked, else its page. Without HTMX the browser goes back to the list."""
    if not pages.is_fragment(request):
        return pages.go_to(request, reverse("approvals:list"))
    try:
        context = {"item": queries.approval_for(request.scope, approval_id), "note": "", "problem": ""}
    except NotVisible:  # an administrator's role changed meanwhile
        return pages.go_to(request, reverse("approvals:list"))
    template = "approvals/_row.html" if request.POST.get("from") == "list" else "approvals/_detail.html"
    response = pages.fragment(request, template, context)
    return pages.trigger(pages.toast(response, message), "dk:inbox-changed")
