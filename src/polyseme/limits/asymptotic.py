"""The bounds of Adler and Shavit, with the constants that make them true at every size.

Adler and Shavit 2024, *On the Complexity of Neural Computation in Superposition*: computing m'
features (the outputs of a permutation, or of pairwise logic) takes Omega(m' log m') parameters and
Omega(sqrt(m' log m')) neurons, so that n neurons compute at most O(n^2 / log n) features. With b
bits per parameter, log2 m'! >= m' log2(m' / e) bounds permutations. The same m' log2(m' / e) bounds
sets of m' pairs of m features, of which there are
(m choose 2 choose m') >= ((m choose 2) / m')^m', as long as m' <= sqrt(e (m choose 2)).
"""

from __future__ import annotations

import math

from polyseme.errors import OptionError


def least_parameters(outputs: int, bits_per_weight: float) -> float:
    """Number of parameters for m' outputs: m' log2(m' / e) / b, and never below 0.

    Raises OptionError without outputs, or for weights that hold no bits.
    """
    if outputs < 1 or not bits_per_weight > 0:
        raise OptionError(
            f"{outputs} outputs at {bits_per_weight} bits per weight: needs an output and some bits"
        )
    return max(0.0, outputs * math.log2(outputs / math.e) / bits_per_weight)


def least_neurons(outputs: int, bits_per_weight: float) -> float:
    """Number of neurons n of the n x n layer with those parameters: sqrt(m' log2(m' / e) / b).

    Raises OptionError as `least_parameters` does.
    """
    return math.sqrt(least_parameters(outputs, bits_per_weight))
