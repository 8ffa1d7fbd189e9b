"""The descent of the weights and biases of one layer, on samples of what the layer below writes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from polyseme.learning.refinement.depth.kernel import adam_step, add_slopes

Floats = NDArray[np.float32]

# Samples per step. A unit hears few of the columns below in any one sample.
BATCH = 2048
# The most that a weight moves in one of the first steps, as a share of the strength 1 of a read,
# and the distance that sums keep from the bends, in such reads.
_RATE, _MARGIN = 0.01, 0.3
# A unit that is off though it should be on counts for more: all units of a column lack the same
# reads, and are missed together, while those that are on by mistake are of many columns.
_ON_WEIGHT = 4.0
_MEAN, _SQUARE = 0.9, 0.99


@dataclass(frozen=True, eq=False)
class Samples:
    """Numbers that a layer reads in samples, and the units of it that should be on in them.

    Both are csr_array float32 (samples, numbers below) and bool (samples, units).
    """

    read: sp.csr_array
    wanted: sp.csr_array


@dataclass(frozen=True, eq=False)
class Weights:
    """Weights (numbers below, units) and biases (units,) of a layer, float32, in reads."""

    weights: Floats
    bias: Floats


def descended(
    begun: Weights, full: float, samples: Samples, steps: int, watch: Callable[[int], None]
) -> Weights:
    """Return weights and biases after so many steps, which take the samples in turn.

    `full` is the sum from which a unit is on, in reads. Steps shrink towards 0 as a cosine does.
    `watch` is told the steps made after each.
    """
    weights, bias = begun.weights.copy(), begun.bias.copy()
    # Slopes, means and mean squares of the weights and of the biases.
    moments = [[np.zeros(values.size, np.float32) for _ in range(3)] for values in (weights, bias)]
    read, wanted = samples.read, samples.wanted
    batches = max(1, read.shape[0] // BATCH)
    for step in range(steps):
        first = step % batches * BATCH
        add_slopes(
            first,
            min(first + BATCH, read.shape[0]),
            read.indptr,
            read.indices,
            read.data,
            wanted.indptr,
            wanted.indices,
            weights,
            bias,
            _MARGIN,
            full,
            _ON_WEIGHT,
            moments[0][0].reshape(weights.shape),
            moments[1][0],
        )
        rate = _RATE * (1 + np.cos(np.pi * step / steps)) / 2
        for values, (slopes, mean, square) in zip((weights, bias), moments, strict=True):
            adam_step(values.ravel(), slopes, mean, square, rate, _MEAN, _SQUARE, step + 1)
        watch(step + 1)
    return Weights(weights, bias)
