"""Find the readings that are closer to their threshold than a margin, whichever ReLUs are on.

Readings are in features: one feature of a satisfied term adds 1 to the reading of the term's
output. An output that should be on must read at least its threshold plus the margin, and an output
that should be off at most its threshold minus the margin.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from polyseme.common.extras import import_torch
from polyseme.common.ragged import row_numbers
from polyseme.learning.refinement.torch_tensors import sparse_tensor
from polyseme.networks.answer_key import AnswerKey
from polyseme.networks.network import Network
from polyseme.networks.run import readout_matrix

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True, eq=False)
class Misses:
    """Readings that are not far enough on their side: int64, int64 and float32, (misses,) each.

    `amounts` must be taken off the readings: they are positive for outputs that should be off and
    negative for outputs that should be on.
    """

    samples: NDArray[np.int64]
    outputs: NDArray[np.int64]
    amounts: NDArray[np.float32]


class Hinge:
    """Readout and thresholds of a network, in features."""

    def __init__(self, network: Network, key: AnswerKey) -> None:
        """Scale every output by the reading that one feature of its weakest term gives."""
        readout, thresholds = readout_matrix(network), network.readout.thresholds
        per_feature = _reading_per_feature(readout, key)
        self.readout = sp.csr_array((sp.diags_array(1 / per_feature) @ readout).astype(np.float32))
        self._columns = sp.csc_array(self.readout)
        self._thresholds = import_torch("refining").from_numpy(
            (thresholds / per_feature).astype(np.float32)
        )

    def misses(
        self, hidden: torch.Tensor, cuts: NDArray[np.int64], on: sp.csr_array, margin: float
    ) -> Misses:
        """Return all misses of activations (neurons, samples), group by group.

        `on`, Boolean (samples, outputs), says which outputs should be on; `cuts` are the limits of
        the groups.
        """
        found = [
            misses
            for begin, end in zip(cuts[:-1].tolist(), cuts[1:].tolist(), strict=True)
            for misses in self._of_group(hidden, begin, end, on[begin:end], margin)
        ]
        samples, outputs, amounts = (np.concatenate(part) for part in zip(*found, strict=True))
        return Misses(samples, outputs, amounts)

    def _of_group(
        self, hidden: torch.Tensor, begin: int, end: int, on: sp.csr_array, margin: float
    ) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float32]]]:
        library = import_torch("refining")
        some = hidden[:, begin:end]
        outputs, readings = self._read(some)
        should = on.tocoo()
        place = np.full(self.readout.shape[0], -1)
        place[outputs] = np.arange(len(outputs))
        row, column = place[should.col], should.row.astype(np.int64)
        thresholds = self._thresholds[should.col.astype(np.int64)].numpy()
        # An output reads 0 if all its neurons are shut.
        read = np.where(row >= 0, readings[row, column].numpy(), np.float32(0))
        lacking = thresholds + np.float32(margin) - read
        short = lacking > 0
        yield column[short] + begin, should.col[short].astype(np.int64), -lacking[short]
        readings[row[row >= 0], column[row >= 0]] = -library.inf
        readings -= (self._thresholds[outputs] - margin)[:, None]
        row, column = (each.numpy() for each in (readings > 0).nonzero(as_tuple=True))
        yield column + begin, outputs[row], readings[row, column].numpy()

    def _read(self, hidden: torch.Tensor) -> tuple[NDArray[np.int64], torch.Tensor]:
        """Return the outputs that may read more than 0, and their readings, (outputs, samples)."""
        library = import_torch("refining")
        busy = (hidden > 0).any(1).nonzero()[:, 0]
        if len(busy) == len(hidden):
            outputs = np.arange(self.readout.shape[0])
            return outputs, sparse_tensor(self.readout) @ hidden
        reading = self._columns[:, busy.numpy()]
        outputs = np.unique(reading.indices).astype(np.int64)
        if not len(outputs):
            return outputs, library.zeros((0, hidden.shape[1]))
        return outputs, sparse_tensor(sp.csr_array(reading.tocsr()[outputs])) @ hidden[busy]


def _reading_per_feature(readout: sp.csr_array, key: AnswerKey) -> NDArray[np.float64]:
    """Return the least that one feature adds to an output's reading through a term's neurons.

    The least is over the terms of the output; (outputs,).
    """
    term = row_numbers(key.layers[0].counts)
    weights = entries(readout, key.terms.output[term], key.layers[0].units)
    driven = np.bincount(term, weights, len(key.terms))
    per_feature = np.full(key.terms.outputs, np.inf)
    np.minimum.at(per_feature, key.terms.output, np.where(driven > 0, driven, np.inf))
    return np.where(np.isinf(per_feature), 1.0, per_feature)


def entries(
    matrix: sp.csr_array, rows: NDArray[np.int32], columns: NDArray[np.int32]
) -> NDArray[np.float32]:
    """Return entries of a sparse matrix, float32 in the shape of `rows`; 0 where none is stored."""
    if not rows.size:
        return np.zeros(rows.shape, np.float32)
    found = matrix[rows.astype(np.int64), columns.astype(np.int64)]
    return np.asarray(found.toarray() if sp.issparse(found) else found, np.float32).reshape(
        rows.shape
    )
