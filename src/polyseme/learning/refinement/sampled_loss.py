"""The loss of a network whose ReLUs bend, and its slope along W.

For a sample with other features on, a miss costs its square while it is less than the margin, that
is, while the sample is decided rightly. A larger miss pulls no harder than a miss of the margin:
where two outputs contend for a neuron, some sample is always wrong. For a gate alone, a miss of any
size costs its square, times thirty: no gate alone need be wrong, and as the margin shrinks these
misses come to dominate.

A shut ReLU has no slope, so an output that reads 0 would never learn to read more. The neurons of
the term that a sample satisfies therefore pass the slope on, shut or not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from polyseme.circuits.evaluate import active_matrix, evaluate_sparse
from polyseme.common.extras import import_torch
from polyseme.common.ragged import places_in_rows, row_numbers
from polyseme.learning.refinement.descent import Slope
from polyseme.learning.refinement.hinge import Hinge, Misses, entries
from polyseme.learning.refinement.quantise import basis_features
from polyseme.learning.refinement.samples import Batch, Samples
from polyseme.networks.answer_key import AnswerKey

if TYPE_CHECKING:
    import torch

_ALONE = 30.0


class SampledLoss:
    """The loss on samples, one batch per step; `key` is that of the network that `hinge` reads."""

    def __init__(self, key: AnswerKey, hinge: Hinge, samples: Samples) -> None:
        """Find the neurons of every term, and the dimensions in which W may move."""
        self._key, self._hinge, self._samples = key, hinge, samples
        self._code = key.encoder.matrix()
        fixed = np.ones(key.encoder.neurons, bool)
        fixed[key.encoder.positions[basis_features(key.encoder)]] = False
        self._fixed = np.flatnonzero(fixed)
        held = key.layers[0]
        counts = held.counts
        row, place = row_numbers(counts), places_in_rows(counts)
        self._hosts = np.full((len(key.terms), int(counts.max())), -1, np.int64)
        self._hosts[row, place] = held.units
        self._read = np.zeros(self._hosts.shape, np.float32)
        self._read[row, place] = entries(hinge.readout, key.terms.output[row], held.units)

    @property
    def steps_per_pass(self) -> int:
        """Number of steps per pass."""
        return self._samples.steps_per_pass

    def slope(self, weights: torch.Tensor, bias: torch.Tensor, step: int, margin: float) -> Slope:
        """Return the slope of the loss of a step's inputs; missed inputs are tried again later."""
        library = import_torch("refining")
        batch = self._samples.at(step)
        if not len(batch.rows):
            return Slope(library.zeros_like(weights), library.zeros_like(bias))
        on = active_matrix(batch.rows, self._key.terms.features).astype(np.float32)
        encoded = library.from_numpy((on @ self._code).toarray())
        hidden = (weights @ encoded.T + bias[:, None]).relu_()
        should = sp.csr_array(evaluate_sparse(self._key.circuit, batch.rows))
        misses = self._hinge.misses(hidden, batch.cuts, should, margin)
        missed = np.unique(misses.samples)
        self._samples.failed(batch, missed)
        pull = self._pull(batch, misses, missed, hidden, margin)
        along = pull.T @ encoded[library.from_numpy(missed)]
        along[:, self._fixed] = 0
        return Slope(along, pull.sum(0))

    def _pull(
        self,
        batch: Batch,
        misses: Misses,
        missed: NDArray[np.int64],
        hidden: torch.Tensor,
        margin: float,
    ) -> torch.Tensor:
        """Return the slope along the neurons' sums on the missed samples, (missed, neurons)."""
        library = import_torch("refining")
        alone = batch.alone[misses.samples]
        near = np.clip(misses.amounts, -margin, margin)
        amounts = np.where(alone, np.float32(_ALONE) * misses.amounts, near).astype(np.float32)
        row = np.searchsorted(missed, misses.samples)
        shape = (len(missed), self._hinge.readout.shape[0])
        by_output = sp.csr_array(sp.coo_array((amounts, (row, misses.outputs)), shape=shape))
        pull: torch.Tensor = library.from_numpy((by_output @ self._hinge.readout).toarray())
        is_open = hidden[:, library.from_numpy(missed)].T > 0
        pull *= is_open
        self._let_through(pull, is_open, batch.terms[misses.samples], row, misses.outputs, amounts)
        return pull

    def _let_through(
        self,
        pull: torch.Tensor,
        is_open: torch.Tensor,
        term: NDArray[np.int64],
        row: NDArray[np.int64],
        output: NDArray[np.int64],
        amounts: NDArray[np.float32],
    ) -> None:
        """Add the slope at shut neurons of the satisfied term, if its output reads too little."""
        own = (term >= 0) & (amounts < 0) & (self._key.terms.output[term] == output)
        hosts, read = self._hosts[term[own]], self._read[term[own]]
        rows = np.broadcast_to(row[own][:, None], hosts.shape)
        shut = (hosts >= 0) & ~is_open.numpy()[rows, hosts]
        added = (amounts[own][:, None] * read)[shut]
        pull.numpy()[rows[shut], hosts[shut]] += added
