"""The maximum of a likelihood over a few positive parameters: Newton's steps in their logarithms, within a trusted region.

Used by BG/NBD and Gamma-Gamma. Pure numpy; the likelihood brings its own gradient and Hessian.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]
Evaluate = Callable[[Vector], tuple[float, Vector, Vector]]
"""Natural parameters -> value, gradient, Hessian with respect to them."""

FARTHEST = 12.0
"""A logarithm of a parameter (in the data's own scale) beyond which the likelihood has no maximum that data could show."""


class UnableToFit(ValueError):
    """The figures cannot be fitted; the message says why."""


@dataclass(frozen=True)
class Maximum:
    """``covariance``: of the logarithms of the parameters; NaN where the likelihood is flat. ``converged``: a maximum inside.

    ``edge``: -1 or 1 for parameters that the likelihood drives to nothing or beyond all bounds; their covariance is 0.
    """

    parameters: Vector
    value: float
    covariance: Vector
    n_iter: int
    converged: bool
    edge: tuple[int, ...]

    @property
    def standard_errors(self) -> Vector:
        """Of the parameters themselves (delta method)."""
        found: Vector = self.parameters * np.sqrt(np.diag(self.covariance))
        return found


def total(weights: Vector, values: Vector) -> float:
    """The sum of weights times values, in one thread: the threads of BLAS wait for each other on a busy machine."""
    return float(np.einsum("i,i->", weights, values))


def in_logarithms(evaluate: Evaluate, logs: Vector) -> tuple[float, Vector, Vector]:
    """Value, gradient and Hessian with respect to the logarithms of the parameters."""
    parameters = np.exp(logs)
    value, gradient, hessian = evaluate(parameters)
    slope = parameters * gradient
    return value, slope, np.outer(parameters, parameters) * hessian + np.diag(slope)


def climb(evaluate: Evaluate, start: Sequence[float] | Vector, *, farthest: Sequence[float] = (), most_steps: int = 200) -> Maximum:
    """From ``start`` (natural parameters) uphill until another step could gain less than a millionth. ``farthest``: of each logarithm."""
    far = np.array(farthest or [FARTHEST] * len(start))
    place: Vector = np.log(np.asarray(start, dtype=np.float64))
    value, slope, bend = in_logarithms(evaluate, place)
    radius, steps, converged = 1.0, 0, False
    while steps < most_steps and np.isfinite(value):
        steps += 1
        free = ~_at_edge(place, slope, far)
        if not free.any():
            break
        step = np.zeros_like(place)
        step[free], expected = _step(slope[free], bend[np.ix_(free, free)], radius)
        if expected <= 1e-7 + 1e-14 * abs(value):
            converged = True
            break
        there = np.clip(place + step, -far, far)
        new_value, new_slope, new_bend = in_logarithms(evaluate, there)
        gain = new_value - value if np.isfinite(new_value) else -np.inf
        if gain < 0.25 * expected:
            radius = 0.25 * min(radius, float(np.linalg.norm(step)))
        elif gain > 0.75 * expected:
            radius = min(max(radius, 2 * float(np.linalg.norm(step))), 4.0)
        if gain > 0:
            place, value, slope, bend = there, new_value, new_slope, new_bend
        elif radius < 1e-9:
            converged = bool(np.max(np.abs(slope)) <= 1e-6 * (1 + abs(value)))
            break
    stuck = _at_edge(place, slope, far)
    covariance = np.zeros_like(bend)
    covariance[np.ix_(~stuck, ~stuck)] = _covariance(bend[np.ix_(~stuck, ~stuck)])
    edge = tuple(int(sign) for sign in np.where(stuck, np.sign(place), 0))
    settled = converged and bool(np.all(np.abs(place[~stuck]) < far[~stuck] - 0.5))
    return Maximum(np.exp(place), value, covariance, steps, settled, edge)


def _at_edge(place: Vector, slope: Vector, far: Vector) -> NDArray[np.bool_]:
    """Parameters that stand at their farthest and would go on."""
    found: NDArray[np.bool_] = ((place >= far) & (slope > 0)) | ((place <= -far) & (slope < 0))
    return found


def _step(slope: Vector, bend: Vector, radius: float) -> tuple[Vector, float]:
    """Newton's step, bent towards the gradient where the likelihood is not concave, no longer than ``radius``; and its gain."""
    curves, axes = np.linalg.eigh(-bend)
    along = axes.T @ slope
    least = 1e-10 * max(float(np.max(np.abs(curves))), 1e-300)
    sizes = np.maximum(np.abs(curves), least)
    steps = along / sizes
    length = float(np.linalg.norm(steps))
    if length > radius:  # damp all axes alike until the step fits; a few halvings find the damping
        low, high = 0.0, float(np.linalg.norm(along)) / radius
        for _turn in range(40):
            damping = (low + high) / 2
            steps = along / (sizes + damping)
            low, high = (damping, high) if np.linalg.norm(steps) > radius else (low, damping)
    expected = float(along @ steps - 0.5 * (sizes * steps) @ steps)
    return axes @ steps, expected


def _covariance(bend: Vector) -> Vector:
    if bend.size == 0:
        return bend
    if not np.all(np.isfinite(bend)):
        return np.full_like(bend, np.nan)
    curves, axes = np.linalg.eigh(-bend)
    if curves[0] <= 1e-12 * max(float(curves[-1]), 1e-300):
        return np.full_like(bend, np.nan)
    covariance: Vector = (axes / curves) @ axes.T
    return covariance
