"""How the doors of an account answer: a change closes its dialog, tells the page, and offers to undo."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.urls import reverse

from dingke.core import pages
from dingke.core.doors import DoorRequest

CHANGED = "dk:account-changed"


def changed(request: DoorRequest, account_id: int, message: str, *, undo_url: str = "") -> HttpResponse:
    """After a change inside the page of an account: its panels reload themselves."""
    if request.headers.get("HX-Request") == "true":
        response = pages.trigger(HttpResponse(status=204), CHANGED, {"account": account_id})
        return pages.toast(response, message, undo_url=undo_url)
    return moved(request, account_id, message)


def moved(request: DoorRequest, account_id: int, message: str) -> HttpResponse:
    """After a change that the whole page shows: the page is opened anew."""
    messages.success(request, message)
    return pages.go_to(request, reverse("workspace:account", args=[account_id]))
