"""The needs of a deal: three needs, next actions, the list that is confirmed, FAB lines."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from dingke.core import pages
from dingke.core.doors import DoorRequest, door
from dingke.core.errors import NotAllowed, NotVisible, Refusal, StaleRecord
from dingke.core.stale import KEEP, differences
from dingke.pipeline.models import Opportunity
from dingke.pipeline.queries.opportunity import opportunity_for
from dingke.qualification import access
from dingke.qualification.actions import needs as actions
from dingke.qualification.actions import next_actions
from dingke.qualification.forms.needs import BenefitForm, NeedForm, NextActionForm, ThreeNeedForm
from dingke.qualification.queries import needs as queries
from dingke.qualification.queries.discovery import people_of
from dingke.qualification.views.answers import changed, dialog, posted, retarget

PANEL = "qualification/_needs.html"


def _three_form(row: Any, data: Any = None) -> ThreeNeedForm:
    return ThreeNeedForm(data, initial=ThreeNeedForm.initial_of(row), kind=row.kind)


def _needs(request: DoorRequest, opportunity: Opportunity) -> queries.Needs:
    return queries.needs_of(request.scope, opportunity, today=timezone.localdate())


@door("GET", permission="pipeline.see")
def needs(request: DoorRequest, opportunity_id: int) -> HttpResponse:
    opportunity = opportunity_for(request.scope, opportunity_id)
    shown = _needs(request, opportunity)
    forms = {view.kind.code: _three_form(view.row) for view in shown.three}
    context = {"opportunity": opportunity, "needs": shown, "forms": forms, "stale": [], "partial": PANEL, "route": "needs"}
    return pages.page(request, "qualification/panel.html", context, partial=PANEL)


@door("POST", permission="pipeline.edit")
def three_need(request: DoorRequest, opportunity_id: int, three_kind: str) -> HttpResponse:
    """Saves one of the three needs as it is typed. A stale save shows both versions."""
    opportunity = opportunity_for(request.scope, opportunity_id)
    access.can_edit(request.scope, opportunity).enforce()
    row = queries.three_need_of(opportunity, three_kind)
    saved = ThreeNeedForm.initial_of(row)
    form = _three_form(row, posted(request, saved))
    chose = any(key.startswith(KEEP) for key in request.POST)
    stale: list[Any] = []
    status = 422
    if form.is_valid():
        try:
            row = actions.save_three_need(
                opportunity=opportunity, kind=three_kind, values=form.values(), by=request.scope, now=timezone.now(),
                expected_version=form.cleaned_data["version"] or 0,
            )  # fmt: skip
        except (NotAllowed, NotVisible):
            raise
        except StaleRecord:
            status, stale = 409, differences(form, saved)
            form.data["version"] = str(saved["version"])  # type: ignore[index]
        except Refusal as refused:
            form.refuse(refused.message, refused.fields)
        else:
            status = 200
    if request.headers.get("HX-Request") != "true" and status == 200:
        return changed(request, opportunity.pk, _("The needs are saved."), route="needs")
    shown = _needs(request, opportunity)
    view = next(one for one in shown.three if one.kind.code == three_kind)
    context = {"needs": shown, "view": view, "form": form, "opportunity": opportunity, "saved_at": timezone.now(), "stale": stale}
    if stale or (status == 200 and chose):
        context["form"] = form if stale else _three_form(view.row)
        return retarget(pages.fragment(request, "qualification/_three_need.html", context, status=status), f"#three-{three_kind}")
    return pages.fragment(request, "qualification/_three_saved.html", context, status=status)


# ---- next actions ---------------------------------------------------------------------------------------------------


@door("GET", "POST", permission="pipeline.edit")
def action_new(request: DoorRequest, opportunity_id: int) -> HttpResponse:
    opportunity = opportunity_for(request.scope, opportunity_id)
    access.can_edit(request.scope, opportunity).enforce()
    start = {
        "need": request.GET.get("need", ""),
        "way": request.GET.get("way", "FILL"),
        "owner": request.scope.user_id,
        "due_date": timezone.localdate() + timedelta(days=7),
    }
    form = NextActionForm(posted(request, {}), initial=start, doers=queries.doers_for(request.scope, opportunity))

    def save() -> None:
        next_actions.add_next_action(opportunity=opportunity, by=request.scope, now=timezone.now(), **form.cleaned_data)

    return dialog(
        request, opportunity, form, "qualification/_action_form.html", save=save,
        done=_("The next action is on the deal and in the to-dos."), route="needs",
        action=reverse("qualification:action_new", args=[opportunity.pk]),
    )  # fmt: skip


@door("POST", permission="pipeline.see")
def action_done(request: DoorRequest, next_action_id: int) -> HttpResponse:
    action = queries.action_for(request.scope, next_action_id)
    next_actions.finish_next_action(action=action, by=request.scope, now=timezone.now())
    undo = reverse("qualification:action_reopen", args=[action.pk])
    return changed(request, action.opportunity_id, _("Done."), undo_url=undo, route="needs")


@door("POST", permission="pipeline.see")
def action_reopen(request: DoorRequest, next_action_id: int) -> HttpResponse:
    action = queries.action_for(request.scope, next_action_id)
    next_actions.reopen_next_action(action=action, by=request.scope, now=timezone.now())
    return changed(request, action.opportunity_id, _("Open again."), route="needs")


@door("POST", permission="pipeline.edit")
def action_drop(request: DoorRequest, next_action_id: int) -> HttpResponse:
    action = queries.action_for(request.scope, next_action_id)
    next_actions.drop_next_action(action=action, by=request.scope, now=timezone.now())
    return changed(request, action.opportunity_id, _("The action was dropped."), route="needs")


# ---- the list that is confirmed ---------------------------------------------------------------------------------------


@door("GET", "POST", permission="pipeline.edit")
def need_new(request: DoorRequest, opportunity_id: int) -> HttpResponse:
    opportunity = opportunity_for(request.scope, opportunity_id)
    access.can_edit(request.scope, opportunity).enforce()
    start = {"priority": "NEED", "range": "UNDECIDED"}
    form = NeedForm(posted(request, {}), initial=start, people=people_of(request.scope, opportunity))

    def save() -> None:
        actions.add_need(opportunity=opportunity, values=form.values(), by=request.scope, now=timezone.now())

    return dialog(
        request, opportunity, form, "qualification/_need_form.html", save=save, done=_("The need is on the list."), route="needs",
        action=reverse("qualification:need_new", args=[opportunity.pk]), need=None,
    )  # fmt: skip


@door("GET", "POST", permission="pipeline.edit")
def need_edit(request: DoorRequest, need_id: int) -> HttpResponse:
    need = queries.need_for(request.scope, need_id)
    opportunity = need.opportunity
    access.can_edit(request.scope, opportunity).enforce()
    saved = NeedForm.initial_of(need)
    form = NeedForm(posted(request, saved), initial=saved, people=people_of(request.scope, opportunity))

    def save() -> None:
        actions.edit_need(
            need=need, values=form.values(), by=request.scope, now=timezone.now(), expected_version=form.cleaned_data["version"]
        )

    return dialog(
        request, opportunity, form, "qualification/_need_form.html", save=save, saved=saved, done=_("The need is saved."), route="needs",
        action=reverse("qualification:need_edit", args=[need.pk]), need=need,
    )  # fmt: skip


@door("POST", permission="pipeline.edit")
def need_archive(request: DoorRequest, need_id: int) -> HttpResponse:
    need = queries.need_for(request.scope, need_id)
    actions.archive_need(need=need, by=request.scope, now=timezone.now())
    undo = reverse("qualification:need_restore", args=[need.pk])
    return changed(request, need.opportunity_id, _("The need was archived."), undo_url=undo, route="needs")


@door("POST", permission="pipeline.edit")
def need_restore(request: DoorRequest, need_id: int) -> HttpResponse:
    need = queries.need_for(request.scope, need_id)
    actions.restore_need(need=need, by=request.scope, now=timezone.now())
    return changed(request, need.opportunity_id, _("The need is back."), route="needs")


# ---- FAB and FFAB -----------------------------------------------------------------------------------------------------


@door("GET", "POST", permission="pipeline.edit")
def benefit_new(request: DoorRequest, need_id: int) -> HttpResponse:
    """A feature that answers a confirmed need; `entry` takes a card of the library over."""
    need = queries.need_for(request.scope, need_id)
    opportunity = need.opportunity
    access.can_edit(request.scope, opportunity).enforce()
    cards = queries.cards_for(request.scope, opportunity, today=timezone.localdate())
    form = BenefitForm(
        posted(request, {}), initial={"method": "FFAB", **queries.card_parts(cards, request.GET.get("entry", ""))}, cards=cards
    )

    def save() -> None:
        actions.save_benefit(need=need, values=form.values(), by=request.scope, now=timezone.now())

    return dialog(
        request, opportunity, form, "qualification/_benefit_form.html", save=save, done=_("The benefit is tied to the need."),
        route="needs", action=reverse("qualification:benefit_new", args=[need.pk]), need=need,
    )  # fmt: skip


@door("GET", "POST", permission="pipeline.edit")
def benefit_edit(request: DoorRequest, benefit_id: int) -> HttpResponse:
    benefit = queries.benefit_for(request.scope, benefit_id)
    opportunity = benefit.need.opportunity
    access.can_edit(request.scope, opportunity).enforce()
    saved = BenefitForm.initial_of(benefit)
    cards = queries.cards_for(request.scope, opportunity, today=timezone.localdate())
    form = BenefitForm(posted(request, saved), initial=saved, cards=cards)

    def save() -> None:
        actions.save_benefit(
            need=benefit.need, benefit=benefit, values=form.values(), by=request.scope, now=timezone.now(),
            expected_version=form.cleaned_data["version"],
        )  # fmt: skip

    return dialog(
        request, opportunity, form, "qualification/_benefit_form.html", save=save, saved=saved, done=_("The benefit is saved."),
        route="needs", action=reverse("qualification:benefit_edit", args=[benefit.pk]), need=benefit.need,
    )  # fmt: skip


@door("POST", permission="pipeline.edit")
def benefit_archive(request: DoorRequest, benefit_id: int) -> HttpResponse:
    benefit = queries.benefit_for(request.scope, benefit_id)
    actions.archive_benefit(benefit=benefit, by=request.scope, now=timezone.now())
    return changed(request, benefit.need.opportunity_id, _("The line was taken away."), route="needs")
