"""The loss of the reads of a linear layer: squares of what is beyond limits, over all features.

Through W, outputs read M = R W A^T of the features, R and A being codes. The loss is

    sum over foreign reads of (M - upper)_+^2 + (-lower - M)_+^2, and over own reads of (M - 1)^2,

which is convex in W, and 0 only if the layer is right on every input (`limit.py`). No input is
sampled. Codes are unions of orthogonal bases, so M is never stored: fast transforms give the reads
of a group of outputs and a run of features at a time.

Memory: 4 bytes per unit and feature for what units read, and as many for the slope along that.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from polyseme.learning.refinement.readings.metric import in_pieces
from polyseme.learning.refinement.readings.reading_loss import Slope
from polyseme.learning.refinement.worst_case import kernel
from polyseme.learning.refinement.worst_case.blocks import Blocks
from polyseme.learning.refinement.worst_case.limit import Limits

Floats = NDArray[np.float32]

UNITS = 64
_LARGEST = 1e30


class WorstCaseLoss:
    """The loss of W, float32 (units, dimensions)."""

    def __init__(
        self, outputs: Blocks, inputs: Blocks, own: NDArray[np.int32], limits: Limits, units: int
    ) -> None:
        """Keep the codes, the features `own` (outputs, inputs) of every output, and the limits."""
        self._outputs = (outputs.places, outputs.flips)
        self._inputs = (inputs.places, inputs.flips)
        self._own = np.ascontiguousarray(own, np.int32)
        # No read reaches a limit that is infinite, nor one so large.
        self._upper, self._lower = (
            np.float32(min(one, _LARGEST)) for one in (limits.upper, limits.lower)
        )
        self._reads = np.empty((units, inputs.words), np.float32)
        self._slopes = np.empty_like(self._reads)

    def __call__(self, weights: Floats) -> Slope:
        """Return the loss of W and its slope."""
        units, features = self._reads.shape
        reads, slopes, spread = self._reads, self._slopes, np.empty_like(weights)
        places, flips = self._outputs
        in_pieces(
            lambda first, last: kernel.read_features(first, last, weights, *self._inputs, reads),
            units,
            UNITS,
        )
        losses = in_pieces(
            lambda first, last: kernel.slope_of_run(
                first, last, reads, places, flips, self._own, self._upper, self._lower, slopes
            ),
            features,
            kernel.RUN,
        )
        in_pieces(
            lambda first, last: kernel.spread_slopes(first, last, slopes, *self._inputs, spread),
            units,
            UNITS,
        )
        spread *= np.float32(2)
        return Slope(float(sum(losses)), spread, spread)
