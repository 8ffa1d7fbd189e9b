"""What a refined network is judged by: inputs that no descent has met, and every gate alone."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from polyseme.common.random_streams import Stream, stream
from polyseme.networks.answer_key import AnswerKey
from polyseme.networks.network import Network
from polyseme.verification.inputs import draw_inputs
from polyseme.verification.sampling import Verification, wrong_samples

PROBE_SAMPLES = 10_000
_SAMPLES = 20_000
# Gates alone are all tried up to so many; of more, so many chosen at random.
_MOST_ALONE = 100_000


class HeldOut:
    """Inputs for one network, the same whenever they are asked for."""

    def __init__(self, network: Network, key: AnswerKey, seed: int) -> None:
        """Nothing is drawn yet."""
        self._active, self._key, self._seed = network.provenance.active, key, seed

    def satisfied(self, samples: int, purpose: Stream) -> NDArray[np.int32]:
        """A gate's inputs and random others, int32 (samples, active)."""
        return self._drawn("satisfied", samples, purpose)

    def alone(self) -> NDArray[np.int32]:
        """Every gate's inputs and nothing else."""
        return self._drawn("alone", _MOST_ALONE, Stream.REFINEMENT_VERIFICATION)

    def verified(self, network: Network) -> Verification:
        """How many of fresh satisfied inputs a network decides wrongly."""
        return self._tried(
            network, "satisfied", self.satisfied(_SAMPLES, Stream.REFINEMENT_VERIFICATION)
        )

    def verified_alone(self, network: Network) -> Verification:
        """How many gates by themselves it decides wrongly."""
        return self._tried(network, "alone", self.alone())

    def _tried(self, network: Network, inputs: str, rows: NDArray[np.int32]) -> Verification:
        wrong = int(wrong_samples(network, self._key.circuit, rows).sum())
        return Verification(inputs, self._active, len(rows), wrong)

    def _drawn(self, inputs: str, samples: int, purpose: Stream) -> NDArray[np.int32]:
        generator = stream(self._seed, purpose)
        return draw_inputs(inputs, self._key.terms, self._active, samples, generator)
