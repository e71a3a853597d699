"""What people do with their notices: read, put away, turn a kind off; and what the clock takes away."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from dingke.core.scope import Scope
from dingke.notices.models import Delivery, Notice

BATCH = 2_000


def mark_read(*, ids: Iterable[int], by: Scope, now: datetime) -> int:
    return Notice.objects.filter(pk__in=list(ids), recipient_id=by.me, read_at__isnull=True).update(read_at=now)


def mark_unread(*, ids: Iterable[int], by: Scope) -> int:
    return Notice.objects.filter(pk__in=list(ids), recipient_id=by.me).update(read_at=None, archived_at=None)


def mark_all_read(*, by: Scope, now: datetime, kind: str = "") -> int:
    """Every unread notice of the caller, or those of one kind."""
    rows = Notice.objects.filter(recipient_id=by.me, is_listed=True, read_at__isnull=True, archived_at__isnull=True)
    return (rows.filter(kind=kind) if kind else rows).update(read_at=now)


def mark_older_read(*, before: datetime, now: datetime) -> int:
    """Everybody's notices from before that moment: for demonstration data and for history that is brought in."""
    return Notice.objects.filter(at__lt=before, read_at__isnull=True).update(read_at=now)


@transaction.atomic
def archive(*, ids: Iterable[int], by: Scope, now: datetime) -> int:
    """Puts notices away; what is put away counts as read."""
    mark_read(ids=ids, by=by, now=now)
    return Notice.objects.filter(pk__in=list(ids), recipient_id=by.me, archived_at__isnull=True).update(archived_at=now)


def unarchive(*, ids: Iterable[int], by: Scope) -> int:
    return Notice.objects.filter(pk__in=list(ids), recipient_id=by.me).update(archived_at=None)


def hide(*, ids: Iterable[int], by: Scope, now: datetime) -> int:
    """Takes notices out of the inbox and of the unread count whose subject the reader may not see any more."""
    wanted = list(ids)
    return Notice.objects.filter(pk__in=wanted, recipient_id=by.me, hidden_at__isnull=True).update(hidden_at=now) if wanted else 0


def delete_old(*, now: datetime) -> int:
    """Deletes what was read, or can no longer be seen, longer ago than DINGKE_NOTICES_KEEP_DAYS, in batches. 0 keeps everything."""
    if settings.NOTICES_KEEP_DAYS <= 0:
        return 0
    before = now - timedelta(days=settings.NOTICES_KEEP_DAYS)
    waiting = Delivery.objects.filter(state__in=[Delivery.State.WAITING, Delivery.State.SENDING]).order_by().values("notice_id")
    deleted = 0
    for old in (
        Notice.objects.filter(read_at__lt=before),
        Notice.objects.filter(hidden_at__lt=before),
        Notice.objects.filter(is_listed=False, at__lt=before),
    ):
        while ids := list(old.exclude(pk__in=waiting).order_by("pk").values_list("pk", flat=True)[:BATCH]):
            Notice.objects.filter(pk__in=ids).delete()
            deleted += len(ids)
    return deleted
