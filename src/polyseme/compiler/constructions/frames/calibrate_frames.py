"""Calibration of the one threshold of a frame network on sampled inputs."""

from __future__ import annotations

import numpy as np

from polyseme.common.random_streams import Stream
from polyseme.compiler.parts.tails import share_between_tails
from polyseme.compiler.task import Task
from polyseme.networks.network import Network
from polyseme.networks.run import LayerRunner
from polyseme.verification.extremes import Floats, extremes

_CALIBRATION_SAMPLES = 8000


def calibrated_margin(task: Task, network: Network, level: float, own: float) -> float:
    """Return the distance of the best threshold below a full reading, in reads of one feature.

    An output of a frame network reads `own` for each of its `level` inputs that is on. The best
    threshold decides most inputs of the worst kind rightly.
    """
    generator = task.stream(Stream.CALIBRATION)
    runner, layer = LayerRunner(network), network.layers[0]
    # The part of a reading that comes from the biases alone is taken off.
    rest = layer.bias.astype(np.float32) * np.float32(layer.scale)

    def scaled(side: Floats) -> Floats:
        # Readings are scaled to 0 for one input short and 1 for satisfied.
        return np.asarray(side[0] / np.float32(own) - np.float32(level - 1))

    kinds = []
    for name in task.trials:
        rows = task.draw(name, _CALIBRATION_SAMPLES, generator)
        seen = extremes(runner, task.circuit, rows, rest=rest)
        kinds.append((scaled(seen.lowest_on), scaled(seen.highest_off)))
    return 1 - share_between_tails(kinds)
