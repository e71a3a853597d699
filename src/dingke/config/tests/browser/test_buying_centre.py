"""The map of a buying centre, built by the mouse and built by the keyboard, and what it tells afterwards."""

from __future__ import annotations

import pytest

pytestmark = [pytest.mark.timeout(600), pytest.mark.item("C-07", "C-08", "C-09", "E-07")]


def open_empty_map(visitor, *, skip):
    """The map of one of the person's accounts that has none yet: opened with the people known there."""
    visitor.go("/accounts/?owner=mine")
    hrefs = visitor.page.locator("main table a[href^='/account/']").evaluate_all("links => links.map(link => link.getAttribute('href'))")
    found = []
    for href in dict.fromkeys(hrefs):
        visitor.go(f"{href}?tab=people")
        visitor.page.locator("#sh-panel").wait_for()
        button = visitor.page.locator("#sh-panel form[action$='/open/'] button")
        if button.count():
            found.append(href)
            if len(found) > skip:
                button.click()
                visitor.page.wait_for_url(lambda url: "/people-at/" in url)
                visitor.settle()
                if visitor.page.locator(".sh-card").count() >= 2:
                    return
    pytest.fail("no account without a map and with two people")


def middle(locator):
    box = locator.bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def place_of(card):
    return card.get_attribute("data-x"), card.get_attribute("data-y")


class TestByMouse:
    def test_cards_are_placed_and_joined_by_dragging(self, demo_site, visit):
        visitor = visit(demo_site, "zhoumin")
        page = visitor.page
        open_empty_map(visitor, skip=0)
        cards, lines = page.locator(".sh-card"), page.locator(".sh-line")
        first, second = cards.nth(0), cards.nth(1)
        first.scroll_into_view_if_needed()
        number, before, address = lines.count(), place_of(first), page.url
        ident = first.get_attribute("data-id")

        x, y = middle(first.locator(".sh-box"))
        with page.expect_response(lambda answer: "/place/" in answer.url) as kept:
            page.mouse.move(x, y)
            page.mouse.down()
            page.mouse.move(x + 30, y + 14, steps=4)
            page.mouse.move(x + 70, y + 20, steps=6)
            page.mouse.up()
        assert kept.value.status == 204
        moved = place_of(first)
        assert moved != before

        second.hover()
        start, end = middle(second.locator(".sh-handle")), middle(first.locator(".sh-box"))
        page.mouse.move(*start)
        page.mouse.down()
        page.mouse.move(start[0] + 12, start[1] + 12, steps=3)
        page.mouse.move(*end, steps=8)
        page.mouse.up()
        dialog = page.locator("#dialog[open]")
        dialog.locator("select[name=start]").wait_for()
        assert dialog.locator("select[name=end]").input_value() == ident
        with page.expect_response(lambda answer: answer.url.split("?")[0] == address and answer.request.method == "GET"):
            dialog.locator("button[type=submit]").click()
        page.locator(f".sh-line[data-end='{ident}']").first.wait_for(state="attached")
        assert lines.count() == number + 1
        visitor.picture("buying-centre-mouse-zh", keep=True)

        visitor.go(address.removeprefix(demo_site.url))
        again = page.locator(f".sh-card[data-id='{ident}']")
        assert [round(float(part)) for part in place_of(again)] == [round(float(part)) for part in moved], "the place was kept"


class TestByKeyboard:
    def test_the_same_without_a_mouse(self, demo_site, visit):
        visitor = visit(demo_site, "zhoumin")
        page = visitor.page
        open_empty_map(visitor, skip=1)
        cards = page.locator(".sh-card")
        first, second = cards.nth(0), cards.nth(1)
        ident, before, address = first.get_attribute("data-id"), place_of(first), page.url
        number = page.locator(".sh-line").count()

        first.focus()
        with page.expect_response(lambda answer: "/place/" in answer.url) as kept:
            page.keyboard.press("ArrowRight")
            page.keyboard.press("Shift+ArrowRight")
            page.keyboard.press("ArrowDown")
        assert kept.value.status == 204
        assert place_of(first) != before

        second.focus()
        page.keyboard.press("l")
        first.focus()
        page.keyboard.press("Enter")
        dialog = page.locator("#dialog[open]")
        dialog.locator("select[name=start]").wait_for()
        dialog.locator("input[name=note]").focus()
        with page.expect_response(lambda answer: answer.url.split("?")[0] == address and answer.request.method == "GET"):
            page.keyboard.press("Enter")
        page.locator(f".sh-line[data-end='{ident}']").first.wait_for(state="attached")
        assert page.locator(".sh-line").count() == number + 1

        page.locator(f".sh-card[data-id='{ident}']").focus()
        page.keyboard.press("Enter")
        panel = page.locator("#panel[open]")
        panel.locator(".sh-team").wait_for()
        panel.locator("button[hx-get$='/attitude/']").focus()
        page.keyboard.press("Enter")
        dialog.locator("input[value=ACCEPT]").focus()
        page.keyboard.press("Space")
        dialog.locator("textarea[name=evidence]").focus()
        page.keyboard.type("评审会上替我们说话")
        dialog.locator("button[type=submit]").focus()
        page.keyboard.press("Enter")
        page.locator(f".sh-card.a-accept[data-id='{ident}']").wait_for()
        visitor.settle()
        visitor.picture("buying-centre-keyboard-zh")


class TestReading:
    def test_the_movement_is_replayed_and_the_picture_is_made(self, demo_site, visit):
        visitor = visit(demo_site, "fangjinglan")
        page = visitor.page
        visitor.go("/accounts/?key=yes")
        hrefs = page.locator("main table a[href^='/account/']").evaluate_all("links => links.map(link => link.getAttribute('href'))")
        for href in dict.fromkeys(hrefs):
            visitor.go(f"{href}?tab=people")
            page.locator("#sh-panel").wait_for()
            if page.locator("[data-sh-time]").count():
                break
        slider, day = page.locator("[data-sh-time]"), page.locator("[data-sh-day]")
        today = day.inner_text()
        slider.focus()
        page.keyboard.press("Home")
        assert day.inner_text() < today
        page.locator(".sh-map.is-past").wait_for()
        page.keyboard.press("End")
        assert day.inner_text() == today
        page.locator(".sh-tools [data-bs-toggle]").click()
        with page.expect_download() as got:
            page.locator("[data-sh-png]").click()
        assert got.value.suggested_filename.endswith(".png")
        visitor.picture("buying-centre-zh", keep=True)

    def test_a_phone_shows_the_people_first(self, demo_site, visit):
        visitor = visit(demo_site, "zhoumin", phone=True, dark=True)
        page = visitor.page
        visitor.go("/accounts/?owner=mine&key=yes")
        hrefs = page.locator("main a[href^='/account/']").evaluate_all("links => links.map(link => link.getAttribute('href'))")
        for href in dict.fromkeys(link.split("?")[0] for link in hrefs):
            visitor.go(f"{href}?tab=people")
            page.locator("#sh-panel").wait_for()
            link = page.locator("#sh-panel a[href^='/people-at/']:not([href$='.svg'])").first
            if page.locator(".sh-card").count():
                visitor.go(link.get_attribute("href").split("#")[0])
                break
        people, drawing = page.locator("#sh-people").bounding_box(), page.locator("#sh-map").bounding_box()
        assert people["y"] < drawing["y"]
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        visitor.picture("buying-centre-phone-dark-zh")
