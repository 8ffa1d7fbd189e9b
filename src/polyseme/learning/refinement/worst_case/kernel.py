"""The reads of units and outputs by fast transforms, and the slope of the loss: for numba.

Rows of a transform stand for the places of a group or the words on it, and numbers side by side
are transformed together: those of the groups of a block, or the reads of a run of features.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from polyseme.learning.refinement.readings.machine_code import compiled

Floats = NDArray[np.float32]
Wholes = NDArray[np.int32]
# Whole numbers or floats: sums of the first are exact.
Numbers = NDArray[Any]

# Features whose reads are transformed together, so that a group's stay in the cache.
RUN = 256
# With so few violations in a group, each adds to the slope by itself.
_FEW = 6


@compiled
def transform(rows: Numbers, count: int) -> None:
    """Multiply the first numbers of the rows, whose number is a power of two, by Hadamard's."""
    step = 1
    while step < len(rows):
        for begin in range(0, len(rows), 2 * step):
            for number in range(begin, begin + step):
                one, other = rows[number], rows[number + step]
                for place in range(count):
                    upper, lower = one[place], other[place]
                    one[place] = upper + lower
                    other[place] = upper - lower
        step *= 2


@compiled
def read_features(
    first: int, last: int, weights: Numbers, places: Wholes, flips: Numbers, reads: Numbers
) -> None:
    """Fill rows of H = W A^T (units, features), of the type of `weights`."""
    blocks, weight, groups = places.shape
    rows = np.empty((weight, groups), weights.dtype)
    features = reads.shape[1]
    for unit in range(first, last):
        for block in range(blocks):
            for number in range(weight):
                for group in range(groups):
                    sign = flips[block, number, group]
                    rows[number, group] = sign * weights[unit, places[block, number, group]]
            transform(rows, groups)
            begin = block * weight * groups
            for number in range(weight):
                row = begin + number * groups
                for group in range(min(groups, features - row)):
                    reads[unit, row + group] = rows[number, group]


@compiled
def spread_slopes(
    first: int, last: int, slopes: Floats, places: Wholes, flips: Floats, spread: Floats
) -> None:
    """Fill rows of G A (units, dimensions)."""
    blocks, weight, groups = places.shape
    rows = np.empty((weight, groups), np.float32)
    features = slopes.shape[1]
    for unit in range(first, last):
        spread[unit] = 0
        for block in range(blocks):
            begin = block * weight * groups
            for number in range(weight):
                row = begin + number * groups
                for group in range(groups):
                    inside = row + group < features
                    rows[number, group] = slopes[unit, row + group] if inside else 0
            transform(rows, groups)
            for number in range(weight):
                for group in range(groups):
                    place = places[block, number, group]
                    spread[unit, place] += flips[block, number, group] * rows[number, group]


@compiled
def slope_of_run(
    begin: int,
    end: int,
    reads: Floats,
    places: Wholes,
    flips: Floats,
    own: Wholes,
    upper: np.float32,
    lower: np.float32,
    slopes: Floats,
) -> float:
    """Return the loss of the reads of features `begin` to `end`; fill their columns of the slope.

    `reads` and `slopes` are (units, features); `places` and `flips` those of the outputs. Outputs
    should read the features `own` (outputs, inputs) at 1, and others from `-lower` to `upper`.
    """
    blocks, weight, groups = places.shape
    count = end - begin
    rows = np.empty((weight, RUN), np.float32)
    one, nothing = np.float32(1), np.float32(0)
    loss = 0.0
    slopes[:, begin:end] = 0
    for block in range(blocks):
        for group in range(groups):
            first = block * weight * groups + group
            if first >= len(own):
                break
            for number in range(weight):
                source = reads[places[block, number, group], begin:end]
                sign, row = flips[block, number, group], rows[number]
                for place in range(count):
                    row[place] = sign * source[place]
            transform(rows, count)
            beyond = 0
            for number in range(weight):
                output, row = first + number * groups, rows[number]
                if output >= len(own):
                    row[:count] = 0
                    continue
                for feature in own[output]:
                    if begin <= feature < end:
                        # An own read counts by its distance from 1, not by the limits.
                        error = row[feature - begin] - one
                        loss += error * error
                        row[feature - begin] = nothing
                        add_entry(slopes, places, flips, block, group, number, feature, error)
                total, some = nothing, 0
                for place in range(count):
                    value = row[place]
                    over = max(value - upper, nothing) + min(value + lower, nothing)
                    row[place] = over
                    total += over * over
                    some += over != 0
                loss += float(total)
                beyond += some
            if beyond == 0:
                continue
            if beyond <= _FEW:
                for number in range(weight):
                    row = rows[number]
                    for place in range(count):
                        if row[place] != 0:
                            add_entry(
                                slopes, places, flips, block, group, number,
                                begin + place, row[place],
                            )  # fmt: skip
                continue
            transform(rows, count)
            for number in range(weight):
                target = slopes[places[block, number, group], begin:end]
                sign, row = flips[block, number, group], rows[number]
                for place in range(count):
                    target[place] += sign * row[place]
    return loss


@compiled
def add_entry(
    slopes: Floats,
    places: Wholes,
    flips: Floats,
    block: int,
    group: int,
    word: int,
    feature: int,
    value: np.float32,
) -> None:
    """Add one entry of the slope along the reads of outputs to that along the reads of units."""
    for number in range(places.shape[1]):
        # The sign of a Hadamard matrix is the parity of the bits that row and column share.
        shared, odd = word & number, 0
        while shared:
            shared &= shared - 1
            odd ^= 1
        sign = -flips[block, number, group] if odd else flips[block, number, group]
        slopes[places[block, number, group], feature] += sign * value
