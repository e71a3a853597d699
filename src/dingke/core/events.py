"""The base of every event: a frozen fact with ids, in the past tense."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    def name(self) -> str:
        return type(self).__name__

    def payload(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class JobEnded(Event):
    """Long work came to its end. `state` is DONE, FAILED or CANCELLED; `was_set_aside`: it was interrupted too often."""

    job_id: int
    kind: str
    state: str
    owner_id: int | None
    was_set_aside: bool = False
