"""The lowest and highest readings of every output over all inputs, in whole numbers.

As long as no ReLU bends, a reading is a sum of reads. Over all inputs with at most s features on,
the lowest of a satisfied output is the sum of its own reads and of the s - k lowest others below 0;
the highest of any other is, over t < k, that of its t largest own reads and of the s - t largest
others above 0.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from polyseme.learning.refinement.readings.metric import in_pieces
from polyseme.learning.refinement.worst_case.blocks import Blocks
from polyseme.learning.refinement.worst_case.extremes_kernel import extremes_of_outputs
from polyseme.learning.refinement.worst_case.kernel import read_features
from polyseme.learning.refinement.worst_case.loss import UNITS

Wholes = NDArray[np.int64]

_GROUPS = 16


@dataclass(frozen=True, eq=False)
class Extremes:
    """Readings above those at rest, as whole numbers, and how far reads take a unit down.

    `lowest_on` and `highest_off` are int64 (outputs,). `deepest` is the largest fall of any unit's
    sum within the promise: with such a bias no ReLU ever bends. `own` is the mean own read.
    """

    lowest_on: Wholes
    highest_off: Wholes
    deepest: int
    own: float

    @property
    def certified(self) -> bool:
        """True if one threshold decides every output rightly on every input."""
        return int(self.lowest_on.min()) > int(self.highest_off.max())

    @property
    def level(self) -> float:
        """The threshold half-way between on and off, at which no reading can be."""
        return (int(self.lowest_on.min()) + int(self.highest_off.max())) // 2 + 0.5


def extremes(
    weights: NDArray[np.int8] | NDArray[np.int16],
    outputs: Blocks,
    inputs: Blocks,
    own: NDArray[np.int32],
    active: int,
) -> Extremes:
    """Return the extremes over all inputs with at most `active` features on.

    Args:
        weights: W (units, dimensions).
        outputs: The codes of the outputs on units.
        inputs: The codes of the features on dimensions.
        own: The features of every output, int32 (outputs, inputs).
        active: The most features on, at least as many as an output has inputs.
    """
    whole = weights.astype(np.int32)
    reads = np.empty((len(whole), inputs.words), np.int32)
    of_inputs = (inputs.places, inputs.flips.astype(np.int32))
    deepest = in_pieces(
        lambda first, last: _deepest(first, last, whole, *of_inputs, reads, active),
        len(whole),
        UNITS,
    )
    mine = np.zeros(own.shape, np.int32)
    largest, smallest = (np.zeros((len(own), active), np.int32) for _ in range(2))
    of_outputs = (outputs.places, outputs.flips.astype(np.int32))
    blocks, _, groups = outputs.places.shape
    in_pieces(
        lambda first, last: extremes_of_outputs(
            first, last, reads, *of_outputs, own, mine, largest, smallest
        ),
        blocks * groups,
        _GROUPS,
    )
    above, below = _sums(largest), _sums(smallest)
    falling = _sums(-np.sort(-mine, axis=1))
    width = own.shape[1]
    highest = [falling[:, on] + above[:, active - on] for on in range(width)]
    return Extremes(
        falling[:, width] + below[:, active - width],
        np.max(highest, axis=0),
        max(deepest),
        float(mine.mean()),
    )


def _deepest(
    first: int,
    last: int,
    weights: NDArray[np.int32],
    places: NDArray[np.int32],
    flips: NDArray[np.int32],
    reads: NDArray[np.int32],
    active: int,
) -> int:
    """Fill the reads of some units, and return how far a sum can fall."""
    read_features(first, last, weights, places, flips, reads)
    if first == last:
        return 0
    lowest = np.partition(reads[first:last], active - 1, axis=1)[:, :active]
    return int(-np.minimum(lowest, 0).sum(axis=1, dtype=np.int64).min())


def _sums(values: NDArray[np.int32]) -> Wholes:
    """Return the sums of the first 0, 1, ... columns."""
    sums = np.zeros((len(values), values.shape[1] + 1), np.int64)
    np.cumsum(values, axis=1, out=sums[:, 1:])
    return sums
