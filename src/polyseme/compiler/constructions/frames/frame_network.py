"""Common parts of the constructions between two tight frames: refusals, sizes, codes, readout.

Outputs have signed codes on neurons, and features on dimensions. Both codes are unions of
orthogonal bases. No ReLU bends within the promise, and the thresholds of the readout make ANDs of
its sums. So two such constructions differ only in W and in the noise that W makes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from polyseme.codes.code import SparseCode
from polyseme.codes.orthogonal_blocks import orthogonal_block_code
from polyseme.common.distributions import normal_above
from polyseme.common.random_streams import Stream
from polyseme.compiler.constructions.frames.calibrate_frames import calibrated_margin
from polyseme.compiler.parts.assembly import (
    answer_key,
    finished,
    gate_inputs,
    off_lattice,
    readout_of,
)
from polyseme.compiler.task import Task
from polyseme.errors import TooFewNeuronsError
from polyseme.networks.layer import Layer
from polyseme.networks.network import Network

# Number of standard deviations of its sum by which a ReLU stays away from its bend.
CLEARANCE = 6.0
_MARGINS = np.linspace(0.05, 0.95, 91)


def refuses_frames(task: Task, weight_of: Callable[[Task], int]) -> str | None:
    """Return why frames with codes of a task's weight do not serve the task; None if they do."""
    if task.encoder == "basis":
        return "its inputs are in superposition"
    if task.obstacle is not None:
        return task.obstacle
    terms = task.terms
    if not np.array_equal(terms.output, np.arange(terms.outputs)) or (terms.signs < 0).any():
        return "each output must be one AND of features, none of them negated"
    if terms.widths.min() != terms.widths.max():
        return "the gates have different numbers of inputs"
    if task.error <= 0:
        return "its error is over the draw of the codes, and never 0"
    if terms.features < 4 * weight_of(task):
        return f"its codes take at least {4 * weight_of(task)} features"
    return None


def round_down(places: int, weight: int) -> int:
    """Round a number of places down to a multiple of the weight, on which frames are tight."""
    return places // weight * weight


def dimensions_of(task: Task, neurons: int, weight: int) -> int:
    """Return the input dimensions: as many as neurons, and at most three per four features."""
    return round_down(min(neurons, 3 * task.terms.features // 4), weight)


def load(task: Task, neurons: int, weight: int) -> float:
    """Return the number of literals per weight: the share of W that own reads take up."""
    places = round_down(neurons, weight) * dimensions_of(task, neurons, weight)
    return task.terms.literals.size / max(places, 1)


def imbalance(task: Task, neurons: int) -> float:
    """Return the noise of the feature of most influence, above the average over all features."""
    terms = task.terms
    return float(terms.influence.max() - terms.literals.size / terms.features) / neurons


def failure(task: Task, variance: float, uneven: float = 0.0) -> float:
    """Return a bound on the chance that an input is decided wrongly with the best threshold.

    `variance` is that of what one foreign feature that is on adds to a reading; `uneven` is that of
    what one of the output's own features adds.
    """
    inputs, active = int(task.terms.offsets[1]), task.active
    touched = active * int(task.terms.influence.max())
    if not np.isfinite(variance):
        return 1.0

    def deviations(on: int) -> float:
        return float(np.sqrt(max(active - on, 0) * variance + on * uneven)) + 1e-9

    failing: NDArray[np.float64] = normal_above(_MARGINS / deviations(inputs))
    for on in range(inputs):
        rivals = len(task.terms) if not on else min(len(task.terms), touched // on)
        failing = failing + rivals * normal_above((inputs - _MARGINS - on) / deviations(on))
    return float(failing.min())


def frame_parameters(task: Task, neurons: int, weight: int) -> int:
    """Return the number of weights and biases, and one threshold."""
    return neurons * (dimensions_of(task, neurons, weight) + 1) + 1


def drawn_frames(task: Task, neurons: int, weight: int) -> tuple[SparseCode, SparseCode]:
    """Draw the codes of outputs on neurons, and of features on dimensions.

    Both numbers of places are rounded down to a multiple of the weight.

    Raises:
        TooFewNeuronsError: The neurons are fewer than two codes take.
    """
    dimensions = dimensions_of(task, neurons, weight)
    if neurons < 2 * weight or dimensions < 2 * weight:
        raise TooFewNeuronsError(
            f"{neurons} neurons are fewer than the {2 * weight} its codes take"
        )
    terms, places = task.terms, round_down(neurons, weight)
    outputs = orthogonal_block_code(terms.outputs, places, weight, task.stream(Stream.OUTPUT_CODES))
    inputs = orthogonal_block_code(
        terms.features, dimensions, weight, task.stream(Stream.INPUT_CODE)
    )
    return outputs, inputs


def wanted_reads(task: Task) -> sp.csr_array:
    """Return ones where an output reads a feature, float32 (outputs, features)."""
    terms = task.terms
    entries = (np.ones(len(terms.literals), np.float32), gate_inputs(task).ravel(), terms.offsets)
    return sp.csr_array(entries, shape=(terms.outputs, terms.features))


def linear_network(
    task: Task,
    name: str,
    outputs: SparseCode,
    inputs: SparseCode,
    layer: Layer,
    compress: sp.csr_array,
    own: float,
) -> Network:
    """Return the network of a layer that does not bend, with its one threshold calibrated.

    W is `compress` times the code of the `inputs`; `own` is what one of an output's own features
    adds to its reading.
    """
    resolution = round(1 / layer.scale)
    members = _members(outputs)
    # The part of a reading that comes from the biases alone.
    resting = np.asarray(members @ (layer.bias / resolution), np.float64)
    level = float(task.terms.widths[0])
    network = finished(
        task,
        name,
        inputs,
        layer,
        readout_of(task, members, off_lattice(resting + own * (level - 0.5), resolution)),
        "output",
        answer_key(task, "output", members, inputs, compress=compress, resolution=resolution),
        1,
        "no ReLU bends within the promise: thresholds of the readout make ANDs of sums",
    )
    margin = calibrated_margin(task, network, level, own)
    thresholds = off_lattice(resting + own * (level - margin), resolution)
    return replace(network, readout=readout_of(task, members, thresholds))


def _members(outputs: SparseCode) -> sp.csr_array:
    """Return the readout: the sign of every output at its neurons, int16 (outputs, neurons)."""
    members = outputs.matrix().astype(np.int16)
    members.sort_indices()
    return members
