"""Work that is done once a day at a time that a setting says."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from django.utils import timezone

from dingke.core.models import Job


def is_due(*, kind: str, at: str, now: datetime) -> bool:
    """Whether the job of this kind is to be started: the last "02:30" of the company's clock has passed and none was started
    since. An empty `at` means never."""
    if not at:
        return False
    local = timezone.localtime(now)
    hour, minute = (int(part) for part in at.split(":"))
    moment = datetime.combine(local.date(), time(hour, minute), tzinfo=local.tzinfo)
    if local < moment:
        moment -= timedelta(days=1)
    return not Job.objects.filter(kind=kind, created_at__gte=moment, created_at__lt=now + timedelta(days=1)).exists()
