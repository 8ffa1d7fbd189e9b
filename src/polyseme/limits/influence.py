"""Count the sets of gates in which every feature has the influence that it has in a circuit.

Circuits are drawn with influences: `and2` reads every feature equally often. The family of circuits
with the same influences is smaller than that of all circuits, and it is the one that a network for
a drawn circuit has to tell apart.

Let m' gates be distinct sets of k features, let feature i be in f_i of them, and let M = k m' be
the sum of all f_i. Theorem (k = 2: McKay 1985; k > 2: Blinovsky and Greenhill 2016). The number of
such sets of gates is

    M! / (m'! k!^m' prod f_i!) * exp(-(k - 1) S / (2 M) - r),    S = sum f_i (f_i - 1).

The first factor counts the ways to deal out f_i copies of every feature. The exponent is that of
the probability that no gate reads a feature twice and no gate comes twice: r is the number of equal
gates expected, (k - 1)!^2 S^k / (2 k! M^(2k-2)), which is S^2 / (4 M^2) for pairs. (For k > 2 the
theorem has r = 0, because r is then smaller than its error.) The relative error is O(f^4 / M) for
pairs and O(k^4 f^3 / M) otherwise, f being the largest influence, with an unknown constant.

The theorem is used as long as that error, with a constant of 1, is less than one part in a hundred
of the bits. Where influences are more uneven, sets of pairs are counted by `pair_entropy.py`, and
sets of wider gates are not counted.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln

from polyseme.limits.pair_entropy import MOST_CLASSES, pair_set_bits

_TOLERATED = 0.01


@dataclass(frozen=True)
class InfluenceCount:
    """About log2 of a number of sets of gates; `source` is a key of `PUBLICATIONS`."""

    bits: float
    source: str


def gate_sets_with_influence(
    inputs: int, influence: NDArray[np.int64], features: NDArray[np.int64]
) -> InfluenceCount | None:
    """Count the sets of distinct gates of `inputs` features with these influences.

    `features` says how many features have each influence; all influences differ, and none is 0.
    The result is None where no formula is good enough.
    """
    literals, heaviest = float(influence @ features), float(influence.max())
    error = heaviest**4 if inputs == 2 else heaviest**3 * inputs**4
    bits = sparse_gate_set_bits(inputs, influence, features)
    if error / literals <= _TOLERATED * bits:
        theorem = "mckay1985asymptotics" if inputs == 2 else "blinovsky2016asymptotic"
        return InfluenceCount(bits, theorem)
    if inputs == 2 and len(influence) <= MOST_CLASSES:
        return InfluenceCount(max(0.0, pair_set_bits(influence, features)), "barvinok2013number")
    return None


def sparse_gate_set_bits(
    inputs: int, influence: NDArray[np.int64], features: NDArray[np.int64]
) -> float:
    """Return the theorem's log2 of the number of sets of gates."""
    reads = influence.astype(np.float64)
    literals, twice = float(reads @ features), float((reads * (reads - 1)) @ features)
    gates = literals / inputs
    dealt = math.lgamma(literals + 1) - math.lgamma(gates + 1)
    dealt -= gates * math.lgamma(inputs + 1) + float(gammaln(reads + 1) @ features)
    return (dealt - (inputs - 1) * twice / (2 * literals) - _equal(inputs, literals, twice)) / (
        math.log(2)
    )


def _equal(inputs: int, literals: float, twice: float) -> float:
    """Return the number of equal gates that are expected, r."""
    if not twice:
        return 0.0
    logarithm = 2 * math.lgamma(inputs) - math.lgamma(inputs + 1)
    logarithm += inputs * math.log(twice) - (2 * inputs - 2) * math.log(literals)
    return math.exp(min(logarithm, 700.0)) / 2
