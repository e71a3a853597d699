"""How far an estimate may be off: parameters moved by what a fit leaves open, and the quantiles of a sum that may be nothing at all."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from scipy.special import gammaincinv, ndtri

from dingke.insights.calc.figures import Floats


def moved(parameters: Floats, covariance: Floats) -> list[Floats]:
    """Two points for each parameter that have, all equally likely, the covariance of the fit (in logarithms)."""
    curves, axes = np.linalg.eigh(covariance)
    steps = axes * np.sqrt(np.maximum(curves, 0) * len(parameters))
    return [parameters * np.exp(sign * step) for step in steps.T for sign in (1, -1)]


def spread(center: Floats, moved: Iterable[Floats]) -> Floats:
    """Root mean square distance of the moved results from the one in the centre."""
    total, count = np.zeros_like(center), 0
    for values in moved:
        total += (values - center) ** 2
        count += 1
    found: Floats = np.sqrt(total / count)
    return found


def quantile(level: float, *, any_: Floats, mean: Floats, variance: Floats) -> Floats:
    """Of an amount that is 0 with probability 1 - any_, else gamma distributed; with this mean and variance."""
    with np.errstate(divide="ignore", invalid="ignore"):
        within = (level - (1 - any_)) / any_
        positive = mean / any_
        around = (variance + mean**2) / any_ - positive**2
        shape = positive**2 / around
        scale = around / positive
        inside = np.clip(within, 1e-9, 1 - 1e-9)
        cube = 1 - 1 / (9 * shape) + ndtri(inside) / (3 * np.sqrt(shape))  # Wilson and Hilferty: within 0.4 % from shape 3 on
        found = np.where(shape >= 3, shape * cube**3, np.nan)
        exact = (shape < 3) & (within > 0)
        found[exact] = gammaincinv(shape[exact], inside[exact])
        result: Floats = np.where(within <= 0, 0.0, found * scale)
    result[~np.isfinite(variance)] = np.nan
    return result
