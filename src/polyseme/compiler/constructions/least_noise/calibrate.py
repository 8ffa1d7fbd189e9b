"""The threshold of the readout: half-way between off and on, as the affine reading has it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from polyseme.common.random_streams import Stream
from polyseme.compiler.parts.assembly import off_lattice
from polyseme.compiler.task import Task
from polyseme.networks.network import Network
from polyseme.networks.run import LayerRunner
from polyseme.verification.affine_reading import fitted_reading
from polyseme.verification.extremes import Scale
from polyseme.verification.term_readings import TermReadings

_SAMPLES = 8000


def calibrated(task: Task, network: Network, full: float) -> Network:
    """Return the network with the threshold at which the affine reading that errs least is 1/2.

    `full` is what a gate reads when it is on alone. One threshold serves all outputs.
    """
    half = np.full(task.terms.outputs, _half_reading(task, network, full))
    thresholds = off_lattice(half, round(1 / network.layers[0].scale))
    return replace(network, readout=replace(network.readout, thresholds=thresholds))


def _half_reading(task: Task, network: Network, full: float) -> float:
    outputs, generator = task.terms.outputs, task.stream(Stream.CALIBRATION)
    scale = Scale(np.full(outputs, 1 / full, np.float32), np.zeros(outputs, np.int64))
    rest = np.zeros(network.layers[0].units, np.float32)
    runner = LayerRunner(network, folded=True)
    read = TermReadings(runner, task.circuit, task.terms, task.active, scale, rest)
    reading = fitted_reading([read.seen(inputs, _SAMPLES, generator) for inputs in task.trials])
    return full * float((0.5 - reading.offset[0]) / reading.slope[0])
