"""Page doors of account security: second factors, where one is signed in, and what an administrator does about them."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from dingke.core import pages
from dingke.core.addresses import client_address
from dingke.core.doors import DoorRequest, door
from dingke.people.actions import second_factor as factor_actions
from dingke.people.actions import sessions as session_actions
from dingke.people.forms import ForcedRolesForm
from dingke.people.middleware import SEEN_KEY
from dingke.people.models import User
from dingke.people.queries import directory, identities, second_factor, sessions, tokens


def _me(request: DoorRequest) -> User:
    return directory.person_for(request.scope, request.scope.me)


@door("GET")
def security(request: DoorRequest) -> HttpResponse:
    """Second factors and sign-ins of the caller. A sign-in from before they were listed is written down now."""
    user, now, key = _me(request), timezone.now(), request.session.session_key or ""
    if request.session.get(SEEN_KEY) is None and key:
        request.session[SEEN_KEY] = now.isoformat()
        agent = request.headers.get("User-Agent", "")
        session_actions.notice_session(user=user, session_key=key, address=client_address(request), user_agent=agent, now=now)
    factors = second_factor.factors_of(user)
    context = {
        "user": user,
        "factors": factors,
        "ways": identities.ways_of(user),
        "sessions": sessions.sessions_of(user, this_key=key, now=now),
    }
    return pages.page(request, "people/security.html", context, partial="people/_security.html")


@door("POST")
def end_session(request: DoorRequest, session_id: int) -> HttpResponse:
    """Signs out on one device: one's own, or anybody's for whoever manages people."""
    session = sessions.session_for(request.scope, session_id)
    mine = session.user_id == request.scope.me
    session_actions.end_session(session=session, by=request.scope, now=timezone.now())
    messages.success(request, _("Signed out there."))
    return pages.go_to(request, reverse("people:security") if mine else reverse("people:person", args=[session.user_id]))


@door("POST")
def end_other_sessions(request: DoorRequest) -> HttpResponse:
    number = session_actions.end_sessions(
        user=_me(request), keep_key=request.session.session_key or "", by=request.scope, now=timezone.now()
    )
    text = ngettext("Signed out in %(number)s other place.", "Signed out in %(number)s other places.", number) % {"number": number}
    messages.success(request, text)
    return pages.go_to(request, reverse("people:security"))


@door("GET", permission="people.edit")
def person_sign_in(request: DoorRequest, user_id: int) -> HttpResponse:
    """A part of a person's page: how the person signs in, where, and with which tokens."""
    user, now = directory.person_for(request.scope, user_id), timezone.now()
    context = {
        "user": user,
        "factors": second_factor.factors_of(user),
        "sessions": sessions.sessions_of(user, this_key=request.session.session_key or "", now=now),
        "rows": tokens.tokens_of(request.scope, user.pk, now=now),
    }
    return pages.fragment(request, "people/_person_sign_in.html", context)


@door("POST", permission="people.edit")
def reset_second_factor(request: DoorRequest, user_id: int) -> HttpResponse:
    user = directory.person_for(request.scope, user_id)
    factor_actions.reset_second_factor(user=user, by=request.scope, now=timezone.now())
    messages.success(request, _("The second factor of %(name)s is gone; the person signs in with the password alone.") % {"name": user})
    return pages.go_to(request, reverse("people:person", args=[user.pk]))


@door("POST", permission="people.edit")
def end_sessions_of(request: DoorRequest, user_id: int) -> HttpResponse:
    """Signs a person out everywhere."""
    user = directory.person_for(request.scope, user_id)
    keep = (request.session.session_key or "") if user.pk == request.scope.me else ""
    session_actions.end_sessions(user=user, keep_key=keep, by=request.scope, now=timezone.now())
    messages.success(request, _("%(name)s is signed out everywhere.") % {"name": user})
    return pages.go_to(request, reverse("people:person", args=[user.pk]))


@door("GET", "POST", permission="people.edit")
def sign_in_rules(request: DoorRequest) -> HttpResponse:
    """Which roles must have a second factor. Every version is kept."""
    states = second_factor.role_states(request.scope)
    form = ForcedRolesForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        factor_actions.set_forced_roles(roles=form.cleaned_data["roles"], by=request.scope, now=timezone.now())
        messages.success(request, _("Saved. It counts from the next click on."))
        return pages.go_to(request, reverse("people:sign_in_rules"))
    context = {"states": states, "form": form}
    return pages.page(request, "people/sign_in_rules.html", context, status=422 if form.errors else 200)
