"""Every address, asked by everybody: nobody, a stranger, each role. A route or parameter that nobody classified fails."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.urls import URLPattern, URLResolver, get_resolver

from dingke.config.tests.rights_things import HIDDEN, MAKERS, Things

pytestmark = pytest.mark.django_db

# open to nobody in particular, each with the reason
OPEN = {
    "core:healthz": "for the load balancer",
    "core:readyz": "for the load balancer",
    "metrics": "answers whoever holds the token of the monitoring, or nobody (tests/life/test_observing.py)",
    "people:language": "the sign-in pages have a language too",
    "people:invited": "from a mail, without signing in: the signed link is the key, and it opens once",
    "saml:login": "sends the browser to the company's sign-in server; not there until the settings name one (people/tests/test_saml.py)",
    "saml:answer": "takes the signed answer of that server",
    "saml:finish": "signs in whom a valid answer names, and nobody else",
    "saml:metadata": "public keys and addresses for that server",
    "notices:off": "from a mail or message, without signing in: the signature is the key, and all it does is turn a kind off",
    "api:api-root": "answers nothing but its own address",
    "api:openapi-json": "describes shapes, holds no data",
}
# allauth's own pages guard themselves; sign-up is closed (people/tests/test_sign_in.py)
ALLAUTH = ("account_", "mfa_", "socialaccount_", "openid_connect_", "feishu_", "dingtalk_", "weixin_")


@dataclass(frozen=True)
class Route:
    name: str
    path: str
    parameters: tuple[str, ...]
    door: dict[str, Any] | None

    def filled(self, values: dict[str, Any]) -> str:
        return re.sub(r"<(?:\w+:)?(\w+)>", lambda match: str(values[match.group(1)]), self.path)


def routes(resolver: URLResolver | None = None, prefix: str = "/", namespace: str = "") -> Iterator[Route]:
    for entry in (resolver or get_resolver()).url_patterns:
        path = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from routes(entry, path, f"{namespace}{entry.namespace}:" if entry.namespace else namespace)
        elif isinstance(entry, URLPattern):
            yield Route(
                namespace + (entry.name or ""), path, tuple(re.findall(r"<(?:\w+:)?(\w+)>", path)), getattr(entry.callback, "door", None)
            )


PAGES = [
    route for route in routes() if not route.path.startswith("/api/") and not route.name.startswith(ALLAUTH) and "(?P" not in route.path
]


@pytest.fixture
def things(cast, account):
    return Things(cast, account)


def asked(client: Any, url: str, method: str) -> Any:
    client.raise_request_exception = True
    return client.get(url) if method == "GET" else client.post(url, {})


@pytest.mark.parametrize("route", PAGES, ids=lambda route: route.name)
def test_the_route_is_classified(route):
    assert route.name in OPEN or route.door is not None, "wrap the view in core.doors.door, or list it in OPEN with the reason"
    assert set(route.parameters) <= set(MAKERS), "say in this file what a stranger sees of it"


@pytest.mark.parametrize("route", [route for route in PAGES if route.name not in OPEN], ids=lambda route: route.name)
def test_nobody_is_sent_to_sign_in(route, things):
    url = route.filled({name: things.of(name) for name in route.parameters})
    for method in ("GET", "POST"):
        answer = asked(things.cast.anonymous, url, method)
        assert answer.status_code == 303
        assert answer["Location"].startswith("/sign-in/login/")


@pytest.mark.parametrize("route", [route for route in PAGES if set(route.parameters) & set(HIDDEN)], ids=lambda route: route.name)
def test_a_stranger_does_not_find_it(route, things):
    url = route.filled({name: things.of(name) for name in route.parameters})
    for method in route.door["methods"]:
        answer = asked(things.cast.stranger.client, url, method)
        refused_by_role = route.door["permission"] and not things.cast.stranger.scope.can(route.door["permission"])
        assert answer.status_code == (403 if refused_by_role else 404), f"{method} {url}"


@pytest.mark.parametrize("route", [route for route in PAGES if route.door and route.door["permission"]], ids=lambda route: route.name)
def test_a_role_without_the_permission_is_refused(route, things):
    url = route.filled({name: things.of(name) for name in route.parameters})
    for person in things.cast.people().values():
        if not person.scope.can(route.door["permission"]):
            for method in route.door["methods"]:
                assert asked(person.client, url, method).status_code == 403


@pytest.mark.parametrize("route", [route for route in PAGES if route.door and "GET" in route.door["methods"]], ids=lambda route: route.name)
def test_no_page_breaks_for_any_role(route, things):
    url = route.filled({name: things.of(name) for name in route.parameters})
    for name, person in things.cast.people().items():
        status = asked(person.client, url, "GET").status_code
        assert status in {200, 204, 302, 303, 400, 403, 404, 409, 422}, f"{name} {url}: {status}"


def test_every_api_path_is_asked_by_nobody_and_by_a_stranger(things):
    from dingke.config.routers import api

    schema = api.get_openapi_schema()
    for path, operations in schema["paths"].items():
        parameters = re.findall(r"\{(\w+)\}", path)
        assert set(parameters) <= set(MAKERS), path
        url = re.sub(r"\{(\w+)\}", lambda match: str(things.of(match.group(1))), path)
        for method in operations:
            send = {
                "get": lambda client, url=url: client.get(url, {"q": "江州"}),
                "post": lambda client, url=url: client.post(url, "{}", content_type="application/json"),
                "patch": lambda client, url=url: client.patch(url, "{}", content_type="application/json"),
            }[method]
            assert send(things.cast.anonymous).status_code == 401, f"{method} {path}"
            if set(parameters) & set(HIDDEN):
                assert send(things.cast.stranger.client).status_code == 404, f"{method} {path}"
