"""Whether the installation is in order: each thing looked at, what was found, and how to mend it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Literal

from django.utils.translation import gettext as _

Level = Literal["ok", "warn", "fail"]
_RANK: dict[Level, int] = {"ok": 0, "warn": 1, "fail": 2}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at."""

    code: str
    what: str
    level: Level
    found: str
    mend: str = ""

    def as_json(self) -> dict[str, str]:
        return asdict(self)


def worst(found: list[Finding]) -> Level:
    return max((finding.level for finding in found), key=lambda level: _RANK[level], default="ok")


Look = Callable[[datetime], list[Finding]]


def findings(*, now: datetime, send_to: str = "") -> list[Finding]:
    """Everything, in one order. A look that breaks is a finding too and keeps no other from being made."""
    from dingke.config.life.doctor import data, mail, place, sign_in, work

    groups: list[tuple[str, Look]] = [
        (_("Settings"), lambda now: place.settings_in_force()),
        (_("Home folder"), lambda now: place.home()),
        (_("Disk"), lambda now: place.disk()),
        (_("Database"), data.database),
    ]
    found = _made(groups, now)
    if any(finding.code == "database" and finding.level == "fail" for finding in found):
        return found
    groups = [
        (_("Interrupted runs"), lambda now: data.interrupted()),
        (_("Migrations"), lambda now: data.migrations()),
    ]
    found += _made(groups, now)
    if any(finding.code == "migrations" and finding.level == "fail" for finding in found):
        return found
    groups = [
        (_("Indexes"), lambda now: data.indexes()),
        (_("Clock"), data.clock),
        (_("Kept sums"), lambda now: data.kept_sums()),
        (_("People"), lambda now: data.people()),
        (_("Processes"), work.processes),
        (_("Queue"), work.queue),
        (_("Background jobs"), lambda now: work.parked()),
        (_("Events"), work.events),
        (_("Secrets"), lambda now: place.secrets()),
        (_("Uploaded files"), lambda now: place.uploads()),
        (_("Backups"), work.last_backup),
        (_("Tracing"), lambda now: place.tracing()),
        (_("Single sign-on"), sign_in.saml_server),
        (_("Mail"), lambda now: mail.server(send_to=send_to)),
        (_("Directory"), place.directory),
    ]
    return found + _made(groups, now)


def _made(groups: list[tuple[str, Look]], now: datetime) -> list[Finding]:
    result: list[Finding] = []
    for what, look in groups:
        try:
            result += look(now)
        except Exception as error:
            text = f"{type(error).__name__}: {error}".strip()
            result.append(Finding("broken", what, "fail", text[:300], _("This could not be looked at. The log may say more.")))
    return result
