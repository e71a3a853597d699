"""The worker's doors: sending one delivery, the digests whose hour has come, and what is due for one webhook."""

from __future__ import annotations

from django.utils import timezone
from django_tasks import task

from dingke.notices.actions import deliver as actions
from dingke.notices.actions import webhook_sending


@task()  # type: ignore[untyped-decorator]
def deliver(delivery_id: int) -> str:
    return actions.deliver(delivery_id=delivery_id, now=timezone.now())


@task()  # type: ignore[untyped-decorator]
def send_digests() -> int:
    return actions.send_digests(now=timezone.now())


@task()  # type: ignore[untyped-decorator]
def send_webhook(webhook_id: int) -> int:
    return webhook_sending.send_due(webhook_id=webhook_id, now=timezone.now())
