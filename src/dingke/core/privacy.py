"""The rules of privacy that hold across domains: how long things are kept, and how an exported file says whose it is."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from dingke.core import rules
from dingke.core.scope import Scope
from dingke.core.tables_out import Stamp

RULES = "privacy.rules"


@dataclass(frozen=True, slots=True)
class PrivacyRules:
    """`years_without_activity`: contacts of archived accounts are proposed for erasure after so many quiet years, None never;
    `export_days`: exported files are removed after so many days; `line_in_sheet`, `column_in_csv`: where an exported table says
    who made it, besides its name and the properties of the file.
    """

    years_without_activity: int | None = 3
    export_days: int = 7
    line_in_sheet: bool = True
    column_in_csv: bool = False

    def __post_init__(self) -> None:
        if self.years_without_activity is not None and not 1 <= self.years_without_activity <= 50:
            raise ValueError("years_without_activity: 1-50")
        if not 1 <= self.export_days <= 365:
            raise ValueError("export_days: 1-365")


def in_force() -> PrivacyRules:
    return rules.load(RULES, PrivacyRules)


def stamp_for(by: Scope, now: datetime) -> Stamp:
    """What an export by this person says of itself."""
    wanted = in_force()
    return Stamp(by=by.name, at=now, in_sheet=wanted.line_in_sheet, in_csv=wanted.column_in_csv)


def remove_old_files(folder: Path, *, now: datetime) -> int:
    """Removes exported files older than the rules allow, by the clock of the disk; returns their number."""
    limit = min(now.timestamp(), time.time()) - in_force().export_days * 86_400
    removed = 0
    if folder.is_dir():
        for entry in os.scandir(folder):
            if entry.is_file() and entry.stat().st_mtime < limit:
                Path(entry.path).unlink(missing_ok=True)
                removed += 1
    return removed
