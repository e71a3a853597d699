"""A-13: how often a customer will still buy. The BG/NBD model of Fader, Hardie and Lee (2005), Marketing Science 24(2), 275-284.

While alive a customer buys at random with an own rate (rates: gamma with shape r and rate alpha); after each purchase it may
leave for good with an own probability (probabilities: beta with a and b). Three figures of a customer tell all that the
model needs: ``frequency`` x, repeat purchases after the first (days of purchase less one); ``recency``, time from the first to
the last purchase; ``T``, time from the first purchase to the day of the figures. Any unit of time, the same for all.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import digamma, expit, gammaln, hyp2f1, polygamma

from dingke.insights.calc.maximum import Maximum, UnableToFit, Vector, climb, total

BLOCK = 8_192
"""Rows that stay in the processor's cache together, and too few for BLAS to start threads."""
STARTS = ((0.5, 0.3, 0.8, 2.5), (1.0, 1.0, 0.2, 1.0), (0.2, 0.05, 1.5, 1.5), (5.0, 3.0, 0.3, 6.0))
"""Parameters to start from, with the mean T as the unit of time."""
SAMPLE = 5_000
"""From more distinct customers than these the starts are judged on so many of them, and the best is carried on with all."""
LOOK = 4_096
"""Customers looked at to see whether their figures repeat."""
FARTHEST = (12.0, 12.0, 7.0, 7.0)
"""Of the logarithms of the parameters: a and b beyond 1,097 say no more."""
NAMES = ("r", "alpha", "a", "b")


def purchases(frequency: ArrayLike, recency: ArrayLike, T: ArrayLike) -> tuple[Vector, Vector, Vector]:
    """The three figures as checked arrays of one length. Raises `UnableToFit` (a ValueError) that says what is wrong."""
    x, tx, t = (np.atleast_1d(np.asarray(values, dtype=np.float64)) for values in (frequency, recency, T))
    if not x.ndim == tx.ndim == t.ndim == 1 or not x.shape == tx.shape == t.shape:
        raise UnableToFit("frequency, recency and T are three lists of one length")
    if x.size == 0:
        raise UnableToFit("there are no customers")
    for name, values in (("frequency", x), ("recency", tx), ("T", t)):
        if not np.all(np.isfinite(values)):
            raise UnableToFit(f"{name} has values that are not numbers")
        if np.any(values < 0):
            raise UnableToFit(f"{name} has negative values")
    if np.any(x != np.floor(x)):
        raise UnableToFit("frequency counts purchases: whole numbers")
    if np.any(tx > t):
        raise UnableToFit("a last purchase (recency) lies after the end of the period (T)")
    if np.any((x == 0) & (tx > 0)):
        raise UnableToFit("a customer without repeat purchases has a recency over 0")
    if np.any((x > 0) & (tx == 0)):
        raise UnableToFit("a customer with repeat purchases has the recency 0")
    return x, tx, t


def collapsed(x: Vector, tx: Vector, t: Vector, weights: Vector | None = None) -> tuple[Vector, Vector, Vector, Vector]:
    """Equal triples once, with how often they stand there. Figures that hardly repeat are left as they are."""
    own = np.ones_like(x) if weights is None else weights
    if x.size > LOOK and len(np.unique(np.stack([x[:LOOK], tx[:LOOK], t[:LOOK]]), axis=1).T) > 0.9 * LOOK:
        return x, tx, t, own
    keys, numbers = zip(*(_numbered(values) for values in (x, tx, t)), strict=True)
    if keys[0].size * keys[1].size * keys[2].size >= 2**62:
        return x, tx, t, own
    packed = (numbers[0] * keys[1].size + numbers[1]) * keys[2].size + numbers[2]
    if weights is None:
        found, counts = np.unique(packed, return_counts=True)
        own = counts.astype(np.float64)
    else:
        found, inverse = np.unique(packed, return_inverse=True)
        own = np.bincount(inverse, weights=weights).astype(np.float64)
    rest, t_place = np.divmod(found, keys[2].size)
    x_place, tx_place = np.divmod(rest, keys[1].size)
    return keys[0][x_place], keys[1][tx_place], keys[2][t_place], own


def _numbered(values: Vector) -> tuple[Vector, NDArray[np.int64]]:
    """The distinct values, and for each value its place among them; whole numbers without sorting."""
    high = float(values.max())
    if high < 1_000_000 and np.all(values == np.floor(values)):
        return np.arange(int(high) + 1, dtype=np.float64), values.astype(np.int64)
    distinct, inverse = np.unique(values, return_inverse=True)
    return distinct, inverse.astype(np.int64)


