"""The caller's own place in the feed of watched accounts (D-08). Private, so not in the audit trail."""

from __future__ import annotations

from datetime import datetime

from dingke.core.scope import Scope
from dingke.insights.models import FeedMark


def mark_read(*, by: Scope, now: datetime) -> None:
    """What is in the feed up to now has been read."""
    if by.user_id is not None:
        FeedMark.objects.update_or_create(user_id=by.user_id, defaults={"looked_at": now})
