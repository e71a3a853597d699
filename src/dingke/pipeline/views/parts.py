"""Product lines and rivals of a deal."""

from __future__ import annotations

from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from dingke.core import lists
from dingke.core.doors import DoorRequest, door
from dingke.pipeline import access
from dingke.pipeline.actions import parts
from dingke.pipeline.forms.doing import LineForm, RivalForm
from dingke.pipeline.models import Opportunity
from dingke.pipeline.queries import deal as reads
from dingke.pipeline.queries.form import competitor_names, products
from dingke.pipeline.queries.opportunity import opportunity_for
from dingke.pipeline.views.answers import changed, dialog, posted


def _mine(request: DoorRequest, opportunity_id: int) -> Opportunity:
    deal = opportunity_for(request.scope, opportunity_id)
    access.can_edit(request.scope, deal).enforce()
    return deal


@door("GET", "POST", permission="pipeline.see")
def line_new(request: DoorRequest, opportunity_id: int) -> HttpResponse:
    deal = _mine(request, opportunity_id)
    form = LineForm(posted(request), products=products(), hides_amount=request.scope.hides("amount"))

    def save() -> object:
        given = form.cleaned_data
        return parts.add_line(
            opportunity=deal, product=given["product"], quantity=given["quantity"], unit_price=given.get("unit_price"), by=request.scope,
            now=timezone.now(),
        )  # fmt: skip

    return dialog(request, deal, form, title=_("Add a product"), save=save, done=_("The product was added."))


@door("POST", permission="pipeline.see")
def line_remove(request: DoorRequest, opportunity_id: int, deal_line_id: int) -> HttpResponse:
    deal = _mine(request, opportunity_id)
    parts.remove_line(line=reads.line_for(deal, deal_line_id), by=request.scope, now=timezone.now())
    return changed(request, deal.pk, _("The product was taken off."))


@door("POST", permission="pipeline.see")
def lines_amount(request: DoorRequest, opportunity_id: int) -> HttpResponse:
    """The amount of the deal from its lines."""
    deal = _mine(request, opportunity_id)
    parts.take_amount_from_lines(opportunity=deal, by=request.scope, now=timezone.now())
    return changed(request, deal.pk, _("The amount is the sum of the products now."))


@door("GET", "POST", permission="pipeline.see")
def rival_new(request: DoorRequest, opportunity_id: int) -> HttpResponse:
    deal = _mine(request, opportunity_id)
    form = RivalForm(posted(request), sources=lists.items("info_sources"), is_known=False, hides_amount=request.scope.hides("amount"))

    def save() -> object:
        values = {name: value for name, value in form.cleaned_data.items() if name not in {"competitor_name", "version"}}
        return parts.add_competitor(
            opportunity=deal, competitor_name=form.cleaned_data["competitor_name"], values=values, by=request.scope, now=timezone.now(),
            today=timezone.localdate(),
        )  # fmt: skip

    return dialog(request, deal, form, title=_("A rival in this deal"), save=save, done=_("Noted."), rivals=competitor_names())


@door("GET", "POST", permission="pipeline.see")
def rival_edit(request: DoorRequest, opportunity_id: int, deal_rival_id: int) -> HttpResponse:
    deal = _mine(request, opportunity_id)
    rival = reads.rival_for(deal, deal_rival_id)
    names = ["strength", "weakness", "counter", "price", "recognition", "version"]
    saved = {**{name: getattr(rival, name) for name in names}, "source": rival.source_id}
    form = RivalForm(
        posted(request, saved),
        initial=saved,
        sources=lists.items("info_sources"),
        is_known=True,
        hides_amount=request.scope.hides("amount"),
    )

    def save() -> object:
        values = {name: value for name, value in form.cleaned_data.items() if name != "version"}
        return parts.edit_competitor(
            rival=rival, values=values, by=request.scope, now=timezone.now(), today=timezone.localdate(),
            expected_version=form.cleaned_data["version"],
        )  # fmt: skip

    return dialog(request, deal, form, title=rival.competitor.name, save=save, done=_("Saved."), saved=saved)


@door("POST", permission="pipeline.see")
def rival_remove(request: DoorRequest, opportunity_id: int, deal_rival_id: int) -> HttpResponse:
    deal = _mine(request, opportunity_id)
    parts.archive_competitor(rival=reads.rival_for(deal, deal_rival_id), by=request.scope, now=timezone.now())
    return changed(request, deal.pk, _("The rival was taken off the deal."))
