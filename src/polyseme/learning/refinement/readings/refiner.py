"""The refiner of `least-noise` networks: W descends until readings keep their distance from 1/2.

Codes, readout and biases stay, and own reads are held at exactly 1. The loss (`reading_loss.py`)
has squares of the readings that are beyond limits a little inside the reading error asked for, on
the inputs of `cases.py`: three features are on, two of them near a gate. W descends by L-BFGS in
the geometry of the reads (`metric.py`), in periods of fresh inputs (`periods.py`). At last W is
rounded to bytes, as the construction does, and the threshold is calibrated anew.

Memory: the reads take 4 bytes per unit and feature, and so does each of four slopes.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from polyseme.common.random_streams import Stream, stream
from polyseme.compiler.constructions.least_noise.build import finest_resolution, in_steps
from polyseme.compiler.constructions.least_noise.calibrate import calibrated
from polyseme.compiler.task import Task
from polyseme.learning.refinement.readings.cases import ACTIVE, cases_of, check_refinable
from polyseme.learning.refinement.readings.metric import Metric
from polyseme.learning.refinement.readings.periods import Periods
from polyseme.learning.refinement.readings.reading_loss import Aim, ReadingLoss
from polyseme.networks.answer_key import AnswerKey
from polyseme.networks.layer import Layer
from polyseme.networks.layer_key import reads_of
from polyseme.networks.network import Network

Floats = NDArray[np.float32]

# As shares of the reading error asked for: how far below 0 gates rest, and the limits of readings.
_REST, _ON, _OFF, _PAIR = 0.92, 0.9, 0.86, 0.68
_PAIR_WEIGHT = 3.0


class ReadingRefiner:
    """The refiner of one network. Raises OptionError if it cannot be refined."""

    def __init__(self, network: Network, key: AnswerKey, epsilon: float, seed: int) -> None:
        """Keep the network, and what is asked of its readings."""
        check_refinable(key.circuit.name, key.terms, network.provenance.active)
        self._network, self._key, self._seed = network, key, seed
        layer = network.layers[0]
        self._weights = layer.weights.astype(np.float32) * np.float32(layer.scale)
        self._bias = layer.bias.astype(np.float32) * np.float32(layer.scale)
        # What a unit gives when a gate of its is on alone.
        self._full = 2 + float(self._bias[0])
        self._units = key.layers[0].positions
        rest = _REST * epsilon
        gain = (1 + rest) / (self._units.shape[1] * self._full)
        limits = (_ON * epsilon, _OFF * epsilon, _PAIR * epsilon)
        self._aim = Aim(-rest, gain, *limits, _PAIR_WEIGHT)
        self._task = Task(key.circuit, ACTIVE, seed=network.provenance.seed, epsilon=epsilon)

    def descent(self, passes: int) -> Periods:
        """Return a descent that starts from the network as it is, but for rounded own reads."""
        code, own = self._network.encoder.code, self._key.layers[0].reads
        gates = self._key.terms.literals.reshape(-1, 2)
        units, features = self._network.layers[0].units, code.features
        cases = cases_of(
            gates, self._units, features, units, stream(self._seed, Stream.REFINEMENT_PAIRS)
        )
        metric = Metric(code, own)

        def loss_of(period: int) -> ReadingLoss:
            generator = stream(self._seed, Stream.REFINEMENT_PAIRS, period + 1)
            return ReadingLoss(metric, cases, self._bias, self._aim, period, generator)

        return Periods(loss_of, metric.reading_own_at_one(self._weights), passes)

    def finished(self, weights: Floats) -> Network:
        """Return the network in whole numbers, with a key that has its own reads, calibrated."""
        network, held = self._network, self._key.layers[0]
        exact = weights.astype(np.float64)
        resolution = finest_resolution(exact)
        steps = in_steps(exact, resolution)
        bias = np.rint(self._bias * np.float32(resolution)).astype(np.int32)
        reads = reads_of(steps, held.reads, self._key.encoder)
        refined = replace(
            network,
            layers=(Layer(steps, bias, 1.0 / resolution),),
            key=replace(self._key, layers=(replace(held, reads=reads, resolution=resolution),)),
        )
        return calibrated(self._task, refined, self._units.shape[1] * self._full)
