"""What happens to accounts, told to whoever listens (config/wiring.py)."""

from __future__ import annotations

from dataclasses import dataclass

from dingke.core.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountCreated(Event):
    account_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountEdited(Event):
    account_id: int
    fields: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountArchived(Event):
    account_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountRestored(Event):
    account_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnerChanged(Event):
    account_id: int
    before_id: int | None
    after_id: int | None
    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StageChanged(Event):
    account_id: int
    before: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyAccountMarked(Event):
    account_id: int
    nomination_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyAccountMarkEnded(Event):
    account_id: int
    nomination_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountsMerged(Event):
    kept_id: int
    gone_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MergeUndone(Event):
    kept_id: int
    gone_id: int
