"""Signs for W such that every output reads its own features alike.

Let R (outputs, neurons) be the readout's codes and A (features, dimensions) the input's, T what
outputs read. W = sign(R^T L A), with L one number a literal in the pattern of T. Were L all ones,
an output would read one of its own features as strongly as chance has it. So L is raised where W
reads less than it does on average and lowered where more, and the signs that flip are those whose
sums are next to 0, which all other reads miss least. A few rounds, each bolder than the next, leave
own reads that differ by a percent or two of themselves.

Everything is in whole numbers, so that sums are the same in any order.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from polyseme.codes.code import SparseCode
from polyseme.codes.shared_places import shared_places

# Steps of L in one, and by how much of what it lacks a read is mended in every round.
_GRAIN = 1024
_PACES = (0.8, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1, 0.1, 0.05)


def even_signs(
    wanted: sp.csr_array,
    outputs: SparseCode,
    inputs: SparseCode,
    generator: np.random.Generator,
) -> tuple[NDArray[np.int8], float]:
    """W, int8 (neurons, dimensions), every entry +1 or -1, and what own reads are on average.

    A read is the sum of W's entries at an output's neurons and a feature's dimensions, with the
    signs of both. `generator` draws what decides sums about as near to 0 as one literal is far.
    """
    reads = _Reads.of(wanted, outputs, inputs)
    # Sums of as many literals up as down would all be 0, and flip together at the least change.
    shape = (outputs.neurons, inputs.neurons)
    drawn = generator.integers(-_GRAIN // 2, _GRAIN // 2 + 1, shape, np.int16)
    strengths = np.full(wanted.nnz, _GRAIN, np.int32)
    signs = reads.signs(strengths, drawn)
    own = reads.own(signs)
    for pace in _PACES:
        strengths = strengths + np.rint(_GRAIN * pace * (1 - own / own.mean())).astype(np.int32)
        signs = reads.signs(strengths, drawn)
        own = reads.own(signs)
    return signs, float(own.mean())


@dataclass(frozen=True, eq=False)
class _Reads:
    """What outputs read, those that share their neurons side by side.

    `places` (sets, weight) are the neurons of every set of outputs, `ends` (sets + 1,) where sets
    begin and end, `signs_of` float32 (outputs, weight) the signs of outputs on their neurons.
    """

    places: NDArray[np.int32]
    ends: NDArray[np.int64]
    signs_of: NDArray[np.float32]
    wanted: sp.csr_array
    inputs: SparseCode

    @classmethod
    def of(cls, wanted: sp.csr_array, outputs: SparseCode, inputs: SparseCode) -> _Reads:
        """In the order of sets of neurons; so are strengths and reads."""
        places, which = shared_places(outputs.positions)
        order = np.argsort(which, kind="stable")
        ends = np.concatenate(([0], np.cumsum(np.bincount(which, minlength=len(places)))))
        signs = outputs.signs[order].astype(np.float32)
        return cls(places, ends, signs, sp.csr_array(wanted[order]), inputs)

    def signs(self, strengths: NDArray[np.int32], drawn: NDArray[np.int16]) -> NDArray[np.int8]:
        """The signs of R^T L A, and something drawn: int8 (neurons, dimensions)."""
        # Whole numbers below 2^24, which float32 holds.
        sums = drawn.astype(np.float32)
        dimensions = self.inputs.neurons
        for neurons, outputs, literals in self._sets():
            reader, places, signs = self._codes(outputs, literals)
            cells, written = reader * dimensions + places, strengths[literals, None] * signs
            size = (outputs.stop - outputs.start) * dimensions
            spread = np.bincount(cells.ravel(), written.ravel(), size).astype(np.float32)
            sums[neurons] += self.signs_of[outputs].T @ spread.reshape(-1, dimensions)
        return np.where(sums >= 0, np.int8(1), np.int8(-1))

    def own(self, signs: NDArray[np.int8]) -> NDArray[np.int32]:
        """What every output reads of its own features: int32 (literals,)."""
        found = np.empty(self.wanted.nnz, np.int32)
        for neurons, outputs, literals in self._sets():
            through = self.signs_of[outputs] @ signs[neurons].astype(np.float32)
            reader, places, signs_there = self._codes(outputs, literals)
            found[literals] = (through[reader, places] * signs_there).sum(axis=1)
        return found

    def _codes(
        self, outputs: slice, literals: slice
    ) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.int8]]:
        """Of each literal which of the outputs reads it (literals, 1), its feature's code."""
        lengths = np.diff(self.wanted.indptr[outputs.start : outputs.stop + 1])
        features = self.wanted.indices[literals]
        reader = np.repeat(np.arange(len(lengths)), lengths)[:, None]
        return reader, self.inputs.positions[features], self.inputs.signs[features]

    def _sets(self) -> Iterator[tuple[NDArray[np.int32], slice, slice]]:
        """The neurons of every set, its outputs, and their literals."""
        starts = self.wanted.indptr
        for neurons, begin, end in zip(self.places, self.ends[:-1], self.ends[1:], strict=True):
            yield neurons, slice(int(begin), int(end)), slice(int(starts[begin]), int(starts[end]))
