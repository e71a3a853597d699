"""Payments: against an invoice, in parts or whole, or as an advance that is used later (B-07)."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from dingke.accounts.models import Account
from dingke.core import audit, bus
from dingke.core.errors import Invalid, Refusal
from dingke.core.locking import locked
from dingke.core.money import rounded
from dingke.core.scope import Scope
from dingke.ledger import access
from dingke.ledger.actions.paid import keep_paid
from dingke.ledger.events import PaymentReceived
from dingke.ledger.models import Payment, Receivable


class UnableToRecordPayment(Refusal):
    """The payment cannot be recorded as given."""


class UnableToUndoPayment(Refusal):
    """The payment cannot be undone."""


def _refuse_overpayment(receivable: Receivable, amount: Decimal) -> None:
    rest = receivable.outstanding
    if amount <= rest:
        return
    if rest <= 0:
        message = _("Invoice %(number)s is already paid in full. Record this money as an advance.") % {"number": receivable.number}
    else:
        message = _("Only %(rest)s is open on invoice %(number)s. Record that much here and the rest as an advance.") % {
            "rest": f"{rest:,.2f}",
            "number": receivable.number,
        }
    raise UnableToRecordPayment(message, fields={"amount": message})


@transaction.atomic
def record_payment(
    *,
    account: Account,
    amount: Decimal,
    paid_date: date,
    by: Scope,
    now: datetime,
    receivable: Receivable | None = None,
    reference: str = "",
) -> Payment:
    """Records money that came in: on an invoice, whole or in part, or without one as an advance.

    Raises `Invalid` for an amount of 0 or less or a day to come, `UnableToRecordPayment` for more than is open.
    """
    access.can_edit(by, account).enforce()
    amount = rounded(amount)
    problems: dict[str, str] = {}
    if amount <= 0:
        problems["amount"] = _("A payment is more than 0.")
    if paid_date > timezone.localtime(now).date():
        problems["paid_date"] = _("A payment is not dated in the future.")
    if problems:
        raise Invalid(next(iter(problems.values())), fields=problems)
    if receivable is not None:
        receivable = locked(receivable, expected_version=None, yours={})
        if receivable.account_id != account.pk:
            raise UnableToRecordPayment(_("This invoice belongs to another account."))
        if receivable.archived_at is not None:
            raise UnableToRecordPayment(_("This invoice was taken out. Restore it first."))
        _refuse_overpayment(receivable, amount)
    payment = Payment.objects.create(
        account=account,
        receivable=receivable,
        amount=amount,
        currency=receivable.currency if receivable else account.currency,
        paid_date=paid_date,
        reference=" ".join(reference.split())[:120],
    )
    keep_paid([payment.receivable_id])
    audit.record(
        target=payment,
        action="ledger.record_payment",
        by=by,
        now=now,
        account_id=account.pk,
        summary=receivable.number if receivable else "",
        changes={"amount": [None, str(amount)], "paid_date": [None, paid_date.isoformat()]},
    )
    bus.publish(
        PaymentReceived(account_id=account.pk, payment_id=payment.pk, receivable_id=receivable.pk if receivable else None),
        now=now,
    )
    return payment


@transaction.atomic
def use_advance(*, payment: Payment, receivable: Receivable, by: Scope, now: datetime) -> Payment:
    """Sets an advance against an invoice, as far as the invoice is open; the rest stays an advance.

    The part counts as paid on the day the advance came in.
    """
    access.can_edit(by, payment.account).enforce()
    fresh = locked(payment, expected_version=None, yours={})
    if fresh.receivable_id is not None or fresh.archived_at is not None:
        raise UnableToRecordPayment(_("This payment is not an advance any more."))
    invoice = locked(receivable, expected_version=None, yours={})
    if invoice.account_id != fresh.account_id or invoice.currency != fresh.currency:
        raise UnableToRecordPayment(_("This invoice belongs to another account or has another currency."))
    rest = invoice.outstanding
    if rest <= 0 or invoice.archived_at is not None:
        raise UnableToRecordPayment(_("Nothing is open on this invoice."))
    used = min(rest, fresh.amount)
    before = fresh.amount
    if used == fresh.amount:
        fresh.receivable = invoice
        fresh.save()
        part = fresh
    else:
        fresh.amount -= used
        fresh.save()
        part = Payment.objects.create(
            account=fresh.account,
            receivable=invoice,
            amount=used,
            currency=fresh.currency,
            paid_date=fresh.paid_date,
            reference=fresh.reference,
        )
    keep_paid([invoice.pk])
    audit.record(
        target=part,
        action="ledger.use_advance",
        by=by,
        now=now,
        account_id=fresh.account_id,
        summary=invoice.number,
        changes={"advance": [str(before), str(before - used)], "receivable": [None, invoice.pk]},
    )
    bus.publish(PaymentReceived(account_id=fresh.account_id, payment_id=part.pk, receivable_id=invoice.pk), now=now)
    return part


@transaction.atomic
def undo_payment(*, payment: Payment, by: Scope, now: datetime) -> Payment:
    """Takes a payment back that was recorded by mistake; its invoice is open again by that much."""
    access.can_edit(by, payment.account).enforce()
    fresh = locked(payment, expected_version=None, yours={})
    if fresh.archived_at is not None:
        raise UnableToUndoPayment(_("This payment was already undone."))
    fresh.archived_at = now
    fresh.save()
    keep_paid([fresh.receivable_id])
    audit.record(
        target=fresh,
        action="ledger.undo_payment",
        by=by,
        now=now,
        account_id=fresh.account_id,
        summary=f"{fresh.amount:.2f}",
        changes={"archived_at": [None, now.isoformat()]},
    )
    return fresh


@transaction.atomic
def redo_payment(*, payment: Payment, by: Scope, now: datetime) -> Payment:
    """Brings an undone payment back, if its invoice still has that much open."""
    access.can_edit(by, payment.account).enforce()
    fresh = locked(payment, expected_version=None, yours={})
    if fresh.archived_at is None:
        return fresh
    if fresh.receivable is not None:
        _refuse_overpayment(locked(fresh.receivable, expected_version=None, yours={}), fresh.amount)
    fresh.archived_at = None
    fresh.save()
    keep_paid([fresh.receivable_id])
    audit.record(
        target=fresh,
        action="ledger.redo_payment",
        by=by,
        now=now,
        account_id=fresh.account_id,
        summary=f"{fresh.amount:.2f}",
    )
    return fresh
