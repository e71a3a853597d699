"""The life of an installation: tables, lists, static files, and whether all is in order."""

from __future__ import annotations

import fcntl
import hashlib
import logging
import shutil
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone
from django.utils.translation import gettext as _

from dingke.config import content
from dingke.config.life import marker, state, upgrade
from dingke.core.errors import Refusal

logger = logging.getLogger("dingke.installation")


def pending_migrations() -> int:
    executor = MigrationExecutor(connection)
    return len(executor.migration_plan(executor.loader.graph.leaf_nodes()))


class NotCurrent(Refusal):
    """The data is older than the program, or between two versions."""

    code = "not_current"


def prepare() -> None:
    """Makes the tables and loads the shipped lists in an empty installation; quick when nothing is to do.

    Tables that hold somebody's work are changed by `dingke upgrade` alone, which makes a backup first.
    """
    unfinished = marker.read()
    if unfinished is not None:
        raise NotCurrent(
            _("A run of `dingke %(what)s` was interrupted. Run `dingke %(what)s` again: it finishes or takes it back.")
            % {"what": unfinished["doing"]}
        )
    waiting = pending_migrations()
    if not waiting:
        return
    if state.has_content():
        raise NotCurrent(
            _("The data is older than this program (%(number)s migrations wait). Run `dingke upgrade`: it makes a backup first.")
            % {"number": waiting}
        )
    call_command("migrate", verbosity=0, interactive=False)
    content.load_shipped(now=timezone.now())
    upgrade.name_release(timezone.now())


def has_people() -> bool:
    from dingke.people.models import User

    return User.objects.exists()


def _static_stamp() -> str:
    """Changes when any static file of the package changes."""
    digest = hashlib.sha256()
    package = Path(__file__).resolve().parent.parent
    for file in sorted(package.glob("*/static/**/*")):
        if file.is_file():
            state = file.stat()
            digest.update(f"{file.relative_to(package)} {state.st_size} {state.st_mtime_ns}".encode())
    return digest.hexdigest()


def collect_static() -> None:
    """Collects static files with hashed names, when they changed since the last time. Of several nodes with one folder, one does."""
    with (Path(settings.HOME) / "static.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        _collect()


def _collect() -> None:
    stamp_file = Path(settings.STATIC_ROOT) / ".stamp"
    stamp = _static_stamp()
    if stamp_file.exists() and stamp_file.read_text() == stamp:
        return
    shutil.rmtree(settings.STATIC_ROOT, ignore_errors=True)
    call_command("collectstatic", verbosity=0, interactive=False)
    stamp_file.write_text(stamp)


def mend() -> list[str]:
    """Adds up anew what is kept as a sum and does not agree with its rows; says what was mended."""
    from dingke.ledger.actions.paid import mend_paid

    mended = mend_paid()
    return [f"{mended} invoices: what is kept as paid was added up anew"] if mended else []
