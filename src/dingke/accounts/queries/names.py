"""The names that an import offers when a file misspells one."""

from __future__ import annotations

from dingke.accounts.models import Account
from dingke.people.models import User

MOST = 5_000


def all_names() -> list[str] | None:
    """Names of current accounts; None when there are too many to compare with."""
    names = list(Account.objects.filter(archived_at__isnull=True).order_by("pk").values_list("name", flat=True)[: MOST + 1])
    return None if len(names) > MOST else names


def all_people() -> list[str] | None:
    rows = list(User.objects.filter(is_active=True).order_by("pk").values_list("name", "username", "email")[: MOST + 1])
    return None if len(rows) > MOST else [word for row in rows for word in row if word]
