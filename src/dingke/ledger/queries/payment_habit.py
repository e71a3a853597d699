"""How a customer pays us (B-07): the average delay by amount, and a sentence that says it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from dingke.accounts.models import Account
from dingke.core.periods import last_twelve_months, twelve_months_before
from dingke.core.scope import Scope
from dingke.ledger import calc
from dingke.ledger.models import Payment


@dataclass(frozen=True, slots=True)
class PaymentHabit:
    """B-07 over the payments on invoices of twelve months, and of the twelve before. None = nothing was paid."""

    average_delay: Decimal | None
    average_delay_before: Decimal | None
    payments: int
    late: int
    longest: int

    @property
    def sentence(self) -> str:
        if self.average_delay is None:
            return _("Nothing was paid on an invoice in the last 12 months, so how this customer pays is not known yet.")
        days = {
            "days": f"{self.average_delay:.0f}",
            "late": self.late,
            "payments": self.payments,
            "longest": self.longest,
        }
        if not self.late:
            return (
                ngettext(
                    "Pays in time: the %(payments)s payment of the last 12 months came by its due date.",
                    "Pays in time: all %(payments)s payments of the last 12 months came by their due date.",
                    self.payments,
                )
                % days
            )
        text = (
            _(
                "Pays %(days)s days late on average, weighted by amount; %(late)s of %(payments)s payments came late, "
                "by up to %(longest)s days."
            )
            % days
        )
        if self.average_delay_before is None:
            return text
        difference = self.average_delay - self.average_delay_before
        if abs(difference) < 1:
            return text + _(" As in the year before.")
        before = {"days": f"{self.average_delay_before:.0f}"}
        return text + (
            _(" Slower than the year before (%(days)s days).") % before
            if difference > 0
            else _(" Faster than the year before (%(days)s days).") % before
        )


def habit_of(payments: Iterable[tuple[Decimal, date, date]], *, today: date) -> PaymentHabit:
    """From (amount, paid on, due) of the payments of two years. Refunds are left out."""
    current = last_twelve_months(today)
    before = twelve_months_before(current)
    delays: dict[bool, list[calc.DelayedAmount]] = {True: [], False: []}
    for amount, paid, due in payments:
        if amount > 0 and (paid in current or paid in before):
            delays[paid in current].append(calc.DelayedAmount(amount, calc.delay_days(due_date=due, paid_date=paid)))
    now = delays[True]
    return PaymentHabit(
        average_delay=calc.average_delay(now),
        average_delay_before=calc.average_delay(delays[False]),
        payments=len(now),
        late=sum(delay.delay_days > 0 for delay in now),
        longest=max((delay.delay_days for delay in now), default=0),
    )


def payment_habit(scope: Scope, account: Account, today: date) -> PaymentHabit:
    """How the customer pays us: one query."""
    since = twelve_months_before(last_twelve_months(today)).start
    rows = (
        Payment.objects.visible_to(scope)
        .current()
        .filter(account=account, receivable__isnull=False, paid_date__gte=since)
        .order_by("paid_date")
        .values_list("amount", "paid_date", "receivable__due_date")
    )
    return habit_of(rows, today=today)
