"""A person's own marks on accounts: favourites, and what was opened lately. Private, so not in the audit trail."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from dingke.accounts.models import Account, Favourite, RecentView
from dingke.core.scope import Scope

RECENT_KEPT = 50


@transaction.atomic
def toggle_favourite(*, account: Account, by: Scope, now: datetime) -> bool:
    """Marks or unmarks an account as the caller's favourite; says whether it is one now."""
    gone, _rows = Favourite.objects.filter(account=account, user_id=by.me).delete()
    if gone or by.user_id is None:
        return False
    Favourite.objects.create(account=account, user_id=by.user_id, at=now)
    return True


@transaction.atomic
def watch(*, account: Account, by: Scope, now: datetime) -> None:
    """Puts the caller's star on the account; one that has it keeps it."""
    if by.user_id is not None:
        Favourite.objects.get_or_create(account=account, user_id=by.user_id, defaults={"at": now})


@transaction.atomic
def record_view(*, account: Account, by: Scope, now: datetime) -> None:
    """Remembers that the caller opened the account; the newest fifty are kept."""
    if by.user_id is None:
        return
    _row, created = RecentView.objects.update_or_create(account=account, user_id=by.user_id, defaults={"at": now})
    if created:
        old = RecentView.objects.filter(user_id=by.user_id).order_by("-at", "-id").values_list("pk", flat=True)[RECENT_KEPT:]
        RecentView.objects.filter(pk__in=list(old)).delete()
