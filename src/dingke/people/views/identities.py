"""Doors of single sign-on: whom an identity from elsewhere signs in, connecting one to oneself, letting it go."""

from __future__ import annotations

import time
from typing import Any

from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialLogin
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from dingke.core import pages
from dingke.core.doors import DoorRequest, door
from dingke.core.errors import Refusal, trace_id
from dingke.people.actions import identities as actions
from dingke.people.queries import identities as queries

CONNECT_KEY = "dingke_connect_until"
CONNECT_SECONDS = 600


class IdentityAdapter(DefaultSocialAccountAdapter):
    """What happens when somebody comes back from another place that says who it is."""

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        if sociallogin.state.get("process") == "connect":
            # only who pressed "Connect" a moment ago: an address that another site makes a browser open connects nothing
            if request.session.pop(CONNECT_KEY, 0) < time.time():
                raise _refused(request, _("This took too long. Press Connect under Account security again."))
            return
        if sociallogin.is_existing:
            return
        emails = [address.email for address in sociallogin.email_addresses if address.verified]
        data = sociallogin.account.get_provider().extract_common_fields(sociallogin.account.extra_data)
        try:
            user = actions.person_for_identity(
                emails=emails, name=data.get("name") or "", create_role=settings.SSO_CREATE_ROLE, now=timezone.now()
            )
        except Refusal as error:
            raise _refused(request, error.message) from error
        sociallogin.connect(request, user)

    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        return False

    def on_authentication_error(
        self, request: HttpRequest, provider: Any, error: Any = None, exception: Any = None, extra_context: Any = None
    ) -> None:
        raise _refused(request, _("The other side did not say who you are. Please try again, or sign in with your password."))

    def get_connect_redirect_url(self, request: HttpRequest, socialaccount: Any) -> str:
        return reverse("people:security")


def refused(request: HttpRequest, message: str, *, status: int = 403) -> HttpResponse:
    """A page that says why somebody was not signed in."""
    context = {"status": status, "title": _("Signing in did not work"), "message": message, "trace": trace_id.get()}
    return pages.page(request, "core/error.html", context, status=status)


def _refused(request: HttpRequest, message: str) -> ImmediateHttpResponse:
    return ImmediateHttpResponse(refused(request, message))


@door("POST")
def connect(request: DoorRequest, provider: str) -> HttpResponse:
    """Sends the browser to the other side, to come back connected."""
    way = queries.way_for(provider)
    request.session[CONNECT_KEY] = time.time() + CONNECT_SECONDS
    return pages.go_to(request, way.address(process="connect"))


@door("POST")
def disconnect(request: DoorRequest, identity_id: int) -> HttpResponse:
    identity = queries.identity_for(request.scope, identity_id)
    actions.disconnect_identity(identity=identity, by=request.scope, now=timezone.now())
    messages.success(request, _("Disconnected."))
    return pages.go_to(request, reverse("people:security"))
