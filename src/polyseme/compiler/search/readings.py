"""Readings of hidden layers in trials: on how many inputs they are fitted, and how many err."""

from __future__ import annotations

import numpy as np

from polyseme.common.progress import phase
from polyseme.compiler.task import Task
from polyseme.networks.network import Network
from polyseme.verification.layer_readings import LayerReadings
from polyseme.verification.reading_error import readings_of

# Inputs of each kind on which readings are fitted, fewer where they would make more readings.
_FITTED, _LEAST_FITTED, _READINGS_FITTED = 6_000, 3_000, 2 * 10**8


def fitted_to(task: Task) -> int:
    """Return the inputs of each kind on which the readings of a task are fitted."""
    return min(_FITTED, max(_LEAST_FITTED, _READINGS_FITTED // len(task.circuit.outputs)))


def read(
    task: Task, network: Network, counts: dict[str, int], generator: np.random.Generator
) -> tuple[LayerReadings, ...]:
    """Return the readings of every hidden layer, on so many inputs of each kind."""
    with phase("readings") as step:
        return readings_of(network, task.circuit, task.active, counts, generator, step)


def beyond(readings: tuple[LayerReadings, ...], epsilon: float) -> list[tuple[int, int]]:
    """Return for every layer and kind the inputs read wrongly, and all."""
    return [count for layer in readings for count in layer.beyond(epsilon).values()]
