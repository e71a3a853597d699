"""A range for what will be won, from the company's own history: how fast deals end, how many of them are won, what they bring.

Arrays in, arrays out (numpy), no Django, no clock. The steps, as docs/method/forecast.md tells them:

1. How fast deals end: endings per day at each age (weeks since the deal began), counted against the days that deals spent at that age.
   Days before the first ending on record do not count, nor do days after the day of the forecast.
2. How many are won: the share of won deals at each stage and of each owner, both drawn towards the whole where there are few.
3. When: a deal with an expected date keeps it, moved by the slips of the past; one without it ends by its age.
4. What it brings: its amount times what past deals realised of theirs; without one, the average of won deals of its product.
5. New deals come as fast as in the last months, and end by the same speed.
6. A common factor per period, as wide as what these rules would have said of past months strayed from what came.

All of it is drawn some hundred times with a fixed seed; the range is a low and a high share of the draws.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Days = NDArray[np.datetime64]
Ints = NDArray[np.int64]
WEEKS = 52
MONTHS = 12
STEP = 7  # days of a step of age


@dataclass(frozen=True, slots=True)
class ForecastSettings:
    """`strength`: how many deals of its own a stage or an owner needs to count as much as the whole; `window_days`: how far back new deals
    are counted; `enough`: ended deals without which no range is given; `low`, `high`: the shares of the draws that bound the range."""

    draws: int = 500
    seed: int = 5
    strength: int = 20
    window_days: int = 90
    enough: int = 30
    low: float = 0.1
    high: float = 0.9
    spread: float = 0.25  # of the common factor while fewer than three months can be replayed

    def __post_init__(self) -> None:
        if self.draws < 50 or self.strength < 1 or self.window_days < 7 or self.enough < 1:
            raise ValueError("too few draws, deals or days for a range")
        if not 0 < self.low < self.high < 1:
            raise ValueError("the range goes from a low share of the draws to a high one")


@dataclass(frozen=True, slots=True)
class DealColumns:
    """Deals as columns of equal length. `ended` is NaT for open ones; `value` is what a won deal brought (NaN: unknown), `amount` what is
    asked (NaN: unknown); `owner`, `product` are ids (0: none); `stage_share` is the win share of its stage (NaN: unknown)."""

    opened: Days
    ended: Days
    won: NDArray[np.bool_]
    value: Floats
    amount: Floats
    expected: Days
    owner: Ints
    product: Ints
    stage_share: Floats

    def __len__(self) -> int:
        return len(self.opened)

    def take(self, rows: Any) -> DealColumns:
        return DealColumns(*(getattr(self, name)[rows] for name in self.__slots__))


def columns(
    rows: Sequence[tuple[date, date | None, bool, float | None, float | None, date | None, int, int, float | None]],
) -> DealColumns:
    """Columns from rows in the order of the fields of `DealColumns`."""
    parts = list(zip(*rows, strict=True)) if rows else [()] * 9
    days = [np.array([np.datetime64("NaT") if day is None else day for day in parts[at]], "datetime64[D]") for at in (0, 1, 5)]
    floats = [np.array([np.nan if number is None else number for number in parts[at]], np.float64) for at in (3, 4, 8)]
    ids = [np.array(parts[at], np.int64) for at in (6, 7)]
    return DealColumns(days[0], days[1], np.array(parts[2], bool), floats[0], floats[1], days[2], ids[0], ids[1], floats[2])


@dataclass(frozen=True, slots=True)
class Learned:
    """What history says. `ending[b]`: cumulative rate of endings up to the age of b weeks."""

    number: int
    ending: Floats
    share: float
    owners: dict[int, float]
    slips: Floats  # sorted days between the expected date and the day a deal was won
    realised: float  # what won deals brought of what was asked
    values: dict[int, float]  # average by product; 0: of all
    pool: Floats  # what won deals brought, one by one
    arrivals: dict[int, float]  # new deals a day, by owner
    spread: float

    def rate(self, ages: Floats) -> Floats:
        """Cumulative rate of endings up to each age in days; beyond the oldest age on record it goes on as before."""
        grid = np.arange(len(self.ending)) * STEP
        inside = np.interp(ages, grid, self.ending)
        last = (self.ending[-1] - self.ending[-5]) / (4 * STEP)
        return np.asarray(inside + np.maximum(ages - grid[-1], 0) * last, np.float64)


def shrunk(won: Any, number: Any, whole: float, strength: int) -> Any:
    """A share drawn towards the whole: (won + strength x whole) / (number + strength). Numbers or arrays."""
    return (won + strength * whole) / (number + strength)


def _since(ends: Days, starts: Days) -> Floats:
    return np.asarray((ends - starts).astype(np.float64), np.float64)


def learn(deals: DealColumns, *, as_of: date, settings: ForecastSettings) -> Learned | None:
    """What the deals say that had begun before a day, looked at on that day: later endings are not seen. None when too few have ended."""
    day = np.datetime64(as_of, "D")
    known = deals.take(deals.opened < day)
    over = known.ended < day  # NaT compares as no
    number = int(over.sum())
    if number < settings.enough:
        return None
    begin = known.ended[over].min()
    until = np.where(over, known.ended, day)
    first = np.maximum(_since(np.full(len(known), begin), known.opened), 0)
    last = np.maximum(_since(until, known.opened), 0)
    edges = np.arange(WEEKS + 1, dtype=np.float64) * STEP
    kept = last >= first
    exposure = np.array(
        [np.clip(np.minimum(last, edges[b + 1] - 1) - np.maximum(first, edges[b]) + 1, 0, None)[kept].sum() for b in range(WEEKS)]
    )
    events = np.histogram(last[over & kept], bins=edges)[0].astype(np.float64)
    whole_rate = events.sum() / max(exposure.sum(), 1.0)
    rates = (events + whole_rate * 30) / (exposure + 30)  # a month of one deal at the usual rate
    ending = np.concatenate([[0.0], np.cumsum(rates * STEP)])
    won = over & known.won
    share = float(won.sum() / number)
    owners = {}
    for owner in np.unique(known.owner[over]):
        mine = over & (known.owner == owner)
        owners[int(owner)] = float(shrunk(float((mine & known.won).sum()), float(mine.sum()), share, settings.strength))
    priced = won & ~np.isnan(known.value)
    pool = known.value[priced]
    values = {0: float(pool.mean()) if pool.size else 0.0}
    for product in np.unique(known.product[priced]):
        of_it = known.value[priced & (known.product == product)]
        values[int(product)] = float(shrunk(of_it.sum(), of_it.size, values[0], 3))
    asked = priced & (known.amount > 0)
    realised = float(known.value[asked].sum() / known.amount[asked].sum()) if asked.sum() >= settings.enough else 1.0
    dated = won & ~np.isnat(known.expected)
    slips = np.sort(_since(known.ended[dated], known.expected[dated])) if dated.sum() >= settings.enough else np.array([])
    fresh = known.opened >= day - np.timedelta64(settings.window_days, "D")
    span = min(settings.window_days, max(1, int(_since(np.array([day]), np.array([known.opened.min()]))[0])))
    arrivals = {int(owner): float(times / span) for owner, times in zip(*np.unique(known.owner[fresh], return_counts=True), strict=True)}
    return Learned(number, ending, share, owners, slips, realised, values, pool, arrivals, settings.spread)


def with_spread(found: Learned, deals: DealColumns, *, as_of: date, settings: ForecastSettings) -> Learned:
    """The same with the common factor as wide as the forecasts of the last twelve times 30 days, each made from what was known before it,
    strayed from what came. With fewer than three of them the width of the settings stays."""
    day = np.datetime64(as_of, "D")
    strays = []
    for back in range(1, MONTHS + 1):
        start = day - np.timedelta64(30 * back, "D")
        then = learn(deals, as_of=start.astype(object), settings=settings)
        if then is None:
            break
        bounds = np.array([start, start + np.timedelta64(30, "D")], "datetime64[D]")
        standing = deals.take((deals.opened < start) & ~(deals.ended < start))
        expected = expected_value(then, standing, bounds)
        came = float(np.nansum(deals.value[deals.won & (deals.ended >= start) & (deals.ended < bounds[1])]))
        if expected > 0 and came > 0:
            strays.append(np.log(came / expected))
    if len(strays) < 3:
        return found
    return replace(found, spread=float(np.clip(np.sqrt(np.mean(np.square(strays))), 0.05, 1.0)))


def expected_value(learned: Learned, deals: DealColumns, bounds: Days) -> float:
    """What open deals and new ones bring between the bounds on average."""
    chances = ending_chances(learned, deals, bounds)[:, 0] * win_shares(learned, deals)
    rate = sum(rate * learned.owners.get(owner, learned.share) for owner, rate in learned.arrivals.items())
    return float((chances * worth_of(learned, deals)).sum()) + rate * _ending_days(learned, bounds, 0) * learned.values[0]


@dataclass(frozen=True, slots=True)
class Simulated:
    """Per group (rows) and period (columns): a low, a middle and a high outcome, and the mean; `all_*` over every group together.
    `basis` is HISTORY, or STORED when too few deals have ended and each deal's own probability and date were taken."""

    low: Floats
    middle: Floats
    high: Floats
    mean: Floats
    all_low: Floats
    all_middle: Floats
    all_high: Floats
    basis: str


