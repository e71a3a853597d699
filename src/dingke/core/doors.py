"""What every page door starts with: who asks, by which method, with which permission."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, cast
from urllib.parse import quote

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed

from dingke.core import access, pages
from dingke.core.scope import Scope


class DoorRequest(HttpRequest):
    """A request behind `door`: somebody is signed in and the scope is theirs."""

    scope: Scope
    LANGUAGE_CODE: str


Door = Callable[..., HttpResponse]


def door(*methods: str, permission: str = "") -> Callable[[Door], Door]:
    """Marks a view as a page door for signed-in people. Everybody else is sent to sign in and comes back afterwards.

    `permission` refuses roles without it (403 with the reason). The mark is what the rights test reads.
    """
    allowed = methods or ("GET",)

    def wrap(view: Door) -> Door:
        @wraps(view)
        def inner(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            scope = cast(DoorRequest, request).scope
            if scope.user_id is None:
                return pages.go_to(request, f"{settings.LOGIN_URL}?next={quote(request.get_full_path())}")
            if request.method not in allowed and not (request.method == "HEAD" and "GET" in allowed):
                return HttpResponseNotAllowed(allowed)
            if permission:
                access.needs(scope, permission).enforce()
            return view(cast(DoorRequest, request), *args, **kwargs)

        inner.door = {"methods": allowed, "permission": permission}  # type: ignore[attr-defined]
        return inner

    return wrap