class Likelihood:
    """The log-likelihood with gradient and Hessian, on triples with weights. Terms of x alone are computed once per distinct x."""

    def __init__(self, x: Vector, tx: Vector, t: Vector, weights: Vector) -> None:
        self.counts, place = np.unique(x, return_inverse=True)
        self.count_weights = np.bincount(place, weights=weights)
        once, again = x == 0, x > 0
        self.once_t, inverse = np.unique(t[once], return_inverse=True)
        self.once_weights = np.bincount(inverse, weights=weights[once]).astype(np.float64)
        self.place, self.x, self.tx, self.t, self.w = place[again], x[again], tx[again], t[again], weights[again]

    def __call__(self, parameters: Vector) -> tuple[float, Vector, Vector]:
        r, alpha, a, b = parameters
        x, w = self.counts, self.count_weights
        whole = w.sum()
        value = float(
            w @ (gammaln(r + x) + gammaln(b + x) - gammaln(a + b + x))
            + whole * (gammaln(a + b) - gammaln(r) - gammaln(b) + r * np.log(alpha))
        )
        one = digamma(np.array([r, a + b, b]))
        two = polygamma(1, np.array([r, a + b, b]))
        gradient = np.array(
            [
                w @ digamma(r + x) + whole * (np.log(alpha) - one[0]),
                whole * r / alpha,
                whole * one[1] - w @ digamma(a + b + x),
                w @ (digamma(b + x) - digamma(a + b + x)) + whole * (one[1] - one[2]),
            ]
        )
        both = whole * two[1] - w @ polygamma(1, a + b + x)
        hessian = np.zeros((4, 4))
        hessian[0, 0] = w @ polygamma(1, r + x) - whole * two[0]
        hessian[0, 1] = whole / alpha
        hessian[1, 1] = -whole * r / alpha**2
        hessian[2, 2] = hessian[2, 3] = both
        hessian[3, 3] = both + w @ polygamma(1, b + x) - whole * two[2]
        if self.once_t.size:
            end = alpha + self.once_t
            logs, parts = total(self.once_weights, np.log(end)), total(self.once_weights, 1 / end)
            value -= float(r * logs)
            gradient[:2] -= (logs, r * parts)
            hessian[0, 1] -= parts
            hessian[1, 1] += r * total(self.once_weights, 1 / end**2)
        for rows in _blocks(self.x.size):
            value += self._add(rows, parameters, gradient, hessian)
        hessian = np.triu(hessian) + np.triu(hessian, 1).T
        return value, gradient, hessian

    def _add(self, rows: slice, parameters: Vector, gradient: Vector, hessian: Vector) -> float:
        """The terms of recency and T of customers who bought again. ``odds``: log odds of having left."""
        r, alpha, a, b = parameters
        end, last, w = alpha + self.t[rows], alpha + self.tx[rows], self.w[rows]
        by_end, by_last, s = 1 / end, 1 / last, r + self.x[rows]
        log_end, longer = np.log(end), np.log(end * by_last)
        shares = b + self.counts - 1
        with np.errstate(divide="ignore", invalid="ignore"):
            log_shares, by_shares = np.log(shares), 1 / shares
        by_share = by_shares[self.place[rows]]
        odds = np.log(a) - log_shares[self.place[rows]] + s * longer
        tail = np.exp(-np.abs(odds))
        left = np.where(odds >= 0, 1.0, tail) / (1 + tail)
        w_left, shift = w * left, by_end - by_last
        moves = np.empty((4, w.size))
        moves[0], moves[1], moves[2], moves[3] = longer, s * shift, 1 / a, -by_share
        gradient += np.einsum("ij,j->i", moves, w_left)
        w_end = w @ by_end
        gradient[0] -= w @ log_end
        gradient[1] -= (w * s) @ by_end
        hessian += np.einsum("ij,kj->ik", moves * (w_left * (1 - left)), moves)
        hessian[0, 1] += w_left @ shift - w_end
        hessian[1, 1] += (w_left * s) @ (by_last**2 - by_end**2) + (w * s) @ by_end**2
        hessian[2, 2] -= w_left.sum() / a**2
        hessian[3, 3] += w_left @ by_share**2
        return float(w @ (np.maximum(odds, 0) + np.log1p(tail) - s * log_end))


def _blocks(size: int) -> Iterator[slice]:
    return (slice(start, start + BLOCK) for start in range(0, size, BLOCK))


