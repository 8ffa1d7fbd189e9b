"""Signs for W such that every output reads its own features equally strongly.

Let R (outputs, neurons) be the codes of the readout, A (features, dimensions) those of the input,
and T the reads that outputs want. W = sign(R^T L A), where L has one number per literal, in the
pattern of T. If L were all ones, the strength at which an output reads one of its own features
would depend on chance. So L is raised where the read is weaker than average, and lowered where it
is stronger. The signs that flip are those of sums near 0, which matter least to all other reads.
After a few rounds with ever smaller steps, own reads differ by one or two percent.

All numbers are whole, so sums are the same in any order.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from polyseme.codes.code import SparseCode
from polyseme.codes.shared_places import shared_places

# Number of steps in an L of 1, and the share of a read's deviation that each round corrects.
_GRAIN = 1024
_PACES = (0.8, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1, 0.1, 0.05)


def even_signs(
    wanted: sp.csr_array,
    outputs: SparseCode,
    inputs: SparseCode,
    generator: np.random.Generator,
) -> tuple[NDArray[np.int8], float]:
    """Return W, int8 (neurons, dimensions) of +1 and -1, and the mean of all own reads.

    A read is the sum of W's entries at an output's neurons and a feature's dimensions, with the
    signs of both. `generator` draws numbers below the size of one literal, which are added to the
    sums and so decide the sign where literals cancel.
    """
    reads = _Reads.of(wanted, outputs, inputs)
    # Without these numbers, sums in which literals cancel would all be 0 and flip together.
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
    """The literals of outputs, ordered so that outputs on the same neurons stand side by side.

    Strengths and reads are in the same order. `sets` has the neurons of every set of outputs, the
    slice of its outputs and the slice of its literals. `signs_of` float32 (outputs, weight) are the
    signs of outputs on their neurons. `cells` int64 and `signs_at` int8, both (literals, weight),
    are places and signs of features in the flat matrix (outputs of a set, dimensions).
    """

    sets: list[tuple[NDArray[np.int32], slice, slice]]
    dimensions: int
    signs_of: NDArray[np.float32]
    cells: NDArray[np.int64]
    signs_at: NDArray[np.int8]

    @classmethod
    def of(cls, wanted: sp.csr_array, outputs: SparseCode, inputs: SparseCode) -> _Reads:
        """Return the entries of `wanted` in the order of sets of neurons."""
        places, which = shared_places(outputs.positions)
        order = np.argsort(which, kind="stable")
        read = sp.csr_array(wanted[order])
        ends = np.cumsum(np.bincount(which)).tolist()
        sets = []
        for neurons, begin, end in zip(places, [0, *ends[:-1]], ends, strict=True):
            literals = slice(int(read.indptr[begin]), int(read.indptr[end]))
            sets.append((neurons, slice(begin, end), literals))
        # Number, within its set, of the output that reads each literal.
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
        """Return the signs of R^T L A plus the drawn numbers, int8 (neurons, dimensions)."""
        # The sums are whole numbers below 2^24, which float32 holds exactly.
        sums = drawn.astype(np.float32)
        for neurons, some, literals in self.sets:
            written = strengths[literals, None] * self.signs_at[literals]
            size = (some.stop - some.start) * self.dimensions
            spread = np.bincount(self.cells[literals].ravel(), written.ravel(), size)
            rows = spread.astype(np.float32).reshape(-1, self.dimensions)
            sums[neurons] += self.signs_of[some].T @ rows
        return np.where(sums >= 0, np.int8(1), np.int8(-1))

    def own(self, signs: NDArray[np.int8]) -> NDArray[np.int32]:
        """Return the reads of every output from its own features, int32 (literals,)."""
        found = np.empty(len(self.cells), np.int32)
        for neurons, some, literals in self.sets:
            through = self.signs_of[some] @ signs[neurons].astype(np.float32)
            cells = through.ravel()[self.cells[literals]]
            found[literals] = (cells * self.signs_at[literals]).sum(axis=1)
        return found
