"""Simulated customers of the models of continuing value, with a known truth."""

from __future__ import annotations

from typing import Any

import numpy as np


def buyers(
    number: int, *, seed: int, r: float = 0.6, alpha: float = 12.0, a: float = 0.8, b: float = 2.5, longest: float = 78.0
) -> tuple[Any, Any, Any]:
    """frequency, recency and T of customers who live by BG/NBD, seen for a third of ``longest`` up to ``longest``."""
    rng = np.random.default_rng(seed)
    end, rate, most = rng.uniform(longest / 3, longest, number), rng.gamma(r, 1 / alpha, number), rng.geometric(rng.beta(a, b, number))
    x, tx, clock = np.zeros(number), np.zeros(number), np.zeros(number)
    there = np.arange(number)
    while there.size:
        clock[there] += rng.exponential(1 / np.maximum(rate[there], 1e-300))
        there = there[clock[there] <= end[there]]
        x[there] += 1
        tx[there] = clock[there]
        there = there[x[there] < most[there]]
    return x, tx, end


def spending(frequency: Any, *, seed: int, p: float = 6.0, q: float = 4.0, v: float = 15.0) -> Any:
    """The mean value of repeat purchases by Gamma-Gamma; NaN without any."""
    rng = np.random.default_rng(seed)
    rate = rng.gamma(q, 1 / v, len(frequency))
    times = np.maximum(frequency, 1)
    return np.where(frequency > 0, rng.gamma(p * times, 1 / (rate * times)), np.nan)
