"""Nothing on a page leads nowhere: every link, form and hx- address that a page carries belongs to a route."""

from __future__ import annotations

from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

import pytest
from django.urls import Resolver404, resolve

from dingke.config.tests.test_rights import MAKERS, PAGES, Route, Things

pytestmark = pytest.mark.django_db
ADDRESSES = {"href", "action", "formaction", "hx-get", "hx-post", "hx-put", "hx-patch", "hx-delete"}
ELSEWHERE = ("mailto:", "tel:", "https:", "http:", "#")


class Addresses(HTMLParser):
    """Collects what a page points at. `<link>` is left out: static files are collected by their own test."""

    def __init__(self) -> None:
        super().__init__()
        self.found: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in {"link", "use"}:
            return
        self.found |= {value for name, value in attrs if name in ADDRESSES and value and not value.startswith(ELSEWHERE)}


def dead(path: str, html: str) -> set[str]:
    reader = Addresses()
    reader.feed(html)
    found = set()
    for address in reader.found:
        parts = urlsplit(urljoin(path, address))
        if parts.path.startswith("/static/"):
            continue
        try:
            resolve(parts.path)
        except Resolver404:
            found.add(address)
    return found


@pytest.fixture
def things(cast, account):
    return Things(cast, account)


@pytest.mark.parametrize("route", [route for route in PAGES if route.door and "GET" in route.door["methods"]], ids=lambda route: route.name)
@pytest.mark.parametrize("who", ["owner", "administrator"])
def test_what_a_page_points_at_exists(route: Route, who: str, cast, things):
    path = route.filled({name: things.of(name) for name in route.parameters})
    answer = getattr(cast, who).client.get(path)
    if answer.status_code == 200 and answer["Content-Type"].startswith("text/html"):
        html = answer.content.decode()
        assert dead(path, html) == set()
        assert "<Namespace" not in html
        assert " object at 0x" not in html


def test_a_wrong_address_is_noticed():
    assert dead("/accounts/", '<form action="<Namespace {}>"><a href="/nowhere/at/all/">x</a><a href="?page=2">y</a></form>') == {
        "<Namespace {}>",
        "/nowhere/at/all/",
    }
    assert MAKERS
