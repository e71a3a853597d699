"""Exporting a ledger page as it is filtered, and fetching the file."""

from __future__ import annotations

from typing import cast

from django.http import FileResponse, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from dingke.core import jobs, pages
from dingke.core.doors import DoorRequest, door
from dingke.core.errors import NotVisible
from dingke.ledger import exports


@door("POST", permission="exports.run")
def export(request: DoorRequest, what: str) -> HttpResponse:
    """Queues the export and shows its progress; it can be left."""
    if what not in exports.SHEETS:
        raise NotVisible(_("This cannot be exported."))
    job = jobs.start(kind=exports.KIND, params={"what": what, "query": request.GET.urlencode()}, by=request.scope, now=timezone.now())
    return pages.go_to(request, reverse("core:job", args=[job.pk]))


@door("GET", permission="exports.run")
def export_file(request: DoorRequest, job_id: int) -> HttpResponse:
    path, name = exports.file_of(request.scope, jobs.job_for(request.scope, job_id))
    response = FileResponse(path.open("rb"), as_attachment=True, filename=name)
    return cast(HttpResponse, response)
