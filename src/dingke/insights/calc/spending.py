"""A-13: how much a customer spends on a purchase. The Gamma-Gamma model of Fader and Hardie (2013), brucehardie.com note 025.

A customer's purchases vary around an own mean (gamma with shape p); means differ between customers (so that the rate is gamma
with shape q and rate v). Few purchases are drawn towards what customers spend in general, many speak for themselves. The model
takes the mean value as independent of how often somebody buys; `independence` says how far that holds.
"""

from __future__ import annotations

from typing import Self

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import digamma, gammaln, polygamma

from dingke.insights.calc.maximum import UnableToFit, Vector, climb, total

STARTS = ((2.0, 3.0, 2.0), (6.0, 4.0, 0.5), (0.8, 8.0, 10.0))
"""Parameters to start from, with the mean value as the unit of money."""
NAMES = ("p", "q", "v")


def spendings(frequency: ArrayLike, mean_value: ArrayLike) -> tuple[Vector, Vector]:
    """Repeat purchases and their mean value, of customers who bought again. Raises `UnableToFit`."""
    x, m = (np.atleast_1d(np.asarray(values, dtype=np.float64)) for values in (frequency, mean_value))
    if x.ndim != 1 or x.shape != m.shape:
        raise UnableToFit("frequency and mean value are two lists of one length")
    if x.size == 0:
        raise UnableToFit("there are no customers")
    if not np.all(np.isfinite(x)) or not np.all(np.isfinite(m)):
        raise UnableToFit("frequency or mean value has values that are not numbers")
    if np.any(x < 1) or np.any(x != np.floor(x)):
        raise UnableToFit("the spending model takes customers with 1 repeat purchase or more")
    if np.any(m <= 0):
        raise UnableToFit("the mean value of a purchase is over 0")
    return x, m


def independence(frequency: ArrayLike, mean_value: ArrayLike, weights: ArrayLike | None = None) -> float:
    """Correlation of how often and for how much, -1..1; 0 when either does not vary."""
    x, m = spendings(frequency, mean_value)
    w = np.ones_like(x) if weights is None else np.asarray(weights, dtype=np.float64)
    share = w / w.sum()
    dx, dm = x - share @ x, m - share @ m
    spread = float(np.sqrt((share @ dx**2) * (share @ dm**2)))
    return float(share @ (dx * dm)) / spread if spread > 0 else 0.0


class Likelihood:
    """The log-likelihood with gradient and Hessian. Terms of x alone are computed once per distinct x."""

    def __init__(self, x: Vector, m: Vector, weights: Vector) -> None:
        self.counts, place = np.unique(x, return_inverse=True)
        self.count_weights = np.bincount(place, weights=weights)
        self.x, self.sums, self.w = x, x * m, weights
        self.w_log_sums, self.w_x = float((weights * x) @ np.log(self.sums)), weights * x
        self.w_log_mean = float(weights @ np.log(m))

    def __call__(self, parameters: Vector) -> tuple[float, Vector, Vector]:
        p, q, v = parameters
        x, w = self.counts, self.count_weights
        number = float(w.sum())
        whole = p * x + q
        reach = self.sums + v
        logs, by = np.log(reach), 1 / reach
        w_logs, w_by, w_by2 = (total(self.w, one) for one in (logs, by, by**2))
        x_logs, x_by, x_by2 = (total(self.w_x, one) for one in (logs, by, by**2))
        value = float(
            w @ (gammaln(whole) - gammaln(p * x))
            + number * (q * np.log(v) - gammaln(q))
            + p * (self.w_log_sums - x_logs)
            - q * w_logs
            - self.w_log_mean
        )
        slopes = digamma(whole)
        gradient = np.array(
            [
                (w * x) @ (slopes - digamma(p * x)) + self.w_log_sums - x_logs,
                w @ slopes + number * (np.log(v) - digamma(q)) - w_logs,
                number * q / v - p * x_by - q * w_by,
            ]
        )
        bends = polygamma(1, whole)
        pq, pv, qv = (w * x) @ bends, -x_by, number / v - w_by
        hessian = np.array(
            [
                [(w * x**2) @ (bends - polygamma(1, p * x)), pq, pv],
                [pq, w @ bends - number * polygamma(1, q), qv],
                [pv, qv, -number * q / v**2 + p * x_by2 + q * w_by2],
            ]
        )
        return value, gradient, hessian


