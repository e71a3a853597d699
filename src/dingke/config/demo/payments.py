"""Receivables with due dates, and payments after each customer's habit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from random import Random

from dingke.config.demo.drafts import Draft, Windows
from dingke.config.demo.records import Order, Payment, Receivable
from dingke.config.demo.workdays import on_or_after

_PROJECT_FROM = Decimal(500_000)  # orders from here are paid in three parts
_CENT = Decimal("0.01")
_DISPUTE_REASONS = (
    "到货数量与送货单不符，客户要求核对后再付款",
    "验收时两项参数未达技术协议，客户扣留货款",
    "年度框架降价生效日期有争议，双方正在对账",
)
_DISPUTED_ACCOUNTS = 3  # the margin eater and two others


def build_receivables(rng: Random, orders: Sequence[Order], drafts: Mapping[str, Draft], windows: Windows) -> tuple[
    tuple[Receivable, ...], tuple[Payment, ...]
]:  # fmt: skip
    planned: list[tuple[date, date, Order, str, Decimal]] = []
    for order in orders:
        planned += _parts(order, drafts[order.account])
    planned.sort(key=lambda part: (part[0], part[2].number, part[3]))
    disputed = _disputed(planned, drafts, windows.today)
    receivables, payments = [], []
    serials: dict[str, int] = {}
    for invoice_date, due_date, order, kind, amount in planned:
        month = f"{invoice_date:%y%m}"
        serials[month] = serials.get(month, 0) + 1
        reason = disputed.get((order.number, kind), "")
        receivable = Receivable(
            number=f"FP{month}-{serials[month]:04d}",
            account=order.account,
            order=order.number,
            kind=kind,
            invoice_date=invoice_date,
            due_date=due_date,
            amount=amount,
            dispute_date=on_or_after(due_date + timedelta(days=3)) if reason else None,
            dispute_reason=reason,
        )
        receivables.append(receivable)
        payments += _payments(rng, receivable, drafts[order.account], windows)
    payments.sort(key=lambda payment: (payment.paid_date, payment.number))
    return tuple(receivables), tuple(payments)


def _parts(order: Order, draft: Draft) -> list[tuple[date, date, Order, str, Decimal]]:
    """Small orders are invoiced on delivery; large ones 30% in advance, 60% on delivery, 10% held for a year."""
    delivered, term = order.delivered_date, timedelta(days=draft.term_days)
    if order.amount < _PROJECT_FROM:
        return [(delivered, delivered + term, order, "FULL", order.amount)] if delivered else []
    advance = (order.amount * Decimal("0.3")).quantize(_CENT)
    retention = (order.amount * Decimal("0.1")).quantize(_CENT)
    parts = [(order.order_date, order.order_date + timedelta(days=7), order, "ADVANCE", advance)]
    if delivered:
        rest = order.amount - advance - retention
        parts.append((delivered, delivered + term, order, "DELIVERY", rest))
        parts.append((delivered, delivered + timedelta(days=365), order, "RETENTION", retention))
    return parts


def _disputed(
    planned: Sequence[tuple[date, date, Order, str, Decimal]], drafts: Mapping[str, Draft], today: date
) -> dict[tuple[str, str], str]:
    """One invoice each of a few accounts, due one to four months ago and kept back."""
    found: dict[str, tuple[str, str]] = {}
    for _, due, order, kind, _ in planned:
        age = (today - due).days
        if not 30 <= age <= 120 or order.account in found:
            continue
        draft = drafts[order.account]
        if draft.habit == "DISPUTE" or (draft.habit == "PART" and not draft.story):
            found[order.account] = (order.number, kind)
    chosen = sorted(found, key=lambda code: drafts[code].habit != "DISPUTE")[:_DISPUTED_ACCOUNTS]
    return {found[code]: reason for code, reason in zip(chosen, _DISPUTE_REASONS, strict=False)}


def _payments(rng: Random, receivable: Receivable, draft: Draft, windows: Windows) -> list[Payment]:
    if receivable.dispute_reason:
        return []
    delay = _delay(rng, receivable, draft, windows)
    shares = [(Decimal(1), delay)]
    if draft.habit == "PART" and rng.random() < 0.6:
        shares = [(Decimal("0.6"), delay), (Decimal("0.4"), delay + rng.randint(20, 45))]
    payments: list[Payment] = []
    rest = receivable.amount
    for number, (share, days) in enumerate(shares, start=1):
        amount = rest if number == len(shares) else (receivable.amount * share).quantize(_CENT)
        rest -= amount
        paid = on_or_after(max(receivable.invoice_date, receivable.due_date + timedelta(days=days)))
        if paid > windows.today:
            break
        payments.append(
            Payment(
                number=f"SK-{receivable.number[2:]}-{number}",
                receivable=receivable.number,
                account=receivable.account,
                paid_date=paid,
                amount=amount,
                method="ACCEPTANCE_BILL" if amount > 50_000 and rng.random() < 0.3 else "BANK_TRANSFER",
            )
        )
    return payments


def _delay(rng: Random, receivable: Receivable, draft: Draft, windows: Windows) -> int:
    """Days after the due date; negative when paid before it."""
    if receivable.kind == "ADVANCE":
        return rng.randint(-4, 3)
    if draft.habit == "SLIPPING":
        quarter = min(11, max(0, (receivable.due_date - windows.start).days // 91))
        return 3 + round(5.5 * quarter) + rng.randint(-2, 2)
    if draft.habit == "PROMPT":
        return round(rng.triangular(-10, 4, -1))
    if draft.habit == "LATE":
        return max(2, round(rng.gauss(30, 11)))
    # An invoice mislaid now and then, whoever it is.
    return rng.randint(25, 60) if rng.random() < 0.03 else round(rng.gauss(5, 5))
