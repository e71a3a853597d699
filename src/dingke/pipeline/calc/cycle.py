"""C-13: how long the customer takes to decide, from four durations in days. Pure: no Django, no clock."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from dingke.core.reasons import Label

FACTORS: dict[str, Label] = {
    "mind": Label("Change of mind", "客户心理变化"),
    "levels": Label("Levels that decide", "多层决策"),
    "objections": Label("Settling all objections", "平息所有异议"),
    "relation": Label("Building the relation", "客户关系管理"),
}
MOST_DAYS = 1000


class Way(StrEnum):
    SUM = "SUM"  # one after the other
    MAX = "MAX"  # side by side


@dataclass(frozen=True, slots=True)
class Cycle:
    days: int
    bottleneck: str  # a key of FACTORS; the first of several equal ones


def decision_cycle(durations: Mapping[str, int], way: Way) -> Cycle:
    """Days until the decision and which factor is the longest. ValueError when a duration is missing, negative or above 1,000."""
    for name in FACTORS:
        if not 0 <= durations.get(name, -1) <= MOST_DAYS:
            raise ValueError(f"the duration {name} has to be from 0 to {MOST_DAYS} days")
    figures = [durations[name] for name in FACTORS]
    longest = max(FACTORS, key=lambda name: durations[name])
    return Cycle(sum(figures) if way is Way.SUM else max(figures), longest)


def decided_on(start: date, cycle: Cycle) -> date:
    return start + timedelta(days=cycle.days)