class GammaGamma:
    """``fit`` learns ``p_``, ``q_`` and ``v_`` (in the unit of the values). ``least_repeaters``: below these nothing is fitted."""

    p_: float
    q_: float
    v_: float
    log_likelihood_: float
    standard_errors_: dict[str, float]
    covariance_: Vector
    correlation_: float
    n_iter_: int
    converged_: bool
    n_repeaters_: float

    def __init__(self, *, least_repeaters: int = 10) -> None:
        self.least_repeaters = least_repeaters

    def fit(self, frequency: ArrayLike, mean_value: ArrayLike, weights: ArrayLike | None = None) -> Self:
        """The most likely parameters of customers who bought again; ``mean_value`` of their repeat purchases. Raises `UnableToFit`.

        ``covariance_`` is that of the logarithms of p, q and v; ``correlation_`` of frequency and mean value.
        """
        x, m = spendings(frequency, mean_value)
        w = np.ones_like(x) if weights is None else np.atleast_1d(np.asarray(weights, dtype=np.float64))
        if w.shape != x.shape or not np.all(np.isfinite(w)) or np.any(w < 0):
            raise UnableToFit("there is one weight of 0 or more for each customer")
        self.n_repeaters_ = float(w.sum())
        if self.n_repeaters_ < self.least_repeaters:
            raise UnableToFit(f"{self.n_repeaters_:g} customers bought again; the model needs {self.least_repeaters}")
        scale = float(w @ m) / self.n_repeaters_
        likelihood = Likelihood(x, m / scale, w)
        best = max((climb(likelihood, start) for start in STARTS[:1]), key=lambda found: found.value)
        if not best.converged:
            best = max((best, *(climb(likelihood, start) for start in STARTS[1:])), key=lambda found: (found.converged, found.value))
        self.p_, self.q_, self.v_ = (float(value) for value in best.parameters * (1, 1, scale))
        self.standard_errors_ = dict(zip(NAMES, (float(value) for value in best.standard_errors * (1, 1, scale)), strict=True))
        self.covariance_ = best.covariance
        self.correlation_ = independence(x, m, w)
        self.log_likelihood_ = best.value - self.n_repeaters_ * float(np.log(scale))
        self.n_iter_, self.converged_ = best.n_iter, best.converged
        return self

    @property
    def parameters_(self) -> Vector:
        return np.array([self.p_, self.q_, self.v_])

    @classmethod
    def of(cls, *, p: float, q: float, v: float) -> GammaGamma:
        """A model with known parameters, as if they had been learned."""
        if not all(np.isfinite(value) and value > 0 for value in (p, q, v)):
            raise ValueError("the parameters of Gamma-Gamma are over 0")
        model = cls()
        model.p_, model.q_, model.v_ = p, q, v
        return model

    @property
    def population_mean_(self) -> float:
        """What customers spend on a purchase in general; NaN when q <= 1: the mean does not exist."""
        return self.p_ * self.v_ / (self.q_ - 1) if self.q_ > 1 else float("nan")

    def expected_mean(self, frequency: ArrayLike, mean_value: ArrayLike) -> Vector:
        """What a purchase of each customer is expected to bring. Frequency 0: the population's; its mean value is not looked at."""
        x = np.atleast_1d(np.asarray(frequency, dtype=np.float64))
        sums = np.where(x > 0, x * np.atleast_1d(np.asarray(mean_value, dtype=np.float64)), 0.0)
        below = self.p_ * x + self.q_ - 1
        with np.errstate(divide="ignore", invalid="ignore"):
            found: Vector = np.where(below > 0, self.p_ * (self.v_ + sums) / below, np.nan)
        return found

    def mean_square(self, frequency: ArrayLike, mean_value: ArrayLike) -> tuple[Vector, Vector]:
        """For the spread of a sum: the expected square of a customer's true mean, and the expected variance of one purchase around it.

        NaN where they do not exist (p x + q <= 2).
        """
        x = np.atleast_1d(np.asarray(frequency, dtype=np.float64))
        sums = np.where(x > 0, x * np.atleast_1d(np.asarray(mean_value, dtype=np.float64)), 0.0)
        shape, rate = self.p_ * x + self.q_, self.v_ + sums
        with np.errstate(divide="ignore", invalid="ignore"):
            inverse = np.where(shape > 2, rate**2 / ((shape - 1) * (shape - 2)), np.nan)
        return self.p_**2 * inverse, self.p_ * inverse
