"""Page door of the sign-in log."""

from __future__ import annotations

from django.http import HttpResponse
from django.urls import reverse

from dingke.core import pages
from dingke.core.doors import DoorRequest, door
from dingke.people.calc import device_of
from dingke.people.queries import sign_ins as queries
from dingke.people.queries.sessions import device_words


@door("GET", permission="audit.see")
def sign_ins(request: DoorRequest) -> HttpResponse:
    """Who came in, who was refused, who was locked out, from where."""
    asked = request.GET.get("what", "")
    kind = asked if asked in queries.KINDS else queries.KINDS[0]
    username, cursor = request.GET.get("name", "").strip()[:150], request.GET.get("cursor") or None
    page = queries.sign_ins(request.scope, kind=kind, username=username, cursor=cursor)
    context = {
        "page": page,
        "people": queries.names_of(page),
        "device": lambda user_agent: device_words(*device_of(user_agent)),
        "kind": kind,
        "username": username,
        "base": reverse("people:sign_ins"),
    }
    if cursor and pages.is_fragment(request):
        return pages.fragment(request, "people/_sign_in_rows.html", context)
    return pages.page(request, "people/sign_ins.html", context)
