"""Page doors of invitations: the list, inviting, sending again, withdrawing; and the door that the mailed link opens."""

from __future__ import annotations

from allauth.account.internal.flows.login import record_authentication
from allauth.account.utils import perform_login
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from dingke.core import pages
from dingke.core.addresses import client_address
from dingke.core.doors import DoorRequest, door
from dingke.core.errors import Invalid, NotAllowed, Refusal
from dingke.people import actions
from dingke.people.actions import invitations as inviting
from dingke.people.calc import Role
from dingke.people.forms import AcceptForm, InviteForm
from dingke.people.models import Invitation
from dingke.people.queries import invitations as queries
from dingke.people.queries import rights
from dingke.people.views.directory import changed

CHANGED = "dk:invitations-changed"


@door("GET", permission="people.edit")
def invitations(request: DoorRequest) -> HttpResponse:
    """Who was invited by whom, and what became of it."""
    state, cursor = request.GET.get("state", ""), request.GET.get("cursor") or None
    context = {
        "page": queries.invitation_page(request.scope, state=state, now=timezone.now(), cursor=cursor),
        "states": queries.state_choices(),
        "state": state,
        "base": reverse("people:invitations"),
    }
    if cursor and pages.is_fragment(request):
        return pages.fragment(request, "people/_invitation_rows.html", context)
    return pages.page(request, "people/invitations.html", context, partial="people/_invitations.html")


def _changed(request: DoorRequest, message: str, *, kind: str = "success", closes: bool = True) -> HttpResponse:
    return changed(request, message, reverse("people:invitations"), event=CHANGED, kind=kind, closes=closes)


@door("GET", "POST", permission="people.edit")
def invite(request: DoorRequest) -> HttpResponse:
    initial = {"team": request.GET.get("team"), "role": Role.REP, "language": request.LANGUAGE_CODE}
    form = InviteForm(request.POST if request.method == "POST" else None, scope=request.scope, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            invitation = inviting.invite(**form.cleaned_data, by=request.scope, now=timezone.now())
        except NotAllowed:
            raise
        except actions.UnableToSendMail as refused:  # the invitation is kept, and the list says that its mail did not go out
            return _changed(request, refused.message, kind="warning")
        except Refusal as refused:
            form.refuse(refused.message, refused.fields)
        else:
            return _changed(request, _("The invitation is on its way to %(mail)s.") % {"mail": invitation.email})
    context = {"form": form, "roles": rights.role_choices(), "days": settings.INVITATION_DAYS}
    return pages.fragment(request, "people/_invite_form.html", context, status=422 if form.errors else 200)


@door("POST", permission="people.edit")
def send_again(request: DoorRequest, invitation_id: int) -> HttpResponse:
    invitation = queries.invitation_for(request.scope, invitation_id)
    inviting.send_again(invitation=invitation, by=request.scope, now=timezone.now())
    return _changed(request, _("The invitation is on its way to %(mail)s.") % {"mail": invitation.email}, closes=False)


@door("POST", permission="people.edit")
def withdraw(request: DoorRequest, invitation_id: int) -> HttpResponse:
    invitation = queries.invitation_for(request.scope, invitation_id)
    inviting.withdraw(invitation=invitation, by=request.scope, now=timezone.now())
    return _changed(request, _("The invitation to %(mail)s was withdrawn.") % {"mail": invitation.email}, closes=False)


def invited(request: HttpRequest, token: str) -> HttpResponse:
    """What the mailed link opens, without signing in: name and password, then in. A mail scanner that only looks uses nothing up."""
    if request.method not in {"GET", "HEAD", "POST"}:
        return HttpResponseNotAllowed(["GET", "POST"])
    try:
        invitation = inviting.open_invitation(token=token, address=client_address(request), now=timezone.now())
    except Refusal as refused:
        return _answer(request, {"problem": refused.message}, status=refused.status)
    if settings.LANGUAGE_COOKIE_NAME not in request.COOKIES and not request.user.is_authenticated:
        translation.activate(invitation.language)
        request.LANGUAGE_CODE = invitation.language  # type: ignore[attr-defined]
    if request.user.is_authenticated:
        return _answer(request, {"invitation": invitation, "signed_in": request.user})
    form = AcceptForm(request.POST if request.method == "POST" else None, initial={"name": invitation.name}, auto_id="accept_%s")
    if request.method == "POST" and form.is_valid():
        try:
            user = inviting.accept(token=token, now=timezone.now(), **form.cleaned_data)
        except Invalid as refused:
            form.refuse(refused.message, refused.fields)
        except Refusal as refused:
            return _answer(request, {"problem": refused.message}, status=refused.status)
        else:
            record_authentication(request, user, method="password")
            return perform_login(request, user, redirect_url=settings.LOGIN_REDIRECT_URL)
    return _answer(request, {"invitation": invitation, "form": form}, status=422 if form.errors else 200)


def _words(invitation: Invitation, signed_in: str) -> str:
    facts = {"name": signed_in, "mail": invitation.email, "inviter": invitation.invited_by, "role": invitation.get_role_display()}
    if signed_in:
        return _("You are signed in as %(name)s. Sign out first to take up the invitation to %(mail)s, then open the link again.") % facts
    if invitation.invited_by is None:
        return _("You are invited to Dingke as %(role)s. You will sign in with %(mail)s.") % facts
    return _("%(inviter)s invites you to Dingke as %(role)s. You will sign in with %(mail)s.") % facts


def _answer(request: HttpRequest, context: dict[str, object], *, status: int = 200) -> HttpResponse:
    found = context.get("invitation")
    if isinstance(found, Invitation):
        context["words"] = _words(found, str(context.get("signed_in", "")))
    response = render(request, "account/invited.html", context, status=status, using="django")
    response["Cache-Control"] = "no-store"
    return response
