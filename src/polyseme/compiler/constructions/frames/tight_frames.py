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

import numpy as np
import scipy.sparse as sp

from polyseme.compiler.constructions.construction import Inputs, TaskConstruction
from polyseme.compiler.constructions.frames.frame_network import (
    CLEARANCE,
    drawn_frames,
    imbalance,
    failure,
    frame_parameters,
    linear_network,
    refuses_frames,
    load,
    wanted_reads,
)
from polyseme.compiler.constructions.frames.joint_reads import joint_compression, joint_strengths
from polyseme.compiler.parts.assembly import smallest_number
from polyseme.compiler.parts.weights import weight_matrix
from polyseme.compiler.task import Task
from polyseme.networks.layer import Layer
from polyseme.networks.network import Network

NAME = "tight-frames"
# Twice the weight makes a fifth fewer errors, and twice the work.
WEIGHT = 16
# Of permutations: every output is a rival of every other, so tails must be nearer to Gaussian.
WEIGHT_OF_SINGLES = 32
# Steps of C in one: rounding to eighths costs no noise to speak of, and W fits into bytes.
GRAIN = 8
# Blocks of codes that are cut off or do not fill the neurons leave more noise than the bound's.
_MARGIN = 1.12


def _weight(task: Task) -> int:
    """How many neurons carry an output, and how many dimensions a feature."""
    return WEIGHT if int(task.terms.widths[0]) > 1 else WEIGHT_OF_SINGLES


def _variance(task: Task, neurons: int) -> float:
    """What one foreign feature that is on adds to a reading; infinite where nothing is left."""
    taken = load(task, neurons, _weight(task))
    if taken >= 1:
        return np.inf
    return float(_MARGIN * taken / (1 - taken) + imbalance(task, neurons))


def _clearance(task: Task, compress: sp.csr_array, dimensions: int) -> int:
    """How far above its bend a ReLU rests, in features: clear of the sums the promise allows."""
    squares = compress.data.astype(np.int32) ** 2
    entries = (squares, compress.indices, compress.indptr)
    loudest = float(sp.csr_array(entries, shape=compress.shape).sum(axis=1).max()) / GRAIN**2
    noise = np.sqrt(task.active * loudest / dimensions)
    return int(np.ceil(CLEARANCE * noise)) + task.active


class TightFrames(TaskConstruction):
    """ANDs of k features between two tight frames, linear within the promise."""

    name = NAME
    problem = "ANDs of k features each, of small influence; k = 1 is a permutation"
    inputs = Inputs.SUPERPOSED
    law = "z sqrt(k m'), z ~ sqrt(log(s f / error)), with d = n dimensions"
    exponent = 0.5
    error = "over the draw of the codes, on any input that keeps the promise"
    assumptions = ("no feature feeds more than its share of the outputs", "noise is Gaussian")
    sources = ("polyseme", "welch1974lower")

    def refusal(self, task: Task) -> str | None:
        """Return why it does not serve a task; None where it does."""
        return refuses_frames(task, _weight)

    def neurons(self, plan: Task, error: float) -> int:
        """Return the fewest neurons for which some threshold fails no more often than `error`."""
        weight = _weight(plan)

        def enough(groups: int) -> bool:
            return failure(plan, _variance(plan, groups * weight)) <= error

        return weight * max(2, smallest_number(enough))

    def parameters(self, plan: Task, neurons: int) -> int:
        """Return the weights, the biases and the one threshold."""
        return frame_parameters(plan, neurons, _weight(plan))

    def build(self, plan: Task, neurons: int) -> Network:
        """Build W = C D, C the joint reads of all outputs."""
        weight = _weight(plan)
        outputs, inputs = drawn_frames(plan, neurons, weight)
        wanted = wanted_reads(plan)
        strengths = joint_strengths(wanted, outputs, inputs)
        compress = joint_compression(wanted, strengths, outputs, GRAIN)
        resolution = GRAIN * weight
        bias = _clearance(plan, compress, inputs.neurons) * resolution
        layer = Layer(
            weight_matrix(compress, inputs),
            np.full(outputs.neurons, bias, np.int32),
            1.0 / resolution,
        )
        return linear_network(plan, NAME, outputs, inputs, layer, compress, weight)
