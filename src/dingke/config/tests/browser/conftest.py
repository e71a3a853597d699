"""A real browser against the real product: `dingke demo` (or an empty `dingke up`) in its own home, with worker and static files."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Error, Page, sync_playwright

from dingke.config.demo.build import PASSWORD

PICTURES = Path(__file__).resolve().parents[5] / "docs" / "pictures"
CHROMIUM = os.environ.get("DINGKE_CHROMIUM") or next(
    (path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None
)
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--force-device-scale-factor=1",
    "--lang=zh-CN",
]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "/browser/" in str(item.path):
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.timeout(600))
            item.add_marker(pytest.mark.sqlite_only)


@dataclass
class Site:
    """A running installation."""

    url: str
    home: Path

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """`dingke …` on the same installation."""
        return subprocess.run(
            [sys.executable, "-m", "dingke.config.cli", *arguments],
            env=environment(self.home),
            capture_output=True,
            text=True,
            check=False,
            timeout=500,
        )


def environment(home: Path) -> dict[str, str]:
    values = {**os.environ, "DINGKE_HOME": str(home), "DJANGO_SETTINGS_MODULE": "dingke.config.settings", "DINGKE_ADMIN_PASSWORD": PASSWORD}
    for name in ("DINGKE_DATABASE_URL", "DINGKE_SECRET_KEY"):
        values.pop(name, None)
    return values


def running(home: Path, *arguments: str) -> Iterator[Site]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    log = (home / "server.log").open("w")
    process = subprocess.Popen(
        [sys.executable, "-m", "dingke.config.cli", *arguments, "--port", str(port)], env=environment(home), stdout=log, stderr=log
    )
    try:
        until = time.monotonic() + 300
        while time.monotonic() < until:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=2):
                    break
            except OSError:
                assert process.poll() is None, (home / "server.log").read_text()
                time.sleep(0.3)
        else:
            pytest.fail("the server did not start: " + (home / "server.log").read_text())
        yield Site(f"http://127.0.0.1:{port}", home)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)
        log.close()


@pytest.fixture(scope="session")
def demo_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    yield from running(tmp_path_factory.mktemp("demo"), "demo")


@pytest.fixture(scope="session")
def empty_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """An installation with one administrator and nothing else."""
    home = tmp_path_factory.mktemp("empty")
    done = subprocess.run(
        [sys.executable, "-m", "dingke.config.cli", "admin", "admin", "--name", "管理员"],
        env=environment(home),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    yield from running(home, "up")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.fail("no Chromium: run `make system-packages`")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield chromium
        chromium.close()


@dataclass
class Visitor:
    """A person at a screen: a page, and what its console complained about."""

    page: Page
    site: Site
    complaints: list[str] = field(default_factory=list)

    def go(self, path: str) -> None:
        try:
            self.page.goto(self.site.url + path)
        except Error as error:  # the page was just moving on by itself (a finished job reloads it): go once more
            if "ERR_ABORTED" not in str(error):
                raise
            self.settle()
            self.page.goto(self.site.url + path)
        self.settle()

    def settle(self) -> None:
        self.page.wait_for_load_state("networkidle")

    def sign_in(self, username: str) -> None:
        self.go("/sign-in/login/")
        self.page.fill("input[name=login]", username)
        self.page.fill("input[name=password]", PASSWORD)
        self.page.press("input[name=password]", "Enter")
        self.page.wait_for_url(lambda url: "/sign-in/" not in url)
        self.settle()

    def picture(self, name: str, *, keep: bool = False, whole: bool = False) -> None:
        """Takes a picture into DINGKE_PICTURES; those worth keeping go to docs/pictures when it says so."""
        folder = os.environ.get("DINGKE_PICTURES")
        if folder:
            target = PICTURES if keep and folder == "docs" else Path(folder if folder != "docs" else "/tmp")
            target.mkdir(parents=True, exist_ok=True)
            self.page.screenshot(path=str(target / f"{name}.png"), full_page=whole)


def watch(page: Page, complaints: list[str]) -> None:
    def on_console(message: Any) -> None:
        if message.type == "error" and "Failed to load resource" not in message.text:
            complaints.append(message.text)

    page.on("console", on_console)
    page.on("pageerror", lambda error: complaints.append(str(error)))


@pytest.fixture
def visit(browser: Browser) -> Iterator[Callable[..., Visitor]]:
    """`visit(site, "zhoumin", language="en", phone=True, dark=True)` opens a signed-in page; at the end nobody may have complained."""
    opened: list[Visitor] = []

    def open_(
        site: Site,
        username: str = "",
        *,
        language: str = "zh-hans",
        phone: bool = False,
        dark: bool = False,
        width: int = 1440,
        height: int = 900,
    ) -> Visitor:
        size = {"width": 390, "height": 844} if phone else {"width": width, "height": height}
        context = browser.new_context(
            viewport=size, color_scheme="dark" if dark else "light", locale="en-GB" if language == "en" else "zh-CN", has_touch=phone
        )
        context.add_cookies([{"name": "dingke_language", "value": language, "url": site.url}])
        context.set_default_timeout(20_000)
        visitor = Visitor(context.new_page(), site)
        watch(visitor.page, visitor.complaints)
        opened.append(visitor)
        if username:
            visitor.sign_in(username)
        return visitor

    yield open_
    complaints = [text for visitor in opened for text in visitor.complaints]
    for visitor in opened:
        visitor.page.context.close()
    assert complaints == [], complaints
