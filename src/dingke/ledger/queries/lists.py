"""Company-wide pages: orders, open receivables by age, the price list. Keyset pages over what the caller sees."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.db.models import Aggregate, Count, F, Q, QuerySet, Sum
from django.http import QueryDict
from django.utils.translation import gettext as _

from dingke.accounts.models import Account
from dingke.core import company
from dingke.core.errors import Invalid
from dingke.core.paging import CappedCount, Page, capped_count, indexed_page, keyset_page
from dingke.core.periods import last_twelve_months
from dingke.core.scope import Scope
from dingke.ledger import calc
from dingke.ledger.models import Order, OrderLine, Product, Receivable
from dingke.ledger.queries import records
from dingke.ledger.queries.account_money import (
    NOT_COUNTED,
    Bucket,
    OpenInvoice,
    ageing_settings,
    bucket_key,
    open_invoice,
)
from dingke.people import queries as people
from dingke.people.models import User

_ZERO = Decimal(0)
PICKER = 200


def day_or_none(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as error:
        raise Invalid(_("“%(text)s” is not a day.") % {"text": text}) from error


def number_or_none(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() else None


# --- orders -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class OrderFilter:
    text: str = ""
    state: str = ""
    owner_id: int | None = None
    account_id: int | None = None
    product_id: int | None = None
    from_date: date | None = None
    to_date: date | None = None

    @property
    def is_empty(self) -> bool:
        return self == OrderFilter()


def order_filter(query: QueryDict) -> OrderFilter:
    state = query.get("state", "")
    return OrderFilter(
        text=query.get("q", "").strip(),
        state=state if state in Order.State.values else "",
        owner_id=number_or_none(query.get("owner", "")),
        account_id=number_or_none(query.get("account", "")),
        product_id=number_or_none(query.get("product", "")),
        from_date=day_or_none(query.get("from", "")),
        to_date=day_or_none(query.get("to", "")),
    )


@dataclass(frozen=True, slots=True)
class OrderList:
    """`amount`: the sum of the filtered orders that count, while they are few enough to add up at once; else None."""

    page: Page[Order]
    count: CappedCount
    amount: Decimal | None


def orders_matching(scope: Scope, wanted: OrderFilter) -> QuerySet[Order]:
    rows = Order.objects.visible_to(scope).current().filter(account__archived_at__isnull=True)
    if wanted.text:
        rows = rows.filter(
            Q(number__istartswith=wanted.text)
            | Q(account__name__icontains=wanted.text)
            | Q(account__short_name__icontains=wanted.text)
            | Q(account__pinyin__istartswith=wanted.text)
        )
    if wanted.state:
        rows = rows.filter(state=wanted.state)
    if wanted.owner_id:
        rows = rows.filter(account__owner_id=wanted.owner_id)
    if wanted.account_id:
        rows = rows.filter(account_id=wanted.account_id)
    if wanted.product_id:
        rows = rows.filter(pk__in=OrderLine.objects.filter(product_id=wanted.product_id).order_by().values("order_id"))
    if wanted.from_date:
        rows = rows.filter(order_date__gte=wanted.from_date)
    if wanted.to_date:
        rows = rows.filter(order_date__lte=wanted.to_date)
    return rows


def orders_page(scope: Scope, wanted: OrderFilter, *, cursor: str | None = None, size: int = 50) -> Page[Order]:
    """One page of orders, newest first, with what a row shows: one query, in the order of the index by day."""
    rows = orders_matching(scope, wanted).select_related("account", "account__owner")
    return indexed_page(rows, field="order_date", descending=True, nullable=False, size=size, cursor=cursor)


def orders_list(scope: Scope, wanted: OrderFilter, *, cursor: str | None = None, size: int = 50) -> OrderList:
    """The orders page: newest first."""
    rows = orders_matching(scope, wanted)
    count = capped_count(rows)
    amount = None
    if not count.is_capped:
        counted = rows.filter(currency=company.currency()).exclude(state__in=NOT_COUNTED)
        amount = counted.order_by().aggregate(total=Sum("amount"))["total"] or _ZERO
    return OrderList(orders_page(scope, wanted, cursor=cursor, size=size), count, amount)


# --- receivables ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ReceivableFilter:
    """`bucket`: a key of `Bucket`; `only`: "", "overdue" or "disputed"."""

    text: str = ""
    owner_id: int | None = None
    account_id: int | None = None
    bucket: str = ""
    only: str = ""


def receivable_filter(query: QueryDict) -> ReceivableFilter:
    only = query.get("only", "")
    return ReceivableFilter(
        text=query.get("q", "").strip(),
        owner_id=number_or_none(query.get("owner", "")),
        account_id=number_or_none(query.get("account", "")),
        bucket=query.get("bucket", ""),
        only=only if only in {"overdue", "disputed"} else "",
    )


@dataclass(frozen=True, slots=True)
class AgeingBoard:
    """Sums of everything that the filter (without its bucket) leaves; `invoices` are the rows of the chosen bucket."""

    buckets: tuple[Bucket, ...]
    total: Decimal
    overdue: Decimal
    disputed: Decimal
    count: int
    overdue_count: int
    disputed_count: int
    page: Page[Receivable]
    invoices: tuple[OpenInvoice, ...]


def _bounds(edges: Sequence[int]) -> list[tuple[int | None, int | None]]:
    """(first, last) day past due of each bucket, as `calc.ageing` has them."""
    bounds: list[tuple[int | None, int | None]] = [(None, None)]
    first = 1
    for edge in edges:
        bounds.append((first, edge))
        first = edge + 1
    return [*bounds, (first, None)]


def _within(first: int | None, last: int | None, today: date) -> Q:
    if first is None:
        return Q(due_date__gte=today)
    inside = Q(due_date__lte=today - timedelta(days=first))
    return inside if last is None else inside & Q(due_date__gte=today - timedelta(days=last))


def receivables_matching(scope: Scope, wanted: ReceivableFilter, *, today: date) -> QuerySet[Receivable]:
    """Open invoices; the bucket is applied by the caller."""
    rows = records.open_receivables(scope).filter(currency=company.currency())
    if wanted.text:
        rows = rows.filter(
            Q(number__istartswith=wanted.text)
            | Q(account__name__icontains=wanted.text)
            | Q(account__short_name__icontains=wanted.text)
            | Q(account__pinyin__istartswith=wanted.text)
        )
    if wanted.owner_id:
        rows = rows.filter(account__owner_id=wanted.owner_id)
    if wanted.account_id:
        rows = rows.filter(account_id=wanted.account_id)
    if wanted.only == "overdue":
        rows = rows.filter(due_date__lt=today)
    if wanted.only == "disputed":
        rows = rows.filter(is_disputed=True)
    return rows


def in_bucket(rows: QuerySet[Receivable], key: str, *, today: date, edges: Sequence[int]) -> QuerySet[Receivable]:
    for first, last in _bounds(edges):
        if bucket_key(first) == key:
            return rows.filter(_within(first, last, today))
    return rows


def ageing_board(scope: Scope, wanted: ReceivableFilter, *, today: date, cursor: str | None = None, size: int = 50) -> AgeingBoard:
    """The ageing board: what is open by days past due, and the rows behind a bucket, the longest overdue first."""
    edges = ageing_settings().edges
    rows = receivables_matching(scope, wanted, today=today)
    bounds = _bounds(edges)
    outstanding = F("amount") - F("paid_amount")
    wishes: dict[str, Aggregate] = {}
    for number, (first, last) in enumerate(bounds):
        inside = _within(first, last, today)
        wishes[f"sum{number}"] = Sum(outstanding, filter=inside)
        wishes[f"count{number}"] = Count("pk", filter=inside)
    sums = rows.order_by().aggregate(
        **wishes,
        disputed=Sum(outstanding, filter=Q(is_disputed=True)),
        disputed_count=Count("pk", filter=Q(is_disputed=True)),
    )
    amounts = [_cents(sums[f"sum{number}"]) for number in range(len(bounds))]
    counts = [int(sums[f"count{number}"] or 0) for number in range(len(bounds))]
    total = sum(amounts, _ZERO)
    buckets = tuple(
        Bucket(bucket_key(first), first, last, amount, count, amount / total if total else _ZERO)
        for (first, last), amount, count in zip(bounds, amounts, counts, strict=True)
    )
    shown = in_bucket(rows, wanted.bucket, today=today, edges=edges).select_related("account", "account__owner", "order")
    page = indexed_page(shown, field="due_date", nullable=False, size=size, cursor=cursor)
    return AgeingBoard(
        buckets=buckets,
        total=total,
        overdue=sum(amounts[1:], _ZERO),
        disputed=_cents(sums["disputed"]),
        count=sum(counts),
        overdue_count=sum(counts[1:]),
        disputed_count=int(sums["disputed_count"] or 0),
        page=page,
        invoices=tuple(open_invoice(row, today=today) for row in page.items),
    )


def _cents(amount: Decimal | None) -> Decimal:
    return (amount or _ZERO).quantize(Decimal("0.01"))


def owners(scope: Scope) -> list[User]:
    """Whose accounts the caller can filter by: everybody who sells within reach."""
    return list(people.assignable(scope))


def open_of(scope: Scope, account: Account) -> list[Receivable]:
    """Open invoices of an account for pickers, the oldest due first."""
    return list(records.open_receivables(scope).filter(account=account).order_by("due_date", "pk")[:PICKER])


def orders_of(scope: Scope, account: Account, *, keep: Order | None = None) -> list[Order]:
    """The newest orders of an account for pickers; `keep` stays in although older."""
    rows = list(Order.objects.visible_to(scope).current().filter(account=account).order_by("-order_date", "-pk")[:PICKER])
    return [*rows, keep] if keep is not None and keep not in rows else rows


# --- products ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ProductFilter:
    text: str = ""
    family: str = ""
    only: str = ""  # "", "high_profit", "archived"


def product_filter(query: QueryDict) -> ProductFilter:
    only = query.get("only", "")
    return ProductFilter(
        text=query.get("q", "").strip(),
        family=query.get("family", ""),
        only=only if only in {"high_profit", "archived"} else "",
    )


@dataclass(frozen=True, slots=True)
class ProductRow:
    """`sold`: what the caller's accounts ordered of it in twelve months; `margin` from list price and cost."""

    product: Product
    margin: calc.GrossMargin | None
    sold: Decimal


