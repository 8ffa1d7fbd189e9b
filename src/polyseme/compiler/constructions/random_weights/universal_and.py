"""Universal AND: random weights that depend on no gate, from which every AND can be read.

Theorem (Hänni, Mendel, Vaintrob and Chan 2024, in our words). Let every neuron read every feature
with weight 1 with chance p, and otherwise with weight 0. Let it have bias -(k - 1). Let Q_i be the
neurons that read feature i. An AND of k features is read as the mean of the ReLUs over the neurons
that their Q share. The reading is 1 when all k are on, plus what the other features that are on
add. With basis-aligned inputs polylog(m) neurons hold all ANDs of m features. With inputs in
superposition and weights W = C D, the authors find that O~(m^(2/3)) neurons are enough to read
every AND to within a small constant.

Declared size, basis-aligned. The mean is compared with 1/2. A true gate always reads 1 or more if
its features share a neuron. A false one with r < k inputs on reads the mean of ReLU(r + B - k + 1),
where B is binomial, of s - r others with chance p. Chernoff's bound (`tails.py`) needs no
approximation here. Summed over the at most s f / r gates (f the largest influence; all gates for
r = 0), it gives

    n = ln(gates that could err / error) / -ln min_t E exp(t (ReLU - 1/2) [the neuron is shared])

up to the sum over r. The density p is the one with the smallest bound at the size given. It comes
out between 1/(4s) and 1/(2s) and does not shrink with m: asymptotic densities such as
log^2(m)/sqrt(n) exceed 1 at every size of interest.

Declared size, in superposition. D reads a signed tight code backwards, in about d = n dimensions
(at most m/2), in which one feature is read with variance v = (1 - d/m)/d where another is on. A
neuron's sum then has noise of variance V = s p (1 - p) m v. The entries of C are centred: 1 - p or
-p instead of 1 or 0. Without centring, the noise would be the same at all neurons and would not
average out. With centring, each of the features that are on takes p off every neuron, and the
features that hit the neuron give that back on average. The interference of the gate's own inputs,
of variance at most k s v, about k s / m, does not average out. With too few features for the error,
that interference alone is too much, and the task is refused. The threshold is midway between the
expected reading of a true gate and that of a gate with one input missing. The declared n is the
smallest whose sum of bounds is under the error. As outputs are compared with a threshold, noise
need only average out over n p^k neurons and may exceed 1 at each neuron. So n grows about as
sqrt(s m log m), less than O~(m^(2/3)), which is for readings near 0 or 1.

Error: the chance, over the weights, that any output is wrong on an input with exactly s features
on, whichever they are; with basis-aligned inputs also with fewer on. (In superposition the
threshold assumes the noise of s features: with fewer on, true gates read less.) With basis-aligned
inputs this is a theorem; in superposition noise is taken for Gaussian. Stored: n x m weights (n x d
in superposition) and n biases. The weights hold no information about the gates. Where these are not
all the k-sets, every readout entry counts as a parameter.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from polyseme.common.random_streams import Stream
from polyseme.compiler.constructions.construction import Inputs, TaskConstruction
from polyseme.compiler.constructions.random_weights.tails import (
    Sums,
    chance_over,
    chance_under,
    sums_of,
)
from polyseme.compiler.parts.assembly import (
    MOST_NEURONS,
    answer_key,
    basis_code,
    crowds,
    finished,
    gate_inputs,
    interference,
    is_universal,
    off_lattice,
    readout_of,
    refuses_gates,
    shared_interference,
    smallest_number,
    superposed_code,
    superposed_dimensions,
    too_crowded,
)
from polyseme.compiler.task import Task
from polyseme.errors import CapacityError, TooFewNeuronsError
from polyseme.networks.layer import Layer
from polyseme.networks.network import Network

NAME = "universal-and"
# In superposition the entries of C are multiples of 1/GRAIN, so that they can be centred exactly.
GRAIN = 64
_BLOCK_ENTRIES = 8_000_000


@dataclass(frozen=True)
class _Density:
    """The chance that a neuron reads a feature, and the threshold that a gate's mean must reach."""

    chance: float
    threshold: float
    failure: float


def _superposed(task: Task) -> bool:
    return task.encoder == "superposed"


