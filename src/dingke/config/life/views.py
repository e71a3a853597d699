"""The system page: what `dingke doctor` says, and jobs that were set aside."""

from __future__ import annotations

from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

import dingke
from dingke.config.life import doctor, parked
from dingke.core import pages
from dingke.core.doors import DoorRequest, door


@door("GET", permission="jobs.see_all")
def status(request: DoorRequest) -> HttpResponse:
    """Everything that was looked at, the worst first."""
    now = timezone.now()
    found = doctor.findings(now=now)
    rank = {"fail": 0, "warn": 1, "ok": 2}
    context = {
        "findings": sorted(found, key=lambda finding: rank[finding.level]),
        "numbers": {level: sum(finding.level == level for finding in found) for level in rank},
        "jobs": parked.parked_jobs(request.scope),
        "version": dingke.__version__,
        "now": now,
    }
    return pages.page(request, "config/system.html", context, partial="config/_parked.html")


def _jobs(request: DoorRequest, message: str) -> HttpResponse:
    if not pages.is_fragment(request):
        return pages.go_to(request, reverse("system:status"))
    return pages.toast(pages.fragment(request, "config/_parked.html", {"jobs": parked.parked_jobs(request.scope)}), message)


@door("POST", permission="jobs.see_all")
def retry(request: DoorRequest, job_id: int) -> HttpResponse:
    job = parked.retry_job(job_id=job_id, by=request.scope, now=timezone.now())
    return _jobs(request, _("“%(kind)s” waits in the queue again.") % {"kind": job.kind})


@door("POST", permission="jobs.see_all")
def give_up(request: DoorRequest, job_id: int) -> HttpResponse:
    job = parked.give_up_job(job_id=job_id, by=request.scope, now=timezone.now())
    return _jobs(request, _("“%(kind)s” was given up.") % {"kind": job.kind})
