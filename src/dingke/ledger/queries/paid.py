"""The sum of the payments of an invoice, and the proof that what is kept on the invoices equals it."""

from __future__ import annotations

from decimal import Decimal

from django.db.models import DecimalField, OuterRef, Q, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Coalesce, Round

from dingke.ledger.models import Payment, Receivable

# Rounded: a database without exact decimals leaves dust behind when it adds up.
PAID = Coalesce(
    Subquery(
        Payment.objects.filter(receivable=OuterRef("pk"), archived_at__isnull=True)
        .order_by()
        .values("receivable")
        .annotate(total=Round(Sum("amount"), precision=2))
        .values("total")
    ),
    Value(Decimal(0)),
    output_field=DecimalField(max_digits=18, decimal_places=2),
)


def drifted() -> QuerySet[Receivable]:
    """Invoices whose `paid_amount` is not the sum of their living payments, with that sum as `paid_in_fact`: always none."""
    return Receivable.objects.annotate(paid_in_fact=PAID).filter(~Q(paid_amount=PAID)).order_by("pk")
