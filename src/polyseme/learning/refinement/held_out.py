"""Inputs that judge a refined network: samples that no descent has met, and every gate alone."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from polyseme.common.random_streams import Stream
from polyseme.compiler.task import Task
from polyseme.networks.answer_key import AnswerKey
from polyseme.networks.network import Network
from polyseme.verification.sampling import Verification, wrong_samples

PROBE_SAMPLES = 10_000
_SAMPLES = 20_000
# Up to this many gates are all tried alone; of more gates, this many are chosen at random.
_MOST_ALONE = 100_000
# Gates of a deeper circuit are switched on alone in so many samples.
_ALONE_DEEP = 10_000


class HeldOut:
    """Held-out inputs for one network; every call draws the same ones."""

    def __init__(self, network: Network, key: AnswerKey, seed: int) -> None:
        """Keep what the inputs are drawn from; nothing is drawn yet."""
        self._task = Task(key.circuit, network.provenance.active, seed=seed)

    def satisfied(self, samples: int, purpose: Stream) -> NDArray[np.int32]:
        """Draw inputs that satisfy a random gate, with random other features on.

        The rows are int32 (samples, active).
        """
        return self._drawn("satisfied", samples, purpose)

    def alone(self) -> NDArray[np.int32]:
        """Return rows that switch on one gate and nothing else: every shallow gate, or a sample."""
        samples = _MOST_ALONE if self._task.one_layer else _ALONE_DEEP
        return self._drawn("alone", samples, Stream.REFINEMENT_VERIFICATION)

    def verified(self, network: Network) -> Verification:
        """Verify a network on fresh satisfied inputs."""
        return self._tried(
            network, "satisfied", self.satisfied(_SAMPLES, Stream.REFINEMENT_VERIFICATION)
        )

    def verified_alone(self, network: Network) -> Verification:
        """Verify a network on every gate alone."""
        return self._tried(network, "alone", self.alone())

    def _tried(self, network: Network, inputs: str, rows: NDArray[np.int32]) -> Verification:
        wrong = int(wrong_samples(network, self._task.circuit, rows).sum())
        return Verification(inputs, self._task.active, len(rows), wrong)

    def _drawn(self, inputs: str, samples: int, purpose: Stream) -> NDArray[np.int32]:
        return self._task.draw(inputs, samples, self._task.stream(purpose))
