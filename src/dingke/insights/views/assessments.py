"""Assessments: one account's page, panel, forms and steps; the list, the comparison, and their files."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from dingke.accounts.queries.account import account_for
from dingke.core import pages
from dingke.core.doors import DoorRequest, door
from dingke.core.errors import Invalid, NotVisible, Refusal, StaleRecord
from dingke.core.tables_out import FileKind
from dingke.insights import access
from dingke.insights.actions import assessments as actions
from dingke.insights.calc.assessment_due import Trigger
from dingke.insights.calc.assessment_parts import DIMENSIONS
from dingke.insights.exports import assessments as exports
from dingke.insights.forms import assessments as forms
from dingke.insights.models import AssessmentStep
from dingke.insights.queries import assessments as reads
from dingke.insights.queries import relationship as relations
from dingke.insights.views import assessment_charts as charts

SHOWN = 60


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 12 else None


def _trigger_words() -> dict[str, str]:
    return {
        Trigger.NEVER: _("Never assessed"),
        Trigger.CYCLE: _("Its cycle is over"),
        Trigger.SOON: _("Due soon"),
        Trigger.ORDER_DROP: _("Orders dropped"),
        Trigger.QUIET: _("Gone quiet"),
        Trigger.CLASS: _("Another class"),
        Trigger.COMPETITOR: _("Competitor news"),
        Trigger.MARKET: _("Market change"),
        Trigger.SITUATION: _("Change of situation"),
    }


def _page_context(request: DoorRequest, account_id: int) -> dict[str, Any]:
    today = timezone.localdate(timezone.now())
    asked = request.GET.get("of")
    of = _number(asked)
    if asked and of is None:
        raise NotVisible(_("There is no such assessment, or it is not shared with you."))
    a = reads.account_assessments(request.scope, account_id, today=today, assessment_id=of)
    before = None
    if a.chosen is not None:
        before = next((row for row in a.history if (row.assessed_date, row.pk) < (a.chosen.row.assessed_date, a.chosen.row.pk)), None)
    return {
        "a": a,
        "today": today,
        "dimensions": DIMENSIONS,
        "radar": charts.radar(a.chosen, before) if a.chosen else None,
        "trend": charts.trend(a.history),
    }


@door("GET", permission="insights.see")
def assessment(request: DoorRequest, account_id: int) -> HttpResponse:
    """One account: level and why, the four steps, radar, parts, trend, and who may see it."""
    context = _page_context(request, account_id)
    context["relation"] = relations.relationship(request.scope, account_id)
    return pages.page(request, "insights/assessment.html", context)


@door("GET", permission="insights.see")
def account_assessment(request: DoorRequest, account_id: int) -> HttpResponse:
    """The panel in the value tab of an account."""
    context = _page_context(request, account_id)
    context["relation"] = relations.relationship(request.scope, account_id)
    return pages.page(request, "insights/account_assessment.html", context, partial="insights/_account_assessment.html")


@door("GET", "POST", permission="insights.see")
def edit_assessment(request: DoorRequest, account_id: int) -> HttpResponse:
    """The form of the four dimensions. Refused input comes back as it was typed."""
    now = timezone.now()
    scope = request.scope
    draft = reads.draft(scope, account_id, today=timezone.localdate(now), correct=bool(request.GET.get("correct")))
    row, basis = draft.row, draft.row if draft.corrects else draft.before
    initial = forms.AssessmentForm.initial_of(list(basis.parts.all()) if basis else [])
    initial |= {"version": row.version if row else 0, "newest": draft.newest.pk if draft.newest else 0}
    if basis is not None:
        initial |= {"long_term": basis.long_term}
    if draft.corrects and row is not None:
        initial |= {"customer_talk": row.customer_talk, "talk_date": row.talk_date}
    form = forms.AssessmentForm(request.POST or None, language=request.LANGUAGE_CODE, initial=initial)
    status, stale = 200, None
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                saved = actions.save_assessment(
                    account=draft.account,
                    given=actions.Given(
                        ratings={code: actions.Rating(**values) for code, values in form.ratings().items()},
                        long_term=form.cleaned_data["long_term"],
                        customer_talk=form.cleaned_data["customer_talk"],
                        talk_date=form.cleaned_data["talk_date"],
                    ),
                    by=scope,
                    now=now,
                    expected_version=form.cleaned_data["version"],
                    newest_seen=form.cleaned_data["newest"],
                )
                messages.success(request, _("Assessed: %(total)s points, level %(level)s.") % {"total": saved.total, "level": saved.level})
                return pages.go_to(request, reverse("insights:assessment", args=[account_id]))
            except StaleRecord as error:
                stale, status = error, 409
                form.add_error(None, error.message)
            except Refusal as error:
                status = error.status
                form.refuse(error.message, error.fields)
                if error.fields:
                    form.add_error(None, error.message)
    context = {"draft": draft, "form": form, "blocks": form.blocks(), "dimensions": DIMENSIONS, "stale": stale}
    return pages.page(request, "insights/assessment_form.html", context, status=status)


@door("GET", "POST", permission="insights.see")
def plan_assessment(request: DoorRequest, account_id: int) -> HttpResponse:
    """Who does each of the four steps until when."""
    account = account_for(request.scope, account_id)
    access.can_assess(request.scope, account).enforce()
    now = timezone.now()
    today = timezone.localdate(now)
    known = {}
    a = reads.account_assessments(request.scope, account_id, today=today)
    if a.in_progress is not None:
        known = {step.step: step for step in a.steps}
    initial: dict[str, Any] = {}
    for step, days in zip(AssessmentStep.Step.values, (7, 10, 14, 21), strict=True):
        kept = known.get(step)
        initial[f"owner_{step}"] = kept.owner_id if kept else account.owner_id or request.scope.me
        initial[f"due_{step}"] = kept.due_date if kept else today + timedelta(days=days)
    form = forms.PlanForm(request.POST or None, scope=request.scope, account=account, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            actions.plan_assessment(account=account, plan=form.plan(), by=request.scope, now=now)
            messages.success(request, _("The steps are planned."))
            return pages.go_to(request, reverse("insights:assessment", args=[account_id]))
        except Invalid as error:
            form.refuse(error.message, error.fields)
    steps = [(form[f"owner_{step}"], form[f"due_{step}"], known.get(step)) for step in AssessmentStep.Step.values]
    context = {"account": account, "form": form, "steps": steps}
    status = 422 if request.method == "POST" else 200
    return pages.page(request, "insights/assessment_plan.html", context, partial="insights/_assessment_plan.html", status=status)


@door("GET", "POST", permission="insights.see")
def finish_step(request: DoorRequest, account_id: int, step: str) -> HttpResponse:
    """Ticks a step off; the last one asks what is adjusted."""
    account = account_for(request.scope, account_id)
    access.can_assess(request.scope, account).enforce()
    code = step.upper()
    if code not in {"COLLECT", "ANALYSE", "ADJUST"}:
        raise NotVisible(_("There is no such step."))
    row = reads.assessment_for(request.scope, account_id)
    now = timezone.now()
    adjusts = code == "ADJUST"
    initial = {"version": row.version, "adjustments": row.adjustments, "next_date": row.next_date} if adjusts else {}
    kind: type[forms.AdjustForm | forms.StepForm] = forms.AdjustForm if adjusts else forms.StepForm
    form = kind(request.POST or None, initial=initial)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            given = form.cleaned_data
            try:
                if adjusts:
                    actions.adjust_cooperation(
                        assessment=row, adjustments=given["adjustments"], next_date=given["next_date"], by=request.scope, now=now,
                        expected_version=given["version"],
                    )  # fmt: skip
                else:
                    actions.finish_step(assessment=row, step=code, note=given["note"], by=request.scope, now=now)
                messages.success(request, _("The step is done."))
                return pages.go_to(request, reverse("insights:assessment", args=[account_id]))
            except Refusal as error:
                status = error.status
                form.refuse(error.message, error.fields)
    context = {"account": account, "row": row, "form": form, "code": code, "title": AssessmentStep.Step(code).label}
    return pages.page(request, "insights/assessment_step.html", context, partial="insights/_assessment_step.html", status=status)


@door("GET", permission="insights.see")
def assessments(request: DoorRequest) -> HttpResponse:
    """What is to be assessed again and why, and every assessment."""
    chosen = forms.ListForm(request.GET).chosen()
    show = chosen["show"] or "due"
    found = reads.assessment_list(request.scope, reads.ListFilter(**{**chosen, "show": show}), today=timezone.localdate(timezone.now()))
    shown = len(found.rows) if request.GET.get("more") else SHOWN
    context = {
        "found": found,
        "chosen": {**chosen, "show": show},
        "shown": shown,
        "triggers": _trigger_words(),
        "dimensions": DIMENSIONS,
        "can_export": request.scope.can("exports.run"),
    }
    return pages.page(request, "insights/assessments.html", context)


def _file(kind: FileKind, content: bytes, name: str) -> HttpResponse:
    return pages.table_file(content, name=name, kind=kind, day=timezone.localdate(timezone.now()))


def _kind(request: DoorRequest) -> FileKind:
    try:
        return FileKind(request.GET.get("format", "xlsx"))
    except ValueError as error:
        raise Invalid(_("Choose xlsx or csv.")) from error


@door("GET", permission="exports.run")
def export_assessments(request: DoorRequest) -> HttpResponse:
    now, kind = timezone.now(), _kind(request)
    access.can_see(request.scope).enforce()
    chosen = forms.ListForm(request.GET).chosen()
    wanted = reads.ListFilter(**{**chosen, "show": chosen["show"] or "due"})
    content, name = exports.export_list(kind=kind, chosen=wanted, by=request.scope, now=now, today=timezone.localdate(now))
    return _file(kind, content, name)


def _asked(request: DoorRequest) -> list[int]:
    return [number for text in request.GET.getlist("account") if (number := _number(text)) is not None]


@door("GET", permission="insights.see")
def compare(request: DoorRequest) -> HttpResponse:
    """Two to five accounts side by side, chosen by picker."""
    asked = _asked(request)
    compared = reads.comparison(request.scope, asked)
    context = {
        "compared": compared,
        "too_many": len(set(asked)) > reads.MOST_COMPARED,
        "most": reads.MOST_COMPARED,
        "radar": charts.overlay(compared),
        "dimensions": DIMENSIONS,
        "can_export": request.scope.can("exports.run"),
    }
    return pages.page(request, "insights/assessment_compare.html", context)


@door("GET", permission="exports.run")
def export_comparison(request: DoorRequest) -> HttpResponse:
    kind = _kind(request)
    access.can_see(request.scope).enforce()
    content, name = exports.export_comparison(kind=kind, account_ids=_asked(request), by=request.scope, now=timezone.now())
    return _file(kind, content, name)
