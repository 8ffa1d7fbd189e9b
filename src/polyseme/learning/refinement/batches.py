"""The inputs that a block of outputs is tried on: all that come close to it, not a sample of rows.

While no ReLU bends, a reading is the sum of what the output reads of each feature that is on. So
one product, outputs by features, gives the readings of every input at once. The *filling* of an
input is the features that are on beside the inputs of the satisfied gate. If one feature fills up,
every filling is tried; if more do, one filling is drawn for each. A block of outputs is tried on
these inputs, each as likely as it is among "satisfied" inputs:

- *satisfied*: both inputs of the output's own gate, and any filling;
- *neighbour*: another gate is satisfied that shares an input with the output, and any filling;
- *visited*: any other gate is satisfied, and one of the output's own inputs is in the filling;
- *stranger*: none of the output's own inputs is on. Strangers are mined: every gate beside the
  filling that reads highest, and every filling beside the gate that reads highest.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from polyseme.common.extras import import_torch
from polyseme.common.ragged import row_numbers
from polyseme.common.random_streams import Stream, stream

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True, eq=False)
class Block:
    """Some outputs, the gates that share an input with each, and the features that fill inputs up.

    Shapes: `outputs` (block,); `literals` (block, 2). Neighbour i is gate `neighbours[i]` of the
    output in `places[i]`. `beside_features` and `beside_gates` list further features that are on
    beside each feature and beside each gate. All but `outputs` are int64 tensors.
    """

    outputs: NDArray[np.int64]
    literals: torch.Tensor
    neighbours: torch.Tensor
    places: torch.Tensor
    beside_features: list[torch.Tensor]
    beside_gates: list[torch.Tensor]

    def pieces(self, size: int) -> Iterator[tuple[slice, Block]]:
        """Yield the block in pieces of at most `size` successive outputs, each with its slice."""
        for begin in range(0, len(self.outputs), size):
            some = slice(begin, begin + size)
            here = (self.places >= begin) & (self.places < begin + size)
            yield (
                some,
                replace(
                    self,
                    outputs=self.outputs[some],
                    literals=self.literals[some],
                    neighbours=self.neighbours[here],
                    places=self.places[here] - begin,
                ),
            )


class Blocks:
    """All outputs in blocks, shuffled anew in every pass; a block depends on seed and step alone.

    `gates` (gates, 2) are the features that each output reads.
    """

    def __init__(
        self, gates: NDArray[np.int64], features: int, active: int, size: int, seed: int
    ) -> None:
        """Find the gates that share inputs."""
        self.steps_per_pass = -(-len(gates) // min(size, len(gates)))
        self._gates, self._features, self._seed = gates, features, seed
        self._more = active - gates.shape[1] - 1
        ones = np.ones(gates.size, np.float32)
        reads = sp.csr_array(
            (ones, gates.ravel(), np.arange(len(gates) + 1) * gates.shape[1]),
            shape=(len(gates), features),
        )
        shared = (reads @ reads.T).tocoo()
        other = shared.row != shared.col
        entries = (shared.data[other], (shared.row[other], shared.col[other]))
        self._sharing = sp.csr_array(sp.coo_array(entries, shape=shared.shape).tocsr())

    def at(self, step: int) -> Block:
        """Return the block of a step."""
        number, place = divmod(step, self.steps_per_pass)
        order = stream(self._seed, Stream.REFINEMENT_BLOCKS, number)
        outputs = np.array_split(order.permutation(len(self._gates)), self.steps_per_pass)[place]
        filling = stream(self._seed, Stream.REFINEMENT_FILLINGS, step)
        sharing = self._sharing[outputs]
        return Block(
            outputs=outputs,
            literals=_tensor(self._gates[outputs]),
            neighbours=_tensor(sharing.indices),
            places=_tensor(row_numbers(np.diff(sharing.indptr))),
            beside_features=self._drawn(filling, self._features, self._more),
            beside_gates=self._drawn(filling, len(self._gates), self._more),
        )

    def _drawn(self, generator: np.random.Generator, rows: int, more: int) -> list[torch.Tensor]:
        return [_tensor(generator.integers(self._features, size=rows)) for _ in range(more)]


def _tensor(values: NDArray[np.int64]) -> torch.Tensor:
    found: torch.Tensor = import_torch("refining").from_numpy(values.astype(np.int64))
    return found
