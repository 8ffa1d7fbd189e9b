"""The loss of readings too close to their threshold, and its slope along W, where no ReLU bends.

If a reading lacks e to be `margin` on the right side of the threshold, an input of `batches.py`
costs e^2 / (1 + (e / r)^2), the loss of Geman and McClure (1985). A reading that lacks nothing
costs nothing. Up to the reach r the loss is a squared hinge. Beyond the reach it levels off, so
that an input far from right is given up: it would cost more than it is worth, and a few inputs may
be wrong. The reach shrinks with the margin, so at first nearly no input is given up. Readings are
in features.

Few inputs lack anything. So all readings are compared with a bound, and only the inputs that exceed
it are summed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from polyseme.common.extras import import_torch
from polyseme.learning.refinement.batches import Block
from polyseme.learning.refinement.descent import Slope
from polyseme.learning.refinement.torch_tensors import sparse_tensor

if TYPE_CHECKING:
    import torch

# Lower than any reading.
_LOWEST = -1e6
# Number of outputs whose readings fit in a core's cache together.
_AT_ONCE = 32
# The reach, in margins.
_REACH = 3.0


class Margins:
    """The loss for one network's codes; W and biases are arguments of `slope`.

    With `encoder` (features, dimensions), `readout` (outputs, neurons) and W in features, readings
    are readout W encoder^T. `gates` is int64 (outputs, 2).
    """

    def __init__(
        self, encoder: sp.csr_array, readout: sp.csr_array, gates: NDArray[np.int64], level: float
    ) -> None:
        """Convert the codes; `level` is the reading at which an output is on."""
        self._encode = sparse_tensor(encoder)
        self._decode = sparse_tensor(sp.csr_array(encoder.T))
        self._readout = readout
        self._level = level
        library = import_torch("refining")
        self.inputs = tuple(library.from_numpy(gates[:, place].copy()) for place in (0, 1))

    def slope(
        self, weights: torch.Tensor, bias: torch.Tensor, block: Block, margin: float
    ) -> Slope:
        """Return the slope of the loss of a block of outputs."""
        readout = sp.csr_array(self._readout[block.outputs])
        through = sparse_tensor(readout)
        lifted = (through @ bias[:, None])[:, 0]
        passed_on = (through @ weights).T.contiguous()
        by_output, of_lift = [], []
        for places, piece in block.pieces(_AT_ONCE):
            reads = self._encode @ passed_on[:, places].contiguous()
            pull = _Pull(self, reads, lifted[places], piece, margin)
            pull.satisfied()
            pull.neighbours()
            pull.visited()
            pull.strangers()
            of_reads, lift = pull.collected()
            by_output.append((self._decode @ of_reads).T)
            of_lift.append(lift)
        library = import_torch("refining")
        back = sparse_tensor(sp.csr_array(readout.T))
        return Slope(back @ library.cat(by_output), (back @ library.cat(of_lift)[:, None])[:, 0])

    def of_all_gates(self, reads: torch.Tensor) -> torch.Tensor:
        """Return the sum of the reads of each gate's two inputs, (gates, block)."""
        first, second = self.inputs
        return reads[first] + reads[second]

    def of_gates(
        self, reads: torch.Tensor, gates: torch.Tensor, columns: torch.Tensor
    ) -> torch.Tensor:
        """Return the sum of the reads of two inputs for some gates, each by one of the outputs."""
        first, second = self.inputs
        return reads[first[gates], columns] + reads[second[gates], columns]

    @property
    def level(self) -> float:
        """Reading from which an output is on."""
        return self._level


