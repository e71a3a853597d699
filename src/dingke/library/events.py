"""What happens in the library, told to whoever listens (config/wiring.py)."""

from __future__ import annotations

from dataclasses import dataclass

from dingke.core.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryPublished(Event):
    """A text came into force."""

    entry_id: int
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryUsed(Event):
    entry_id: int
    use_id: int
    account_id: int | None
