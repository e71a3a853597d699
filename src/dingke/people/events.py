"""What people tells: the rules of a territory changed."""

from __future__ import annotations

from dataclasses import dataclass

from dingke.core.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class TerritoryChanged(Event):
    """A territory was added, got other regions or industries, was archived or brought back: accounts may lie elsewhere now."""

    territory_id: int
    changed_by_id: int | None
