"""An independent reference for verification: logic as read, simulated as an AIG.

It shares no code with the parts that it checks: neither with normalising (`circuits.logic`), nor
with following active wires (`circuits.follow`), nor with the compiler. All signals are computed
level by level for 64 samples at a time, one bit per sample.
"""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from polyseme.circuits.logic.aig import two_input_ands
from polyseme.circuits.logic.netlist import Netlist
from polyseme.circuits.topological import wire_levels
from polyseme.errors import OptionError
from polyseme.verification.reference import Reference

_BITS = 64
# At most so many words of 64 samples are held at a time, over all signals: 64 MB.
_WORDS = 2**23

Words = NDArray[np.uint64]


def evaluate_aig(netlist: Netlist, bits: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return the outputs (samples, outputs) of logic for dense bits (samples, inputs), by its AIG.

    Raises OptionError when `bits` has another shape.
    """
    bits = np.asarray(bits, bool)
    inputs = len(netlist.inputs)
    if bits.ndim != 2 or bits.shape[1] != inputs:
        raise OptionError(f"bits must be (samples, {inputs}), not {bits.shape}")
    sample, feature = np.nonzero(bits)
    return _Simulator(netlist).outputs(sample, feature, len(bits))


def independent_reference(netlist: Netlist) -> Reference:
    """Return the reference that evaluates logic as it was read."""
    simulator = _Simulator(netlist)
    nothing = np.zeros(0, np.int64)
    resting = simulator.outputs(nothing, nothing, 1)[0]

    def differing(active: NDArray[np.int32]) -> sp.csr_array:
        sample, place = np.nonzero(active >= 0)
        on = simulator.outputs(sample, active[sample, place].astype(np.int64), len(active))
        return sp.csr_array(on != resting)

    return Reference("aig", resting, differing)


class _Simulator:
    """The ANDs of an AIG, sorted by level once and simulated for many samples."""

    def __init__(self, netlist: Netlist):
        ands = two_input_ands(netlist)
        self._inputs = len(ands.inputs)
        self._signals = self._inputs + 1 + ands.gates
        self._outputs = ands.outputs
        # Signal 0, the constant, is one more source beside the inputs.
        levels = wire_levels(self._inputs + 1, ands.fan_in_offsets, ands.fan_in >> 1)
        levels = levels[self._inputs + 1 :]
        order = np.argsort(levels, kind="stable")
        starts = np.flatnonzero(np.diff(levels[order])) + 1
        self._levels = [
            (self._inputs + 1 + gates, ands.fan_in[2 * gates], ands.fan_in[2 * gates + 1])
            for gates in np.split(order, starts)
        ]

    def outputs(
        self, sample: NDArray[np.int64], feature: NDArray[np.int64], samples: int
    ) -> NDArray[np.bool_]:
        """Return all outputs (samples, outputs), with feature[i] on in sample[i] for every i."""
        values = np.empty((samples, len(self._outputs)), bool)
        step = _BITS * max(1, _WORDS // self._signals)
        for begin in range(0, samples, step):
            end = min(begin + step, samples)
            here = (sample >= begin) & (sample < end)
            words = np.zeros((self._signals, -(-(end - begin) // _BITS)), np.uint64)
            word, bit = np.divmod(sample[here] - begin, _BITS)
            ones = np.uint64(1) << bit.astype(np.uint64)
            np.bitwise_or.at(words, (1 + feature[here], word), ones)
            self._simulate(words)
            values[begin:end] = _unpacked(_read(words, self._outputs))[:, : end - begin].T
        return values

    def _simulate(self, words: Words) -> None:
        for signals, first, second in self._levels:
            words[signals] = _read(words, first) & _read(words, second)


def _read(words: Words, literals: NDArray[np.int32]) -> Words:
    """Return the values of literals: those of their signals, complemented for odd literals."""
    complement = np.where(literals & 1, np.uint64(2**64 - 1), np.uint64(0))
    values: Words = words[literals >> 1] ^ complement[:, None]
    return values


def _unpacked(words: Words) -> NDArray[np.bool_]:
    """Return one Boolean per sample, (rows, 64 x words)."""
    # Words are made little-endian on every machine, so that bytes are in the order of samples.
    octets = np.ascontiguousarray(words, "<u8").view(np.uint8)
    return np.unpackbits(octets, axis=1, bitorder="little").astype(bool)