class BetaGeoNBD:
    """``fit`` learns ``r_``, ``alpha_`` (in the unit of T), ``a_``, ``b_``; the rest predicts for customers old and new.

    ``least_repeaters``: customers that bought again, below which nothing is fitted.
    """

    r_: float
    alpha_: float
    a_: float
    b_: float
    log_likelihood_: float
    standard_errors_: dict[str, float]
    covariance_: Vector
    n_iter_: int
    converged_: bool
    hardly_leave_: bool
    n_customers_: float
    n_repeaters_: float

    def __init__(self, *, least_repeaters: int = 10) -> None:
        self.least_repeaters = least_repeaters

    def fit(self, frequency: ArrayLike, recency: ArrayLike, T: ArrayLike, weights: ArrayLike | None = None) -> Self:
        """The most likely parameters, from several starts. ``weights``: how many customers each triple stands for.

        ``standard_errors_`` by name; ``covariance_`` is that of the logarithms of r, alpha, a and b. ``converged_`` is False
        when the likelihood has no maximum inside; ``hardly_leave_``: because nearly nobody leaves, and it predicts all the same.
        Raises `UnableToFit`.
        """
        x, tx, t = purchases(frequency, recency, T)
        given = None if weights is None else _weights(weights, x.size)
        x, tx, t, w = collapsed(x, tx, t, given)
        self.n_customers_, self.n_repeaters_ = float(w.sum()), float(w[x > 0].sum())
        if self.n_repeaters_ < self.least_repeaters:
            raise UnableToFit(f"{self.n_repeaters_:g} customers bought again; the model needs {self.least_repeaters}")
        scale = float(w @ t) / self.n_customers_
        best = self._best(x, tx / scale, t / scale, w)
        parameters, errors = best.parameters.copy(), best.standard_errors
        parameters[1] *= scale
        errors[1] *= scale
        self.r_, self.alpha_, self.a_, self.b_ = (float(value) for value in parameters)
        self.standard_errors_ = dict(zip(NAMES, (float(value) for value in errors), strict=True))
        self.covariance_ = best.covariance
        self.log_likelihood_ = best.value - float(w @ x) * float(np.log(scale))
        self.n_iter_, self.converged_ = best.n_iter, best.converged and not any(best.edge)
        self.hardly_leave_ = best.converged and best.edge in {(0, 0, 0, 1), (0, 0, -1, 0), (0, 0, -1, 1)}
        return self

    @staticmethod
    def _best(x: Vector, tx: Vector, t: Vector, w: Vector) -> Maximum:
        whole = Likelihood(x, tx, t, w)
        if x.size > SAMPLE:
            some = np.random.default_rng(1).permutation(x.size)[:SAMPLE]
            part = Likelihood(x[some], tx[some], t[some], w[some])
        else:
            part = whole
        best = max((climb(part, start, farthest=FARTHEST) for start in STARTS), key=lambda found: (found.converged, found.value))
        return best if part is whole else climb(whole, best.parameters, farthest=FARTHEST)

    @property
    def parameters_(self) -> Vector:
        return np.array([self.r_, self.alpha_, self.a_, self.b_])

    @classmethod
    def of(cls, *, r: float, alpha: float, a: float, b: float) -> BetaGeoNBD:
        """A model with known parameters, as if they had been learned."""
        if not all(np.isfinite(value) and value > 0 for value in (r, alpha, a, b)):
            raise ValueError("the parameters of BG/NBD are over 0")
        model = cls()
        model.r_, model.alpha_, model.a_, model.b_ = r, alpha, a, b
        return model

    def log_likelihood(self, frequency: ArrayLike, recency: ArrayLike, T: ArrayLike) -> float:
        """Of these customers under the learned parameters."""
        x, tx, t = purchases(frequency, recency, T)
        return Likelihood(x, tx, t, np.ones_like(x))(self.parameters_)[0]

    def probability_alive(self, frequency: ArrayLike, recency: ArrayLike, T: ArrayLike) -> Vector:
        """0..1. A customer without repeat purchases is alive in this model: it may leave only after a repeat purchase."""
        x, tx, t = purchases(frequency, recency, T)
        return self._alive(x, tx, t)

    def _alive(self, x: Vector, tx: Vector, t: Vector) -> Vector:
        share = np.where(x > 0, self.b_ + x - 1, 1.0)
        odds = np.log(self.a_) - np.log(share) + (self.r_ + x) * np.log((self.alpha_ + t) / (self.alpha_ + tx))
        found: Vector = np.where(x > 0, expit(-odds), 1.0)
        return found

    def expected_purchases(self, horizon: float, frequency: ArrayLike, recency: ArrayLike, T: ArrayLike) -> Vector:
        """Purchases expected within ``horizon`` after T, given what each customer did (its chance of having left counted)."""
        x, tx, t = purchases(frequency, recency, T)
        return self._alive(x, tx, t) * self._if_alive(horizon, x, t)[0]

    def expected_cumulative(self, t: ArrayLike) -> Vector:
        """Repeat purchases expected of a customer nothing is known of, up to ``t`` after its first: for the tracking plot."""
        ends = np.atleast_1d(np.asarray(t, dtype=np.float64))
        if not np.all(np.isfinite(ends)) or np.any(ends < 0):
            raise ValueError("times are 0 or more")
        return self._sums(np.zeros_like(ends), np.log1p(ends / self.alpha_), square=False)[0]

    def outlook(self, horizon: float, frequency: ArrayLike, recency: ArrayLike, T: ArrayLike) -> dict[str, Vector]:
        """Of the purchases within ``horizon``: ``alive`` probability, ``mean``, mean of the ``square``, probability of ``any``."""
        x, tx, t = purchases(frequency, recency, T)
        alive = self._alive(x, tx, t)
        mean, pairs = self._if_alive(horizon, x, t, square=True)
        some = -np.expm1(-(self.r_ + x) * np.log1p(horizon / (self.alpha_ + t)))
        return {"alive": alive, "mean": alive * mean, "square": alive * (pairs + mean), "any": alive * some}

    def _if_alive(self, horizon: float, x: Vector, t: Vector, *, square: bool = False) -> tuple[Vector, Vector]:
        if not np.isfinite(horizon) or horizon < 0:
            raise ValueError("a horizon is 0 or more")
        return self._sums(x, np.log1p(horizon / (self.alpha_ + t)), square=square)

    def _sums(self, x: Vector, ends: Vector, *, square: bool) -> tuple[Vector, Vector]:
        """E[Y] and, asked for, E[Y(Y-1)] of a customer alive, where ``ends`` = ln(1 + horizon / (alpha + T)).

        With s = r + x: E[Y] = s * integral of exp((1-a) u) * 2F1(a, a+b-r-1; a+b+x; 1-exp(-u)) for u from 0 to ``ends``, which has none
        of the poles and none of the overflow of the closed form. Smooth in u, so per distinct x one Chebyshev series, integrated
        exactly, serves all customers.
        """
        farthest = float(ends.max()) if ends.size else 0.0
        if farthest <= 0:
            return np.zeros_like(ends), np.zeros_like(ends)
        counts, place = np.unique(x, return_inverse=True)
        reach = np.pi / farthest  # half the width of the strip in which the integrand is tame, by half the interval
        degree = min(int(np.ceil(34 / np.log(reach + np.sqrt(1 + reach**2)))), 400)
        angles = np.pi * (np.arange(degree) + 0.5) / degree
        u = farthest * (1 + np.cos(angles)) / 2
        to_series = np.cos(np.outer(np.arange(degree), angles)) * (2 / degree)
        to_series[0] /= 2
        s = (self.r_ + counts)[:, None]
        series = [s * self._kernel(counts[:, None], u)]
        if square:
            share = ((self.b_ + counts) / (self.a_ + self.b_ + counts))[:, None]
            series.append(2 * s * (s + 1) * share * np.expm1(u) * self._kernel(counts[:, None] + 1, u))
        found = [_integrated(to_series @ values.T, place, 2 * ends / farthest - 1) * (farthest / 2) for values in series]
        return found[0], found[1] if square else np.zeros_like(ends)

    def _kernel(self, x: Vector, u: Vector) -> Vector:
        values: Vector = np.exp((1 - self.a_) * u) * hyp2f1(self.a_, self.a_ + self.b_ - self.r_ - 1, self.a_ + self.b_ + x, -np.expm1(-u))
        if not np.all(np.isfinite(values)):
            raise ValueError("the parameters are too extreme to predict from")
        return values


def _integrated(series: Vector, place: NDArray[Any], at: Vector) -> Vector:
    """The integral from -1 of Chebyshev series (a column each) at points, each by the series of its ``place``."""
    whole = np.polynomial.chebyshev.chebint(series, lbnd=-1, axis=0)
    found = np.empty_like(at)
    for rows in _blocks(at.size):
        mine, point = place[rows], at[rows]
        before, last = np.zeros_like(point), np.zeros_like(point)
        for line in whole[:0:-1]:
            before, last = line[mine] + 2 * point * before - last, before
        found[rows] = whole[0][mine] + point * before - last
    return np.maximum(found, 0.0)


def _weights(weights: ArrayLike, size: int) -> Vector:
    found = np.atleast_1d(np.asarray(weights, dtype=np.float64))
    if found.shape != (size,):
        raise UnableToFit("there is one weight for each customer")
    if not np.all(np.isfinite(found)) or np.any(found < 0) or not np.any(found > 0):
        raise UnableToFit("weights are 0 or more, and some are over 0")
    return found
