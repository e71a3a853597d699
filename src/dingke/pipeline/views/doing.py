"""What one does with a deal: next step, moving, ending, giving, waivers, steps, the decision cycle. Dialogs and one-tap doors."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from dingke.core import lists
from dingke.core.doors import DoorRequest, door
from dingke.people.queries import assignable
from dingke.pipeline import access
from dingke.pipeline.actions import ending, opportunity, steps, waivers
from dingke.pipeline.forms import doing as forms
from dingke.pipeline.models import Opportunity
from dingke.pipeline.queries import deal as reads
from dingke.pipeline.queries.form import competitor_names
from dingke.pipeline.queries.opportunity import opportunity_for
from dingke.pipeline.queries.playbooks import content_of
from dingke.pipeline.views.answers import changed, dialog, moved, posted


def _mine(request: DoorRequest, opportunity_id: int) -> Opportunity:
    deal = opportunity_for(request.scope, opportunity_id)
    access.can_edit(request.scope, deal).enforce()
    return deal


def _when(request: DoorRequest) -> dict[str, Any]:
    return {"by": request.scope, "now": timezone.now(), "today": timezone.localdate()}


def _language() -> str:
    return get_language() or "zh-hans"


@door("GET", "POST", permission="pipeline.see")
def next_step(request: DoorRequest, opportunity_id: int) -> HttpResponse:
    deal = _mine(request, opportunity_id)
    saved = {"next_step": deal.next_step, "next_step_date": deal.next_step_date, "version": deal.version}
    start = {**saved, "next_step_date": deal.next_step_date or timezone.localdate() + timedelta(days=7)}
    form = forms.NextStepForm(posted(request, saved), initial=start)

    def save() -> object:
        given = form.cleaned_data
        return opportunity.set_next_step(
            opportunity=deal, next_step=given["next_step"], next_step_date=given["next_step_date"], expected_version=given["version"],
            **_when(request),
        )  # fmt: skip

    return dialog(request, deal, form, title=_("Next step"), save=save, done=_("The next step is set."), saved=saved)


@door("GET", "POST", permission="pipeline.see")
def move(request: DoorRequest, opportunity_id: int) -> HttpResponse:
    """To any stage: forward through every gate, back with a reason. `to` comes with the address."""
    deal = _mine(request, opportunity_id)
    stages = [(one.code, one.label.text(_language())) for one in content_of(deal.playbook_version).stages]
    saved = {"to_stage": deal.stage, "version": deal.version}
    start = {"to_stage": request.GET.get("to", "") or deal.stage, "version": deal.version}
    form = forms.MoveForm(posted(request), stages=stages, initial=start)

    def save() -> object:
        given = form.cleaned_data
        return opportunity.move_opportunity(
            opportunity=deal, to_stage=given["to_stage"], reason=given["reason"], expected_version=given["version"], **_when(request)
        )

    return dialog(
        request, deal, form, title=_("Move to another stage"), save=save, done=_("The deal was moved."), saved=saved, whole_page=True
    )


@door("POST", permission="pipeline.see")
def advance(request: DoorRequest, opportunity_id: int) -> HttpResponse:
    """One tap: on to the following stage."""
    deal = _mine(request, opportunity_id)
    following = content_of(deal.playbook_version).after(deal.stage)
    version = request.POST.get("version", "")
    opportunity.move_opportunity(
        opportunity=deal, to_stage=following.code if following else deal.stage,
        expected_version=int(version) if version.isdigit() else None, **_when(request),
    )  # fmt: skip
    return moved(request, deal.pk, _("The deal was moved."))


@door("GET", "POST", permission="pipeline.see")
def win(request: DoorRequest, opportunity_id: int) -> HttpResponse:
    deal = _mine(request, opportunity_id)
    start = {
        "won_amount": None if request.scope.hides("amount") else deal.amount, "ended_date": timezone.localdate(), "version": deal.version,
    }  # fmt: skip
    form = forms.WinForm(posted(request), initial=start)

    def save() -> object:
        given = form.cleaned_data
        return ending.win_opportunity(
            opportunity=deal, won_amount=given["won_amount"], ended_date=given["ended_date"], note=given["note"],
            expected_version=given["version"], **_when(request),
        )  # fmt: skip

    return dialog(
        request, deal, form, title=_("The deal is won"), save=save, done=_("Won. Well done."), saved=start, whole_page=True, submit=_("Won")
    )


@door("GET", "POST", permission="pipeline.see")
def lose(request: DoorRequest, opportunity_id: int) -> HttpResponse:
    deal = _mine(request, opportunity_id)
    start = {"ended_date": timezone.localdate(), "version": deal.version}
    form = forms.LoseForm(posted(request), reasons=lists.items(ending.LOST_REASONS), initial=start)

    def save() -> object:
        given = form.cleaned_data
        return ending.lose_opportunity(
            opportunity=deal, reason=given["reason"], lost_to=given["lost_to"], ended_date=given["ended_date"], note=given["note"],
            expected_version=given["version"], **_when(request),
        )  # fmt: skip

    return dialog(
        request, deal, form, title=_("The deal is lost"), save=save, done=_("Written down as lost."), saved=start, whole_page=True,
        rivals=competitor_names(), submit=_("Lost"),
    )  # fmt: skip


@door("GET", "POST", permission="pipeline.see")
def drop(request: DoorRequest, opportunity_id: int) -> HttpResponse:
    """E-22: we let it go, and look again on a day."""
    deal = _mine(request, opportunity_id)
    access.can_decide(request.scope, deal).enforce()
    start = {"recheck_date": timezone.localdate() + timedelta(days=90), "version": deal.version}
    form = forms.DropForm(posted(request), reasons=lists.items(ending.LOST_REASONS), initial=start)

    def save() -> object:
        given = form.cleaned_data
        return ending.drop_opportunity(
            opportunity=deal, reason=given["reason"], recheck_date=given["recheck_date"], note=given["note"],
            expected_version=given["version"], **_when(request),
        )  # fmt: skip

    return dialog(
        request, deal, form, title=_("Drop the deal"), save=save, done=_("Dropped. It comes up again on its day."), saved=start,
        whole_page=True, submit=_("Drop"),
    )  # fmt: skip


@door("GET", "POST", permission="pipeline.see")
def reopen(request: DoorRequest, opportunity_id: int) -> HttpResponse:
    deal = _mine(request, opportunity_id)
    form = forms.ReasonForm(posted(request))
    return dialog(
        request, deal, form, title=_("Open the deal again"), done=_("The deal runs again."), whole_page=True,
        save=lambda: ending.reopen_opportunity(opportunity=deal, reason=form.cleaned_data["reason"], **_when(request)),
    )  # fmt: skip


@door("GET", "POST", permission="pipeline.see")
def give(request: DoorRequest, opportunity_id: int) -> HttpResponse:
    deal = _mine(request, opportunity_id)
    form = forms.GiveForm(posted(request), people=assignable(request.scope).exclude(pk=deal.owner_id))
    return dialog(
        request, deal, form, title=_("Give the deal to somebody"), done=_("The deal has another owner now."), whole_page=True,
        save=lambda: opportunity.give_opportunity(opportunity=deal, to=form.cleaned_data["to"], by=request.scope, now=timezone.now()),
    )  # fmt: skip


@door("POST", permission="pipeline.see")
def archive(request: DoorRequest, opportunity_id: int) -> HttpResponse:
    deal = opportunity_for(request.scope, opportunity_id)
    opportunity.archive_opportunity(opportunity=deal, by=request.scope, now=timezone.now())
    return moved(request, deal.pk, _("The deal was archived."))


@door("POST", permission="pipeline.see")
def restore(request: DoorRequest, opportunity_id: int) -> HttpResponse:
    deal = opportunity_for(request.scope, opportunity_id)
    opportunity.restore_opportunity(opportunity=deal, by=request.scope, now=timezone.now())
    return moved(request, deal.pk, _("The deal is back."))


# ---- gates -----------------------------------------------------------------------------------------------------------


@door("GET", "POST", permission="pipeline.see")
def waive(request: DoorRequest, opportunity_id: int, deal_stage: str, condition: str) -> HttpResponse:
    """Asks that a condition may pass, with a reason."""
    deal = _mine(request, opportunity_id)
    form = forms.ReasonForm(posted(request))
    return dialog(
        request, deal, form, title=_("Let a condition pass"), done=_("The waiver was asked for."), submit=_("Ask for the waiver"),
        hint=_("The reason stays in the history of the deal. Whoever leads the owner is asked, unless the company decided otherwise."),
        save=lambda: waivers.waive_condition(
            opportunity=deal, stage=deal_stage, condition=condition, reason=form.cleaned_data["reason"],
            by=request.scope, now=timezone.now(),
        ),
    )  # fmt: skip


@door("POST", permission="pipeline.see")
def unwaive(request: DoorRequest, opportunity_id: int, waiver_id: int) -> HttpResponse:
    deal = _mine(request, opportunity_id)
    waivers.take_back_waiver(waiver=reads.waiver_for(deal, waiver_id), by=request.scope, now=timezone.now())
    return changed(request, deal.pk, _("The condition counts again."))


# ---- steps -----------------------------------------------------------------------------------------------------------


@door("GET", "POST", permission="pipeline.see")
def step(request: DoorRequest, opportunity_id: int, deal_stage: str, deal_step: str) -> HttpResponse:
    """Ticks a step with what shows it."""
    deal = _mine(request, opportunity_id)
    line = reads.step_of(deal, deal_stage, deal_step, today=timezone.localdate())
    run = line.run
    saved = {
        "proof": run.proof if run else "", "proof_date": (run.proof_date if run else None) or timezone.localdate(),
        "contact": run.contact_id_proof if run else None, "version": run.version if run else "",
    }  # fmt: skip
    form = forms.StepForm(posted(request, saved), initial=saved, contacts=reads.confirmers(request.scope, deal))

    def save() -> object:
        given = form.cleaned_data
        return steps.finish_step(
            opportunity=deal, stage=deal_stage, step=deal_step, proof=given["proof"], proof_date=given["proof_date"],
            contact=given["contact"],
            expected_version=given["version"], **_when(request),
        )  # fmt: skip

    return dialog(
        request, deal, form, title=line.label, save=save, done=_("Done: %(title)s") % {"title": line.label}, saved=saved, line=line,
        template="pipeline/_step_dialog.html",
    )  # fmt: skip


@door("POST", permission="pipeline.see")
def step_done(request: DoorRequest, opportunity_id: int, deal_stage: str, deal_step: str) -> HttpResponse:
    """One tap on a step that asks for no proof."""
    deal = _mine(request, opportunity_id)
    steps.finish_step(opportunity=deal, stage=deal_stage, step=deal_step, **_when(request))
    undo = reverse("pipeline:step_undo", args=[deal.pk, deal_stage, deal_step])
    return changed(request, deal.pk, _("The step is done."), undo_url=undo)


@door("POST", permission="pipeline.see")
def step_undo(request: DoorRequest, opportunity_id: int, deal_stage: str, deal_step: str) -> HttpResponse:
    deal = _mine(request, opportunity_id)
    steps.undo_step(opportunity=deal, stage=deal_stage, step=deal_step, by=request.scope, now=timezone.now())
    return changed(request, deal.pk, _("The step is open again."))


@door("GET", "POST", permission="pipeline.see")
def step_plan(request: DoorRequest, opportunity_id: int, deal_stage: str, deal_step: str) -> HttpResponse:
    """Who does a step, and until when."""
    deal = _mine(request, opportunity_id)
    line = reads.step_of(deal, deal_stage, deal_step, today=timezone.localdate())
    run = line.run
    start = {"assignee": run.assignee_id if run else deal.owner_id, "due_date": run.due_date if run else None}
    form = forms.PlanForm(posted(request), initial=start, people=assignable(request.scope))

    def save() -> object:
        given = form.cleaned_data
        return steps.plan_step(
            opportunity=deal, stage=deal_stage, step=deal_step, assignee=given["assignee"], due_date=given["due_date"], by=request.scope,
            now=timezone.now(),
        )  # fmt: skip

    return dialog(request, deal, form, title=line.label, save=save, done=_("The step is planned."))


# ---- C-13 ------------------------------------------------------------------------------------------------------------


@door("GET", "POST", permission="pipeline.see")
def cycle(request: DoorRequest, opportunity_id: int) -> HttpResponse:
    """How long the customer takes to decide, from its four factors; the longest is the bottleneck."""
    deal = _mine(request, opportunity_id)
    start = {"mode": "SUM", **deal.cycle, "version": deal.version}
    form = forms.CycleForm(posted(request, start), initial=start, language=_language())
    return dialog(
        request, deal, form, title=_("Decision cycle of the customer"), done=_("The decision cycle is set."), saved=start,
        hint=_("Days that each of the four still takes. The longest one is shown as the bottleneck."),
        save=lambda: opportunity.edit_opportunity(
            opportunity=deal, values={"cycle": form.cycle()}, expected_version=form.cleaned_data["version"], **_when(request)
        ),
    )  # fmt: skip
