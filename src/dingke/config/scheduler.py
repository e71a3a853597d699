"""Work by the clock: lost jobs every few seconds, pool rules and reminders once a day. One process; safe to run twice."""

from __future__ import annotations

import logging
import os
import signal
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

logger = logging.getLogger("dingke.scheduler")


@dataclass(frozen=True, slots=True)
class Duty:
    """Something done again and again; `run` takes `now` and does nothing when there is nothing to do."""

    name: str
    every: timedelta
    run: Callable[[datetime], object]


def due(duties: list[Duty], last: dict[str, datetime], now: datetime) -> list[Duty]:
    """The duties whose time has come."""
    return [duty for duty in duties if duty.name not in last or now - last[duty.name] >= duty.every]


def run(stop: threading.Event, duties: list[Duty], clock: Callable[[], datetime]) -> None:
    """Works until told to stop. A duty that fails is logged and tried again at its next time."""
    from django.db import close_old_connections

    last: dict[str, datetime] = {}
    while not stop.is_set():
        now = clock()
        for duty in due(duties, last, now):
            last[duty.name] = now
            try:
                duty.run(now)
            except Exception:
                logger.exception("duty %s failed", duty.name)
            finally:
                close_old_connections()
        stop.wait(2)


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dingke.config.settings")
    import django

    django.setup()
    from django.utils import timezone

    from dingke.config.wiring import DUTIES

    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    signal.signal(signal.SIGINT, lambda *_: stop.set())
    run(stop, DUTIES, timezone.now)


if __name__ == "__main__":
    main()
