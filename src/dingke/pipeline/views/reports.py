"""The pipeline report: results by who, what and when; why deals end; how stages pass them on. And the funnel."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from dingke.core import pages
from dingke.core.doors import DoorRequest, door
from dingke.core.errors import Invalid
from dingke.core.jinja import with_query
from dingke.pipeline.actions import funnel as actions
from dingke.pipeline.queries import board, funnel, reports, reports_stages
from dingke.pipeline.queries.forecast import visible_any
from dingke.pipeline.queries.playbooks import content_of, name_of
from dingke.pipeline.views import charts
from dingke.pipeline.views.filters import bar, wanted_of

MOST = 100_000


@door("GET", permission="pipeline.see")
def report(request: DoorRequest) -> HttpResponse:
    """The same figures as `dingke report pipeline`, for what the caller sees."""
    wanted, today = wanted_of(request).without("state"), timezone.localdate()
    found = reports.pipeline_report(request.scope, wanted, today=today)
    version = board.board_playbook(request.scope, wanted.playbook)
    stages = reports_stages.stage_report(request.scope, wanted, version, today=today) if version else None
    context = bar(request, wanted, reverse("pipeline:report")) | {
        "report": found,
        "win_loss": reports.win_loss(request.scope, wanted, today=today),
        "stages": stages,
        "playbook_name": name_of(version.playbook) if version else "",
        "list_base": reverse("pipeline:list"),
        "quarter_chart": charts.quarters(found.by_quarter) if found.by_quarter else None,
        "owner_chart": charts.win_rates(found.by_agent),
        "is_part": not request.scope.sees_all,
        "knows_any": found.total.won + found.total.lost + found.total.dropped + found.total.open > 0 or visible_any(request.scope),
    }
    return pages.page(request, "pipeline/report.html", context, partial="pipeline/_report.html")


@door("GET", permission="pipeline.see")
def funnel_page(request: DoorRequest) -> HttpResponse:
    """Counts per stage against the needed profile, the bottleneck marked."""
    return _funnel(request)


@door("GET", "POST", permission="settings.edit")
def funnel_profile(request: DoorRequest) -> HttpResponse:
    """How many deals should stand at each stage of a playbook."""
    wanted = wanted_of(request)
    version = board.board_playbook(request.scope, wanted.playbook)
    if version is None:
        return pages.go_to(request, reverse("pipeline:funnel"))
    needed: dict[str, int] = dict(funnel.settings_in_force().of(version.playbook.code))
    problem, problems = "", {}
    if request.method == "POST":
        given = {stage.code: request.POST.get(f"needed-{stage.code}", "").strip() for stage in content_of(version).stages}
        problems = {
            code: _("Write a whole number, or leave it empty.")
            for code, text in given.items()
            if text and not (text.isascii() and text.isdigit() and int(text[:9]) <= MOST)
        }
        if not problems:
            needed = {code: int(text) for code, text in given.items() if text}
            try:
                actions.store_profile(version=version, needed=needed, by=request.scope, now=timezone.now())
            except Invalid as refused:
                problem = refused.message
            else:
                return pages.go_to(request, with_query(reverse("pipeline:funnel"), playbook=version.playbook_id))
    context = {
        "version": version,
        "playbook_name": name_of(version.playbook),
        "stages": content_of(version).stages,
        "needed": needed,
        "problems": problems,
        "problem": problem,
    }
    return pages.fragment(request, "pipeline/_funnel_profile.html", context, status=422 if problem or problems else 200)


def _funnel(request: DoorRequest) -> HttpResponse:
    wanted, today = wanted_of(request).without("state", "stage"), timezone.localdate()
    version = board.board_playbook(request.scope, wanted.playbook)
    context: dict[str, Any] = bar(request, wanted, reverse("pipeline:funnel"))
    if version is None:
        return pages.page(request, "pipeline/board_empty.html", context)
    found = funnel.funnel(request.scope, wanted, version, today=today)
    context |= {
        "funnel": found,
        "playbook_name": name_of(version.playbook),
        "list_base": reverse("pipeline:list"),
        "chart": charts.funnel(found),
        "may_set": request.scope.can("settings.edit"),
        "knows_any": any(line.fill.actual for line in found.lines) or visible_any(request.scope),
    }
    return pages.page(request, "pipeline/funnel.html", context, partial="pipeline/_funnel.html")
