"""Refining networks none of whose ReLUs bends: what `tight-frames` builds for ANDs of two features.

Its W is the linear map of least noise. But errors are made by few of the numbers that are noise,
those that happen to be large, and W has more numbers than are needed to read every gate's inputs.
So descend on the loss of `margins.py`, which is of all inputs that an output can meet.
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
# Steps a pass, while a block's readings are few enough to stay close at hand.
_BLOCKS = 40
_LARGEST_BLOCK = 250
_CALIBRATION_SAMPLES = 12_000
_UNIT = 512


class LinearLoss:
    """The loss of `margins.py`, a block of outputs a step."""

    def __init__(self, margins: Margins, blocks: Blocks) -> None:
        """Every output is in one of the blocks of a pass."""
        self._margins, self._blocks = margins, blocks

    @property
    def steps_per_pass(self) -> int:
        """How many steps a pass has."""
        return self._blocks.steps_per_pass

    def slope(self, weights: torch.Tensor, bias: torch.Tensor, step: int, margin: float) -> Slope:
        """The slope of the loss of a step's block."""
        return self._margins.slope(weights, bias, self._blocks.at(step), margin)


class Linear:
    """A network of `tight-frames`, and how it is refined. Raises OptionError where it cannot be.

    Biases move by a change that begins at 0: they hold every ReLU open, and that part is not of
    the size that readings are.
    """

    def __init__(self, network: Network, key: AnswerKey, held_out: HeldOut, seed: int) -> None:
        """Find what outputs rest at."""
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
        """A descent from what the construction built."""
        layer, terms = self._network.layers[0], self._key.terms
        gates = terms.literals.reshape(-1, 2).astype(np.int64)
        active = self._network.provenance.active
        size = min(_LARGEST_BLOCK, -(-len(gates) // _BLOCKS))
        margins = Margins(self._network.encoder.code.matrix(), self._readout, gates, _LEVEL)
        loss = LinearLoss(margins, Blocks(gates, terms.features, active, size, self._seed))
        weights = layer.weights.astype(np.float32) * np.float32(layer.scale)
        return Descent(loss, _PACE, weights, np.zeros(layer.units, np.float32), passes)

    def probed(self, weights: NDArray[np.float32], bias: NDArray[np.float32]) -> tuple[int, int]:
        """How many held-out samples the network, quantised, decides wrongly at its best level.

        Gates alone, the other number, are not asked for: other inputs on make only more noise.
        """
        network = self._quantised(weights, bias)
        seen = sampled_levels(network, self._key.circuit, self._probe, self._bias)
        return seen.wrong(seen.level), 0

    def finished(self, weights: NDArray[np.float32], bias: NDArray[np.float32]) -> Network:
        """The network quantised, with the one threshold calibrated."""
        network = self._quantised(weights, bias)
        rows = self._held_out.satisfied(_CALIBRATION_SAMPLES, Stream.REFINEMENT_CALIBRATION)
        level = sampled_levels(network, self._key.circuit, rows, self._bias).level
        # The level of every threshold, and the biases that outputs rested at.
        count = 1 + len(np.unique(self._network.layers[0].bias))
        return replace(
            with_level(network, self._resting, level),
            provenance=replace(network.provenance, readout_parameters=count),
        )

    def _quantised(self, weights: NDArray[np.float32], bias: NDArray[np.float32]) -> Network:
        return quantised(self._network, self._key, weights, self._bias + bias, _UNIT)
