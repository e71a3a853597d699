"""The money of one account on one screen: trend, totals, open invoices, payment habit (B-07), incentives with their return."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.db.models import Count, F, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from dingke.accounts.models import Account
from dingke.core import company, rules
from dingke.core.paging import Page, indexed_page
from dingke.core.periods import Period, add_months, last_twelve_months, quarters, twelve_months_before
from dingke.core.scope import Scope
from dingke.ledger import calc
from dingke.ledger.models import Incentive, Order, OrderLine, Payment, PaymentFinding, Receivable
from dingke.ledger.queries import records
from dingke.ledger.queries.payment_habit import PaymentHabit, payment_habit

QUARTERS = 12
NOT_COUNTED = [Order.State.CANCELLED, Order.State.RETURNED]
FEW = 8
MORE = 25
MANY = 50
_ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Turnover:
    """Of one period. `profit` is None unless the cost of every order is known: a part would read as the whole."""

    revenue: Decimal = _ZERO
    profit: calc.GrossMargin | None = None
    orders: int = 0
    orders_without_cost: int = 0


@dataclass(frozen=True, slots=True)
class Quarter:
    name: str
    period: Period
    turnover: Turnover
    is_running: bool


@dataclass(frozen=True, slots=True)
class OpenInvoice:
    receivable: Receivable
    standing: calc.InvoiceStanding

    @property
    def label(self) -> str:
        return calc.INVOICE_STATE_LABELS[self.standing.state].text(get_language() or "zh")


@dataclass(frozen=True, slots=True)
class Bucket:
    """An ageing bucket with the days of the due date that lie in it (both included; None = open)."""

    key: str
    from_day: int | None
    to_day: int | None
    amount: Decimal
    count: int
    share: Decimal

    @property
    def label(self) -> str:
        return bucket_label(self.from_day, self.to_day)


@dataclass(frozen=True, slots=True)
class GivenIncentive:
    """An incentive beside the gross profit of its days and of as many days before (what guard 1 of A-08 is judged by).

    `ratio`: extra gross profit by extra incentive; None while the period runs, without costs, or when no more was given.
    """

    incentive: Incentive
    profit: Decimal | None
    profit_before: Decimal | None
    extra_incentive: Decimal
    ratio: Decimal | None
    is_running: bool


@dataclass(frozen=True, slots=True)
class AccountMoney:
    account: Account
    today: date
    currency: str
    quarters: tuple[Quarter, ...]
    year: Turnover
    year_before: Turnover
    orders: Page[Order]
    orders_total: int
    other_currencies: tuple[str, ...]
    high_profit_share: Decimal | None
    ageing: calc.Ageing
    buckets: tuple[Bucket, ...]
    open_invoices: tuple[OpenInvoice, ...]
    open_total: int
    overdue_total: int
    longest_overdue: int
    habit: PaymentHabit
    payments: tuple[Payment, ...]
    advances: Decimal
    incentives: tuple[GivenIncentive, ...]
    findings: tuple[PaymentFinding, ...]

    @property
    def change(self) -> Decimal | None:
        """Revenue of twelve months against the twelve before; None without a base."""
        return self.year.revenue / self.year_before.revenue - 1 if self.year_before.revenue > 0 else None

    @property
    def year_start(self) -> str:
        return last_twelve_months(self.today).start.isoformat()

    @property
    def has_anything(self) -> bool:
        return bool(self.orders_total or self.open_total or self.payments or self.incentives or self.findings)

    @property
    def bad_findings(self) -> int:
        return sum(finding.is_bad for finding in self.findings)


def bucket_label(from_day: int | None, to_day: int | None) -> str:
    if from_day is None:
        return _("Not due")
    if to_day is None:
        return _("Over %(days)s days") % {"days": from_day - 1}
    return _("%(first)s-%(last)s days") % {"first": from_day, "last": to_day}


def bucket_key(from_day: int | None) -> str:
    return "due" if from_day is None else str(from_day)


def counted_orders(scope: Scope) -> QuerySet[Order]:
    """Orders that count as revenue, in the house's currency, with `known_cost`: their own, else that of all their lines."""
    lines = (
        OrderLine.objects.filter(order=OuterRef("pk"))
        .order_by()
        .values("order")
        .annotate(total=Sum("cost"), costed=Count("cost"), number=Count("pk"))
        .filter(costed=F("number"))
        .values("total")
    )
    rows = Order.objects.visible_to(scope).current().exclude(state__in=NOT_COUNTED).filter(currency=company.currency())
    return rows.annotate(known_cost=Coalesce(F("cost"), Subquery(lines)))


