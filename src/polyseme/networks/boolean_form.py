"""Networks whose units are all ANDs: run from their weights for 64 samples at a time.

A ReLU over inputs of 0 and 1 whose largest sum is M is the AND of all that it reads, plain where
the weight is positive and negated where it is negative, if no weight is smaller than M: it reads M
if all those literals are on, and 0 as soon as one is off. If its scale makes M into 1, it writes 0
or 1, and the next layer may be looked at in the same way. Every unit of an exact network of several
layers is such a unit (`compiler/constructions/staged/one_unit_per_wire.py`).

What is found is found in the weights and thresholds of the network, whatever circuit it was made
from: a weight that was changed changes what is computed here exactly as in `run.py`, or makes the
network one that has no Boolean form.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from polyseme.circuits.listed import features_on
from polyseme.common.bits import ALL, Words, samples_at_once, set_bits, transposed, words_for
from polyseme.common.ragged import row_numbers, row_offsets
from polyseme.networks.activation import Relu
from polyseme.networks.checks import EXACT
from polyseme.networks.network import Network


@dataclass(frozen=True, eq=False)
class _Units:
    """The units of all layers: what they read, as slots, and whether it is negated.

    Shapes: `layers` int64 (layers + 1,) cuts the units into one run per layer, and `offsets` int64
    (units + 1,) cuts `read` int64 and `negated` bool into one run per unit, none of them empty.
    """

    layers: NDArray[np.int64]
    offsets: NDArray[np.int64]
    read: NDArray[np.int64]
    negated: NDArray[np.bool_]


class BooleanForm:
    """A network as ANDs of literals, one per unit.

    Every number that is computed has a *slot*: the dimensions first, then the units, layer by
    layer. A number that a layer carries keeps its slot.

    Attributes:
        network: The network.
        slots: The slot of every number that a layer writes, int64 (width,), for each layer.
        first_unit: Slot of the first unit of every layer, and behind them that of the constant that
            is off, int64 (layers + 1,).
    """

    def __init__(self, network: Network, slots: list[NDArray[np.int64]], units: _Units):
        """Sort what the steps need; `boolean_form` makes one."""
        self.network, self.slots = network, slots
        self.first_unit = network.encoder.dimensions + units.layers
        self._units = units
        self._steps = self._made()
        readout = network.readout
        reads = np.diff(readout.offsets) > 0
        self._read = np.full(len(reads), self.first_unit[-1])
        self._read[reads] = slots[-1][readout.neurons]
        weight = np.zeros(len(reads), np.float32)
        weight[reads] = readout.weights
        at_zero, at_one = readout.thresholds <= 0, weight >= readout.thresholds
        self._if_off, self._if_on = (np.where(on, ALL, 0)[:, None] for on in (at_zero, at_one))
        self.resting = self._at_rest()

    def _made(self) -> list[tuple[slice, NDArray[np.int64], NDArray[np.int64], Words | None]]:
        """Return for every layer its slots, what they read, where each begins, and negations."""
        units, steps = self._units, []
        mask = np.where(units.negated, ALL, np.uint64(0))[:, None]
        bounds, edges = units.layers.tolist(), units.offsets[units.layers].tolist()
        below = self.network.encoder.dimensions
        for number in range(len(bounds) - 1):
            here = slice(bounds[number], bounds[number + 1])
            some = slice(edges[number], edges[number + 1])
            flipped = mask[some] if units.negated[some].any() else None
            slots = slice(below + here.start, below + here.stop)
            steps.append((slots, units.read[some], units.offsets[here] - some.start, flipped))
        return steps

    def _at_rest(self) -> NDArray[np.bool_]:
        nothing = np.zeros((1, 0), np.int32)
        return np.asarray(self.outputs_of(self.values(nothing))[:, 0] & np.uint64(1), bool)

    @property
    def samples_at_once(self) -> int:
        """Samples per batch for which the values take little memory."""
        return samples_at_once(int(self.first_unit[-1]) + 1)

    def values(self, active: NDArray[np.int32]) -> Words:
        """Return all numbers for lists of active features (-1 pads), uint64 (slots + 1, words).

        The last row is off.
        """
        network = self.network
        on = features_on(active, len(network.encoder.features))
        words = np.zeros((int(self.first_unit[-1]) + 1, words_for(on.samples)), np.uint64)
        set_bits(words, network.encoder.code.positions[on.feature, 0], on.sample)
        for slots, read, starts, flipped in self._steps:
            literals = words[read]
            if flipped is not None:
                literals ^= flipped
            np.bitwise_and.reduceat(literals, starts, axis=0, out=words[slots])
        return words

    def outputs_of(self, values: Words) -> Words:
        """Return which outputs are on, uint64 (outputs, words), from what `values` returns."""
        read = values[self._read]
        on: Words = (read & self._if_on) | (~read & self._if_off)
        return on

    def outputs(self, active: NDArray[np.int32]) -> sp.csr_array:
        """Return which outputs differ from rest, Boolean (samples, outputs) in sparse rows."""
        on = self.outputs_of(self.values(active))
        return transposed(on ^ np.where(self.resting, ALL, np.uint64(0))[:, None], len(active))


def boolean_form(network: Network) -> BooleanForm | None:
    """Return a network as ANDs of literals; None if some unit is none, or an output reads several.

    Features must have a dimension each, and layers must be sparse.
    """
    code = network.encoder.code
    alone = code.positions.shape[1] == 1 and bool((code.signs == 1).all())
    if not alone or len(np.unique(code.positions)) < code.features:
        return None
    plain = all(layer.is_sparse and layer.activation == Relu() for layer in network.layers)
    if not plain or (np.diff(network.readout.offsets) > 1).any():
        return None
    units, slots = _units(network)
    return None if units is None else BooleanForm(network, slots, units)


def _units(network: Network) -> tuple[_Units | None, list[NDArray[np.int64]]]:
    """Return the units, None if one is no AND, and the slots of what every layer writes."""
    layers = network.layers
    bounds = row_offsets([layer.units for layer in layers])
    # Dimensions and units have slots, and so has the constant.
    begins = network.encoder.dimensions + bounds
    below, slots, read = np.arange(begins[0]), [], []
    for layer, begin in zip(layers, begins.tolist(), strict=False):
        read.append(below[layer.weights.indices])
        below = np.concatenate((np.arange(begin, begin + layer.units), below[layer.carried]))
        slots.append(below)
    weight = np.concatenate([layer.weights.data for layer in layers]).astype(np.int64)
    unit = row_numbers(np.concatenate([np.diff(layer.weights.indptr) for layer in layers]))
    bias = np.concatenate([layer.bias for layer in layers]).astype(np.int64)
    scale = np.repeat([layer.scale for layer in layers], np.diff(bounds))
    off, fits = _as_ands(unit, weight, bias, scale)
    if not fits:
        return None, slots
    kept = (weight != 0) & ~off[unit]
    # What reads nothing reads the constant instead, so that no run is empty.
    bare = np.flatnonzero(np.bincount(unit[kept], minlength=len(bias)) == 0)
    every = np.concatenate((unit[kept], bare))
    slot = np.concatenate((np.concatenate(read)[kept], np.full(len(bare), begins[-1])))
    negated = np.concatenate((weight[kept] < 0, ~off[bare]))
    order = np.argsort(every, kind="stable")
    offsets = row_offsets(np.bincount(every, minlength=len(bias)))
    return _Units(bounds, offsets, slot[order], negated[order]), slots


def _as_ands(
    unit: NDArray[np.int64],
    weight: NDArray[np.int64],
    bias: NDArray[np.int64],
    scale: NDArray[np.float64],
) -> tuple[NDArray[np.bool_], bool]:
    """Return which units are always off, and whether every other one is an AND.

    Entry e is the weight of unit[e]. Sums must be so small that float32 holds them exactly.
    """
    largest = bias + np.bincount(unit, np.maximum(weight, 0), len(bias)).astype(np.int64)
    extent = np.abs(bias) + np.bincount(unit, np.abs(weight), len(bias)).astype(np.int64)
    smallest = np.full(len(bias), EXACT)
    np.minimum.at(smallest, unit[weight != 0], np.abs(weight[weight != 0]))
    off = largest <= 0
    is_and = (largest * scale == 1) & (smallest >= largest)
    return off, bool(((off | is_and) & (extent < EXACT)).all())
