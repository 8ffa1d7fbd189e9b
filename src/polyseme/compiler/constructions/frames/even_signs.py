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
    """What outputs read, those that share their neurons side by side; so are strengths and reads.

    `sets` are the neurons of every set of outputs, its outputs and its literals; `signs_of` float32
    (outputs, weight) are the signs of outputs on their neurons. `cells` int64 and `signs_at` int8,
    both (literals, weight), are places and signs of features, in a matrix of a set's outputs by
    dimensions.
    """

    sets: list[tuple[NDArray[np.int32], slice, slice]]
    dimensions: int
    signs_of: NDArray[np.float32]
    cells: NDArray[np.int64]
    signs_at: NDArray[np.int8]

    @classmethod
    def of(cls, wanted: sp.csr_array, outputs: SparseCode, inputs: SparseCode) -> _Reads:
        """What `wanted` says, in the order of sets of neurons."""
        places, which = shared_places(outputs.positions)
        order = np.argsort(which, kind="stable")
        read = sp.csr_array(wanted[order])
        ends = np.cumsum(np.bincount(which)).tolist()
        sets = []
        for neurons, begin, end in zip(places, [0, *ends[:-1]], ends, strict=True):
            literals = slice(int(read.indptr[begin]), int(read.indptr[end]))
            sets.append((neurons, slice(begin, end), literals))
        # Which output of its set reads a literal.
        begins = np.array([some.start for _, some, _ in sets])
        within = np.arange(len(order)) - begins[which[order]]
        reader = np.repeat(within, np.diff(read.indptr))[:, None]
        return cls(
            sets,
            inputs.neurons,
            outputs.signs[order].astype(np.float32),
            reader * inputs.neurons + inputs.positions[read.indices],
            inputs.signs[read.indices],
        )

    def signs(self, strengths: NDArray[np.int32], drawn: NDArray[np.int16]) -> NDArray[np.int8]:
        """The signs of R^T L A, and something drawn: int8 (neurons, dimensions)."""
        # Whole numbers below 2^24, which float32 holds.
        sums = drawn.astype(np.float32)
        for neurons, some, literals in self.sets:
            written = strengths[literals, None] * self.signs_at[literals]
            size = (some.stop - some.start) * self.dimensions
            spread = np.bincount(self.cells[literals].ravel(), written.ravel(), size)
            rows = spread.astype(np.float32).reshape(-1, self.dimensions)
            sums[neurons] += self.signs_of[some].T @ rows
        return np.where(sums >= 0, np.int8(1), np.int8(-1))

    def own(self, signs: NDArray[np.int8]) -> NDArray[np.int32]:
        """What every output reads of its own features: int32 (literals,)."""
        found = np.empty(len(self.cells), np.int32)
        for neurons, some, literals in self.sets:
            through = self.signs_of[some] @ signs[neurons].astype(np.float32)
            cells = through.ravel()[self.cells[literals]]
            found[literals] = (cells * self.signs_at[literals]).sum(axis=1)
        return found
