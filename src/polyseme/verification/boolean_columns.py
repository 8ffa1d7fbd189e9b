"""The wires that the layers of a network of ANDs carry, compared with the circuit bit by bit.

A wire that passes hundreds of layers is one number, held in one slot (`BooleanForm`). It is
compared once and not once per layer, so the cost is that of the units, whatever the layers carry.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from polyseme.circuits.circuit import Circuit
from polyseme.circuits.listed import features_on
from polyseme.circuits.simulate import WireBits, simulated
from polyseme.common.bits import ALL, Words, used_bits
from polyseme.common.ragged import row_offsets
from polyseme.networks.answer_key import AnswerKey
from polyseme.networks.boolean_form import BooleanForm, boolean_form
from polyseme.networks.network import Network

# Columns that are compared at once, so that the words of both sides stay in the cache.
_AT_ONCE = 2048


@dataclass(frozen=True, eq=False)
class BooleanColumns:
    """Every wire that is a column of some layer, together with the slot that holds it.

    Attributes:
        form: The network.
        circuit: The circuit that the wires are of.
        wires: Wire of every pair, int32 (pairs,).
        slots: Its slot, int64 (pairs,).
        flips: uint64 (pairs,), all bits on where the slot is off when the wire is on.
        offsets: int64 (layers + 1,), cuts `pairs` into one run per layer.
        pairs: Number of the pair of every column that is a wire, int64, layer by layer.
    """

    form: BooleanForm
    circuit: Circuit
    wires: NDArray[np.int32]
    slots: NDArray[np.int64]
    flips: Words
    offsets: NDArray[np.int64]
    pairs: NDArray[np.int64]

    def of_layer(self, number: int) -> NDArray[np.int64]:
        """Return the pairs of one layer, in the order of its columns."""
        return self.pairs[self.offsets[number] : self.offsets[number + 1]]

    def in_layers(self, values: NDArray[np.generic]) -> NDArray[np.float64]:
        """Return the sum of a value of every pair over the columns of each layer, (layers,)."""
        ends = np.concatenate(([0.0], np.cumsum(values[self.pairs], dtype=np.float64)))
        return np.asarray(np.diff(ends[self.offsets]))

    def compared(self, rows: NDArray[np.int32]) -> Iterator[ComparedBits]:
        """Yield the columns on rows of active features (-1 pads), batch by batch."""
        on = features_on(rows, len(self.circuit.features))
        for bits in simulated(self.circuit, on):
            values = self.form.values(rows[bits.first : bits.first + bits.samples])
            yield ComparedBits(self, bits, values)


class ComparedBits:
    """The columns of all layers on one batch of samples.

    Attributes:
        first: Number of the first sample.
        samples: Number of samples.
        values: What the network computes, as `BooleanForm.values` returns it.
        counts: In how many samples every pair's wire is on, int64 (pairs,).
        misread: True for pairs that differ in some sample, bool (pairs,).
    """

    def __init__(self, columns: BooleanColumns, bits: WireBits, values: Words):
        """Compare all pairs."""
        self.first, self.samples, self.values = bits.first, bits.samples, values
        self._columns, self._bits, self._used = columns, bits, used_bits(bits.samples)
        self.counts = np.empty(len(columns.wires), np.int64)
        self.misread = np.empty(len(columns.wires), bool)
        for begin in range(0, len(columns.wires), _AT_ONCE):
            some = np.arange(begin, min(begin + _AT_ONCE, len(columns.wires)))
            truth, read = self.truth_and_readings(some)
            self.counts[some] = np.bitwise_count(truth).sum(axis=1, dtype=np.int64)
            self.misread[some] = (truth != read).any(axis=1)

    def truth_and_readings(self, pairs: NDArray[np.int64]) -> tuple[Words, Words]:
        """Return the bits of wires and what is read of them, both uint64 (pairs, words)."""
        columns = self._columns
        read = self.values[columns.slots[pairs]] ^ columns.flips[pairs, None]
        return self._bits.of(columns.wires[pairs]) & self._used, read & self._used

    def ones(self, slots: slice) -> NDArray[np.int64]:
        """Return in how many samples each of some slots is 1."""
        some = self.values[slots] & self._used
        return np.asarray(np.bitwise_count(some).sum(axis=1, dtype=np.int64))


def boolean_columns(network: Network, key: AnswerKey, circuit: Circuit) -> BooleanColumns | None:
    """Return the wires of all layers, and the slots that hold them.

    It is None for a network that has no Boolean form, or of which a column has several units or a
    wire several columns.
    """
    form = boolean_form(network)
    if form is None or any(len(layer.units) != len(layer.wires) for layer in key.layers):
        return None
    known = [layer.wires >= 0 for layer in key.layers]
    if any(
        len(layer.held_wires) < some.sum() for layer, some in zip(key.layers, known, strict=True)
    ):
        return None
    parts: tuple[list[NDArray[Any]], ...] = (
        [layer.wires for layer in key.layers],
        [held[layer.units] for held, layer in zip(form.slots, key.layers, strict=True)],
        [layer.inverted for layer in key.layers],
    )
    wire, slot, flip = (
        np.concatenate([part[some] for part, some in zip(listed, known, strict=True)])
        for listed in parts
    )
    code = (2 * slot + flip) * circuit.wires + wire
    _, first, pairs = np.unique(code, return_index=True, return_inverse=True)
    flips = np.where(flip[first], ALL, np.uint64(0))
    offsets = row_offsets([int(some.sum()) for some in known])
    return BooleanColumns(form, circuit, wire[first], slot[first], flips, offsets, pairs)
