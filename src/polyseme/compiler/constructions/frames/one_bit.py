"""Tight frames with weights of one bit: every entry of W is +1 or -1, times one scale.

Theorem. As in `tight_frames.py`, m' outputs each be the AND of k of m features, no feature in more
than f of them, at most s features on, and let features have signed codes A in d dimensions and
outputs R on n neurons, unions of orthogonal bases. Let S = sign(R^T L A), L such that every output
reads its own features alike (`even_signs.py`), and x = (pi/2) k m' / (n d). Then with own reads
taken for 1, any other feature that is on moves a reading by noise of variance

    v = 1.15 x / (1 - x).

Why: with codes of length 1, signs that tell nothing make reads of variance 1, own reads z too. L
raises those: a read follows its number in L by chi = sqrt(2/pi) / h, h being the deviation of the
sums under the signs, which flip with a normal variable's density at 0. So own reads of r take
numbers of (r - z) / chi; k m' / (n d) of them a weight make h^2 = k m' / (n d) (r^2 + 1) / chi^2,
thus r^2 = (1 - x) / x, and v is 1 / r^2. It is `tight-frames` with pi/2 times the literals, so with
sqrt(pi/2) = 1.25 times the neurons, of one bit instead of eight: a fifth of the bits. That is an
argument of physicists, no proof. Measured, v is within 3 % of it without the 1.15 at 10,000 and
100,000 gates, and less at 1,000; the 1.15 is for tails that are above Gaussian ones.

Own reads do not quite agree: each flip that mends one moves all others on its weight. What is left
of their differences is, as measured, a standard deviation of u = x / (1 - x) + 1 / (2 l b), where
l literals add up in a weight and b = m m' / (n d): if codes are hardly more than bases, b near 1,
sums take few values. The sizes declared are the fewest neurons for which some threshold k - t puts

    Q(t / sqrt((s-k) v + k u^2)) + sum over r < k of c_r Q((k - t - r) / sqrt((s-r) v + r u^2))

under the error, c_0 = m', c_r <= s f / r; d = n wherever features are enough. Small circuits, where
no number of neurons does, are refused. Influence counts as for `tight-frames`.

W = C D exactly, with the codes' weight w (32 or 64) times the signs: for D's words on one basis H
of the dimensions, H H^T = w, C is S H^T on those features. W is kept as bytes of +w and -w: for +1
and -1, C on one basis would be no whole numbers. C says truly what a neuron adds up, but not which
gates' features it is for, which the key's `units` do.

Inputs in superposition. Error: over the draw of the codes, on any input that keeps the promise.
Stored: n d bits, n biases that are all the same, one threshold; the seed gives the codes. Source:
ours.
"""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from polyseme.codes.code import SparseCode
from polyseme.common.random_streams import Stream
from polyseme.compiler.constructions.construction import Inputs, TaskConstruction
from polyseme.compiler.constructions.frames.even_signs import even_signs
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
from polyseme.compiler.parts.assembly import smallest_number
from polyseme.compiler.task import Task
from polyseme.networks.layer import Layer
from polyseme.networks.network import Network

NAME = "one-bit"
# Signs lose least where many literals add up in a weight; with few features on they do at half.
WEIGHT, WEIGHT_OF_FEW = 64, 32
_FEW = 3
# Tails of noise are a little above Gaussian ones, most of all where every output is a rival.
_MARGIN = 1.15
# By how much own reads differ where one literal adds up in a weight, and codes are one basis.
_UNEVEN = 0.5


def _weight(task: Task) -> int:
    """How many neurons carry an output, and how many dimensions a feature."""
    few = int(task.terms.widths[0]) > 1 and task.active <= _FEW
    return WEIGHT_OF_FEW if few else WEIGHT


def _failure(task: Task, neurons: int, even: bool = False) -> float:
    """The chance that an input is decided wrongly; with `even` own reads as if there were no u."""
    terms = task.terms
    taken = load(task, neurons, _weight(task))
    ratio = np.pi / 2 * taken
    if ratio >= 1:
        return 1.0
    noise = ratio / (1 - ratio)
    adding = taken * _weight(task) ** 2
    bases = taken * terms.features * terms.outputs / terms.literals.size
    uneven = 0.0 if even else (noise + _UNEVEN / (adding * bases)) ** 2
    return failure(task, _MARGIN * noise + imbalance(task, neurons), uneven)


def _compression(signs: NDArray[np.int8], inputs: SparseCode) -> sp.csr_array:
    """C with C D = W, the weight times the signs: int16 (neurons, features).

    The first features, one a dimension, have the words of a first block, H with H^T H = weight; so
    C is the signs times H^T on those.
    """
    basis = inputs.matrix()[: inputs.neurons]
    product = np.ascontiguousarray((basis @ signs.T.astype(np.float32)).T)
    compress = sp.csr_array(product.astype(np.int16))
    compress.resize((len(signs), inputs.features))
    return compress


def _clearance(task: Task, resolution: int) -> int:
    """How far above its bend a ReLU rests: clear of the sums the promise allows."""
    weight = _weight(task)
    noise = CLEARANCE * weight * np.sqrt(task.active * weight)
    # No feature adds more than all its dimensions with one sign.
    return min(int(np.ceil(noise)) + task.active * resolution, task.active * weight * weight)


class OneBit(TaskConstruction):
    """ANDs of k features between two tight frames, with weights that are signs."""

    name = NAME
    problem = "ANDs of k features each, of small influence; k = 1 is a permutation"
    inputs = Inputs.SUPERPOSED
    law = "z sqrt(pi/2 k m'), z ~ sqrt(log(s f / error)), with d = n dimensions"
    exponent = 0.5
    error = "over the draw of the codes, on any input that keeps the promise"
    assumptions = (
        "no feature feeds more than its share of the outputs",
        "noise is Gaussian",
        "signs answer to L as those of independent sums would",
    )
    sources = ("polyseme",)

    def refusal(self, task: Task) -> str | None:
        """Return why it does not serve a task; None where it does."""
        reason = refuses_frames(task, _weight)
        if reason is None and _failure(task, self.neurons(task, task.error)) > task.error:
            return f"{len(task.terms)} gates are too few for signs to read them evenly enough"
        return reason

    def neurons(self, plan: Task, error: float) -> int:
        """Return the fewest that do; where own reads stay uneven, twice what noise alone asks."""
        weight = _weight(plan)
        fewest = smallest_number(lambda some: _failure(plan, some * weight, even=True) <= error)
        some = range(max(2, fewest), 2 * max(2, fewest))
        enough = (groups for groups in some if _failure(plan, groups * weight) <= error)
        return weight * next(enough, some.stop)

    def parameters(self, plan: Task, neurons: int) -> int:
        """Return the weights, the biases and the one threshold."""
        return frame_parameters(plan, neurons, _weight(plan))

    def build(self, plan: Task, neurons: int) -> Network:
        """Build W, the signs times the weight of the codes."""
        weight = _weight(plan)
        outputs, inputs = drawn_frames(plan, neurons, weight)
        signs, own = even_signs(wanted_reads(plan), outputs, inputs, plan.stream(Stream.SIGNS))
        # W is the signs times the weight, so an output reads about `own` on each of its neurons.
        resolution = 1 << round(np.log2(own))
        bias = np.full(outputs.neurons, _clearance(plan, resolution), np.int32)
        layer = Layer(signs * np.int8(weight), bias, 1.0 / resolution)
        compress = _compression(signs, inputs)
        return linear_network(
            plan, NAME, outputs, inputs, layer, compress, own * weight / resolution
        )
