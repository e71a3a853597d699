"""The map: panel of the account, page, picture; the facts of a map as a whole."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _

from dingke.accounts.queries import account as accounts
from dingke.core import pages, rules
from dingke.core.doors import DoorRequest, door
from dingke.core.errors import Refusal
from dingke.stakeholders import access
from dingke.stakeholders.actions import centre as actions
from dingke.stakeholders.actions import people as people_actions
from dingke.stakeholders.calc.chain import TEMPLATES
from dingke.stakeholders.calc.gaps import MapRules
from dingke.stakeholders.calc.layout import CARD_HEIGHT, CARD_WIDTH, SHEET
from dingke.stakeholders.calc.support import GUIDES
from dingke.stakeholders.forms.centre import FrameForm, RulesForm
from dingke.stakeholders.models import BuyingCentre
from dingke.stakeholders.queries import centre as centres
from dingke.stakeholders.queries import judgement
from dingke.stakeholders.queries import map as queries
from dingke.stakeholders.views.answers import changed, dialog


def _context(request: DoorRequest, centre: BuyingCentre) -> dict[str, Any]:
    view = queries.map_of(request.scope, centre, today=timezone.localdate())
    return {
        "map": view,
        "centre": centre,
        "account": centre.account,
        "sheet": SHEET,
        "card_width": CARD_WIDTH,
        "card_height": CARD_HEIGHT,
        "legend": [(guide.attitude.value, queries.said(guide.label), queries.said(guide.reaction)) for guide in GUIDES],
    }


@door("GET")
def account_panel(request: DoorRequest, account_id: int) -> HttpResponse:
    """The standing map as a part of the page of the account, or how to begin one."""
    account = accounts.account_for(request.scope, account_id)
    hidden = access.can_see_people(request.scope, account)
    centre = centres.standing_of(request.scope, account) if hidden else None
    context: dict[str, Any] = {
        "account": account,
        "hidden": hidden.reason,
        "can_edit": access.can_edit(request.scope, account),
        "centre": None,
        "maps": centres.maps_of(request.scope, account) if hidden else [],
        "needs": judgement.needs_of(request.scope, account) if hidden else [],
        "title_of": queries.title_of,
    }
    if centre is not None:
        context |= _context(request, centre)
    return pages.fragment(request, "stakeholders/_panel.html", context)


@door("POST")
def open_map(request: DoorRequest, account_id: int) -> HttpResponse:
    """Opens the standing map with everybody who is known at the account."""
    account = accounts.account_for(request.scope, account_id)
    access.can_see_people(request.scope, account).enforce()
    now = timezone.now()
    centre = actions.open_standing_centre(account=account, by=request.scope, now=now)
    added = people_actions.add_known_people(centre=centre, by=request.scope, now=now)
    messages.success(request, _("The map is open, with %(number)s people to begin with. Correct roles and weights.") % {"number": added})
    return pages.go_to(request, reverse("stakeholders:map", args=[centre.pk]))


@door("GET")
def map_page(request: DoorRequest, centre_id: int) -> HttpResponse:
    centre = centres.centre_for(request.scope, centre_id)
    influences, advice = judgement.influences_of(centre)
    context = {
        **_context(request, centre),
        "title_of": queries.title_of,
        "buying": queries.buying_of(centre),
        "comparison": judgement.comparison_of(centre),
        "influences": influences,
        "price_advice": advice,
        "templates": [(one.code, queries.said(one.label)) for one in TEMPLATES],
        "may_edit_rules": request.scope.can("settings.edit"),
    }
    return pages.page(request, "stakeholders/map.html", context, partial="stakeholders/_map.html")


@door("GET")
def picture(request: DoorRequest, centre_id: int) -> HttpResponse:
    """The drawing as a file that stands alone."""
    centre = centres.centre_for(request.scope, centre_id)
    context = _context(request, centre)
    answer = HttpResponse(pages.render("stakeholders/picture.html", context, request), content_type="image/svg+xml")
    name = f"{centre.account.shown_name}-{context['map'].title}.svg"
    answer["Content-Disposition"] = content_disposition_header(True, name) or ""
    return answer


@door("GET", "POST")
def edit(request: DoorRequest, centre_id: int) -> HttpResponse:
    centre = centres.centre_for(request.scope, centre_id)
    access.can_edit_map(request.scope, centre).enforce()
    initial = {name: getattr(centre, name) for name in ("structure", "company_size", "process_note", "version")}
    form = FrameForm(request.POST if request.method == "POST" else None, initial=initial)
    buying = queries.buying_of(centre)
    note = (
        _("Size tier of the account: %(tier)s") % {"tier": buying.tier} if buying.tier else _("The size tier of the account is not known.")
    )
    return dialog(
        request,
        form=form,
        save=lambda values, version: actions.edit_centre(
            centre=centre, values=values, by=request.scope, now=timezone.now(), expected_version=version
        ),
        said=_("Saved."),
        account_id=centre.account_id,
        context={"title": _("How this customer is organised and buys"), "sub": note},
        fresh_version=lambda: centres.centre_for(request.scope, centre_id).version,
    )


@door("POST")
def lay_out(request: DoorRequest, centre_id: int) -> HttpResponse:
    centre = centres.centre_for(request.scope, centre_id)
    people_actions.lay_out_anew(centre=centre, by=request.scope, now=timezone.now())
    return changed(
        request, centre.account_id, _("Everybody stands by rank and line again."), back=reverse("stakeholders:map", args=[centre_id])
    )


@door("GET", "POST", permission="settings.edit")
def map_rules(request: DoorRequest) -> HttpResponse:
    """From how many days on silence is a gap."""
    in_force = queries.map_rules()
    initial = {"quiet_days": in_force.quiet_days, "thread_days": in_force.thread_days}
    form = RulesForm(request.POST if request.method == "POST" else None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            rules.store(key=queries.RULES, kind=MapRules, values=form.values(), by=request.scope, now=timezone.now())
        except Refusal as refused:
            form.refuse(refused.message, refused.fields)
        else:
            messages.success(request, _("Saved."))
            return pages.go_to(request, reverse("stakeholders:rules"))
    return pages.page(request, "stakeholders/rules.html", {"form": form}, status=422 if request.method == "POST" else 200)
