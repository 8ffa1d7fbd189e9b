"""A heuristic floor for hidden layers that compute: all readings within epsilon of 0 or 1.

No proof; it may be too high or too low. Encoder and readout are codes drawn without knowledge of
the gates. When the k features of a gate are on, its neurons are all past their bend, so its reading
is linear in the s - k foreign features that are on as well: 1 + the sum of their entries of the
matrix of reads M, outputs x features. So M is 1 at the k m' own places, and foreign entries are at
most epsilon in size, except a few. M depends linearly on the n d weights, so it lies in a space of
n d dimensions among m' m.

Take that space for a random one. It meets the cone of wanted matrices as soon as n d is the mean
squared distance of a Gaussian matrix g from that cone (Amelunxen et al. 2014). Scaled by t, a
wanted matrix is t at own places and at most x = t epsilon elsewhere, so

    n d = min over x of  k m' (1 + x^2 / epsilon^2) + (m' m - k m') E[(|g| - x)+^2; |g| < x2].

The last condition leaves out one entry in a thousand, P(|g| > x2) = 1/1000, since epsilon is kept
at the .999 quantile. That choice of entries is not convex, which the theorem asks for.

The sum of q = s - k entries is sqrt(q) times as wide as one, so epsilon is divided by sqrt(q). That
such a sum is nearer to Gaussian, so that less is gained by cutting off its tail, is not counted.
For q = 0 only own places count. What is optimistic: only gates that are on are counted, each reads
at a slope of 1, and any set of entries may be the one left out.
"""

from __future__ import annotations

import math

from polyseme.common.distributions import normal_above, normal_density, normal_quantile
from polyseme.limits.ands import Ands

_LEFT_OUT = 1e-3


def epsilon_floor(ands: Ands, active: int, epsilon: float) -> int:
    """Number of neurons at which all but 1 in 1,000 readings of gates can be within `epsilon`.

    The number is a heuristic, rounded to the nearest. `active` is at least the inputs of a gate.
    """
    own, foreign = ands.literals, active - ands.inputs
    needed = float(own)
    if foreign:
        elsewhere = ands.outputs * ands.features - own
        needed = _least(own, elsewhere, epsilon / math.sqrt(foreign))
    # Features have at most one dimension each.
    return round(max(math.sqrt(needed), needed / ands.features))


def _least(own: int, elsewhere: int, width: float) -> float:
    """Return the least mean squared distance over all scales of the wanted matrix."""
    # scipy.optimize is imported here: its import is slow and the command line imports all bounds.
    from scipy.optimize import minimize_scalar

    limit = float(normal_quantile(_LEFT_OUT / 2))
    found = minimize_scalar(
        lambda size: own * (1 + (size / width) ** 2) + elsewhere * _outside(size, limit),
        bounds=(0, limit),
        method="bounded",
        options={"xatol": 1e-9},
    )
    return float(found.fun)


def _outside(size: float, limit: float) -> float:
    """Return E[(|g| - size)+^2; |g| < limit] of a standard normal g, for sizes up to the limit."""
    chance = float(normal_above(size) - normal_above(limit))
    low, high = float(normal_density(size)), float(normal_density(limit))
    square = size * low - limit * high + chance
    return 2 * (square - 2 * size * (low - high) + size**2 * chance)