def win_shares(learned: Learned, deals: DealColumns) -> Floats:
    """The chance that each open deal is won in the end: of its stage and of its owner, as odds against the whole."""
    whole = _logit(np.array([learned.share]))[0]
    stage = np.where(np.isnan(deals.stage_share), learned.share, deals.stage_share)
    owner = np.array([learned.owners.get(int(one), learned.share) for one in deals.owner], np.float64)
    return np.asarray(1 / (1 + np.exp(-(_logit(stage) + _logit(owner) - whole))), np.float64)


def _logit(share: Floats) -> Floats:
    kept = np.clip(share, 0.005, 0.995)
    return np.asarray(np.log(kept / (1 - kept)), np.float64)


def worth_of(learned: Learned, deals: DealColumns) -> Floats:
    """What each open deal brings if it is won."""
    average = np.array([learned.values.get(int(one), learned.values[0]) for one in deals.product], np.float64)
    return np.asarray(np.where(np.isnan(deals.amount), average, deals.amount * learned.realised), np.float64)


def ending_chances(learned: Learned, deals: DealColumns, bounds: Days) -> Floats:
    """(deals x periods): the chance that a deal ends in each period, standing at bounds[0]."""
    count = len(deals)
    ages = np.maximum(np.stack([_since(np.full(count, bound), deals.opened) for bound in bounds], axis=1), 0)
    left = np.exp(-(learned.rate(ages.ravel()).reshape(ages.shape) - learned.rate(ages[:, 0])[:, None]))
    chances = left[:, :-1] - left[:, 1:]
    dated = ~np.isnat(deals.expected)
    if learned.slips.size and dated.any():
        reach = np.stack([_since(np.full(int(dated.sum()), bound), deals.expected[dated]) for bound in bounds], axis=1)
        passed = np.searchsorted(learned.slips, reach, side="left") / learned.slips.size
        rest = 1 - passed[:, :1]
        by_date = np.divide(passed[:, 1:] - passed[:, :-1], rest, out=chances[dated].copy(), where=rest > 0.02)
        chances[dated] = by_date
    return np.asarray(chances, np.float64)


