"""Page doors of the team tree."""

from __future__ import annotations

from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from dingke.core import pages
from dingke.core.doors import DoorRequest, door
from dingke.core.errors import NotAllowed, Refusal
from dingke.people import actions
from dingke.people.forms import MembersForm, MoveTeamForm, TeamForm
from dingke.people.models import Team
from dingke.people.queries import moves
from dingke.people.queries import teams as queries
from dingke.people.views.directory import changed

CHANGED = "dk:teams-changed"


def _address(team: Team | None) -> str:
    return reverse("people:teams") + (f"?{urlencode({'team': team.pk})}" if team else "")


def _changed(request: DoorRequest, message: str, team: Team | None, *, closes: bool = True) -> HttpResponse:
    return changed(request, message, _address(team), event=CHANGED, closes=closes)


@door("GET", permission="people.edit")
def teams(request: DoorRequest) -> HttpResponse:
    """The tree, and the team that is looked at."""
    number = request.GET.get("team", "")
    board = queries.board(request.scope, team_id=int(number) if number.isascii() and number.isdigit() and len(number) < 18 else None)
    return pages.page(request, "people/teams.html", {"board": board}, partial="people/_teams.html")


@door("GET", "POST", permission="people.edit")
def add_team(request: DoorRequest) -> HttpResponse:
    form = TeamForm(request.POST if request.method == "POST" else None, scope=request.scope, initial={"parent": request.GET.get("parent")})
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            team = actions.add_team(
                name=given["name"], parent=given["parent"], leaders=given["leaders"], by=request.scope, now=timezone.now()
            )
        except NotAllowed:
            raise
        except Refusal as refused:
            form.refuse(refused.message, refused.fields)
        else:
            return _changed(request, _("The team %(name)s is there.") % {"name": team}, team)
    return pages.fragment(request, "people/_team_form.html", {"form": form, "team": None}, status=422 if form.errors else 200)


@door("GET", "POST", permission="people.edit")
def edit_team(request: DoorRequest, team_id: int) -> HttpResponse:
    """Renames a team and sets who leads it."""
    team = queries.team_for(request.scope, team_id)
    form = TeamForm(request.POST if request.method == "POST" else None, scope=request.scope, team=team)
    if request.method == "POST" and form.is_valid():
        try:
            actions.edit_team(
                team=team, name=form.cleaned_data["name"], leaders=form.cleaned_data["leaders"], by=request.scope, now=timezone.now()
            )
        except NotAllowed:
            raise
        except Refusal as refused:
            form.refuse(refused.message, refused.fields)
        else:
            return _changed(request, _("Saved: %(name)s.") % {"name": team}, team)
    return pages.fragment(request, "people/_team_form.html", {"form": form, "team": team}, status=422 if form.errors else 200)


@door("GET", "POST", permission="people.edit")
def move_team(request: DoorRequest, team_id: int) -> HttpResponse:
    """First what it changes, for the place that is chosen; then the deed. Dragging in the tree opens this with the place chosen."""
    team = queries.team_for(request.scope, team_id)
    data = request.POST if request.method == "POST" else {"parent": request.GET["parent"]} if "parent" in request.GET else None
    form = MoveTeamForm(data, scope=request.scope, team=team)
    if request.method == "POST" and form.is_valid():
        try:
            team = actions.move_team(team=team, parent=form.cleaned_data["parent"], by=request.scope, now=timezone.now())
        except NotAllowed:
            raise
        except Refusal as refused:
            form.refuse(refused.message, refused.fields)
        else:
            return _changed(request, _("%(name)s was moved with everything below it.") % {"name": team}, team)
    context: dict[str, object] = {"form": form, "team": team, "effect": None, "problem": ""}
    if data is not None and form.is_valid():
        place = form.cleaned_data["parent"]
        if (place.pk if place else None) != team.parent_id:
            context |= {"effect": moves.effect_of_move(request.scope, team=team, parent=place), "place": place}
    if request.method == "GET" and request.GET.get("part") == "effect":
        return pages.fragment(request, "people/_team_move_effect.html", context)
    return pages.fragment(request, "people/_team_move.html", context, status=422 if request.method == "POST" and form.errors else 200)


@door("GET", "POST", permission="people.edit")
def move_members(request: DoorRequest, team_id: int) -> HttpResponse:
    """Brings people into a team."""
    team = queries.team_for(request.scope, team_id)
    form = MembersForm(request.POST if request.method == "POST" else None, scope=request.scope)
    if request.method == "POST" and form.is_valid():
        try:
            number = actions.move_members(users=form.cleaned_data["users"], team=team, by=request.scope, now=timezone.now())
        except NotAllowed:
            raise
        except Refusal as refused:
            form.refuse(refused.message, refused.fields)
        else:
            message = ngettext("%(number)s person is in %(team)s now.", "%(number)s people are in %(team)s now.", number) % {
                "number": number,
                "team": team,
            }
            return _changed(request, message, team)
    return pages.fragment(request, "people/_team_members.html", {"form": form, "team": team}, status=422 if form.errors else 200)


@door("POST", permission="people.edit")
def archive_team(request: DoorRequest, team_id: int) -> HttpResponse:
    team = actions.archive_team(team=queries.team_for(request.scope, team_id), by=request.scope, now=timezone.now())
    return _changed(
        request, _("The team %(name)s was archived. It can be brought back below the tree.") % {"name": team}, team.parent, closes=False
    )


@door("POST", permission="people.edit")
def restore_team(request: DoorRequest, team_id: int) -> HttpResponse:
    team = actions.restore_team(team=queries.team_for(request.scope, team_id), by=request.scope, now=timezone.now())
    return _changed(request, _("The team %(name)s is back.") % {"name": team}, team, closes=False)
