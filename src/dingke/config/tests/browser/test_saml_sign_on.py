"""Signing in by the company's SAML server in a real browser: two sites, two servers, the settings of an installation."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from dingke.config.tests.browser.conftest import Site, environment, running, watch
from dingke.people.tests import saml_server

pytestmark = pytest.mark.skipif(
    shutil.which("xmlsec1") is None and not os.environ.get("CI"),
    reason="the SAML server of the tests signs with xmlsec1: run `make system-packages`",
)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def saml_site(tmp_path_factory) -> Iterator[Site]:
    """The site knows the server by its address, the server the site by the description that it gives of itself."""
    home, folder, port = tmp_path_factory.mktemp("saml-site"), tmp_path_factory.mktemp("saml-server"), free_port()
    before = dict(os.environ)
    os.environ.update({"DINGKE_SAML_METADATA": f"http://localhost:{port}/metadata", "DINGKE_SAML_LABEL": "Example IdP"})
    try:
        yield from _both(home, folder, port)
    finally:
        os.environ.clear()
        os.environ.update(before)


def _both(home: Path, folder: Path, port: int) -> Iterator[Site]:
    mail = "from dingke.people.models import User; User.objects.update(email='admin@example.com')"
    for command in (["dingke.config.cli", "admin", "admin", "--name", "管理员"], ["django", "shell", "-c", mail]):
        done = subprocess.run([sys.executable, "-m", *command], env=environment(home), capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
    sites = running(home, "up")
    site = next(sites)
    try:
        with urllib.request.urlopen(f"{site.url}/sign-in/saml/metadata/", timeout=10) as description:
            (folder / "sp.xml").write_bytes(description.read())
        with saml_server.running(folder, folder / "sp.xml", port):
            yield site
    finally:
        sites.close()


def test_there_and_back_from_another_site(browser, saml_site):
    context = browser.new_context(locale="en")
    page = context.new_page()
    complaints: list[str] = []
    watch(page, complaints)

    def come(who: str) -> None:
        page.goto(saml_site.url + "/sign-in/login/?next=/people/me/security/")
        page.get_by_role("link", name="Sign in by Example IdP").click()
        page.get_by_role("link", name=who).click()
        page.get_by_role("button", name="Go on").click()
        page.wait_for_load_state()

    come("known")
    page.wait_for_url(saml_site.url + "/people/me/security/")
    page.get_by_text("Connected", exact=True).wait_for()
    page.get_by_role("button", name="Disconnect").click()
    page.get_by_role("button", name="Connect", exact=True).click()  # and once more, from inside
    page.get_by_role("link", name="known").click()
    page.get_by_role("button", name="Go on").click()
    page.wait_for_url("**/people/me/security/")
    page.get_by_text("Connected", exact=True).wait_for()
    assert complaints == []
    context.clear_cookies()
    come("stranger")
    page.get_by_text("Nobody here has the mail address").wait_for()
    page.goto(saml_site.url + "/people/me/")
    assert "/sign-in/login/" in page.url
    context.close()
    found = saml_site.command("doctor", "--json")
    assert '"code": "saml"' in found.stdout
