"""Orders and their lines over three years: growth, seasons, sizes, margins that differ from line to line.

Amounts are counted in fen (integers) and become Decimal yuan at the end, so that every total adds up exactly.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import accumulate
from random import Random

from dingke.config.demo.drafts import Draft, Windows
from dingke.config.demo.products import PRODUCT_BY_CODE, PRODUCTS
from dingke.config.demo.records import Order, OrderLine
from dingke.config.demo.stories import GIANT_SHARES, GIANT_SILENT_DAYS, GIANT_USUAL_DAYS
from dingke.config.demo.workdays import nearest, on_or_before, workdays

# January to December: the year ends with a rush, February is short and holds the Spring Festival.
_SEASON = (0.85, 0.6, 1.05, 1.0, 0.95, 1.15, 0.9, 0.9, 1.1, 0.9, 1.15, 1.45)
_DEFAULT_MIX = {"EQUIPMENT": 0.3, "CONTROL": 0.25, "SOFTWARE": 0.15, "SPARE": 0.2, "SERVICE": 0.1}
_MOST_PIECES = {"EQUIPMENT": 10, "SOFTWARE": 4, "CONTROL": 160, "SERVICE": 24, "SPARE": 2_000}
_COST_TREND = (0.975, 0.99, 1.0)
_PRICE = {product.code: int(product.list_price * 100) for product in PRODUCTS}
_COST = {product.code: int(product.cost * 100) for product in PRODUCTS}
_FAMILY = {product.code: product.family for product in PRODUCTS}
_CENT = Decimal("0.01")


@dataclass(slots=True)
class _Line:
    product: str
    quantity: int
    unit_price: int
    unit_cost: int

    @property
    def amount(self) -> int:
        return self.quantity * self.unit_price


@dataclass(slots=True)
class _Sale:
    account: str
    day: date
    seller: str
    lines: list[_Line]

    @property
    def amount(self) -> int:
        return sum(line.amount for line in self.lines)


def yuan(fen: int) -> Decimal:
    return (Decimal(fen) / 100).quantize(_CENT)


def build_orders(rng: Random, drafts: Sequence[Draft], windows: Windows) -> tuple[Order, ...]:
    """All orders by date; the giant comes last, sized by the shares its story tells."""
    calendars = [_season_calendar(first, last) for first, last in windows.bounds]
    sales: list[_Sale] = []
    giant = next(draft for draft in drafts if draft.story == "GIANT_GOES_QUIET")
    for draft in drafts:
        if draft is not giant:
            for year in range(3):
                sales += _year_of_sales(rng, draft, year, windows, calendars[year])
    sales += _giant_sales(rng, giant, windows, sales)
    sales.sort(key=lambda sale: (sale.day, sale.account))
    return _numbered(rng, sales, windows.today)


def _season_calendar(first: date, last: date) -> tuple[list[date], list[float]]:
    days = workdays(first, last)
    span = (last - first).days
    weights = [_SEASON[day.month - 1] * (0.95 + 0.1 * (day - first).days / span) for day in days]
    return days, list(accumulate(weights))


def _year_of_sales(rng: Random, draft: Draft, year: int, windows: Windows, calendar: tuple[list[date], list[float]]) -> list[_Sale]:
    count, revenue = draft.orders[year], draft.revenue[year] * 100
    if not count or not revenue:
        return []
    days, cumulated = calendar
    if year == 2 and draft.silent_days:
        last = windows.today - timedelta(days=draft.silent_days)
        kept = sum(day <= last for day in days)
        days, cumulated = days[:kept], cumulated[:kept]
    drawn = sorted(rng.choices(days, cum_weights=cumulated, k=count))
    if year == 2 and draft.silent_days:
        drawn[-1] = days[-1]
    if draft.story == "ONE_OFF_PROJECT":
        drawn = [on_or_before(windows.bounds[year][0] + timedelta(days=75))]
    return _sales_on(rng, draft, year, drawn, revenue)


def _sales_on(rng: Random, draft: Draft, year: int, days: Sequence[date], revenue: int) -> list[_Sale]:
    """One sale a day given, together as near to the revenue as whole pieces allow, then the cost of the story."""
    spread = 0.12 if draft.story == "GIANT_GOES_QUIET" else 0.75
    sizes = [rng.lognormvariate(0, spread) for _ in days]
    total = sum(sizes)
    seller = draft.owner or draft.previous_owner or "zhoumin"
    sales, carried = [], 0
    for day, size in zip(days, sizes, strict=True):
        target = max(6_000, round(revenue * size / total) + carried)
        sale = _Sale(draft.code, day, seller, _lines(rng, draft, year, target))
        carried = target - sale.amount
        sales.append(sale)
    _fit_profit(draft, year, sales)
    return sales


def _lines(rng: Random, draft: Draft, year: int, target: int) -> list[_Line]:
    mix = draft.mix or _DEFAULT_MIX
    wanted = rng.choices((1, 2, 3, 4), (24, 42, 24, 10))[0]
    lines: list[_Line] = []
    taken: set[str] = set()
    rest = target
    while True:
        is_last = len(lines) + 1 >= wanted
        product = _pick(rng, mix, rest, taken, is_last)
        price = _unit_price(rng, draft, product)
        share = rest if is_last else rest * rng.uniform(0.3, 0.75)
        quantity = round(share / price) if is_last else int(share / price)
        quantity = max(1, min(_MOST_PIECES[_FAMILY[product]], quantity))
        cost = round(_COST[product] * _COST_TREND[year] * rng.uniform(0.96, 1.05))
        lines.append(_Line(product, quantity, price, cost))
        taken.add(product)
        rest -= quantity * price
        if (is_last and (rest < target * 0.04 or len(lines) >= 6)) or rest < 4_000:
            return lines


def _pick(rng: Random, mix: dict[str, float], rest: int, taken: set[str], is_last: bool) -> str:
    """A product that fits: for the last line, one whose pieces are small enough to fill the rest."""
    low, high = (rest // 120, rest // 6) if is_last else (rest // 200, rest * 7 // 10)
    fitting = [code for code, price in _PRICE.items() if low <= price <= high and code not in taken and mix.get(_FAMILY[code])]
    if not fitting:
        fitting = [code for code, price in _PRICE.items() if price <= high and code not in taken] or ["SP-406"]
        return max(fitting, key=lambda code: _PRICE[code])
    return rng.choices(fitting, [mix[_FAMILY[code]] for code in fitting])[0]


def _unit_price(rng: Random, draft: Draft, product: str) -> int:
    discount = min(0.34, max(0.0, draft.discount + rng.gauss(0, 0.015)))
    price = _PRICE[product] * (1 - discount)
    step = 100 if price >= 100_000 else 10
    return max(step, round(price / step) * step)


def _fit_profit(draft: Draft, year: int, sales: list[_Sale]) -> None:
    """Scale the unit costs of one year so that its gross profit is the one of the story."""
    amount = sum(sale.amount for sale in sales)
    if draft.gross_profits is not None:
        profit = draft.gross_profits[year] * 100
    elif draft.margins is not None:
        profit = round(amount * draft.margins[year])
    else:
        return
    lines = [line for sale in sales for line in sale.lines]
    factor = (amount - profit) / sum(line.quantity * line.unit_cost for line in lines)
    for line in lines:
        line.unit_cost = round(line.unit_cost * factor)


def _giant_sales(rng: Random, draft: Draft, windows: Windows, others: Sequence[_Sale]) -> list[_Sale]:
    others_by_year = [0, 0, 0]
    for sale in others:
        others_by_year[windows.index(sale.day)] += sale.amount
    days: list[date] = []
    planned = windows.today - timedelta(days=GIANT_SILENT_DAYS)
    while planned >= windows.start:
        # The last order keeps its very day: its distance from today is the story.
        day = nearest(planned) if days else planned
        if day < windows.start:
            break
        days.append(day)
        planned -= timedelta(days=GIANT_USUAL_DAYS + (3, -3, 0, 2, -2)[len(days) % 5])
    sales: list[_Sale] = []
    for year in range(3):
        share = GIANT_SHARES[year]
        revenue = round(others_by_year[year] * share / (1 - share))
        chosen = sorted(day for day in days if windows.index(day) == year)
        sales += _sales_on(rng, draft, year, chosen, revenue)
    return sales


def _numbered(rng: Random, sales: Sequence[_Sale], today: date) -> tuple[Order, ...]:
    orders = []
    serials: dict[str, int] = {}
    for sale in sales:
        month = f"{sale.day:%y%m}"
        serials[month] = serials.get(month, 0) + 1
        lines = tuple(
            OrderLine(
                product=line.product,
                quantity=line.quantity,
                list_price=PRODUCT_BY_CODE[line.product].list_price,
                unit_price=yuan(line.unit_price),
                amount=yuan(line.amount),
                unit_cost=yuan(line.unit_cost),
                cost=yuan(line.quantity * line.unit_cost),
            )
            for line in sale.lines
        )
        families = {_FAMILY[line.product] for line in sale.lines}
        is_project = bool(families & {"EQUIPMENT", "SOFTWARE"})
        lead = rng.randint(20, 70) if is_project else rng.randint(2, 12)
        delivered = on_or_before(sale.day + timedelta(days=lead))
        is_delivered = sale.day <= delivered <= today
        orders.append(
            Order(
                number=f"SO{month}-{serials[month]:04d}",
                account=sale.account,
                order_date=sale.day,
                delivered_date=delivered if is_delivered else None,
                seller=sale.seller,
                status="DELIVERED" if is_delivered else "CONFIRMED",
                lines=lines,
                amount=yuan(sale.amount),
                cost=yuan(sum(line.quantity * line.unit_cost for line in sale.lines)),
            )
        )
    return tuple(orders)
