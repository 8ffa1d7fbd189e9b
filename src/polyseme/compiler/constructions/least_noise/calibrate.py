"""The threshold of the readout: half-way between off and on, as the affine reading has it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

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
    outputs = task.terms.outputs
    half = np.full(outputs, full * half_share(task, network, np.full(outputs, full)))
    thresholds = off_lattice(half, round(1 / network.layers[0].scale))
    return replace(network, readout=replace(network.readout, thresholds=thresholds))


def half_share(task: Task, network: Network, full: NDArray[np.float64]) -> float:
    """Return the share of a full reading at which the affine reading that errs least is 1/2.

    `full` float64 (outputs,) is what each output reads when it is on alone.
    """
    generator = task.stream(Stream.CALIBRATION)
    scale = Scale((1 / full).astype(np.float32), np.zeros(len(full), np.int64))
    rest = np.zeros(network.layers[0].units, np.float32)
    runner = LayerRunner(network, folded=True)
    read = TermReadings(runner, task.circuit, task.terms, task.active, scale, rest)
    reading = fitted_reading([read.seen(inputs, _SAMPLES, generator) for inputs in task.trials])
    return float((0.5 - reading.offset[0]) / reading.slope[0])
