"""The first page of the day."""

from __future__ import annotations

from django.http import HttpResponse

from dingke.core import pages
from dingke.core.doors import DoorRequest, door


@door("GET")
def today(request: DoorRequest) -> HttpResponse:
    return pages.page(request, "workspace/today.html", {})
