"""A deal review 过堂 held from the screen: four listeners score on four phones, one of them loses the connection in the middle."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from dingke.config.tests.browser.conftest import Site, Visitor

LISTENERS = ("lujingheng", "zhoumin", "chenqizhou", "caiyike", "hezhongyan")
SAVED = re.compile("已于 .* 保存 \\d+ 分")


@pytest.mark.item("P-09")
@pytest.mark.item("P-10")
@pytest.mark.item("E-21")
def test_four_listeners_score_and_a_lost_connection_loses_nothing(demo_site: Site, visit: Callable[..., Visitor]) -> None:
    chair = visit(demo_site, "fangjinglan")
    chair.go("/deals/reviews/")
    chair.page.get_by_role("link", name="本周项目过堂").first.click()
    chair.settle()
    address = re.search(r"/deals/reviews/(\d+)/", chair.page.url)
    assert address is not None
    with chair.page.expect_response(lambda answer: "/show/" in answer.url):
        chair.page.get_by_role("button", name="陈述", exact=True).first.click()
    chair.settle()
    scoring = f"/deals/reviews/{address.group(1)}/score/"
    phones = [visit(demo_site, name, phone=True) for name in LISTENERS]
    scored = 0
    for place, phone in enumerate(phones):
        phone.go(scoring)
        form = phone.page.locator("form[data-score]")
        if form.count() == 0:
            continue  # who presents the deal does not score it
        for name, points in (("elements", 40 + place), ("logic", 15), ("display", 15)):
            form.locator(f"[name=points-{name}]").fill(str(points))
        if scored == 1:  # the tunnel
            phone.page.context.set_offline(True)
            form.locator("button[type=submit]").click()
            expect(phone.page.locator("[data-lost]")).to_be_visible()
            expect(form.locator("[name=points-elements]")).to_have_value(str(40 + place))
            phone.page.context.set_offline(False)
        else:
            form.locator("button[type=submit]").click()
        expect(phone.page.locator(".rv-send .dk-sub")).to_have_text(SAVED)
        phone.complaints[:] = [text for text in phone.complaints if "Failed to fetch" not in text]  # the tunnel itself
        scored += 1
        phone.picture(f"review-phone-{place}")
        if scored == 4:
            break
    assert scored == 4
    expect(chair.page.locator("[data-live] .rv-count strong")).to_have_text(re.compile(r"^4 / "), timeout=15_000)
    chair.picture("review-live", whole=True)
    with chair.page.expect_response(lambda answer: "/stop/" in answer.url):
        chair.page.get_by_role("button", name="结束打分").click()
    expect(chair.page.locator(".rv-ranking .is-first strong").first).to_be_visible()
