"""The value tab of a deal: levers and assumptions, versions, the page for the owner, the workbook and the Word file."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from dingke.core import pages
from dingke.core.doors import DoorRequest, door
from dingke.core.errors import NotAllowed, Refusal, StaleRecord
from dingke.pipeline.models import Opportunity
from dingke.pipeline.queries.opportunity import opportunity_for
from dingke.qualification import access
from dingke.qualification.actions import value as actions
from dingke.qualification.calc import value as calc
from dingke.qualification.exports import value as exports
from dingke.qualification.forms import value as forms
from dingke.qualification.models import ValueCase
from dingke.qualification.queries import value as reads
from dingke.qualification.views import files

PANEL = "qualification/_value.html"


def _deal(request: DoorRequest, opportunity_id: int) -> Opportunity:
    opportunity = opportunity_for(request.scope, opportunity_id)
    access.can_see_value(request.scope).enforce()
    return opportunity


def _case(request: DoorRequest, opportunity_id: int) -> ValueCase:
    opportunity = _deal(request, opportunity_id)
    case = reads.case_of(request.scope, opportunity)
    if case is None:
        raise actions.UnableToCalculate(_("This deal has no calculation yet. Begin one on its value tab."))
    return case


def _panel(request: DoorRequest, opportunity: Opportunity, message: str = "", undo_url: str = "") -> HttpResponse:
    case = reads.case_of(request.scope, opportunity)
    language = request.LANGUAGE_CODE
    context: dict[str, Any] = {
        "opportunity": opportunity, "case": case, "can_edit": bool(access.can_edit(request.scope, opportunity)),
        "value": reads.shown(reads.content_of(case), language=language) if case else None,
        "versions": reads.versions(case) if case else [], "levers": reads.levers_to_choose(language=language),
        "partial": PANEL, "route": "value",
    }  # fmt: skip
    response = pages.page(request, "qualification/panel.html", context, partial=PANEL)
    return pages.toast(response, message, undo_url=undo_url) if message else response


@door("GET", permission="pipeline.see")
def value(request: DoorRequest, opportunity_id: int) -> HttpResponse:
    return _panel(request, _deal(request, opportunity_id))


@door("POST", permission="pipeline.edit")
def value_begin(request: DoorRequest, opportunity_id: int) -> HttpResponse:
    opportunity = _deal(request, opportunity_id)
    actions.begin_case(opportunity=opportunity, by=request.scope, now=timezone.now())
    return _panel(request, opportunity)


@door("POST", permission="pipeline.edit")
def value_add(request: DoorRequest, opportunity_id: int) -> HttpResponse:
    case = _case(request, opportunity_id)
    lever = request.POST.get("lever", "")
    actions.add_line(case=case, lever=lever, by=request.scope, now=timezone.now(), language=request.LANGUAGE_CODE)
    return _panel(request, case.opportunity)


@door("GET", "POST", permission="pipeline.edit")
def value_edit(request: DoorRequest, opportunity_id: int) -> HttpResponse:
    case = _case(request, opportunity_id)
    initial = {"price": case.price, "introduction": case.introduction, "version": case.version}
    form = forms.CaseForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            actions.edit_case(
                case=case, price=given["price"], introduction=given["introduction"], by=request.scope, now=timezone.now(),
                expected_version=given["version"],
            )  # fmt: skip
        except NotAllowed:
            raise
        except Refusal as refused:
            form.refuse(refused.message, {} if isinstance(refused, StaleRecord) else refused.fields)
        else:
            return _saved(_("Saved."))
    context = {"form": form, "opportunity": case.opportunity}
    return pages.fragment(request, "qualification/_value_edit.html", context, status=422 if form.errors else 200)


@door("GET", "POST", permission="pipeline.edit")
def value_line(request: DoorRequest, value_line_id: int) -> HttpResponse:
    """The assumptions of one lever, each with its source."""
    access.can_see_value(request.scope).enforce()
    line = reads.line_for(request.scope, value_line_id)
    lever, language = calc.BY_CODE[line.lever], request.LANGUAGE_CODE
    initial: dict[str, Any] = {
        "function": line.function, "note": line.note, "is_counted": line.is_counted, "version": line.version, **line.figures,
        **{f"{name}-source": text for name, text in line.sources.items()},
    }  # fmt: skip
    form = forms.LineForm(request.POST or None, initial=initial, lever=lever, language=language)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            actions.save_line(
                line=line, figures=form.figures(), sources=form.sources(), function=given["function"], note=given["note"],
                is_counted=given["is_counted"], by=request.scope, now=timezone.now(), expected_version=given["version"],
            )  # fmt: skip
        except NotAllowed:
            raise
        except Refusal as refused:
            form.refuse(refused.message, {} if isinstance(refused, StaleRecord) else refused.fields)
        else:
            return _saved(_("Saved."))
    context = {
        "form": form, "line": line, "label": lever.label.text(language), "formula": calc.WORDS[lever.formula].text(language),
        "functions": reads.functions_of(line.lever, language=language),
    }  # fmt: skip
    return pages.fragment(request, "qualification/_value_line.html", context, status=422 if form.errors else 200)


@door("POST", permission="pipeline.edit")
def value_remove(request: DoorRequest, value_line_id: int) -> HttpResponse:
    access.can_see_value(request.scope).enforce()
    line = reads.line_for(request.scope, value_line_id)
    actions.set_line_archived(line=line, archived=True, by=request.scope, now=timezone.now())
    undo = reverse("qualification:value_restore", args=[line.pk])
    return _panel(request, line.case.opportunity, _("The lever was taken out."), undo)


@door("POST", permission="pipeline.edit")
def value_restore(request: DoorRequest, value_line_id: int) -> HttpResponse:
    access.can_see_value(request.scope).enforce()
    line = reads.line_for(request.scope, value_line_id)
    actions.set_line_archived(line=line, archived=False, by=request.scope, now=timezone.now())
    return _saved(_("The lever is back."))


@door("GET", "POST", permission="pipeline.edit")
def value_keep(request: DoorRequest, opportunity_id: int) -> HttpResponse:
    case = _case(request, opportunity_id)
    form = forms.VersionForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        kept = actions.keep_version(case=case, note=form.cleaned_data["note"], by=request.scope, now=timezone.now())
        return _saved(_("Version %(number)s is kept.") % {"number": kept.number})
    return pages.fragment(request, "qualification/_value_keep.html", {"form": form, "opportunity": case.opportunity})


def _saved(message: str) -> HttpResponse:
    return pages.toast(pages.trigger(HttpResponse(status=204), "dk:value-changed"), message)


# ---- to take along ------------------------------------------------------------------------------------------------------


def _chosen(request: DoorRequest, opportunity_id: int) -> tuple[ValueCase, Any, reads.ValueShown]:
    """The calculation as it stands, or the version that `?version=` names."""
    case = _case(request, opportunity_id)
    number = request.GET.get("version", "")
    version = reads.version_of(case, int(number)) if number.isascii() and number.isdigit() and len(number) < 9 else None
    content = version.content if version else reads.content_of(case)
    return case, version, reads.shown(content, language=request.LANGUAGE_CODE)


@door("GET", permission="pipeline.see")
def value_print(request: DoorRequest, opportunity_id: int) -> HttpResponse:
    """One page for the owner of the company, to print."""
    case, version, shown = _chosen(request, opportunity_id)
    context = {"opportunity": case.opportunity, "version": version, "value": shown, "summary": exports.summary(shown)}
    return pages.page(request, "qualification/value_print.html", context)


@door("GET", permission="pipeline.see")
def value_workbook(request: DoorRequest, opportunity_id: int) -> HttpResponse:
    case, _version, shown = _chosen(request, opportunity_id)
    content = exports.workbook(shown, case.opportunity, by=request.scope, at=timezone.localtime(timezone.now()))
    return files.workbook(content, name=_("Value of %(deal)s") % {"deal": case.opportunity.name})


@door("GET", permission="pipeline.see")
def value_word(request: DoorRequest, opportunity_id: int) -> HttpResponse:
    case, _version, shown = _chosen(request, opportunity_id)
    content = exports.word(shown, case.opportunity, by=request.scope, at=timezone.localtime(timezone.now()))
    return files.word(content, name=_("Value of %(deal)s") % {"deal": case.opportunity.name})
