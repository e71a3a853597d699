"""What people see when a request cannot be served: not found, not allowed, broken, or the database away."""

from __future__ import annotations

import sys

from django.conf import settings
from django.db import DataError, InterfaceError, OperationalError, connection
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.translation import gettext as _

from dingke.core import pages
from dingke.core.errors import NotAllowed, NotVisible, Refusal, is_disk_full


class BrokenRequest(Refusal):
    status = 400
    code = "bad_request"


class ServerError(Refusal):
    status = 500
    code = "server_error"


def unusable(fault: Exception) -> BrokenRequest | None:
    """The refusal for what only the database could tell: a number too large for its column, a zero byte or half a character in a text."""
    if isinstance(fault, (OverflowError, DataError, UnicodeEncodeError)) or (isinstance(fault, ValueError) and "NUL (0x00)" in str(fault)):
        return BrokenRequest(_("This request is not complete or not allowed in this form."))
    return None


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return pages.refusal(request, BrokenRequest(_("This request is not complete or not allowed in this form.")))


def not_allowed(request: HttpRequest, exception: Exception) -> HttpResponse:
    return pages.refusal(request, NotAllowed(_("You are not allowed to do this.")))


def csrf_failed(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The form was open too long, or the sign-in changed in another tab."""
    return pages.refusal(
        request, NotAllowed(_("This page was open too long or your sign-in changed. Reload it; what you typed is kept in this browser."))
    )


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return pages.refusal(request, NotVisible(_("There is nothing at this address, or it is not shared with you.")))


def server_error(request: HttpRequest) -> HttpResponse:
    """A fault of ours: the database away gets its own page, which touches neither database nor session."""
    fault = sys.exc_info()[1]
    cookie = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
    asked = request.headers.get("Accept-Language", "").lower()
    language = cookie if cookie in dict(settings.LANGUAGES) else ("en" if asked.startswith("en") else settings.LANGUAGE_CODE)
    with translation.override(language):
        if is_disk_full(fault):
            return pages.disk_full(request)
        if isinstance(fault, (OperationalError, InterfaceError)):
            connection.close()
            return pages.database_away(request)
        return pages.server_error(request)
