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
    by_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountShared(Event):
    account_id: int
    user_id: int
    level: str
    by_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RecycleNoticed(Event):
    """The owner is told that the account goes back to the pool on that day unless something happens."""

    account_id: int
    owner_id: int
    due_date: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StageChanged(Event):
    account_id: int
    before: str
    after: str
    by_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyAccountMarked(Event):
    account_id: int
    nomination_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyAccountMarkEnded(Event):
    account_id: int
    nomination_id: int
    by_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountsMerged(Event):
    kept_id: int
    gone_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MergeUndone(Event):
    kept_id: int
    gone_id: int