def _best_density(task: Task, neurons: int) -> _Density:
    """Return the density with the smallest bound on the error."""
    others = task.active - gate_inputs(task).shape[1] + 1
    # At the upper end of these chances a gate with an input missing reads 1/2 on average.
    chances = np.linspace(1 / (8 * task.active), 1 / (2 * others), 20, endpoint=False)
    if _superposed(task):
        chances = np.arange(2, GRAIN // 2, 2) / GRAIN
    return min((_at_density(task, neurons, float(p)) for p in chances), key=lambda one: one.failure)


def _at_density(task: Task, neurons: int, chance: float) -> _Density:
    crowd = crowds(task)
    inputs = len(crowd) - 1
    sums = _sums_superposed if _superposed(task) else _sums_basis
    by_inputs_on = [sums(task, neurons, chance, on) for on in range(inputs + 1)]
    threshold = 0.5
    if _superposed(task):
        threshold = (by_inputs_on[inputs].mean() + by_inputs_on[inputs - 1].mean()) / 2
    share = chance**inputs
    failure = crowd[inputs] * chance_under(by_inputs_on[inputs], threshold, neurons, share)
    for on in range(inputs):
        failure += crowd[on] * chance_over(by_inputs_on[on], threshold, neurons, share)
    return _Density(chance, threshold, failure)


def _sums_basis(task: Task, neurons: int, chance: float, on: int) -> Sums:
    inputs = gate_inputs(task).shape[1]
    return sums_of(on - inputs + 1, task.active - on, chance)


def _sums_superposed(task: Task, neurons: int, chance: float, on: int) -> Sums:
    inputs, features = gate_inputs(task).shape[1], task.terms.features
    dimensions = superposed_dimensions(features, neurons)
    overlap = interference(features, dimensions)
    own = shared_interference(inputs, task.active, on)
    return sums_of(
        on - inputs + 1 - chance * task.active,
        task.active - on,
        chance,
        noise=float(np.sqrt(chance * (1 - chance) * features * task.active * overlap)),
        shared=float((1 - chance) * np.sqrt(own * overlap)),
    )


def _centred_product(
    on_neuron: NDArray[np.bool_], mean: int, decompress: sp.csr_array
) -> NDArray[np.int16]:
    """Return W = C D in integers, for entries GRAIN - mean or -mean of C.

    It is a sparse product plus a matrix of rank one.
    """
    reads = (sp.csr_array(on_neuron.astype(np.float32)) @ decompress).toarray()
    weights = GRAIN * reads - mean * decompress.sum(axis=0)
    if np.abs(weights).max() > np.iinfo(np.int16).max:
        raise CapacityError(f"{len(weights)} neurons read too many features for weights of 16 bits")
    return np.asarray(weights, np.int16)


def _shared_neurons(on_neuron: NDArray[np.bool_], gates: NDArray[np.int32]) -> sp.csr_array:
    """Return ones at the neurons that read all inputs of a gate, int16 (gates, neurons)."""
    by_feature = np.ascontiguousarray(on_neuron.T)
    step = max(1, _BLOCK_ENTRIES // len(on_neuron))
    blocks = []
    for begin in range(0, len(gates), step):
        some = gates[begin : begin + step]
        blocks.append(sp.csr_array(np.logical_and.reduce(by_feature[some.T]).astype(np.int16)))
    return sp.vstack(blocks, format="csr")


class UniversalAnd(TaskConstruction):
    """Random weights that depend on no gate, from which every AND is read."""

    name = NAME
    problem = "ANDs of k >= 2 features each, as many as there are"
    inputs = Inputs.EITHER
    law = (
        "basis: ln(gates/error) / c(s, k), polylog(m) as published; "
        "superposed: about sqrt(s m log(m/error) / p) with thresholds, published O~(m^(2/3))"
    )
    exponent = 0.0
    error = "over the draw of the weights, on any input that keeps the promise"
    assumptions = (
        "superposed: exactly s features are on, and interference is Gaussian",
        "basis: none beyond the promise of at most s",
    )
    sources = ("vaintrob2024mathematical",)

    def refusal(self, task: Task) -> str | None:
        """Return why the construction does not serve a task; None where it does."""
        reason = refuses_gates(task)
        if reason is None and _superposed(task):
            hopeless = _best_density(task, MOST_NEURONS).failure > task.error
            return too_crowded(task) if hopeless else None
        return reason

    def neurons(self, plan: Task, error: float) -> int:
        """Return n of the law."""
        return smallest_number(lambda size: _best_density(plan, size).failure <= error)

    def parameters(self, plan: Task, neurons: int) -> int:
        """Return the number of parameters of a network of so many neurons."""
        features = plan.terms.features
        superposed = _superposed(plan)
        columns = superposed_dimensions(features, neurons) if superposed else features
        reads = 0
        if not is_universal(plan):
            gates, inputs = gate_inputs(plan).shape
            reads = round(gates * neurons * _best_density(plan, neurons).chance ** inputs)
        return neurons * (columns + 1) + reads

    def build(self, plan: Task, neurons: int) -> Network:
        """Build the network of at most so many neurons."""
        density = _best_density(plan, neurons)
        features, inputs = plan.terms.features, gate_inputs(plan).shape[1]
        generator = plan.stream(Stream.OUTPUT_CODES)
        on_neuron = generator.random((neurons, features)) < density.chance
        members = _shared_neurons(on_neuron, gate_inputs(plan))
        if not members.nnz:
            raise TooFewNeuronsError(
                f"{neurons} neurons are too few: the inputs of no gate share a neuron"
            )
        if _superposed(plan):
            code = superposed_code(features, neurons, plan.stream(Stream.INPUT_CODE))
            mean = round(GRAIN * density.chance)
            compress = sp.csr_array((GRAIN * on_neuron - mean).astype(np.int16))
            resolution = GRAIN * code.weight
            weights = _centred_product(on_neuron, mean, code.matrix())
        else:
            code, resolution = basis_code(features), 1
            compress, weights = sp.csr_array(on_neuron.astype(np.int16)), on_neuron.astype(np.int8)
        sizes = np.diff(members.indptr)
        thresholds = off_lattice(sizes * density.threshold, resolution)
        layer = Layer(
            weights, np.full(neurons, -(inputs - 1) * resolution, np.int32), 1.0 / resolution
        )
        return finished(
            plan,
            NAME,
            code,
            layer,
            readout_of(plan, members, np.where(sizes > 0, thresholds, np.inf).astype(np.float32)),
            "input",
            answer_key(plan, "input", members, code, compress=compress, resolution=resolution),
            readout_parameters=0 if is_universal(plan) else int(members.nnz),
            note=f"each feature is on each neuron with chance {density.chance:g}",
        )
