"""The first page of the day."""

from __future__ import annotations

from django.http import HttpResponse
from django.utils import timezone

from dingke.accounts.queries.steps import due_in_words
from dingke.core import pages
from dingke.core.doors import DoorRequest, door
from dingke.workspace.queries.today import today_page


@door("GET")
def today(request: DoorRequest) -> HttpResponse:
    """After a change HTMX asks for the part below the head alone."""
    page = today_page(request.scope, now=timezone.now())
    return pages.page(request, "workspace/today.html", {"page": page, "due_words": due_in_words}, partial="workspace/_today.html")
