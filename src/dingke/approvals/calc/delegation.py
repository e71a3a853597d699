"""Delegation: who decides for somebody who is away, between two days, for some kinds of request or all of them.

A delegation lends the voice and does not move it: the voice stays one, so nothing is lost when the delegation ends and nothing
is decided twice. Days are inclusive. No Django, no clock.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class Delegation:
    """``kinds`` empty: every kind. ValueError when it ends before it starts or goes to the giver."""

    giver: int
    taker: int
    start: date
    end: date
    kinds: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        if self.end < self.start:
            raise ValueError("a delegation ends on or after the day it starts")
        if self.giver == self.taker:
            raise ValueError("nobody delegates to themselves")

    def holds(self, *, kind: str, day: date) -> bool:
        return self.start <= day <= self.end and (not self.kinds or kind in self.kinds)


def speaks_for(person: int, delegations: Iterable[Delegation], *, kind: str, day: date) -> frozenset[int]:
    """Everybody for whom a person speaks that day: who delegated to them, and who delegated to those in turn."""
    givers: dict[int, set[int]] = {}
    for one in delegations:
        if one.holds(kind=kind, day=day):
            givers.setdefault(one.taker, set()).add(one.giver)
    found: set[int] = set()
    waiting = [person]
    while waiting:
        for giver in givers.get(waiting.pop(), ()):
            if giver != person and giver not in found:
                found.add(giver)
                waiting.append(giver)
    return frozenset(found)
