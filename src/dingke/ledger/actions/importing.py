"""Products from a file, many at once, and what imports of money have in common: a constant number of queries per batch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction
from django.db.models import Q

from dingke.core import access
from dingke.core.importing.outcomes import COMMON, Batch, Mode, Outcome, apply_values, created, refused, unchanged, updated
from dingke.core.reasons import Sentences
from dingke.ledger.models import Product

PRODUCT_FACTS = ("code", "name", "family", "list_price", "unit_cost", "currency", "is_high_profit")
SENTENCES = COMMON | Sentences(
    {
        "NEGATIVE_PRICE": ("A price cannot be below zero: {value}.", "价格不能小于零：{value}。"),
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
    save_changed(Product, batch, changed)
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


def save_changed(model: Any, batch: Batch, changed: Sequence[tuple[int, Any, dict[str, list[Any]]]]) -> None:
    """Writes what was changed, with the next version."""
    edited = [row for _place, row, changes in changed if changes]
    names = {name.removesuffix("_id") for _place, _row, changes in changed for name in changes}
    for row in edited:
        row.version += 1
        row.updated_at = batch.now
    if edited:
        model.objects.bulk_update(edited, [*sorted(names), "version", "updated_at"], batch_size=200)
