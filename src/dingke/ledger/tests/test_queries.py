"""The money of an account and the company-wide lists, on tiny data added up by hand."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.utils import translation

from dingke.accounts.tests.factories import make_account
from dingke.core.errors import NotVisible
from dingke.core.scope import Scope
from dingke.ledger import calc
from dingke.ledger.queries import lists, records
from dingke.ledger.queries.account_money import account_money, last_return
from dingke.ledger.tests.factories import (
    make_finding,
    make_incentive,
    make_line,
    make_order,
    make_payment,
    make_product,
    make_receivable,
)

pytestmark = pytest.mark.django_db
D = Decimal


@pytest.fixture(autouse=True)
def _english():
    with translation.override("en"):
        yield


def money(cast, account, today):
    return account_money(cast.finance.scope, account, today)


class TestTrend:
    def test_twelve_quarters_and_two_years_added_up_by_hand(self, cast, account, today):
        make_order(account, amount="100", cost="60", on=date(2026, 9, 30))  # this quarter
        make_order(account, amount="300", cost="200", on=date(2026, 7, 1))
        make_order(account, amount="50", cost="10", on=date(2025, 10, 1))  # first day of the twelve months
        make_order(account, amount="400", cost="300", on=date(2025, 9, 30))  # last day of the twelve before
        make_order(account, amount="70", cost="1", on=date(2023, 10, 1))  # the oldest quarter shown
        make_order(account, amount="999", cost="1", on=date(2023, 9, 30))  # one day too old
        found = money(cast, account, today)
        assert [quarter.name for quarter in found.quarters] == [
            "23Q4", "24Q1", "24Q2", "24Q3", "24Q4", "25Q1", "25Q2", "25Q3", "25Q4", "26Q1", "26Q2", "26Q3",
        ]  # fmt: skip
        revenue = {quarter.name: quarter.turnover.revenue for quarter in found.quarters if quarter.turnover.orders}
        assert revenue == {"23Q4": D(70), "25Q3": D(400), "25Q4": D(50), "26Q3": D(400)}
        assert found.quarters[-1].is_running
        assert found.quarters[-1].turnover.profit == calc.GrossMargin(D("140.00"), D("0.35"))
        assert (found.year.revenue, found.year.profit.amount, found.year_before.revenue) == (D(450), D(180), D(400))
        assert found.change == D("0.125")

    def test_cancelled_returned_archived_foreign_and_future_orders_do_not_count(self, cast, account, today, now):
        make_order(account, amount="100", on=today)
        make_order(account, amount="1", state="CANCELLED")
        make_order(account, amount="2", state="RETURNED")
        make_order(account, amount="4", archived_at=now)
        make_order(account, amount="8", currency="USD")
        make_order(account, amount="16", on=today + timedelta(days=1))
        found = money(cast, account, today)
        assert found.year.revenue == D(100)
        assert found.other_currencies == ("USD",)

    def test_a_profit_is_known_only_when_every_cost_is(self, cast, account, today):
        make_order(account, amount="100", cost="60")
        order = make_order(account, amount="100")
        assert money(cast, account, today).year.profit is None
        assert money(cast, account, today).year.orders_without_cost == 1
        make_line(order, amount="100", cost="70")  # the order has no cost of its own, its lines have
        assert money(cast, account, today).year.profit.amount == D(70)

    @pytest.mark.item("A-04")
    def test_the_share_of_high_profit_products(self, cast, account, today):
        order = make_order(account)
        make_line(order, make_product(is_high_profit=True), amount="300")
        make_line(order, make_product(), amount="100")
        make_line(order, amount="999")  # without a product it says nothing
        assert money(cast, account, today).high_profit_share == D("0.75")


@pytest.mark.item("B-07")
class TestHabit:
    def test_100k_ten_days_late_and_50k_forty_days_late_give_20_days(self, cast, account, today):
        for amount, late in (("100000", 10), ("50000", 40)):
            row = make_receivable(account, amount=amount, due=today - timedelta(days=60))
            make_payment(account, row, amount=amount, on=today - timedelta(days=60 - late))
        habit = money(cast, account, today).habit
        assert habit.average_delay == D(20)
        assert (habit.payments, habit.late, habit.longest, habit.average_delay_before) == (2, 2, 40, None)
        assert habit.sentence == "Pays 20 days late on average, weighted by amount; 2 of 2 payments came late, by up to 40 days."

    def test_the_year_before_is_told_beside_it_and_undone_payments_and_advances_are_not(self, cast, account, today, now):
        old = today - timedelta(days=500)
        make_payment(account, make_receivable(account, due=old), on=old + timedelta(days=5))
        recent = today - timedelta(days=100)
        make_payment(account, make_receivable(account, due=recent), on=recent + timedelta(days=12))
        make_payment(account, make_receivable(account, due=recent), on=today, archived_at=now)
        make_payment(account, amount="500")
        habit = money(cast, account, today).habit
        assert (habit.average_delay, habit.average_delay_before, habit.payments) == (D(12), D(5), 1)
        assert "Slower than the year before (5 days)" in habit.sentence
        assert money(cast, account, today).advances == D(500)

    def test_in_time_and_unknown_have_their_own_sentences(self, cast, account, today):
        assert "not known yet" in money(cast, account, today).habit.sentence
        make_payment(account, make_receivable(account, due=today))
        assert money(cast, account, today).habit.sentence.startswith("Pays in time")


class TestOpenInvoices:
    def test_ageing_of_what_is_open_with_part_payments_taken_off(self, cast, account, today, now):
        make_receivable(account, amount="100", due=today)  # due today: not overdue
        half = make_receivable(account, amount="200", due=today - timedelta(days=30))
        make_payment(account, half, amount="80")
        make_receivable(account, amount="400", due=today - timedelta(days=31), is_disputed=True)
        make_receivable(account, amount="800", due=today - timedelta(days=91))
        paid = make_receivable(account, amount="0.30", due=today - timedelta(days=91))
        for _part in range(3):
            make_payment(account, paid, amount="0.10")  # leaves no dust behind
        make_receivable(account, amount="1600", archived_at=now)
        found = money(cast, account, today)
        assert [(bucket.key, bucket.amount, bucket.count) for bucket in found.buckets] == [
            ("due", D(100), 1), ("1", D(120), 1), ("31", D(400), 1), ("61", D(0), 0), ("91", D(800), 1),
        ]  # fmt: skip
        assert (found.ageing.total, found.ageing.overdue, found.ageing.disputed) == (D(1420), D(1320), D(400))
        assert (found.open_total, found.overdue_total, found.longest_overdue) == (4, 3, 91)
        assert [one.standing.state for one in found.open_invoices] == ["OVERDUE", "DISPUTED", "OVERDUE", "OPEN"]

    def test_the_company_board_says_the_same_as_the_method(self, cast, account, today):
        other = make_account(owner=cast.colleague.user)
        for number, days in enumerate((-5, 0, 1, 30, 31, 60, 61, 90, 91, 400), start=1):
            row = make_receivable(account if number % 2 else other, amount=f"{number}.10", due=today - timedelta(days=days))
            if number % 3 == 0:
                make_payment(row.account, row, amount="1.05")
        board = lists.ageing_board(cast.finance.scope, lists.ReceivableFilter(), today=today)
        expected = calc.ageing(
            [calc.Receivable(one.receivable.pk, one.standing.outstanding, one.receivable.due_date) for one in board.invoices], today=today
        )
        assert [(bucket.amount, bucket.count) for bucket in board.buckets] == [
            (bucket.amount, len(bucket.receivable_ids)) for bucket in expected.buckets
        ]
        assert (board.total, board.overdue) == (expected.total, expected.overdue)

    def test_filters_and_buckets_choose_the_rows_behind_the_sums(self, cast, account, today):
        other = make_account(owner=cast.colleague.user)
        mine = make_receivable(account, amount="10", due=today - timedelta(days=40))
        make_receivable(other, amount="20", due=today - timedelta(days=5), is_disputed=True)

        def rows(**wanted):
            board = lists.ageing_board(cast.finance.scope, lists.ReceivableFilter(**wanted), today=today)
            return [one.receivable.amount for one in board.invoices]

        assert rows() == [D(10), D(20)]
        assert rows(bucket="31") == [D(10)]
        assert rows(only="disputed") == [D(20)]
        assert rows(owner_id=cast.owner.user.pk) == [D(10)]
        assert rows(text=mine.number) == [D(10)]
        assert rows(bucket="due") == []

    def test_pages_go_on_where_the_last_one_ended(self, cast, account, today):
        made = [make_receivable(account, due=today - timedelta(days=days % 3)) for days in range(7)]
        seen, cursor = [], None
        while True:
            board = lists.ageing_board(cast.finance.scope, lists.ReceivableFilter(), today=today, cursor=cursor, size=3)
            seen += [one.receivable.pk for one in board.invoices]
            cursor = board.page.next_cursor
            if cursor is None:
                break
        assert sorted(seen) == sorted(row.pk for row in made)


@pytest.mark.item("A-08")
class TestIncentives:
    def test_50k_to_80k_for_400k_to_410k_returns_a_third(self, cast, account, today):
        """Two periods of 90 days side by side: 10k more profit for 30k more given."""
        first, second = today - timedelta(days=181), today - timedelta(days=91)
        make_incentive(account, amount="50000", start=first, end=second - timedelta(days=1))
        make_incentive(account, amount="80000", start=second, end=second + timedelta(days=89))
        make_order(account, amount="900000", cost="500000", on=first + timedelta(days=3))
        make_order(account, amount="900000", cost="490000", on=second + timedelta(days=3))
        given = money(cast, account, today).incentives
        assert given[0].extra_incentive == D(30000)
        assert round(given[0].ratio, 2) == D("0.33")
        assert given[1].ratio == D(8)  # 400k for the first 50k, nothing before it
        assert last_return(cast.finance.scope, account, today).incentive == given[0].incentive

    def test_says_nothing_while_it_runs_and_without_costs(self, cast, account, today):
        make_incentive(account, start=today - timedelta(days=5), end=today + timedelta(days=5))
        make_incentive(account, start=today - timedelta(days=60), end=today - timedelta(days=50))
        make_order(account, on=today - timedelta(days=55))
        running, ended = money(cast, account, today).incentives
        assert (running.ratio, running.is_running) == (None, True)
        assert (ended.ratio, ended.profit, ended.is_running) == (None, None, False)


class TestLists:
    def test_orders_are_filtered_counted_and_added_up(self, cast, account, today):
        other = make_account("滨江电子有限公司", owner=cast.colleague.user)
        product = make_product()
        order = make_order(account, amount="10", number="ZX-77", on=today)
        make_line(order, product)
        make_order(other, amount="20", on=today - timedelta(days=40))
        make_order(other, amount="40", on=today, state="CANCELLED")

        def numbers(**wanted):
            found = lists.orders_list(cast.finance.scope, lists.OrderFilter(**wanted))
            return [row.amount for row in found.page.items], found.amount

        assert numbers() == ([D(40), D(10), D(20)], D(30))
        assert numbers(text="ZX-7") == ([D(10)], D(10))
        assert numbers(text="滨江") == ([D(40), D(20)], D(20))
        assert numbers(state="CANCELLED") == ([D(40)], D(0))
        assert numbers(owner_id=cast.owner.user.pk) == ([D(10)], D(10))
        assert numbers(product_id=product.pk) == ([D(10)], D(10))
        assert numbers(to_date=today - timedelta(days=1)) == ([D(20)], D(20))

    def test_products_with_margin_and_what_was_sold(self, cast, account, today):
        product = make_product(list_price=D(100), unit_cost=D(40), family="软件", is_high_profit=True)
        make_product(family="备件")
        make_line(make_order(account, on=today), product, amount="500")
        make_line(make_order(account, on=today - timedelta(days=400)), product, amount="7")
        found = lists.products_list(cast.finance.scope, lists.ProductFilter(only="high_profit"), today=today)
        (row,) = found.rows
        assert (row.margin.rate, row.sold) == (D("0.6"), D(500))
        assert found.families == ("备件", "软件")

    def test_everybody_counts_only_what_they_see(self, cast, account, today):
        make_order(account, amount="10")
        make_receivable(account, amount="10")
        seen = {name: lists.orders_list(person.scope, lists.OrderFilter()).amount for name, person in cast.people().items()}
        board = {
            name: lists.ageing_board(person.scope, lists.ReceivableFilter(), today=today).total for name, person in cast.people().items()
        }
        nothing = {"colleague", "stranger"}
        assert {name for name, amount in seen.items() if amount == 0} == nothing
        assert {name for name, amount in board.items() if amount == 0} == nothing

    def test_single_records_are_not_there_for_strangers(self, cast, account, today):
        rows = {
            records.order_for: make_order(account),
            records.receivable_for: make_receivable(account),
            records.payment_for: make_payment(account),
            records.incentive_for: make_incentive(account, start=today, end=today),
            records.finding_for: make_finding(account),
        }
        for query, row in rows.items():
            assert query(cast.owner.scope, row.pk).pk == row.pk
            for scope in (cast.stranger.scope, Scope.nobody()):
                with pytest.raises(NotVisible):
                    query(scope, row.pk)


@pytest.mark.parametrize("number", [3, 30])
def test_the_money_of_an_account_costs_the_same_for_3_and_30_rows(cast, account, today, count_queries, number):
    for index in range(number):
        day = today - timedelta(days=20 * index)
        order = make_order(account, on=day, cost="500" if index % 2 else None)
        make_line(order, make_product(), cost="500")
        row = make_receivable(account, due=day, order=order)
        make_payment(account, row, amount="300", on=day + timedelta(days=3) if index else day)
        make_incentive(account, start=day, end=day + timedelta(days=10))
        make_finding(account)
    with count_queries() as counted:
        found = money(cast, account, today)
        for one in found.open_invoices:
            assert one.label
    assert counted.number == 14, counted.sql  # three of them ask for the currency of the books, once per request on a page


@pytest.mark.parametrize("number", [3, 30])
def test_the_lists_cost_the_same_for_3_and_30_rows(cast, today, count_queries, number):
    for _index in range(number):
        account = make_account(owner=cast.owner.user)
        make_receivable(account)
        make_line(make_order(account), make_product())
    with count_queries() as counted:
        found = lists.orders_list(cast.finance.scope, lists.OrderFilter())
        assert all(row.account.owner.name for row in found.page.items)
        board = lists.ageing_board(cast.finance.scope, lists.ReceivableFilter(), today=today)
        assert all(one.receivable.account.owner.name for one in board.invoices)
        assert lists.products_list(cast.finance.scope, lists.ProductFilter(), today=today).rows
    assert counted.number == 14, counted.sql  # three of them ask for the currency of the books, once per request on a page
