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
# Steps that a feature adds which is read at 1. Rounding adds less than a hundredth to the noise.
RESOLUTION = 64
_NOTE = "the hidden layer computes the gates; the readout averages units"


def build_least_noise(task: Task, codes: Codes, bend: float = 0.0) -> Network:
    """Build the network of drawn codes.

    `bend` is how far above the sum of a gate that lacks one input ReLUs bend, in features. At 0 the
    closed form does best: to rest deeper keeps out noise, but leaves less of a gate that is on.
    """
    gates, terms = codes.gates, task.terms
    wanted = reads_of_gates(gate_inputs(task), gates.positions, gates.neurons, terms.features)
    wanted.sort_indices()
    weights = in_steps(quiet_weights(wanted, gates, codes.inputs), RESOLUTION)
    members = code_members(gates.positions, gates.neurons)
    key = answer_key(
        task,
        "output",
        members,
        codes.inputs,
        reads=reads_of(weights, wanted, codes.inputs),
        resolution=RESOLUTION,
    )
    width = int(terms.widths[0])
    level = round((width - 1 + bend) * RESOLUTION)
    # What a gate reads when it is on alone.
    full = gates.weight * (width - level / RESOLUTION)
    network = finished(
        task,
        NAME,
        codes.inputs,
        Layer(weights, np.full(gates.neurons, -level, np.int32), 1.0 / RESOLUTION),
        readout_of(task, members, np.full(terms.outputs, full / 2, np.float32)),
        "output",
        key,
        1,
        _NOTE,
    )
    return calibrated(task, network, full)


def finest_resolution(weights: NDArray[np.float64]) -> int:
    """Return the finest resolution at which weights are bytes, a power of two; at least 64."""
    largest = max(float(np.abs(weights).max()), 2.0**-5)
    fitting = 2 ** int(np.floor(np.log2(np.iinfo(np.int8).max / largest)))
    return max(int(fitting), RESOLUTION)


def in_steps(weights: NDArray[np.float64], resolution: int) -> NDArray[np.int8] | NDArray[np.int16]:
    """Return weights in whole steps of 1 / `resolution`, as bytes if they fit.

    Raises:
        CapacityError: A weight does not fit into 16 bits.
    """
    steps = weights * resolution
    np.rint(steps, out=steps)
    largest = max(steps.max(initial=0), -steps.min(initial=0))
    if largest > np.iinfo(np.int16).max:
        raise CapacityError(f"a weight of {largest:,.0f} steps does not fit into 16 bits")
    if largest <= np.iinfo(np.int8).max:
        return steps.astype(np.int8)
    return steps.astype(np.int16)
