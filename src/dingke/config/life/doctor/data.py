"""The database: reachable, current, quick, and in agreement with itself."""

from __future__ import annotations

from datetime import UTC, datetime

from django.apps import apps
from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from dingke.config.life import marker, state
from dingke.config.life.doctor import Finding, Level

OLDEST_POSTGRESQL, OLDEST_SQLITE = 150000, (3, 35, 0)
CLOCK_OFF, CLOCK_WRONG = 2.0, 30.0


def database(now: datetime) -> list[Finding]:
    mend = _("Look at DINGKE_DATABASE_URL, and whether the database server runs.")
    try:
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                cursor.execute("SHOW server_version_num")
                number = int(cursor.fetchone()[0])
                name, old = f"PostgreSQL {number // 10000}.{number % 10000}", number < OLDEST_POSTGRESQL
            else:
                cursor.execute("SELECT sqlite_version()")
                text = cursor.fetchone()[0]
                name, old = f"SQLite {text}", tuple(int(part) for part in text.split(".")) < OLDEST_SQLITE
    except Exception as error:
        return [Finding("database", _("Database"), "fail", str(error).strip()[:300], mend)]
    if old:
        mend = _("Use PostgreSQL 15 or newer, or a Python with SQLite 3.35 or newer.")
        return [Finding("database", _("Database"), "fail", _("%(name)s is too old") % {"name": name}, mend)]
    return [Finding("database", _("Database"), "ok", name)]


def interrupted() -> list[Finding]:
    unfinished = marker.read()
    if unfinished is None:
        return []
    text = _("a run of `dingke %(what)s` was interrupted") % {"what": unfinished["doing"]}
    mend = _("Run `dingke %(what)s` again: it finishes or takes it back.") % {"what": unfinished["doing"]}
    return [Finding("interrupted", _("Interrupted runs"), "fail", text, mend)]


def migrations() -> list[Finding]:
    what = _("Migrations")
    newer = state.unknown(connection)
    if newer:
        text = _("the data was used by a newer version (%(name)s)") % {"name": f"{newer[0][0]}.{newer[0][1]}"}
        return [Finding("migrations", what, "fail", text, _("Install the newer version again."))]
    waiting = state.pending()
    if waiting:
        text = ngettext("%(number)s waits", "%(number)s wait", len(waiting)) % {"number": len(waiting)}
        mend = (
            _("Run `dingke upgrade`: it makes a backup first.") if state.has_content() else _("Start `dingke up`, which makes the tables.")
        )
        return [Finding("migrations", what, "fail", text, mend)]
    return [Finding("migrations", what, "ok", _("none waits"))]


def indexes() -> list[Finding]:
    """Every index and unique rule that the models name is in the database."""
    missing: list[str] = []
    with connection.cursor() as cursor:
        for model in apps.get_models(include_auto_created=True):
            if not model._meta.managed or model._meta.proxy:
                continue
            there = connection.introspection.get_constraints(cursor, model._meta.db_table)
            names = [index.name for index in model._meta.indexes] + [rule.name for rule in model._meta.constraints]
            missing += [f"{model._meta.db_table}.{name}" for name in names if name not in there]
            columns = {tuple(entry["columns"])[:1] for entry in there.values() if entry["index"] or entry["unique"] or entry["primary_key"]}
            missing += [
                f"{model._meta.db_table}.{field.column}"
                for field in model._meta.local_concrete_fields
                if (getattr(field, "db_index", False) or field.unique) and (field.column,) not in columns
            ]
    if missing:
        text = _("missing: %(names)s") % {"names": ", ".join(missing[:5])}
        mend = _("Somebody removed them from the database. Make them again, or restore a backup into a new database: that makes all.")
        return [Finding("indexes", _("Indexes"), "warn", text, mend)]
    return [Finding("indexes", _("Indexes"), "ok", _("all there"))]


def clock(now: datetime) -> list[Finding]:
    """The clock of the database against that of this machine, read side by side."""
    with connection.cursor() as cursor:
        if connection.vendor != "postgresql":
            return [Finding("clock", _("Clock"), "ok", _("the database uses this machine's clock"))]
        cursor.execute("SELECT clock_timestamp()")
        theirs = cursor.fetchone()[0].astimezone(UTC)
    off = abs((theirs - timezone.now()).total_seconds())
    text = _("%(seconds)s s between this machine and the database") % {"seconds": f"{off:.1f}"}
    if off < CLOCK_OFF:
        return [Finding("clock", _("Clock"), "ok", text)]
    level: Level = "fail" if off > CLOCK_WRONG else "warn"
    return [Finding("clock", _("Clock"), level, text, _("Let all machines follow a time server (chrony, systemd-timesyncd)."))]


def kept_sums() -> list[Finding]:
    from dingke.ledger.queries import paid

    if paid.drifted().exists():
        text = _("what is kept as paid does not equal the payments")
        return [Finding("kept_sums", _("Kept sums"), "fail", text, _("Run `dingke doctor --mend`."))]
    return [Finding("kept_sums", _("Kept sums"), "ok", _("agree with their rows"))]


def people() -> list[Finding]:
    from dingke.config import installation

    if installation.has_people():
        return []
    return [Finding("people", _("People"), "warn", _("nobody can sign in yet"), _("Run `dingke admin NAME`."))]
