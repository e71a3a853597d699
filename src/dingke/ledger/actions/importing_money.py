"""Receivables, payments and incentives from a file; a constant number of queries per batch."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.db import models, transaction

from dingke.accounts.actions import importing as account_importing
from dingke.accounts.actions.importing_contacts import account_of, ref_of
from dingke.accounts.models import Account
from dingke.core import access
from dingke.core.importing.outcomes import (
    COMMON,
    Batch,
    Fate,
    Mode,
    Outcome,
    apply_values,
    created,
    refused,
    unchanged,
    updated,
)
from dingke.core.reasons import Sentences
from dingke.ledger.actions.importing import bad_currency
from dingke.ledger.actions.paid import keep_paid, receivables_of
from dingke.ledger.models import Incentive, Order, Payment, Receivable

SENTENCES = COMMON | Sentences(
    {
        "NO_ORDER": ("This account has no order {number}.", "该客户没有编号为 {number} 的订单。"),
        "NO_INVOICE": ("This account has no invoice {number}.", "该客户没有编号为 {number} 的发票。"),
        "DUE_BEFORE": ("The invoice is due on {due}, before its date {date}.", "到期日 {due} 早于开票日 {date}。"),
        "ENDS_BEFORE": (
            "The period ends on {end}, before it starts on {start}.",
            "结束日期 {end} 早于开始日期 {start}。",
        ),
        "NOT_POSITIVE": ("The amount must be above zero, not {value}.", "金额必须大于零，不能是 {value}。"),
        "OTHER_HOLDER": ("{number} belongs to the account {name}.", "{number} 属于客户“{name}”。"),
    }
)
Find = Callable[[Mapping[str, Any], Account], Any]
Check = Callable[[Mapping[str, Any], Account], "Outcome | dict[str, Any]"]


def _write(
    batch: Batch,
    model: Any,
    *,
    prepare: Callable[[Sequence[Account | Outcome]], tuple[Find, Check, Callable[[Any], None]]],
    shown: str,
) -> list[Outcome]:
    access.needs(batch.by, "ledger.edit").enforce()
    refs = [ref_of(row) for row in batch.rows]
    finder, made = account_importing.find_or_create(refs=refs, customer_types=[Account.CustomerType.ORGANISATION] * len(refs), batch=batch)
    accounts = [account_of(finder, ref, made) for ref in refs]
    find, check, keep = prepare(accounts)
    outcomes: list[Outcome | None] = []
    new: list[tuple[int, Any]] = []
    changed: list[tuple[int, Any, dict[str, list[Any]]]] = []
    for place, (row, account) in enumerate(zip(batch.rows, accounts, strict=True)):
        values = account if isinstance(account, Outcome) else bad_currency(row) or check(row, account)
        outcomes.append(values if isinstance(values, Outcome) else None)
        if isinstance(values, Outcome) or isinstance(account, Outcome):
            continue
        record = find(row, account)
        name = str(row.get(shown, "")) or account.name
        if record is None and batch.mode == Mode.UPDATE:
            outcomes[place] = refused(SENTENCES, "NOT_THERE", name=name)
        elif record is None:
            record = model(account=account, **values)
            keep(record)
            new.append((place, record))
        elif record.account_id != account.pk:
            outcomes[place] = refused(SENTENCES, "OTHER_HOLDER", number=name, name=record.account.name)
        elif batch.mode == Mode.CREATE or record.pk is None:
            outcomes[place] = refused(SENTENCES, "ALREADY_THERE", name=name)
        else:
            changed.append((place, record, apply_values(record, values)))
    model.objects.bulk_create([record for _place, record in new], batch_size=500)
    edited = [record for _place, record, changes in changed if changes]
    names = {name.removesuffix("_id") for _place, _record, changes in changed for name in changes}
    for record in edited:
        record.version += 1
        record.updated_at = batch.now
    if edited:
        model.objects.bulk_update(edited, [*sorted(names), "version", "updated_at"], batch_size=200)
    accounts_made = {outcome.id: outcome.written for outcome in made.values() if outcome.fate is Fate.CREATED}
    for place, record in new:
        outcomes[place] = created(record, *accounts_made.pop(record.account_id, ()))
    for place, record, changes in changed:
        outcomes[place] = updated(record, changes) if changes else unchanged(record)
    return [outcome for outcome in outcomes if outcome is not None]


def _ids(accounts: Sequence[Account | Outcome]) -> set[int]:
    return {account.pk for account in accounts if isinstance(account, Account)}


def _numbered(model: type[models.Model], accounts: Sequence[Account | Outcome], numbers: set[str]) -> dict[tuple[int, str], Any]:
    if not numbers:
        return {}
    rows: Any = model._default_manager.filter(account_id__in=_ids(accounts), number__in=numbers).select_related("account").order_by("pk")
    return {(row.account_id, row.number): row for row in rows}


def _keyed(model: type[models.Model], batch: Batch) -> dict[str, Any]:
    keys = [row["external_key"] for row in batch.rows if row.get("external_key")]
    rows: Any = model._default_manager.filter(external_key__in=keys).select_related("account").order_by("pk") if keys else []
    return {row.external_key: row for row in rows}


@transaction.atomic
def import_receivables(batch: Batch) -> list[Outcome]:
    """Creates and updates our invoices, found by their own key, else by account and number."""

    def prepare(accounts: Sequence[Account | Outcome]) -> tuple[Find, Check, Callable[[Any], None]]:
        orders = _numbered(Order, accounts, {row["order_number"] for row in batch.rows if row.get("order_number")})
        keyed, numbered = (
            _keyed(Receivable, batch),
            _numbered(Receivable, accounts, {row["number"] for row in batch.rows if row.get("number")}),
        )

        def check(row: Mapping[str, Any], account: Account) -> Outcome | dict[str, Any]:
            values = {
                name: row[name] for name in ("number", "amount", "currency", "invoice_date", "due_date", "external_key") if name in row
            }
            if row["amount"] <= 0:
                return refused(SENTENCES, "NOT_POSITIVE", value=row["amount"])
            if row["due_date"] < row["invoice_date"]:
                return refused(SENTENCES, "DUE_BEFORE", due=row["due_date"], date=row["invoice_date"])
            if row.get("order_number"):
                order = orders.get((account.pk, row["order_number"]))
                if order is None:
                    return refused(SENTENCES, "NO_ORDER", number=row["order_number"])
                values["order_id"] = order.pk
            return values

        def find(row: Mapping[str, Any], account: Account) -> Any:
            return keyed.get(row.get("external_key", "")) or numbered.get((account.pk, row["number"]))

        def keep(record: Any) -> None:
            numbered[(record.account_id, record.number)] = record

        return find, check, keep

    return _write(batch, Receivable, prepare=prepare, shown="number")


@transaction.atomic
def import_payments(batch: Batch) -> list[Outcome]:
    """Creates and updates payments, found by their own key or by account and reference; with an invoice number against it."""

    def prepare(accounts: Sequence[Account | Outcome]) -> tuple[Find, Check, Callable[[Any], None]]:
        invoices = _numbered(Receivable, accounts, {row["receivable_number"] for row in batch.rows if row.get("receivable_number")})
        keyed = _keyed(Payment, batch)
        references = {row["reference"] for row in batch.rows if row.get("reference")}
        rows = (
            Payment.objects.filter(account_id__in=_ids(accounts), reference__in=references).select_related("account").order_by("pk")
            if references
            else []
        )
        referred = {(row.account_id, row.reference): row for row in rows}

        def check(row: Mapping[str, Any], account: Account) -> Outcome | dict[str, Any]:
            values = {name: row[name] for name in ("amount", "currency", "paid_date", "reference", "external_key") if name in row}
            if row["amount"] == 0:
                return refused(SENTENCES, "NOT_POSITIVE", value=row["amount"])
            if row.get("receivable_number"):
                invoice = invoices.get((account.pk, row["receivable_number"]))
                if invoice is None:
                    return refused(SENTENCES, "NO_INVOICE", number=row["receivable_number"])
                values["receivable_id"] = invoice.pk
            return values

        def find(row: Mapping[str, Any], account: Account) -> Any:
            by_key = keyed.get(row.get("external_key", ""))
            return by_key or (
                referred.get((account.pk, row["reference"])) if batch.key.endswith("reference") and row.get("reference") else None
            )

        def keep(record: Any) -> None:
            if record.external_key:
                keyed[record.external_key] = record

        return find, check, keep

    outcomes = _write(batch, Payment, prepare=prepare, shown="reference")
    written = [each for outcome in outcomes for each in outcome.written if each.model == Payment._meta.label_lower]
    left = [each.before["receivable_id"][0] for each in written if "receivable_id" in each.before]
    keep_paid([*left, *receivables_of([each.id for each in written])])
    return outcomes


@transaction.atomic
def import_incentives(batch: Batch) -> list[Outcome]:
    """Creates and updates rebates, discounts and support, found by account, kind and period."""

    def prepare(accounts: Sequence[Account | Outcome]) -> tuple[Find, Check, Callable[[Any], None]]:
        rows = Incentive.objects.filter(account_id__in=_ids(accounts), archived_at__isnull=True).select_related("account").order_by("pk")
        known = {(row.account_id, row.kind, row.start_date, row.end_date): row for row in rows}

        def check(row: Mapping[str, Any], account: Account) -> Outcome | dict[str, Any]:
            if row["amount"] <= 0:
                return refused(SENTENCES, "NOT_POSITIVE", value=row["amount"])
            if row["end_date"] < row["start_date"]:
                return refused(SENTENCES, "ENDS_BEFORE", end=row["end_date"], start=row["start_date"])
            return {name: row[name] for name in ("kind", "amount", "currency", "start_date", "end_date", "reason") if name in row}

        def find(row: Mapping[str, Any], account: Account) -> Any:
            return known.get((account.pk, row.get("kind", Incentive.Kind.REBATE), row["start_date"], row["end_date"]))

        def keep(record: Any) -> None:
            known[(record.account_id, record.kind, record.start_date, record.end_date)] = record

        return find, check, keep

    return _write(batch, Incentive, prepare=prepare, shown="reason")
