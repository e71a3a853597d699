"""Scripts planted in every text of people, and every page opened: nothing runs, nothing shows as an element, nothing is refused by policy."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dingke.config.tests.browser.conftest import Site, environment, running
from dingke.config.tests.faults.planting import MARK

LOOK = f"""() => ({{
  ran: window.{MARK} !== undefined,
  elements: document.querySelectorAll("[{MARK}]").length,
  addresses: [...document.querySelectorAll("a[href], form[action], img[src], iframe[src]")]
    .filter((element) => (element.getAttribute("href") || element.getAttribute("action") || element.getAttribute("src")).trim().toLowerCase().startsWith("javascript:")).length,
}})"""
AT_ONCE = 4


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Site, dict[str, Any]]]:
    home = tmp_path_factory.mktemp("planted")
    source = str(Path(__file__).resolve().parents[4])
    done = subprocess.run(
        [sys.executable, "-m", "dingke.config.tests.faults.planting"],
        env={**environment(home), "PYTHONPATH": source},
        capture_output=True,
        text=True,
        check=False,
        timeout=500,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    for site in running(home, "web"):
        yield site, json.loads(done.stdout.strip().splitlines()[-1])


def test_nothing_planted_comes_alive_on_any_page(planted, browser):
    site, company = planted
    assert company["bad"] == []
    assert company["columns"] > 100, "texts were planted"
    assert len(company["pages"]) > 100, "pages were opened"
    by_session: dict[str, list[str]] = {}
    for page in company["pages"]:
        by_session.setdefault(page["session"], []).append(page["url"])
    found: list[str] = []
    for session, urls in by_session.items():
        context = browser.new_context(locale="zh-CN", viewport={"width": 1440, "height": 900})
        context.set_default_timeout(60_000)
        context.add_cookies([{"name": "sessionid", "value": session, "url": site.url}])
        pages = [context.new_page() for _number in range(AT_ONCE)]
        for page in pages:
            _watch(page, found)
        for start in range(0, len(urls), AT_ONCE):
            opened = list(zip(pages, urls[start : start + AT_ONCE], strict=False))
            for page, url in opened:
                page.goto(site.url + url, wait_until="commit")
            for page, url in opened:
                page.wait_for_load_state("networkidle")
                seen = page.evaluate(LOOK)
                if seen != {"ran": False, "elements": 0, "addresses": 0}:
                    found.append(f"{url}: {seen}")
        context.close()
    assert found == []


def _watch(page: Any, found: list[str]) -> None:
    def asked(dialog: Any) -> None:
        found.append(f"{page.url}: a dialog said {dialog.message}")
        dialog.dismiss()

    page.on("dialog", asked)
    page.on("pageerror", lambda error: found.append(f"{page.url}: {error}"))
    page.on(
        "console",
        lambda message: (
            found.append(f"{page.url}: {message.text}")
            if message.type == "error" and "Failed to load resource" not in message.text
            else None
        ),
    )
    page.on("request", lambda request: found.append(f"{page.url}: asked for {request.url}") if request.url.endswith("/x") else None)
