"""The rules of opportunities: F-06 by product family, and how many ended deals make a history."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from dingke.core import pages, rules
from dingke.core.doors import DoorRequest, door
from dingke.core.errors import Invalid
from dingke.pipeline.calc.rules import PipelineRules
from dingke.pipeline.models import Playbook
from dingke.pipeline.queries.playbooks import RULES, pipeline_rules

MOST_ROWS = 60


@door("GET", "POST", permission="settings.edit")
def pipeline_rules_page(request: DoorRequest) -> HttpResponse:
    held, problem = pipeline_rules(), ""
    least: Any = held.least_cases
    rows: list[dict[str, Any]] = [dict(row) for row in held.families]
    if request.method == "POST":
        least = request.POST.get("least_cases", "")
        rows = _posted(request)
        try:
            kept = [{**row, "least": int(row["least"]), "most": int(row["most"])} for row in rows]
            values = {"least_cases": int(least), "families": kept}
        except ValueError:
            problem = _("Numbers are whole: visits and cases.")
        else:
            try:
                rules.store(key=RULES, kind=PipelineRules, values=values, by=request.scope, now=timezone.now())
            except Invalid as refused:
                problem = refused.message
            else:
                messages.success(request, _("Saved."))
                return pages.go_to(request, reverse("pipeline:rules"))
    context = {"least_cases": least, "rows": rows, "problem": problem, "modes": Playbook.Mode.choices}
    return pages.page(request, "pipeline/rules.html", context, status=422 if problem else 200)


def _posted(request: DoorRequest) -> list[dict[str, Any]]:
    found = []
    numbers = sorted({int(name.split("-")[1]) for name in request.POST if name.startswith("family-") and name.split("-")[1].isdigit()})
    for number in numbers[:MOST_ROWS]:
        row = {key: request.POST.get(f"family-{number}-{key}", "").strip() for key in ("family", "en", "mode", "least", "most")}
        if row["family"]:
            found.append(row)
    return found
