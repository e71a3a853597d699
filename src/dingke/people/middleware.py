"""Puts the caller's scope on the request, and the language the person chose."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.functional import SimpleLazyObject

from dingke.core.scope import Scope
from dingke.people import queries
from dingke.people.models import User


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
        language = settings.LANGUAGE_CODE if request.path.startswith(("/healthz", "/readyz", "/static/")) else language_of(request)
        translation.activate(language)
        request.LANGUAGE_CODE = language  # type: ignore[attr-defined]
        response = self.get_response(request)
        response.headers.setdefault("Content-Language", language)
        return response


def _scope(request: HttpRequest) -> Scope:
    user = request.user
    return queries.scope_for(user) if isinstance(user, User) or user.is_authenticated else Scope.nobody()  # type: ignore[arg-type]
