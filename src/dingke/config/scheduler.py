"""Work by the clock: lost jobs every few seconds, pool rules and reminders once a day. Of several schedulers one works."""

from __future__ import annotations

import logging
import os
import signal
import threading
import traceback
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
    """The duties whose time has come. One that was done further in the future than its time is due too: the clock was put right."""
    return [duty for duty in duties if duty.name not in last or abs(now - last[duty.name]) >= duty.every]


def run(stop: threading.Event, duties: list[Duty], clock: Callable[[], datetime], *, pause: float = 2) -> None:
    """Works until told to stop, as long as no other scheduler does. A duty that fails is logged and tried again at its next time."""
    from django.db import DatabaseError, close_old_connections

    from dingke.config.life.lease import Lease, claim, finish, holder

    lease, me = Lease(), holder()
    last: dict[str, datetime] = {}
    try:
        while not stop.is_set():
            now = clock()
            for duty in due(duties, last, now) if lease.hold() else []:
                if stop.is_set() or not lease.hold():
                    break
                try:
                    if not claim(duty.name, duty.every, now=now, by=me):
                        continue
                    last[duty.name] = now
                    error = _done(duty, now)
                    finish(duty.name, now=clock(), by=me, error=error)
                except DatabaseError:
                    logger.exception("the database is away")
                    break
                finally:
                    close_old_connections()
            stop.wait(pause)
    finally:
        lease.release()


def _done(duty: Duty, now: datetime) -> str:
    """Runs the duty; answers why it failed."""
    try:
        duty.run(now)
    except Exception:
        logger.exception("duty %s failed", duty.name)
        return traceback.format_exc()
    return ""


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dingke.config.settings")
    import django

    django.setup()
    from django.utils import timezone

    from dingke.config.life import beats
    from dingke.config.models import Beat
    from dingke.config.wiring import DUTIES

    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    signal.signal(signal.SIGINT, lambda *_: stop.set())
    with beats.beating(Beat.Kind.SCHEDULER):
        run(stop, DUTIES, timezone.now)


if __name__ == "__main__":
    main()
