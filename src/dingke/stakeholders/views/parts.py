"""Lines, chain, factors, influences, needs: the dialogs of a map."""

from __future__ import annotations

from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from dingke.accounts.models import Account
from dingke.accounts.queries import account as accounts
from dingke.core import lists
from dingke.core.doors import DoorRequest, door
from dingke.stakeholders import access
from dingke.stakeholders.actions import chain, judgement, lines, needs
from dingke.stakeholders.calc.factors import TYPE_OF_FAMILY
from dingke.stakeholders.forms.centre import FactorsForm, InfluencesForm, NeedForm, StepForm
from dingke.stakeholders.forms.people import LineForm
from dingke.stakeholders.models import BuyingCentre, NeedEntry
from dingke.stakeholders.queries import centre as centres
from dingke.stakeholders.views.answers import changed, dialog


@door("GET", "POST")
def line(request: DoorRequest, centre_id: int) -> HttpResponse:
    """A line from one person to another; `start`, `end`, `kind` choose beforehand what was drawn on the map."""
    centre = centres.centre_for(request.scope, centre_id)
    access.can_edit_map(request.scope, centre).enforce()
    people = {str(row.pk): row for row in centres.people_on(request.scope, centre)}
    asked = request.GET.get
    initial = {"start": asked("start", ""), "end": asked("end", ""), "kind": asked("kind", "REPORTS_TO")}
    form = LineForm(request.POST if request.method == "POST" else None, initial=initial, people=people.values())
    return dialog(
        request,
        form=form,
        save=lambda values, _version: lines.draw_line(
            start=people[values["start"]], end=people[values["end"]], kind=values["kind"], note=values["note"],
            by=request.scope, now=timezone.now(),
        ),
        said=_("The line was drawn."),
        account_id=centre.account_id,
        context={"title": _("A line between two people"), "sub": _("Who reports to, advises or opposes whom?")},
    )  # fmt: skip


@door("POST")
def remove_line(request: DoorRequest, tie_id: int) -> HttpResponse:
    row = centres.line_for(request.scope, tie_id)
    lines.remove_line(line=row, by=request.scope, now=timezone.now())
    back = reverse("stakeholders:map", args=[row.centre_id])
    return changed(request, row.centre.account_id, _("The line was removed."), back=back)


@door("POST")
def load_chain(request: DoorRequest, centre_id: int) -> HttpResponse:
    centre = centres.centre_for(request.scope, centre_id)
    chain.load_chain(centre=centre, family=request.POST.get("family", ""), by=request.scope, now=timezone.now())
    said = _("The chain is there. Name a person for every step.")
    return changed(request, centre.account_id, said, back=reverse("stakeholders:map", args=[centre_id]))


@door("GET", "POST")
def add_step(request: DoorRequest, centre_id: int) -> HttpResponse:
    centre = centres.centre_for(request.scope, centre_id)
    access.can_edit_map(request.scope, centre).enforce()
    people = centres.people_on(request.scope, centre)
    form = StepForm(request.POST if request.method == "POST" else None, initial={"kind": request.GET.get("kind", "REVIEW")}, people=people)
    return dialog(
        request,
        form=form,
        save=lambda values, _version: chain.add_chain_step(centre=centre, values=values, by=request.scope, now=timezone.now()),
        said=_("The step was added."),
        account_id=centre.account_id,
        context={"title": _("Step of the decision"), "sub": _("Every step needs somebody who is responsible.")},
    )


@door("GET", "POST")
def edit_step(request: DoorRequest, chain_step_id: int) -> HttpResponse:
    row = centres.step_for(request.scope, chain_step_id)
    access.can_edit_map(request.scope, row.centre).enforce()
    initial = {name: getattr(row, name) for name in ("kind", "label", "decided_date", "note", "version")}
    initial["stakeholder"] = str(row.stakeholder_id or "")
    people = centres.people_on(request.scope, row.centre)
    return dialog(
        request,
        form=StepForm(request.POST if request.method == "POST" else None, initial=initial, people=people),
        save=lambda values, version: chain.edit_chain_step(
            step=row, values=values, by=request.scope, now=timezone.now(), expected_version=version
        ),
        said=_("The step was saved."),
        account_id=row.centre.account_id,
        context={"title": row.label, "sub": _("Every step needs somebody who is responsible.")},
        fresh_version=lambda: centres.step_for(request.scope, chain_step_id).version,
    )


@door("POST")
def remove_step(request: DoorRequest, chain_step_id: int) -> HttpResponse:
    row = centres.step_for(request.scope, chain_step_id)
    chain.remove_chain_step(step=row, by=request.scope, now=timezone.now())
    undo = reverse("stakeholders:step_restore", args=[row.pk])
    return changed(request, row.centre.account_id, _("The step was taken out."), undo_url=undo)


