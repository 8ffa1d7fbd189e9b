"""ANDs of few inputs between two tight frames: the least noise that weights can make.

Theorem. Let m' outputs each be the AND of k of m features, no feature in more than f of them, and
at most s features on. Give features signed codes A in d dimensions and outputs signed codes R on n
neurons, both tight frames (unions of orthogonal bases, `codes/orthogonal_blocks.py`), and let
W = R^T L A be the matrix of least norm through which each output reads its own k features at
exactly 1 (`joint_reads.py`). Then any other feature that is on moves a reading by noise of variance

    v = 1.12 k m' / (n d) / (1 - k m' / (n d)),

on average over outputs and features, and but for the measured 1.12, which is what codes cost that
do not fill their last blocks, no W of those dimensions makes less. A reading is k when its gate is
satisfied and k - 1 at most when not, so with noise taken for Gaussian the threshold k - t fails
with chance at most

    Q(t / sqrt((s-k) v)) + sum over r < k of c_r Q((k - t - r) / sqrt((s-r) v)),

c_r being how many outputs can have r of their inputs on: c_0 = m', c_r <= s f / r. The neurons
declared, with d = n wherever features are enough, are the fewest for which some t puts this under
the error asked for: n = z sqrt(k m') for one output short of input as for the other, about
sqrt(m') sqrt(log(s f / error)), no logarithm of m' for k > 1.

The bias keeps each ReLU from bending: within the promise the hidden layer is linear, and what makes
an AND of the sum is the readout's threshold. So signs may be used on both sides, which the other
constructions cannot. A network whose ReLUs do bend is `three-channel`. Influence counts: v is an
average, and a feature of influence f makes (f - k m' / m) / n more, through the outputs it feeds.

Inputs in superposition. Error: over the draw of the codes, on any input that keeps the promise.
Stored: n d weights, n biases, one threshold; the seed gives the readout's codes. Source: ours; the
bound on noise is Welch's (1974).
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from polyseme.codes.code import SparseCode
from polyseme.codes.orthogonal_blocks import orthogonal_block_code
from polyseme.compiler.constructions.assembly import (
    answer_key,
    finished,
    gate_inputs,
    off_lattice,
    readout_of,
    smallest_number,
)
from polyseme.compiler.constructions.construction import Construction, Inputs, Task
from polyseme.compiler.constructions.joint_reads import joint_compression, joint_strengths
from polyseme.compiler.constructions.slack import calibrated_slack
from polyseme.compiler.plan import Stream
from polyseme.compiler.weights import weight_matrix
from polyseme.distributions import normal_above
from polyseme.errors import CompileError
from polyseme.networks.network import Layer, Network

NAME = "tight-frames"
# Twice the weight makes a fifth fewer errors, and twice the work.
WEIGHT = 16
# Of permutations: every output is a rival of every other, so tails must be nearer to Gaussian.
WEIGHT_OF_SINGLES = 32
# Steps of C in one: rounding to eighths costs no noise to speak of, and W fits into bytes.
GRAIN = 8
# Blocks of codes that are cut off or do not fill the neurons leave more noise than the bound's.
_MARGIN = 1.12
# How many standard deviations of its sum a ReLU stays away from its bend.
_CLEARANCE = 6.0
_SLACKS = np.linspace(0.05, 0.95, 91)


def _refuses(task: Task) -> str | None:
    if task.encoder == "basis":
        return "its inputs are in superposition"
    if not task.is_shallow:
        return "it takes more than one hidden layer, or an output rests at 1 or is constant"
    terms = task.terms
    if not np.array_equal(terms.output, np.arange(terms.outputs)) or (terms.signs < 0).any():
        return "each output must be one AND of features, none of them negated"
    if terms.widths.min() != terms.widths.max():
        return "its gates have different numbers of inputs"
    if task.error <= 0:
        return "its error is over the draw of the codes, and never 0"
    if terms.features < 4 * _weight(task):
        return f"its codes take at least {4 * _weight(task)} features"
    return None


def _weight(task: Task) -> int:
    """How many neurons carry an output, and how many dimensions a feature."""
    return WEIGHT if int(task.terms.widths[0]) > 1 else WEIGHT_OF_SINGLES


def _whole(task: Task, places: int) -> int:
    """As many as fill whole groups of the codes' weight: frames are tight on those."""
    return places // _weight(task) * _weight(task)


