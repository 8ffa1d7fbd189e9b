"""All wires of a circuit for 64 samples at a time, level by level, one bit per sample.

`follow.py` looks only at wires that are on, which pays while these are few; here the cost is that
of all gates, but a fraction of a nanosecond per gate, input and sample.

An AND, an AND_NOT, an OR and an identity are all an AND of inputs, some of them negated, whose
result is negated for an OR. So a level takes one step, and one more where it has XORs.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from polyseme.circuits.circuit import Circuit, GateKind
from polyseme.circuits.listed import FeaturesOn
from polyseme.common.bits import ALL, Words, bits_at, samples_at_once, set_bits, words_for
from polyseme.common.ragged import select_rows


@dataclass(frozen=True, eq=False)
class WireBits:
    """The wires of a circuit in so many samples, the first being sample `first`, as bits.

    `words` uint64 has a row per wire and a last one that is always off; the row of wire w is
    place_of[w], and that of the constant, -1, is the last.
    """

    first: int
    samples: int
    words: Words
    place_of: NDArray[np.int64]

    def of(self, wires: NDArray[np.integer]) -> Words:
        """Return the rows of wires, uint64 (wires, words)."""
        rows: Words = self.words[self.place_of[wires]]
        return rows

    def at(self, wires: NDArray[np.integer], samples: NDArray[np.integer]) -> NDArray[np.bool_]:
        """Return whether wires[i] is on in sample samples[i], counted from the first, Boolean."""
        return bits_at(self.words, self.place_of[wires], samples)


@dataclass(frozen=True, eq=False)
class _Step:
    """Gates of one level, at consecutive places from `begin` to `end`.

    They read the places `read`, gate by gate from `starts` on. `flipped` uint64 (edges, 1) negates
    inputs and `inverted` uint64 (gates, 1) results; None where nothing is negated.
    """

    begin: int
    end: int
    read: NDArray[np.int64]
    starts: NDArray[np.int64]
    reduce: np.ufunc
    flipped: Words | None
    inverted: Words | None

    def take(self, words: Words) -> None:
        """Compute the gates, in place."""
        values = words[self.read]
        if self.flipped is not None:
            values ^= self.flipped
        result = words[self.begin : self.end]
        self.reduce.reduceat(values, self.starts, axis=0, out=result)
        if self.inverted is not None:
            result ^= self.inverted


def simulated(circuit: Circuit, on: FeaturesOn) -> Iterator[WireBits]:
    """Yield all wires for features that are on, in batches of the samples."""
    place_of, steps = _program(circuit)
    size = samples_at_once(circuit.wires)
    for begin in range(0, on.samples, size):
        some = on.between(begin, min(begin + size, on.samples))
        words = np.zeros((circuit.wires + 1, words_for(some.samples)), np.uint64)
        # Features are the wires of level 0, so the place of a feature is its number.
        set_bits(words, some.feature, some.sample)
        for step in steps:
            step.take(words)
        yield WireBits(begin, some.samples, words, place_of)


@lru_cache(maxsize=4)
def _program(circuit: Circuit) -> tuple[NDArray[np.int64], list[_Step]]:
    """Return the places of all wires, and of -1, and the steps; kept for the last four circuits."""
    features = len(circuit.features)
    is_xor = circuit.kinds == GateKind.XOR
    group = 2 * circuit.levels[features:].astype(np.int64) + is_xor
    order = np.argsort(group, kind="stable")
    place_of = np.empty(circuit.wires + 1, np.int64)
    place_of[:features] = np.arange(features)
    place_of[features + order] = features + np.arange(circuit.gates)
    place_of[-1] = circuit.wires
    flipped, inverted = _negations(circuit)
    offsets, edges = select_rows(circuit.fan_in_offsets, order)
    read, flipped, inverted = place_of[circuit.fan_in[edges]], flipped[edges], inverted[order]
    cuts = np.flatnonzero(np.diff(group[order], prepend=-1, append=-1)).tolist()
    steps = []
    for begin, end in pairwise(cuts):
        first, last = int(offsets[begin]), int(offsets[end])
        steps.append(
            _Step(
                features + begin,
                features + end,
                read[first:last],
                offsets[begin:end] - first,
                np.bitwise_xor if is_xor[order[begin]] else np.bitwise_and,
                _mask(flipped[first:last]),
                _mask(inverted[begin:end]),
            )
        )
    return place_of, steps


def _negations(circuit: Circuit) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return which inputs, (edges,), and which results, (gates,), are negated."""
    is_or = circuit.kinds == GateKind.OR
    widths = np.diff(circuit.fan_in_offsets)
    flipped = np.repeat(is_or | (circuit.kinds == GateKind.AND_NOT), widths)
    flipped[circuit.fan_in_offsets[:-1]] = is_or
    return flipped, is_or


def _mask(negated: NDArray[np.bool_]) -> Words | None:
    return np.where(negated, ALL, np.uint64(0))[:, None] if negated.any() else None
