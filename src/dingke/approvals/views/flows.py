"""Page doors of the designer: the list of flows, one flow with its draft, its steps, trying it out, publishing it."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from dingke.approvals.actions import flows as actions
from dingke.approvals.forms import FlowForm, StepForm, TryOutForm
from dingke.approvals.queries import flows as queries
from dingke.core import lists, pages
from dingke.core.doors import DoorRequest, door
from dingke.core.errors import NotAllowed, NotVisible, Refusal
from dingke.people import queries as people
from dingke.people.models import ROLE_LABELS

EDIT = "settings.edit"
CHANGED = "dk:flow-changed"


@door("GET", permission=EDIT)
def flows(request: DoorRequest) -> HttpResponse:
    """Every kind of request with the steps that are in force."""
    return pages.page(request, "approvals/flows.html", {"rows": queries.overview(request.scope)})


@door("GET", permission=EDIT)
def flow(request: DoorRequest, flow_kind: str) -> HttpResponse:
    """The designer of one kind: steps, settings, try-out, versions. Asked for a part it answers the steps alone."""
    found = queries.designer(request.scope, flow_kind)
    context: dict[str, Any] = {"found": found}
    if pages.is_fragment(request):
        return pages.fragment(request, "approvals/_steps.html", context)
    context |= {
        "form": FlowForm(initial=FlowForm.initial_of(found.shown), users=people.colleagues(request.scope)),
        "try_form": _try_form(request, found.kind, initial={"asker": request.scope.me}),
    }
    return pages.page(request, "approvals/flow.html", context)


@door("GET", "POST", permission=EDIT)
def edit_step(request: DoorRequest, flow_kind: str, place: int) -> HttpResponse:
    """The dialog of one step; a place past the last step is a new one."""
    kind, shown = queries.kind_for(flow_kind), queries.shown_flow(flow_kind)
    is_new = place >= len(shown.steps)
    initial = {"mode": "ANY", "asker_level": 1, "owner_level": 1} if is_new else StepForm.initial_of(shown.steps[place])
    form = StepForm(
        request.POST if request.method == "POST" else None, initial=initial, kind=kind, users=people.colleagues(request.scope),
        roles=[(role.value, str(label)) for role, label in ROLE_LABELS.items()], regions=_regions(),
    )  # fmt: skip
    if request.method == "POST" and form.is_valid():
        try:
            actions.save_step(kind=flow_kind, step=form.step(), place=None if is_new else place, by=request.scope, now=timezone.now())
        except NotAllowed:
            raise
        except Refusal as refusal:
            form.add_error(None, refusal.message)
        else:
            return _changed(request, flow_kind)
    context = {"form": form, "flow_kind": flow_kind, "place": place, "is_new": is_new, "kind": kind}
    return pages.fragment(request, "approvals/_step_dialog.html", context, status=422 if form.errors else 200)


@door("POST", permission=EDIT)
def remove_step(request: DoorRequest, flow_kind: str, place: int) -> HttpResponse:
    actions.remove_step(kind=flow_kind, place=place, by=request.scope, now=timezone.now())
    return _changed(request, flow_kind)


@door("POST", permission=EDIT)
def order_steps(request: DoorRequest, flow_kind: str) -> HttpResponse:
    """The steps in a new order: `order` holds the old places, from a drag or from the buttons that move a step."""
    order = [int(part) for part in request.POST.get("order", "").split(",") if part.strip().isdigit() and len(part) < 4]
    actions.order_steps(kind=flow_kind, order=order, by=request.scope, now=timezone.now())
    return _changed(request, flow_kind)


@door("POST", permission=EDIT)
def set_flow(request: DoorRequest, flow_kind: str) -> HttpResponse:
    queries.kind_for(flow_kind)
    form = FlowForm(request.POST, users=people.colleagues(request.scope))
    if not form.is_valid():
        context = {"found": queries.designer(request.scope, flow_kind), "form": form}
        return pages.fragment(request, "approvals/_flow_settings.html", context, status=422)
    actions.set_flow(kind=flow_kind, **form.values(), by=request.scope, now=timezone.now())
    return _changed(request, flow_kind)


@door("GET", permission=EDIT)
def try_out(request: DoorRequest, flow_kind: str) -> HttpResponse:
    """With this asker and this amount these people decide. Nothing is written."""
    kind = queries.kind_for(flow_kind)
    form = _try_form(request, kind, data=request.GET)
    tried = queries.try_out(request.scope, flow_kind, form.facts()) if form.is_valid() else None
    return pages.fragment(request, "approvals/_tried.html", {"tried": tried, "form": form}, status=200 if tried else 422)


@door("POST", permission=EDIT)
def publish(request: DoorRequest, flow_kind: str) -> HttpResponse:
    try:
        row = actions.publish_flow(kind=flow_kind, note=request.POST.get("note", ""), by=request.scope, now=timezone.now())
    except (NotAllowed, NotVisible):
        raise
    except Refusal as refusal:
        messages.error(request, refusal.message)
    else:
        said = _("Version %(number)s is in force for every request from now on.")
        messages.success(request, said % {"number": row.number})
    return pages.go_to(request, reverse("approvals:flow", args=[flow_kind]))


@door("POST", permission=EDIT)
def discard(request: DoorRequest, flow_kind: str) -> HttpResponse:
    queries.kind_for(flow_kind)
    actions.discard_draft(kind=flow_kind, by=request.scope, now=timezone.now())
    messages.success(request, _("The draft was put away."))
    return pages.go_to(request, reverse("approvals:flow", args=[flow_kind]))


def _regions() -> list[tuple[str, str]]:
    return [(item.code, item.label) for item in lists.items("regions")]


def _try_form(request: DoorRequest, kind: Any, *, data: Any = None, initial: Any = None) -> TryOutForm:
    return TryOutForm(data, initial=initial, kind=kind, users=people.colleagues(request.scope), regions=_regions())


def _changed(request: DoorRequest, flow_kind: str) -> HttpResponse:
    """After a change of the draft: the dialog closes and the steps come anew; without HTMX the page is opened again."""
    if request.headers.get("HX-Request") != "true":
        return pages.go_to(request, reverse("approvals:flow", args=[flow_kind]))
    return pages.trigger(HttpResponse(status=204), CHANGED)
