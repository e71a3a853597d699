"""Signing in by the company's OpenID Connect server: a real one in its own process, a real browser between the two."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page

from dingke.config.tests.browser.conftest import Site, environment, running, watch

CLAIMS = [
    {"sub": "known", "email": "ADMIN@example.com", "email_verified": True, "name": "管理员"},
    {"sub": "stranger", "email": "stranger@example.com", "email_verified": True, "name": "生人"},
    {"sub": "unverified", "email": "admin@example.com", "email_verified": False, "name": "冒名"},
]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def provider() -> Iterator[str]:
    port = free_port()
    command = [sys.executable, "-W", "ignore", "-m", "oidc_provider_mock", "--port", str(port)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}"
    try:
        until = time.monotonic() + 60
        while True:
            try:
                urllib.request.urlopen(f"{url}/.well-known/openid-configuration", timeout=2).close()
                break
            except OSError:
                assert process.poll() is None
                assert time.monotonic() < until
                time.sleep(0.2)
        for claims in CLAIMS:
            subject = claims["sub"]
            body = json.dumps({name: value for name, value in claims.items() if name != "sub"}).encode()
            request = urllib.request.Request(f"{url}/users/{subject}", body, {"Content-Type": "application/json"}, method="PUT")
            urllib.request.urlopen(request, timeout=5).close()
        yield url
    finally:
        process.terminate()
        process.wait(30)


def site_for(home: Path, provider: str, create: str = "") -> Iterator[Site]:
    secret = home / "client_secret"
    secret.write_text("not-so-secret\n", encoding="utf-8")
    extra = {
        "DINGKE_OIDC_URL": provider,
        "DINGKE_OIDC_CLIENT_ID": "dingke",
        "DINGKE_OIDC_CLIENT_SECRET_FILE": str(secret),
        "DINGKE_OIDC_NAME": "Example ID",
        "DINGKE_SSO_CREATE": create,
    }
    before = dict(os.environ)
    os.environ.update(extra)
    try:
        mail = "from dingke.people.models import User; User.objects.update(email='admin@example.com')"
        for command in (["dingke.config.cli", "admin", "admin", "--name", "管理员"], ["django", "shell", "-c", mail]):
            done = subprocess.run([sys.executable, "-m", *command], env=environment(home), capture_output=True, text=True, check=False)
            assert done.returncode == 0, done.stderr
        yield from running(home, "up")
    finally:
        os.environ.clear()
        os.environ.update(before)


@pytest.fixture(scope="module")
def closed_site(tmp_path_factory, provider) -> Iterator[Site]:
    yield from site_for(tmp_path_factory.mktemp("sso"), provider)


@pytest.fixture(scope="module")
def open_site(tmp_path_factory, provider) -> Iterator[Site]:
    yield from site_for(tmp_path_factory.mktemp("sso-open"), provider, create="REP")


@pytest.fixture
def page(browser) -> Iterator[Page]:
    context = browser.new_context(locale="en")
    page = context.new_page()
    complaints: list[str] = []
    watch(page, complaints)
    yield page
    context.close()
    assert complaints == []


def come_from_provider(page: Page, site: Site, subject: str) -> None:
    page.goto(site.url + "/sign-in/login/")
    page.get_by_role("link", name="Example ID").click()
    page.locator("input[name=sub]").fill(subject)
    page.locator("input[name=sub]").press("Enter")
    page.wait_for_url(site.url + "/**")
    page.wait_for_load_state()


def test_a_known_person_is_found_by_the_verified_address(page, closed_site):
    come_from_provider(page, closed_site, "known")
    page.goto(closed_site.url + "/people/me/security/")
    page.get_by_text("Connected", exact=True).wait_for()
    page.get_by_role("button", name="Disconnect").click()
    page.get_by_role("button", name="Connect", exact=True).click()  # and once more, from inside
    page.locator("input[name=sub]").fill("known")
    page.locator("input[name=sub]").press("Enter")
    page.wait_for_url("**/people/me/security/")
    page.get_by_text("Connected", exact=True).wait_for()


@pytest.mark.parametrize(("subject", "words"), [("stranger", "Nobody here has the mail address"), ("unverified", "without a verified")])
def test_a_stranger_is_refused_in_words(page, closed_site, subject, words):
    come_from_provider(page, closed_site, subject)
    page.get_by_text(words).wait_for()
    page.goto(closed_site.url + "/people/me/")
    assert "/sign-in/login/" in page.url


def test_an_address_of_another_site_connects_nothing(page, closed_site):
    come_from_provider(page, closed_site, "known")
    page.goto(closed_site.url + "/sign-in/oidc/company/login/?process=connect")
    page.locator("input[name=sub]").fill("stranger")
    page.locator("input[name=sub]").press("Enter")
    page.get_by_text("This took too long").wait_for()


def test_where_the_settings_say_so_a_stranger_becomes_a_person(page, open_site):
    come_from_provider(page, open_site, "stranger")
    page.goto(open_site.url + "/people/me/")
    page.get_by_text("stranger@example.com").wait_for()
    page.locator(".dk-title .dk-pill", has_text="Sales representative").wait_for()
