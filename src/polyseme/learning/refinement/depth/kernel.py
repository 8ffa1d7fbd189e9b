"""Slopes of the loss of one layer on sparse samples, and steps of Adam: loops, compiled by numba.

A sum below 0 turns a clipped unit off and one above `full` turns it on. The loss of a unit that
should be off is the square of what its sum lacks to be a margin below 0, that of a unit that should
be on the square of what its sum lacks to be a margin above `full`. Few units lack anything, and few
numbers of the layer below are not 0, so the slopes are sums of few products.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from polyseme.learning.refinement.readings.machine_code import compiled

Floats = NDArray[np.float32]
Wholes = NDArray[np.int32]


@compiled
def add_slopes(
    first: int,
    last: int,
    offsets: Wholes,
    places: Wholes,
    values: Floats,
    wanted_offsets: Wholes,
    wanted: Wholes,
    weights: Floats,
    bias: Floats,
    margin: float,
    full: float,
    on_weight: float,
    slopes: Floats,
    bias_slopes: Floats,
) -> float:
    """Add the slopes of the samples from `first` up to `last`, and return their loss.

    `weights` and `slopes` are (numbers below, units). The numbers of sample i are `values` in
    `places`, those from `offsets[i]` on; the units that should be on in it are listed likewise.
    """
    units, loss = len(bias), 0.0
    sums, lacks = np.empty(units, np.float32), np.empty(units, np.float32)
    lacking, is_on = np.empty(units, np.int32), np.zeros(units, np.bool_)
    above, below = np.float32(full + margin), np.float32(margin)
    factor = np.float32(on_weight)
    for sample in range(first, last):
        sums[:] = bias
        for entry in range(offsets[sample], offsets[sample + 1]):
            row, value = weights[places[entry]], values[entry]
            for unit in range(units):
                sums[unit] += value * row[unit]
        ons = wanted[wanted_offsets[sample] : wanted_offsets[sample + 1]]
        for unit in ons:
            is_on[unit] = True
        found = 0
        for unit in range(units):
            lack = min(sums[unit] - above, np.float32(0)) if is_on[unit] else sums[unit] + below
            if (lack > 0) != (is_on[unit] and lack < 0):
                lacking[found], lacks[found] = unit, lack
                found += 1
        for number in range(found):
            lack = lacks[number]
            if is_on[lacking[number]]:
                lacks[number] *= factor
            loss += lack * lacks[number]
            bias_slopes[lacking[number]] += lacks[number]
        for unit in ons:
            is_on[unit] = False
        for entry in range(offsets[sample], offsets[sample + 1]):
            row, value = slopes[places[entry]], values[entry]
            for number in range(found):
                row[lacking[number]] += value * lacks[number]
    return loss


@compiled
def adam_step(
    values: Floats,
    slopes: Floats,
    mean: Floats,
    square: Floats,
    rate: float,
    mean_kept: float,
    square_kept: float,
    steps: int,
) -> None:
    """Make step number `steps`, counted from 1, of Adam, and set the slopes to 0; all are flat."""
    kept, new = np.float32(mean_kept), np.float32(1 - mean_kept)
    kept_square, new_square = np.float32(square_kept), np.float32(1 - square_kept)
    step = np.float32(rate / (1 - mean_kept**steps))
    spread = np.float32(1 / (1 - square_kept**steps))
    tiny = np.float32(1e-8)
    for place in range(len(values)):
        slope = slopes[place]
        mean[place] = kept * mean[place] + new * slope
        square[place] = kept_square * square[place] + new_square * slope * slope
        values[place] -= step * mean[place] / (np.sqrt(spread * square[place]) + tiny)
        slopes[place] = 0
