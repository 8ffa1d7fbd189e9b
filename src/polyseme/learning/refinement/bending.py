"""Refine networks whose ReLUs bend, as `three-channel` builds them.

W and biases descend on the loss of `sampled_loss.py`. Readout and thresholds stay, except that each
threshold is moved half-way between two values that a reading can take.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from polyseme.common.random_streams import Stream
from polyseme.learning.refinement.descent import Descent, Pace
from polyseme.learning.refinement.held_out import PROBE_SAMPLES, HeldOut
from polyseme.learning.refinement.hinge import Hinge
from polyseme.learning.refinement.quantise import quantised
from polyseme.learning.refinement.sampled_loss import SampledLoss
from polyseme.learning.refinement.samples import Samples
from polyseme.networks.answer_key import AnswerKey
from polyseme.networks.network import Network
from polyseme.verification.sampling import wrong_samples

_PACE = Pace(weights=0.012, bias=0.012, margins=(0.2, 0.03))
# The resolution is fine, since an output that reads one neuron does not average rounding errors.
_RESOLUTION = 2048


class Bending:
    """The refiner of a network of `three-channel`."""

    def __init__(self, network: Network, key: AnswerKey, held_out: HeldOut, seed: int) -> None:
        """Draw the probe. Raises OptionError if no gate can be satisfied."""
        self._network, self._key, self._held_out, self._seed = network, key, held_out, seed
        self._probe = held_out.satisfied(PROBE_SAMPLES, Stream.REFINEMENT_PROBE)

    def descent(self, passes: int) -> Descent:
        """Return a descent that starts from the network as the construction built it."""
        layer, key = self._network.layers[0], self._key
        samples = Samples(key.terms, self._network.provenance.active, self._seed)
        loss = SampledLoss(key, Hinge(self._network, key), samples)
        scale = np.float32(layer.scale)
        weights = layer.weights.astype(np.float32) * scale
        return Descent(loss, _PACE, weights, layer.bias.astype(np.float32) * scale, passes)

    def probed(self, weights: NDArray[np.float32], bias: NDArray[np.float32]) -> tuple[int, int]:
        """Number of held-out samples, and of gates alone, that the quantised network gets wrong."""
        network = self.finished(weights, bias)
        wrong = wrong_samples(network, self._key.circuit, self._probe).sum()
        return int(wrong), self._held_out.verified_alone(network).wrong

    def finished(self, weights: NDArray[np.float32], bias: NDArray[np.float32]) -> Network:
        """Return the quantised network."""
        network = quantised(self._network, self._key, weights, bias, _RESOLUTION)
        readout, scale = network.readout, network.layers[0].scale
        finite = np.isfinite(readout.thresholds)
        steps = np.floor(np.where(finite, readout.thresholds, 0) / scale) + 0.5
        thresholds = np.where(finite, steps * scale, readout.thresholds).astype(np.float32)
        return replace(network, readout=replace(readout, thresholds=thresholds))