@door("POST")
def restore_step(request: DoorRequest, chain_step_id: int) -> HttpResponse:
    row = centres.step_for(request.scope, chain_step_id)
    chain.restore_chain_step(step=row, by=request.scope, now=timezone.now())
    return changed(request, row.centre.account_id, _("The step is there again."))


@door("GET", "POST")
def factors(request: DoorRequest, centre_id: int) -> HttpResponse:
    centre = centres.centre_for(request.scope, centre_id)
    access.can_edit_map(request.scope, centre).enforce()
    initial = FactorsForm.initial_of(centre, TYPE_OF_FAMILY.get(centre.product_family, "HIGH_END"))
    return dialog(
        request,
        form=FactorsForm(request.POST if request.method == "POST" else None, initial=initial),
        save=lambda values, version: judgement.save_factors(
            centre=centre, by=request.scope, now=timezone.now(), expected_version=version, **values
        ),
        said=_("The comparison was saved."),
        account_id=centre.account_id,
        context={"title": _("What decides, and how we compare"), "sub": _("Scores from 0 to 100, as the customer sees it")},
        template="stakeholders/_factors_dialog.html",
        fresh_version=lambda: _version(request, centre),
    )


@door("GET", "POST")
def influences(request: DoorRequest, centre_id: int) -> HttpResponse:
    centre = centres.centre_for(request.scope, centre_id)
    access.can_edit_map(request.scope, centre).enforce()
    form = InfluencesForm(request.POST if request.method == "POST" else None, initial=InfluencesForm.initial_of(centre))
    return dialog(
        request,
        form=form,
        save=lambda values, version: judgement.save_influences(
            centre=centre, ratings=values, by=request.scope, now=timezone.now(), expected_version=version
        ),
        said=_("Saved."),
        account_id=centre.account_id,
        context={"title": _("What weighs beside the product"), "sub": _("1 hardly counts, 5 decides")},
        template="stakeholders/_influences_dialog.html",
        fresh_version=lambda: _version(request, centre),
    )


def _version(request: DoorRequest, centre: BuyingCentre) -> int:
    return centres.centre_for(request.scope, centre.pk).version


@door("GET", "POST")
def log_need(request: DoorRequest, account_id: int) -> HttpResponse:
    account = accounts.account_for(request.scope, account_id)
    access.can_see_people(request.scope, account).enforce()
    access.can_edit(request.scope, account).enforce()
    form = _need_form(request, account, None)
    return dialog(
        request,
        form=form,
        save=lambda values, _version: needs.log_need(account=account, values=values, by=request.scope, now=timezone.now()),
        said=_("Noted."),
        account_id=account.pk,
        context={"title": _("Need or preference"), "sub": account.shown_name},
    )


@door("GET", "POST")
def edit_need(request: DoorRequest, need_entry_id: int) -> HttpResponse:
    row = centres.need_for(request.scope, need_entry_id)
    access.can_edit(request.scope, row.account).enforce()
    return dialog(
        request,
        form=_need_form(request, row.account, row),
        save=lambda values, version: needs.edit_need(
            need=row, values=values, by=request.scope, now=timezone.now(), expected_version=version
        ),
        said=_("Saved."),
        account_id=row.account_id,
        context={"title": _("Need or preference"), "sub": row.account.shown_name},
        fresh_version=lambda: centres.need_for(request.scope, need_entry_id).version,
    )


def _need_form(request: DoorRequest, account: Account, row: NeedEntry | None) -> NeedForm:
    initial = NeedForm.initial_of(row) if row else {"on_date": timezone.localdate(), "channel": "CHANNELS"}
    return NeedForm(
        request.POST if request.method == "POST" else None,
        initial=initial,
        contacts=centres.contacts_of(request.scope, account),
        sources=lists.items("info_sources"),
    )


@door("POST")
def remove_need(request: DoorRequest, need_entry_id: int) -> HttpResponse:
    row = centres.need_for(request.scope, need_entry_id)
    needs.remove_need(need=row, by=request.scope, now=timezone.now())
    undo = reverse("stakeholders:need_restore", args=[row.pk])
    return changed(request, row.account_id, _("The entry was taken away."), undo_url=undo)


@door("POST")
def restore_need(request: DoorRequest, need_entry_id: int) -> HttpResponse:
    row = centres.need_for(request.scope, need_entry_id)
    needs.restore_need(need=row, by=request.scope, now=timezone.now())
    return changed(request, row.account_id, _("The entry is there again."))
