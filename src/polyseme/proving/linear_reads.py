"""Reads of every feature through a hidden layer that does not bend.

As long as no ReLU bends, a reading is a sum: the part that comes from the biases, and a *read* for
each feature that is on. All reads of some outputs are one block of the matrix R W A^T, where R is
the readout, W the weights and A the code of the features. They are whole numbers, which float32
holds exactly.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from polyseme.codes.code import SparseCode
from polyseme.codes.shared_places import shared_places
from polyseme.common.ragged import places_in_rows, row_numbers, row_offsets
from polyseme.errors import CapacityError, OptionError
from polyseme.networks.activation import Relu
from polyseme.networks.checks import EXACT, check_whole
from polyseme.networks.network import Network

# Reads that are held at once in one thread: 32 MB as float32.
_BLOCK_NUMBERS = 1 << 23
_LEAST_ROWS = 16
# Features per group. The largest reads are looked for among the groups with the largest ones.
_GROUP = 16
Reads = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class FeatureGroups:
    """A code in groups of at most 16 features that have the same places.

    Shapes: `places` int32 (groups, weight); `signs` float32 (groups, size, weight), rows of 0 where
    a group has fewer features than others; `slot` int64 (features,), the row of each feature among
    all rows of all groups.
    """

    places: NDArray[np.int32]
    signs: Reads
    slot: NDArray[np.int64]

    @classmethod
    def of(cls, code: SparseCode) -> FeatureGroups:
        """Return the groups of a code."""
        places, which = shared_places(code.positions)
        counts = np.bincount(which, minlength=len(places))
        size = int(min(_GROUP, counts.max()))
        groups = -(-counts // size)
        order = np.argsort(which, kind="stable")
        slot = np.empty(code.features, np.int64)
        slot[order] = row_offsets(groups)[which[order]] * size + places_in_rows(counts)
        signs = np.zeros((int(groups.sum()) * size, code.weight), np.float32)
        signs[slot] = code.signs
        return cls(np.repeat(places, groups, axis=0), signs.reshape(-1, size, code.weight), slot)

    def reads(self, rows: Reads) -> Reads:
        """Return the read of every feature by rows of weights (rows, dimensions).

        The result has shape (groups, size, rows), and 0 where a group has no feature.
        """
        columns = np.ascontiguousarray(rows.T)
        found: Reads = np.matmul(self.signs, np.take(columns, self.places, axis=0))
        return found


@dataclass(frozen=True, eq=False)
class LinearReads:
    """The matrices of a network of one hidden layer, for readings while no ReLU bends.

    Shapes: `weights` (units, dimensions), `readout` (outputs, units), `bias` int64 (units,), `rest`
    int64 (outputs,), the readings that come from the biases alone.
    """

    weights: Any
    readout: sp.csr_array
    bias: NDArray[np.int64]
    rest: NDArray[np.int64]
    groups: FeatureGroups

    @classmethod
    def of(cls, network: Network, active: int) -> LinearReads:
        """Return the matrices of a network, for inputs with at most `active` features on.

        Raises:
            OptionError: The network is not one hidden layer of plain ReLUs, or one bends at rest.
            CapacityError: A sum may be too large for float32.
        """
        check_whole(network)
        _check_layer(network)
        _check_sums(network, active)
        layer, readout = network.layers[0], network.readout
        entries = (readout.weights.astype(np.int64), readout.neurons, readout.offsets)
        matrix = sp.csr_array(entries, shape=(len(readout.outputs), layer.width))
        bias = layer.bias.astype(np.int64)
        return cls(
            layer.weights.astype(np.float32),
            matrix.astype(np.float32),
            bias,
            matrix @ bias,
            FeatureGroups.of(network.encoder.code),
        )

    @property
    def rows(self) -> int:
        """Number of units and outputs."""
        return len(self.bias) + len(self.rest)

    def blocks(self, rows: int) -> Iterator[slice]:
        """Yield slices of so many rows whose reads are held at once."""
        size = max(
            _LEAST_ROWS, _BLOCK_NUMBERS // (self.groups.signs.shape[0] * self.groups.signs.shape[1])
        )
        for begin in range(0, rows, size):
            yield slice(begin, min(begin + size, rows))

    def of_units(self, some: slice) -> Reads:
        """Return what some units read of every feature, (groups, size, units)."""
        return self.groups.reads(_dense(self.weights[some]))

    def of_outputs(self, some: slice) -> Reads:
        """Return what some outputs read of every feature, (groups, size, outputs)."""
        return self.groups.reads(_dense(self.readout[some] @ self.weights))

    def of_output(self, output: int) -> NDArray[np.float64]:
        """Return what one output reads of every feature, float64 (features,)."""
        reads = self.of_outputs(slice(output, output + 1)).reshape(-1)
        return reads[self.groups.slot].astype(np.float64)


def largest(reads: Reads, count: int) -> NDArray[np.float64]:
    """Return the largest reads of each row, float64 (count, rows), falling.

    Reads below 0 count as 0. `reads` has shape (groups, size, rows).
    """
    groups, size, rows = reads.shape
    some = min(count, groups)
    # The largest reads are in the groups whose own largest ones are largest.
    leading = reads.max(axis=1)
    chosen = np.argpartition(leading, groups - some, axis=0)[groups - some :]
    found = reads[chosen[:, None], np.arange(size)[:, None], np.arange(rows)]
    falling = np.sort(found.reshape(-1, rows), axis=0)[::-1][:count]
    return np.asarray(np.maximum(falling, 0), np.float64)


def _check_layer(network: Network) -> None:
    """Raise OptionError unless a network is one hidden layer of ReLUs that do not bend at rest."""
    layer, found = network.layers[0], None
    if len(network.layers) > 1:
        found = f"this network has {len(network.layers)} hidden layers"
    elif layer.activation != Relu():
        found = f"the activation of this network is a {layer.activation.name}"
    elif len(layer.carried):
        found = f"this layer passes on {len(layer.carried):,} numbers"
    if found:
        raise OptionError(f"the worst case is a sum only in one hidden layer of ReLUs; {found}")
    if layer.bias.min() < 0:
        raise OptionError(bending(0))


def bending(on: int) -> str:
    """Return the refusal of a network of which a ReLU bends with one feature on, or none."""
    how = "bends with one feature on" if on else "is off at rest"
    return (
        f"the worst case of a network whose ReLUs bend is not a sum, and one {how}; verify "
        "samples inputs, or tries all where they are few"
    )


def _check_sums(network: Network, active: int) -> None:
    """Raise CapacityError unless float32 holds every sum exactly, with so many features on."""
    layer, readout = network.layers[0], network.readout
    reader = row_numbers(np.diff(readout.offsets))
    loudness = np.bincount(reader, np.abs(readout.weights.astype(np.int64)))
    weights = layer.weights.data if layer.is_sparse else layer.weights
    weight = max(int(weights.max(initial=0)), -int(weights.min(initial=0)))
    unit = int(layer.bias.max()) + active * weight * network.encoder.code.weight
    if max(1, int(loudness.max(initial=0))) * unit >= EXACT:
        raise CapacityError(
            f"readings of this network may reach {EXACT:,} with {active:,} features on, and "
            "float32 holds them exactly only below"
        )


def _dense(rows: Any) -> Reads:
    return np.asarray(rows.toarray() if sp.issparse(rows) else rows)
