"""The funnel (P-08) and its balance rule (F-12): counts per level against the needed profile, and where it is thinnest.

Pure: records in, records out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from dingke.core.reasons import Reason, Sentences

FULL = Decimal(1)
SENTENCES = Sentences(
    {
        "BALANCED": ("Every stage is filled as the profile asks.", "各阶段均达到所需数量，漏斗平衡。"),
        "BOTTLENECK": (
            "The bottleneck is “{stage}”: {fill:.1%} filled, {shortage:,.0f} missing. Refill it first.",
            "瓶颈在“{stage}”：填充率 {fill:.1%}，缺 {shortage:,.0f} 个，应首先补足。",
        ),
        "NO_PROFILE": (
            "No numbers needed are set, so nothing can be said about the balance.",
            "尚未设定各阶段所需数量，无法判断是否平衡。",
        ),
    }
)


@dataclass(frozen=True, slots=True)
class Level:
    """A level of the funnel as it is: how many deals, how many are needed (None: not set)."""

    code: str
    actual: int
    needed: int | None = None


@dataclass(frozen=True, slots=True)
class Fill:
    """A level judged. `fill` is actual / needed, None without a needed number; `shortage` is never below zero."""

    code: str
    actual: int
    needed: int | None
    fill: Decimal | None
    shortage: int
    is_bottleneck: bool = False


@dataclass(frozen=True, slots=True)
class FunnelSettings:
    """The needed profile: by playbook code, by stage code, how many deals should stand there."""

    needed: Mapping[str, Mapping[str, int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for stages in self.needed.values():
            for number in stages.values():
                if isinstance(number, bool) or not isinstance(number, int) or number < 0:
                    raise ValueError("a needed number is a whole number that is not below zero")

    def of(self, playbook: str) -> Mapping[str, int]:
        return self.needed.get(playbook, {})


def fills(levels: Sequence[Level]) -> tuple[Fill, ...]:
    """Item P-08: fill, shortage and the bottleneck, the level with the lowest fill; of equals the earlier one. A funnel whose levels
    all have what they need has none. ValueError on a number below zero."""
    judged = []
    for level in levels:
        if level.actual < 0 or (level.needed is not None and level.needed < 0):
            raise ValueError("a level of the funnel cannot hold less than nothing")
        fill = Decimal(level.actual) / level.needed if level.needed else None
        judged.append(Fill(level.code, level.actual, level.needed, fill, max(0, (level.needed or 0) - level.actual)))
    lowest = min((one.fill for one in judged if one.fill is not None), default=None)
    if lowest is None or lowest >= FULL:
        return tuple(judged)
    place = next(place for place, one in enumerate(judged) if one.fill == lowest)
    found = judged[place]
    judged[place] = Fill(found.code, found.actual, found.needed, found.fill, found.shortage, is_bottleneck=True)
    return tuple(judged)


def verdict(judged: Sequence[Fill], names: Mapping[str, object]) -> Reason:
    """The balance rule of F-12 as a sentence. `names` are the names of the levels: text or `Label`."""
    if all(one.fill is None for one in judged):
        return Reason("NO_PROFILE")
    for one in judged:
        if one.is_bottleneck:
            return Reason("BOTTLENECK", {"stage": names.get(one.code, one.code), "fill": one.fill, "shortage": one.shortage})
    return Reason("BALANCED")
