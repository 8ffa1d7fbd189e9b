"""The least and the largest value of every number in a network, and up to where it matters.

A number *matters* up to a value if nothing that reads it tells that value from any larger one: an
OR that adds up its groups does not tell two of them from three. Numbers that stand for 0 or 1 in an
exact network may have sums without end on inputs beyond the promise, but matter only up to 1.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from polyseme.common.ragged import row_numbers
from polyseme.networks.layer import Layer
from polyseme.networks.network import Network
from polyseme.networks.run import readout_matrix

# Share of a threshold that is less than any difference of readings that float32 holds exactly.
_BEYOND = 2.0**-45


@dataclass(frozen=True, eq=False)
class Ranges:
    """Bounds of what the encoder and every layer write, float64 (width,) each, from first to last.

    Attributes:
        lowest: A lower bound of every number.
        highest: An upper bound.
        matters: The value from which on larger ones make no difference to any output; at least
            `lowest`. It is not above `highest`.
    """

    lowest: list[NDArray[np.float64]]
    highest: list[NDArray[np.float64]]
    matters: list[NDArray[np.float64]]


@dataclass(frozen=True, eq=False)
class _Sums:
    """Weighted sums of numbers by entries, and the least and the largest value of each.

    Shapes: `row`, `column` and `weight` (entries,); `lowest` and `highest` (rows,).
    """

    row: NDArray[np.int64]
    column: NDArray[np.int32]
    weight: NDArray[np.float64]
    lowest: NDArray[np.float64]
    highest: NDArray[np.float64]

    def matters(
        self,
        low: NDArray[np.float64],
        none_below: NDArray[np.float64],
        all_from: NDArray[np.float64],
    ) -> NDArray[np.float64]:
        """Return up to where every number matters to sums, of which all that are at least
        `all_from` are alike, and all that are at most `none_below`.

        However small the other numbers are, from there on a sum with a positive weight is at least
        `all_from`; and with a negative one it is at most `none_below`, however large they are.
        """
        low_here = low[self.column]
        up = (all_from - self.lowest)[self.row] / np.abs(self.weight)
        down = (self.highest - none_below)[self.row] / np.abs(self.weight)
        found = low.copy()
        enough = low_here + np.maximum(np.where(self.weight > 0, up, down), 0)
        np.maximum.at(found, self.column, enough)
        return found


def ranges_of(network: Network) -> Ranges:
    """Return the bounds of all numbers of a network on all Boolean inputs."""
    code = network.encoder.code.matrix().astype(np.float64).tocsc()
    lowest = [np.asarray(code.minimum(0).sum(axis=0), np.float64)]
    highest = [np.asarray(code.maximum(0).sum(axis=0), np.float64)]
    sums = []
    for layer in network.layers:
        bias = layer.bias.astype(np.float64)
        sums.append(_added(sp.csr_array(layer.weights), bias, lowest[-1], highest[-1]))
        low, high = layer.activation.bounds(sums[-1].lowest, sums[-1].highest)
        lowest.append(np.concatenate((low * layer.scale, lowest[-1][layer.carried])))
        highest.append(np.concatenate((high * layer.scale, highest[-1][layer.carried])))
    readout = readout_matrix(network)
    read = _added(readout, np.zeros(readout.shape[0]), lowest[-1], highest[-1])
    threshold = network.readout.thresholds.astype(np.float64)
    # Readings below the threshold are alike; infinity is never reached.
    reached = np.where(np.isfinite(threshold), threshold, read.highest + 1)
    # A little beyond the threshold and then rounded up: no rounding of a quotient may make values
    # alike on both sides of it.
    beyond = _BEYOND * np.maximum(1, np.abs(reached))
    found = read.matters(lowest[-1], reached - beyond, reached + beyond)
    matters = [np.nextafter(found, np.inf)]
    for number in reversed(range(len(network.layers))):
        above, layer = matters[-1], network.layers[number]
        matters.append(_below(layer, sums[number], lowest[number], above))
    kept = [np.minimum(one, high) for one, high in zip(reversed(matters), highest, strict=True)]
    return Ranges(lowest, highest, kept)


def _added(
    weights: sp.csr_array,
    bias: NDArray[np.float64],
    lowest: NDArray[np.float64],
    highest: NDArray[np.float64],
) -> _Sums:
    row = row_numbers(np.diff(weights.indptr))
    weight, column = weights.data.astype(np.float64), weights.indices
    some = weight != 0
    row, weight, column = row[some], weight[some], column[some]
    plain = weight > 0
    least = weight * np.where(plain, lowest[column], highest[column])
    most = weight * np.where(plain, highest[column], lowest[column])
    count = len(bias)
    return _Sums(
        row,
        column,
        weight,
        bias + np.bincount(row, least, count),
        bias + np.bincount(row, most, count),
    )


def _below(
    layer: Layer, sums: _Sums, low: NDArray[np.float64], above: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return up to where the numbers matter that a layer reads, from those that it writes."""
    units = np.ceil(above[: layer.units] / layer.scale)
    found = sums.matters(low, np.zeros(layer.units), units)
    carried = above[layer.units :]
    found[layer.carried] = np.maximum(found[layer.carried], carried)
    return found
