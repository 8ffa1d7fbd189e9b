"""From codes to a network: weights in small integers, the bend of the ReLUs, the threshold."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from polyseme.compiler.constructions.least_noise.calibrate import calibrated
from polyseme.compiler.constructions.least_noise.codes import Codes
from polyseme.compiler.constructions.least_noise.quiet_weights import quiet_weights
from polyseme.compiler.parts.assembly import (
    answer_key,
    code_members,
    finished,
    gate_inputs,
    readout_of,
    reads_of_gates,
)
from polyseme.compiler.task import Task
from polyseme.errors import CapacityError
from polyseme.networks.layer import Layer
from polyseme.networks.layer_key import reads_of
from polyseme.networks.network import Network

NAME = "least-noise"
# Weights are stored as bytes if a feature that is fully on then adds at least so many steps.
_COARSEST = 64
# The deeper units rest below their bend, the less noise wakes them, and the less of a gate's sum is
# left above it. A gate of one input has no other state to be told from than rest.
_BEND, _BEND_OF_SINGLES = 0.0, 0.4
_NOTE = "the hidden layer computes the gates; the readout averages units"


def build_least_noise(task: Task, codes: Codes, bend: float | None = None) -> Network:
    """Build the network of drawn codes.

    `bend` is how far above the sum of a gate that lacks one input ReLUs bend, in features; None is
    for where the closed form does best.
    """
    gates, terms = codes.gates, task.terms
    wanted = reads_of_gates(gate_inputs(task), gates.positions, gates.neurons, terms.features)
    wanted.sort_indices()
    weights, resolution = in_steps(quiet_weights(wanted, gates, codes.inputs))
    members = code_members(gates.positions, gates.neurons)
    key = answer_key(
        task,
        "output",
        members,
        codes.inputs,
        reads=reads_of(weights, wanted, codes.inputs),
        resolution=resolution,
    )
    width = int(terms.widths[0])
    above = _bend(width) if bend is None else bend
    level = round((width - 1 + above) * resolution)
    # What a gate reads when it is on alone.
    full = gates.weight * (width - level / resolution)
    network = finished(
        task,
        NAME,
        codes.inputs,
        Layer(weights, np.full(gates.neurons, -level, np.int32), 1.0 / resolution),
        readout_of(task, members, np.full(terms.outputs, full / 2, np.float32)),
        "output",
        key,
        1,
        _NOTE,
    )
    return calibrated(task, network, full)


def _bend(width: int) -> float:
    """Return the distance of the bend above the sum of a gate that lacks one input, in features."""
    return _BEND if width > 1 else _BEND_OF_SINGLES


def in_steps(
    weights: NDArray[np.float64],
) -> tuple[NDArray[np.int8] | NDArray[np.int16], int]:
    """Return weights in whole steps, and the steps that a feature read at 1 adds: a power of two.

    They are bytes if that is fine enough, and else of 16 bits.

    Raises:
        CapacityError: A weight does not fit into 16 bits even in coarse steps.
    """
    largest = max(float(np.abs(weights).max()), 2.0**-20)
    for kind in (np.int8, np.int16):
        resolution = 2 ** int(np.floor(np.log2(np.iinfo(kind).max / largest)))
        if resolution >= _COARSEST:
            resolution = min(resolution, 2**12)
            steps = np.rint(weights * resolution)
            return steps.astype(kind), resolution
    raise CapacityError(f"a weight of {largest:,.0f} does not fit into 16 bits")
