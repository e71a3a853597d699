"""D-01 客户生命周期五阶段: how many customers stand in each lifecycle stage, how they move between stages, and how long
they stay.

The stages stand in the source; the report's definitions and the limits are design values, stated here and on the page.

A spell is a customer's stay in one stage from the day it entered up to the day it entered the next one. For a half-open
period of days and one stage
    stood at the start + entered - left = stands at the end,    held = stood at the start + entered,
    conversion = moved on / held.
Growing up goes potential -> new -> growing -> mature. "On" is a step up this way or out of decline, "back" a step down
it, "declined" a step into decline. Days are calendar days; medians of an even number lie halfway between the middle two.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from dingke.accounts.calc.lifecycle import LifecycleStage
from dingke.core.periods import Period

PLACES = {stage: place for place, stage in enumerate(LifecycleStage)}


@dataclass(frozen=True)
class StageLimits:
    """After how many days in a stage a customer is looked at; None: never. Over the limit is more days than it."""

    potential: int | None = 180
    new: int | None = 180
    growing: int | None = 730
    mature: int | None = None
    declining: int | None = 90

    def __post_init__(self) -> None:
        for stage in LifecycleStage:
            days = self.of(stage)
            if days is not None and not 1 <= days <= 3649:
                raise ValueError(f"the limit of {stage.value.lower()} lies between 1 and 3649 days, got {days}")

    def of(self, stage: LifecycleStage) -> int | None:
        return {
            LifecycleStage.POTENTIAL: self.potential,
            LifecycleStage.NEW: self.new,
            LifecycleStage.GROWING: self.growing,
            LifecycleStage.MATURE: self.mature,
            LifecycleStage.DECLINING: self.declining,
        }[stage]


@dataclass(frozen=True)
class Change:
    """A customer entered a stage on a day."""

    account_id: int
    stage: LifecycleStage
    day: date


@dataclass(frozen=True)
class Spell:
    """A stay: `before` is None when the customer was recorded in this stage, `end` and `following` while it lasts."""

    account_id: int
    before: LifecycleStage | None
    stage: LifecycleStage
    start: date
    end: date | None = None
    following: LifecycleStage | None = None

    def days(self, today: date) -> int:
        """How long it lasted, or lasts by today; never below 0."""
        return max(0, ((self.end or today) - self.start).days)


class Step(StrEnum):
    ON = "on"
    BACK = "back"
    DECLINED = "declined"


class What(StrEnum):
    """The lists behind the figures of a stage in a period."""

    HELD = "held"
    STOOD = "stood"
    ARRIVED = "arrived"
    CAME = "came"
    LEFT = "left"
    ON = "on"
    BACK = "back"
    DECLINED = "declined"
    STANDS = "stands"


def step(before: LifecycleStage, after: LifecycleStage) -> Step:
    """What a move between two different stages means. ValueError when they are the same."""
    if before is after:
        raise ValueError("a move leads to another stage")
    if after is LifecycleStage.DECLINING:
        return Step.DECLINED
    if before is LifecycleStage.DECLINING or PLACES[after] > PLACES[before]:
        return Step.ON
    return Step.BACK


def spells(changes: Iterable[Change]) -> list[Spell]:
    """The stays of each customer, in the order of their days; changes of one day count in the order given. A change into
    the stage that already holds changes nothing."""
    found: list[Spell] = []
    open_ones: dict[int, tuple[LifecycleStage | None, LifecycleStage, date]] = {}
    for change in sorted(changes, key=lambda one: one.day):
        held = open_ones.get(change.account_id)
        if held is not None and held[1] is change.stage:
            continue
        if held is not None:
            found.append(Spell(change.account_id, held[0], held[1], held[2], change.day, change.stage))
        open_ones[change.account_id] = (held[1] if held else None, change.stage, change.day)
    found += [Spell(account_id, before, stage, start) for account_id, (before, stage, start) in open_ones.items()]
    return found


def belongs(spell: Spell, what: What, period: Period) -> bool:
    """Whether a stay is one of those that a figure of the period counts."""
    starts = spell.start in period
    ends = spell.end is not None and spell.end in period
    lasts = spell.end is None or spell.end >= period.start
    match what:
        case What.HELD:
            return spell.start < period.end and lasts
        case What.STOOD:
            return spell.start < period.start and lasts
        case What.ARRIVED:
            return starts and spell.before is None
        case What.CAME:
            return starts and spell.before is not None
        case What.LEFT:
            return ends
        case What.STANDS:
            return spell.start < period.end and (spell.end is None or spell.end >= period.end)
    return ends and spell.following is not None and step(spell.stage, spell.following).value == what.value


@dataclass(frozen=True)
class StageFlow:
    """What happened to one stage in a period, in stays, and the median days of the stays that ended in it."""

    stage: LifecycleStage
    stood: int
    arrived: int
    came: int
    on: int
    back: int
    declined: int
    stands: int
    median_days: Decimal | None

    @property
    def held(self) -> int:
        return self.stood + self.arrived + self.came

    @property
    def left(self) -> int:
        return self.on + self.back + self.declined

    @property
    def conversion(self) -> Decimal | None:
        """Moved on of all that were held, 0..1; None when the stage was empty."""
        return Decimal(self.on) / self.held if self.held else None


@dataclass(frozen=True)
class Flows:
    """`moves`: how many stays ended in the period by going from one stage to another."""

    stages: tuple[StageFlow, ...]
    moves: Mapping[tuple[LifecycleStage, LifecycleStage], int]


def flows(stays: Iterable[Spell], period: Period) -> Flows:
    """The figures of a half-open period for every stage, in their order."""
    counted: dict[tuple[LifecycleStage, What], int] = {}
    lasted: dict[LifecycleStage, dict[int, int]] = {stage: {} for stage in LifecycleStage}
    moves: dict[tuple[LifecycleStage, LifecycleStage], int] = {}
    told = tuple(What)
    for spell in stays:
        if spell.start >= period.end or (spell.end is not None and spell.end < period.start):
            continue
        for what in told:
            if belongs(spell, what, period):
                counted[spell.stage, what] = counted.get((spell.stage, what), 0) + 1
        if spell.end is not None and spell.following is not None and spell.end in period:
            pair = (spell.stage, spell.following)
            moves[pair] = moves.get(pair, 0) + 1
            days = spell.days(spell.end)
            lasted[spell.stage][days] = lasted[spell.stage].get(days, 0) + 1

    def number(stage: LifecycleStage, what: What) -> int:
        return counted.get((stage, what), 0)

    return Flows(
        tuple(
            StageFlow(
                stage=stage,
                stood=number(stage, What.STOOD),
                arrived=number(stage, What.ARRIVED),
                came=number(stage, What.CAME),
                on=number(stage, What.ON),
                back=number(stage, What.BACK),
                declined=number(stage, What.DECLINED),
                stands=number(stage, What.STANDS),
                median_days=median_days(lasted[stage]),
            )
            for stage in LifecycleStage
        ),
        moves,
    )


def median_days(counts: Mapping[int, int]) -> Decimal | None:
    """The median of days, each given with how often it occurs; None without any. {10: 1, 20: 1} -> 15."""
    number = sum(counts.values())
    if not number:
        return None
    low, high, passed = None, None, 0
    for days in sorted(counts):
        passed += counts[days]
        if low is None and 2 * passed >= number:
            low = days
        if 2 * passed > number:
            high = days
            break
    assert low is not None
    assert high is not None
    return Decimal(low + high) / 2


def number_over(counts: Mapping[int, int], limit: int | None) -> int:
    """How many stand longer than the limit: {90: 2, 91: 3} over 90 -> 3. Nobody without a limit."""
    return 0 if limit is None else sum(number for days, number in counts.items() if days > limit)
