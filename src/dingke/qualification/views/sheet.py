"""The 7+3 sheet of a deal: the panel, saving one element, evidence, red flags, the verdict."""

from __future__ import annotations

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
from dingke.qualification.actions import sheet as actions
from dingke.qualification.calc.elements import ELEMENT_OF
from dingke.qualification.forms.sheet import FACT, ElementForm, EvidenceForm, FlagDecisionForm, VerdictForm
from dingke.qualification.queries import sheet as queries
from dingke.qualification.views.answers import changed, dialog, posted, retarget

PANEL = "qualification/_sheet.html"


def _form(view: queries.ElementView, sheet: queries.Sheet, data: Any = None) -> ElementForm:
    return ElementForm(data, initial=_initial(view, sheet), element=view.element.code, hides_amounts=sheet.hides_amounts)


def _initial(view: queries.ElementView, sheet: queries.Sheet) -> dict[str, Any]:
    return ElementForm.initial_of(view.row, sheet.opportunity, view.flag.flag if view.flag else None)


def _chart(sheet: queries.Sheet) -> dict[str, Any]:
    return {
        "grid": {"left": 28, "right": 12, "top": 10, "bottom": 22},
        "xAxis": {"type": "time"},
        "yAxis": {"type": "value", "min": 0, "max": 60, "interval": 20},
        "series": [{"type": "line", "step": "end", "data": [[point.on_date, point.score] for point in sheet.trend]}],
    }


def _sheet(request: DoorRequest, opportunity: Opportunity) -> queries.Sheet:
    return queries.sheet_of(request.scope, opportunity, today=timezone.localdate())


@door("GET", permission="pipeline.see")
def sheet(request: DoorRequest, opportunity_id: int) -> HttpResponse:
    """The panel of the deal page for HTMX, else a page of its own."""
    opportunity = opportunity_for(request.scope, opportunity_id)
    shown = _sheet(request, opportunity)
    forms = {view.element.code: _form(view, shown) for view in shown.elements}
    context = {
        "opportunity": opportunity,
        "sheet": shown,
        "forms": forms,
        "chart": _chart(shown),
        "stale": {},
        "partial": PANEL,
        "route": "sheet",
    }
    return pages.page(request, "qualification/panel.html", context, partial=PANEL)


@door("POST", permission="pipeline.edit")
def sheet_element(request: DoorRequest, opportunity_id: int, element: str) -> HttpResponse:
    """Saves one element as it is typed. A stale save shows both versions and loses nothing."""
    opportunity = opportunity_for(request.scope, opportunity_id)
    access.can_edit(request.scope, opportunity).enforce()
    before = _sheet(request, opportunity)
    view = queries.element_view(before, element)
    saved = _initial(view, before)
    form = _form(view, before, posted(request, saved))
    chose = any(key.startswith(KEEP) for key in request.POST)
    status = 422
    if form.is_valid():
        kept = {key: value for key, value in view.row.facts.items() if FACT + key not in form.fields}
        try:
            actions.save_element(
                opportunity=opportunity,
                element=element,
                values=form.values(kept),
                by=request.scope,
                now=timezone.now(),
                expected_version=form.cleaned_data["version"] or 0,
                flag_code=form.cleaned_data["flag_code"],
                flag_text=form.cleaned_data["flag_text"],
                budget=form.budget(),
            )
        except (NotAllowed, NotVisible):
            raise
        except StaleRecord:
            rows = differences(form, saved)
            form.data["version"] = str(view.row.version)  # type: ignore[index]
            context = {"sheet": before, "view": view, "form": form, "stale": rows, "opportunity": opportunity}
            answer = pages.fragment(request, "qualification/_element.html", context, status=409)
            return retarget(answer, f"#element-{element}")
        except Refusal as refused:
            form.refuse(refused.message, refused.fields)
        else:
            status = 200
    if request.headers.get("HX-Request") != "true" and status == 200:
        return changed(request, opportunity.pk, _("The sheet is saved."))
    after = _sheet(request, opportunity) if status == 200 else before
    view = queries.element_view(after, element)
    context = {
        "sheet": after,
        "view": view,
        "form": form,
        "opportunity": opportunity,
        "saved_at": timezone.now(),
        "chart": _chart(after),
        "stale": {},
    }
    if status == 200 and chose:
        context["form"] = _form(view, after)
        return retarget(pages.fragment(request, "qualification/_element_whole.html", context), f"#element-{element}")
    return pages.fragment(request, "qualification/_element_saved.html", context, status=status)


