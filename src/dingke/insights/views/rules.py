"""The rules behind the scores: open to all who see them, edited by administrators and directors."""

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
from dingke.core.errors import Invalid, NotVisible
from dingke.insights import actions, queries
from dingke.insights.calc.rules import GROUPS, key_of
from dingke.insights.forms import rules as rule_forms


@door("GET", permission="insights.see")
def rules(request: DoorRequest) -> HttpResponse:
    """Every rule in force with its versions."""
    stored = {group.name: group for group in queries.rule_groups(request.scope)}
    groups = [
        (
            group,
            stored[group.name],
            [(field, rule_forms.shown(field, getattr(stored[group.name].value, field.name))) for field in group.fields],
        )
        for group in rule_forms.GROUPS
    ]
    return pages.page(request, "insights/rules.html", {"groups": groups, "can_edit": request.scope.can("settings.edit")})


@door("GET", "POST", permission="settings.edit")
def edit_rules(request: DoorRequest, group: str) -> HttpResponse:
    form = _form(request, group)
    shape = form.group
    if request.method == "POST" and form.is_valid():
        try:
            stored_rules.store(key=key_of(group), kind=GROUPS[group], values=form.rules(), by=request.scope, now=timezone.now())
            at_once, later = _("Rules saved. They count at once."), _("Rules saved. They count from the next run on.")
            messages.success(request, at_once if shape.counts_at_once else later)
            return pages.go_to(request, reverse("insights:rules"))
        except Invalid as error:
            form.add_error(None, error.message)
    context = {"form": form, "group": shape, "can_try": group in actions.TRIED and request.scope.can("insights.score")}
    return pages.page(
        request, "insights/edit_rules.html", context, partial="insights/_edit_rules.html", status=422 if request.method == "POST" else 200
    )


@door("POST", permission="settings.edit")
def try_rules(request: DoorRequest, group: str) -> HttpResponse:
    """Starts a dry run with the rules in the form, and shows its progress beside them."""
    form = _form(request, group)
    context: dict[str, Any] = {"job": None, "problem": _("Fill in every rule first.")}
    if form.is_valid():
        try:
            job = actions.start_trial(group=group, values=form.rules(), by=request.scope, now=timezone.now())
            job.refresh_from_db()
            context = {"job": job, "problem": ""}
        except KeyError as error:
            raise NotVisible(_("There is no such group of rules.")) from error
        except Invalid as error:
            context["problem"] = error.message
    return pages.fragment(request, "insights/_rules_trial.html", context)


@door("GET", permission="settings.edit")
def tried_rules(request: DoorRequest, job_id: int) -> HttpResponse:
    """Who would change, and the rules that were tried: to be saved from here."""
    found = queries.trial(request.scope, job_id)
    if found is None:
        raise NotVisible(_("There is no such dry run, or it has not ended."))
    shape = rule_forms.group_of(found.group)
    assert shape is not None
    tried = [(field, rule_forms.shown(field, getattr(found.rules, field.name))) for field in shape.fields]
    before: Any = stored_rules.load(key_of(found.group), GROUPS[found.group])
    changed = [
        (field, rule_forms.shown(field, getattr(before, field.name)), value)
        for field, value in tried
        if rule_forms.shown(field, getattr(before, field.name)) != value
    ]
    return pages.page(request, "insights/tried_rules.html", {"trial": found, "group": shape, "tried": tried, "changed": changed})


def _form(request: DoorRequest, group: str) -> rule_forms.RuleForm:
    shape = rule_forms.group_of(group)
    if shape is None:
        raise NotVisible(_("There is no such group of rules."))
    value: Any = stored_rules.load(key_of(group), GROUPS[group])
    choices = {field.list_code: queries.target_choices(field.list_code) for field in shape.fields if field.list_code}
    initial = {field.name: rule_forms.shown(field, getattr(value, field.name)) for field in shape.fields}
    return rule_forms.RuleForm(request.POST or None, group=shape, choices=choices, initial=initial)
