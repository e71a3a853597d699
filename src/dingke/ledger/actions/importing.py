"""Orders and products from a file, many at once: a constant number of queries per batch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Q

from dingke.accounts.actions import importing as account_importing
from dingke.accounts.actions.importing_contacts import account_of, ref_of
from dingke.accounts.models import Account
from dingke.core import access
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
from dingke.core.reasons import Sentences
from dingke.core.tabular.mapping import normal
from dingke.ledger.actions.currency import adopt_currency_of_books
from dingke.ledger.models import Order, OrderLine, Product

PRODUCT_FACTS = ("code", "name", "family", "list_price", "unit_cost", "currency", "is_high_profit")
ORDER_FACTS = ("number", "order_date", "amount", "cost", "currency", "state", "sold_by_name", "external_key")
LINE_COLUMNS = ("order_id", "product_id", "description", "quantity", "unit_price", "amount", "cost")
SENTENCES = COMMON | Sentences(
    {
        "NO_PRODUCT": ("There is no product {name} in the price list.", "价目表中没有产品“{name}”。"),
        "NEGATIVE_PRICE": ("A price cannot be below zero: {value}.", "价格不能小于零：{value}。"),
        "NO_NUMBER": ("An order needs a number.", "订单必须有编号。"),
        "NO_QUANTITY": ("A quantity of zero cannot be sold.", "数量不能为零。"),
        "OTHER_HOLDER": ("The order {number} belongs to the account {name}.", "订单 {number} 属于客户“{name}”。"),
        "NOT_A_CURRENCY": ("“{value}” is not a currency code such as CNY.", "“{value}”不是币种代码（如 CNY）。"),
    }
)


def bad_currency(row: Mapping[str, Any]) -> Outcome | None:
    code = row.get("currency")
    if code and not (len(code) == 3 and code.isascii() and code.isupper()):
        return refused(SENTENCES, "NOT_A_CURRENCY", value=code)
    return None


@transaction.atomic
def import_products(batch: Batch) -> list[Outcome]:
    """Creates and updates rows of the price list by code; without a code the name is the code."""
    access.needs(batch.by, "products.edit").enforce()
    rows = [{"code": row.get("code") or row["name"][:60], **row} for row in batch.rows]
    wanted = Q(code__in=[row["code"] for row in rows]) | Q(name__in=[row["name"] for row in rows if "name" in row])
    stored = list(Product.objects.filter(wanted).order_by("pk"))
    by_code, by_name = {row.code: row for row in stored}, {row.name: row for row in stored}
    outcomes: list[Outcome | None] = []
    new: list[tuple[int, Product]] = []
    changed: list[tuple[int, Product, dict[str, list[Any]]]] = []
    for place, row in enumerate(rows):
        problem = _bad_product(row)
        product = by_code.get(row["code"]) or (by_name.get(row.get("name", "")) if "code" not in batch.rows[place] else None)
        outcomes.append(problem)
        if problem is not None:
            continue
        values = {name: row[name] for name in PRODUCT_FACTS if name in row}
        if product is None and batch.mode == Mode.UPDATE:
            outcomes[place] = refused(SENTENCES, "NOT_THERE", name=row["code"])
        elif product is None:
            product = Product(**{"name": row["code"], **values})
            by_code[product.code] = product
            new.append((place, product))
        elif batch.mode == Mode.CREATE or product.pk is None:
            outcomes[place] = refused(SENTENCES, "ALREADY_THERE", name=product.name)
        else:
            if "code" not in batch.rows[place]:
                values.pop("code")
            changed.append((place, product, apply_values(product, values)))
    Product.objects.bulk_create([product for _place, product in new], batch_size=500)
    _save_changed(Product, batch, changed)
    for place, product in new:
        outcomes[place] = created(product)
    for place, product, changes in changed:
        outcomes[place] = updated(product, changes) if changes else unchanged(product)
    return [outcome for outcome in outcomes if outcome is not None]


def _bad_product(row: Mapping[str, Any]) -> Outcome | None:
    for name in ("list_price", "unit_cost"):
        if row.get(name) is not None and row[name] < 0:
            return refused(SENTENCES, "NEGATIVE_PRICE", value=row[name])
    return bad_currency(row)


def _save_changed(model: Any, batch: Batch, changed: Sequence[tuple[int, Any, dict[str, list[Any]]]]) -> None:
    edited = [row for _place, row, changes in changed if changes]
    names = {name.removesuffix("_id") for _place, _row, changes in changed for name in changes}
    for row in edited:
        row.version += 1
        row.updated_at = batch.now
    if edited:
        model.objects.bulk_update(edited, [*sorted(names), "version", "updated_at"], batch_size=200)


@dataclass(slots=True)
class _Books:
    """What the rows of a batch may refer to."""

    products: dict[str, Product]
    by_external: dict[str, Order]
    by_number: dict[tuple[int, str], Order]
    lines: dict[int, list[OrderLine]]


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
    """Creates and updates orders, found by their own key, else by account and number; one line per order when a product
    or a quantity is given. Accounts that are named but not there are created when the batch says so."""
    access.needs(batch.by, "ledger.edit").enforce()
    refs = [ref_of(row) for row in batch.rows]
    types = [row.get("account_type", Account.CustomerType.ORGANISATION) for row in batch.rows]
    finder, made = account_importing.find_or_create(refs=refs, customer_types=types, batch=batch)
    accounts = [account_of(finder, ref, made) for ref in refs]
    books = _books(batch, accounts)
    outcomes: list[Outcome | None] = []
    new: list[tuple[int, Order, OrderLine | None]] = []
    changed: list[tuple[int, Order, dict[str, list[Any]]]] = []
    line_changes: dict[int, list[Written]] = {}
    lines: list[OrderLine] = []
    for place, (row, account) in enumerate(zip(batch.rows, accounts, strict=True)):
        answer = _order(batch, row, account, books)
        if isinstance(answer, Outcome):
            outcomes.append(answer)
            continue
        outcomes.append(None)
        order, changes = answer
        line = _line(row, order, books)
        if order.pk is None:
            new.append((place, order, line))
        else:
            changed.append((place, order, changes))
            if line is not None:
                line_changes[order.pk] = _line_change(books.lines.get(order.pk, []), line, lines)
    Order.objects.bulk_create([order for _place, order, _line in new], batch_size=500)
    insert_rows(OrderLine, LINE_COLUMNS, [_line_row(order, line) for _place, order, line in new if line is not None])
    _save_changed(Order, batch, changed)
    if lines:
        OrderLine.objects.bulk_update(lines, ["product", "description", "quantity", "unit_price", "amount"], batch_size=200)
    accounts_made = {outcome.id: outcome.written for outcome in made.values() if outcome.fate is Fate.CREATED}
    for place, order, _line_of in new:
        outcomes[place] = created(order, *accounts_made.pop(order.account_id, ()))
    for place, order, changes in changed:
        extra = line_changes.get(order.pk, [])
        outcomes[place] = updated(order, changes, *extra) if changes or extra else unchanged(order)
    adopt_currency_of_books(now=batch.now)
    return [outcome for outcome in outcomes if outcome is not None]


def _order(batch: Batch, row: Mapping[str, Any], account: Account | Outcome, books: _Books) -> Outcome | tuple[Order, dict[str, list[Any]]]:
    if isinstance(account, Outcome):
        return account
    problem = bad_currency(row)
    if problem is not None:
        return problem
    if row.get("product") and normal(row["product"]) not in books.products:
        return refused(SENTENCES, "NO_PRODUCT", name=row["product"])
    if row.get("quantity") == 0:
        return refused(SENTENCES, "NO_QUANTITY")
    number = row.get("number") or row.get("external_key")
    if not number:
        return refused(SENTENCES, "NO_NUMBER")
    values = {name: row[name] for name in ORDER_FACTS if name in row} | {"number": number}
    order = books.by_external.get(row.get("external_key", "")) or books.by_number.get((account.pk, number))
    if order is None:
        if batch.mode == Mode.UPDATE:
            return refused(SENTENCES, "NOT_THERE", name=number)
        order = Order(account=account, **values)
        books.by_number[(account.pk, number)] = order
        return order, {}
    if order.account_id != account.pk:
        return refused(SENTENCES, "OTHER_HOLDER", number=order.number, name=order.account.name)
    if batch.mode == Mode.CREATE or order.pk is None:
        return refused(SENTENCES, "ALREADY_THERE", name=order.number)
    return order, apply_values(order, values)


def _line(row: Mapping[str, Any], order: Order, books: _Books) -> OrderLine | None:
    product = books.products.get(normal(row["product"])) if row.get("product") else None
    if product is None and "quantity" not in row and "description" not in row:
        return None
    quantity: Decimal = row.get("quantity", Decimal(1))
    price = (order.amount / quantity).quantize(Decimal("0.0001"))
    description = row.get("description") or (product.name if product else "")
    return OrderLine(
        order=order,
        product=product,
        description=description[:200],
        quantity=quantity,
        unit_price=price,
        amount=rounded(order.amount),
        cost=row.get("cost"),
    )


def _line_row(order: Order, line: OrderLine) -> tuple[Any, ...]:
    return order.pk, line.product_id, line.description, line.quantity, line.unit_price, line.amount, line.cost


def _line_change(stored: Sequence[OrderLine], wanted: OrderLine, edited: list[OrderLine]) -> list[Written]:
    """The one line of an order that a file keeps, set to what the file says; orders with several lines are left alone."""
    if len(stored) != 1:
        return []
    line = stored[0]
    changes = apply_values(
        line,
        {name: getattr(wanted, name) for name in ("product_id", "quantity", "unit_price", "amount", "description")},
    )
    if not changes:
        return []
    edited.append(line)
    return [Written(line._meta.label_lower, line.pk, False, changes)]
