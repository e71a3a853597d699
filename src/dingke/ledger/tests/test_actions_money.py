"""Invoices, disputes, payments, incentives, findings, products: what is written and what is refused."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from dingke.accounts.tests.factories import make_account
from dingke.core.errors import Invalid, NotAllowed, StaleRecord
from dingke.core.models import AuditEntry, OutboxEvent
from dingke.ledger.actions import findings, incentives, payments, products, receivables
from dingke.ledger.models import Payment, Product, Receivable
from dingke.ledger.queries import paid
from dingke.ledger.tests.factories import make_finding, make_payment, make_product, make_receivable

pytestmark = pytest.mark.django_db
D = Decimal


def paid_on(receivable):
    """What is kept on the invoice, which equals the payments."""
    assert not paid.drifted().exists()
    return Receivable.objects.get(pk=receivable.pk).paid_amount


@pytest.fixture
def finance(cast, now):
    return {"by": cast.finance.scope, "now": now}


class TestReceivables:
    def facts(self, today, **values):
        return {"number": "FP-1", "amount": D("150000"), "invoice_date": today, "due_date": today + timedelta(days=30), **values}

    def test_an_invoice_is_recorded_with_audit(self, account, today, finance):
        row = receivables.create_receivable(account=account, values=self.facts(today), **finance)
        assert (row.amount, row.account) == (D("150000.00"), account)
        assert AuditEntry.objects.get().account_id == account.pk

    @pytest.mark.parametrize(
        ("values", "field"),
        [({"amount": D("0")}, "amount"), ({"number": ""}, "number"), ({"due_date": None}, "due_date")],
    )
    def test_names_the_field_to_mend(self, account, today, finance, values, field):
        with pytest.raises(Invalid) as refused:
            receivables.create_receivable(account=account, values=self.facts(today, **values), **finance)
        assert field in refused.value.fields

    def test_is_not_due_before_it_is_written_nor_for_an_order_of_another_account(self, cast, account, today, finance):
        from dingke.ledger.tests.factories import make_order

        with pytest.raises(Invalid):
            receivables.create_receivable(account=account, values=self.facts(today, due_date=today - timedelta(days=1)), **finance)
        foreign = make_order(make_account(owner=cast.owner.user))
        with pytest.raises(Invalid):
            receivables.create_receivable(account=account, values=self.facts(today, order=foreign), **finance)

    def test_cannot_be_cut_below_what_was_paid(self, account, finance):
        row = make_receivable(account, amount="100.00")
        make_payment(account, row, amount="60.00")
        with pytest.raises(Invalid) as refused:
            receivables.edit_receivable(receivable=row, values={"amount": D("59.99")}, **finance)
        assert "60.00" in refused.value.message
        assert receivables.edit_receivable(receivable=row, values={"amount": D("60")}, **finance).amount == D("60")

    def test_a_stale_save_is_refused(self, account, today, finance):
        row = make_receivable(account)
        receivables.edit_receivable(receivable=row, values={"due_date": today + timedelta(days=9)}, expected_version=1, **finance)
        with pytest.raises(StaleRecord):
            receivables.edit_receivable(receivable=row, values={"due_date": today + timedelta(days=5)}, expected_version=1, **finance)

    def test_a_dispute_is_opened_told_and_settled(self, account, finance):
        row = receivables.dispute_receivable(receivable=make_receivable(account), note="到货数量不符", **finance)
        assert (row.is_disputed, row.dispute_note) == (True, "到货数量不符")
        assert OutboxEvent.objects.get().name == "ReceivableDisputed"
        row = receivables.settle_dispute(receivable=row, outcome="补发 20 件", **finance)
        assert (row.is_disputed, row.dispute_note) == (False, "")
        assert AuditEntry.objects.get(action="ledger.settle_dispute").summary == "补发 20 件"
        with pytest.raises(receivables.UnableToDispute):
            receivables.settle_dispute(receivable=row, **finance)

    def test_a_dispute_needs_its_subject_and_an_open_invoice(self, account, finance):
        row = make_receivable(account)
        with pytest.raises(Invalid):
            receivables.dispute_receivable(receivable=row, note="  ", **finance)
        make_payment(account, row)
        with pytest.raises(receivables.UnableToDispute):
            receivables.dispute_receivable(receivable=row, note="数量不符", **finance)

    def test_is_taken_out_unless_something_was_paid_on_it(self, account, finance):
        row = receivables.void_receivable(receivable=make_receivable(account), **finance)
        assert row.archived_at is not None
        assert receivables.restore_receivable(receivable=row, **finance).archived_at is None
        make_payment(account, row, amount="1")
        with pytest.raises(receivables.UnableToSaveReceivable):
            receivables.void_receivable(receivable=row, **finance)


@pytest.mark.item("B-07")
class TestPayments:
    def pay(self, account, today, finance, amount, receivable=None):
        return payments.record_payment(account=account, amount=D(amount), paid_date=today, receivable=receivable, **finance)

    def test_parts_add_up_and_the_rest_stays_open(self, account, today, finance):
        row = make_receivable(account, amount="150000.00")
        self.pay(account, today, finance, "100000", row)
        assert paid_on(row) == D("100000")
        self.pay(account, today, finance, "50000", row)
        assert paid_on(row) == row.amount
        assert [event.name for event in OutboxEvent.objects.order_by("id")] == ["PaymentReceived", "PaymentReceived"]

    def test_more_than_is_open_is_refused_with_what_to_do(self, account, today, finance):
        row = make_receivable(account, amount="100.00", number="FP-7")
        self.pay(account, today, finance, "99.99", row)
        with pytest.raises(payments.UnableToRecordPayment) as refused:
            self.pay(account, today, finance, "0.02", row)
        assert "0.01" in refused.value.message
        assert "FP-7" in refused.value.message
        self.pay(account, today, finance, "0.01", row)
        with pytest.raises(payments.UnableToRecordPayment):
            self.pay(account, today, finance, "0.01", row)
        assert Payment.objects.count() == 2

    def test_an_advance_is_used_as_far_as_the_invoice_is_open(self, account, today, finance):
        advance = self.pay(account, today, finance, "150")
        assert advance.receivable is None
        row = make_receivable(account, amount="100.00")
        part = payments.use_advance(payment=advance, receivable=row, **finance)
        advance.refresh_from_db()
        assert (part.amount, part.receivable, advance.amount, advance.receivable) == (D("100.00"), row, D("50.00"), None)
        second = make_receivable(account, amount="80.00")
        assert payments.use_advance(payment=advance, receivable=second, **finance).pk == advance.pk
        assert paid_on(second) == D("50.00")

    def test_an_advance_pays_no_foreign_and_no_paid_invoice(self, cast, account, today, finance):
        advance = self.pay(account, today, finance, "150")
        with pytest.raises(payments.UnableToRecordPayment):
            payments.use_advance(payment=advance, receivable=make_receivable(make_account(owner=cast.owner.user)), **finance)
        paid = make_receivable(account)
        make_payment(account, paid)
        with pytest.raises(payments.UnableToRecordPayment):
            payments.use_advance(payment=advance, receivable=paid, **finance)

    def test_is_undone_and_brought_back_when_there_is_room(self, account, today, finance):
        row = make_receivable(account, amount="100.00")
        payment = payments.undo_payment(payment=self.pay(account, today, finance, "100", row), **finance)
        assert paid_on(row) == 0
        with pytest.raises(payments.UnableToUndoPayment):
            payments.undo_payment(payment=payment, **finance)
        assert payments.redo_payment(payment=payment, **finance).archived_at is None
        payments.undo_payment(payment=payment, **finance)
        self.pay(account, today, finance, "60", row)
        with pytest.raises(payments.UnableToRecordPayment):
            payments.redo_payment(payment=payment, **finance)

    @pytest.mark.parametrize(("amount", "days"), [("0", 0), ("-5", 0), ("5", 1)])
    def test_nothing_negative_nothing_of_tomorrow(self, account, today, finance, amount, days):
        with pytest.raises(Invalid):
            payments.record_payment(account=account, amount=D(amount), paid_date=today + timedelta(days=days), **finance)

    @pytest.mark.parametrize("who", ["owner", "colleague", "manager", "stranger", "service", "read_only"])
    def test_is_for_those_who_keep_the_books(self, cast, account, now, today, who):
        with pytest.raises(NotAllowed):
            payments.record_payment(account=account, amount=D(1), paid_date=today, by=getattr(cast, who).scope, now=now)


class TestIncentivesAndFindings:
    def test_an_incentive_is_recorded_edited_and_taken_out(self, account, today, finance):
        values = {"kind": "REBATE", "amount": D("80000"), "start_date": today, "end_date": today + timedelta(days=89), "reason": "年度返利"}
        row = incentives.create_incentive(account=account, values=values, **finance)
        row = incentives.edit_incentive(incentive=row, values={"amount": D("90000")}, expected_version=1, **finance)
        assert row.amount == D("90000")
        with pytest.raises(StaleRecord):
            incentives.edit_incentive(incentive=row, values={"amount": D("1")}, expected_version=1, **finance)
        assert incentives.archive_incentive(incentive=row, **finance).archived_at is not None
        assert incentives.restore_incentive(incentive=row, **finance).archived_at is None

    def test_an_incentive_needs_an_amount_and_its_days_in_order(self, account, today, finance):
        for values in (
            {"amount": D("0"), "start_date": today, "end_date": today},
            {"amount": D("1"), "start_date": today, "end_date": today - timedelta(days=1)},
        ):
            with pytest.raises(Invalid):
                incentives.create_incentive(account=account, values=values, **finance)

    @pytest.mark.item("B-07")
    def test_whoever_works_on_the_account_writes_findings_down(self, cast, account, now, today):
        values = {"supplier": "华中钢材", "finding": "账期 60 天，实际 120 天", "is_bad": True, "source": "对方财务", "as_of_date": today}
        row = findings.record_finding(account=account, values=values, by=cast.owner.scope, now=now)
        assert row.is_bad
        findings.record_finding(account=account, values=values, by=cast.finance.scope, now=now)
        for who in ("colleague", "stranger", "service", "read_only"):
            with pytest.raises(NotAllowed):
                findings.record_finding(account=account, values=values, by=getattr(cast, who).scope, now=now)

    def test_a_finding_names_supplier_source_and_day(self, cast, account, now, today):
        with pytest.raises(Invalid) as refused:
            findings.record_finding(account=account, values={"as_of_date": today + timedelta(days=1)}, by=cast.owner.scope, now=now)
        assert set(refused.value.fields) == {"supplier", "finding", "source", "as_of_date"}

    def test_findings_are_edited_and_taken_out(self, cast, account, finance):
        row = findings.edit_finding(finding=make_finding(account), values={"is_bad": True}, expected_version=1, **finance)
        assert row.is_bad
        assert findings.archive_finding(finding=row, **finance).archived_at is not None


@pytest.mark.item("A-04")
class TestProducts:
    def test_a_product_is_added_edited_marked_and_archived(self, finance):
        row = products.create_product(
            values={"code": "SW-304", "name": "排产优化模块", "list_price": D("68000"), "unit_cost": D("23500")}, **finance
        )
        assert not row.is_high_profit
        assert products.mark_high_profit(product=row, is_high_profit=True, **finance).is_high_profit
        assert AuditEntry.objects.filter(action="products.edit").get().changes == {"is_high_profit": [False, True]}
        row = products.archive_product(product=row, **finance)
        assert row.archived_at is not None
        assert products.restore_product(product=row, **finance).archived_at is None

    def test_codes_are_unique_and_prices_not_negative(self, finance):
        make_product(code="SW-304")
        with pytest.raises(products.UnableToSaveProduct):
            products.create_product(values={"code": "SW-304", "name": "另一个"}, **finance)
        with pytest.raises(Invalid) as refused:
            products.create_product(values={"code": "X", "name": "X", "unit_cost": D("-1")}, **finance)
        assert "unit_cost" in refused.value.fields
        assert Product.objects.count() == 1

    def test_a_stale_save_is_refused(self, finance):
        row = make_product()
        products.edit_product(product=row, values={"list_price": D("5")}, expected_version=1, **finance)
        with pytest.raises(StaleRecord):
            products.edit_product(product=row, values={"list_price": D("6")}, expected_version=1, **finance)

    @pytest.mark.parametrize("who", ["owner", "manager", "service", "read_only"])
    def test_is_for_those_who_keep_the_price_list(self, cast, now, who):
        with pytest.raises(NotAllowed):
            products.create_product(values={"code": "X", "name": "X"}, by=getattr(cast, who).scope, now=now)


def test_nothing_of_a_refused_action_stays(cast, account, now, today):
    with pytest.raises(Invalid):
        receivables.create_receivable(account=account, values={"number": "X", "nonsense": 1}, by=cast.finance.scope, now=now)
    assert not Receivable.objects.exists()
    assert not AuditEntry.objects.exists()
