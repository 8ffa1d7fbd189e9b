"""How far outputs are from deciding rightly with room to spare, and which way W must move.

The loss is a squared hinge: for every input of `batches.py`, the square of what a reading lacks to
be `margin` on the right side of the threshold, and nothing where it is that far already. All is in
units of one feature, for networks none of whose ReLUs bends.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from polyseme.learn.batches import Block
from polyseme.learn.torch_extra import import_torch, sparse_tensor

if TYPE_CHECKING:
    import torch

# Lower than any reading; its opposite is higher than any. Neither counts against a hinge.
_FAR = -1e6


@dataclass(frozen=True, eq=False)
class Slope:
    """What a step goes by: the slopes of the loss along W and along the biases."""

    weights: torch.Tensor
    bias: torch.Tensor


class Margins:
    """The hinge of one network's codes; W and biases are handed in.

    `encoder` (features, dimensions) and `readout` (outputs, neurons) are such that W, in features,
    lies between them: readings are readout W encoder^T. `gates` (outputs, 2) int64.
    """

    def __init__(
        self, encoder: sp.csr_array, readout: sp.csr_array, gates: NDArray[np.int64], level: float
    ) -> None:
        """Convert the codes; `level` is the reading at which an output is on."""
        self._encode = sparse_tensor(encoder)
        self._decode = sparse_tensor(sp.csr_array(encoder.T))
        self._readout = readout
        self._level = level
        library = import_torch()
        self._first = library.from_numpy(gates[:, 0].copy())
        self._second = library.from_numpy(gates[:, 1].copy())

    def slope(
        self, weights: torch.Tensor, bias: torch.Tensor, block: Block, margin: float
    ) -> Slope:
        """The slope of the loss of a block of outputs."""
        readout = sp.csr_array(self._readout[block.outputs])
        through = sparse_tensor(readout)
        reads = self._encode @ (through @ weights).T.contiguous()
        lifted = (through @ bias[:, None])[:, 0]
        pull = _Pull(self, reads, lifted, block, margin)
        pull.satisfied()
        pull.neighbours()
        pull.visited()
        pull.strangers()
        of_reads, of_lift = pull.collected()
        back = sparse_tensor(sp.csr_array(readout.T))
        by_output = (self._decode @ of_reads).T.contiguous()
        return Slope(back @ by_output, (back @ of_lift[:, None])[:, 0])

    def of_gates(self, reads: torch.Tensor) -> torch.Tensor:
        """What a gate's two inputs are read as together, (gates, block)."""
        return reads[self._first] + reads[self._second]

    def to_features(self, of_gates: torch.Tensor, of_reads: torch.Tensor) -> None:
        """Add the slopes along `of_gates` to those along what it is the sum of."""
        of_reads.index_add_(0, self._first, of_gates)
        of_reads.index_add_(0, self._second, of_gates)

    @property
    def level(self) -> float:
        """The reading at which an output is on."""
        return self._level


class _Pull:
    """The hinges of one block; each adds its slope along readings to what it read."""

    def __init__(
        self,
        margins: Margins,
        reads: torch.Tensor,
        lifted: torch.Tensor,
        block: Block,
        margin: float,
    ) -> None:
        library = import_torch()
        self._margins, self._block, self._lifted = margins, block, lifted
        self._columns = library.arange(len(block.outputs))
        self._own = [reads[block.literals[:, place], self._columns] for place in (0, 1)]
        self._of_own = [library.zeros_like(lifted) for _ in self._own]
        self._high = margins.level + margin - lifted
        self._low = margins.level - margin - lifted
        self._pairs = margins.of_gates(reads)
        # Fillings that hold an input of the output itself are no fillings of it.
        self._foreign = self._masked(reads)
        self._of_reads = library.zeros_like(reads)
        self._of_pairs = library.zeros_like(self._pairs)
        self._of_lift = library.zeros_like(lifted)

    def satisfied(self) -> None:
        """Both own inputs on: the reading must be high."""
        filling = self._beside(-self._masked(-self._foreign), self._block.beside_features)
        lacking = (self._high - self._own[0] - self._own[1] - filling).relu_()
        self._spread(-lacking)
        of_base = -lacking.sum(0)
        for of_own in self._of_own:
            of_own += of_base
        self._of_lift += of_base

    def neighbours(self) -> None:
        """A gate that shares an input is satisfied: the reading must be low."""
        block = self._block
        base = self._pairs[block.neighbours, block.places] - self._low[block.places]
        filling = self._beside(self._foreign, block.beside_features)
        excess = (filling[:, block.places] + base).relu_()
        of_base = excess.sum(0)
        self._of_pairs[block.neighbours, block.places] += of_base
        self._of_lift.index_add_(0, block.places, of_base)
        gathered = import_torch().zeros_like(filling).index_add_(1, block.places, excess)
        self._spread(gathered)
        # From here on a gate is any but itself and those that share an input.
        self._pairs[block.neighbours, block.places] = _FAR
        outputs = import_torch().from_numpy(block.outputs)
        self._pairs[outputs, self._columns] = _FAR

    def visited(self) -> None:
        """Any other gate is satisfied and an own input fills up: the reading must be low."""
        block = self._block
        gates = self._pairs
        for feature in block.beside_gates:
            gates = gates + self._foreign[feature]
        for own, of_own in zip(self._own, self._of_own, strict=True):
            excess = (gates + (own - self._low)).relu_()
            self._of_pairs += excess
            for feature in block.beside_gates:
                self._of_reads.index_add_(0, feature, excess)
            of_base = excess.sum(0)
            of_own += of_base
            self._of_lift += of_base

    def strangers(self) -> None:
        """No own input is on, and gate or filling is the one that reads highest."""
        filling = self._beside(self._foreign, self._block.beside_features)
        feature, which = filling.max(0)
        excess = (self._pairs + (feature - self._low)).relu_()
        self._of_pairs += excess
        of_feature = excess.sum(0)
        self._of_lift += of_feature
        gate, highest = self._pairs.max(0)
        excess = (filling + (gate - self._low)).relu_()
        of_gate = excess.sum(0)
        self._of_lift += of_gate
        excess[which, self._columns] += of_feature
        self._spread(excess)
        self._of_pairs[highest, self._columns] += of_gate

    def collected(self) -> tuple[torch.Tensor, torch.Tensor]:
        """The slopes along all that is read, (features, block), and along the lift, (block,)."""
        self._margins.to_features(self._of_pairs, self._of_reads)
        for place, of_own in enumerate(self._of_own):
            self._of_reads[self._block.literals[:, place], self._columns] += of_own
        return self._of_reads, self._of_lift

    def _masked(self, reads: torch.Tensor) -> torch.Tensor:
        masked = reads.clone()
        for place in (0, 1):
            masked[self._block.literals[:, place], self._columns] = _FAR
        return masked

    def _beside(self, reads: torch.Tensor, more: list[torch.Tensor]) -> torch.Tensor:
        """Every feature, and those drawn to be on beside it."""
        filling = reads
        for feature in more:
            filling = filling + reads[feature]
        return filling

    def _spread(self, of_filling: torch.Tensor) -> None:
        """Add slopes along fillings to those along their features."""
        self._of_reads += of_filling
        for feature in self._block.beside_features:
            self._of_reads.index_add_(0, feature, of_filling)
