"""Which customers weaken, by rules that a person can follow: less bought, gone quiet, thinner margin, fewer product families.

Design values. Amounts of one currency; shares 0..1. Who has gone quiet is said by the rhythm (`rhythm.rhythms`), as in the warnings.
What is at stake is a year's turnover, not profit: the turnover already lost, or all of the last twelve months' when the customer has
gone quiet.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np

from dingke.core.reasons import Sentences
from dingke.insights.calc.figures import Flags, Floats, refuse_ratio, rounded, share
from dingke.insights.calc.told import Told

SENTENCES = Sentences(
    {
        "BOUGHT_LESS": (
            "Bought {drop:.0%} less than in the twelve months before.",
            "比前十二个月少买 {drop:.0%}。",
        ),
        "MARGIN_FALLS": (
            "Margin fell {quarters} quarters in a row, from {first:.1%} to {last:.1%}.",
            "毛利率连降 {quarters} 个季度，由 {first:.1%} 降至 {last:.1%}。",
        ),
        "FEWER_FAMILIES": (
            "Product families bought: from {before} down to {now}.",
            "采购的产品系列由 {before} 个降到 {now} 个。",
        ),
    }
)

LEAST_FALL = 0.001
"""A margin is shown in tenths of a percentage point: what is not more than one of them is no fall, and is told as "28.0% to 28.0%"."""


@dataclass(frozen=True)
class WeakeningSettings:
    """``drop_from``: this much less turnover. ``falling_quarters``: margins falling in so many steps. ``families_drop``: so many
    families fewer.
    """

    drop_from: Decimal = Decimal("0.20")
    falling_quarters: int = 3
    families_drop: int = 2

    def __post_init__(self) -> None:
        refuse_ratio("the drop of turnover", self.drop_from)
        if self.falling_quarters < 1 or self.families_drop < 1:
            raise ValueError("quarters and families are 1 or more")


@dataclass(frozen=True)
class WeakColumns:
    """``is_weak``: a sign shows; ``is_quiet``: silent for longer than it should be, also where nothing is at stake any more;
    ``at_stake`` in the unit of the revenue, 0 or more."""

    is_weak: Flags
    is_quiet: Flags
    at_stake: Any
    signs: tuple[Told, ...]


DEFAULT_SETTINGS = WeakeningSettings()


def weakenings(
    *,
    revenue: Any,
    revenue_before: Any,
    is_quiet: Flags,
    quarter_margins: Any,
    families: Any,
    families_before: Any,
    settings: WeakeningSettings = DEFAULT_SETTINGS,
) -> WeakColumns:
    """The signs beside silence, and what is at stake with all of them. Turnover of the twelve months and of those before;
    ``quarter_margins`` of whole calendar quarters, oldest first, one row per account, NaN where unknown; ``families`` bought in either
    period. Nobody weakens who bought in neither.
    """
    bought = (revenue > 0) | (revenue_before > 0)
    lost = np.maximum(revenue_before - revenue, revenue * 0)
    drop = np.minimum(share(lost, revenue_before), 1.0)
    has_stopped = is_quiet & (revenue <= 0)  # to say that it bought 100% less as well tells nothing
    less = bought & ~has_stopped & (revenue_before > 0) & (lost > 0) & (drop >= float(settings.drop_from))
    falls, first, last = falling_margins(quarter_margins, settings)
    falls &= bought
    fewer = bought & (families_before - families >= settings.families_drop)
    return WeakColumns(
        is_weak=(bought & is_quiet) | less | falls | fewer,
        is_quiet=is_quiet,
        at_stake=np.where(is_quiet, np.maximum(revenue, lost), lost),
        signs=(
            Told("BOUGHT_LESS", less, {"drop": drop}),
            Told("MARGIN_FALLS", falls, {"quarters": settings.falling_quarters, "first": first, "last": last}),
            Told("FEWER_FAMILIES", fewer, {"before": families_before, "now": families}),
        ),
    )


def falling_margins(quarter_margins: Any, settings: WeakeningSettings = DEFAULT_SETTINGS) -> tuple[Flags, Floats, Floats]:
    """Where the margin fell in each of the last quarters by more than `LEAST_FALL`; the margin before the first fall, and the last one."""
    steps = settings.falling_quarters + 1
    recent = rounded(quarter_margins[:, -steps:])
    if recent.shape[1] < steps:
        nothing = np.full(len(recent), np.nan)
        return np.zeros(len(recent), dtype=np.bool_), nothing, nothing
    with np.errstate(invalid="ignore"):
        falls = (rounded(np.diff(recent, axis=1)) < -LEAST_FALL).all(axis=1)
    return falls, recent[:, 0], recent[:, -1]
