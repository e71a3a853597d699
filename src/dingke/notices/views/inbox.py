"""The bell and the inbox."""

from __future__ import annotations

from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

from dingke.core import pages
from dingke.core.doors import DoorRequest, door
from dingke.notices.actions import inbox as actions
from dingke.notices.actions import preferences as choosing
from dingke.notices.queries import inbox as queries
from dingke.notices.queries.kinds import kind_of

CHANGED = "dk:inbox-changed"


@door("GET")
def inbox(request: DoorRequest) -> HttpResponse:
    """All, unread or archived notices, by kind and period."""
    show, period = request.GET.get("show", "all"), request.GET.get("period", "")
    chosen = queries.InboxFilter(
        show if show in queries.SHOW else "all", request.GET.get("kind", ""), period if period in queries.PERIODS else ""
    )
    cursor = request.GET.get("after") or None
    page = queries.inbox(request.scope, chosen, today=timezone.localdate(), cursor=cursor)
    actions.hide(ids=page.lost, by=request.scope, now=timezone.now())
    context = {
        "page": page,
        "chosen": chosen,
        "unread": queries.bell(request.scope).unread,
        "kinds": queries.kinds_in(request.scope),
        "today": timezone.localdate(),
    }
    return pages.page(request, "notices/inbox.html", context, partial="notices/_rows.html" if cursor else "notices/_list.html")


@door("GET")
def bell(request: DoorRequest) -> HttpResponse:
    """The number of unread notices. The address carries what the page knows: nothing new is an empty 204; something new comes with
    a short message."""
    found = queries.bell(request.scope)
    known = request.GET.get("state", "")
    if known == found.state:
        return HttpResponse(status=204)
    response = pages.fragment(request, "notices/_bell.html", {"bell": found})
    newest = known.rpartition("-")[2]
    if newest.isdigit() and found.newest > int(newest):
        for shown in reversed(queries.newest_since(request.scope, int(newest), size=1)):
            pages.toast(response, shown.title, kind="info")
        pages.trigger(response, "dk:notices-new")
    return response


@door("GET")
def open_notice(request: DoorRequest, notice_id: int) -> HttpResponse:
    """Goes where the notice leads and marks it as read."""
    shown = queries.notice_for(request.scope, notice_id)
    actions.mark_read(ids=[notice_id], by=request.scope, now=timezone.now())
    link = shown.notice.link
    if not link or not url_has_allowed_host_and_scheme(link, allowed_hosts=None):
        link = reverse("notices:list")
    return pages.go_to(request, link)


@door("POST")
def read(request: DoorRequest, notice_id: int) -> HttpResponse:
    queries.notice_for(request.scope, notice_id)
    actions.mark_read(ids=[notice_id], by=request.scope, now=timezone.now())
    return _row(request, notice_id)


@door("POST")
def unread(request: DoorRequest, notice_id: int) -> HttpResponse:
    queries.notice_for(request.scope, notice_id)
    actions.mark_unread(ids=[notice_id], by=request.scope)
    return _row(request, notice_id)


@door("POST")
def archive(request: DoorRequest, notice_id: int) -> HttpResponse:
    """Puts the notice away, with a way back."""
    queries.notice_for(request.scope, notice_id)
    actions.archive(ids=[notice_id], by=request.scope, now=timezone.now())
    if not pages.is_fragment(request):
        return pages.go_to(request, reverse("notices:list"))
    response = pages.toast(HttpResponse(""), _("Archived."), undo_url=reverse("notices:unarchive", args=[notice_id]))
    return pages.trigger(response, CHANGED)


@door("POST")
def unarchive(request: DoorRequest, notice_id: int) -> HttpResponse:
    queries.notice_for(request.scope, notice_id)
    actions.unarchive(ids=[notice_id], by=request.scope)
    if not pages.is_fragment(request):
        return pages.go_to(request, reverse("notices:list"))
    return pages.trigger(pages.trigger(HttpResponse(status=204), CHANGED), "dk:notices-new")


@door("POST")
def read_all(request: DoorRequest) -> HttpResponse:
    actions.mark_all_read(by=request.scope, now=timezone.now(), kind=request.POST.get("kind", ""))
    return pages.go_to(request, reverse("notices:list"))


@door("POST")
def turn_off(request: DoorRequest, notice_id: int) -> HttpResponse:
    """Turns off the kind of this notice, everywhere, for the caller; the notice itself stays."""
    shown = queries.notice_for(request.scope, notice_id)
    choosing.turn_off(kind=shown.notice.kind, channel=choosing.ALL, by=request.scope)
    label = str(shown.kind.label) if shown.kind else shown.notice.kind
    message = _("Turned off: %(kind)s. Nothing of this kind comes to you any more.") % {"kind": label}
    if not pages.is_fragment(request):
        return pages.go_to(request, reverse("notices:preferences"))
    return pages.toast(_row(request, notice_id), message, undo_url=reverse("notices:turn_on", args=[notice_id]))


@door("POST")
def turn_on(request: DoorRequest, notice_id: int) -> HttpResponse:
    shown = queries.notice_for(request.scope, notice_id)
    choosing.turn_on_again(kind=shown.notice.kind, by=request.scope)
    kind = kind_of(shown.notice.kind)
    if not pages.is_fragment(request):
        return pages.go_to(request, reverse("notices:preferences"))
    return pages.toast(HttpResponse(status=204), _("On again: %(kind)s") % {"kind": kind.label if kind else shown.notice.kind})


def _row(request: DoorRequest, notice_id: int) -> HttpResponse:
    if not pages.is_fragment(request):
        return pages.go_to(request, reverse("notices:list"))
    context = {"item": queries.notice_for(request.scope, notice_id)}
    return pages.trigger(pages.fragment(request, "notices/_row.html", context), CHANGED)