@door("GET", "POST", permission="pipeline.edit")
def evidence_new(request: DoorRequest, opportunity_id: int, element: str) -> HttpResponse:
    opportunity = opportunity_for(request.scope, opportunity_id)
    access.can_edit(request.scope, opportunity).enforce()
    if element not in ELEMENT_OF:
        raise NotVisible(_("The sheet has no such element."))
    form = EvidenceForm(posted(request, {}), initial={"on_date": timezone.localdate(), "kind": "VISIT"})

    def save() -> None:
        actions.add_evidence(opportunity=opportunity, element=element, by=request.scope, now=timezone.now(), **form.cleaned_data)

    return dialog(
        request, opportunity, form, "qualification/_evidence_form.html", save=save, done=_("The evidence is noted."), route="sheet",
        action=reverse("qualification:evidence_new", args=[opportunity.pk, element]), element=ELEMENT_OF[element],
    )  # fmt: skip


@door("POST", permission="pipeline.edit")
def evidence_remove(request: DoorRequest, evidence_id: int) -> HttpResponse:
    evidence = queries.evidence_for(request.scope, evidence_id)
    opportunity_id = evidence.element.opportunity_id
    actions.remove_evidence(evidence=evidence, by=request.scope, now=timezone.now())
    return changed(request, opportunity_id, _("The evidence was taken away."))


@door("POST", permission="pipeline.edit")
def take_over(request: DoorRequest, opportunity_id: int, element: str) -> HttpResponse:
    """Takes something into the sheet that the system knows already; `key` says which."""
    opportunity = opportunity_for(request.scope, opportunity_id)
    access.can_edit(request.scope, opportunity).enforce()
    view = queries.element_view(_sheet(request, opportunity), element)
    proposal = next((one for one in view.proposals if one.key == request.POST.get("key")), None)
    if proposal is None:
        raise actions.UnableToSaveSheet(_("This is in the sheet already, or it is no longer known. Load the page again."))
    actions.take_over(
        opportunity=opportunity, element=element, text=proposal.text, facts=proposal.facts, reference=proposal.source,
        on_date=proposal.on_date, by=request.scope, now=timezone.now(),
    )  # fmt: skip
    return changed(request, opportunity.pk, _("Taken over into the sheet."))


@door("POST", permission="pipeline.edit")
def ask_all(request: DoorRequest, opportunity_id: int) -> HttpResponse:
    """Every open element brings its question to the next visit."""
    opportunity = opportunity_for(request.scope, opportunity_id)
    access.can_edit(request.scope, opportunity).enforce()
    shown = _sheet(request, opportunity)
    number = actions.ask_all(opportunity=opportunity, questions=shown.to_ask, by=request.scope, now=timezone.now())
    return changed(request, opportunity.pk, _("%(number)s questions are on the list for the next visit.") % {"number": number})


@door("GET", "POST", permission="pipeline.see")
def flag_decide(request: DoorRequest, flag_id: int) -> HttpResponse:
    """What whoever leads decides about a red flag."""
    line = queries.flag_for(request.scope, flag_id)
    opportunity = line.flag.opportunity
    access.can_decide(request.scope, opportunity).enforce()
    form = FlagDecisionForm(posted(request, {}), initial={"decision": "GO_ON"})

    def save() -> None:
        actions.decide_flag(flag=line.flag, by=request.scope, now=timezone.now(), **form.cleaned_data)

    return dialog(
        request, opportunity, form, "qualification/_flag_form.html", save=save, done=_("The decision is noted."), route="sheet",
        action=reverse("qualification:flag_decide", args=[line.flag.pk]), line=line,
    )  # fmt: skip


@door("GET", "POST", permission="pipeline.edit")
def verdict(request: DoorRequest, opportunity_id: int) -> HttpResponse:
    """What a person decides on the proposed verdict."""
    opportunity = opportunity_for(request.scope, opportunity_id)
    access.can_edit(request.scope, opportunity).enforce()
    shown = _sheet(request, opportunity)
    start = {"verdict": shown.judgement.verdict.value, "recheck_date": opportunity.recheck_date}
    form = VerdictForm(posted(request, {}), initial=start)

    def save() -> None:
        actions.decide_verdict(opportunity=opportunity, by=request.scope, now=timezone.now(), **form.cleaned_data)

    return dialog(
        request, opportunity, form, "qualification/_verdict_form.html", save=save, done=_("The decision is noted."), route="sheet",
        action=reverse("qualification:verdict", args=[opportunity.pk]), sheet=shown,
    )  # fmt: skip
