"""The measured parts of an assessment: figures of one account from its stored scores and the books, with its place among all.

Places are among all customers of the house, whatever the caller sees: they are shares and name nobody.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Count, DecimalField, F, Min, Q, Sum, Value
from django.db.models.fields.json import KeyTextTransform, KeyTransform
from django.db.models.functions import Cast, Coalesce

from dingke.accounts.models import Account, Standing
from dingke.core import company
from dingke.core.periods import add_months, last_twelve_months
from dingke.core.scope import Scope
from dingke.insights.calc import assessment as calc
from dingke.insights.calc import maturity
from dingke.insights.calc.assessment import PartInput
from dingke.insights.models import RelationshipMark
from dingke.ledger.models import Order, OrderLine, Product, Receivable
from dingke.ledger.queries.payment_habit import payment_habit

RHYTHM_MONTHS = 24
DAYS_A_YEAR = Decimal("365.25")
_MICRO = Decimal("0.000001")


@dataclass(frozen=True)
class Measured:
    """`parts` by code, each with figure and place where they are known, and how things stood when it was measured."""

    parts: Mapping[str, PartInput] = field(default_factory=dict)
    as_of_date: date | None = None
    revenue: Decimal | None = None
    tied: Decimal | None = None
    abc: str = ""
    is_quiet: bool = False
    cycle_days: Decimal | None = None


def measure(account: Account, *, today: date) -> Measured:
    """A fixed number of queries, whatever the number of customers and orders."""
    standing = Standing.objects.filter(account=account).order_by().first()
    values: dict[str, Decimal | None] = {"INFLUENCE": None if account.influence is None else Decimal(account.influence)}
    values["COOPERATION"] = _ladder(account)
    tied = _outstanding(account)
    days: list[date] = []
    if standing is not None:
        day = standing.as_of_date
        values |= _of_standing(standing, tied)
        days = _order_days(account, day)
        values["REGULARITY"] = calc.cycle_variation(days)
        values |= _of_books(account, day)
        habit = payment_habit(Scope.system(), account, day)
        values["PAYMENT"] = None if habit.average_delay is None else max(Decimal(0), habit.average_delay)
    places = _places(values) if standing is not None else {}
    return Measured(
        parts={code: PartInput(code, _rounded(value), _rounded(places.get(code))) for code, value in values.items()},
        as_of_date=standing.as_of_date if standing else None,
        revenue=standing.revenue if standing else None,
        tied=tied,
        abc=standing.abc if standing else "",
        is_quiet=standing.is_quiet if standing else False,
        cycle_days=calc.cycle_days(days),
    )


def _rounded(value: Decimal | None) -> Decimal | None:
    return None if value is None else value.quantize(_MICRO)


def _of_standing(standing: Standing, tied: Decimal) -> dict[str, Decimal | None]:
    if not standing.orders_count or standing.revenue <= 0:
        return {}
    figures: Mapping[str, Any] = standing.evidence.get("figures", {})
    profit = None if standing.gross_profit is None else standing.gross_profit - Decimal(figures.get("incentives", "0"))
    before = standing.revenue_before
    return {
        "PURCHASES": standing.revenue,
        "ORDER_SIZE": standing.revenue / standing.orders_count,
        "FREQUENCY": Decimal(standing.orders_count),
        "PROFIT": profit,
        "MARGIN": None if profit is None else profit / standing.revenue,
        "GROWTH": (standing.revenue - before) / before if before > 0 else None,
        "MONEY_TIED": calc.money_tied_days(outstanding=tied, revenue=standing.revenue),
    }


def _outstanding(account: Account) -> Decimal:
    """Receivables that are open, due or not."""
    rows = Receivable.objects.current().filter(account=account, amount__gt=F("paid_amount"), currency=company.currency())
    return rows.aggregate(open=Sum(F("amount") - F("paid_amount")))["open"] or Decimal(0)


def _orders(account: Account) -> Any:
    return Order.objects.current().filter(account=account, currency=company.currency()).exclude(state=Order.State.CANCELLED)


def _order_days(account: Account, day: date) -> list[date]:
    rows = _orders(account).exclude(state=Order.State.RETURNED).filter(order_date__gt=add_months(day, -RHYTHM_MONTHS), order_date__lte=day)
    return list(rows.order_by("order_date").values_list("order_date", flat=True).distinct())


def _of_books(account: Account, day: date) -> dict[str, Decimal | None]:
    year = last_twelve_months(day)
    within = Q(order_date__gte=year.start, order_date__lt=year.end)
    sums = _orders(account).aggregate(
        sold=Sum("amount", filter=within),
        returned=Sum("amount", filter=within & Q(state=Order.State.RETURNED)),
        first=Min("order_date", filter=~Q(state=Order.State.RETURNED)),
    )
    families = (
        Product.objects.filter(archived_at__isnull=True).exclude(family="").aggregate(number=Count("family", distinct=True))["number"]
    )
    bought = (
        OrderLine.objects.filter(order__in=_orders(account).exclude(state=Order.State.RETURNED).filter(within))
        .exclude(Q(product__isnull=True) | Q(product__family=""))
        .aggregate(number=Count("product__family", distinct=True))["number"]
    )
    first: date | None = sums["first"]
    return {
        "RETURNS": calc.return_rate(returned=sums["returned"] or Decimal(0), sold=sums["sold"] or Decimal(0)),
        "YEARS": None if first is None else Decimal((day - first).days) / DAYS_A_YEAR,
        # without lines nothing is known of the range; that is not a range of nothing
        "RANGE": min(Decimal(1), Decimal(bought) / families) if families and bought else None,
    }


def _ladder(account: Account) -> Decimal | None:
    codes = set(RelationshipMark.objects.current().filter(account=account, kind="LADDER").order_by().values_list("code", flat=True))
    return Decimal(maturity.ladder_level(codes)) if codes else None


def _places(values: Mapping[str, Decimal | None]) -> dict[str, Decimal]:
    """The share of customers that lie below, per figure: one pass over the customers' stored scores."""
    amount: DecimalField[Any, Any] = DecimalField(max_digits=18, decimal_places=2)
    incentives = Cast(KeyTextTransform("incentives", KeyTransform("figures", "evidence")), amount)
    rows = Standing.objects.filter(orders_count__gt=0, revenue__gt=0, account__archived_at__isnull=True).annotate(
        size=F("revenue") / F("orders_count"), profit=F("gross_profit") - Coalesce(incentives, Value(Decimal(0)), output_field=amount)
    )
    fields = {"PURCHASES": "revenue", "ORDER_SIZE": "size", "FREQUENCY": "orders_count", "PROFIT": "profit"}
    known = {code: value for code in fields if (value := values.get(code)) is not None}
    if not known:
        return {}
    counted = rows.order_by().aggregate(
        **{f"below_{code}": Count("pk", filter=Q(**{f"{fields[code]}__lt": value})) for code, value in known.items()},
        **{f"all_{code}": Count("pk", filter=Q(**{f"{fields[code]}__isnull": False})) for code in known},
    )
    others = {code: counted[f"all_{code}"] - 1 for code in known}  # without the account itself
    return {code: Decimal(counted[f"below_{code}"]) / others[code] if others[code] > 0 else Decimal(1) for code in known}
