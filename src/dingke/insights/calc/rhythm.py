"""The buying rhythm of each account, and how likely it is gone (D-11, D-17; O-18 "beyond their rhythm").

The natural logarithm of the days between two order days is normal around the account's own mean. Few gaps say little, so the
own mean and spread are drawn towards those of all accounts, the more the fewer there are (empirical Bayes); only the spread of
an account that clearly orders more steadily than the others is its own. From this comes the
chance ``S`` that an account which still buys is silent for this long. An account leaves after an order with a probability
drawn from Beta(a, b), learned from all accounts; one that came back ``n`` times and is silent now is lost with

    P = a / (a + (b + n) S)

Longer silence makes P greater, more loyal years make it smaller, and days, weeks or hours give the same P. Arrays of one length.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from scipy.special import betaln, chdtr, stdtr

from dingke.insights.calc.figures import Flags
from dingke.insights.calc.told import Told
from dingke.insights.calc.warning import Gaps, Numbers, WarningSettings

FACT = "rhythms"  # the name under which a run hands its rhythms to the signals
LEAST_GAPS = 2
OWN_SPREAD_WEIGHT = 4.0  # the common spread counts as so many gaps
STEADY_GAPS, STEADY_CHANCE = 6, 0.001  # so many gaps whose spread is so unlikely with the common one: clockwork among random buyers
LEAST_SPREAD = 0.05  # of a log gap: about 5%; a spread of nothing would call one late day a loss
USUAL_SPREAD = 0.8  # until a company has gaps to learn from
SHADES = 512
LEAVES_USUALLY, SURE_AS = 0.10, 10.0  # where learning starts: one of ten leaves after an order, known as from ten orders


def beyond_simple_limit(days: Numbers, cycle: Numbers, times: float = 1.5) -> Numbers:
    """D-11 as the source has it: silent for longer than ``times`` the average purchase cycle. 1.0 or 0.0; unknown is 0.0.

    Cycle 40 days: the limit is 60, so 65 days without an order are a signal.
    """
    with np.errstate(invalid="ignore"):
        return (np.asarray(days, np.float64) > times * np.asarray(cycle, np.float64)).astype(np.float64)


@dataclass
class BuyingRhythm:
    """Learns the rhythm of a company. After ``fit``: ``centre_`` and ``between_`` (mean and spread of the accounts' mean log gaps),
    ``within_`` (spread of an account's own gaps), ``leaves_a_`` and ``leaves_b_`` (the Beta of leaving after an order)."""

    centre_: float = field(default=np.nan, init=False)
    between_: float = field(default=0.0, init=False)
    within_: float = field(default=USUAL_SPREAD, init=False)
    leaves_a_: float = field(default=LEAVES_USUALLY * SURE_AS, init=False)
    leaves_b_: float = field(default=(1 - LEAVES_USUALLY) * SURE_AS, init=False)

    def fit(self, gaps: Gaps, *, repeats: Numbers, silent: Numbers) -> BuyingRhythm:
        """``repeats``: order days after the first; ``silent``: days since the last one, NaN for who never bought."""
        known = gaps.count >= LEAST_GAPS
        if not known.any():
            return self
        count, mean = gaps.count[known], gaps.log_mean[known]
        freedom = np.maximum(count - 1, 0)
        spread = np.nan_to_num(gaps.log_sd[known])
        within = float((freedom * spread**2).sum() + USUAL_SPREAD**2) / float(freedom.sum() + 1)  # one gap's worth of what is usual
        self.within_ = max(np.sqrt(within), LEAST_SPREAD)
        self.centre_ = float(mean.mean())
        if len(mean) > 1:
            self.between_ = float(np.sqrt(max(mean.var(ddof=1) - self.within_**2 * (1 / count).mean(), 0.0)))
        bought = ~np.isnan(silent)
        self._fit_leaving(self.still_silent(gaps, silent)[bought], repeats[bought])
        return self

    def _fit_leaving(self, still: Numbers, repeats: Numbers) -> None:
        """The most likely a and b: came back n times, and is now either gone or in a gap this long. A weak belief around
        ``LEAVES_USUALLY`` keeps a small company sane; with many accounts it does not count."""
        times, still, many = _alike(repeats, still)

        def unlikely(at: Numbers) -> float:
            share, sure = 1 / (1 + np.exp(-at[0])), np.exp(at[1])
            a, b = share * sure, (1 - share) * sure
            told = betaln(a, b + times) - betaln(a, b) - np.log(a + b + times) + np.log(a + (b + times) * still)
            return float(-(many * told).sum() + (at[0] - start[0]) ** 2 / 2 + (at[1] - start[1]) ** 2 / 2)

        start = np.array([np.log(LEAVES_USUALLY / (1 - LEAVES_USUALLY)), np.log(SURE_AS)])
        from scipy.optimize import minimize  # thirty megabytes that only the worker needs

        best = minimize(unlikely, start, method="L-BFGS-B", bounds=[(-7.0, 3.0), (-3.0, 8.0)]).x
        share, sure = 1 / (1 + np.exp(-best[0])), np.exp(best[1])
        self.leaves_a_, self.leaves_b_ = float(share * sure), float((1 - share) * sure)

    def still_silent(self, gaps: Gaps, silent: Numbers) -> Numbers:
        """The chance S that an account which still buys is silent for so long; 1 where nothing is known."""
        if np.isnan(self.centre_):
            return np.ones(len(silent))
        known = gaps.count >= LEAST_GAPS
        count = np.where(known, gaps.count, 0.0)
        freedom = np.maximum(count - 1, 0)
        spread = np.maximum(np.nan_to_num(gaps.log_sd), LEAST_SPREAD)
        steady = (count >= STEADY_GAPS) & (chdtr(freedom, freedom * (spread / self.within_) ** 2) < STEADY_CHANCE)
        weight = np.where(steady, 0.0, OWN_SPREAD_WEIGHT)
        own = (weight * self.within_**2 + freedom * spread**2) / (weight + freedom)
        between = max(self.between_**2, LEAST_SPREAD**2)
        trust = count * between / (count * between + own)
        centre = trust * np.where(known, np.nan_to_num(gaps.log_mean), 0.0) + (1 - trust) * self.centre_
        width = np.sqrt(own + between * (1 - trust))
        with np.errstate(divide="ignore", invalid="ignore"):
            away = (np.log(silent) - centre) / width
        return np.where(np.isnan(silent) | (silent <= 0), 1.0, stdtr(weight + freedom, -away))

    def probability_lost(self, gaps: Gaps, *, repeats: Numbers, silent: Numbers) -> Numbers:
        """P of the account having left, given its silence; NaN for who never bought."""
        lost = self.leaves_a_ / (self.leaves_a_ + (self.leaves_b_ + repeats) * self.still_silent(gaps, silent))
        return np.where(np.isnan(silent), np.nan, lost)


def _alike(repeats: Numbers, still: Numbers) -> tuple[Numbers, Numbers, Numbers]:
    """Accounts that came back as often with nearly the same chance, as one row with their number: a million fit like a thousand."""
    key = repeats.astype(np.int64) * (SHADES + 1) + np.round(np.sqrt(still) * SHADES).astype(np.int64)
    _keys, first, place, many = np.unique(key, return_index=True, return_inverse=True, return_counts=True)
    return repeats[first], np.bincount(place, weights=still) / many, many.astype(np.float64)


@dataclass(frozen=True)
class Rhythms:
    """Every account beside its own rhythm, as of a day. ``silent``: days since the last order day, NaN for who never bought; ``gap``:
    `typical_gap`; ``still_silent`` and ``probability_lost``: S and P. ``is_broken``: silent for longer than the rhythm explains;
    ``is_stopped``: silent for longer than ``stopped_days``. ``is_quiet``: either of them, as far as the weights let them speak."""

    silent: Numbers
    gap: Numbers
    still_silent: Numbers
    probability_lost: Numbers
    is_broken: Flags
    is_stopped: Flags
    is_quiet: Flags

    def told(self, last_order: np.ndarray, *, among: Flags) -> tuple[Told, ...]:
        """The sentences of the two signals, where the account is quiet."""
        quiet = self.is_quiet & among
        figures = {"gap": self.gap, "days": self.silent, "chance": self.still_silent}
        return (
            Told("WARN_STOPPED", quiet & self.is_stopped, {"days": self.silent, "last": last_order}),
            Told("WARN_RHYTHM", quiet & self.is_broken, figures),
        )


def rhythms(gaps: Gaps, *, repeats: Numbers, silent: Numbers, settings: WarningSettings) -> Rhythms:
    """Learns the rhythm of the company and lays every account beside it: the one rule for who has gone quiet."""
    model = BuyingRhythm().fit(gaps, repeats=repeats, silent=silent)
    probability, gap = model.probability_lost(gaps, repeats=repeats, silent=silent), typical_gap(gaps)
    still = model.still_silent(gaps, silent)
    with np.errstate(invalid="ignore"):
        stopped = silent > settings.stopped_days
        # where hardly anybody ever left P stays small; a silence that hardly anybody who buys falls into is asked about all the same
        strange = (probability >= float(settings.warn_from)) | (still <= float(settings.rare_from))
        broken = has_rhythm(gaps) & strange & (silent > gap) & (silent <= settings.stopped_days)
    hears_broken, hears_stopped = settings.weight("RHYTHM_BROKEN") > 0, settings.weight("STOPPED") > 0
    return Rhythms(
        silent=silent,
        gap=gap,
        still_silent=still,
        probability_lost=probability,
        is_broken=broken,
        is_stopped=stopped,
        is_quiet=(broken & hears_broken) | (stopped & hears_stopped),
    )


def no_rhythms(size: int) -> Rhythms:
    """Of accounts of which nothing is known yet."""
    unknown, nobody = np.full(size, np.nan), np.zeros(size, dtype=np.bool_)
    return Rhythms(unknown, unknown, np.ones(size), unknown, nobody, nobody, nobody)


def has_rhythm(gaps: Gaps) -> Flags:
    """Three order days or more: two gaps."""
    return gaps.count >= LEAST_GAPS


def typical_gap(gaps: Gaps) -> Numbers:
    """Days between orders, the geometric mean; NaN without a rhythm."""
    return np.where(has_rhythm(gaps), np.exp(np.where(has_rhythm(gaps), gaps.log_mean, 0.0)), np.nan)


def loss_horizon(gaps: Gaps, *, times: float, days: int) -> Numbers:
    """Days without an order after which an account counts as lost: ``times`` its own cycle, at least ``days``."""
    return np.ceil(np.maximum(times * np.nan_to_num(typical_gap(gaps)), days))
