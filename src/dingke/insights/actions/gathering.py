"""From the database to columns: the snapshot is brought up to date, the figures are computed, and kept until the snapshot changes.

A run that was killed, or one that follows a dry run, finds the figures of the same snapshot, day and formulas and goes on from there.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from hashlib import sha256
from pathlib import Path
from zipfile import BadZipFile

from django.utils.translation import gettext as _

from dingke.core import company as house
from dingke.insights import snapshot
from dingke.insights.calc import explanation
from dingke.insights.columns import Columns, array_names

Tell = Callable[[int, str], None]
KEPT = "gathered"


def columns_of_company(*, as_of: date | None, today: date, tell: Tell) -> Columns:
    """Every living account with its figures as of a day; by default today, or the last order day of data that ended over 60 days ago.

    Tells percents from 2 to 60.
    """
    from dingke.insights.metrics import gather

    tell(2, _("Reading what changed"))
    with snapshot.held():
        done = iter(range(5, 40, 7))
        snapshot.refresh(tell=lambda _table: tell(next(done, 40), _("Reading what changed")))
        tell(40, _("Computing figures"))
        engine = snapshot.engine()
        try:
            tables = snapshot.tables(engine)
            day = as_of or explanation.day_of_run(today=today, latest_order=gather.latest_order_day(engine, tables))
            file = _file(day, engine.name)
            kept = _kept(file)
            if kept is not None:
                return kept
            done = iter(range(44, 60, 4))
            found = gather.gather(
                engine, tables, as_of=day, currency=house.currency(), tell=lambda: tell(next(done, 59), _("Computing figures"))
            )
        finally:
            engine.disconnect()
        _keep(found, file)
        return found


def _file(day: date, engine: str) -> Path:
    """Named by all that the figures depend on."""
    from dingke.insights.metrics import gather

    formulas = (str(gather.FORMAT), explanation.FORMULA_VERSION, *array_names())
    parts = [snapshot.checksum(), day.isoformat(), house.currency(), engine, *formulas]
    return snapshot.folder() / f"{KEPT}-{sha256('|'.join(parts).encode()).hexdigest()[:24]}.npz"


def _kept(file: Path) -> Columns | None:
    try:
        return Columns.load(file)
    except (OSError, ValueError, KeyError, EOFError, BadZipFile):
        return None


def _keep(found: Columns, file: Path) -> None:
    for left in snapshot.folder().glob(f"{KEPT}-*"):
        left.unlink(missing_ok=True)
    draft = file.with_suffix(".tmp")
    found.save(draft)
    draft.replace(file)
