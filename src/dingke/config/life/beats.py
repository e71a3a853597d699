"""Processes of the system say that they live; the doctor, a restore and an upgrade read it."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta

from django.db import DatabaseError, connection
from django.utils import timezone

import dingke
from dingke.config.models import Beat

EVERY_SECONDS = 8
ALIVE_WITHIN = timedelta(seconds=25)
FORGOTTEN_AFTER = timedelta(days=1)


def host() -> str:
    return socket.gethostname()[:120]


@contextmanager
def beating(kind: Beat.Kind) -> Iterator[Beat | None]:
    """This process lives as long as the block runs. A database that is away for a while ends nothing."""
    now = timezone.now()
    beat = Beat(kind=kind, host=host(), process=os.getpid(), version=dingke.__version__, started_at=now, beat_at=now)
    ended = threading.Event()

    def go_on() -> None:
        while True:
            with suppress(DatabaseError):
                beat.beat_at = timezone.now()
                beat.save()
                Beat.objects.filter(beat_at__lt=beat.beat_at - FORGOTTEN_AFTER).delete()
            connection.close()
            if ended.wait(EVERY_SECONDS):
                break
        with suppress(DatabaseError):
            if beat.pk:
                Beat.objects.filter(pk=beat.pk).delete()
        connection.close()

    thread = threading.Thread(target=go_on, name="beat", daemon=True)
    thread.start()
    try:
        yield beat
    finally:
        ended.set()
        thread.join(5)


def alive(*, now: datetime) -> list[str]:
    """The living processes, as a person would name them; nothing when the tables are older than this record."""
    if Beat._meta.db_table not in connection.introspection.table_names():
        return []
    return [f"{beat.get_kind_display()} {beat.host}:{beat.process}" for beat in living(now=now)]


def living(*, now: datetime) -> list[Beat]:
    return list(Beat.objects.filter(beat_at__gte=now - ALIVE_WITHIN).order_by("kind", "host", "process", "id"))
