"""Single records for a caller: visible with their account, or not there."""

from __future__ import annotations

from django.db.models import F, Q
from django.utils.translation import gettext as _

from dingke.accounts.scoping import AccountScopedQuerySet
from dingke.core.errors import NotVisible
from dingke.core.scope import Scope
from dingke.ledger.models import Incentive, Order, Payment, PaymentFinding, Product, Receivable

OPEN = Q(amount__gt=F("paid_amount"))


def open_receivables(scope: Scope) -> AccountScopedQuerySet[Receivable]:
    """Invoices of living accounts on which something is still open."""
    rows = Receivable.objects.visible_to(scope).current().filter(account__archived_at__isnull=True)
    return rows.filter(OPEN)


def order_for(scope: Scope, order_id: int) -> Order:
    """An order with its account, its lines and their products. Raises `NotVisible`."""
    found = (
        Order.objects.visible_to(scope)
        .current()
        .select_related("account", "account__owner")
        .prefetch_related("lines__product")
        .filter(pk=order_id)
        .order_by("pk")
        .first()
    )
    if found is None:
        raise NotVisible(_("There is no such order, or its account is not shared with you."))
    return found


def receivable_for(scope: Scope, receivable_id: int, *, with_archived: bool = False) -> Receivable:
    """An invoice with its account and order. Raises `NotVisible`."""
    rows = Receivable.objects.visible_to(scope).select_related("account", "account__owner", "order").filter(pk=receivable_id)
    found = (rows if with_archived else rows.current()).order_by("pk").first()
    if found is None:
        raise NotVisible(_("There is no such invoice, or its account is not shared with you."))
    return found


def payments_of(scope: Scope, receivable: Receivable) -> list[Payment]:
    return list(Payment.objects.visible_to(scope).current().filter(receivable=receivable).order_by("paid_date", "id"))


def payment_for(scope: Scope, payment_id: int) -> Payment:
    """A payment, undone ones included. Raises `NotVisible`."""
    found = Payment.objects.visible_to(scope).select_related("account", "receivable").filter(pk=payment_id).order_by("pk").first()
    if found is None:
        raise NotVisible(_("There is no such payment, or its account is not shared with you."))
    return found


def incentive_for(scope: Scope, incentive_id: int) -> Incentive:
    found = Incentive.objects.visible_to(scope).select_related("account").filter(pk=incentive_id).order_by("pk").first()
    if found is None:
        raise NotVisible(_("There is no such incentive, or its account is not shared with you."))
    return found


def finding_for(scope: Scope, finding_id: int) -> PaymentFinding:
    found = PaymentFinding.objects.visible_to(scope).select_related("account").filter(pk=finding_id).order_by("pk").first()
    if found is None:
        raise NotVisible(_("There is no such finding, or its account is not shared with you."))
    return found


def product_for(scope: Scope, product_id: int) -> Product:
    found = Product.objects.filter(pk=product_id).order_by("pk").first()
    if found is None:
        raise NotVisible(_("There is no such product."))
    return found


def price_list(scope: Scope, *, keep: frozenset[int] = frozenset()) -> list[Product]:
    """Products that can be sold, for pickers; `keep` stays in the list although archived."""
    rows = Product.objects.order_by("family", "code")
    return [row for row in rows if row.archived_at is None or row.pk in keep]
