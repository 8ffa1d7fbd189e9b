"""Limits of associative memory: the bits that a weight of a layer of threshold units can hold.

A layer that recalls random patterns is the oldest network computing in superposition. The bits that
its weights can hold depend on how they are learnt. All limits are for large layers.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from polyseme.common.distributions import normal_below, normal_density, normal_quantile
from polyseme.errors import OptionError
from polyseme.limits.counting import neurons_for

_WILLSHAW = "willshaw1969holographic"
_GARDNER = "gardner1988space"


@dataclass(frozen=True)
class MemoryLimit:
    """Largest number of bits in a weight learnt by `rule`; `source` is a key of `PUBLICATIONS`."""

    rule: str
    bits: float
    source: str


def gardner_bits(share_on: float) -> float:
    """Bits per real weight when the best possible weights store random patterns.

    `share_on` is the probability f that a unit is on in a pattern. A unit of N weights, whose
    threshold lies z standard deviations above its mean input, can store a patterns per weight as
    long as a (f E(t + z)+^2 + (1 - f) E(t - z)+^2) <= 1, t normal; the best z gives the largest a.
    The bits per weight are a times the entropy of a unit: 2 bits at f = 1/2. They fall towards
    1 / (2 ln 2) = 0.72 as f goes to 0, very slowly: 1.55 at f = 1/100 and 1.08 at one in a million.
    Source: Gardner 1988. Raises OptionError unless 0 < share_on < 1.
    """
    if not 0 < share_on < 1:
        raise OptionError(f"a share of {share_on} on is not between 0 and 1")
    rare = min(share_on, 1 - share_on)
    # A z beyond the quantile of f only raises the cost of the patterns in which the unit is on.
    span = float(normal_quantile(rare)) + 1
    # scipy.optimize is imported here: its import is slow and the command line imports all bounds.
    from scipy.optimize import minimize_scalar

    best = minimize_scalar(
        lambda z: rare * _mean_square_above(z) + (1 - rare) * _mean_square_above(-z),
        bounds=(0, span),
        method="bounded",
        options={"xatol": 1e-9},
    )
    entropy = -(rare * math.log(rare) + (1 - rare) * math.log1p(-rare)) / math.log(2)
    return float(entropy / best.fun)


def memory_limits() -> tuple[MemoryLimit, ...]:
    """Return the named limits, in rising order of bits."""
    return (
        MemoryLimit("clipped one-shot storage, sparse patterns", math.log(2), _WILLSHAW),
        MemoryLimit("one-shot sums, sparse patterns", 1 / (2 * math.log(2)), "tsodyks1988enhanced"),
        MemoryLimit("the best real weights, 1 unit in 100 on", gardner_bits(0.01), _GARDNER),
        MemoryLimit("the best real weights, dense patterns", gardner_bits(0.5), _GARDNER),
    )


def memory_neurons(bits: float, limit: MemoryLimit) -> int:
    """Number of neurons n of the n x n layer that holds `bits` under a limit.

    Raises OptionError for negative bits.
    """
    return math.ceil(neurons_for(bits, limit.bits))


def _mean_square_above(shift: float) -> float:
    """Return E max(t + shift, 0)^2 for a standard normal t."""
    return float((1 + shift**2) * normal_below(shift) + shift * normal_density(shift))
