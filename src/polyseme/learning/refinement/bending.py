"""Refining networks whose ReLUs bend: what `three-channel` builds.

W and biases descend on the loss of `sampled_loss.py`. Readout and thresholds stay, but that a
threshold keeps half a unit off every value a reading can take.
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
# Where one neuron is all that an output reads, nothing averages over what rounding moves.
_UNIT = 2048


class Bending:
    """A network of `three-channel`, and how it is refined."""

    def __init__(self, network: Network, key: AnswerKey, held_out: HeldOut, seed: int) -> None:
        """Draw the probe. Raises OptionError where no gate can be satisfied."""
        self._network, self._key, self._held_out, self._seed = network, key, held_out, seed
        self._probe = held_out.satisfied(PROBE_SAMPLES, Stream.REFINEMENT_PROBE)

    def descent(self, passes: int) -> Descent:
        """A descent from what the construction built."""
        layer, key = self._network.layers[0], self._key
        samples = Samples(key.terms, self._network.provenance.active, self._seed)
        loss = SampledLoss(key, Hinge(self._network, key), samples)
        scale = np.float32(layer.scale)
        weights = layer.weights.astype(np.float32) * scale
        return Descent(loss, _PACE, weights, layer.bias.astype(np.float32) * scale, passes)

    def probed(self, weights: NDArray[np.float32], bias: NDArray[np.float32]) -> tuple[int, int]:
        """How many held-out samples, and gates alone, the network, quantised, decides wrongly."""
        network = self.finished(weights, bias)
        wrong = wrong_samples(network, self._key.circuit, self._probe).sum()
        return int(wrong), self._held_out.verified_alone(network).wrong

    def finished(self, weights: NDArray[np.float32], bias: NDArray[np.float32]) -> Network:
        """The network quantised."""
        network = quantised(self._network, self._key, weights, bias, _UNIT)
        readout, scale = network.readout, network.layers[0].scale
        finite = np.isfinite(readout.thresholds)
        steps = np.floor(np.where(finite, readout.thresholds, 0) / scale) + 0.5
        thresholds = np.where(finite, steps * scale, readout.thresholds).astype(np.float32)
        return replace(network, readout=replace(readout, thresholds=thresholds))
