"""What hangs on a person and goes to somebody else when that person leaves. Each domain gives its part; the list is in
config/wiring.py, so that the page of a hand-over knows no domain above it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.functional import Promise

from dingke.core.scope import Scope


@dataclass(frozen=True, slots=True, kw_only=True)
class Thing:
    """One thing that hangs on a person. `account_id` when it belongs to an account, so that it can follow it."""

    id: int
    title: str
    detail: str = ""
    account_id: int | None = None
    link: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Handed:
    """What became of one thing: given to `receiver_id`, or left where it was with `stays`, the reason in words.

    `before` and `after` are what taking it back needs, as JSON-ready values.
    """

    thing_id: int
    receiver_id: int | None
    before: Mapping[str, Any] = field(default_factory=dict)
    after: Mapping[str, Any] = field(default_factory=dict)
    stays: str = ""


Things = Callable[[int], Sequence[Thing]]
Hand = Callable[..., Iterable[Handed]]  # (leaver_id=…, receivers={thing id: person id}, by=…, now=…)
Back = Callable[..., Mapping[int, str]]  # (leaver_id=…, rows=[Handed], by=…, now=…) -> thing id: why it stays


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One kind of thing. `permission` beyond the right to hand over at all; `follows_account`: a thing on an account that is
    handed over goes to whoever gets the account; `keys` are the foreign keys to a person that this part answers for.

    Without `hand` the part is only shown, and `note` says why it stays.
    """

    code: str
    label: str | Promise
    icon: str
    things: Things
    hand: Hand | None = None
    back: Back | None = None
    permission: str = ""
    note: str | Promise = ""
    follows_account: bool = False
    keys: tuple[str, ...] = ()


ACCOUNTS = "accounts"  # the part whose things are the accounts themselves
_parts: list[Part] = []


def install(table: Sequence[Part]) -> None:
    """Takes over the parts of config/wiring.py, in the order in which they are handed over."""
    _parts[:] = table


def parts() -> list[Part]:
    return list(_parts)


def part(code: str) -> Part | None:
    return next((row for row in _parts if row.code == code), None)


def movable(scope: Scope) -> list[Part]:
    """The parts that the caller may hand over."""
    return [row for row in _parts if row.hand and (not row.permission or scope.can(row.permission) or scope.can("*"))]
