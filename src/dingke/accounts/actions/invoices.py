"""Invoicing details 开票信息 of an account; seen and changed with the field right "invoicing" only."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from dingke.accounts import access
from dingke.accounts.actions import search_index
from dingke.accounts.actions.account import credit_code_problem
from dingke.accounts.calc.credit_code import normalise_credit_code
from dingke.accounts.models import Account, InvoiceTitle
from dingke.core import audit
from dingke.core.errors import Invalid
from dingke.core.locking import locked
from dingke.core.models import snapshot_of
from dingke.core.scope import Scope

FACTS = ["title", "tax_id", "bank", "bank_account", "address", "phone", "is_default"]
OLD_TAX_ID_LENGTHS = {15, 17, 20}  # registrations from before the unified code, and of individuals


@transaction.atomic
def add_invoice_title(*, account: Account, values: Mapping[str, Any], by: Scope, now: datetime) -> InvoiceTitle:
    """Adds invoicing details; the first ones are the default. Raises `Invalid` naming the fields to mend."""
    access.can_edit_invoicing(by, account).enforce()
    row = InvoiceTitle(account=account)
    _apply(row, values)
    if not InvoiceTitle.objects.filter(account=account, archived_at__isnull=True).exists():
        row.is_default = True
    row.save()
    _one_default(row)
    search_index.refresh([account.pk])
    audit.record(target=row, action="invoices.add", by=by, now=now, account_id=account.pk, summary=row.title)
    return row


@transaction.atomic
def edit_invoice_title(
    *, invoice_title: InvoiceTitle, values: Mapping[str, Any], by: Scope, now: datetime, expected_version: int | None = None
) -> InvoiceTitle:
    access.can_edit_invoicing(by, invoice_title.account).enforce()
    fresh = locked(invoice_title, expected_version=expected_version, yours=values)
    before = snapshot_of(fresh, FACTS)
    _apply(fresh, values)
    audit.save_with_audit(target=fresh, fields=FACTS, action="invoices.edit", by=by, now=now, before=before, account_id=fresh.account_id)
    _one_default(fresh)
    search_index.refresh([fresh.account_id])
    return fresh


@transaction.atomic
def archive_invoice_title(*, invoice_title: InvoiceTitle, by: Scope, now: datetime) -> InvoiceTitle:
    access.can_edit_invoicing(by, invoice_title.account).enforce()
    fresh = locked(invoice_title, expected_version=None, yours={})
    if fresh.archived_at is None:
        fresh.archived_at, fresh.is_default = now, False
        fresh.save()
        search_index.refresh([fresh.account_id])
        audit.record(target=fresh, action="invoices.archive", by=by, now=now, account_id=fresh.account_id, summary=fresh.title)
    return fresh


@transaction.atomic
def restore_invoice_title(*, invoice_title: InvoiceTitle, by: Scope, now: datetime) -> InvoiceTitle:
    access.can_edit_invoicing(by, invoice_title.account).enforce()
    fresh = locked(invoice_title, expected_version=None, yours={})
    if fresh.archived_at is not None:
        fresh.archived_at = None
        fresh.save()
        search_index.refresh([fresh.account_id])
        audit.record(target=fresh, action="invoices.restore", by=by, now=now, account_id=fresh.account_id, summary=fresh.title)
    return fresh


def _apply(row: InvoiceTitle, values: Mapping[str, Any]) -> None:
    for field in FACTS:
        if field in values:
            setattr(row, field, values[field])
    row.title, row.tax_id = " ".join(row.title.split()), normalise_credit_code(row.tax_id)
    problems: dict[str, str] = {}
    if not row.title:
        problems["title"] = _("An invoice needs a title.")
    if not row.tax_id:
        problems["tax_id"] = _("An invoice needs a tax id.")
    elif len(row.tax_id) == 18:
        if problem := credit_code_problem(row.tax_id):
            problems["tax_id"] = problem
    elif len(row.tax_id) not in OLD_TAX_ID_LENGTHS or not row.tax_id.isalnum():
        problems["tax_id"] = _("A tax id has 18 characters (15, 17 or 20 on old registrations); this one has %(length)s.") % {
            "length": len(row.tax_id)
        }
    if problems:
        raise Invalid(next(iter(problems.values())), fields=problems)


def _one_default(row: InvoiceTitle) -> None:
    if row.is_default:
        InvoiceTitle.objects.filter(account_id=row.account_id, is_default=True).exclude(pk=row.pk).update(is_default=False)
