"""Coming in by invitation, and the team tree moved by mouse, in a real browser with real form protection."""

from __future__ import annotations

import email
import email.policy
import re

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.timeout(600)


def test_an_invited_person_comes_in_by_the_link_of_the_mail(demo_site, visit):
    chief = visit(demo_site, "gaoshaojun")
    page = chief.page
    chief.go("/people/invitations/")
    page.locator("main button[hx-get$='/invitations/new/']").first.click()
    page.fill("#invite_email", "suqing@example.com")
    page.fill("#invite_name", "苏晴")
    page.locator("#dialog button[type=submit]").click()
    row = page.locator("#invitations tbody tr", has_text="suqing@example.com")
    row.wait_for()

    newest = max((demo_site.home / "mail").iterdir(), key=lambda file: file.stat().st_mtime_ns)
    mail = email.message_from_bytes(newest.read_bytes(), policy=email.policy.default)
    link = re.search(r"https?://[^/\s]+(/people/invited/\S+)", mail.get_body(("plain",)).get_content()).group(1)
    newcomer = visit(demo_site, phone=True)
    newcomer.go(link)
    assert newcomer.page.input_value("#accept_name") == "苏晴"
    newcomer.page.fill("#accept_password", "12345")
    newcomer.page.locator("main form.dk-form button[type=submit]").click()
    newcomer.page.locator(".dk-error").wait_for()
    newcomer.picture("invited-phone-zh")
    newcomer.page.fill("#accept_password", "three-legs-of-bronze")
    newcomer.page.locator("main form.dk-form button[type=submit]").click()
    newcomer.page.wait_for_url(demo_site.url + "/")
    late = visit(demo_site)
    late.go(link)
    expect(late.page.locator("main [role=alert]")).to_contain_text("已被接受")
    chief.go("/people/invitations/?state=accepted")
    row.wait_for()


def test_a_team_moves_from_the_keyboard_and_the_dialog_says_what_it_changes_before_anything_moves(demo_site, visit):
    chief = visit(demo_site, "gaoshaojun")
    page = chief.page
    chief.go("/people/teams/")
    page.wait_for_function("() => document.querySelector('.ppl-tree')?.dataset.armed")
    page.locator("li[data-move]", has_text="华北二组").last.locator(".ppl-grip").press("Enter")
    page.locator("#dialog #move-effect").wait_for()
    chief.picture("team-move-zh")
