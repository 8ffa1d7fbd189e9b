"""The largest and smallest foreign reads of every output, in whole numbers: for numba."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from polyseme.learning.refinement.readings.machine_code import compiled
from polyseme.learning.refinement.worst_case.kernel import RUN, transform

Wholes = NDArray[np.int32]


@compiled
def extremes_of_outputs(
    first: int,
    last: int,
    reads: Wholes,
    places: Wholes,
    flips: Wholes,
    own: Wholes,
    own_reads: Wholes,
    largest: Wholes,
    smallest: Wholes,
) -> None:
    """Fill the rows of outputs on groups `first` to `last`, counted over all blocks.

    `reads` (units, features) are those of units. `own_reads` (outputs, inputs) are those of the
    features `own`. `largest` and `smallest` (outputs, count) begin as zeros, and hold the foreign
    reads farthest above and below 0, the farthest first.
    """
    _, weight, groups = places.shape
    features, count = reads.shape[1], largest.shape[1]
    rows = np.empty((weight, RUN), np.int32)
    for number_of_group in range(first, last):
        block, group = number_of_group // groups, number_of_group % groups
        start = block * weight * groups + group
        for begin in range(0, features, RUN):
            width = min(RUN, features - begin)
            for number in range(weight):
                source = reads[places[block, number, group], begin : begin + width]
                sign, row = flips[block, number, group], rows[number]
                for place in range(width):
                    row[place] = sign * source[place]
            transform(rows, width)
            for number in range(weight):
                output, row = start + number * groups, rows[number]
                if output >= len(own):
                    break
                for which in range(own.shape[1]):
                    place = own[output, which] - begin
                    if 0 <= place < width:
                        own_reads[output, which] = row[place]
                        row[place] = 0
                high, low = np.int32(0), np.int32(0)
                for place in range(width):
                    high = max(high, row[place])
                    low = min(low, row[place])
                if high > largest[output, count - 1]:
                    for place in range(width):
                        insert(largest[output], row[place])
                if low < smallest[output, count - 1]:
                    for place in range(width):
                        insert_low(smallest[output], row[place])


@compiled
def insert(falling: Wholes, value: np.int32) -> None:
    """Put a value into its place among falling ones, of which the last drops out."""
    place = len(falling) - 1
    if value <= falling[place]:
        return
    while place and falling[place - 1] < value:
        falling[place] = falling[place - 1]
        place -= 1
    falling[place] = value


@compiled
def insert_low(rising: Wholes, value: np.int32) -> None:
    """Put a value into its place among rising ones, of which the last drops out."""
    place = len(rising) - 1
    if value >= rising[place]:
        return
    while place and rising[place - 1] > value:
        rising[place] = rising[place - 1]
        place -= 1
    rising[place] = value
