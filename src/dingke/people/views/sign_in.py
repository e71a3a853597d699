"""Sign-in's connections to allauth and axes, and a person's own preferences."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth.password_validation import password_validators_help_texts
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

from dingke.core import pages
from dingke.core.doors import DoorRequest, door
from dingke.core.errors import Invalid
from dingke.people import actions, queries
from dingke.people.models import User
from dingke.people.queries import identities


def sign_in_context(request: HttpRequest) -> dict[str, Any]:
    """What the sign-in pages need besides allauth's own context."""
    return {"languages": settings.LANGUAGES, "password_rules": password_validators_help_texts(), "ways": identities.ways()}


def locked_out(request: HttpRequest, credentials: dict[str, Any] | None = None, *args: Any, **kwargs: Any) -> HttpResponse:
    """Too many wrong tries for this name from this address."""
    context = {
        "status": 429,
        "title": _("Sign-in blocked for a while"),
        "message": _("Too many wrong tries. Signing in with this name from here is blocked for 15 minutes."),
        "trace": "",
    }
    return pages.page(request, "core/error.html", context, status=429)


@door("POST")
def preferences(request: DoorRequest) -> HttpResponse:
    """Language and theme of the signed-in person."""
    language, theme = request.POST.get("language", ""), request.POST.get("theme", "")
    if (language and language not in dict(settings.LANGUAGES)) or (theme and theme not in {"light", "dark", "auto"}):
        raise Invalid(_("This choice does not exist."))
    assert request.scope.user_id is not None
    user = queries.user_by_id(request.scope.user_id)
    assert user is not None
    actions.set_preferences(user=user, language=language, theme=theme)
    back = request.POST.get("next", "/")
    if not url_has_allowed_host_and_scheme(back, allowed_hosts={request.get_host()}):
        back = "/"
    response = pages.go_to(request, back)
    return _with_language(response, language) if language else response


def language(request: HttpRequest) -> HttpResponse:
    """The language of the sign-in pages, kept in a cookie; a signed-in person's choice as well. Open to everybody."""
    chosen, back = request.POST.get("language", ""), request.POST.get("next", "/")
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    if chosen not in dict(settings.LANGUAGES):
        raise Invalid(_("This choice does not exist."))
    if isinstance(request.user, User):
        actions.set_preferences(user=request.user, language=chosen, theme="")
    if not url_has_allowed_host_and_scheme(back, allowed_hosts={request.get_host()}):
        back = "/"
    return _with_language(pages.go_to(request, back), chosen)


def _with_language(response: HttpResponse, code: str) -> HttpResponse:
    name, year = settings.LANGUAGE_COOKIE_NAME, 31_536_000
    response.set_cookie(name, code, max_age=year, samesite="Lax", secure=settings.BEHIND_HTTPS)
    return response