def simulate(
    learned: Learned | None,
    deals: DealColumns,
    *,
    bounds: Days,
    group: Ints,
    groups: int,
    group_of_owner: dict[int, int],
    stored: Floats | None = None,
    with_new: bool = True,
    settings: ForecastSettings,
) -> Simulated:
    """Draws what the deals that are open at bounds[0], and with `with_new` those that begin later, bring in each period.

    `group` is the row of the result for each deal, `group_of_owner` for new ones; `stored` is each deal's own probability 0..1,
    needed when nothing was learned: then a deal ends on its expected date or not at all.
    """
    rng = np.random.default_rng(settings.seed)
    periods = len(bounds) - 1
    if learned is None:
        if stored is None:
            raise ValueError("without history the stored probabilities are needed")
        when = np.stack([(deals.expected >= bounds[k]) & (deals.expected < bounds[k + 1]) for k in range(periods)], axis=1)
        chances, spread = when * stored[:, None], settings.spread
        worth = np.nan_to_num(deals.amount)
    else:
        chances = ending_chances(learned, deals, bounds) * win_shares(learned, deals)[:, None]
        spread = learned.spread
        worth = worth_of(learned, deals)
    factors = rng.lognormal(-(spread**2) / 2, spread, (settings.draws, periods)) if spread > 0 else np.ones((settings.draws, periods))
    members = np.zeros((len(deals), groups), np.float32)
    members[np.arange(len(deals)), group] = worth
    totals = np.zeros((settings.draws, groups, periods), np.float64)
    chances32 = chances.astype(np.float32)
    for start in range(0, settings.draws, 100):
        part = slice(start, min(start + 100, settings.draws))
        lot = rng.random((part.stop - part.start, len(deals)), dtype=np.float32)
        below = np.zeros_like(lot)
        for k in range(periods):
            edge = below + chances32[:, k] * factors[part, k, None].astype(np.float32)
            totals[part, :, k] = ((lot >= below) & (lot < edge)).astype(np.float32) @ members
            below = edge
    if learned is not None and with_new:
        totals += _new_deals(learned, rng, bounds, factors, groups, group_of_owner)
    whole = totals.sum(axis=1)
    low, middle, high = np.quantile(totals, [settings.low, 0.5, settings.high], axis=0)
    all_low, all_middle, all_high = np.quantile(whole, [settings.low, 0.5, settings.high], axis=0)
    return Simulated(
        low, middle, high, totals.mean(axis=0), all_low, all_middle, all_high, basis="STORED" if learned is None else "HISTORY"
    )


