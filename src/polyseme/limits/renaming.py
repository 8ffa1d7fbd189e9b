"""Functions that differ by which feature plays which part: a count for circuits of any depth.

Renaming the features of a function of m features makes m! / A functions, A being the renamings that
change nothing. Such a renaming takes every feature to one that, switched on alone, switches on the
same outputs. So A is at most the product of the factorials of how many features are alike in this,
and what is left is a count of different functions, whatever the circuit: a network that is told the
features by a fixed encoder must know which of them it computes.
"""

from __future__ import annotations

import math
from collections import Counter

import numpy as np

from polyseme.circuits.circuit import Circuit
from polyseme.circuits.evaluate import evaluate_sparse
from polyseme.limits.combinatorics import log2_factorial

# Wires held at a time, and how many samples go through the circuit at once at first.
_HELD_WIRES = 2**25
_FEWEST_AT_ONCE = 64
# After so many outputs were switched on, only the features tried until then are renamed.
_TRIED_OUTPUTS = 2**24


def renaming_bits(circuit: Circuit) -> float:
    """log2 of how many functions renaming a circuit's features makes at least.

    Outputs keep their names. Features that switch nothing on alone count as alike, so circuits that
    need several features for anything are given 0 bits.
    """
    features = len(circuit.features)
    alike: Counter[bytes] = Counter()
    at_once = max(1, min(_FEWEST_AT_ONCE, _HELD_WIRES // circuit.wires))
    tried, switched = 0, 0
    while tried < features and switched < _TRIED_OUTPUTS:
        alone = np.arange(tried, min(features, tried + at_once), dtype=np.int32)
        outputs = evaluate_sparse(circuit, alone[:, None])
        outputs.sort_indices()
        runs = zip(outputs.indptr[:-1].tolist(), outputs.indptr[1:].tolist(), strict=True)
        alike.update(outputs.indices[begin:end].tobytes() for begin, end in runs)
        tried += len(alone)
        switched += outputs.nnz
        if outputs.nnz <= 4 * len(alone):
            at_once = max(1, min(4 * at_once, _HELD_WIRES // 16))
    return log2_factorial(tried) - math.fsum(log2_factorial(count) for count in alike.values())
