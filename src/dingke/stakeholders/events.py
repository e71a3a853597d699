"""What happened in the buying centre."""

from __future__ import annotations

from dataclasses import dataclass

from dingke.core.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class AttitudeChanged(Event):
    """The attitude that holds is another one than before ("" = it was not known)."""

    account_id: int
    centre_id: int
    stakeholder_id: int
    before: str
    after: str
    by_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyPersonMarked(Event):
    account_id: int
    centre_id: int
    stakeholder_id: int
    by_id: int | None = None