@dataclass(frozen=True, slots=True)
class _Day:
    revenue: Decimal
    cost: Decimal
    orders: int
    costed: int


def _days(scope: Scope, account: Account, *, start: date, today: date) -> dict[date, _Day]:
    """What was ordered on which day: one query from which every period is added up."""
    rows = (
        counted_orders(scope)
        .filter(account=account, order_date__gte=start, order_date__lte=today)
        .order_by("order_date")
        .values("order_date")
        .annotate(revenue=Sum("amount"), known=Sum("known_cost"), orders=Count("pk"), costed=Count("known_cost"))
    )
    return {
        row["order_date"]: _Day(
            row["revenue"].quantize(Decimal("0.01")),
            (row["known"] or _ZERO).quantize(Decimal("0.01")),
            row["orders"],
            row["costed"],
        )
        for row in rows
    }


def _turnover(days: dict[date, _Day], period: Period) -> Turnover:
    inside = [value for day, value in days.items() if day in period]
    revenue = sum((day.revenue for day in inside), _ZERO)
    orders, costed = sum(day.orders for day in inside), sum(day.costed for day in inside)
    cost = sum((day.cost for day in inside), _ZERO) if orders and orders == costed else None
    return Turnover(revenue, calc.gross_margin(revenue, cost), orders, orders - costed)


def ageing_settings() -> calc.AgeingSettings:
    return rules.load("ageing", calc.AgeingSettings)


def open_invoice(receivable: Receivable, *, today: date) -> OpenInvoice:
    """An invoice with its state of today."""
    return OpenInvoice(
        receivable,
        calc.invoice_standing(
            amount=receivable.amount,
            paid=receivable.paid_amount,
            due_date=receivable.due_date,
            disputed=receivable.is_disputed,
            today=today,
        ),
    )


def _buckets(ageing: calc.Ageing) -> tuple[Bucket, ...]:
    return tuple(
        Bucket(
            bucket_key(bucket.from_day),
            bucket.from_day,
            bucket.to_day,
            bucket.amount,
            len(bucket.receivable_ids),
            bucket.amount / ageing.total if ageing.total else _ZERO,
        )
        for bucket in ageing.buckets
    )


def account_orders(scope: Scope, account: Account, *, cursor: str | None = None, size: int = FEW) -> Page[Order]:
    """The orders of an account, newest first, cancelled and returned ones included."""
    lines = OrderLine.objects.filter(order=OuterRef("pk")).order_by().values("order").annotate(number=Count("pk")).values("number")
    rows = Order.objects.visible_to(scope).current().filter(account=account).annotate(lines_count=Coalesce(Subquery(lines), 0))
    return indexed_page(rows, field="order_date", descending=True, nullable=False, size=size, cursor=cursor)


def share_of_high_profit(scope: Scope, account: Account, year: Period) -> Decimal | None:
    """A-04 criterion 1: what part of the last twelve months' lines are high-profit products; None when no line names a product."""
    sums = (
        OrderLine.objects.visible_to(scope)
        .filter(
            order__account=account,
            order__archived_at__isnull=True,
            order__currency=company.currency(),
            product__isnull=False,
        )
        .filter(order__order_date__gte=year.start, order__order_date__lt=year.end)
        .exclude(order__state__in=NOT_COUNTED)
        .aggregate(whole=Sum("amount"), high=Sum("amount", filter=Q(product__is_high_profit=True)))
    )
    whole = sums["whole"] or _ZERO
    return (sums["high"] or _ZERO) / whole if whole > 0 else None


def _prorated(incentives: Sequence[Incentive], period: Period) -> Decimal:
    """What of the incentives falls into a period, by days."""
    total = _ZERO
    for incentive in incentives:
        whole = (incentive.end_date - incentive.start_date).days + 1
        inside = (min(incentive.end_date + timedelta(days=1), period.end) - max(incentive.start_date, period.start)).days
        total += incentive.amount * max(0, inside) / whole
    return total


