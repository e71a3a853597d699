"""Doors of SAML: to the company's server and back. allauth signs the person in; its own doors for SAML are not open here.

They take what the server sends without looking whether it was used before, know one certificate only, and open a way by
which any site could sign people out.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from allauth.account.adapter import get_adapter as account_adapter
from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.helpers import complete_social_login
from allauth.socialaccount.providers.saml.provider import SAMLProvider
from allauth.socialaccount.sessions import LoginSession
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe
from onelogin.saml2.auth import OneLogin_Saml2_Auth

from dingke.core.addresses import client_address
from dingke.core.errors import Refusal
from dingke.people.actions import limits
from dingke.people.actions import saml as actions
from dingke.people.queries import saml as queries
from dingke.people.views.identities import refused

ANSWERS_PER_MINUTE = 600  # from one address: a whole office may come from one
WAITING_SECONDS = 600


def _root(request: HttpRequest) -> str:
    return f"{request.scheme}://{request.get_host()}"


class CompanySaml(SAMLProvider):
    """The company's server, as allauth sees it; what it says comes as `Heard`."""

    def get_login_url(self, request: HttpRequest, **query: Any) -> str:
        return reverse("saml:login")

    def extract_uid(self, data: actions.Heard) -> str:
        return data.uid

    def extract_extra_data(self, data: actions.Heard) -> dict[str, str]:
        return {"email": data.mail, "name": data.name}

    def extract_common_fields(self, data: actions.Heard | dict[str, str]) -> dict[str, Any]:
        """Of what was heard, or of what is kept of it. The company's own directory says whose address it is."""
        kept = data if isinstance(data, dict) else self.extract_extra_data(data)
        return {**kept, "email_verified": True}

    def redirect(self, request: HttpRequest, process: str, next_url: str | None = None, data: Any = None, **more: Any) -> HttpResponse:
        described = queries.toolkit_settings(root=_root(request), now=timezone.now())
        asking = OneLogin_Saml2_Auth({"http_host": request.get_host(), "script_name": "", "get_data": {}, "post_data": {}}, described)
        address = asking.login(return_to="")
        self.stash_redirect_state(request, process, next_url, data, state_id=asking.get_last_request_id(), **more)
        return HttpResponseRedirect(address)


def _provider(request: HttpRequest) -> CompanySaml:
    provider: CompanySaml = get_adapter().get_provider(request, "saml")
    return provider


def _waiting(request: HttpRequest) -> LoginSession:
    """Where an answer waits until the browser comes with its own cookies: it does not send them with what another site posts."""
    return LoginSession(request, "dingke_saml", "dingke_saml")


@require_safe
@never_cache
def login(request: HttpRequest) -> HttpResponse:
    """Sends the browser to the company's server. Open to everybody."""
    queries.ensure_offered()
    return _provider(request).redirect_from_request(request)  # type: ignore[no-any-return]


@csrf_exempt  # the company's server makes the browser post here
@require_POST
@never_cache
def answer(request: HttpRequest) -> HttpResponse:
    """Takes what the company's server says and lets the browser ask again with its own cookies. Open to everybody."""
    queries.ensure_offered()
    if limits.count_request(limits={f"saml:{client_address(request)}": ANSWERS_PER_MINUTE}, now=timezone.now()):
        return refused(request, _("Too many requests. Please try again in a minute."), status=429)
    said = request.POST.get("SAMLResponse", "")
    if not said or len(said) > actions.LONGEST_ANSWER:
        return refused(request, _("The other side did not say who you are. Please try again, or sign in with your password."))
    response = HttpResponse(status=303)
    response["Location"] = response.url = reverse("saml:finish")  # type: ignore[attr-defined]
    waiting = _waiting(request)
    waiting.store.update({"answer": said, "relay": request.POST.get("RelayState", "")[:500]})
    waiting.store.set_expiry(WAITING_SECONDS)
    waiting.save(response)
    return response


@require_safe
@never_cache
def finish(request: HttpRequest) -> HttpResponse:
    """Hears the answer and signs in whom it names. Open to everybody."""
    queries.ensure_offered()
    waiting = _waiting(request)
    said, relay = waiting.store.get("answer", ""), waiting.store.get("relay", "")
    waiting.delete()
    if not said:
        return refused(request, _("This took too long. Begin again on the sign-in page."))
    try:
        heard = actions.hear_answer(answer=said, root=_root(request), now=timezone.now())
    except Refusal as error:
        return refused(request, error.message, status=error.status)
    provider = _provider(request)
    coming = provider.sociallogin_from_response(request, heard)
    if heard.in_response_to:
        try:
            coming.state = provider.unstash_redirect_state(request, heard.in_response_to)
        except PermissionDenied:
            return refused(request, _("This sign-in was not begun in this browser, or took too long. Begin again on the sign-in page."))
    elif settings.SAML["unasked"]:
        coming.state = {"process": "login", **_next_of(relay)}
    else:
        return refused(request, _("Begin on the sign-in page of this system: a portal elsewhere cannot begin it here."))
    return complete_social_login(request, coming)  # type: ignore[no-any-return]


def _next_of(relay: str) -> dict[str, str]:
    """A page of this system that the company's portal asks for; anything else is not followed."""
    parts = urlsplit(relay)
    if parts.scheme or parts.netloc or not relay.startswith("/") or not account_adapter().is_safe_url(relay):
        return {}
    return {"next": relay}


@require_safe
def metadata(request: HttpRequest) -> HttpResponse:
    """What the company's server must know of this system. Open to everybody; holds public keys only."""
    queries.ensure_offered()
    described = queries.toolkit_settings(root=_root(request), now=None)
    return HttpResponse(described.get_sp_metadata(), content_type="application/xml")
