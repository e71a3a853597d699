"""Page doors of the territories. Placing accounts in them is a panel of the accounts domain."""

from __future__ import annotations

from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from dingke.core import pages
from dingke.core.doors import DoorRequest, door
from dingke.core.errors import NotAllowed, Refusal
from dingke.people import actions
from dingke.people.forms import TerritoryForm
from dingke.people.models import Territory
from dingke.people.queries import territories as queries
from dingke.people.views.directory import changed

CHANGED = "dk:territories-changed"


def _changed(request: DoorRequest, message: str, *, closes: bool = True) -> HttpResponse:
    return changed(request, message, reverse("people:territories"), event=CHANGED, closes=closes)


@door("GET", permission="people.edit")
def territories(request: DoorRequest) -> HttpResponse:
    current, archived = queries.territory_rows(request.scope)
    return pages.page(request, "people/territories.html", {"rows": current, "archived": archived}, partial="people/_territories.html")


def _dialog(request: DoorRequest, territory: Territory | None) -> HttpResponse:
    form = TerritoryForm(request.POST if request.method == "POST" else None, scope=request.scope, territory=territory)
    if request.method == "POST" and form.is_valid():
        facts, by, now = form.cleaned_data, request.scope, timezone.now()
        try:
            if territory is None:
                territory = actions.add_territory(**facts, by=by, now=now)
            else:
                territory = actions.edit_territory(territory=territory, **facts, by=by, now=now)
        except NotAllowed:
            raise
        except Refusal as refused:
            form.refuse(refused.message, refused.fields)
        else:
            return _changed(request, _("Saved: %(name)s.") % {"name": territory})
    return pages.fragment(
        request, "people/_territory_form.html", {"form": form, "territory": territory}, status=422 if form.errors else 200
    )


@door("GET", "POST", permission="people.edit")
def add_territory(request: DoorRequest) -> HttpResponse:
    return _dialog(request, None)


@door("GET", "POST", permission="people.edit")
def edit_territory(request: DoorRequest, territory_id: int) -> HttpResponse:
    return _dialog(request, queries.territory_for(request.scope, territory_id))


@door("POST", permission="people.edit")
def archive_territory(request: DoorRequest, territory_id: int) -> HttpResponse:
    territory = actions.archive_territory(
        territory=queries.territory_for(request.scope, territory_id), by=request.scope, now=timezone.now()
    )
    return _changed(request, _("The territory %(name)s was archived; its accounts are placed anew.") % {"name": territory}, closes=False)


@door("POST", permission="people.edit")
def restore_territory(request: DoorRequest, territory_id: int) -> HttpResponse:
    territory = actions.restore_territory(
        territory=queries.territory_for(request.scope, territory_id), by=request.scope, now=timezone.now()
    )
    return _changed(request, _("The territory %(name)s is back; accounts are placed anew.") % {"name": territory}, closes=False)