def _given(incentive: Incentive, every: Sequence[Incentive], days: dict[date, _Day], *, since: date, today: date) -> GivenIncentive:
    length = incentive.end_date - incentive.start_date + timedelta(days=1)
    period = Period(incentive.start_date, incentive.start_date + length)
    before = Period(incentive.start_date - length, incentive.start_date)
    is_running = incentive.end_date >= today

    # A quiet period earned nothing; a period before the figures begin, or with a missing cost, earned nobody knows what.
    def earned(span: Period) -> Decimal | None:
        turnover = _turnover(days, span)
        if span.start < since or turnover.orders_without_cost:
            return None
        return turnover.profit.amount if turnover.profit else _ZERO

    profit, profit_before = earned(period), earned(before)
    extra = _prorated(every, period) - _prorated(every, before)
    known = profit is not None and profit_before is not None and not is_running and extra > 0
    ratio = (profit - profit_before) / extra if known and profit is not None and profit_before is not None else None
    return GivenIncentive(incentive, profit, profit_before, extra, ratio, is_running)


def account_incentives(scope: Scope, account: Account) -> list[Incentive]:
    return list(Incentive.objects.visible_to(scope).current().filter(account=account).order_by("-start_date", "-pk")[:MANY])


def last_return(scope: Scope, account: Account, today: date) -> GivenIncentive | None:
    """The newest incentive whose days are over, with what it brought; None when there is none."""
    incentives = account_incentives(scope, account)
    ended = next((row for row in incentives if row.end_date < today), None)
    if ended is None:
        return None
    since = ended.start_date - (ended.end_date - ended.start_date + timedelta(days=1))
    days = _days(scope, account, start=since, today=today)
    return _given(ended, incentives, days, since=since, today=today)


def account_money(scope: Scope, account: Account, today: date, *, cursor: str | None = None) -> AccountMoney:
    """Everything the money page of an account shows, in a fixed number of queries. Amounts in the house's currency."""
    current, house = last_twelve_months(today), company.currency()
    first_quarter = add_months(date(today.year, (today.month - 1) // 3 * 3 + 1, 1), -3 * (QUARTERS - 1))
    incentives = account_incentives(scope, account)
    earliest = min(
        [first_quarter, twelve_months_before(current).start]
        + [row.start_date - (row.end_date - row.start_date + timedelta(days=1)) for row in incentives[:FEW]]
    )
    days = _days(scope, account, start=earliest, today=today)
    open_rows = list(
        records.open_receivables(scope).filter(account=account, currency=house).select_related("order").order_by("due_date", "pk")
    )
    invoices = [open_invoice(row, today=today) for row in open_rows]
    aged = calc.ageing(
        [
            calc.Receivable(one.receivable.pk, one.standing.outstanding, one.receivable.due_date, one.receivable.is_disputed)
            for one in invoices
        ],
        today=today,
        settings=ageing_settings(),
    )
    overdue = [one for one in invoices if one.standing.overdue_days]
    own_orders = Order.objects.visible_to(scope).current().filter(account=account)
    currencies = dict(own_orders.order_by().values_list("currency").annotate(number=Count("pk")))
    payments = Payment.objects.visible_to(scope).current().filter(account=account)
    advances = payments.filter(receivable__isnull=True, currency=house).aggregate(total=Sum("amount"))["total"] or _ZERO
    return AccountMoney(
        account=account,
        today=today,
        currency=house,
        quarters=tuple(Quarter(name, period, _turnover(days, period), today in period) for name, period in quarters(first_quarter, today)),
        year=_turnover(days, current),
        year_before=_turnover(days, twelve_months_before(current)),
        orders=account_orders(scope, account, cursor=cursor),
        orders_total=sum(currencies.values()),
        other_currencies=tuple(sorted(set(currencies) - {house})),
        high_profit_share=share_of_high_profit(scope, account, current),
        ageing=aged,
        buckets=_buckets(aged),
        open_invoices=tuple(invoices[:FEW]),
        open_total=len(invoices),
        overdue_total=len(overdue),
        longest_overdue=max((one.standing.overdue_days for one in overdue), default=0),
        habit=payment_habit(scope, account, today),
        payments=tuple(payments.select_related("receivable").order_by("-paid_date", "-pk")[:FEW]),
        advances=advances,
        incentives=tuple(_given(row, incentives, days, since=earliest, today=today) for row in incentives[:FEW]),
        findings=tuple(PaymentFinding.objects.visible_to(scope).current().filter(account=account).order_by("-as_of_date", "-pk")[:MANY]),
    )
