"""Refine networks none of whose ReLUs bends, as `tight-frames` builds for ANDs of two features.

The W of `tight-frames` is the linear map of least mean squared noise. But only the few noise terms
that happen to be large cause errors, and W has more entries than reading every gate's inputs takes.
So W descends on the loss of `margins.py`, which covers all inputs that an output can meet.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from polyseme.common.random_streams import Stream
from polyseme.errors import OptionError
from polyseme.learning.refinement.batches import Blocks
from polyseme.learning.refinement.calibrate import sampled_levels, with_level
from polyseme.learning.refinement.descent import Descent, Pace, Slope
from polyseme.learning.refinement.held_out import PROBE_SAMPLES, HeldOut
from polyseme.learning.refinement.margins import Margins
from polyseme.learning.refinement.quantise import quantised
from polyseme.networks.answer_key import AnswerKey
from polyseme.networks.network import Network
from polyseme.networks.run import readout_matrix

if TYPE_CHECKING:
    import torch

_LEVEL = 1.55
_PACE = Pace(weights=0.01, bias=0.01, margins=(0.15, 0.04))
# Steps per pass, as long as blocks stay small enough for the processor's cache.
_BLOCKS = 40
_LARGEST_BLOCK = 250
_CALIBRATION_SAMPLES = 12_000
_RESOLUTION = 512


class LinearLoss:
    """The loss of `margins.py`, one block of outputs per step."""

    def __init__(self, margins: Margins, blocks: Blocks) -> None:
        """Keep margins and blocks; every output is in one of the blocks of a pass."""
        self._margins, self._blocks = margins, blocks

    @property
    def steps_per_pass(self) -> int:
        """Number of steps per pass."""
        return self._blocks.steps_per_pass

    def slope(self, weights: torch.Tensor, bias: torch.Tensor, step: int, margin: float) -> Slope:
        """Return the slope of the loss of a step's block."""
        return self._margins.slope(weights, bias, self._blocks.at(step), margin)


class Linear:
    """The refiner of a network of `tight-frames`. Raises OptionError if it cannot be refined.

    The descent moves a change of the biases that begins at 0, not the biases themselves: they hold
    every ReLU open, and that part is not of the size of readings.
    """

    def __init__(self, network: Network, key: AnswerKey, held_out: HeldOut, seed: int) -> None:
        """Find the resting reading of every output."""
        name, active = network.provenance.source, network.provenance.active
        if not (key.terms.widths == 2).all():
            raise OptionError(
                f"{name}: of tight-frames, only ANDs of two features can be refined; "
                "compile it by three-channel"
            )
        if active < 3:
            raise OptionError(
                f"{name}: with {active} features on at once nothing else is on beside a gate's "
                "inputs, so there is nothing to refine"
            )
        self._network, self._key, self._held_out, self._seed = network, key, held_out, seed
        layer = network.layers[0]
        self._bias = (layer.bias * layer.scale).astype(np.float32)
        readout = readout_matrix(network)
        self._resting = np.asarray(readout @ self._bias.astype(np.float64))
        self._readout = sp.csr_array(readout / np.float32(np.diff(readout.indptr)[0]))
        self._probe = held_out.satisfied(PROBE_SAMPLES, Stream.REFINEMENT_PROBE)

    def descent(self, passes: int) -> Descent:
        """Return a descent that starts from the network as the construction built it."""
        layer, terms = self._network.layers[0], self._key.terms
        gates = terms.literals.reshape(-1, 2).astype(np.int64)
        active = self._network.provenance.active
        size = min(_LARGEST_BLOCK, -(-len(gates) // _BLOCKS))
        margins = Margins(self._network.encoder.code.matrix(), self._readout, gates, _LEVEL)
        loss = LinearLoss(margins, Blocks(gates, terms.features, active, size, self._seed))
        weights = layer.weights.astype(np.float32) * np.float32(layer.scale)
        return Descent(loss, _PACE, weights, np.zeros(layer.units, np.float32), passes)

    def probed(self, weights: NDArray[np.float32], bias: NDArray[np.float32]) -> tuple[int, int]:
        """Number of held-out samples that the quantised network decides wrongly, and 0.

        The threshold is at the level that is best for these samples. The 0 stands for gates alone,
        which are not tried: a gate alone has the least noise.
        """
        network = self._quantised(weights, bias)
        seen = sampled_levels(network, self._key.circuit, self._probe, self._bias)
        return seen.wrong(seen.level), 0

    def finished(self, weights: NDArray[np.float32], bias: NDArray[np.float32]) -> Network:
        """Return the quantised network with its one threshold calibrated."""
        network = self._quantised(weights, bias)
        rows = self._held_out.satisfied(_CALIBRATION_SAMPLES, Stream.REFINEMENT_CALIBRATION)
        level = sampled_levels(network, self._key.circuit, rows, self._bias).level
        # The readout's parameters: one level for all thresholds, and the biases that give the rest.
        count = 1 + len(np.unique(self._network.layers[0].bias))
        return replace(
            with_level(network, self._resting, level),
            provenance=replace(network.provenance, readout_parameters=count),
        )

    def _quantised(self, weights: NDArray[np.float32], bias: NDArray[np.float32]) -> Network:
        return quantised(self._network, self._key, weights, self._bias + bias, _RESOLUTION)
