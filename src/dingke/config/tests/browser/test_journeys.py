"""The journeys of the first release in a real browser, on the real files and on the demonstration company."""

from __future__ import annotations

import json

import pytest

from dingke.conftest import REAL_DATA

HARDWARE = REAL_DATA / "b2b_computer_hardware"


@pytest.mark.real_data
@pytest.mark.item("A-05", "A-09")
class TestADirectorBringsTheCustomerBaseIn:
    """`dingke import FOLDER --yes`, `dingke score`, `dingke report`, then the browser."""

    def test_from_files_to_who_is_key(self, empty_site, visit):
        done = empty_site.command("import", str(HARDWARE), "--yes", "--json")
        assert done.returncode == 0, done.stderr
        assert empty_site.command("score", "--json").returncode == 0
        report = json.loads(empty_site.command("report", "portfolio", "--json").stdout)
        assert (report["accounts"], report["orders"], report["revenue"], report["accounts_for_80_percent"]) == (85, 4238, "10005534.00", 59)
        assert report["top"][:3] == [["Kan-code", "341455.00"], ["Konex", "269245.00"], ["Condax", "206410.00"]]
        visitor = visit(empty_site, "admin")
        visitor.go("/insights/")
        visitor.page.get_by_role("link", name="Kan-code", exact=True).first.wait_for()
        visitor.picture("hardware-portfolio-zh")
        visitor.page.get_by_role("link", name="Kan-code", exact=True).first.click()
        visitor.page.wait_for_url("**/account/**")
        visitor.settle()
        assert "Kan-code" in visitor.page.inner_text("h1")
        visitor.picture("hardware-account-zh")


class TestTheWizard:
    """A spreadsheet in GB18030 with Chinese heads, one bad row, undo: all in the browser, with the real worker."""

    def test_brings_a_spreadsheet_in_shows_what_failed_and_takes_it_back(self, demo_site, visit, tmp_path):
        rows = [
            "客户名称,城市,统一社会信用代码,员工人数",
            "浣江精密机械有限公司,浣江,,320",
            "北岭智能装备有限公司,北岭,123,80",
            "南屿材料有限公司,南屿,,45",
        ]
        file = tmp_path / "客户资料.csv"
        file.write_bytes("\r\n".join(rows).encode("gb18030"))
        visitor = visit(demo_site, "fangjinglan")
        page = visitor.page
        visitor.go("/imports/new/")
        page.set_input_files("input[type=file]", str(file))
        page.click("[data-send]")
        page.wait_for_url("**/files/**")
        visitor.settle()
        assert "浣江精密机械有限公司" in page.inner_text("main")
        visitor.picture("wizard-columns-zh", whole=True)
        page.click("#columns button[value=next]")
        page.wait_for_url("**/check/**")
        visitor.settle()
        visitor.picture("wizard-check-zh", whole=True)
        page.locator("form[action*=start] button[type=submit]").click()
        page.wait_for_url(lambda url: "/check/" not in url)
        page.locator("form[action*=undo] button").wait_for(timeout=60_000)
        visitor.settle()
        assert "北岭智能装备有限公司" in page.inner_text("main")
        visitor.picture("wizard-result-zh", whole=True)
        visitor.settle()
        result = page.url.removeprefix(visitor.site.url)
        visitor.go("/accounts/?text=浣江精密")
        page.get_by_role("link", name="浣江精密机械有限公司").first.wait_for()
        visitor.go(result)
        page.locator("form[action*=undo] button").click()
        page.locator("dialog[role=alertdialog] button").last.click()
        page.locator("form[action*=undo]").wait_for(state="detached", timeout=60_000)
        page.locator("main", has_text="已撤销").wait_for(timeout=60_000)
        visitor.settle()
        visitor.go("/accounts/?text=浣江精密")
        assert page.get_by_role("link", name="浣江精密机械有限公司").count() == 0


