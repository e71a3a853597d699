"""What was paid on an invoice, kept on the invoice: every action that writes payments calls this in its transaction."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

from django.db import transaction

from dingke.ledger.models import Payment, Receivable
from dingke.ledger.queries.paid import PAID, drifted


def keep_paid(receivable_ids: Iterable[int | None]) -> None:
    """Adds up the living payments of these invoices anew and writes the sums on them.

    The invoices are locked first, in one order: of two transactions that pay the same invoice the second adds up only
    when the payment of the first can be seen. The lock lets rows that refer to the invoice be written meanwhile.
    """
    ids = sorted({pk for pk in receivable_ids if pk is not None})
    if not ids:
        return
    list(Receivable.objects.select_for_update(no_key=True).filter(pk__in=ids).order_by("pk").values_list("pk"))
    Receivable.objects.filter(pk__in=ids).update(paid_amount=PAID)


def receivables_of(payment_ids: Sequence[int]) -> set[int]:
    rows = Payment.objects.filter(pk__in=payment_ids, receivable__isnull=False) if payment_ids else Payment.objects.none()
    return {pk for pk in rows.order_by("pk").values_list("receivable_id", flat=True) if pk is not None}


@transaction.atomic
def mend_paid() -> int:
    """Adds up anew where the sums do not agree, which only a write past the actions can bring about; how many did not."""
    wrong = list(drifted().values_list("pk", flat=True))
    keep_paid(wrong)
    return len(wrong)


@contextmanager
def paid_kept(payment_ids: Sequence[int]) -> Iterator[None]:
    """Around a change of payments that are written elsewhere (the undo of an import): before and after it is added up."""
    touched = receivables_of(payment_ids)
    yield
    keep_paid(touched | receivables_of(payment_ids))
