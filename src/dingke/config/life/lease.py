"""Only one scheduler works, however many run: the others wait until it ends.

PostgreSQL: an advisory lock of a session, which the server takes back when the session ends. SQLite: a lock on a file, which the
system takes back when the process ends. A scheduler that lost its session without noticing could still be at work, so every duty is
claimed in a row besides (`claim`): of two that claim the same time of a duty, one gets it.
"""

from __future__ import annotations

import fcntl
import os
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO, Any

from django.conf import settings
from django.db import DatabaseError, IntegrityError, connections, transaction

from dingke.config.models import DutyRun

LOCK = 4_742_001  # of our own choosing; advisory locks of other programs in this database would need another number


class Lease:
    """Held or not; ask `hold` before every round of work."""

    def __init__(self) -> None:
        self._session: Any = None
        self._file: IO[str] | None = None

    def hold(self) -> bool:
        """Takes the lease, or makes sure that it is still held."""
        return self._hold_session() if connections["default"].vendor == "postgresql" else self._hold_file()

    def _hold_session(self) -> bool:
        try:
            if self._session is None:
                self._session = connections["default"].copy("lease")
            with self._session.cursor() as cursor:
                # asked again and again, the lock is counted up: ask for it only when this session does not have it
                cursor.execute(
                    "SELECT EXISTS (SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()"
                    " AND classid = 0 AND objid = %s AND granted)",
                    [LOCK],
                )
                if cursor.fetchone()[0]:
                    return True
                cursor.execute("SELECT pg_try_advisory_lock(%s)", [LOCK])
                return bool(cursor.fetchone()[0])
        except DatabaseError:
            self.release()
            return False

    def _hold_file(self) -> bool:
        if self._file is not None:
            return True
        file = (Path(settings.HOME) / "scheduler.lock").open("a+")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            file.close()
            return False
        self._file = file
        return True

    def release(self) -> None:
        if self._session is not None:
            self._session.close()
            self._session = None
        if self._file is not None:
            self._file.close()
            self._file = None


def holder() -> str:
    from dingke.config.life.beats import host

    return f"{host()}:{os.getpid()}"


def claim(name: str, every: timedelta, *, now: datetime, by: str) -> bool:
    """Whether this time of the duty is ours. One that another scheduler began and did not finish is taken over."""
    values = {"holder": by, "started_at": now, "finished_at": None, "error": ""}
    run = DutyRun.objects.filter(name=name).first()
    if run is None:
        try:
            with transaction.atomic():
                DutyRun.objects.create(name=name, **values)
        except IntegrityError:
            return False
        return True
    abandoned = run.finished_at is None and run.holder != by
    if abs(now - run.started_at) < every and not abandoned:  # further in the future: the clock was ahead and was put right
        return False
    return bool(DutyRun.objects.filter(pk=run.pk, started_at=run.started_at, holder=run.holder).update(**values))


def finish(name: str, *, now: datetime, by: str, error: str = "") -> None:
    DutyRun.objects.filter(name=name, holder=by).update(finished_at=now, error=error[-4000:])
