"""The least size at which a linear layer can be right on every input, by Gardner's count.

Let every output read its own features at 1 and every other between -lower and upper. With at most s
features on and k own features an output, one threshold decides all inputs rightly if

    (s - k + 1) upper + (s - k) lower < 1:

a satisfied output reads at least k - (s - k) lower, and any other at most k - 1 and s - k + 1 times
the upper limit. The W with such reads are a convex set. A count of dimensions like Gardner's of the
capacity of a perceptron (J. Phys. A 21, 1988) says when it is empty: with m features, m' outputs,
n neurons, d dimensions, and noise of standard deviation x,

    n d = min over x of k m' (1 + 1 / x^2) + m m' E[(g - upper / x)_+^2 + (-g - lower / x)_+^2],

g being normal. The limits taken are those of the least n d. What a feature of influence f adds is a
column of its own, so n is at least the same with f for k m', and m' for m m'. This is a heuristic
and no proof. Descent reaches sizes a few percent above it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from polyseme.common.distributions import normal_above
from polyseme.compiler.task import Task

# The part of the margin that is left free, at least and at most: for rounding, and since a descent
# does not end at its limit.
_LEAST_SLACK, _MOST_SLACK = 0.006, 0.3
# A layer is this much larger than the limits that it is given would ask for.
_ROOM = 1.06
_BISECTIONS = 12


@dataclass(frozen=True)
class Limits:
    """The most that a foreign feature may be read above 0 and below it; own ones are read at 1."""

    upper: float
    lower: float


@dataclass(frozen=True)
class LeastSize:
    """The least number of weights, n d, and of neurons, n, of a layer whose reads keep limits."""

    weights: float
    neurons: float
    limits: Limits


def least_size(task: Task, active: int, slack: float = 0.0) -> LeastSize:
    """Return the least size of a linear layer that decides the ANDs of a task on all inputs.

    Args:
        task: The task; each output is the AND of equally many features.
        active: The most features on, at least as many as an output has inputs.
        slack: The part of the margin that is left free.

    Example:
        >>> import polyseme as ps
        >>> from polyseme.compiler.task import Task
        >>> circuit = ps.read("and2:features=1000,gates=1000")
        >>> round(least_size(Task(circuit), 3).weights ** 0.5)
        281
    """
    terms = task.terms
    inputs = int(terms.widths[0])
    above, below = active - inputs + 1, active - inputs
    even = (1 - slack) / (above + below)

    def limits(upper: float) -> Limits:
        if not below:
            return Limits(even, np.inf)
        return Limits(upper, (1 - slack - above * upper) / below)

    def weights(own: float, foreign: float, noise: float, kept: Limits) -> float:
        beyond = _beyond(kept.upper / noise) + _beyond(kept.lower / noise)
        return own * (1 + noise**-2) + foreign * beyond

    def of_layer(logarithms: NDArray[np.float64]) -> float:
        noise, upper = np.exp(logarithms)
        kept = limits(float(upper))
        if kept.lower <= 0:
            return np.inf
        return weights(terms.literals.size, terms.features * terms.outputs, float(noise), kept)

    found = _least(of_layer, [even / 2, even])
    kept = limits(float(found.place[1]))

    def of_column(logarithms: NDArray[np.float64]) -> float:
        noise = float(np.exp(logarithms[0]))
        return weights(int(terms.influence.max()), terms.outputs, noise, kept)

    return LeastSize(found.value, _least(of_column, [even / 2]).value, kept)


def widest_limits(task: Task, active: int, weights: int) -> Limits:
    """Return the limits that leave most of the margin free, of those a layer is large enough for.

    `weights` is the number of its weights, n d. There is always a little left free.
    """
    low, high = _LEAST_SLACK, _MOST_SLACK
    for _ in range(_BISECTIONS):
        middle = (low + high) / 2
        if _ROOM * least_size(task, active, middle).weights <= weights:
            low = middle
        else:
            high = middle
    return least_size(task, active, low).limits


@dataclass(frozen=True)
class _Minimum:
    """A least value, and where it is taken."""

    value: float
    place: NDArray[np.float64]


def _least(function: object, begin: list[float]) -> _Minimum:
    """Return the minimum of a function of logarithms, from near the numbers given."""
    options = {"xatol": 1e-6, "fatol": 1e-3, "maxiter": 2000}
    found = minimize(function, np.log(begin), method="Nelder-Mead", options=options)
    return _Minimum(float(found.fun), np.exp(found.x))


def _beyond(limit: float) -> float:
    """Return E[(g - limit)_+^2] for a normal g."""
    if np.isinf(limit):
        return 0.0
    density = np.exp(-limit * limit / 2) / np.sqrt(2 * np.pi)
    above = float(normal_above(np.array([limit]))[0])
    return float((1 + limit * limit) * above - limit * density)
