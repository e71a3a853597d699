"""What is kept as paid on an invoice equals its payments on every way in which payments are written."""

from __future__ import annotations

import ast
import threading
from decimal import Decimal
from pathlib import Path

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import dingke
from dingke.accounts.actions import merge
from dingke.accounts.tests.factories import NOW, TODAY, make_account
from dingke.config import installation
from dingke.config.tests.importing_kit import SYSTEM, csv_bytes, imported
from dingke.core.errors import Refusal
from dingke.core.importing import undo
from dingke.ledger.actions import books, payments
from dingke.ledger.actions.paid import keep_paid
from dingke.ledger.models import Payment, Receivable
from dingke.ledger.queries import lists, paid
from dingke.ledger.tests.factories import make_payment, make_receivable

pytestmark = pytest.mark.django_db
D = Decimal
HEADER = "客户编号,回款日期,回款金额,发票号,收款单号"


def kept(number: str) -> Decimal:
    assert not paid.drifted().exists()
    return Receivable.objects.get(number=number).paid_amount


@pytest.fixture
def invoices(cast):
    account = make_account("甲公司", external_key="A1", owner=cast.owner.user)
    return account, make_receivable(account, amount="500.00", number="F1"), make_receivable(account, amount="300.00", number="F2")


def record(account, receivable, amount, by=SYSTEM):
    return payments.record_payment(account=account, receivable=receivable, amount=D(amount), paid_date=TODAY, by=by, now=NOW)


def test_typed_undone_and_brought_back(cast, invoices):
    account, first, _second = invoices
    payment = record(account, first, "200.10", by=cast.finance.scope)
    record(account, first, "0.20", by=cast.finance.scope)
    assert kept("F1") == D("200.30")
    payments.undo_payment(payment=payment, by=cast.finance.scope, now=NOW)
    assert kept("F1") == D("0.20")
    payments.redo_payment(payment=payment, by=cast.finance.scope, now=NOW)
    assert kept("F1") == D("200.30")


def test_an_advance_counts_where_it_is_used(invoices):
    account, first, second = invoices
    advance = record(account, None, "600")
    payments.use_advance(payment=advance, receivable=first, by=SYSTEM, now=NOW)
    payments.use_advance(payment=advance, receivable=second, by=SYSTEM, now=NOW)
    assert (kept("F1"), kept("F2")) == (D("500.00"), D("100.00"))


def test_imported_changed_by_a_second_file_and_undone(invoices):
    _account, _first, _second = invoices
    first_run = imported(
        ("p.csv", csv_bytes(HEADER, "A1,2026-01-20,200,F1,P1", "A1,2026-01-21,50.5,F1,P2", "A1,2026-01-22,9,,P3")), now=NOW
    )
    assert (kept("F1"), kept("F2")) == (D("250.50"), D("0.00"))
    second_run = imported(("p.csv", csv_bytes(HEADER, "A1,2026-01-20,210,F2,P1", "A1,2026-01-21,60,F1,P2")), now=NOW)
    assert (kept("F1"), kept("F2")) == (D("60.00"), D("210.00"))
    undo.take_back(second_run, by=SYSTEM, now=NOW)
    assert (kept("F1"), kept("F2")) == (D("250.50"), D("0.00"))
    undo.take_back(first_run, by=SYSTEM, now=NOW)
    assert kept("F1") == (Payment.objects.filter(receivable__number="F1").aggregate(total=lists.Sum("amount"))["total"] or 0)


def test_an_import_alone_is_undone_to_nothing(invoices):
    run = imported(("p.csv", csv_bytes(HEADER, "A1,2026-01-20,200,F1,P1", "A1,2026-01-22,9,F2,P3")), now=NOW)
    undo.take_back(run, by=SYSTEM, now=NOW)
    assert not Payment.objects.exists()
    assert (kept("F1"), kept("F2")) == (D("0.00"), D("0.00"))


def test_books_taken_over(invoices):
    account, _first, _second = invoices
    claim = Receivable(account=account, number="F3", amount=D("90"), invoice_date=TODAY, due_date=TODAY)
    parts = tuple(Payment(account=account, amount=D(amount), paid_date=TODAY) for amount in ("10.1", "20.2"))
    books.load_books(orders=[], receivables=[books.ReceivableBook(claim, "", parts)], by=SYSTEM, now=NOW)
    assert kept("F3") == D("30.30")


def test_merged_and_separated(cast, invoices):
    account, first, _second = invoices
    make_payment(account, first, amount="70")
    other = make_account("乙公司", owner=cast.owner.user)
    make_payment(other, make_receivable(other, amount="100.00", number="F1"), amount="30")
    merged = merge.merge_accounts(kept=other, gone=account, choices={}, by=cast.director.scope, now=NOW)
    assert not paid.drifted().exists()
    assert sorted(Receivable.objects.filter(account=other).values_list("paid_amount", flat=True)) == [D(0), D(30), D(70)]
    merge.undo_merge(merge=merged, by=cast.director.scope, now=NOW)
    assert not paid.drifted().exists()
    assert Receivable.objects.get(account=account, number="F1").paid_amount == D("70.00")


