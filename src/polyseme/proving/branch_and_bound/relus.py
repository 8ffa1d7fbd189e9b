"""One hidden layer as weighted ReLUs of sums of features, in whole numbers.

A clipped unit is two ReLUs: its own, and one that begins at its cap and is subtracted.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from polyseme.common.ragged import row_numbers
from polyseme.errors import CapacityError, OptionError
from polyseme.networks.activation import Clip, Relu
from polyseme.networks.checks import EXACT, check_whole
from polyseme.networks.network import Network

# Reads that are held, at most: 4 GB as int16.
MOST_READS = 2_000_000_000
_BLOCK_UNITS = 256


@dataclass(frozen=True, eq=False)
class Relus:
    """The ReLUs that every output reads.

    Shapes: `reads` int16 or int32 (units, features), what each unit reads of each feature; `bias`
    int64 (units,); `lowest` int64 (units,), the least read of each; `offsets` int64 (outputs + 1,)
    cuts `unit` and `weight` int64 into one run per output. `cap` is that of clipped units, else
    None. `thresholds` float64 (outputs,) are in the units of the sums: an output is on where its
    sum is at least that.
    """

    reads: NDArray[Any]
    lowest: NDArray[np.int64]
    bias: NDArray[np.int64]
    cap: int | None
    offsets: NDArray[np.int64]
    unit: NDArray[np.int64]
    weight: NDArray[np.int64]
    thresholds: NDArray[np.float64]

    @classmethod
    def of(cls, network: Network, active: int) -> Relus:
        """Return the ReLUs of a network, for inputs with at most `active` features on.

        Raises:
            OptionError: The network has several layers, units that square, or carried numbers.
            CapacityError: It has too many reads, or a sum may be too large for float32.
        """
        check_whole(network)
        check_layer(network)
        layer, readout = network.layers[0], network.readout
        reads = _reads(network)
        relus = cls(
            reads,
            reads.min(axis=1).astype(np.int64),
            layer.bias.astype(np.int64),
            layer.activation.cap if isinstance(layer.activation, Clip) else None,
            readout.offsets.astype(np.int64),
            readout.neurons.astype(np.int64),
            readout.weights.astype(np.int64),
            readout.thresholds.astype(np.float64) / layer.scale,
        )
        relus.check_sums(active)
        return relus

    def check_sums(self, active: int) -> None:
        """Raise CapacityError unless float32 holds every sum, with so many features on."""
        reach = np.abs(self.bias) + active * _loudest(self.reads)
        # A ReLU gives nothing below 0, so a negative bias makes what outputs add up smaller.
        most_read = self.reads.max(axis=1, initial=0).astype(np.int64)
        given = np.maximum(self.bias + active * most_read, 0)
        reader = row_numbers(np.diff(self.offsets))
        sums = np.bincount(reader, np.abs(self.weight) * given[self.unit], len(self.thresholds))
        most = max(int(sums.max(initial=0)), int(reach.max()))
        if most >= EXACT:
            raise CapacityError(
                f"readings of this network may reach {most:,} with {active:,} features on, and "
                f"float32 holds them exactly only below {EXACT:,}"
            )

    def of_output(self, output: int) -> OfOutput:
        """Return the ReLUs that an output reads."""
        run = slice(int(self.offsets[output]), int(self.offsets[output + 1]))
        unit, weight = self.unit[run], self.weight[run]
        if self.cap is None:
            return OfOutput(self.reads[unit], self.lowest[unit], self.bias[unit], weight)
        both = np.concatenate((unit, unit))
        bias = np.concatenate((self.bias[unit], self.bias[unit] - self.cap))
        weights = np.concatenate((weight, -weight))
        return OfOutput(self.reads[both], self.lowest[both], bias, weights)


class OfOutput(NamedTuple):
    """The ReLUs of one output: reads (ReLUs, features), least reads, biases and weights."""

    reads: NDArray[Any]
    lowest: NDArray[np.int64]
    bias: NDArray[np.int64]
    weight: NDArray[np.int64]


def check_layer(network: Network) -> None:
    """Raise OptionError unless a network is one hidden layer of ReLUs or clipped units."""
    layer, found = network.layers[0], None
    if len(network.layers) > 1:
        found = f"this network has {len(network.layers)} hidden layers"
    elif not isinstance(layer.activation, Relu | Clip):
        found = f"the activation of this network is a {layer.activation.name}"
    elif len(layer.carried):
        found = f"this layer passes on {len(layer.carried):,} numbers"
    if found:
        raise OptionError(f"branch and bound serves one hidden layer of ReLUs; {found}")


def _loudest(reads: NDArray[Any]) -> NDArray[np.int64]:
    most = reads.max(axis=1, initial=0).astype(np.int64)
    return np.asarray(np.maximum(most, -reads.min(axis=1, initial=0).astype(np.int64)))


def _reads(network: Network) -> NDArray[Any]:
    """Return what every unit reads of every feature, (units, features)."""
    layer, code = network.layers[0], network.encoder.code
    if layer.units * code.features > MOST_READS:
        raise CapacityError(
            f"{layer.units:,} units read {code.features:,} features: more than {MOST_READS:,} "
            "reads are not held"
        )
    weights = layer.weights.data if layer.is_sparse else layer.weights
    widest = max(int(weights.max(initial=0)), -int(weights.min(initial=0)))
    if widest * code.weight >= EXACT:
        raise CapacityError(f"a unit reads {code.weight:,} numbers with weights of {widest:,}")
    kind = np.int16 if widest * code.weight < 2**15 else np.int32
    reads = np.empty((layer.units, code.features), kind)
    decode = code.matrix()
    for begin in range(0, layer.units, _BLOCK_UNITS):
        rows = layer.weights[begin : begin + _BLOCK_UNITS]
        dense = np.asarray(rows.toarray() if sp.issparse(rows) else rows).astype(np.float32)
        # Float32 holds these sums exactly.
        reads[begin : begin + len(dense)] = (decode @ dense.T).T
    return reads
