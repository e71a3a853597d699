"""Orders from a file, many at once: a constant number of queries per batch. Rows with the same number of the same account
are the lines of one order, which comes in whole or not at all."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from django.db import transaction

from dingke.accounts.actions import importing as account_importing
from dingke.accounts.actions.importing_contacts import account_of, ref_of
from dingke.accounts.models import Account
from dingke.core import access
from dingke.core.importing.grouping import refused_with
from dingke.core.importing.inserts import insert_rows
from dingke.core.importing.outcomes import (
    COMMON,
    Batch,
    Fate,
    Mode,
    Outcome,
    Written,
    apply_values,
    created,
    refused,
    unchanged,
    updated,
)
from dingke.core.money import rounded
from dingke.core.reasons import Label, Sentences
from dingke.core.tabular.mapping import normal
from dingke.ledger.actions.currency import adopt_currency_of_books
from dingke.ledger.actions.importing import bad_currency, save_changed
from dingke.ledger.models import Order, OrderLine, Product

Row = Mapping[str, Any]
SHARED = {  # what the rows of one order must agree on, as a refusal names it
    "order_date": Label("Order date", "订单日期"),
    "currency": Label("Currency", "币种"),
    "state": Label("State", "状态"),
    "sold_by_name": Label("Sold by", "销售人员"),
    "external_key": Label("Order's key in your system", "订单系统编号"),
    "order_total": Label("Order total", "订单总额"),
}
LINE_COLUMNS = ("order_id", "product_id", "description", "quantity", "unit_price", "amount", "cost")
LINE_FACTS = ("product_id", "description", "quantity", "unit_price", "amount")
MAKES_A_LINE = ("product", "quantity", "unit_price", "description")
CENT = Decimal("0.01")
SENTENCES = COMMON | Sentences(
    {
        "NO_PRODUCT": ("There is no product {name} in the price list.", "价目表中没有产品“{name}”。"),
        "NO_NUMBER": ("An order needs a number.", "订单必须有编号。"),
        "NO_QUANTITY": ("A quantity of zero cannot be sold.", "数量不能为零。"),
        "OTHER_HOLDER": ("The order {number} belongs to the account {name}.", "订单 {number} 属于客户“{name}”。"),
        "PRICE": (
            "{quantity} × {price} is {product}, but the amount is {amount}.",
            "{quantity} × {price} 等于 {product}，与金额 {amount} 不符。",
        ),
        "TOTAL": (
            "The lines of the order {number} add up to {lines}, but its total is {total}.",
            "订单 {number} 的订单行合计为 {lines}，与订单总额 {total} 不符。",
        ),
        "FEWER_LINES": (
            "The order {number} has {stored} lines here and {given} in the file; an import takes no lines away.",
            "订单 {number} 在系统中有 {stored} 个订单行，文件中只有 {given} 个；导入不会删除订单行。",
        ),
    }
)


class _Wrong(Exception):
    """Why an order does not come in, and at which of its rows."""

    def __init__(self, place: int, outcome: Outcome) -> None:
        super().__init__(place)
        self.place, self.outcome = place, outcome


@dataclass(slots=True)
class _Books:
    """What the rows of a batch may refer to."""

    products: dict[str, Product]
    by_external: dict[str, Order]
    by_number: dict[tuple[int, str], Order]
    lines: dict[int, list[OrderLine]]


@dataclass(slots=True)
class _Taken:
    """An order of the file: at which places its rows stand, what changed, its lines (new ones for an order that is there)."""

    places: Sequence[int]
    order: Order
    lines: list[OrderLine]
    changes: dict[str, list[Any]] = field(default_factory=dict)
    written: list[Written] = field(default_factory=list)


def _books(batch: Batch, accounts: Sequence[Account | Outcome]) -> _Books:
    names = {row["product"] for row in batch.rows if row.get("product")}
    products: dict[str, Product] = {}
    if names:
        for product in Product.objects.order_by("-pk"):
            products[normal(product.name)] = product
        for product in list(products.values()):
            products[normal(product.code)] = product
    keys = [row["external_key"] for row in batch.rows if row.get("external_key")]
    numbers = {row["number"] for row in batch.rows if row.get("number")}
    ids = {account.pk for account in accounts if isinstance(account, Account)}
    stored = list(Order.objects.filter(account_id__in=ids, number__in=numbers).select_related("account").order_by("pk")) if numbers else []
    external = list(Order.objects.filter(external_key__in=keys).select_related("account").order_by("pk")) if keys else []
    lines: dict[int, list[OrderLine]] = {}
    for line in OrderLine.objects.filter(order__in={order.pk for order in [*stored, *external]}).order_by("pk"):
        lines.setdefault(line.order_id, []).append(line)
    return _Books(
        products,
        {order.external_key: order for order in external if order.external_key},
        {(order.account_id, order.number): order for order in stored},
        lines,
    )


@transaction.atomic
def import_orders(batch: Batch) -> list[Outcome]:
    """Creates and updates orders, found by their own key, else by account and number, with a line for each of their rows that
    says more than an amount. Accounts that are named but not there are created when the batch says so."""
    access.needs(batch.by, "ledger.edit").enforce()
    refs = [ref_of(row) for row in batch.rows]
    types = [row.get("account_type", Account.CustomerType.ORGANISATION) for row in batch.rows]
    finder, made = account_importing.find_or_create(refs=refs, customer_types=types, batch=batch)
    accounts = [account_of(finder, ref, made) for ref in refs]
    books = _books(batch, accounts)
    outcomes: dict[int, Outcome] = {}
    taken: list[_Taken] = []
    edited: list[OrderLine] = []
    for places in batch.groups or [[place] for place in range(len(batch.rows))]:
        try:
            taken.append(_order(batch, places, [accounts[place] for place in places], books, edited))
        except _Wrong as wrong:
            for index, place in enumerate(places):
                outcomes[place] = wrong.outcome if index == wrong.place else refused_with(wrong.outcome)
    new, known = [one for one in taken if one.order.pk is None], [one for one in taken if one.order.pk is not None]
    _write(batch, new, known, edited)
    accounts_made = {outcome.id: outcome.written for outcome in made.values() if outcome.fate is Fate.CREATED}
    for one in new:
        outcomes[one.places[0]] = created(one.order, *accounts_made.pop(one.order.account_id, ()))
    for one in known:
        is_changed = one.changes or one.written
        outcomes[one.places[0]] = updated(one.order, one.changes, *one.written) if is_changed else unchanged(one.order)
    for one in taken:
        outcomes.update({place: Outcome(Fate.JOINED, id=one.order.pk) for place in one.places[1:]})
    for place, account in enumerate(accounts):  # an account that came along stays and can be undone, also when its order was refused
        if isinstance(account, Account) and account.pk in accounts_made:
            outcomes[place] = replace(outcomes[place], written=(*outcomes[place].written, *accounts_made.pop(account.pk)))
    adopt_currency_of_books(now=batch.now)
    return [outcomes[place] for place in range(len(batch.rows))]


def _write(batch: Batch, new: Sequence[_Taken], known: Sequence[_Taken], edited: Sequence[OrderLine]) -> None:
    Order.objects.bulk_create([one.order for one in new], batch_size=500)
    insert_rows(OrderLine, LINE_COLUMNS, [_line_row(one.order, line) for one in new for line in one.lines])
    save_changed(Order, batch, [(one.places[0], one.order, one.changes) for one in known])
    added = [line for one in known for line in one.lines]
    OrderLine.objects.bulk_create(added, batch_size=500)
    for one in known:
        one.written += [Written(line._meta.label_lower, line.pk, True) for line in one.lines]
    if edited:
        names = ["product", "description", "quantity", "unit_price", "amount", "cost"]
        OrderLine.objects.bulk_update(edited, names, batch_size=200)


def _order(batch: Batch, places: Sequence[int], accounts: Sequence[Account | Outcome], books: _Books, edited: list[OrderLine]) -> _Taken:
    """The order that these rows make. Raises `_Wrong` before anything of it was changed."""
    rows = [batch.rows[place] for place in places]
    for index, (row, found) in enumerate(zip(rows, accounts, strict=True)):
        _fit_to_take(index, row, found, books)
    account = accounts[0]
    assert isinstance(account, Account)
    number = rows[0].get("number") or rows[0].get("external_key")
    if not number:
        raise _Wrong(0, refused(SENTENCES, "NO_NUMBER"))
    values = {name: value for name in SHARED if (value := _agreed(rows, name)) is not None}
    total = values.pop("order_total", None)
    amounts, amount, costs, cost = _figures(rows)
    if total is not None and abs(amount - total) > CENT * len(rows):
        raise _Wrong(0, refused(SENTENCES, "TOTAL", number=number, lines=amount, total=total))
    values |= {"number": number, "amount": amount} | ({} if cost is None else {"cost": cost})
    order = books.by_external.get(values.get("external_key", "")) or books.by_number.get((account.pk, number))
    if order is None:
        if batch.mode == Mode.UPDATE:
            raise _Wrong(0, refused(SENTENCES, "NOT_THERE", name=number))
        order = books.by_number[(account.pk, number)] = Order(account=account, **values)
        return _Taken(places, order, _lines(rows, order, amounts, costs, books))
    if order.account_id != account.pk:
        raise _Wrong(0, refused(SENTENCES, "OTHER_HOLDER", number=order.number, name=order.account.name))
    if batch.mode == Mode.CREATE or order.pk is None:
        raise _Wrong(0, refused(SENTENCES, "ALREADY_THERE", name=order.number))
    stored = books.lines.get(order.pk, [])
    if 1 < len(rows) < len(stored):
        raise _Wrong(0, refused(SENTENCES, "FEWER_LINES", number=order.number, stored=len(stored), given=len(rows)))
    one = _Taken(places, order, [], apply_values(order, values))
    wanted = _lines(rows, order, amounts, costs, books)
    if len(rows) > 1 or len(stored) == 1:  # an order of several lines is not told by one row
        one.written, one.lines = _kept(stored, wanted, edited)
    return one


def _fit_to_take(index: int, row: Row, account: Account | Outcome, books: _Books) -> None:
    problem = account if isinstance(account, Outcome) else bad_currency(row)
    if problem is None and row.get("product") and normal(row["product"]) not in books.products:
        problem = refused(SENTENCES, "NO_PRODUCT", name=row["product"])
    if problem is None and "quantity" in row and not _quantity(row):
        problem = refused(SENTENCES, "NO_QUANTITY")
    if problem is not None:
        raise _Wrong(index, problem)


def _agreed(rows: Sequence[Row], name: str) -> Any:
    """What the rows say of their order; None when none says it. Raises `_Wrong` at the first row that says something else."""
    said = [(index, row[name]) for index, row in enumerate(rows) if name in row]
    for index, value in said[1:]:
        if value != said[0][1]:
            label = SHARED[name]
            english = f"The rows of one order disagree about “{label.en}”: {said[0][1]} and {value}."
            chinese = f"同一订单各行的“{label.zh}”不一致：{said[0][1]} 与 {value}。"
            raise _Wrong(index, Outcome(Fate.REFUSED, reason=(english, chinese)))
    return said[0][1] if said else None


def _quantity(row: Row) -> Decimal:
    return Decimal(row.get("quantity", 1)).quantize(Decimal("0.001"))


def _figures(rows: Sequence[Row]) -> tuple[list[Decimal], Decimal, list[Decimal | None], Decimal | None]:
    """Amounts of the lines, of the order, costs of the lines, of the order (None: not known). Raises `_Wrong` when quantity
    times price is not the amount. Files that repeat the order's amount on each row are told by just that: the products of
    quantity and price add up to it."""
    products = [_quantity(row) * row["unit_price"] if "unit_price" in row and "quantity" in row else None for row in rows]
    slack = [abs(_quantity(row)) * CENT / 2 + CENT for row in rows]  # prices are rounded to a cent
    amounts = [rounded(row["amount"]) for row in rows]
    costs: list[Decimal | None] = [row.get("cost") for row in rows]
    if len(rows) > 1 and len(set(amounts)) == 1 and all(product is not None for product in products):
        lines = [rounded(product) for product in products if product is not None]
        is_repeated = abs(sum(lines) - amounts[0]) <= sum(slack)
        if is_repeated and any(abs(line - amounts[0]) > most for line, most in zip(lines, slack, strict=True)):
            lines[-1] += amounts[0] - sum(lines)
            shared = costs[0] if len(set(costs)) == 1 else _sum(costs)
            return lines, amounts[0], [None] * len(rows) if len(set(costs)) == 1 else costs, shared
    for index, (row, product) in enumerate(zip(rows, products, strict=True)):
        if product is not None and abs(product - amounts[index]) > slack[index]:
            figures = {"quantity": row["quantity"], "price": row["unit_price"], "product": rounded(product), "amount": amounts[index]}
            raise _Wrong(index, refused(SENTENCES, "PRICE", **figures))
    return amounts, sum(amounts, Decimal(0)), costs, _sum(costs)


def _sum(costs: Sequence[Decimal | None]) -> Decimal | None:
    known = [cost for cost in costs if cost is not None]
    return sum(known, Decimal(0)) if len(known) == len(costs) else None


def _lines(
    rows: Sequence[Row], order: Order, amounts: Sequence[Decimal], costs: Sequence[Decimal | None], books: _Books
) -> list[OrderLine]:
    """A line for each row; a lone row that says nothing but an amount is no line."""
    if len(rows) == 1 and not any(name in rows[0] for name in MAKES_A_LINE):
        return []
    found = []
    for row, amount, cost in zip(rows, amounts, costs, strict=True):
        product = books.products.get(normal(row["product"])) if row.get("product") else None
        quantity = _quantity(row)
        price = row["unit_price"] if "unit_price" in row else amount / quantity
        found.append(
            OrderLine(
                order=order,
                product=product,
                description=(row.get("description") or (product.name if product else ""))[:200],
                quantity=quantity,
                unit_price=price.quantize(Decimal("0.0001")),
                amount=amount,
                cost=cost,
            )
        )
    return found


def _line_row(order: Order, line: OrderLine) -> tuple[Any, ...]:
    return order.pk, line.product_id, line.description, line.quantity, line.unit_price, line.amount, line.cost


def _kept(stored: Sequence[OrderLine], wanted: Sequence[OrderLine], edited: list[OrderLine]) -> tuple[list[Written], list[OrderLine]]:
    """Stored lines set to what the file says, those that say the same first; and lines that have to be added."""
    rest, left, written = list(stored), list(wanted), []
    looks: tuple[Callable[[OrderLine], Any], ...] = (
        lambda line: tuple(getattr(line, name) for name in LINE_FACTS),
        lambda line: (line.product_id, line.description),
        lambda line: line.product_id,
        lambda line: None,
    )
    for look in looks:
        for line in list(left):
            same = next((other for other in rest if look(other) == look(line)), None)
            if same is None:
                continue
            rest.remove(same)
            left.remove(line)
            names = [*LINE_FACTS, *(["cost"] if line.cost is not None else [])]
            changes = apply_values(same, {name: getattr(line, name) for name in names})
            if changes:
                edited.append(same)
                written.append(Written(same._meta.label_lower, same.pk, False, changes))
    return written, left