steps = st.lists(
    st.tuples(st.sampled_from(["pay", "advance", "use", "undo", "redo", "import", "take_back"]), st.integers(0, 5), st.integers(1, 29_999)),
    max_size=12,
)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(steps=steps)
def test_no_sequence_of_steps_makes_it_drift(db, steps):
    key = f"A{Receivable.objects.count()}"
    account = make_account(external_key=key)
    invoices = [make_receivable(account, amount="200.00") for _number in range(2)]
    runs = []
    for step, which, cents in steps:
        amount, invoice, now = D(cents) / 100, invoices[which % 2], NOW
        mine = list(Payment.objects.filter(account=account).order_by("pk"))
        chosen = mine[which % len(mine)] if mine else None
        try:
            if step == "pay":
                record(account, invoice, amount)
            elif step == "advance":
                record(account, None, amount)
            elif step == "import":
                row = f"{key},2026-01-20,{amount},{invoice.number if which else ''},{key}-{which % 3}"
                runs.append(imported(("p.csv", csv_bytes(HEADER, row)), now=now))
            elif step == "take_back" and runs:
                undo.take_back(runs.pop(), by=SYSTEM, now=now)
            elif chosen and step == "use":
                payments.use_advance(payment=chosen, receivable=invoice, by=SYSTEM, now=now)
            elif chosen and step in {"undo", "redo"}:
                act = payments.undo_payment if step == "undo" else payments.redo_payment
                act(payment=chosen, by=SYSTEM, now=now)
        except Refusal:
            pass
        assert not paid.drifted().exists(), (step, which, cents)


def test_a_difference_is_found_and_mended(invoices):
    account, first, _second = invoices
    make_payment(account, first, amount="70")
    assert installation.mend() == []
    Receivable.objects.filter(pk=first.pk).update(paid_amount=69)
    assert [(row.pk, row.paid_in_fact) for row in paid.drifted()] == [(first.pk, D("70.00"))]
    assert installation.mend() == ["1 invoices: what is kept as paid was added up anew"]
    assert kept("F1") == D("70.00")
    assert installation.mend() == []


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_who_add_up_at_once_miss_nothing():
    if connection.vendor != "postgresql":
        pytest.skip("needs PostgreSQL")
    account = make_account("甲公司", external_key="A1")
    receivable = make_receivable(account, amount="500.00", number="F1")
    start = threading.Barrier(6)

    def pay(number: int) -> None:
        try:
            start.wait(10)
            if number % 2:
                record(account, receivable, "10")
            else:
                row = f"A1,2026-01-20,10,F1,P{number}"
                imported(("p.csv", csv_bytes(HEADER, row)), now=NOW)
        finally:
            connection.close()

    threads = [threading.Thread(target=pay, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert kept("F1") == D("60.00")


def test_nobody_else_writes_payments():
    """Who is listed here keeps `paid_amount`; a new place that writes payments has to do so too, and is then listed."""
    writers = {
        "ledger/actions/payments.py",
        "ledger/actions/books.py",
        "ledger/actions/importing_money.py",
        "config/demo/build_ledger.py",  # makes rows for books.py
    }
    verbs = {"create", "bulk_create", "update", "bulk_update", "delete", "get_or_create", "update_or_create"}
    root, found = Path(dingke.__file__).parent, set()
    for path in root.rglob("*.py"):
        if {"tests", "migrations"} & set(path.parts):
            continue
        text = path.read_text()
        if "Payment" not in text or "ledger.models import" not in text:
            continue
        for node in ast.walk(ast.parse(text)):
            if not isinstance(node, ast.Call):
                continue
            said = ast.unparse(node.func)
            if said == "Payment" or (said.startswith("Payment.objects") and said.rsplit(".", 1)[-1] in verbs):
                found.add(path.relative_to(root).as_posix())
    assert found - writers == set()


def test_the_board_reads_only_what_is_open(invoices):
    """However many paid invoices there are: a partial index serves the board."""
    account, _first, _second = invoices
    rows = [
        Receivable(account=account, number=f"N{number}", amount=10, paid_amount=10, invoice_date=TODAY, due_date=TODAY)
        for number in range(3000)
    ]
    Receivable.objects.bulk_create(rows)
    matching = lists.receivables_matching(SYSTEM, lists.ReceivableFilter(), today=TODAY).order_by("due_date", "pk")
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE ledger_receivable")
    assert "receivable_open" in matching.explain()
    assert len(matching) == 2


def test_keeping_costs_two_queries(invoices, django_assert_num_queries):
    account, first, second = invoices
    for _number in range(10):
        make_payment(account, first, amount="1")
    with django_assert_num_queries(2):
        keep_paid([first.pk, second.pk, None])
    with django_assert_num_queries(0):
        keep_paid([None])
