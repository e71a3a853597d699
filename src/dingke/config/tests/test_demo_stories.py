"""Every story of the demonstration is true in its numbers."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date, timedelta
from decimal import Decimal

import pytest

from dingke.config.demo.records import World
from dingke.config.demo.stories import (
    GIANT_SILENT_DAYS,
    GIANT_USUAL_DAYS,
    RECYCLE_CONTACT_GAP,
    RECYCLE_DAYS,
    STAR_GROWTH,
    STORY_ACCOUNTS,
)
from dingke.config.demo.world import TODAY, build_world
from dingke.config.tests.demo_books import Books


@pytest.fixture(scope="module")
def world() -> World:
    return build_world(TODAY)


@pytest.fixture(scope="module", params=[TODAY, date(2026, 3, 31), date(2025, 12, 14)])
def any_world(request: pytest.FixtureRequest) -> World:
    return build_world(request.param)


@pytest.fixture(scope="module")
def books(world: World) -> Books:
    return Books(world)


def only(story: str) -> str:
    (code,) = STORY_ACCOUNTS[story]
    return code


class TestStories:
    def test_all_are_told(self, world: World) -> None:
        assert len(world.stories) == 14
        for story in world.stories:
            assert story.sentence.endswith("。")
            assert story.sentence_en.endswith(".")
            assert "," not in story.sentence

    def test_giant_goes_quiet(self, any_world: World) -> None:
        books = Books(any_world)
        code = only("GIANT_GOES_QUIET")
        assert max(books.accounts, key=books.revenue) == code
        assert Decimal("0.18") <= books.revenue(code) / books.total <= Decimal("0.21")
        last_year = books.revenue(code, year=2) / books.revenue(*books.accounts, year=2)
        assert Decimal("0.18") <= last_year <= Decimal("0.21")
        days = [order.order_date for order in books.orders[code]]
        gaps = [(later - earlier).days for earlier, later in zip(days, days[1:], strict=False)]
        assert (any_world.today - days[-1]).days == GIANT_SILENT_DAYS == 97
        assert round(sum(gaps) / len(gaps)) == GIANT_USUAL_DAYS == 41
        assert max(gaps) < 60

    @pytest.mark.item("A-10")
    def test_three_faces(self, books: Books) -> None:
        eater, setter, once = only("MARGIN_EATER"), only("STANDARD_SETTER"), only("ONE_OFF_PROJECT")
        average = books.profit(*books.accounts) / books.total
        ranked_volume = sorted(books.accounts, key=books.revenue, reverse=True)
        ranked_profit = sorted(books.accounts, key=books.profit, reverse=True)
        assert ranked_volume.index(eater) == 1
        assert round(books.profit(eater) / books.revenue(eater), 2) == Decimal("0.04") < average / 2
        assert books.accounts[setter].influence == 92
        assert books.profit(setter) / books.revenue(setter) <= Decimal("0.03")
        assert len(books.orders[once]) == 1
        assert Decimal(2_000_000) < books.profit(once) < Decimal(3_000_000)
        assert ranked_profit.index(once) < 40

    def test_group_tree(self, books: Books) -> None:
        root, *others = STORY_ACCOUNTS["GROUP_TREE"]
        levels = {root: 1}
        for code in others:
            levels[code] = levels[books.accounts[code].parent or ""] + 1
        assert len(others) == 5
        assert max(levels.values()) == 3
        holder = books.accounts[root].owner
        elsewhere = [books.accounts[code].owner for code in others if books.accounts[code].owner != holder]
        assert len(elsewhere) == len(set(elsewhere)) == 2

    def test_rising_star(self, books: Books) -> None:
        first, second, third = (books.revenue(only("RISING_STAR"), year=year) for year in range(3))
        assert abs(second / first - 1 - Decimal(str(STAR_GROWTH))) < Decimal("0.03")
        assert abs(third / second - 1 - Decimal(str(STAR_GROWTH))) < Decimal("0.03")

    def test_payments_slip(self, world: World) -> None:
        due = {receivable.number: receivable.due_date for receivable in world.receivables}
        late: dict[int, list[int]] = defaultdict(list)
        for payment in world.payments:
            if payment.account == only("PAYMENTS_SLIP"):
                day = due[payment.receivable]
                late[(day.year * 12 + day.month - 1) // 3].append((payment.paid_date - day).days)
        means = [sum(days) / len(days) for _, days in sorted(late.items())]
        assert len(means) >= 10
        assert all(later > earlier for earlier, later in zip(means, means[1:], strict=False))
        assert means[0] < 10
        assert means[-1] > 55

    def test_duplicate_pair(self, books: Books) -> None:
        first, second = (books.accounts[code] for code in STORY_ACCOUNTS["DUPLICATE_PAIR"])
        assert first.owner != second.owner
        assert first.owner
        assert second.owner
        assert first.name != second.name
        assert (first.phone, first.website, first.city) == (second.phone, second.website, second.city)
        assert books.orders[first.code]
        assert books.orders[second.code]
        mobiles = [{contact.mobile for contact in books.world.contacts if contact.account == account.code} for account in (first, second)]
        assert len(mobiles[0] & mobiles[1]) == 1

    def test_pool_and_recycling(self, books: Books) -> None:
        today = books.world.today
        treasure = books.accounts[only("POOL_TREASURE")]
        assert treasure.owner is None
        assert books.revenue(treasure.code, year=1) > 900_000
        leaving = only("RECYCLE_SOON")
        gaps: dict[str, int] = {}
        for note in books.world.notes:
            gaps[note.account] = (today - note.date).days
        assert gaps[leaving] == RECYCLE_CONTACT_GAP == 83
        assert RECYCLE_DAYS - gaps[leaving] == 7
        owned = [account.code for account in books.accounts.values() if account.owner and account.code != leaving]
        assert max(gaps[code] for code in owned) < gaps[leaving]
        assert today - books.orders[leaving][-1].order_date > timedelta(days=180)

    @pytest.mark.item("A-08")
    def test_incentive_without_return(self, books: Books) -> None:
        code = only("INCENTIVE_WITHOUT_RETURN")
        _, before, after = (incentive for incentive in books.world.incentives if incentive.account == code)
        assert (before.amount, after.amount) == (Decimal("50000.00"), Decimal("100000.00"))
        assert abs(before.gross_profit - 400_000) < 5
        assert abs(after.gross_profit - 410_000) < 5
        assert (after.gross_profit - before.gross_profit) / (after.amount - before.amount) < 1

    def test_incentives_agree_with_the_orders(self, books: Books) -> None:
        for incentive in books.world.incentives:
            orders = [
                order for order in books.orders[incentive.account] if incentive.period_start <= order.order_date <= incentive.period_end
            ]
            assert incentive.base_amount == sum(order.amount for order in orders)
            assert incentive.gross_profit == sum(order.gross_profit for order in orders)

    def test_government_dossier_and_nomination(self, books: Books) -> None:
        assert books.accounts[only("GOVERNMENT_BODY")].form == "GOVERNMENT"
        half = only("HALF_A_DOSSIER")
        assert sum(entry.account == half for entry in books.world.dossier_entries) == 4
        assert not any(fact.account == half for fact in books.world.competitor_facts)
        (pending,) = (nomination for nomination in books.world.nominations if nomination.status == "PENDING")
        assert pending.account == only("NOMINATION_WAITS")
        assert books.accounts[pending.account].customer_type == "ORGANISATION"
        assert (books.world.today - pending.proposed_date).days <= 7
        high_profit = {product.code for product in books.world.products if product.is_high_profit}
        lines = [line for order in books.orders[pending.account] for line in order.lines]
        share = sum(line.amount for line in lines if line.product in high_profit) / sum(line.amount for line in lines)
        assert round(share, 1) == Decimal("0.4")

    def test_key_accounts_are_the_approved_ones(self, world: World) -> None:
        approved = {nomination.account for nomination in world.nominations if nomination.status == "APPROVED"}
        assert approved == {account.code for account in world.accounts if account.customer_type == "KEY"}

    def test_dossiers_vary_and_age(self, world: World) -> None:
        filled = Counter(entry.account for entry in world.dossier_entries)
        assert {filled[account.code] for account in world.accounts} >= {1, 3, 5, 8}
        stale = sum((world.today - entry.date).days > 180 for entry in world.dossier_entries)
        assert 0.2 < stale / len(world.dossier_entries) < 0.45
