"""Payment later than its habit (D-08, B-07): against how this customer itself used to pay."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

import numpy as np
from django.db.models import F

from dingke.insights.calc.warning import Category, Context, Numbers, Signs, found
from dingke.insights.signals import signal
from dingke.insights.signals.loading import arrays, days, places, totals
from dingke.ledger.models import Payment, Receivable

LATELY, HABIT = timedelta(days=90), timedelta(days=455)  # the last quarter, against the year before it


def load(context: Context) -> Mapping[str, Numbers]:
    """Average delay in days by amount: of the last quarter, with what is open and overdue, and of the year before."""
    begin, today = context.as_of - LATELY, context.as_of
    paid = Payment.objects.filter(
        archived_at__isnull=True, receivable__archived_at__isnull=True, amount__gt=0, paid_date__gt=today - HABIT, paid_date__lte=today
    )
    ids, amounts, paid_days, due = arrays(
        paid.filter(receivable__isnull=False), "account_id", "amount", "paid_date", "receivable__due_date"
    )
    overdue = Receivable.objects.filter(
        archived_at__isnull=True, is_disputed=False, due_date__lt=today, due_date__gt=today - HABIT, amount__gt=F("paid_amount")
    )
    open_ids, whole, already, open_due = arrays(overdue, "account_id", "amount", "paid_amount", "due_date")
    at, known = places(context, [*ids, *open_ids])
    weights = np.array([*amounts, *(float(one - two) for one, two in zip(whole, already, strict=True))], dtype=np.float64)
    settled = np.concatenate([days(paid_days), np.full(len(open_ids), np.datetime64(today, "D"))])
    delay = np.maximum((settled - days([*due, *open_due])).astype("timedelta64[D]").astype(np.float64), 0.0)
    recent = settled > np.datetime64(begin, "D")

    def average(mask: np.ndarray) -> tuple[Numbers, Numbers]:
        sums = totals(context, at[mask], weights[mask] * delay[mask])
        counts = totals(context, at[mask], weights[mask])
        with np.errstate(invalid="ignore", divide="ignore"):
            return sums / counts, totals(context, at[mask], np.ones(int(mask.sum())))

    now, number = average(known & recent)
    before, number_before = average(known & ~recent)
    return {"now": now, "before": before, "number": number, "number_before": number_before}


@signal(
    code="PAYMENT_LATE",
    label=("Payment later than its habit", "付款比往常迟"),
    action=(
        "Ask the reason with finance before it becomes a claim; look at the credit line.",
        "趁尚未成为催收，与财务一起问明原因，并复核信用额度。",
    ),
    category=Category.CREDIT,
    sentences={
        "WARN_PAYMENT": (
            "Pays {now:.0f} days late in the last quarter; its habit of the year before is {before:.0f}.",
            "最近一季平均迟付 {now:.0f} 天，此前一年的习惯为 {before:.0f} 天。",
        )
    },
    replays=False,
)
def judge(context: Context) -> Signs:
    """As sure as the part of the delay that is beyond its habit. Three invoices of habit at least."""
    habit = context.fact("payment_habits", load)
    with np.errstate(invalid="ignore", divide="ignore"):
        later = habit["now"] - habit["before"]
        speaks = (later >= context.settings.payment_days) & (habit["number_before"] >= 3)
        sure = later / habit["now"]
    return found("PAYMENT_LATE", speaks, sure, "WARN_PAYMENT", now=habit["now"], before=habit["before"])
