"""The worker's doors: sending one delivery, and the digests whose hour has come."""

from __future__ import annotations

from django.utils import timezone
from django_tasks import task

from dingke.notices.actions import deliver as actions


@task()  # type: ignore[untyped-decorator]
def deliver(delivery_id: int) -> str:
    return actions.deliver(delivery_id=delivery_id, now=timezone.now())


@task()  # type: ignore[untyped-decorator]
def send_digests() -> int:
    return actions.send_digests(now=timezone.now())
