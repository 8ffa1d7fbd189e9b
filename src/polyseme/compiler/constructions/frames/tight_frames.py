"""ANDs of few inputs between two tight frames: the least noise that weights can make.

Theorem. Let m' outputs each be the AND of k of m features. Let no feature be in more than f of
them, and at most s features be on. Give features signed codes A in d dimensions and outputs signed
codes R on n neurons, both tight frames (unions of orthogonal bases, `codes/orthogonal_blocks.py`).
Let W = R^T L A be the matrix of least norm through which each output reads each of its own k
features at exactly 1 (`joint_reads.py`). Then any other feature that is on moves a reading by noise
of variance

    v = 1.12 k m' / (n d) / (1 - k m' / (n d)),

on average over outputs and features. The factor 1.12 is measured; it is the cost of codes that do
not fill their last blocks. Apart from that factor, no W of those dimensions makes less noise. A
reading is k when its gate is satisfied and at most k - 1 when not. So with noise taken for
Gaussian, the threshold k - t fails with chance at most

    Q(t / sqrt((s-k) v)) + sum over r < k of c_r Q((k - t - r) / sqrt((s-r) v)),

where c_r is the number of outputs that can have r of their inputs on: c_0 = m', c_r <= s f / r. The
declared size, with d = n where there are enough features, is the smallest n for which some t puts
this under the error asked for. So n = z sqrt(k m'), for outputs that lack one input as for
satisfied ones. That is about sqrt(m') sqrt(log(s f / error)), with no logarithm of m' for k > 1.

The bias keeps each ReLU from bending. Within the promise the hidden layer is linear, and the
threshold of the readout makes an AND of the sum. So signs may be used in both codes, which the
other constructions do not allow. A network whose ReLUs do bend is `three-channel`. Influence
counts: v is an average, and a feature of influence f makes (f - k m' / m) / n more noise, through
the outputs that it feeds.

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
    failure,
    frame_parameters,
    imbalance,
    linear_network,
    load,
    refuses_frames,
    wanted_reads,
)
from polyseme.compiler.constructions.frames.joint_reads import joint_compression, joint_strengths
from polyseme.compiler.parts.assembly import smallest_number
from polyseme.compiler.parts.weights import weight_matrix
from polyseme.compiler.task import Task
from polyseme.networks.layer import Layer
from polyseme.networks.network import Network

NAME = "tight-frames"
# Weight of the codes. Twice the weight makes a fifth fewer errors and twice the work.
WEIGHT = 16
# Weight for permutations: every output is a rival of every other, so tails must be nearer Gaussian.
WEIGHT_OF_SINGLES = 32
# Number of steps in an entry of 1 of C: rounding to eighths adds hardly any noise, and W fits into
# bytes.
GRAIN = 8
# Codes whose last block is cut off or does not fill the neurons make more noise than the bound.
_MARGIN = 1.12


def weight_of(task: Task) -> int:
    """Return the number of neurons per output, which is also that of dimensions per feature."""
    return WEIGHT if int(task.terms.widths[0]) > 1 else WEIGHT_OF_SINGLES


def frames_needed(task: Task, error: float, uneven: bool = True) -> int:
    """Return the fewest neurons for which some threshold fails no more often than `error`.

    If not `uneven`, all features count as read by equally many outputs.
    """
    weight = weight_of(task)

    def enough(groups: int) -> bool:
        neurons = groups * weight
        more = imbalance(task, neurons) if uneven else 0.0
        return failure(task, _variance(task, neurons) + more) <= error

    return weight * max(2, smallest_number(enough))


def _variance(task: Task, neurons: int) -> float:
    """Return the variance that one foreign feature of average influence adds to a reading.

    It is infinite where own reads take up all of W.
    """
    taken = load(task, neurons, weight_of(task))
    return float(_MARGIN * taken / (1 - taken)) if taken < 1 else np.inf


def _clearance(task: Task, compress: sp.csr_array, dimensions: int) -> int:
    """Return the distance of a resting ReLU above its bend, in features.

    It exceeds all sums that the promise allows, up to `CLEARANCE` standard deviations.
    """
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
        """Return why the construction does not serve a task; None where it does."""
        return refuses_frames(task, weight_of)

    def neurons(self, plan: Task, error: float) -> int:
        """Return the fewest neurons for which some threshold fails no more often than `error`."""
        return frames_needed(plan, error)

    def parameters(self, plan: Task, neurons: int) -> int:
        """Return the number of weights and biases, plus one threshold."""
        return frame_parameters(plan, neurons, weight_of(plan))

    def build(self, plan: Task, neurons: int) -> Network:
        """Build the network; W = C D, and C holds the joint reads of all outputs."""
        weight = weight_of(plan)
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
