from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dingke.ledger.calc import (
    INVOICE_STATE_LABELS,
    AgeingSettings,
    DelayedAmount,
    GrossMargin,
    InvoiceState,
    OrderLine,
    Receivable,
    ageing,
    average_delay,
    delay_days,
    gross_margin,
    invoice_standing,
    order_total,
)

D = Decimal
TODAY = date(2025, 6, 30)
money = st.decimals(min_value=0, max_value=1_000_000, places=2, allow_nan=False, allow_infinity=False)
percents = st.decimals(min_value=0, max_value=100, places=2, allow_nan=False, allow_infinity=False)
quantities = st.decimals(min_value=0, max_value=1_000, places=3, allow_nan=False, allow_infinity=False)
lines = st.lists(st.builds(OrderLine, quantities, money, percents, percents, st.one_of(st.none(), money)), max_size=8)


def test_an_order_adds_up() -> None:
    total = order_total(
        [
            OrderLine(D(3), D("19.99"), D(10), D(13), D(12)),
            OrderLine(D(1), D(100), tax_percent=D(6), unit_cost=D(70)),
        ]
    )
    assert [line.net for line in total.lines] == [D("53.97"), D("100.00")]
    assert (total.net, total.tax, total.gross, total.cost) == (D("153.97"), D("13.02"), D("166.99"), D("106.00"))


def test_an_order_discount_is_split_without_loss() -> None:
    thirds = [OrderLine(D(1), D(100)) for _ in range(3)]
    total = order_total(thirds, order_discount=D(100))
    assert [line.net for line in total.lines] == [D("66.66"), D("66.67"), D("66.67")]
    assert total.net == D(200)


@given(lines, st.integers(0, 100))
def test_lines_add_up_to_the_order(given_lines: list[OrderLine], percent: int) -> None:
    before = order_total(given_lines)
    discount = (before.net * percent / 100).quantize(D("0.01"), rounding="ROUND_DOWN")
    after = order_total(given_lines, order_discount=discount)
    assert after.net == before.net - discount == sum((line.net for line in after.lines), D(0))
    assert after.gross == sum((line.gross for line in after.lines), D(0))
    assert all(line.net >= 0 and line.net == line.net.quantize(D("0.01")) for line in after.lines)
    assert (after.cost is None) == any(line.unit_cost is None for line in given_lines)


@pytest.mark.parametrize("discount", [D(-1), D("100.01")])
def test_a_wrong_order_discount_is_refused(discount: Decimal) -> None:
    with pytest.raises(ValueError):
        order_total([OrderLine(D(1), D(100))], order_discount=discount)


@pytest.mark.parametrize(
    "wrong",
    [{"discount_percent": D(101)}, {"tax_percent": D(-1)}, {"unit_price": D(-1)}, {"unit_cost": D(-1)}],
)
def test_a_wrong_line_is_refused(wrong: dict[str, Decimal]) -> None:
    with pytest.raises(ValueError):
        OrderLine(**{"quantity": D(1), "unit_price": D(1), **wrong})


@pytest.mark.parametrize(
    ("revenue", "cost", "margin"),
    [
        (D(200), D(150), GrossMargin(D(50), D("0.25"))),
        (D(100), D(120), GrossMargin(D(-20), D("-0.2"))),
        (D(0), D(10), GrossMargin(D(-10), None)),
        (D(100), None, None),
    ],
)
def test_gross_margin(revenue: Decimal, cost: Decimal | None, margin: GrossMargin | None) -> None:
    assert gross_margin(revenue, cost) == margin


@pytest.mark.item("B-07")
@pytest.mark.parametrize(
    ("paid", "due", "disputed", "state", "outstanding", "overpaid", "overdue"),
    [
        (0, TODAY, False, InvoiceState.OPEN, 100, 0, 0),
        (40, TODAY, False, InvoiceState.PARTLY_PAID, 60, 0, 0),
        (40, TODAY - timedelta(days=1), False, InvoiceState.OVERDUE, 60, 0, 1),
        (0, TODAY - timedelta(days=9), True, InvoiceState.DISPUTED, 100, 0, 9),
        (100, TODAY - timedelta(days=9), True, InvoiceState.PAID, 0, 0, 0),
        (130, TODAY, False, InvoiceState.PAID, 0, 30, 0),
    ],
)
def test_invoice_state(paid: int, due: date, disputed: bool, state: InvoiceState, outstanding: int, overpaid: int, overdue: int) -> None:
    standing = invoice_standing(amount=D(100), paid=D(paid), due_date=due, disputed=disputed, today=TODAY)
    assert standing.state is state
    assert (standing.outstanding, standing.overpaid, standing.overdue_days) == (outstanding, overpaid, overdue)
    assert INVOICE_STATE_LABELS[state].zh


@pytest.mark.item("B-07")
def test_average_delay_of_the_worked_example() -> None:
    assert average_delay([DelayedAmount(D(100_000), 10), DelayedAmount(D(50_000), 40)]) == 20


@pytest.mark.item("B-07")
def test_early_payments_count_as_in_time_and_refunds_do_not_count() -> None:
    assert average_delay([DelayedAmount(D(100), -30), DelayedAmount(D(100), 10), DelayedAmount(D(-50), 90)]) == 5
    assert average_delay([]) is None
    assert delay_days(due_date=TODAY, paid_date=TODAY - timedelta(days=4)) == 0
    assert delay_days(due_date=TODAY, paid_date=TODAY + timedelta(days=4)) == 4


payments = st.builds(DelayedAmount, money.filter(lambda amount: amount > 0), st.integers(0, 400))


@pytest.mark.item("B-07")
@given(st.lists(payments, min_size=1, max_size=10))
def test_the_average_lies_between_the_delays(paid: list[DelayedAmount]) -> None:
    average = average_delay(paid)
    delays = [payment.delay_days for payment in paid]
    assert average is not None
    assert min(delays) <= round(average, 9) <= max(delays)


def test_ageing_buckets() -> None:
    late = [0, 1, 30, 31, 60, 61, 90, 91, 400]
    rows = [Receivable(number, D(10), TODAY - timedelta(days=days)) for number, days in enumerate(late)]
    rows += [Receivable(20, D(7), TODAY + timedelta(days=5), disputed=True), Receivable(21, D(0), TODAY)]
    found = ageing(rows, today=TODAY)
    assert [(bucket.from_day, bucket.to_day, bucket.amount) for bucket in found.buckets] == [
        (None, None, 17),
        (1, 30, 20),
        (31, 60, 20),
        (61, 90, 20),
        (91, None, 20),
    ]
    assert (found.total, found.overdue, found.disputed) == (97, 80, 7)
    assert found.buckets[1].receivable_ids == (2, 1)


receivables = st.builds(Receivable, st.integers(1, 999), money, st.dates(date(2023, 1, 1), date(2026, 1, 1)), st.booleans())


@given(st.lists(receivables), st.sets(st.integers(1, 400), min_size=1, max_size=5))
def test_the_buckets_add_up(rows: list[Receivable], edges: set[int]) -> None:
    found = ageing(rows, today=TODAY, settings=AgeingSettings(tuple(sorted(edges))))
    assert found.total == sum((row.outstanding for row in rows), D(0))
    assert found.overdue == sum((row.outstanding for row in rows if row.due_date < TODAY), D(0))
    assert len(found.buckets) == len(edges) + 2


@pytest.mark.parametrize("edges", [(), (0, 30), (60, 30), (30, 30)])
def test_ageing_edges_are_checked(edges: tuple[int, ...]) -> None:
    with pytest.raises(ValueError):
        AgeingSettings(edges)
