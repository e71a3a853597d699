"""The names that an import offers when a file misspells one."""

from __future__ import annotations

from dingke.ledger.models import Product

MOST = 5_000


def product_words() -> list[str] | None:
    """Names and codes of the price list; None when there are too many to compare with."""
    rows = list(Product.objects.filter(archived_at__isnull=True).order_by("pk").values_list("name", "code")[: MOST + 1])
    return None if len(rows) > MOST else list(dict.fromkeys(word for row in rows for word in row))
