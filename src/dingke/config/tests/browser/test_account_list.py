"""The account list in the browser: its columns put in order by keyboard and by dragging."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.timeout(600)


class TestColumns:
    def test_arrows_and_dragging_put_them_in_order(self, demo_site, visit):
        person = visit(demo_site, "lujingheng")
        page = person.page
        person.go("/accounts/")

        def offered():
            return page.eval_on_selector_all("[data-columns] input", "found => found.map(one => one.value)")

        page.locator("[hx-get*='/accounts/columns/']").click()
        page.locator("[data-columns][data-armed]").wait_for()
        first, second, third = offered()[:3]
        down = page.locator("[data-columns] li").first.locator("[data-move='1']")
        down.focus()
        page.keyboard.press("Enter")
        assert offered()[:3] == [second, first, third]
        page.keyboard.press("Enter")  # the focus went along
        assert offered()[:3] == [second, third, first]
        assert page.locator("[data-columns-told]").inner_text().strip()
        page.wait_for_function("() => window.Sortable")
        page.locator("[data-columns] li").nth(2).locator(".acc-grip").drag_to(
            page.locator("[data-columns] li").first, target_position={"x": 60, "y": 4}
        )
        page.wait_for_function("first => document.querySelector('[data-columns] input').value === first", arg=first)
        page.locator("#dialog button[type=submit]").click()
        page.locator("#dialog[open]").wait_for(state="detached")
        person.settle()
        person.go("/accounts/")
        shown = page.locator("thead th").all_inner_texts()
        page.locator("[hx-get*='/accounts/columns/']").click()
        page.locator("[data-columns]").wait_for()
        labels = page.locator("[data-columns] .form-check-label").all_inner_texts()[:3]
        assert offered()[:3] == [first, second, third]
        assert [text.strip() for text in shown[2:5]] == labels
