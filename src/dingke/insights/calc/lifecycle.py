"""D-01 客户生命周期五阶段: which stage the figures propose to each account, over the whole company at once.

Turnovers are amounts of one currency and unit over twelve months each, ratios 0..1, days datetime64[D]. Unknown is NaN or NaT. The entry
tests are design values, kept as settings (`accounts.calc.lifecycle.LifecycleSettings`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dingke.accounts.calc.lifecycle import LifecycleSettings, LifecycleStage
from dingke.core.reasons import Reason
from dingke.insights.calc.figures import Flags, Floats, rounded, share, unknown
from dingke.insights.calc.told import Told, reasons_at

STAGES = tuple(LifecycleStage)
POTENTIAL, NEW, GROWING, MATURE, DECLINING = range(len(STAGES))
NO_STAGE = -1
DEFAULT_SETTINGS = LifecycleSettings()


@dataclass(frozen=True)
class ProposedStages:
    """`stage`: a place in `STAGES` for each account; `change`: of turnover on the year before; `is_silent`: by the test of the cycles."""

    stage: NDArray[np.int8]
    change: Floats
    is_silent: Flags
    reasons: tuple[Told, ...]


@dataclass(frozen=True)
class Dismissal:
    """A person said no to a proposal: at which row, of which stage, on which figures. `last_order` only when it was for silence."""

    place: int
    stage: int
    change: float
    last_order: date | None


def propose_stages(
    *, first_order: Any, turnover: Any, turnover_before: Any, last_order: Any, usual_gap_days: Any, current: Any, as_of: date,
    settings: LifecycleSettings = DEFAULT_SETTINGS,
) -> ProposedStages:  # fmt: skip
    """D-01: the stage the entry tests give, tried in the order potential, declining, growing, mature, new.

    ``first_order``: the day of the first contract or order; ``usual_gap_days``: the purchase cycle; ``current``: places in `STAGES`,
    `NO_STAGE` where none holds. A steady customer of under ``mature_years`` that is growing or mature stays so, as books may begin later
    than the relation; without a year to compare with the reached stage stays.
    """
    today = np.datetime64(as_of, "D")
    started = ~np.isnat(first_order) & (first_order <= today)
    years = full_years(first_order, as_of)
    change = share(turnover - turnover_before, turnover_before)
    days = np.where(np.isnat(last_order), np.nan, (today - last_order).astype(np.float64))
    limit = rounded(np.asarray(usual_gap_days, dtype=np.float64) * float(settings.silent_cycles))
    up_limit, down_limit = float(settings.growth_limit), float(settings.decline_limit)
    with np.errstate(invalid="ignore"):
        silent = started & (usual_gap_days > 0) & (days > limit)
        down = started & (change < -down_limit)
        dead = started & (turnover == 0) & (turnover_before == 0) & (years >= 1)
        is_declining = silent | down | dead
        left = started & ~is_declining
        up = left & (change > up_limit)
        again = left & np.isnan(change) & (years >= 2) & (turnover_before == 0) & (turnover > 0)
    lacking = left & np.isnan(change) & ~again
    steady = left & ~np.isnan(change) & ~up
    mature = steady & (years >= settings.mature_years)
    young = steady & ~mature
    stays = (lacking & (current >= GROWING)) | (young & ((current == GROWING) | (current == MATURE)))
    new = (lacking | young) & ~stays
    stage = np.full(len(started), POTENTIAL, dtype=np.int8)
    for code, where in ((NEW, new), (GROWING, up | again), (MATURE, mature), (DECLINING, is_declining)):
        stage[where] = code
    stage[stays] = np.asarray(current)[stays]
    return ProposedStages(
        stage=stage,
        change=change,
        is_silent=silent,
        reasons=(
            Told("NO_CONTRACT_YET", ~started),
            Told("FIRST_CONTRACT", new, {"day": first_order}),
            Told(
                "NO_ORDER_FOR_CYCLES",
                silent,
                {"days": _whole(days), "cycles": settings.silent_cycles, "limit": _whole(limit)},
            ),
            Told("TURNOVER_DOWN", down, {"change": -change, "limit": settings.decline_limit}),
            Told("TURNOVER_UP", up, {"change": change, "limit": settings.growth_limit}),
            Told("SHORT_HISTORY", (down | up) & (years < 2)),
            Told("NO_TURNOVER", dead),
            Told("TURNOVER_AGAIN", again),
            Told("NO_COMPARISON", lacking),
            Told("CUSTOMER_FOR_YEARS", mature, {"years": years}),
            Told("TURNOVER_STEADY", steady, {"change": change, "limit": settings.growth_limit}),
            Told("CUSTOMER_NOT_LONG", young, {"years": years, "needed": settings.mature_years}),
            Told("STAGE_STAYS", stays),
        ),
    )


def still_dismissed(
    found: ProposedStages, *, last_order: Any, dismissals: Iterable[Dismissal], settings: LifecycleSettings = DEFAULT_SETTINGS
) -> Flags:
    """Where a person's no still holds: the same stage is proposed, the change of turnover has moved by less than ``again_by``, and where
    silence was the reason, no order has come since."""
    held = np.zeros(len(found.stage), dtype=np.bool_)
    for one in dismissals:
        change = float(found.change[one.place])
        both_unknown = np.isnan(change) and np.isnan(one.change)
        near = both_unknown or abs(change - one.change) < float(settings.again_by)
        same_order = one.last_order is None or last_order[one.place] == np.datetime64(one.last_order, "D")
        held[one.place] = found.stage[one.place] == one.stage and bool(near) and bool(same_order)
    return held


def full_years(start: Any, as_of: date) -> NDArray[np.int64]:
    """Full years from each day to ``as_of``; 0 where it lies ahead or is unknown. A 29 February counts as the 28th of common years."""
    known = ~np.isnat(start)
    safe = np.where(known, start, np.datetime64(as_of, "D"))
    months = safe.astype("datetime64[M]")
    year, month = months.astype(np.int64) // 12 + 1970, months.astype(np.int64) % 12 + 1
    day = (safe - months.astype("datetime64[D]")).astype(np.int64) + 1
    is_leap = as_of.year % 4 == 0 and (as_of.year % 100 != 0 or as_of.year % 400 == 0)
    if not is_leap:
        day = np.where(month == 2, np.minimum(day, 28), day)
    years = as_of.year - year - (month * 100 + day > as_of.month * 100 + as_of.day)
    return np.where(known, np.maximum(years, 0), 0).astype(np.int64)


def _whole(values: Floats) -> NDArray[np.int64]:
    return np.nan_to_num(np.round(values)).astype(np.int64)


# ---- one account -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class LifecycleFacts:
    """``turnover`` and ``turnover_before``: the twelve months up to ``as_of`` and the twelve before; None = unknown.

    ``purchase_cycle_days``: the usual days between two orders, None with fewer than two orders.
    """

    as_of: date
    first_contract_on: date | None = None
    turnover: Decimal | None = None
    turnover_before: Decimal | None = None
    last_order_on: date | None = None
    purchase_cycle_days: Decimal | None = None
    current: LifecycleStage | None = None


@dataclass(frozen=True)
class StageProposal:
    stage: LifecycleStage
    reasons: tuple[Reason, ...]


def propose_stage(facts: LifecycleFacts, settings: LifecycleSettings = DEFAULT_SETTINGS) -> StageProposal:
    """`propose_stages` for one account."""
    found = propose_stages(
        first_order=_day(facts.first_contract_on),
        turnover=np.array([unknown(facts.turnover)]),
        turnover_before=np.array([unknown(facts.turnover_before)]),
        last_order=_day(facts.last_order_on),
        usual_gap_days=np.array([unknown(facts.purchase_cycle_days)]),
        current=np.array([NO_STAGE if facts.current is None else STAGES.index(facts.current)]),
        as_of=facts.as_of,
        settings=settings,
    )
    return StageProposal(STAGES[int(found.stage[0])], reasons_at(found.reasons, 0))


def turnover_change(turnover: Decimal | None, before: Decimal | None) -> Decimal | None:
    """The change against the year before as a ratio: 800k -> 960k is 0.20. None without a positive figure to compare
    with.
    """
    if turnover is None or before is None or before <= 0:
        return None
    return (turnover - before) / before


def _day(day: date | None) -> Any:
    return np.array(["NaT" if day is None else day.isoformat()], dtype="datetime64[D]")
