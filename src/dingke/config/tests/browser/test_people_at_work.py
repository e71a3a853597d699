"""People at one company in the browser: claiming from the pool, scoring, moving the cut-offs."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.timeout(600)


class TestPool:
    def test_a_rep_claims_an_account_in_one_tap(self, demo_site, visit):
        rep = visit(demo_site, "chenqizhou")
        rep.go("/accounts/pool/")
        rows = rep.page.locator("tr[id^=pooled-]")
        name = rows.first.locator("a").first.inner_text()
        rep.picture("pool-rep-zh")
        rows.first.locator("form button").click()
        rep.settle()
        rep.go("/accounts/?owner=mine&text=" + name)
        rep.page.get_by_role("link", name=name).first.wait_for()


@pytest.mark.item("A-09")
class TestScore:
    def test_the_button_shows_progress_and_ends_with_fresh_figures(self, demo_site, visit):
        chief = visit(demo_site, "fangjinglan")
        chief.go("/insights/")
        with chief.page.expect_navigation(timeout=90_000):
            chief.page.locator("button[hx-post*=score]").first.click()
        chief.settle()
        assert "%" in chief.page.inner_text(".dk-stats")

    def test_moving_the_cut_off_changes_the_list(self, demo_site, visit):
        chief = visit(demo_site, "fangjinglan", language="en")
        chief.go("/insights/")
        before = chief.page.locator("[data-a]").first.get_attribute("data-a")
        field = chief.page.locator("input[type=number]").first
        field.fill("60")
        field.press("Enter")
        chief.page.wait_for_function("before => document.querySelector('[data-a]').dataset.a !== before", arg=before)
        assert int(chief.page.locator("[data-a]").first.get_attribute("data-a") or 0) < int(before or 0)
