"""Page doors of the organisation's directory: what it is, a look at what would change, and the synchronisation."""

from __future__ import annotations

from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language

from dingke.core import pages
from dingke.core.doors import DoorRequest, door
from dingke.people.actions import directory_sync
from dingke.people.queries.directory_source import labels
from dingke.people.queries.directory_state import directory_state


@door("GET", permission="people.edit")
def from_directory(request: DoorRequest) -> HttpResponse:
    state = directory_state(request.scope)
    context = {"state": state, "owned": labels(state.owned), "is_chinese": (get_language() or "").startswith("zh")}
    return pages.page(request, "people/from_directory.html", context, partial="people/_from_directory.html")


@door("POST", permission="people.edit")
def preview(request: DoorRequest) -> HttpResponse:
    return _started(request, preview=True)


@door("POST", permission="people.edit")
def sync(request: DoorRequest) -> HttpResponse:
    return _started(request, preview=False)


def _started(request: DoorRequest, *, preview: bool) -> HttpResponse:
    directory_sync.start(by=request.scope, now=timezone.now(), preview=preview, many=request.POST.get("many") == "on")
    return pages.go_to(request, reverse("people:from_directory"))