class TestSearch:
    @pytest.mark.parametrize(("asked", "found"), [("沧陵重工", "沧陵重工集团"), ("重工", "沧陵重工集团"), ("clzg", "沧陵重工集团")])
    def test_the_palette_finds_by_characters_and_initials(self, demo_site, visit, asked, found):
        visitor = visit(demo_site, "fangjinglan")
        visitor.page.keyboard.press("Control+k")
        visitor.page.fill("#palette-input", asked)
        visitor.page.locator("#palette-list a", has_text=found).first.wait_for()
        visitor.page.keyboard.press("Enter")
        visitor.page.wait_for_url("**/account/**")


class TestARepWorks:
    def test_sees_own_accounts_only_and_logs_a_contact(self, demo_site, visit):
        visitor = visit(demo_site, "chenqizhou")
        visitor.go("/accounts/")
        owners = {cell.strip() for cell in visitor.page.locator("table tbody tr td:nth-child(3)").all_inner_texts()}
        assert "蔡亦珂" not in owners
        visitor.go("/insights/")
        assert visitor.page.locator("h1").count() == 1

    def test_a_draft_survives_a_lost_connection(self, demo_site, visit):
        visitor = visit(demo_site, "zhoumin")
        visitor.go("/accounts/new/")
        visitor.page.fill("input[name=name]", "江州新材料有限公司")
        visitor.page.fill("input[name=city]", "江州")
        visitor.page.wait_for_timeout(800)
        visitor.page.context.set_offline(True)
        visitor.page.evaluate("window.dispatchEvent(new Event('offline'))")
        visitor.page.context.set_offline(False)
        visitor.go("/accounts/new/")
        visitor.page.wait_for_function("document.querySelector('input[name=name]').value === '江州新材料有限公司'")
        assert visitor.page.input_value("input[name=city]") == "江州"


class TestTwoPeopleEditOneAccount:
    def test_the_second_sees_both_versions_and_loses_nothing(self, demo_site, visit):
        first, second = visit(demo_site, "fangjinglan"), visit(demo_site, "fangjinglan", language="en")
        for visitor in (first, second):
            visitor.go("/accounts/3/edit/")
        first.page.fill("input[name=address]", "新址一号")
        first.page.locator("form[data-draft] button[type=submit]").first.click()
        first.page.wait_for_url("**/account/3/**")
        second.page.fill("input[name=address]", "新址二号")
        second.page.locator("form[data-draft] button[type=submit]").first.click()
        second.page.get_by_text("Saved by others").wait_for()
        text = second.page.inner_text("main")
        assert "新址一号" in text
        second.picture("stale-en")


@pytest.mark.parametrize(
    "look",
    [{}, {"language": "en"}, {"dark": True}, {"phone": True}, {"phone": True, "language": "en", "dark": True}],
    ids=lambda look: "-".join(f"{key}{value}" for key, value in look.items()) or "zh",
)
def test_every_main_page_is_drawn_without_a_complaint_and_without_sideways_scrolling(demo_site, visit, look):
    visitor = visit(demo_site, "fangjinglan", **look)
    tag = "-".join(["phone"] * bool(look.get("phone")) + ["en" if look.get("language") else "zh"] + ["dark"] * bool(look.get("dark")))
    pages = {
        "today": "/", "accounts": "/accounts/", "account": "/account/1/", "portfolio": "/insights/", "pool": "/accounts/pool/", "orders": "/ledger/orders/",
        "receivables": "/ledger/receivables/", "products": "/ledger/products/", "approvals": "/approvals/", "imports": "/imports/", "settings": "/settings/",
        "duplicates": "/accounts/duplicates/", "form": "/accounts/new/", "nominate": "/accounts/20/nominate/",
    }  # fmt: skip
    for name, path in pages.items():
        visitor.go(path)
        visitor.page.wait_for_timeout(300)
        visitor.picture(f"{name}-{tag}", keep=name in {"account", "portfolio"})
        wide = visitor.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 1, f"{name} scrolls sideways by {wide} px"
