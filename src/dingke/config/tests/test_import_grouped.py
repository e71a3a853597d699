"""Orders whose lines stand in rows of their own: whole or not at all, in any order of rows, twice the same, taken back."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.db import IntegrityError
from django.db.models import Sum
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dingke.accounts.models import Account
from dingke.accounts.tests.factories import make_account
from dingke.config.tests.importing_kit import SYSTEM, a_run, csv_bytes, done, imported, only, reasons
from dingke.core.importing import dry_run, engine, grouping, setup, undo
from dingke.core.importing.rows import Prepared
from dingke.core.models import ImportRun
from dingke.ledger.actions import importing_orders
from dingke.ledger.models import Order, OrderLine, Product
from dingke.ledger.tests.factories import make_order

pytestmark = pytest.mark.django_db
HEAD = "客户编号,订单编号,订单日期,产品,数量,单价,金额,成本"
LINES = (
    "A1,SO-1,2026-01-05,主轴,2,500,1000,600",
    "A1,SO-1,2026-01-05,导轨,10,30,300,200",
    "A1,SO-2,2026-01-06,主轴,1,500,500,300",
    "A2,SO-1,2026-01-07,导轨,1,30,30,20",
    "A1,SO-1,2026-01-05,丝杠,1,70,70,40",
)


def counts(run: ImportRun) -> dict[str, int]:
    return {key: value for key, value in run.counts["total"].items() if value}


def orders() -> dict[tuple[str, str], tuple[Decimal, Decimal | None, list[tuple[str, Decimal, Decimal]]]]:
    return {
        (order.account.external_key, order.number): (
            order.amount,
            order.cost,
            sorted((line.product.name if line.product else "", line.quantity, line.amount) for line in order.lines.all()),
        )
        for order in Order.objects.select_related("account").prefetch_related("lines__product")
    }


@pytest.fixture
def books(db):
    for key, name in (("A1", "甲公司"), ("A2", "乙公司")):
        make_account(name, external_key=key)
    for name in ("主轴", "导轨", "丝杠"):
        Product.objects.create(code=name, name=name)


def take(rows, now, **how):
    return imported(("订单.csv", csv_bytes(*rows)), now=now, target="orders", **how)


def test_rows_with_one_number_of_one_account_become_one_order(books, now):
    run = take((HEAD, *LINES), now)
    assert counts(run) == {"created": 3, "joined": 2}
    assert orders() == {
        ("A1", "SO-1"): (1370, 840, [("丝杠", 1, 70), ("主轴", 2, 1000), ("导轨", 10, 300)]),
        ("A1", "SO-2"): (500, 300, [("主轴", 1, 500)]),
        ("A2", "SO-1"): (30, 20, [("导轨", 1, 30)]),
    }
    assert OrderLine.objects.get(product__name="导轨", order__number="SO-1", order__account__external_key="A1").unit_price == 30
    assert {order.amount for order in Order.objects.all()} == {
        row["whole"] for row in OrderLine.objects.values("order").annotate(whole=Sum("amount")).order_by()
    }


def test_the_second_time_nothing_changes_in_whatever_order_the_rows_come(books, now):
    take((HEAD, *LINES), now)
    for rows in (LINES, tuple(reversed(LINES))):
        again = take((HEAD, *rows), now)
        assert counts(again) == {"unchanged": 3, "joined": 2}
        assert not again.changes.exists()
    assert OrderLine.objects.count() == 5


def test_undo_takes_the_orders_back_with_their_lines(books, now):
    run = take((HEAD, *LINES), now)
    undo.take_back(run, by=SYSTEM, now=now)
    assert not Order.objects.exists()
    assert not OrderLine.objects.exists()


def test_a_later_file_changes_and_adds_lines_and_undo_sets_them_back(books, now):
    take((HEAD, *LINES), now)
    before = orders()
    more = (
        "A1,SO-1,2026-01-05,主轴,3,500,1500,900",
        "A1,SO-1,2026-01-05,导轨,10,30,300,200",
        "A1,SO-1,2026-01-05,丝杠,1,70,70,40",
        "A1,SO-1,2026-01-05,丝杠,2,70,140,80",
    )
    run = take((HEAD, *more), now)
    assert counts(run) == {"updated": 1, "joined": 3}
    assert orders()["A1", "SO-1"] == (2010, 1220, [("丝杠", 1, 70), ("丝杠", 2, 140), ("主轴", 3, 1500), ("导轨", 10, 300)])
    assert counts(take((HEAD, *more), now)) == {"unchanged": 1, "joined": 3}
    undo.take_back(run, by=SYSTEM, now=now)
    assert orders() == before


@pytest.mark.parametrize("size", [1, 2, 3, 4, 100])
def test_an_order_is_never_cut_by_a_batch(books, now, monkeypatch, size):
    monkeypatch.setattr(engine, "BATCH", size)
    run = take((HEAD, *LINES), now)
    assert counts(run) == {"created": 3, "joined": 2}
    assert orders()["A1", "SO-1"][0] == 1370


@pytest.mark.parametrize("stop_after", [1, 2, 3, 4])
def test_a_run_that_was_killed_goes_on_with_whole_orders(books, now, monkeypatch, stop_after):
    monkeypatch.setattr(engine, "BATCH", 1)
    passed: list[int] = []
    store = engine._store

    def once(*args, **kwargs):
        if len(passed) == stop_after:
            passed.append(-1)
            raise KeyboardInterrupt
        passed.append(1)
        return store(*args, **kwargs)

    monkeypatch.setattr(engine, "_store", once)
    run = a_run(("订单.csv", csv_bytes(HEAD, *LINES)), now=now, target="orders")
    with pytest.raises(KeyboardInterrupt):
        done(run, now=now)
    run.refresh_from_db()
    assert only(run).rows_done == stop_after
    engine.perform(run, by=SYSTEM, now=now)
    run.refresh_from_db()
    assert counts(run) == {"created": 3, "joined": 2}
    assert orders()["A1", "SO-1"][0] == 1370


def test_a_bad_row_keeps_its_whole_order_out_and_says_why(books, now):
    bad = list(LINES)
    bad[1] = "A1,SO-1,2026-01-05,导轨,十,30,300,200"
    run = take((HEAD, *bad), now)
    assert counts(run) == {"created": 2, "failed": 3}
    assert set(orders()) == {("A1", "SO-2"), ("A2", "SO-1")}
    first, second, third = reasons(run)
    assert "Quantity" in second
    assert first.startswith("Row 3 of the same record was refused: Quantity")
    assert third.startswith("Row 3 of the same record was refused: Quantity")


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ("A1,SO-1,2026-01-05,无此产品,10,30,300,200", "There is no product 无此产品"),
        ("A1,SO-1,2026-01-05,导轨,0,30,0,0", "A quantity of zero"),
        ("A1,SO-1,2026-01-05,导轨,10,30,1300,200", "10 × 30 is 300.00, but the amount is 1300.00."),
        ("A1,SO-1,2026-02-05,导轨,10,30,300,200", "disagree about “Order date”: 2026-01-05 and 2026-02-05"),
        ("A1,SO-1,2026-01-05,主轴,2,500,1000,600", "The row says the same as row 2."),
    ],
)
def test_what_the_domain_refuses_keeps_the_order_out(books, now, row, why):
    bad = list(LINES)
    bad[1] = row
    run = take((HEAD, *bad), now)
    assert counts(run) == {"created": 2, "failed": 3}
    said = reasons(run)
    assert sum(why in each for each in said) == 3
    assert why in said[1]
    assert not said[1].startswith(("Row", "Another"))
    assert all(each.startswith(("Row", "Another")) for each in (said[0], said[2]))
    assert ("A1", "SO-1") not in orders()


def test_the_total_of_the_order_is_checked(books, now):
    head = HEAD + ",订单总额"
    totals = {"A1,SO-1": "1370", "A1,SO-2": "500", "A2,SO-1": "31"}
    rows = [f"{line},{totals[','.join(line.split(',')[:2])]}" for line in LINES]
    run = take((head, *rows), now)
    assert counts(run) == {"created": 2, "joined": 2, "failed": 1}
    assert reasons(run) == ["The lines of the order SO-1 add up to 30.00, but its total is 31.00."]
    rows[4] = rows[4].replace(",1370", ",1371")
    again = take((head, *rows), now)
    assert "disagree about “Order total”" in " ".join(reasons(again))


def test_a_file_that_repeats_the_amount_of_the_order_on_each_row(books, now):
    """Told by quantity times price; taken as lines it would count the order three times."""
    rows = ("A1,SO-1,2026-01-05,主轴,2,500,1370,840", "A1,SO-1,2026-01-05,导轨,10,30,1370,840", "A1,SO-1,2026-01-05,丝杠,1,70,1370,840")
    run = take((HEAD, *rows), now)
    assert counts(run) == {"created": 1, "joined": 2}
    assert orders()["A1", "SO-1"] == (1370, 840, [("丝杠", 1, 70), ("主轴", 2, 1000), ("导轨", 10, 300)])
    assert counts(take((HEAD, *rows), now)) == {"unchanged": 1, "joined": 2}


def test_without_anything_that_a_line_has_a_repeated_number_stays_a_mistake(books, now):
    run = take(("客户编号,订单编号,订单日期,金额", "A1,SO-1,2026-01-05,10", "A1,SO-1,2026-01-05,20"), now)
    assert counts(run) == {"created": 1, "failed": 1}
    assert reasons(run) == ["The same record stands in row 2 already."]


def test_numbers_made_row_by_row_make_no_groups(books, now):
    run = take(("客户编号,订单日期,产品,数量,金额", "A1,2026-01-05,主轴,1,10", "A1,2026-01-05,主轴,1,10"), now)
    assert counts(run) == {"created": 2}


def test_an_import_takes_no_lines_away(books, now):
    take((HEAD, *LINES), now)
    run = take((HEAD, *LINES[:2]), now)
    assert counts(run) == {"failed": 2}
    assert "has 3 lines here and 2 in the file" in reasons(run)[0]
    assert orders()["A1", "SO-1"][0] == 1370


def test_an_order_without_lines_gets_them(books, now):
    make_order(Account.objects.get(external_key="A1"), number="SO-1", amount=1)
    run = take((HEAD, *LINES), now)
    assert counts(run) == {"created": 2, "updated": 1, "joined": 2}
    assert len(orders()["A1", "SO-1"][2]) == 3
    undo.take_back(run, by=SYSTEM, now=now)
    assert orders() == {("A1", "SO-1"): (1, None, [])}


def test_an_account_that_came_along_with_a_refused_order_is_taken_back_too(books, now):
    rows = ("丙公司,SO-1,2026-01-05,主轴,1,10", "丙公司,SO-1,2026-01-05,无此产品,1,10")
    run = take(("客户名称,订单编号,订单日期,产品,数量,金额", *rows), now, create_related=True)
    assert counts(run) == {"failed": 2}
    assert Account.objects.filter(name="丙公司").exists()
    undo.take_back(run, by=SYSTEM, now=now)
    assert not Account.objects.filter(name="丙公司").exists()


def test_a_conflict_costs_its_order_and_no_other(books, now, monkeypatch):
    write = importing_orders._write

    def refusing(batch, new, known, edited):
        if any(one.order.account.external_key == "A2" for one in new):
            raise IntegrityError
        write(batch, new, known, edited)

    monkeypatch.setattr(importing_orders, "_write", refusing)
    run = take((HEAD, *LINES), now)
    assert counts(run) == {"created": 2, "joined": 2, "failed": 1}
    assert "another record has the same unique value" in reasons(run)[0]


def test_the_trial_leaves_out_an_order_that_goes_on_behind_its_rows(books, now, monkeypatch):
    monkeypatch.setattr(dry_run, "TRIAL_ROWS", 2)
    rows = (HEAD, LINES[2], LINES[0], LINES[1], LINES[4])
    run = a_run(("订单.csv", csv_bytes(*rows)), now=now, target="orders")
    [found] = dry_run.trial(run, by=SYSTEM, now=now)
    assert (found.rows, {key: number for key, number in found.counts.items() if number}) == (2, {"created": 1})
    assert not found.problems


def test_ten_and_a_hundred_orders_of_lines_cost_the_same_queries(books, now, count_queries):
    def measured(number: int) -> int:
        rows = [
            f"A1,SO-{number}-{place // 3},2026-01-05,{name},1,{place + 1},{place + 1},1"
            for place, name in enumerate(["主轴", "导轨", "丝杠"] * number)
        ]
        run = a_run(("订单.csv", csv_bytes(HEAD, *rows)), now=now, target="orders")
        setup.make_ready(run=run, by=SYSTEM, now=now)
        with count_queries() as queries:
            engine.perform(run, by=SYSTEM, now=now)
        return queries.number

    few = measured(10)
    assert measured(100) - few <= 4  # lines are inserted in parts


@given(numbers=st.lists(st.integers(0, 5), min_size=1, max_size=30), size=st.integers(1, 12), start=st.integers(0, 30))
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_every_row_comes_in_exactly_one_batch_with_its_whole_record(numbers, size, start):
    """Whatever the order of the rows and wherever the run goes on: batches from `start` on are those that follow it."""
    table, whole = _Table(numbers), [list(batch) for batch in _batches(numbers, size, 0)]
    seen = [place for batch in whole for place, _number in batch]
    assert sorted(seen) == list(range(len(numbers)))
    for batch in whole:
        for number in {number for _place, number in batch}:
            assert sum(1 for _place, other in batch if other == number) == numbers.count(number)
    reaches = [chunk.reaches for chunk in engine.chunks(table, _Reader(), start=0, size=size)]
    for done_rows, passed in zip([0, *reaches], range(len(reaches) + 1), strict=False):
        assert [list(batch) for batch in _batches(numbers, size, done_rows)] == whole[passed:]


class _Table:
    def __init__(self, numbers):
        self.numbers = numbers

    def rows(self):
        return iter(enumerate(self.numbers))


class _Reader:
    ways = (("number",),)

    def read(self, row):
        return Prepared(row[0], {"row": str(row[0])}, {"number": row[1]}, group=("number", row[1]))

    def group_of(self, row):
        return self.read(row).group


def _batches(numbers, size, start):
    for chunk in engine.chunks(_Table(numbers), _Reader(), start=start, size=size):
        assert not chunk.refused
        assert sum(len(unit) for unit in grouping.units(chunk.rows)) == len(chunk.rows)
        yield [(row.number, row.values["number"]) for row in chunk.rows]