@dataclass(frozen=True, slots=True)
class ProductList:
    rows: tuple[ProductRow, ...]
    next_cursor: str | None
    count: CappedCount
    families: tuple[str, ...]
    high_profit_count: int


def products_matching(scope: Scope, wanted: ProductFilter) -> QuerySet[Product]:
    rows = Product.objects.filter(archived_at__isnull=wanted.only != "archived")
    if wanted.text:
        rows = rows.filter(Q(code__icontains=wanted.text) | Q(name__icontains=wanted.text))
    if wanted.family:
        rows = rows.filter(family=wanted.family)
    if wanted.only == "high_profit":
        rows = rows.filter(is_high_profit=True)
    return rows


def sold_by_product(scope: Scope, products: Sequence[Product], *, today: date) -> dict[int, Decimal]:
    year = last_twelve_months(today)
    rows = (
        OrderLine.objects.visible_to(scope)
        .filter(product__in=[product.pk for product in products])
        .filter(
            order__archived_at__isnull=True,
            order__currency=company.currency(),
            order__account__archived_at__isnull=True,
        )
        .filter(order__order_date__gte=year.start, order__order_date__lt=year.end)
        .exclude(order__state__in=NOT_COUNTED)
        .order_by()
        .values("product_id")
        .annotate(total=Sum("amount"))
    )
    return {row["product_id"]: _cents(row["total"]) for row in rows}


def products_list(scope: Scope, wanted: ProductFilter, *, today: date, cursor: str | None = None, size: int = 60) -> ProductList:
    rows = products_matching(scope, wanted)
    page = keyset_page(rows, order=["family", "code"], size=size, cursor=cursor)
    sold = sold_by_product(scope, page.items, today=today)
    living = Product.objects.filter(archived_at__isnull=True)
    families = living.exclude(family="").order_by("family").values_list("family", flat=True).distinct()
    return ProductList(
        rows=tuple(product_row(product, sold.get(product.pk, _ZERO)) for product in page.items),
        next_cursor=page.next_cursor,
        count=capped_count(rows),
        families=tuple(families),
        high_profit_count=living.filter(is_high_profit=True).count(),
    )


def product_row(product: Product, sold: Decimal) -> ProductRow:
    margin = calc.gross_margin(product.list_price, product.unit_cost) if product.list_price is not None else None
    return ProductRow(product, margin, sold)


def one_product(scope: Scope, product: Product, *, today: date) -> ProductRow:
    return product_row(product, sold_by_product(scope, [product], today=today).get(product.pk, _ZERO))
