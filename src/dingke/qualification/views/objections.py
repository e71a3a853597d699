"""Objections of a deal: the log, the three steps, the end; what came of all of them; the cost per period."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from dingke.core import pages
from dingke.core.doors import DoorRequest, door
from dingke.core.errors import NotVisible
from dingke.library.calc import objections as reference
from dingke.library.calc.investment import per_period
from dingke.pipeline.queries.opportunity import opportunity_for
from dingke.qualification import access
from dingke.qualification.actions import objections as actions
from dingke.qualification.forms.objections import CloseForm, ObjectionForm, StepForm
from dingke.qualification.models import Objection
from dingke.qualification.queries import objections as queries
from dingke.qualification.queries.discovery import people_of
from dingke.qualification.views.answers import changed, dialog, posted

PANEL = "qualification/_objections.html"


@door("GET", permission="pipeline.see")
def objections(request: DoorRequest, opportunity_id: int) -> HttpResponse:
    opportunity = opportunity_for(request.scope, opportunity_id)
    shown = queries.objections_of(request.scope, opportunity, today=timezone.localdate())
    context = {"opportunity": opportunity, "objections": shown, "partial": PANEL, "route": "objections", **_period(request, opportunity)}
    return pages.page(request, "qualification/panel.html", context, partial=PANEL)


@door("GET", permission="pipeline.see")
def cost_per_period(request: DoorRequest, opportunity_id: int) -> HttpResponse:
    """The price per year, month, week and day (J-08)."""
    opportunity = opportunity_for(request.scope, opportunity_id)
    context = {"opportunity": opportunity, **_period(request, opportunity)}
    return pages.page(
        request, "qualification/in_page.html", {**context, "partial": "qualification/_per_period.html", "route": "objections"},
        partial="qualification/_per_period.html",
    )  # fmt: skip


def _period(request: DoorRequest, opportunity: Any) -> dict[str, Any]:
    hidden = request.scope.hides("amount")
    price = _figure(request.GET.get("price")) if "price" in request.GET else (None if hidden else opportunity.amount)
    years = _figure(request.GET.get("years")) if "years" in request.GET else Decimal(5)
    wrong = ""
    result = None
    if price is not None and years is not None:
        try:
            result = per_period(price, years)
        except (ValueError, InvalidOperation):
            wrong = _("The price is 0 or more, the years of use are above 0.")
    return {"period": result, "price": price, "years": years, "period_wrong": wrong}


def _figure(text: str | None) -> Decimal | None:
    try:
        value = Decimal((text or "").replace(",", "").strip())
    except InvalidOperation:
        return None
    return value if value.is_finite() and abs(value) < Decimal(10) ** 15 else None


@door("GET", "POST", permission="pipeline.edit")
def objection_new(request: DoorRequest, opportunity_id: int) -> HttpResponse:
    opportunity = opportunity_for(request.scope, opportunity_id)
    access.can_log_objection(request.scope, opportunity).enforce()
    today = timezone.localdate()
    start = {
        "moment": "EXECUTION" if opportunity.state == "WON" else "EXPLAINING", "channel": "VISIT", "act": "DOUBT", "is_spoken": True,
        "kind": "TRUE", "timing": "NOW", "opened_date": today,
    }  # fmt: skip
    answers = queries.all_answers(request.scope, today=today)
    form = ObjectionForm(posted(request, {}), initial=start, people=people_of(request.scope, opportunity), answers=answers)

    def save() -> None:
        actions.log_objection(
            opportunity=opportunity, values=form.values(), real_issue=form.cleaned_data["real_issue"], by=request.scope, now=timezone.now()
        )

    return dialog(
        request, opportunity, form, "qualification/_objection_form.html", save=save, done=_("The objection is written down."),
        route="objections", action=reverse("qualification:objection_new", args=[opportunity.pk]), objection=None,
        kinds=reference.KINDS, hints=reference.HINTS,
    )  # fmt: skip


@door("GET", "POST", permission="pipeline.edit")
def objection_edit(request: DoorRequest, objection_id: int) -> HttpResponse:
    objection = queries.objection_for(request.scope, objection_id)
    opportunity = objection.opportunity
    access.can_log_objection(request.scope, opportunity).enforce()
    saved = ObjectionForm.initial_of(objection)
    answers = queries.all_answers(request.scope, today=timezone.localdate())
    form = ObjectionForm(posted(request, saved), initial=saved, people=people_of(request.scope, opportunity), answers=answers)

    def save() -> None:
        actions.edit_objection(
            objection=objection, values=form.values(), real_issue=form.cleaned_data["real_issue"], by=request.scope, now=timezone.now(),
            expected_version=form.cleaned_data["version"],
        )  # fmt: skip

    return dialog(
        request, opportunity, form, "qualification/_objection_form.html", save=save, saved=saved, done=_("The objection is saved."),
        route="objections", action=reverse("qualification:objection_edit", args=[objection.pk]), objection=objection,
        kinds=reference.KINDS, hints=reference.HINTS,
    )  # fmt: skip


@door("GET", permission="pipeline.see")
def objection_answers(request: DoorRequest) -> HttpResponse:
    """Ideas for an answer to one of the eight standard objections, from the library."""
    found = queries.answers_for(request.scope, request.GET.get("standard", ""), today=timezone.localdate())
    return pages.fragment(request, "qualification/_answers.html", {"entries": found})


@door("GET", "POST", permission="pipeline.edit")
def objection_step(request: DoorRequest, objection_id: int, step: str) -> HttpResponse:
    """One of the three steps of handling (J-11)."""
    objection = _handled(request, objection_id)
    named = reference.find(reference.STEPS, step)
    if named is None:
        raise NotVisible(_("There is no such step."))
    form = StepForm(posted(request, {}))

    def save() -> None:
        actions.take_step(objection=objection, action=step, by=request.scope, now=timezone.now(), **form.cleaned_data)

    return dialog(
        request, objection.opportunity, form, "qualification/_step_form.html", save=save, done=_("The step is noted."), route="objections",
        action=reverse("qualification:objection_step", args=[objection.pk, step]), objection=objection, named=named,
        entries=queries.answers_for(request.scope, objection.standard, today=timezone.localdate()),
    )  # fmt: skip


@door("GET", "POST", permission="pipeline.edit")
def objection_close(request: DoorRequest, objection_id: int) -> HttpResponse:
    """What came of it; the principles are shown before (J-12)."""
    objection = _handled(request, objection_id)
    form = CloseForm(posted(request, {}), initial={"result": "SETTLED", "settled_date": timezone.localdate()})

    def save() -> None:
        actions.close_objection(objection=objection, by=request.scope, now=timezone.now(), **form.cleaned_data)

    return dialog(
        request, objection.opportunity, form, "qualification/_close_form.html", save=save, done=_("The objection is closed."),
        route="objections", action=reverse("qualification:objection_close", args=[objection.pk]), objection=objection,
    )  # fmt: skip


def _handled(request: DoorRequest, objection_id: int) -> Objection:
    objection = queries.objection_for(request.scope, objection_id)
    access.can_log_objection(request.scope, objection.opportunity).enforce()
    return objection


@door("POST", permission="pipeline.edit")
def objection_reopen(request: DoorRequest, objection_id: int) -> HttpResponse:
    objection = queries.objection_for(request.scope, objection_id)
    actions.reopen_objection(objection=objection, by=request.scope, now=timezone.now())
    return changed(request, objection.opportunity_id, _("The objection is open again."), route="objections")


@door("POST", permission="pipeline.edit")
def objection_archive(request: DoorRequest, objection_id: int) -> HttpResponse:
    objection = queries.objection_for(request.scope, objection_id)
    actions.archive_objection(objection=objection, by=request.scope, now=timezone.now())
    undo = reverse("qualification:objection_restore", args=[objection.pk])
    return changed(request, objection.opportunity_id, _("The objection was archived."), undo_url=undo, route="objections")


@door("POST", permission="pipeline.edit")
def objection_restore(request: DoorRequest, objection_id: int) -> HttpResponse:
    objection = queries.objection_for(request.scope, objection_id)
    actions.restore_objection(objection=objection, by=request.scope, now=timezone.now())
    return changed(request, objection.opportunity_id, _("The objection is back."), route="objections")


@door("GET", permission="pipeline.see")
def objection_figures(request: DoorRequest) -> HttpResponse:
    """How often objections were settled and how long it took, over the deals the caller sees."""
    given = request.GET.get("days", "")
    days = int(given) if given in {str(number) for number in queries.PERIODS} else 0
    figures = queries.figures(request.scope, today=timezone.localdate(), days=days)
    return pages.page(request, "qualification/objection_figures.html", {"figures": figures, "periods": queries.PERIODS})
