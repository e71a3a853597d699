"""How likely a deal is won, said in three ways: by its stage, by what became of earlier deals, by hand. Pure: no Django, no clock."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Basis(StrEnum):
    HAND = "HAND"
    HISTORY = "HISTORY"
    STAGE = "STAGE"


@dataclass(frozen=True, slots=True)
class Share:
    """What became of ended deals that had been in a stage."""

    won: int
    cases: int

    @property
    def percent(self) -> int:
        return round(100 * self.won / self.cases) if self.cases else 0


@dataclass(frozen=True, slots=True)
class Likelihood:
    """All three, in percent, and the one that counts: by hand, else by history where there are cases enough, else by stage."""

    by_stage: int
    history: Share
    enough: bool
    by_hand: int | None

    @property
    def basis(self) -> Basis:
        if self.by_hand is not None:
            return Basis.HAND
        return Basis.HISTORY if self.enough else Basis.STAGE

    @property
    def counts(self) -> int:
        if self.by_hand is not None:
            return self.by_hand
        return self.history.percent if self.enough else self.by_stage


def likelihood(*, by_stage: int, history: Share, by_hand: int | None, least_cases: int) -> Likelihood:
    """ValueError when a figure lies outside 0 to 100, or more deals were won than there are."""
    for figure in (by_stage, by_hand):
        if figure is not None and not 0 <= figure <= 100:
            raise ValueError("a probability goes from 0 to 100")
    if not 0 <= history.won <= history.cases:
        raise ValueError("more deals won than ended")
    return Likelihood(by_stage, history, history.cases >= max(least_cases, 1), by_hand)
