"""Puts the caller's scope on the request and the language the person chose; minds API tokens, second factors and sign-ins."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import cast
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext as _

from dingke.core import pages
from dingke.core.addresses import client_address
from dingke.core.errors import Refusal
from dingke.core.scope import Scope
from dingke.people import queries
from dingke.people.actions import limits, sessions, tokens
from dingke.people.models import User
from dingke.people.queries import second_factor

API = "/api/"
QUIET = ("/static/", "/healthz", "/readyz")
# what a person without the needed second factor may still open: signing in and out, setting one up, the language
BEFORE_SECOND_FACTOR = ("/sign-in/", "/people/language/", "/people/preferences/", "/people/me/security/")
SEEN_KEY = "dingke_seen_at"
SEEN_EVERY = timedelta(minutes=5)


def language_of(request: HttpRequest) -> str:
    """The person's own choice, then the cookie, then what the browser asks for, then Chinese."""
    known = dict(settings.LANGUAGES)
    user = getattr(request, "user", None)
    if user is not None and user.is_authenticated and user.language in known:
        return cast(str, user.language)
    if (cookie := request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")) in known:
        return cookie
    accepted = request.headers.get("Accept-Language", "").lower()
    if accepted.startswith("en") or (accepted and "zh" not in accepted and "en" in accepted):
        return "en"
    return settings.LANGUAGE_CODE


class ScopeMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.scope = SimpleLazyObject(lambda: _scope(request))  # type: ignore[attr-defined]
        language = settings.LANGUAGE_CODE if request.path.startswith(QUIET) else language_of(request)
        translation.activate(language)
        request.LANGUAGE_CODE = language  # type: ignore[attr-defined]
        response = self.get_response(request)
        response.headers.setdefault("Content-Language", language)
        return response


def _scope(request: HttpRequest) -> Scope:
    user = request.user
    return queries.scope_for(user) if isinstance(user, User) or user.is_authenticated else Scope.nobody()  # type: ignore[arg-type]


class SignedInMiddleware:
    """What is asked of a caller before any door opens: requests per minute, a valid token, a second factor where the role needs one."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path.startswith(QUIET):
            return self.get_response(request)
        now = timezone.now()
        refused = _refused_by_api(request, now) if request.path.startswith(API) else _led_to_second_factor(request)
        if refused is not None:
            return refused
        _notice(request, now)
        return self.get_response(request)


def _refused_by_api(request: HttpRequest, now: datetime) -> HttpResponse | None:
    """Puts a token's owner on the request. An invalid token leaves nobody there; the door then answers 401."""
    address = client_address(request)
    counted = {f"address:{address}": settings.API_REQUESTS_PER_ADDRESS}
    scheme, _space, secret = request.headers.get("Authorization", "").partition(" ")
    held: Refusal | None = None
    if scheme:
        request.scope = Scope.nobody()  # type: ignore[attr-defined]
    if scheme.lower() == "bearer":
        try:
            bearer = tokens.bearer_of(secret=secret.strip(), address=address, now=now)
        except tokens.UnableToUseToken as refused:
            held, bearer = refused, None
        if bearer is not None:
            request.scope, request.token_scopes = bearer.scope, bearer.token_scopes  # type: ignore[attr-defined]
            counted[f"token:{bearer.token_id}"] = settings.API_REQUESTS_PER_TOKEN
    if wait := limits.count_request(limits=counted, now=now):
        answer = pages.problem(status=429, code="too_many_requests", detail=_("Too many requests. Please try again in a minute."))
        answer["Retry-After"] = str(wait)
        return answer
    if held is None and not scheme and isinstance(request.user, User) and second_factor.is_due(request.user):
        held = tokens.UnableToUseToken(_("Your role needs a second factor to sign in. Set one up under Account security first."))
    return pages.refusal(request, held) if held else None


def _led_to_second_factor(request: HttpRequest) -> HttpResponse | None:
    if request.path.startswith(BEFORE_SECOND_FACTOR) or not isinstance(request.user, User):
        return None
    if not second_factor.is_due(request.user):
        return None
    if urlsplit(request.headers.get("HX-Current-URL", "")).path.startswith(BEFORE_SECOND_FACTOR):
        return HttpResponse(status=204)  # a part that the page of second factors loads by itself: being led there again never ends
    return pages.go_to(request, reverse("people:security"))


def _notice(request: HttpRequest, now: datetime) -> None:
    """Keeps "last seen" of a sign-in, at most every five minutes; the time of the last note stands in the session itself."""
    if "Authorization" in request.headers or not isinstance(request.user, User):
        return
    noted = request.session.get(SEEN_KEY)
    if noted is None or not request.session.session_key or now - datetime.fromisoformat(noted) < SEEN_EVERY:
        return
    request.session[SEEN_KEY] = now.isoformat()
    sessions.notice_session(
        user=request.user,
        session_key=request.session.session_key,
        address=client_address(request),
        user_agent=request.headers.get("User-Agent", ""),
        now=now,
    )