def _new_deals(
    learned: Learned, rng: np.random.Generator, bounds: Days, factors: Floats, groups: int, group_of_owner: dict[int, int]
) -> Floats:
    """(draws x groups x periods): what deals bring that begin after bounds[0], as fast as of late."""
    draws, periods = factors.shape
    rates = np.zeros(groups)
    for owner, rate in learned.arrivals.items():
        if owner in group_of_owner:
            rates[group_of_owner[owner]] += rate * learned.owners.get(owner, learned.share)
    found = np.zeros((draws, groups, periods))
    if not learned.pool.size or not rates.any():
        return found
    for k in range(periods):
        numbers = rng.poisson(rates[None, :] * _ending_days(learned, bounds, k) * factors[:, k, None])
        each = numbers.ravel()
        worth = learned.pool[rng.integers(0, learned.pool.size, int(each.sum()))]
        places = np.repeat(np.arange(each.size), each)
        found[:, :, k] = np.bincount(places, weights=worth, minlength=each.size).reshape(draws, groups)
    return found


def _ending_days(learned: Learned, bounds: Days, k: int) -> float:
    """How many deals end in period k when one begins on each day after bounds[0]."""
    begin, end = (float((bound - bounds[0]).astype(int)) for bound in bounds[k : k + 2])
    begins = np.arange(0.5, end)
    by_start, by_end = np.maximum(begin - begins, 0), end - begins
    return float((np.exp(-learned.rate(by_start)) - np.exp(-learned.rate(by_end))).sum())


@dataclass(frozen=True, slots=True)
class Replayed:
    """One period of a backtest: the range as it would have been told on its first day, and what came."""

    start: date
    end: date
    open_deals: int
    low: float
    middle: float
    high: float
    realised: float
    learned_from: int

    @property
    def is_inside(self) -> bool:
        return self.low <= self.realised <= self.high


def backtest(deals: DealColumns, periods: Sequence[tuple[date, date]], *, settings: ForecastSettings) -> tuple[Replayed, ...]:
    """Replays periods: each is forecast on its first day from what was known then. Amounts and stages of deals are not
    taken: what is stored of them is what they ended with. Periods without enough history are left out."""
    found = []
    unknown = np.full(len(deals), np.nan)
    blind = DealColumns(
        deals.opened, deals.ended, deals.won, deals.value, unknown, np.full(len(deals), np.datetime64("NaT"), "datetime64[D]"),
        deals.owner, deals.product, unknown,
    )  # fmt: skip
    for start, end in periods:
        learned = learn(blind, as_of=start, settings=settings)
        if learned is None:
            continue
        learned = with_spread(learned, blind, as_of=start, settings=settings)
        bounds = np.array([start, end], "datetime64[D]")
        there = (blind.opened < bounds[0]) & ~(blind.ended < bounds[0])
        standing = blind.take(there)
        told = simulate(
            learned, standing, bounds=bounds, group=np.zeros(len(standing), np.int64), groups=1,
            group_of_owner=dict.fromkeys(learned.arrivals, 0), settings=settings,
        )  # fmt: skip
        came = deals.won & (deals.ended >= bounds[0]) & (deals.ended < bounds[1])
        found.append(
            Replayed(
                start, end, len(standing), float(told.all_low[0]), float(told.all_middle[0]), float(told.all_high[0]),
                float(np.nansum(deals.value[came])), learned.number,
            )
        )  # fmt: skip
    return tuple(found)
