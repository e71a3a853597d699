"""Health, the progress of long work, and the developers' style guide."""

from __future__ import annotations

from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from dingke.core import examples, jobs, pages
from dingke.core.doors import DoorRequest, door
from dingke.core.errors import Invalid, NotVisible
from dingke.core.models import Job


def healthz(request: HttpRequest) -> HttpResponse:
    """The process answers."""
    return JsonResponse({"status": "ok"})


def readyz(request: HttpRequest) -> HttpResponse:
    """The process can serve: the database answers and its tables are current."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        executor = MigrationExecutor(connection)
        missing = len(executor.migration_plan(executor.loader.graph.leaf_nodes()))
    except Exception:
        connection.close()
        return JsonResponse({"status": "database away"}, status=503)
    if missing:
        return JsonResponse({"status": "migrations missing", "missing": missing}, status=503)
    return JsonResponse({"status": "ok"})


def _job(request: DoorRequest, job_id: int) -> Job:
    found = jobs.job_for(request.scope, job_id)
    if found is None:
        raise NotVisible(_("There is no such work, or it is not yours."))
    return found


@door("GET")
def job(request: DoorRequest, job_id: int) -> HttpResponse:
    """The progress panel: reloads itself while the work runs and tells the page when it ends."""
    found = _job(request, job_id)
    response = pages.page(request, "core/job.html", {"job": found}, partial="core/_job.html")
    return response if found.is_open else pages.trigger(response, "dk:job-ended", {"kind": found.kind, "state": found.state})


@door("POST")
def cancel_job(request: DoorRequest, job_id: int) -> HttpResponse:
    found = _job(request, job_id)
    jobs.ask_cancel(job=found, by=request.scope, now=timezone.now())
    found.refresh_from_db()
    return pages.page(request, "core/job.html", {"job": found}, partial="core/_job.html")


@door("GET", "POST")
def style(request: DoorRequest) -> HttpResponse:
    """Every component on one page, for developers; its address exists only when debugging."""
    part = request.GET.get("part", "")
    if part in {"panel", "dialog"}:
        return pages.fragment(request, f"core/_style_{part}.html", {"form": examples.form(with_errors=False)})
    if part == "save":
        return pages.toast(HttpResponse(status=204), "已保存。")
    if part == "toast":
        return pages.toast(HttpResponse(status=204), "已归档 1 家客户。", undo_url="?part=save")
    if part == "refuse":
        raise Invalid("金额为空，不能提交审批：先填写金额。")
    context = {"form": examples.form(with_errors="errors" in request.GET), "examples": examples.charts(), "jobs": examples.jobs()}
    return pages.page(request, "core/style.html", context)
