"""The headers that keep a browser safe, on every kind of answer: pages, parts, errors, API, files, downloads, sign-in."""

from __future__ import annotations

from typing import Any

import pytest
from django.conf import settings as configured
from django.db import OperationalError
from django.urls import reverse

from dingke.config import settings as product
from dingke.config.tests.test_rights import PAGES, Things
from dingke.core.middleware import POLICY

pytestmark = pytest.mark.django_db
WITHOUT_SESSION = ("/healthz", "/readyz", "/metrics", "/api/v1/openapi.json", "/sign-in/login/", "/no/such/page/")


@pytest.fixture
def things(cast, account):
    return Things(cast, account)


def check(answer: Any, url: str) -> None:
    said = answer.headers
    assert said["Content-Security-Policy"] == POLICY, url
    assert said["X-Content-Type-Options"] == "nosniff", url
    assert said["X-Frame-Options"] == "DENY", url
    assert said["Referrer-Policy"] == "same-origin", url
    assert said["Cross-Origin-Opener-Policy"] == "same-origin", url
    assert "geolocation=(self)" in said["Permissions-Policy"], url
    assert said["X-Trace-Id"], url
    assert "Server" not in said, url
    assert "X-Powered-By" not in said, url


def test_the_policy_runs_no_inline_code_and_nothing_from_elsewhere():
    rules = dict(rule.strip().split(" ", 1) for rule in POLICY.split(";"))
    assert "unsafe" not in POLICY
    assert "*" not in POLICY
    assert rules["script-src"] == rules["style-src"] == rules["default-src"] == "'self'"
    assert rules["frame-ancestors"] == rules["object-src"] == "'none'"
    assert rules["base-uri"] == rules["form-action"] == "'self'"


def test_every_page_error_and_download(things):
    director, stranger = things.cast.director.client, things.cast.stranger.client
    for route in PAGES:
        url = route.filled({name: things.of(name) for name in route.parameters})
        for client in (director, stranger, things.cast.anonymous):
            check(client.get(url), url)
    for url in WITHOUT_SESSION:
        check(things.cast.anonymous.get(url), url)
    check(director.get("/api/v1/accounts/"), "API")
    check(things.cast.anonymous.get("/api/v1/accounts/"), "API, nobody")
    check(director.get("/api/v1/accounts/?size=x"), "API, malformed")
    check(director.put(reverse("accounts:list")), "wrong method")
    check(director.get(reverse("core:audit_export"), {"format": "csv"}), "download")


def test_a_fault_and_a_database_that_is_away(cast, monkeypatch):
    cast.director.client.raise_request_exception = False
    for fault in (RuntimeError("boom"), OperationalError("away")):

        def fails(*_args: Any, fault: Exception = fault, **_named: Any) -> None:
            raise fault

        monkeypatch.setattr("dingke.core.api_scopes.needed", fails)
        monkeypatch.setattr("dingke.core.trail.trail_page", fails)
        answer = cast.director.client.get(reverse("core:audit"))
        assert answer.status_code == (503 if isinstance(fault, OperationalError) else 500)
        check(answer, "fault")
        assert str(fault) not in answer.content.decode()


def test_static_files_too(rf):
    """The order of the product's middleware: what serves static files stands inside what sets the headers."""
    order = product.MIDDLEWARE
    inside = order.index("whitenoise.middleware.WhiteNoiseMiddleware")
    for outer in (
        "dingke.core.middleware.TraceMiddleware",
        "dingke.core.middleware.ContentSecurityMiddleware",
        "django.middleware.security.SecurityMiddleware",
    ):
        assert order.index(outer) < inside, outer


def test_cookies_are_kept_from_scripts_and_from_plain_connections(client, cast, monkeypatch):
    assert configured.SESSION_COOKIE_HTTPONLY
    assert configured.SESSION_COOKIE_SAMESITE == configured.CSRF_COOKIE_SAMESITE == "Lax"
    answer = client.post("/sign-in/login/", {"login": "owner", "password": "a-good-password-1"})
    assert answer.status_code in {302, 303}
    cookie = answer.cookies["sessionid"]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
