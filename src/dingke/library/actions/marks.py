"""What a reader says of an entry: useful or not, read or not (Q-15, J-07)."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import Count, Q

from dingke.core import access
from dingke.core.scope import Scope
from dingke.library.models import Entry, EntryMark


@transaction.atomic
def rate(*, entry: Entry, is_useful: bool | None, by: Scope, now: datetime) -> EntryMark:
    """The caller's voice, changed as often as he or she likes; None takes it back."""
    access.needs(by, "library.see").enforce()
    mark, _made = EntryMark.objects.update_or_create(entry=entry, user_id=by.me, defaults={"is_useful": is_useful, "at": now})
    voices = EntryMark.objects.filter(entry=entry).order_by()
    figures = voices.aggregate(given=Count("pk", filter=Q(is_useful__isnull=False)), useful=Count("pk", filter=Q(is_useful=True)))
    Entry.objects.filter(pk=entry.pk).update(rating_count=figures["given"], useful_count=figures["useful"])
    return mark


@transaction.atomic
def mark_read(*, entry: Entry, is_read: bool, by: Scope, now: datetime) -> EntryMark:
    """Read in the version in force; a newer version is unread again."""
    access.needs(by, "library.see").enforce()
    mark, _made = EntryMark.objects.update_or_create(
        entry=entry, user_id=by.me, defaults={"read_number": entry.number if is_read else 0, "at": now}
    )
    return mark
