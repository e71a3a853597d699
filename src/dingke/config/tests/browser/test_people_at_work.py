"""People at one company in the browser: nominating and approving, claiming from the pool, merging, scoring, moving the cut-offs."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.timeout(600)


@pytest.mark.item("A-01", "A-02", "A-03", "A-04", "A-07")
class TestNomination:
    def test_a_rep_nominates_the_manager_and_the_director_agree_on_their_phones(self, demo_site, visit):
        rep = visit(demo_site, "chenqizhou")
        rep.go("/accounts/?owner=mine&key=no")
        account = rep.page.locator("main table a[href^='/account/']").first.get_attribute("href").split("/")[2]
        rep.go(f"/accounts/{account}/nominate/")
        rep.page.locator("button[value=propose]").click()
        rep.settle()
        assert f"/accounts/{account}/nominate/" in rep.page.url, "without a reason and a benefit it must not go out"
        rep.page.fill("textarea[name=reason]", "年采购额居前且稳定增长，值得专人经营。")
        for name in ("test-LARGE_SALES", "test-SOUND_FUNDS", "feature-HIGH_CONTRIBUTION", "feature-STABILITY"):
            rep.page.locator(f"#id_{name}_0").check(force=True)
            rep.page.fill(f"textarea[name={name}-words]", "近十二个月订单与回款记录")
        rep.page.locator("#id_criterion-PARTNERSHIP_3").check(force=True)
        rep.page.locator("#id_benefit-STABLE_INCOME").check(force=True)
        rep.page.fill("textarea[name=benefit-STABLE_INCOME-measure]", "年采购额不低于上年")
        rep.picture("nominate-filled-zh", whole=True)
        rep.page.locator("button[value=propose]").click()
        rep.page.wait_for_url(lambda url: "/nominate/" not in url)
        for name in ("zhoumin", "fangjinglan"):  # who leads his group, then a director
            chief = visit(demo_site, name, phone=True)
            chief.go("/approvals/")
            chief.picture(f"approvals-{name}-phone-zh")
            chief.page.locator("a.dk-approval-main", has_text="陈启舟").first.click()
            chief.page.wait_for_url(lambda url: url.rstrip("/").rsplit("/", 1)[1].isdigit())
            chief.settle()
            chief.picture(f"approval-{name}-phone-zh")
            chief.page.locator("button[value=agree]").click()
            chief.page.locator("button[value=agree]").wait_for(state="detached")
        rep.go(f"/account/{account}/")
        assert "大客户" in rep.page.inner_text("main header")


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


class TestMerge:
    def test_two_accounts_become_one_and_two_again(self, demo_site, visit):
        """The demonstration company holds one customer twice; the director makes it one, and takes it back."""
        chief = visit(demo_site, "fangjinglan")
        page = chief.page
        chief.go("/accounts/duplicates/")
        page.locator("form[action$='/find/'] button").first.click()
        page.locator("li.dup-pair").first.wait_for(timeout=60_000)  # the search runs by a worker, and the page follows it
        chief.settle()
        chief.picture("duplicates-zh")
        pair = page.locator("li.dup-pair", has=page.locator("a[href*='/merge/?with=']")).first
        gone = pair.locator(".dup-side a").nth(1).get_attribute("href")
        name = pair.locator(".dup-side strong").nth(1).inner_text().strip()
        pair.locator("a[href*='/merge/?with=']").click()
        page.wait_for_url(lambda url: "/merge/" in url)
        chief.settle()
        chief.picture("merge-zh", whole=True)
        page.locator("main form button[type=submit]").first.click()
        page.locator("dialog[open] .btn-primary, dialog[open] .btn-danger").click()
        page.wait_for_url(lambda url: "/merge/" not in url)
        chief.go("/accounts/?text=" + name)
        page.locator("#list, main table, main .dk-empty").first.wait_for()
        assert page.locator(f"main a[href='{gone}']").count() == 0, "it left every list"
        chief.go("/accounts/duplicates/?tab=merged")
        chief.picture("merged-zh")
        merged = page.locator("li.dup-pair", has_text=name)
        merged.locator("form button").click()
        page.locator("dialog[open] .btn-primary, dialog[open] .btn-danger").click()
        merged.locator("form").wait_for(state="detached")
        chief.go("/accounts/?text=" + name)
        page.locator(f"main a[href='{gone}']").first.wait_for()


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