class _Pull:
    """The slope of one block's loss along its reads; each kind of input adds its part."""

    def __init__(
        self,
        margins: Margins,
        reads: torch.Tensor,
        lifted: torch.Tensor,
        block: Block,
        margin: float,
    ) -> None:
        library = import_torch("refining")
        self._margins, self._block, self._reach = margins, block, _REACH * margin
        columns = library.arange(len(block.outputs))
        self._own = [reads[block.literals[:, place], columns] for place in (0, 1)]
        self._of_own = [library.zeros_like(lifted) for _ in self._own]
        self._high = margins.level + margin - lifted
        self._low = margins.level - margin - lifted
        self._near = margins.of_gates(reads, block.neighbours, block.places)
        # Mask the output's own inputs with NaN, so no comparison selects them, nor any gate or
        # filling with one of them.
        for place in (0, 1):
            reads[block.literals[:, place], columns] = float("nan")
        self._reads = reads
        self._pairs = margins.of_all_gates(reads)
        self._filling = reads
        for feature in block.beside_features:
            self._filling = self._filling + reads[feature]
        self._of_reads = library.zeros_like(reads)
        self._of_lift = library.zeros_like(lifted)

    def satisfied(self) -> None:
        """Add inputs with both own inputs on: the reading must be high."""
        enough = self._own[0] + self._own[1] - self._high
        fillings, columns, sums = _beyond(-self._filling, enough)
        slope = -self._softened(sums - enough[columns])
        self._fill(fillings, columns, slope)
        for of_own in self._of_own:
            of_own.index_add_(0, columns, slope)
        self._of_lift.index_add_(0, columns, slope)

    def neighbours(self) -> None:
        """Add inputs that satisfy a gate with a shared input: the reading must be low."""
        ranked = self._ranked()
        if not ranked:
            return
        enough = import_torch("refining").stack([each for _, each in ranked])
        fillings, columns, sums = _beyond(self._filling, enough.amin(0))
        for gates, enough in ranked:
            over = sums - enough[columns]
            found = over > 0
            slope, filling, column = self._softened(over[found]), fillings[found], columns[found]
            self._fill(filling, column, slope)
            self._satisfy(gates[column], column, slope)
            self._of_lift.index_add_(0, column, slope)

    def visited(self) -> None:
        """Add inputs that satisfy any other gate, filled up with an own input: it must read low."""
        block, beside = self._block, self._pairs
        for feature in block.beside_gates:
            beside = beside + self._reads[feature]
        gates, columns, sums = _beyond(beside, self._low - self._own[0].maximum(self._own[1]))
        for own, of_own in zip(self._own, self._of_own, strict=True):
            over = sums + own[columns] - self._low[columns]
            found = over > 0
            slope, gate, column = self._softened(over[found]), gates[found], columns[found]
            self._satisfy(gate, column, slope)
            for feature in block.beside_gates:
                self._read(feature[gate], column, slope)
            of_own.index_add_(0, column, slope)
            self._of_lift.index_add_(0, column, slope)

    def strangers(self) -> None:
        """Add inputs with no own input on, whose gate or filling is the one that reads highest."""
        gate, gates = self._pairs.nan_to_num(_LOWEST).max(0)
        filling, fillings = self._filling.nan_to_num(_LOWEST).max(0)
        if not (gate + filling > self._low).any():
            return
        found, columns, sums = _beyond(self._pairs, self._low - filling)
        slope = self._softened(sums + filling[columns] - self._low[columns])
        self._satisfy(found, columns, slope)
        self._fill(fillings[columns], columns, slope)
        self._of_lift.index_add_(0, columns, slope)
        found, columns, sums = _beyond(self._filling, self._low - gate)
        slope = self._softened(sums + gate[columns] - self._low[columns])
        self._satisfy(gates[columns], columns, slope)
        self._fill(found, columns, slope)
        self._of_lift.index_add_(0, columns, slope)

    def _ranked(self) -> list[tuple[torch.Tensor, torch.Tensor]]:
        """Return the first neighbour of each output, then the second, and so on.

        Each entry has the gates and the reading of the filling above which they are misread.
        """
        library, block = import_torch("refining"), self._block
        rank = library.arange(len(block.places)) - library.searchsorted(block.places, block.places)
        ranked = []
        for number in range(int(rank.max()) + 1 if len(rank) else 0):
            chosen = rank == number
            gates = library.zeros(len(self._low), dtype=library.int64)
            gates[block.places[chosen]] = block.neighbours[chosen]
            enough = library.full_like(self._low, float("inf"))
            enough[block.places[chosen]] = (self._low[block.places] - self._near)[chosen]
            ranked.append((gates, enough))
        return ranked

    def collected(self) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the slopes along all reads, (features, block), and along the lift, (block,)."""
        columns = import_torch("refining").arange(len(self._block.outputs))
        for place, of_own in enumerate(self._of_own):
            self._read(self._block.literals[:, place], columns, of_own)
        return self._of_reads, self._of_lift

    def _softened(self, lacking: torch.Tensor) -> torch.Tensor:
        """Return half the slope of the loss along the amounts lacking."""
        return lacking / (1 + (lacking / self._reach) ** 2) ** 2

    def _read(self, features: torch.Tensor, columns: torch.Tensor, slope: torch.Tensor) -> None:
        self._of_reads.index_put_((features, columns), slope, accumulate=True)

    def _satisfy(self, gates: torch.Tensor, columns: torch.Tensor, slope: torch.Tensor) -> None:
        for inputs in self._margins.inputs:
            self._read(inputs[gates], columns, slope)

    def _fill(self, fillings: torch.Tensor, columns: torch.Tensor, slope: torch.Tensor) -> None:
        self._read(fillings, columns, slope)
        for feature in self._block.beside_features:
            self._read(feature[fillings], columns, slope)


def _beyond(sums: torch.Tensor, enough: torch.Tensor) -> tuple[torch.Tensor, ...]:
    """Return rows and columns of the sums that exceed `enough`, and these sums."""
    rows, columns = (sums > enough).nonzero(as_tuple=True)
    return rows, columns, sums[rows, columns]
