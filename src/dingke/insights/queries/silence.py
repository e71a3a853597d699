"""Silent customers and the retention funnel (D-17, O-18), from the orders that stand in the books, within the caller's reach."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Count, Max, Q, QuerySet

from dingke.accounts.models import Account, Todo
from dingke.core import company
from dingke.core.paging import CappedCount, Page, capped_count, keyset_page
from dingke.core.scope import Scope
from dingke.insights.calc import silence as method
from dingke.insights.calc.alerts import WIN_BACK_SOURCE
from dingke.insights.calc.silence import Status, YearFacts
from dingke.insights.metrics import NOT_COUNTED
from dingke.ledger.models import Order

YEARS = 5
SIZE = 50


@dataclass(frozen=True)
class SilentRow:
    account: Account
    last: date
    days: int
    orders: int
    revenue: Decimal | None
    win_back: bool


@dataclass(frozen=True)
class Silence:
    """The whole page: the three statuses, the rates per year, and repeat buyers of all."""

    today: date
    numbers: dict[Status, int]
    never: int
    years: list[YearFacts]
    buyers: int
    repeat: int

    @property
    def repeat_rate(self) -> Decimal | None:
        return method.rate(self.repeat, self.buyers)

    @property
    def has_orders(self) -> bool:
        return self.buyers > 0


def _accounts(scope: Scope) -> QuerySet[Account]:
    return Account.objects.visible_to(scope).filter(archived_at__isnull=True)


def _orders(scope: Scope, today: date) -> QuerySet[Order]:
    rows = Order.objects.visible_to(scope).current().exclude(state__in=NOT_COUNTED)
    return rows.filter(currency=company.currency(), order_date__lte=today, account__archived_at__isnull=True).order_by()


def silence(scope: Scope, *, today: date) -> Silence:
    """Three questions to the database, whatever the number of customers and orders."""
    cut = method.silent_before(today)
    years = range(today.year - YEARS + 1, today.year + 1)
    per_account = {f"in_{year}": Count("pk", filter=_year(year)) for year in range(years[0] - 1, today.year + 1)}
    grouped = _orders(scope, today).values("account_id").annotate(number=Count("pk"), last=Max("order_date"), **per_account)
    sums = {}
    for year in years:
        sums[f"buyers_{year}"] = Count("account_id", filter=Q(**{f"in_{year}__gte": 1}))
        sums[f"repeat_{year}"] = Count("account_id", filter=Q(**{f"in_{year}__gte": 2}))
        sums[f"before_{year}"] = Count("account_id", filter=Q(**{f"in_{year - 1}__gte": 1}))
        sums[f"lost_{year}"] = Count("account_id", filter=Q(**{f"in_{year - 1}__gte": 1, f"in_{year}": 0}))
    found = grouped.aggregate(
        buyers=Count("account_id"),
        repeat=Count("account_id", filter=Q(number__gte=2)),
        silent=Count("account_id", filter=Q(last__lt=cut)),
        golden=Count("account_id", filter=Q(last__gte=cut, number__gte=2)),
        **sums,
    )
    everybody = _accounts(scope).order_by().count()
    never = max(everybody - found["buyers"], 0)
    first = found["buyers"] - found["silent"] - found["golden"]
    return Silence(
        today=today,
        numbers={Status.SEED: first + never, Status.GOLDEN_BEAN: found["golden"], Status.SILENT: found["silent"]},
        never=never,
        years=[
            YearFacts(year, found[f"buyers_{year}"], found[f"repeat_{year}"], found[f"before_{year}"], found[f"lost_{year}"])
            for year in reversed(years)
        ],
        buyers=found["buyers"],
        repeat=found["repeat"],
    )


def _year(year: int) -> Q:
    return Q(order_date__gte=date(year, 1, 1), order_date__lt=date(year + 1, 1, 1))


def _silent(scope: Scope, today: date) -> QuerySet[Account]:
    counted = Q(orders__archived_at__isnull=True, orders__currency=company.currency(), orders__order_date__lte=today)
    counted &= ~Q(orders__state__in=NOT_COUNTED)
    rows = _accounts(scope).annotate(last=Max("orders__order_date", filter=counted), number=Count("orders", filter=counted))
    return rows.filter(last__lt=method.silent_before(today))


def silent_page(scope: Scope, *, today: date, cursor: str | None = None, size: int = SIZE) -> tuple[Page[Account], list[SilentRow]]:
    """Who fell silent last comes first: the easiest to win back."""
    page = keyset_page(_silent(scope, today).select_related("owner", "standing"), order=["-last", "pk"], size=size, cursor=cursor)
    ids = [account.pk for account in page.items]
    running = set(
        Todo.objects.filter(account_id__in=ids, source=WIN_BACK_SOURCE, done_at__isnull=True, archived_at__isnull=True)
        .order_by()
        .values_list("account_id", flat=True)
    )
    rows = []
    for account in page.items:
        standing = getattr(account, "standing", None)
        last: date = account.last  # type: ignore[attr-defined]
        rows.append(
            SilentRow(
                account=account,
                last=last,
                days=(today - last).days,
                orders=account.number,  # type: ignore[attr-defined]
                revenue=None if scope.hides("amount") or standing is None else standing.revenue_total,
                win_back=account.pk in running,
            )
        )
    return page, rows


def silent_number(scope: Scope, *, today: date) -> CappedCount:
    return capped_count(_silent(scope, today))
