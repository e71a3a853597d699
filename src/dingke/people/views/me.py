"""Page doors for everybody: the own profile, and the table of who may do what."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from dingke.core import pages
from dingke.core.doors import DoorRequest, door
from dingke.core.errors import Refusal
from dingke.people import actions
from dingke.people.forms import MeForm
from dingke.people.queries import directory as queries
from dingke.people.queries import rights as rights_queries
from dingke.people.queries import rights_both_ways as both_ways
from dingke.people.queries.directory_source import why_owned


@door("GET", "POST")
def me(request: DoorRequest) -> HttpResponse:
    """Name and mobile, language and theme, and what one sees and why."""
    user = queries.person_for(request.scope, request.scope.me)
    form = MeForm(request.POST if request.method == "POST" else None, user=user, auto_id="me_%s")
    if request.method == "POST" and form.is_valid():
        try:
            actions.edit_me(name=form.cleaned_data["name"], phone=form.cleaned_data["phone"], by=request.scope, now=timezone.now())
        except Refusal as refused:
            form.refuse(refused.message, refused.fields)
        else:
            messages.success(request, _("Saved."))
            return pages.go_to(request, reverse("people:me"))
    context = {"user": user, "profile": queries.profile(request.scope, user), "form": form, "why_owned": why_owned()}
    return pages.page(request, "people/me.html", context, status=422 if form.errors else 200)


@door("GET")
def rights(request: DoorRequest) -> HttpResponse:
    """Which role may do what and sees what, read both ways: no secret, so that everybody knows whom to ask."""
    view, text = request.GET.get("view", "role"), " ".join(request.GET.get("text", "").split())[:80]
    context: dict[str, object] = {"base": reverse("people:rights"), "view": view, "text": text, "roles": rights_queries.role_choices()}
    if view == "who":
        context["lines"] = both_ways.who_may(request.scope, text=text)
    elif view == "table":
        context["table"] = rights_queries.rights_table()
    else:
        context |= {"view": "role", "sheet": both_ways.role_sheet(request.scope, request.GET.get("role", ""), text=text)}
    return pages.page(request, "people/rights.html", context, partial="people/_rights.html")