def _dimensions(task: Task, neurons: int) -> int:
    """As many as neurons, and at most three for every four features."""
    return _whole(task, min(neurons, 3 * task.terms.features // 4))


def _variance(task: Task, neurons: int) -> float:
    """What one foreign feature that is on adds to a reading; infinite where nothing is left."""
    terms = task.terms
    spent = terms.literals.size / max(_whole(task, neurons) * _dimensions(task, neurons), 1)
    if spent >= 1:
        return np.inf
    excess = int(terms.influence.max()) - terms.literals.size / terms.features
    return float(_MARGIN * spent / (1 - spent) + excess / neurons)


def _failure(task: Task, neurons: int) -> float:
    inputs, active = int(task.terms.widths[0]), task.active
    touched = active * int(task.terms.influence.max())
    variance = _variance(task, neurons)
    if not np.isfinite(variance):
        return 1.0

    def deviations(on: int) -> float:
        return float(np.sqrt(max(active - on, 0) * variance)) + 1e-9

    failure: NDArray[np.float64] = normal_above(_SLACKS / deviations(inputs))
    for on in range(inputs):
        rivals = len(task.terms) if not on else min(len(task.terms), touched // on)
        failure = failure + rivals * normal_above((inputs - _SLACKS - on) / deviations(on))
    return float(failure.min())


def _neurons(task: Task) -> int:
    weight = _weight(task)
    groups = smallest_number(lambda size: _failure(task, size * weight) <= task.error)
    return weight * max(2, groups)


def _parameters(task: Task, neurons: int) -> int:
    return neurons * (_dimensions(task, neurons) + 1) + 1


def _build(task: Task, neurons: int) -> Network:
    dimensions = _dimensions(task, neurons)
    weight = _weight(task)
    if neurons < 2 * weight or dimensions < 2 * weight:
        raise CompileError(f"{neurons} neurons are fewer than the {2 * weight} its codes take")
    neurons = _whole(task, neurons)
    terms = task.terms
    outputs = orthogonal_block_code(
        terms.outputs, neurons, weight, task.stream(Stream.OUTPUT_CODES)
    )
    inputs = orthogonal_block_code(
        terms.features, dimensions, weight, task.stream(Stream.INPUT_CODE)
    )
    compress = _compression(task, outputs, inputs)
    unit = GRAIN * weight
    bias = _clearance(task, compress, dimensions) * unit
    layer = Layer(weight_matrix(compress, inputs), np.full(neurons, bias, np.int32), 1.0 / unit)
    members = _members(outputs)
    # What the biases alone make of a reading.
    resting = (bias / unit) * np.asarray(members.sum(axis=1), np.float64)
    level = float(terms.widths[0])
    network = finished(
        task,
        NAME,
        inputs,
        layer,
        readout_of(task, members, off_lattice(resting + weight * (level - 0.5), unit)),
        "output",
        answer_key(task, "output", abs(members), compress, inputs, unit),
        1,
        "no ReLU bends within the promise: thresholds of the readout make ANDs of sums",
    )
    slack = calibrated_slack(task, network, level, weight)
    thresholds = off_lattice(resting + weight * (level - slack), unit)
    return _with_thresholds(network, task, members, thresholds)


def _compression(task: Task, outputs: SparseCode, inputs: SparseCode) -> sp.csr_array:
    terms = task.terms
    entries = (np.ones(len(terms.literals), np.float32), gate_inputs(task).ravel(), terms.offsets)
    wanted = sp.csr_array(entries, shape=(terms.outputs, terms.features))
    strengths = joint_strengths(wanted, outputs, inputs)
    return joint_compression(wanted, strengths, outputs, GRAIN)


def _clearance(task: Task, compress: sp.csr_array, dimensions: int) -> int:
    """How far above its bend a ReLU rests, in features: clear of the sums the promise allows."""
    squares = compress.data.astype(np.int32) ** 2
    entries = (squares, compress.indices, compress.indptr)
    loudest = float(sp.csr_array(entries, shape=compress.shape).sum(axis=1).max()) / GRAIN**2
    noise = np.sqrt(task.active * loudest / dimensions)
    return int(np.ceil(_CLEARANCE * noise)) + task.active


def _members(outputs: SparseCode) -> sp.csr_array:
    """The readout: the sign of every output at its neurons, int16 (outputs, neurons)."""
    members = outputs.matrix().astype(np.int16)
    members.sort_indices()
    return members


def _with_thresholds(
    network: Network, task: Task, members: sp.csr_array, thresholds: NDArray[np.float32]
) -> Network:
    return replace(network, readout=readout_of(task, members, thresholds))


CONSTRUCTION = Construction(
    name=NAME,
    problem="ANDs of k features each, of small influence; k = 1 is a permutation",
    inputs=Inputs.SUPERPOSED,
    law="z sqrt(k m'), z ~ sqrt(log(s f / error)), with d = n dimensions",
    exponent=0.5,
    error="over the draw of the codes, on any input that keeps the promise",
    assumptions=("no feature feeds more than its share of the outputs", "noise is Gaussian"),
    sources=("polyseme", "welch1974lower"),
    refuses=_refuses,
    neurons=_neurons,
    parameters=_parameters,
    build=_build,
)
