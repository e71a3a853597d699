"""Passkeys and one-time codes in a real browser, with the browser's own virtual authenticator as the device."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from playwright.sync_api import Page

from dingke.config.demo.build import PASSWORD
from dingke.config.tests.browser.conftest import Site, environment, running, watch

DEVICE = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.fixture
def own_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """An installation of its own: what is forced here must not meet other journeys. Passkeys need a name, not an address."""
    home = tmp_path_factory.mktemp("second-factor")
    command = [sys.executable, "-m", "dingke.config.cli", "admin", "admin", "--name", "管理员"]
    done = subprocess.run(command, env=environment(home), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    for site in running(home, "up"):
        yield Site(site.url.replace("127.0.0.1", "localhost"), home)


@pytest.fixture
def page(browser, own_site) -> Iterator[Page]:
    context = browser.new_context(locale="en", base_url=own_site.url)
    page = context.new_page()
    complaints: list[str] = []
    watch(page, complaints)
    device = context.new_cdp_session(page)
    device.send("WebAuthn.enable")
    device.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE})
    yield page
    context.close()
    assert complaints == []


def password_step(page: Page) -> None:
    page.goto("/sign-in/login/")
    page.fill("#id_login", "admin")
    page.fill("#id_password", PASSWORD)
    page.click("form:not([data-passkey]) .btn-primary")


def sign_out(page: Page) -> None:
    page.wait_for_load_state("networkidle")
    page.context.clear_cookies()


def test_a_forced_second_factor_is_a_passkey_that_then_signs_in(page, own_site):
    password_step(page)
    page.wait_for_url(own_site.url + "/")
    page.goto("/people/sign-in-rules/")
    page.check("[value=ADMINISTRATOR]")
    page.click("main .btn-primary")
    page.wait_for_url("**/people/me/security/")  # led there before anything else
    page.goto("/accounts/")
    page.wait_for_url("**/people/me/security/")
    page.click("a[href*='webauthn/add']")
    page.fill("#id_name", "Notebook")
    page.click("[data-passkey-go]")
    page.wait_for_url("**/recovery-codes/")
    codes = page.locator("#codes li").all_inner_texts()
    assert len(codes) == 10
    with page.expect_download() as download:
        page.click("[data-codes-save]")
    kept = download.value.path().read_text(encoding="utf-8")
    assert all(code.strip() in kept for code in codes)
    page.goto("/accounts/")
    page.wait_for_url("**/accounts/")

    sign_out(page)
    page.goto("/sign-in/login/?next=/people/me/security/")
    page.click("[data-passkey-go]")  # no name, no password
    page.wait_for_url(own_site.url + "/people/me/security/")
    page.get_by_text("Notebook").wait_for()

    sign_out(page)
    password_step(page)
    page.wait_for_url("**/authenticate/")
    page.click("[data-passkey-go]")  # as the second step
    page.wait_for_url(own_site.url + "/")

    sign_out(page)
    password_step(page)
    page.wait_for_url("**/authenticate/")
    page.fill("#id_code", codes[0].strip())
    page.click("form:not([data-passkey]) .btn-primary")
    page.wait_for_url(own_site.url + "/")


def test_one_time_codes_of_an_authenticator_app(page, own_site):
    password_step(page)
    page.wait_for_url(own_site.url + "/")
    page.goto("/people/me/security/")
    page.click("a[href*='totp/activate']")
    assert page.locator(".sec-qr").evaluate("image => image.naturalWidth") > 100
    page.click("summary")
    secret = page.locator(".sec-secret code").inner_text()
    assert re.fullmatch(r"[A-Z2-7]+", secret)

    def code(step: int = 0) -> str:
        return format_hotp_value(hotp_value(secret, int(time.time()) // 30 + step))

    page.fill("#id_code", code())
    page.click("main .btn-primary")
    page.wait_for_url("**/recovery-codes/")
    sign_out(page)
    password_step(page)
    page.wait_for_url("**/authenticate/")
    page.fill("#id_code", code(1))
    page.click("form:not([data-passkey]) .btn-primary")
    page.wait_for_url(own_site.url + "/")


def test_a_new_token_is_shown_once_and_works(page, own_site):
    password_step(page)
    page.wait_for_url(own_site.url + "/")
    page.goto("/people/me/tokens/")
    page.click(".dk-head-actions button")
    page.fill("#dialog [name=name]", "ERP")
    page.check("#dialog [value='accounts:read']")
    page.click("#dialog [type=submit]")
    secret = page.locator("#token-secret").input_value()
    page.click("#dialog .btn-primary[data-close]")
    page.get_by_text(secret[:7]).first.wait_for()
    headers = {"Authorization": f"Bearer {secret}"}
    assert page.request.get("/api/v1/accounts/", headers=headers).status == 200
    assert page.request.get("/api/v1/ledger/orders", headers=headers).status == 403
    page.click("main .sec-acts button")
    page.locator("dialog[open] .btn", has_text="Revoke").click()
    page.locator("main .dk-pill", has_text="Revoked").wait_for()
    assert page.request.get("/api/v1/accounts/", headers=headers).status == 401
