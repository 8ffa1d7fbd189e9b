"""Calibration of the one threshold of a frame network on sampled inputs."""

from __future__ import annotations

import numpy as np

from polyseme.common.random_streams import Stream
from polyseme.compiler.parts.calibrate import best_share
from polyseme.compiler.task import Task
from polyseme.networks.network import Network
from polyseme.networks.run import LayerRunner
from polyseme.verification.extremes import extremes
from polyseme.verification.inputs import draw_inputs

_CALIBRATION_SAMPLES = 6000


def calibrated_margin(task: Task, network: Network, level: float, own: float) -> float:
    """Return the distance of the best threshold below a full reading, in reads of one feature.

    An output of a frame network reads `own` for each of its `level` inputs that is on. The best
    threshold decides most sampled inputs rightly.
    """
    generator = task.stream(Stream.CALIBRATION)
    names = ("satisfied", "one-short") if level > 2 else ("satisfied",)
    rows = np.concatenate(
        [
            draw_inputs(name, task.terms, task.active, _CALIBRATION_SAMPLES, generator)
            for name in names
        ]
    )
    layer = network.layers[0]
    # The part of a reading that comes from the biases alone is taken off.
    rest = layer.bias.astype(np.float32) * np.float32(layer.scale)
    seen = extremes(LayerRunner(network), task.circuit, rows, rest=rest)
    # Readings are scaled to 0 for one input short and 1 for satisfied.
    short = np.float32(level - 1)
    lowest_on, highest_off = (
        side[0] / np.float32(own) - short for side in (seen.lowest_on, seen.highest_off)
    )
    return 1 - best_share(lowest_on, highest_off)
