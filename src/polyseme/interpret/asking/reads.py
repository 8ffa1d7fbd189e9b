"""Reads of units, from weights: of features in the first layer, of columns in deeper ones.

What a unit reads of a feature is the sum of its weights on the feature's code: what the feature,
on alone, adds to its sum. In deeper layers the same is said of the columns of the layer below,
whose codes only the answer key has.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from polyseme.codes.code import SparseCode
from polyseme.errors import OptionError
from polyseme.networks.network import Network

_BLOCK = 256


@dataclass(frozen=True, eq=False)
class Reads:
    """The code of what a layer reads, and a name for each of these things."""

    code: SparseCode
    wires: NDArray[np.int64]

    @classmethod
    def of(cls, network: Network, layer: int) -> Reads:
        """Return what a layer reads.

        Raises OptionError for a deeper layer of a network without a key.
        """
        if layer == 0:
            code = network.encoder.code
            return cls(code, np.arange(code.features))
        if network.key is None:
            raise OptionError(
                f"layer {layer} reads columns of the layer below, which only an answer key names"
            )
        below = network.key.layers[layer - 1]
        return cls(below.code, below.wires.astype(np.int64))

    def name(self, network: Network, column: int) -> str:
        """Return the name of a column."""
        wire = int(self.wires[column])
        features = network.encoder.features
        if 0 <= wire < len(features):
            return features[wire]
        if network.key is None or wire < 0:
            return f"column {column}"
        return network.key.circuit.known_as(wire).strip("'")


def reads_of_unit(network: Network, unit: int, layer: int) -> NDArray[np.int64]:
    """Return what a unit reads of every column below, int64 (columns,)."""
    code = Reads.of(network, layer).code
    row = network.layers[layer].weights[[unit]]
    dense = np.asarray(row.toarray() if sp.issparse(row) else row, np.int64).ravel()
    return np.asarray((dense[code.positions] * code.signs).sum(axis=1))


def reads_of_column(network: Network, column: int, layer: int) -> NDArray[np.int64]:
    """Return what every unit of a layer reads of one column below, int64 (units,)."""
    code = Reads.of(network, layer).code
    columns = network.layers[layer].weights[:, code.positions[column]]
    dense = np.asarray(columns.toarray() if sp.issparse(columns) else columns, np.int64)
    return np.asarray(dense @ code.signs[column].astype(np.int64))


def effective_numbers(network: Network, layer: int) -> NDArray[np.float64]:
    """Return the effective number of columns that each unit reads, float64 (units,).

    It is (sum of r^2)^2 / sum of r^4 over the reads r of a unit: k for k equal reads and no others.
    A unit that reads nothing has 0.
    """
    code = Reads.of(network, layer).code
    decode = code.matrix()
    weights = network.layers[layer].weights
    found = []
    for begin in range(0, weights.shape[0], _BLOCK):
        rows = weights[begin : begin + _BLOCK]
        dense = np.asarray(rows.toarray() if sp.issparse(rows) else rows, np.float32)
        squares = np.asarray(decode @ dense.T, np.float64) ** 2
        above, below = squares.sum(axis=0) ** 2, (squares**2).sum(axis=0)
        found.append(np.divide(above, below, out=np.zeros_like(above), where=below > 0))
    return np.concatenate(found)
