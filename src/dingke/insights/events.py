"""What happens to the value of accounts, told to whoever listens (config/wiring.py)."""

from __future__ import annotations

from dataclasses import dataclass

from dingke.core.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountAssessed(Event):
    """An assessment got its total and level; `before` is the level of the assessment before, "" for the first."""

    assessment_id: int
    account_id: int
    before: str
    after: str
    by_id: int | None = None
