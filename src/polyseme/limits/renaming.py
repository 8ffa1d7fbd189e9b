"""Count the functions that renaming its features makes of a circuit, whatever its depth.

Renaming the features of a function of m features makes m! / A functions, A being the number of
renamings that change nothing. Such a renaming takes every feature to a feature that, switched on
alone, switches on the same outputs. Call these features alike. Then A is at most the product of the
factorials of the numbers of alike features, and m! over this product is a lower bound on the number
of different functions, whatever the circuit. A network that receives the features from a fixed
encoder must hold which of these functions it computes.
"""

from __future__ import annotations

import math
from collections import Counter

import numpy as np

from polyseme.circuits.circuit import Circuit
from polyseme.circuits.evaluate import evaluate_sparse
from polyseme.limits.combinatorics import log2_factorial

# Number of wires held at once, and number of samples in the first batch.
_HELD_WIRES = 2**25
_FEWEST_AT_ONCE = 64
# Once this many outputs have been switched on, no further feature is tried, and only the features
# tried so far are renamed.
_TRIED_OUTPUTS = 2**24


def renaming_bits(circuit: Circuit) -> float:
    """Return log2 of a lower bound on the number of functions that renaming features makes.

    Outputs keep their names. Features that switch on no output alone count as alike, so a circuit
    whose outputs all need several features has 0 bits.
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
