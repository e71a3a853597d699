"""The price list: products, their prices and costs, and which of them are high-profit (A-04 criterion 1)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from dingke.core import audit
from dingke.core.errors import Invalid, Refusal
from dingke.core.locking import locked
from dingke.core.models import snapshot_of
from dingke.core.scope import Scope
from dingke.ledger import access
from dingke.ledger.models import Product

FACTS = ["code", "name", "family", "list_price", "unit_cost", "currency", "is_high_profit"]


class UnableToSaveProduct(Refusal):
    """The product cannot be saved as given."""


def _apply(product: Product, values: Mapping[str, Any]) -> None:
    unknown = set(values) - set(FACTS)
    if unknown:
        raise Invalid(_("Unknown fields: %(names)s") % {"names": ", ".join(sorted(unknown))})
    for field, value in values.items():
        setattr(product, field, " ".join(value.split()) if isinstance(value, str) else value)
    problems: dict[str, str] = {}
    if not product.code:
        problems["code"] = _("A product needs a code.")
    if not product.name:
        problems["name"] = _("A product needs a name.")
    for field in ("list_price", "unit_cost"):
        amount = getattr(product, field)
        if amount is not None and amount < 0:
            problems[field] = _("Prices and costs are 0 or more.")
    if problems:
        raise Invalid(next(iter(problems.values())), fields=problems)


def _refuse_taken_code(product: Product) -> None:
    if Product.objects.filter(code=product.code).exclude(pk=product.pk).exists():
        message = _("Another product already has this code.")
        raise UnableToSaveProduct(message, fields={"code": message})


@transaction.atomic
def create_product(*, values: Mapping[str, Any], by: Scope, now: datetime) -> Product:
    """Adds a row to the price list. Raises `Invalid` naming the fields, `UnableToSaveProduct` when the code is taken."""
    access.can_edit_products(by).enforce()
    product = Product()
    _apply(product, values)
    _refuse_taken_code(product)
    try:
        with transaction.atomic():
            product.save()
    except IntegrityError as error:
        raise UnableToSaveProduct(_("Another product already has this code.")) from error
    audit.record(target=product, action="products.create", by=by, now=now, summary=f"{product.code} {product.name}")
    return product


@transaction.atomic
def edit_product(*, product: Product, values: Mapping[str, Any], by: Scope, now: datetime, expected_version: int | None = None) -> Product:
    """Changes the price list. Orders keep the price and cost they were sold at."""
    access.can_edit_products(by).enforce()
    fresh = locked(product, expected_version=expected_version, yours=values)
    before = snapshot_of(fresh, FACTS)
    _apply(fresh, values)
    _refuse_taken_code(fresh)
    audit.save_with_audit(target=fresh, fields=FACTS, action="products.edit", by=by, now=now, before=before)
    return fresh


@transaction.atomic
def mark_high_profit(*, product: Product, is_high_profit: bool, by: Scope, now: datetime) -> Product:
    """Says whether a product counts as a high-profit product 高利产品."""
    return edit_product(product=product, values={"is_high_profit": is_high_profit}, by=by, now=now)


@transaction.atomic
def archive_product(*, product: Product, by: Scope, now: datetime) -> Product:
    """Takes a product off the price list; orders that have it keep it."""
    return _set_archived(product, now, action="products.archive", by=by, now=now)


@transaction.atomic
def restore_product(*, product: Product, by: Scope, now: datetime) -> Product:
    return _set_archived(product, None, action="products.restore", by=by, now=now)


def _set_archived(product: Product, moment: datetime | None, *, action: str, by: Scope, now: datetime) -> Product:
    access.can_edit_products(by).enforce()
    fresh = locked(product, expected_version=None, yours={})
    if (fresh.archived_at is None) == (moment is None):
        return fresh
    fresh.archived_at = moment
    fresh.save()
    audit.record(target=fresh, action=action, by=by, now=now, summary=f"{fresh.code} {fresh.name}")
    return fresh
