"""Page doors of the inbox: what waits for me, what I asked, what was copied to me, what is done; agreeing to several at once."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from dingke.approvals import actions, queries
from dingke.core import pages
from dingke.core.doors import DoorRequest, door

TABS = ("waiting", "asked", "copied", "decided", "open")


@door("GET")
def requests(request: DoorRequest) -> HttpResponse:
    """What waits for me, what I asked for, what was copied to me, what I decided; every open request for roles that decide any."""
    scope = request.scope
    waiting = queries.waiting_for(scope, today=timezone.localdate())
    everybody = queries.waiting_for_anybody(scope)
    tab = request.GET.get("tab", "waiting")
    tab = tab if tab in TABS else "waiting"
    cursor = request.GET.get("after") or None
    rows, following = waiting, None
    if tab == "asked":
        rows, following = queries.asked_by(scope, cursor=cursor)
    elif tab == "copied":
        rows, following = queries.copied_to(scope, cursor=cursor)
    elif tab == "decided":
        rows, following = queries.decided_by(scope, cursor=cursor)
    elif tab == "open":
        rows = everybody
    context = {
        "tab": tab,
        "rows": rows,
        "next": following,
        "counts": queries.counts(scope, len(waiting)),
        "everybody": len(everybody),
        "in_bulk": tab == "waiting" and sum(row.allows_bulk for row in rows) > 1,
        "may_edit_flows": scope.can("settings.edit"),
    }
    return pages.page(request, "approvals/list.html", context, partial="approvals/_rows.html" if cursor else None)


@door("GET")
def count(request: DoorRequest) -> HttpResponse:
    """How many requests wait for me, for the bell; empty when none does."""
    return HttpResponse(str(len(queries.waiting_for(request.scope, today=timezone.localdate())) or ""))


@door("POST")
def agree_to_several(request: DoorRequest) -> HttpResponse:
    """Agrees to the ticked requests whose flow allows it, and says which were left."""
    now = timezone.now()
    ticked = [int(value) for value in request.POST.getlist("approval") if value.isascii() and value.isdigit() and len(value) < 18]
    mine = {item.pk: item.approval for item in queries.waiting_for(request.scope, today=timezone.localdate(now))}
    done = actions.agree_to_several(approvals=[mine[pk] for pk in ticked if pk in mine], by=request.scope, now=now)
    if done.agreed:
        said = ngettext("You agreed to %(num)s request.", "You agreed to %(num)s requests.", done.agreed)
        messages.success(request, said % {"num": done.agreed})
    for title, reason in done.refused:
        messages.warning(request, _("%(title)s: %(reason)s") % {"title": title, "reason": reason})
    if not done.agreed and not done.refused:
        messages.warning(request, _("Nothing was ticked."))
    return pages.go_to(request, reverse("approvals:list"))
