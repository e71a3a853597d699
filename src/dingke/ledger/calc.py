"""The money facts of an account: order totals, margin, invoice state, payment delay (B-07), ageing of receivables.

All amounts of one call are Decimal of one currency; days are dates; the caller passes ``today``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from dingke.core.money import rounded, split
from dingke.core.reasons import Label

_ZERO = Decimal(0)


# --- orders -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class OrderLine:
    """``discount_percent`` and ``tax_percent`` 0-100. ``unit_cost`` None = not known. A return has a negative
    quantity.
    """

    quantity: Decimal
    unit_price: Decimal
    discount_percent: Decimal = _ZERO
    tax_percent: Decimal = _ZERO
    unit_cost: Decimal | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.discount_percent <= 100:
            raise ValueError(f"a discount lies between 0 and 100 %, got {self.discount_percent}")
        if not 0 <= self.tax_percent <= 100:
            raise ValueError(f"a tax rate lies between 0 and 100 %, got {self.tax_percent}")
        if self.unit_price < 0 or (self.unit_cost is not None and self.unit_cost < 0):
            raise ValueError("prices and costs are not negative")


@dataclass(frozen=True)
class LineTotal:
    """``net`` after the line's discount and its part of the order's discount, without tax; ``gross`` = net + tax."""

    net: Decimal
    tax: Decimal
    cost: Decimal | None

    @property
    def gross(self) -> Decimal:
        return self.net + self.tax


@dataclass(frozen=True)
class OrderTotal:
    """The sums of its lines, to the cent. ``cost`` is None as soon as one line's cost is not known."""

    lines: tuple[LineTotal, ...]
    net: Decimal
    tax: Decimal
    cost: Decimal | None

    @property
    def gross(self) -> Decimal:
        return self.net + self.tax


@dataclass(frozen=True)
class GrossMargin:
    """``amount`` = revenue - cost; ``rate`` = amount / revenue (0..1), None without revenue."""

    amount: Decimal
    rate: Decimal | None


def order_total(lines: Sequence[OrderLine], *, order_discount: Decimal = _ZERO) -> OrderTotal:
    """Line by line to the cent; a discount on the whole order is split over the lines by their net, and nothing is
    lost.

    ValueError when the discount is negative or more than the order.
    """
    nets = [rounded(line.quantity * line.unit_price * (100 - line.discount_percent) / 100) for line in lines]
    discount = rounded(order_discount)
    if discount < 0 or (discount > 0 and discount > sum(nets, _ZERO)):
        raise ValueError("a discount on the order lies between 0 and its net total")
    if discount:
        parts = split(discount, [max(net, _ZERO) for net in nets])
        nets = [net - part for net, part in zip(nets, parts, strict=True)]
    totals = tuple(
        LineTotal(
            net=net,
            tax=rounded(net * line.tax_percent / 100),
            cost=None if line.unit_cost is None else rounded(line.quantity * line.unit_cost),
        )
        for net, line in zip(nets, lines, strict=True)
    )
    costs = [total.cost for total in totals if total.cost is not None]
    return OrderTotal(
        lines=totals,
        net=sum((total.net for total in totals), _ZERO),
        tax=sum((total.tax for total in totals), _ZERO),
        cost=sum(costs, _ZERO) if len(costs) == len(totals) else None,
    )


def gross_margin(revenue: Decimal, cost: Decimal | None) -> GrossMargin | None:
    """Gross profit and its rate; None when the cost is not known."""
    if cost is None:
        return None
    amount = revenue - cost
    return GrossMargin(amount, amount / revenue if revenue > 0 else None)


# --- invoices ---------------------------------------------------------------------------------------------------------


class InvoiceState(StrEnum):
    OPEN = "OPEN"
    PARTLY_PAID = "PARTLY_PAID"
    OVERDUE = "OVERDUE"
    DISPUTED = "DISPUTED"
    PAID = "PAID"


INVOICE_STATE_LABELS: dict[InvoiceState, Label] = {
    InvoiceState.OPEN: Label("Open", "未到期"),
    InvoiceState.PARTLY_PAID: Label("Partly paid", "部分付款"),
    InvoiceState.OVERDUE: Label("Overdue", "逾期"),
    InvoiceState.DISPUTED: Label("Disputed", "有争议"),
    InvoiceState.PAID: Label("Paid", "已付清"),
}


