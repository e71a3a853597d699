"""Figures of the pipeline report: win rate, how a stage passes deals on, and how long they stay.

Pure: records in, records out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from statistics import median

FOUR = Decimal("0.0001")


def win_rate(won: int, lost: int) -> Decimal | None:
    """Won deals as a share of decided ones, to four places; None when none is decided. ValueError below zero."""
    if won < 0 or lost < 0:
        raise ValueError("numbers of deals are not below zero")
    return (Decimal(won) / (won + lost)).quantize(FOUR) if won + lost else None


@dataclass(frozen=True, slots=True)
class Stay:
    """A stay in a stage: its end in days after entry (None: still there) and how it ended: FORWARD, BACK, WON, LOST, DROPPED, or ""."""

    stage: str
    days: int
    end: str = ""


@dataclass(frozen=True, slots=True)
class StageFigures:
    """How a stage treats deals. `pass_rate` is the share of finished stays that went on or were won; `here` are those still in it."""

    stage: str
    entered: int
    passed: int
    back: int
    lost: int
    here: int
    pass_rate: Decimal | None
    median_days: Decimal | None
    median_here: Decimal | None


PASSED = frozenset({"FORWARD", "WON"})
GONE = frozenset({"LOST", "DROPPED"})


def stage_figures(stays: Iterable[Stay], order: Sequence[str]) -> tuple[StageFigures, ...]:
    """Figures of each stage in the given order; stays in stages that are not named are left out."""
    by_stage: Mapping[str, list[Stay]] = {stage: [] for stage in order}
    for stay in stays:
        if stay.stage in by_stage:
            by_stage[stay.stage].append(stay)
    figures = []
    for stage in order:
        found = by_stage[stage]
        finished = [stay for stay in found if stay.end]
        passed = sum(stay.end in PASSED for stay in finished)
        lost = sum(stay.end in GONE for stay in finished)
        here = [stay for stay in found if not stay.end]
        figures.append(
            StageFigures(
                stage=stage,
                entered=len(found),
                passed=passed,
                back=len(finished) - passed - lost,
                lost=lost,
                here=len(here),
                pass_rate=(Decimal(passed) / len(finished)).quantize(FOUR) if finished else None,
                median_days=_median([stay.days for stay in finished]),
                median_here=_median([stay.days for stay in here]),
            )
        )
    return tuple(figures)


def _median(days: Sequence[int]) -> Decimal | None:
    return Decimal(str(median(days))) if days else None
