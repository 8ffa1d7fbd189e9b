"""Readings of single outputs: each sample is read by one output of its own."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from polyseme.common.ragged import row_numbers, select_rows
from polyseme.networks.run import LayerRunner
from polyseme.verification.extremes import Floats
from polyseme.verification.sampling import batches


def own_readings(
    runner: LayerRunner,
    rows: NDArray[np.int32],
    outputs: NDArray[np.int64],
    rest: Floats,
) -> NDArray[np.float64]:
    """Return the reading of output `outputs[i]` on row i, float64 (rows,).

    `rest` float32 (units,) are activations of the last hidden layer that count as zero.
    """
    readout = runner.network.readout
    readings = np.empty(len(rows))
    widest = max(layer.width for layer in runner.network.layers)
    for begin, batch in batches(rows, max(16, 8_000_000 // widest)):
        hidden = runner.hidden(runner.encode(batch), sparse=True) - rest
        offsets, places = select_rows(readout.offsets, outputs[begin : begin + len(batch)])
        sample = row_numbers(np.diff(offsets))
        read = hidden[sample, readout.neurons[places]] * readout.weights[places]
        readings[begin : begin + len(batch)] = np.bincount(sample, read, len(batch))
    return readings
