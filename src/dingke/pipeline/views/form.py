"""Beginning and editing a deal."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from dingke.core import pages
from dingke.core.doors import DoorRequest, door
from dingke.core.errors import NotAllowed, NotVisible, Refusal, StaleRecord
from dingke.core.stale import differences
from dingke.pipeline import access
from dingke.pipeline.actions import opportunity as actions
from dingke.pipeline.forms.opportunity import OpportunityForm, initial_of
from dingke.pipeline.models import Opportunity
from dingke.pipeline.queries.form import pickers
from dingke.pipeline.queries.opportunity import opportunity_for
from dingke.pipeline.queries.playbooks import version_for_family
from dingke.pipeline.views.answers import posted


def _page(request: DoorRequest, form: OpportunityForm, deal: Opportunity | None, *, status: int = 200, **more: Any) -> HttpResponse:
    context = {"form": form, "deal": deal, "families": form.pickers.families, "stale": [], "version": deal.version if deal else "", **more}
    return pages.page(request, "pipeline/form.html", context, status=status)


@door("GET", "POST", permission="pipeline.edit")
def new(request: DoorRequest) -> HttpResponse:
    """`account`, `family` and `name` may come with the address; the family chooses the playbook (F-06)."""
    offered = pickers(request.scope)
    family = request.GET.get("family", "")
    usual = version_for_family(family)
    initial = {
        "account": request.GET.get("account", ""), "product_family": family, "name": request.GET.get("name", "")[:200],
        "playbook": request.GET.get("playbook", "") or (usual.pk if usual else ""),
    }  # fmt: skip
    hides = request.scope.hides("amount")
    form = OpportunityForm(request.POST if request.method == "POST" else None, pickers=offered, initial=initial, hides_amount=hides)
    if request.method != "POST":
        return _page(request, form, None)
    if form.is_valid():
        try:
            deal = actions.create_opportunity(
                values=form.values(), playbook_version=form.cleaned_data["playbook"], owner=form.cleaned_data["owner"], by=request.scope,
                now=timezone.now(), today=timezone.localdate(),
            )  # fmt: skip
        except NotAllowed:
            raise
        except Refusal as refused:
            form.refuse(refused.message, refused.fields)
        else:
            messages.success(request, _("%(name)s was begun.") % {"name": deal.name})
            return pages.go_to(request, reverse("pipeline:deal", args=[deal.pk]))
    return _page(request, form, None, status=422)


@door("GET", "POST", permission="pipeline.see")
def edit(request: DoorRequest, opportunity_id: int) -> HttpResponse:
    deal = opportunity_for(request.scope, opportunity_id)
    access.can_edit(request.scope, deal).enforce()
    saved = initial_of(deal)
    form = OpportunityForm(
        posted(request, saved), pickers=pickers(request.scope, deal), deal=deal, hides_amount=request.scope.hides("amount")
    )
    if request.method != "POST":
        return _page(request, form, deal)
    version = request.POST.get("version", "")
    if not form.is_valid():
        return _page(request, form, deal, status=422, version=version)
    try:
        actions.edit_opportunity(
            opportunity=deal, values=form.values(), by=request.scope, now=timezone.now(), today=timezone.localdate(),
            expected_version=int(version) if version.isdigit() else 0,
        )  # fmt: skip
    except StaleRecord:
        return _page(request, form, deal, status=409, stale=differences(form, saved))
    except (NotAllowed, NotVisible):
        raise
    except Refusal as refused:
        form.refuse(refused.message, refused.fields)
        return _page(request, form, deal, status=422, version=version)
    messages.success(request, _("Saved."))
    return pages.go_to(request, reverse("pipeline:deal", args=[deal.pk]))
