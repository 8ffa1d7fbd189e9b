"""From codes to a network: weights in small integers, the bend of the ReLUs, the threshold."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from polyseme.compiler.constructions.least_noise.calibrate import half_reading
from polyseme.compiler.constructions.least_noise.codes import Codes
from polyseme.compiler.constructions.least_noise.quiet_weights import quiet_weights
from polyseme.compiler.parts.assembly import (
    answer_key,
    code_members,
    finished,
    gate_inputs,
    off_lattice,
    readout_of,
    reads_of_gates,
)
from polyseme.compiler.task import Task
from polyseme.errors import CapacityError
from polyseme.networks.ends import Readout
from polyseme.networks.layer import Layer
from polyseme.networks.layer_key import reads_of
from polyseme.networks.network import Network

NAME = "least-noise"
# Weights are stored as bytes if a feature that is fully on then adds at least so many steps.
_COARSEST = 64
_NOTE = "the hidden layer computes the gates; the readout averages units"


def build_least_noise(task: Task, codes: Codes) -> Network:
    """Build the network of drawn codes."""
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
    # Units bend at the sum of a gate that lacks one input, so a gate that is on alone lifts each of
    # its units by 1. To rest deeper would keep out noise, but leave less of that.
    level, full = (width - 1) * resolution, float(gates.weight)
    network = finished(
        task,
        NAME,
        codes.inputs,
        Layer(weights, np.full(gates.neurons, -level, np.int32), 1.0 / resolution),
        _readout(task, members, full / 2, resolution),
        "output",
        key,
        1,
        _NOTE,
    )
    half = half_reading(task, network, full)
    return replace(network, readout=_readout(task, members, half, resolution))


def _readout(task: Task, members: sp.csr_array, threshold: float, resolution: int) -> Readout:
    thresholds = np.full(task.terms.outputs, threshold)
    return readout_of(task, members, off_lattice(thresholds, resolution))


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