@dataclass(frozen=True)
class InvoiceStanding:
    """``outstanding`` is never negative; what was paid too much is ``overpaid``. ``overdue_days`` 0 when nothing is
    overdue.
    """

    state: InvoiceState
    outstanding: Decimal
    overpaid: Decimal
    overdue_days: int


def invoice_standing(*, amount: Decimal, paid: Decimal, due_date: date, disputed: bool, today: date) -> InvoiceStanding:
    """Paid goes first, then disputed, overdue (from the day after the due date), partly paid, open."""
    rest = amount - paid
    outstanding, overpaid = max(rest, _ZERO), max(-rest, _ZERO)
    overdue_days = max(0, (today - due_date).days) if outstanding else 0
    if not outstanding:
        state = InvoiceState.PAID
    elif disputed:
        state = InvoiceState.DISPUTED
    elif overdue_days:
        state = InvoiceState.OVERDUE
    elif paid > 0:
        state = InvoiceState.PARTLY_PAID
    else:
        state = InvoiceState.OPEN
    return InvoiceStanding(state, outstanding, overpaid, overdue_days)


# --- payment record (B-07) --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class DelayedAmount:
    """A payment, or a part of one, and its delay in days; paid early counts as 0."""

    amount: Decimal
    delay_days: int


def delay_days(*, due_date: date, paid_date: date) -> int:
    """Days after the due date, 0 when paid in time or early."""
    return max(0, (paid_date - due_date).days)


def average_delay(payments: Iterable[DelayedAmount]) -> Decimal | None:
    """B-07: sum(delay days x amount) / sum(amount); 100k 10 days late and 50k 40 days late give 20 days.

    Amounts of 0 or less (refunds) are left out; None when nothing was paid.
    """
    paid = [payment for payment in payments if payment.amount > 0]
    total = sum((payment.amount for payment in paid), _ZERO)
    if not total:
        return None
    return sum((payment.amount * max(0, payment.delay_days) for payment in paid), _ZERO) / total


# --- ageing -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class AgeingSettings:
    """The last day of each bucket but the open one: (30, 60, 90) = not due, 1-30, 31-60, 61-90, over 90."""

    edges: tuple[int, ...] = (30, 60, 90)

    def __post_init__(self) -> None:
        if not self.edges or self.edges[0] < 1 or list(self.edges) != sorted(set(self.edges)):
            raise ValueError("the edges of the ageing buckets are rising days from 1 on")


@dataclass(frozen=True)
class Receivable:
    id: int
    outstanding: Decimal
    due_date: date
    disputed: bool = False


@dataclass(frozen=True)
class AgeBucket:
    """``from_day`` None = not due yet; ``to_day`` None = no end."""

    from_day: int | None
    to_day: int | None
    amount: Decimal
    receivable_ids: tuple[int, ...]


@dataclass(frozen=True)
class Ageing:
    """``total`` = sum of the buckets; ``overdue`` = all but the first; ``disputed`` is part of the total."""

    buckets: tuple[AgeBucket, ...]
    total: Decimal
    overdue: Decimal
    disputed: Decimal


DEFAULT_AGEING = AgeingSettings()


def ageing(receivables: Iterable[Receivable], *, today: date, settings: AgeingSettings = DEFAULT_AGEING) -> Ageing:
    """Open amounts by days past due; an amount due today is not overdue. Nothing outstanding is left out."""
    bounds: list[tuple[int | None, int | None]] = [(None, 0)]
    for edge in settings.edges:
        bounds.append(((bounds[-1][1] or 0) + 1, edge))
    bounds.append((settings.edges[-1] + 1, None))
    held: list[list[Receivable]] = [[] for _ in bounds]
    for receivable in sorted(receivables, key=lambda item: (item.due_date, item.id)):
        if receivable.outstanding:
            late = (today - receivable.due_date).days
            place = next(place for place, (_, last) in enumerate(bounds) if last is None or late <= last)
            held[place].append(receivable)
    buckets = tuple(
        AgeBucket(
            from_day=first,
            to_day=None if first is None else last,
            amount=sum((item.outstanding for item in items), _ZERO),
            receivable_ids=tuple(item.id for item in items),
        )
        for (first, last), items in zip(bounds, held, strict=True)
    )
    return Ageing(
        buckets=buckets,
        total=sum((bucket.amount for bucket in buckets), _ZERO),
        overdue=sum((bucket.amount for bucket in buckets[1:]), _ZERO),
        disputed=sum((item.outstanding for items in held for item in items if item.disputed), _ZERO),
    )
