"""How many requests a caller may send in a minute."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection

from dingke.people.models import RequestCount


@dataclass(slots=True)
class _Known:
    """What this process knows of one caller in one minute."""

    total: int  # as the database said last, with the requests of this process since then
    unsaved: int  # of those, the ones that the database has not heard of
    told_at: float  # seconds since the epoch


_known: dict[tuple[str, int], _Known] = {}
_lock = threading.Lock()
KEPT = 10_000


def count_request(*, limits: Mapping[str, int], now: datetime) -> int:
    """Counts one request for each caller ("token:7", "address:203.0.113.9") and says how many seconds the caller has to wait.

    0: go on. A limit of 0 is no limit. The count is exact within a process; processes tell each other through the database, each at
    most every `REQUEST_COUNT_SECONDS` for a caller, so that a busy program does not turn every reading request into a write.
    """
    limits = {caller[:64]: most for caller, most in sorted(limits.items()) if most > 0}
    if not limits:
        return 0
    at = now.timestamp()
    minute, second = divmod(int(at), 60)
    with _lock:
        due = {caller: number for caller in limits if (number := _counted(caller, minute, at))}
    numbers = _told(due, minute) if due else {}
    with _lock:
        for caller, number in numbers.items():
            known = _known.get((caller, minute))
            if known is not None:
                known.total = max(known.total, number + known.unsaved)
        return 60 - second if _over(limits, minute) else 0


def _counted(caller: str, minute: int, at: float) -> int:
    """Adds one; gives how many to tell the database of now, 0 when it is not yet time."""
    if len(_known) > KEPT:
        for old in [key for key in _known if key[1] != minute]:
            del _known[old]
    known = _known.setdefault((caller, minute), _Known(total=0, unsaved=0, told_at=0.0))
    known.total += 1
    known.unsaved += 1
    if abs(at - known.told_at) < settings.REQUEST_COUNT_SECONDS:
        return 0
    number, known.unsaved, known.told_at = known.unsaved, 0, at
    return number


def _over(limits: Mapping[str, int], minute: int) -> bool:
    return any((known := _known.get((caller, minute))) is not None and known.total > most for caller, most in limits.items())


def _told(due: Mapping[str, int], minute: int) -> dict[str, int]:
    """Adds to the counts in one statement for all callers, which both databases run without losing any; gives the new ones."""
    table = connection.ops.quote_name(RequestCount._meta.db_table)
    places = ", ".join(["(%s, %s, %s)"] * len(due))
    values = [value for caller, number in due.items() for value in (caller, minute, number)]
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} (caller, minute, number) VALUES {places} "
            f"ON CONFLICT (caller, minute) DO UPDATE SET number = {table}.number + EXCLUDED.number RETURNING caller, number",
            values,
        )
        return dict(cursor.fetchall())


def forget_known() -> None:
    """A process that starts anew, for tests."""
    with _lock:
        _known.clear()


def forget_old_counts(*, now: datetime) -> int:
    """Counts of past minutes say nothing any more."""
    before = int((now - timedelta(minutes=5)).timestamp()) // 60
    deleted, _rows = RequestCount.objects.filter(minute__lt=before).delete()
    return deleted
