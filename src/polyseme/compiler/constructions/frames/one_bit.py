"""Tight frames with weights of one bit: every entry of W is +1 or -1, times one scale.

Theorem. As in `tight_frames.py`, let m' outputs each be the AND of k of m features. Let no feature
be in more than f of them, and at most s features be on. Let features have signed codes A in d
dimensions and outputs signed codes R on n neurons, both unions of orthogonal bases. Let
S = sign(R^T L A), with L such that every output reads its own features equally strongly
(`even_signs.py`), and let x = (pi/2) k m' / (n d). If own reads are scaled to 1, any other feature
that is on moves a reading by noise of variance

    v = 1.15 x / (1 - x).

The argument, which is heuristic and no proof: with codes of length 1, signs that are independent of
the gates give every read variance 1, also the read z of an own feature. L raises own reads. A read
follows its number in L with slope chi = sqrt(2/pi) / h, where h is the standard deviation of the
sums whose signs are W, because signs flip with the density of a normal variable at 0. So an own
read of r takes a number of (r - z) / chi in L. With k m' / (n d) such numbers per weight,
h^2 = k m' / (n d) (r^2 + 1) / chi^2, thus r^2 = (1 - x) / x, and v is 1 / r^2. This is the noise of
`tight-frames` with pi/2 times the literals, so it takes sqrt(pi/2) = 1.25 times the neurons, with
weights of one bit instead of eight: a fifth of the bits. The measured v, without the factor 1.15,
is within 3 % of this at 10,000 and 100,000 gates, and less at 1,000. The factor 1.15 allows for
tails above Gaussian ones.

Own reads are not quite equal, because each flip that corrects one read moves all others on its
weight. The standard deviation that is left is, as measured, u = x / (1 - x) + 1 / (2 l b), where l
literals add up in one weight and b = m m' / (n d). If codes are hardly more than bases, b is near 1
and sums take few values. The declared size is the smallest n for which some threshold k - t puts

    Q(t / sqrt((s-k) v + k u^2)) + sum over r < k of c_r Q((k - t - r) / sqrt((s-r) v + r u^2))

under the error, with c_0 = m' and c_r <= s f / r, and d = n where there are enough features. Small
circuits for which no number of neurons is enough are refused. Influence counts as in
`tight-frames`.

W = C D exactly, where W is the weight w of the codes (32 or 64) times the signs S. D's words on one
basis H of the dimensions have H H^T = w, and C is S H^T on the features of that basis. W is kept as
bytes of +w and -w, since with +1 and -1 the entries of C would not be whole numbers. C says exactly
what a neuron adds up, but not the gates that a neuron serves; the answer key's `units` say that.

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
    failure,
    frame_parameters,
    imbalance,
    linear_network,
    load,
    refuses_frames,
    wanted_reads,
)
from polyseme.compiler.parts.assembly import smallest_number
from polyseme.compiler.task import Task
from polyseme.networks.layer import Layer
from polyseme.networks.network import Network

NAME = "one-bit"
# Weights of the codes. Signs lose least where many literals add up in one weight; with few features
# on, half the weight is enough for that.
WEIGHT, WEIGHT_OF_FEW = 64, 32
_FEW = 3
# Tails of the noise are a little above Gaussian ones, most of all where every output is a rival.
_MARGIN = 1.15
# Deviation of own reads where one literal adds up in each weight and codes are a single basis.
_UNEVEN = 0.5
_ROUNDING = 1e-9


def _weight(task: Task) -> int:
    """Return the number of neurons per output, which is also that of dimensions per feature."""
    few = int(task.terms.offsets[1]) > 1 and task.active <= _FEW
    return WEIGHT_OF_FEW if few else WEIGHT


def _failure(task: Task, neurons: int, most: int | None = None, even: bool = False) -> float:
    """Return the chance that an input is decided wrongly; with `even` set, u is taken as 0.

    With `most` it is a lower bound for all numbers from `neurons` to `most`: noise falls as they
    rise, and what makes own reads uneven beside it grows.
    """
    terms, weight = task.terms, _weight(task)
    taken = load(task, neurons, weight)
    ratio = np.pi / 2 * (taken if most is None else load(task, most, weight))
    if ratio >= 1:
        return 1.0
    noise = ratio / (1 - ratio)
    adding = taken * weight**2
    bases = taken * terms.features * terms.outputs / terms.literals.size
    uneven = 0.0 if even else (noise + _UNEVEN / (adding * bases)) ** 2
    return failure(task, _MARGIN * noise + imbalance(task, most or neurons), uneven)


def _first_enough(task: Task, groups: range, error: float) -> int | None:
    """Return the first number of groups of neurons that is enough; None if none is.

    A range in which none can be is passed over whole; any other is halved.
    """
    weight = _weight(task)
    if len(groups) == 1:
        return groups[0] if _failure(task, groups[0] * weight) <= error else None
    # Rounding moves a bound by less than that.
    if _failure(task, groups[0] * weight, groups[-1] * weight) > error * (1 + _ROUNDING):
        return None
    half = len(groups) // 2
    first = _first_enough(task, groups[:half], error)
    return _first_enough(task, groups[half:], error) if first is None else first


def _compression(signs: NDArray[np.int8], inputs: SparseCode) -> sp.csr_array:
    """Return C with C D = W, which is the weight times the signs; int16 (neurons, features).

    The first features, one per dimension, have the words of a basis H with H^T H = weight, so C is
    the signs times H^T on those features.
    """
    basis = inputs.matrix()[: inputs.neurons]
    product = np.ascontiguousarray((basis @ signs.T.astype(np.float32)).T)
    compress = sp.csr_array(product.astype(np.int16))
    compress.resize((len(signs), inputs.features))
    return compress


def _clearance(task: Task, resolution: int) -> int:
    """Return the bias that keeps a ReLU above its bend for all sums within the promise."""
    weight = _weight(task)
    noise = CLEARANCE * weight * np.sqrt(task.active * weight)
    # A feature adds most when all its dimensions have the same sign.
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
        """Return why the construction does not serve a task; None where it does."""
        reason = refuses_frames(task, _weight)
        if reason is None and _failure(task, self.neurons(task, task.error)) > task.error:
            return f"{len(task.terms)} gates are too few for signs to read them evenly enough"
        return reason

    def neurons(self, plan: Task, error: float) -> int:
        """Return the fewest neurons that are enough.

        If own reads stay too uneven, it is twice the number that noise alone requires.
        """
        weight = _weight(plan)
        fewest = smallest_number(lambda some: _failure(plan, some * weight, even=True) <= error)
        some = range(max(2, fewest), 2 * max(2, fewest))
        first = _first_enough(plan, some, error)
        return weight * (some.stop if first is None else first)

    def parameters(self, plan: Task, neurons: int) -> int:
        """Return the number of weights and biases, plus one threshold."""
        return frame_parameters(plan, neurons, _weight(plan))

    def build(self, plan: Task, neurons: int) -> Network:
        """Build the network; W is the signs times the weight of the codes."""
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
