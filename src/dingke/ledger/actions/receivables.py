"""Receivables: our invoices, their due dates, and disputes about them (B-07)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from dingke.accounts.models import Account
from dingke.core import audit, bus
from dingke.core.errors import Invalid, Refusal
from dingke.core.locking import locked
from dingke.core.models import snapshot_of
from dingke.core.money import rounded
from dingke.core.scope import Scope
from dingke.ledger import access
from dingke.ledger.events import ReceivableDisputed
from dingke.ledger.models import Payment, Receivable

FACTS = ["number", "order", "amount", "currency", "invoice_date", "due_date", "external_key"]


class UnableToSaveReceivable(Refusal):
    """The invoice cannot be saved as given."""


class UnableToDispute(Refusal):
    """The dispute cannot be opened or settled."""


def _apply(receivable: Receivable, values: Mapping[str, Any], *, paid: Decimal) -> None:
    unknown = set(values) - set(FACTS)
    if unknown:
        raise Invalid(_("Unknown fields: %(names)s") % {"names": ", ".join(sorted(unknown))})
    for field, value in values.items():
        setattr(receivable, field, value.strip() if isinstance(value, str) else value)
    receivable.external_key = receivable.external_key or None
    problems: dict[str, str] = {}
    if not receivable.number:
        problems["number"] = _("An invoice needs a number.")
    if receivable.invoice_date is None:
        problems["invoice_date"] = _("An invoice needs its day.")
    if receivable.due_date is None:
        problems["due_date"] = _("An invoice needs the day it is due.")
    elif receivable.invoice_date is not None and receivable.due_date < receivable.invoice_date:
        problems["due_date"] = _("An invoice is not due before it is written.")
    if receivable.amount is None or receivable.amount <= 0:
        problems["amount"] = _("The amount of an invoice is more than 0.")
    elif rounded(receivable.amount) < paid:
        problems["amount"] = _("%(paid)s was already paid on this invoice. It cannot be for less.") % {"paid": f"{paid:,.2f}"}
    if receivable.order is not None and receivable.order.account_id != receivable.account_id:
        problems["order"] = _("This order belongs to another account.")
    if problems:
        raise Invalid(next(iter(problems.values())), fields=problems)
    receivable.amount = rounded(receivable.amount)


def _saved(receivable: Receivable) -> None:
    try:
        with transaction.atomic():
            receivable.save()
    except IntegrityError as error:
        others = Receivable.objects.exclude(pk=receivable.pk)
        if others.filter(account=receivable.account, number=receivable.number).exists():
            message = _("This account already has an invoice with this number.")
            raise UnableToSaveReceivable(message, fields={"number": message}) from error
        if receivable.external_key and others.filter(external_key=receivable.external_key).exists():
            raise UnableToSaveReceivable(_("Another invoice already has this key.")) from error
        raise


@transaction.atomic
def create_receivable(*, account: Account, values: Mapping[str, Any], by: Scope, now: datetime) -> Receivable:
    """Records an invoice of ours. Raises `Invalid` naming the fields, `UnableToSaveReceivable` when the number is taken."""
    access.can_edit(by, account).enforce()
    receivable = Receivable(account=account, currency=account.currency)
    _apply(receivable, values, paid=Decimal(0))
    _saved(receivable)
    audit.record(
        target=receivable,
        action="ledger.create_receivable",
        by=by,
        now=now,
        account_id=account.pk,
        summary=receivable.number,
    )
    return receivable


@transaction.atomic
def edit_receivable(
    *, receivable: Receivable, values: Mapping[str, Any], by: Scope, now: datetime, expected_version: int | None = None
) -> Receivable:
    """Changes an invoice; never to less than what was paid on it."""
    access.can_edit(by, receivable.account).enforce()
    fresh = locked(receivable, expected_version=expected_version, yours=values)
    before = snapshot_of(fresh, FACTS)
    _apply(fresh, values, paid=fresh.paid_amount)
    changes = audit.changes_between(before, snapshot_of(fresh, FACTS))
    if changes:
        _saved(fresh)
        audit.record(
            target=fresh,
            action="ledger.edit_receivable",
            by=by,
            now=now,
            changes=changes,
            account_id=fresh.account_id,
            summary=fresh.number,
        )
    return fresh


@transaction.atomic
def dispute_receivable(*, receivable: Receivable, note: str, by: Scope, now: datetime) -> Receivable:
    """Marks an open invoice as disputed, with what the dispute is about."""
    access.can_edit(by, receivable.account).enforce()
    note = " ".join(note.split())[:300]
    if not note:
        message = _("Write down what the dispute is about.")
        raise Invalid(message, fields={"note": message})
    fresh = locked(receivable, expected_version=None, yours={})
    if fresh.outstanding <= 0:
        raise UnableToDispute(_("This invoice is paid in full; there is nothing to dispute."))
    was_disputed, before = fresh.is_disputed, fresh.dispute_note
    fresh.is_disputed, fresh.dispute_note = True, note
    fresh.save()
    audit.record(
        target=fresh,
        action="ledger.dispute_receivable",
        by=by,
        now=now,
        account_id=fresh.account_id,
        summary=fresh.number,
        changes={"is_disputed": [was_disputed, True], "dispute_note": [before, note]},
    )
    if not was_disputed:
        bus.publish(ReceivableDisputed(account_id=fresh.account_id, receivable_id=fresh.pk), now=now)
    return fresh


@transaction.atomic
def settle_dispute(*, receivable: Receivable, by: Scope, now: datetime, outcome: str = "") -> Receivable:
    """Ends a dispute; the outcome goes to the audit trail, the invoice is due as before."""
    access.can_edit(by, receivable.account).enforce()
    fresh = locked(receivable, expected_version=None, yours={})
    if not fresh.is_disputed:
        raise UnableToDispute(_("This invoice is not disputed."))
    before = fresh.dispute_note
    fresh.is_disputed, fresh.dispute_note = False, ""
    fresh.save()
    audit.record(
        target=fresh,
        action="ledger.settle_dispute",
        by=by,
        now=now,
        account_id=fresh.account_id,
        summary=" ".join(outcome.split()) or fresh.number,
        changes={"is_disputed": [True, False], "dispute_note": [before, ""]},
    )
    return fresh


@transaction.atomic
def void_receivable(*, receivable: Receivable, by: Scope, now: datetime) -> Receivable:
    """Takes an invoice out that should not be there; one with payments stays until they are undone."""
    access.can_edit(by, receivable.account).enforce()
    fresh = locked(receivable, expected_version=None, yours={})
    if Payment.objects.current().filter(receivable=fresh).exists():
        raise UnableToSaveReceivable(_("Payments were recorded on this invoice. Undo them first."))
    if fresh.archived_at is None:
        fresh.archived_at = now
        fresh.save()
        audit.record(
            target=fresh,
            action="ledger.void_receivable",
            by=by,
            now=now,
            account_id=fresh.account_id,
            summary=fresh.number,
        )
    return fresh


@transaction.atomic
def restore_receivable(*, receivable: Receivable, by: Scope, now: datetime) -> Receivable:
    access.can_edit(by, receivable.account).enforce()
    fresh = locked(receivable, expected_version=None, yours={})
    if fresh.archived_at is not None:
        fresh.archived_at = None
        fresh.save()
        audit.record(
            target=fresh,
            action="ledger.restore_receivable",
            by=by,
            now=now,
            account_id=fresh.account_id,
            summary=fresh.number,
        )
    return fresh
