"""Backups by the clock: once a day, as a job, with old ones removed by a rule."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from dingke.config.life.backup import back_up
from dingke.core import daily, jobs
from dingke.core.models import Job
from dingke.core.scope import Scope

KIND = "backup"
PREFIX = "daily-"


def kept(days: Sequence[date], *, daily: int, weekly: int, monthly: int) -> set[date]:
    """The days whose backups are kept: the newest `daily` ones, and the newest of each of the last `weekly` weeks and `monthly` months."""
    newest = sorted(set(days), reverse=True)
    result = set(newest[:daily])
    for number, period in ((weekly, lambda day: day.isocalendar()[:2]), (monthly, lambda day: (day.year, day.month))):
        seen: dict[Any, date] = {}
        for day in newest:
            seen.setdefault(period(day), day)
        result |= set(list(seen.values())[:number])
    return result


def due(now: datetime) -> bool:
    """Whether today's backup is to be started. An empty DINGKE_BACKUP_AT means none by the clock."""
    return daily.is_due(kind=KIND, at=settings.BACKUP_AT, now=now)


def start_when_due(now: datetime) -> Job | None:
    """A duty of the scheduler. The worker does the work, so that nothing else by the clock waits for it."""
    return jobs.start(kind=KIND, params={}, by=Scope.system(), now=now) if due(now) else None


def run(progress: jobs.Progress) -> dict[str, Any]:
    """The job: a backup of the day, encrypted when a passphrase is set, and the old ones removed."""
    now = timezone.now()
    folder = Path(settings.BACKUP_FOLDER)
    day = timezone.localdate(now)
    result = back_up(
        output=folder / f"{PREFIX}{day:%Y%m%d}.dingke",
        passphrase=settings.BACKUP_PASSPHRASE,
        now=now,
        note=str(_("by the clock")),
        tell=lambda done, total, what: progress.tell(done, total, what),
        replace=True,
    )
    result["removed"] = remove_old(folder)
    return result


def remove_old(folder: Path) -> list[str]:
    """Removes backups by the clock that the rule does not keep; those made by hand or before an upgrade stay."""
    found = {date.fromisoformat(file.stem.removeprefix(PREFIX)): file for file in folder.glob(f"{PREFIX}[0-9]*.dingke") if _dated(file)}
    daily, weekly, monthly = settings.BACKUP_KEEP
    keep = kept(list(found), daily=max(1, daily), weekly=weekly, monthly=monthly)
    gone = [file for day, file in sorted(found.items()) if day not in keep]
    for file in gone:
        file.unlink(missing_ok=True)
    return [file.name for file in gone]


def _dated(file: Path) -> bool:
    try:
        date.fromisoformat(file.stem.removeprefix(PREFIX))
    except ValueError:
        return False
    return True
