"""Random dense weights, from which every AND of two features is read as a product of signs.

Theorem (Hänni, Mendel, Vaintrob and Chan 2024, in our words). Let neuron j of n be
h_j = ReLU(sum_i w_ij y_i), with independent weights of mean 0, Gaussian or fair signs, over
basis-aligned inputs, without bias. With z_j = sign(w_aj) sign(w_bj), the sum of z_j h_j over all
neurons, divided by n c, has mean 1 if a and b are both on and exactly s features are, and mean 0 if
a or b is off. Its error falls as 1/sqrt(n), so n ~ log(m) neurons hold all m (m - 1)/2 ANDs.

The unit c is E[z ReLU(w_a + w_b + the weights of s - 2 others)]. For fair signs it is
(h(2) - 2 h(0) + h(-2))/4, where h(x) is the mean of ReLU(x + the s - 2 others). For Gaussian
weights, in units of their deviation, it is (E|u + v + r| - E|u - v + r|)/4, where u and v are the
sizes of two normal numbers and r is normal of variance s - 2.

The offset. The ReLUs have a mean g > 0, which is sqrt(s / 2 pi) for Gaussian weights, and the z of
a pair do not add up to exactly 0. So the sum is off by g times the sum of z, which is known. Output
(a, b) is on when the sum reaches n c / 2 + g sum_j z_j: half-way, centred for exactly s features
on.

The promise. The theorem requires exactly s features on, since both c and g depend on s. With fewer
on, a true gate reads more than 1 (c falls as s grows), and a false one still has mean 0 and less
variance in all, but the offset that is taken off is too large. The declared error is for exactly s,
and tests show that fewer do no harm. With more on, true gates read too little.

Declared size. Given h, an output whose feature b is off is a sum of fair signs times h - g. So by
Hoeffding's bound over all m' gates, and by a similar one, taken for a normal tail, for gates on,

    n = 8 V ln(gates / error) / c^2,   V the variance of ReLU(sum of s weights),

with V up to fluctuations of relative order 1/sqrt(n). As V ~ s and c ~ 1/sqrt(s),
n ~ s^2 log(m'/error).

Error: over the draw of the weights, on any input with exactly s features on. Stored: n x m weights
and n biases, all of them drawn from the seed. Where the gates are not all the pairs, the readout's
gates x n signs count too.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from polyseme.common.distributions import binomial, normal_below, normal_density
from polyseme.common.random_streams import Stream
from polyseme.compiler.constructions.construction import Inputs, TaskConstruction
from polyseme.compiler.parts.assembly import (
    answer_key,
    basis_code,
    finished,
    gate_inputs,
    is_universal,
    off_lattice,
    readout_of,
    refuses_gates,
)
from polyseme.compiler.task import Task
from polyseme.networks.layer import Layer
from polyseme.networks.network import Network

# A Gaussian weight of 1 is stored as about this much. Weights are odd, so that each has a sign.
GAUSSIAN_RESOLUTION = 32
_NODES = 200
_FARTHEST = 8.0


@dataclass(frozen=True)
class Moments:
    """The unit c, the mean of the ReLU and its variance with s features on, in units of weight."""

    unit: float
    mean: float
    variance: float


def rademacher_moments(active: int) -> Moments:
    """Return the exact moments for weights of +1 and -1."""

    def rectified(level: int, others: int, power: int = 1) -> float:
        plus = np.arange(others + 1)
        sums = level + 2 * plus - others
        return float(np.maximum(sums, 0) ** power @ binomial(plus, others, 0.5))

    others = active - 2
    unit = (rectified(2, others) - 2 * rectified(0, others) + rectified(-2, others)) / 4
    mean = rectified(0, active)
    return Moments(unit, mean, rectified(0, active, 2) - mean**2)


def gaussian_moments(active: int) -> Moments:
    """Return the moments for standard normal weights; c by numerical integration over u and v."""
    sizes = (np.arange(_NODES) + 0.5) * _FARTHEST / _NODES
    chances = 2 * normal_density(sizes) * _FARTHEST / _NODES
    together = _folded(sizes[:, None] + sizes, active - 2)
    apart = _folded(sizes[:, None] - sizes, active - 2)
    unit = float(chances @ (together - apart) @ chances) / 4
    mean = float(np.sqrt(active / (2 * np.pi)))
    return Moments(unit, mean, active / 2 - mean**2)


def _folded(level: NDArray[np.float64], variance: int) -> NDArray[np.float64]:
    """Return the mean of |level + r|, where r is normal of the given variance."""
    if variance == 0:
        return np.abs(level)
    spread = np.sqrt(variance)
    ratio = level / spread
    return np.asarray(level * (1 - 2 * normal_below(-ratio)) + 2 * spread * normal_density(ratio))


@dataclass(frozen=True)
class _Weights:
    """A kind of random weights: the integer that stands for 1, the draw (int8), and the moments."""

    name: str
    resolution: int
    draw: Callable[[np.random.Generator, tuple[int, int]], NDArray[np.int8]]
    moments: Callable[[int], Moments]


def _draw_gaussian(generator: np.random.Generator, shape: tuple[int, int]) -> NDArray[np.int8]:
    odd = 2 * np.floor(generator.standard_normal(shape, np.float32) * (GAUSSIAN_RESOLUTION / 2)) + 1
    return np.asarray(np.clip(odd, -127, 127), np.int8)


def _draw_signs(generator: np.random.Generator, shape: tuple[int, int]) -> NDArray[np.int8]:
    return 2 * generator.integers(0, 2, shape, dtype=np.int8) - np.int8(1)


_GAUSSIAN = _Weights("gaussian-products", GAUSSIAN_RESOLUTION, _draw_gaussian, gaussian_moments)
_RADEMACHER = _Weights("rademacher-products", 1, _draw_signs, rademacher_moments)


def _build(kind: _Weights, task: Task, neurons: int) -> Network:
    features, gates = task.terms.features, gate_inputs(task)
    weights = kind.draw(task.stream(Stream.OUTPUT_CODES), (neurons, features))
    signs = np.ascontiguousarray(np.sign(weights).T)
    products = signs[gates[:, 0]] * signs[gates[:, 1]]
    moments = kind.moments(task.active)
    sums = products.sum(axis=1, dtype=np.int64)
    thresholds = neurons * moments.unit / 2 + sums * moments.mean
    layer = Layer(weights, np.zeros(neurons, np.int32), 1.0 / kind.resolution)
    code, members = basis_code(features), _every_neuron(products)
    # With basis-aligned inputs W is C. Each gate is read from all neurons.
    reads = sp.csr_array(weights.astype(np.int16))
    return finished(
        task,
        kind.name,
        code,
        layer,
        readout_of(task, members, off_lattice(thresholds, kind.resolution)),
        "input",
        answer_key(task, "input", members, code, compress=reads, resolution=kind.resolution),
        readout_parameters=0 if is_universal(task) else products.size,
        note=f"centred for exactly {task.active} features on",
    )


def _every_neuron(products: NDArray[np.int8]) -> sp.csr_array:
    """Return a matrix without zeros in sparse form."""
    gates, neurons = products.shape
    columns = np.tile(np.arange(neurons, dtype=np.int32), gates)
    offsets = np.arange(gates + 1, dtype=np.int64) * neurons
    return sp.csr_array((products.ravel(), columns, offsets), shape=products.shape)


class _SignProducts(TaskConstruction):
    """Random weights of one kind, with gates read as products of two signs."""

    kind: ClassVar[_Weights]
    problem = "ANDs of two features, as many as there are"
    inputs = Inputs.BASIS
    exponent = 0.0
    error = "over the draw of the weights, falling as 1/sqrt(n) in amplitude"
    assumptions = ("exactly s features are on (fewer: without proof)",)
    sources = ("vaintrob2024mathematical",)

    def refusal(self, task: Task) -> str | None:
        """Return why the construction does not serve a task; None where it does."""
        if task.encoder == "superposed":
            return "its inputs are basis-aligned"
        return refuses_gates(task, widest=2)

    def neurons(self, plan: Task, error: float) -> int:
        """Return the neurons at which the Gaussian tails of all gates sum to less than `error`."""
        moments = self.kind.moments(plan.active)
        tails = np.log(len(plan.terms) / error)
        return max(1, int(np.ceil(8 * moments.variance * tails / moments.unit**2)))

    def parameters(self, plan: Task, neurons: int) -> int:
        """Return the number of weights, biases, and readout signs if gates are not all pairs."""
        reads = 0 if is_universal(plan) else neurons * len(plan.terms)
        return neurons * (plan.terms.features + 1) + reads

    def build(self, plan: Task, neurons: int) -> Network:
        """Build the network: draw the weights, and read each gate by products of its signs."""
        return _build(self.kind, plan, neurons)


class GaussianProducts(_SignProducts):
    """Products of signs, read from neurons with standard normal weights."""

    kind = _GAUSSIAN
    name = kind.name
    law = "8 V ln(gates/error) / c^2 with Gaussian weights, about s^2 log(m'/error)"


class RademacherProducts(_SignProducts):
    """Products of signs, read from neurons whose weights are fair signs."""

    kind = _RADEMACHER
    name = kind.name
    law = "8 V ln(gates/error) / c^2 with fair sign weights, about s^2 log(m'/error)"
