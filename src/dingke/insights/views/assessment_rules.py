"""The rules of an assessment: open to all who see scores, edited with a preview of who would change level."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from dingke.core import pages
from dingke.core import rules as stored_rules
from dingke.core.doors import DoorRequest, door
from dingke.core.errors import Invalid
from dingke.insights import queries
from dingke.insights.calc.assessment import LEVELS, AssessmentSettings
from dingke.insights.calc.rules import key_of
from dingke.insights.forms.assessment_rules import AssessmentRulesForm
from dingke.insights.queries import assessments as reads

KEY = key_of("assessment")


@door("GET", "POST", permission="insights.see")
def assessment_rules(request: DoorRequest) -> HttpResponse:
    """What counts how much (A-18: no hidden criteria); whoever may edit settings changes it."""
    rules = stored_rules.load(KEY, AssessmentSettings)
    form = AssessmentRulesForm(request.POST or None, language=request.LANGUAGE_CODE, initial=AssessmentRulesForm.initial_of(rules))
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                stored_rules.store(key=KEY, kind=AssessmentSettings, values=form.values(), by=request.scope, now=timezone.now())
                messages.success(request, _("Rules saved. They count for assessments from now on; earlier ones keep theirs."))
                return pages.go_to(request, reverse("insights:assessment_rules"))
            except Invalid as error:
                form.refuse(error.message, error.fields)
    group = next(group for group in queries.rule_groups(request.scope) if group.name == "assessment")
    can_edit = request.scope.can("settings.edit") or request.scope.can("*")
    context = {"form": form, "stored": group, "rules": rules, "levels": LEVELS, "can_edit": can_edit}
    return pages.page(request, "insights/assessment_rules.html", context, status=status)


@door("POST", permission="settings.edit")
def preview_rules(request: DoorRequest) -> HttpResponse:
    """Who would change level by the rules in the form. Nothing is written."""
    form = AssessmentRulesForm(request.POST, language=request.LANGUAGE_CODE)
    context: dict[str, Any] = {"preview": None, "problem": "", "levels": LEVELS}
    if form.is_valid():
        try:
            context["preview"] = reads.preview(request.scope, AssessmentSettings(**form.values()))
        except ValueError as error:
            context["problem"] = _("These rules do not fit together: %(problem)s") % {"problem": error}
    else:
        context["problem"] = _("Fill in every weight and level with a number.")
    return pages.fragment(request, "insights/_assessment_preview.html", context)
