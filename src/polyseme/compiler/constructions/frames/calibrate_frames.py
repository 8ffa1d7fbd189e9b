"""Calibrate the one threshold of a frame network on sampled inputs."""

from __future__ import annotations

import numpy as np

from polyseme.common.random_streams import Stream
from polyseme.compiler.parts.calibrate import best_share, extremes
from polyseme.compiler.task import Task
from polyseme.networks.network import Network
from polyseme.verification.inputs import draw_inputs

_CALIBRATION_SAMPLES = 6000


def calibrated_margin(task: Task, network: Network, level: float, own: float) -> float:
    """Return how far below a full reading an output is on: what decides sampled inputs best.

    An output of a network of tight frames reads `own` for each of its `level` inputs that is on.
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
    # What the biases alone make of a reading does not count.
    rest = layer.bias.astype(np.float32) * np.float32(layer.scale)
    seen = extremes(network, task.circuit, rows, rest=rest)
    # From one input short, 0, to satisfied, 1.
    short = np.float32(level - 1)
    lowest_on, highest_off = (
        side[0] / np.float32(own) - short for side in (seen.lowest_on, seen.highest_off)
    )
    return 1 - best_share(lowest_on, highest_off)
