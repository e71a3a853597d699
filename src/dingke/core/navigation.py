"""The shell's menu and palette commands, filled from config/wiring.py so that `core` knows no domain."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.functional import Promise

from dingke.core.scope import Scope


@dataclass(frozen=True, slots=True)
class Entry:
    """One place to go: url name, label, Tabler icon; shown when the role carries `permission` (empty: always).

    Entries of section "settings" are the cards of the settings page; `hint` is their second line.
    """

    url: str
    label: str | Promise
    icon: str
    permission: str = ""
    section: str = "work"
    in_menu: bool = True
    on_phone: bool = False
    hint: str | Promise = ""


_entries: tuple[Entry, ...] = ()


def install(entries: Sequence[Entry]) -> None:
    global _entries
    _entries = tuple(entries)


def installed() -> tuple[Entry, ...]:
    """The same object until others are installed."""
    return _entries


def entries_for(scope: Scope) -> list[Entry]:
    return [entry for entry in _entries if not entry.permission or scope.can(entry.permission)]
