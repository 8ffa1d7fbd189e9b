"""Targeted ANDs: a random code for each gate of the circuit, and no neurons for other gates.

Theorem (Hänni, Mendel, Vaintrob and Chan 2024, in our words). Give each of m' chosen ANDs of k
features a random set of w neurons. A neuron reads every feature of its gates with weight 1 and has
bias -(k - 1). A gate is read as the mean over its w neurons. Let inputs be in superposition, and
W = C D, where D is the input code read backwards. Then about n x d of the possible gates fit into n
neurons over d dimensions, up to logarithms: n ~ sqrt(m') up to logarithms when d = n.

This is the plain construction: C is 0/1, without the equalised reads of `parts/weights.py`. The
input code is signed, so interference is centred. It is a tight frame in about d = n dimensions (at
most half as many as features).

Declared size, in superposition. One feature is read with variance v = (1 - d/m)/d where another is
on. A neuron reads k m' w / n literals, so with s features on its sum has noise of its own, of
variance

    V = s (k m' w / n) v,  about k m' w s / n^2.

It also has the interference of a gate's own inputs, of variance about k s v. All neurons of the
gate have that part in common, so no number of neurons averages it out. Each of the other features
that are on hits a neuron of the gate with chance f w / n (f the largest influence). The threshold
is midway between the expected reading of a true gate and that of a gate with one input missing. The
error is Chernoff's bound (`tails.py`) over the w neurons, summed over the at most s f / r gates
with r inputs on and over all m' gates with none. The declared n is the smallest for which some w
keeps it under the error asked for. The best w grows as log m', and the noise that a neuron bears
tends to a constant V, so n ~ sqrt(k m' s w / V) ~ sqrt(m' log m').

With few features the interference of a gate's own inputs alone may be too much. Then the task is
refused in superposition, and built with basis-aligned inputs if no encoder is asked for.

Declared size, basis-aligned: the same with v = 0. Then only hits matter and n ~ f s log m'.

Error: over the draw of the codes, on any input with at most s features on. Noise is taken for
Gaussian and hits for independent, which is an approximation. Stored: n x d weights and n biases;
the seed gives the readout.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from polyseme.codes.balanced import balanced_code
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
    code_members,
    crowds,
    finished,
    gate_inputs,
    interference,
    off_lattice,
    readout_of,
    reads_of_gates,
    refuses_gates,
    shared_interference,
    smallest_number,
    superposed_code,
    superposed_dimensions,
    too_crowded,
)
from polyseme.compiler.parts.weights import weight_matrix
from polyseme.compiler.task import Task
from polyseme.errors import TooFewNeuronsError
from polyseme.networks.layer import Layer
from polyseme.networks.network import Network

NAME = "targeted-pairs"
_WEIGHTS = (2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 14, 16, 18, 20, 24, 28, 32, 40, 48)


@dataclass(frozen=True)
class _Codes:
    """Codes of `weight` neurons per gate, whose mean is compared with `threshold`."""

    weight: int
    threshold: float
    failure: float


def _in_superposition(task: Task) -> bool:
    """Return whether inputs are in superposition: by default, if enough neurons would serve."""
    return task.encoder != "basis" and (task.encoder == "superposed" or not _crowded(task))


def _crowded(task: Task) -> bool:
    return _best_codes(task, MOST_NEURONS, True).failure > task.error


def _best_codes(task: Task, neurons: int, superposed: bool) -> _Codes:
    """Return the codes whose weight has the smallest bound on the error."""
    fitting = [weight for weight in _WEIGHTS if weight <= neurons]
    if not fitting:
        raise TooFewNeuronsError(
            f"{neurons} neurons are too few for codes of weight {_WEIGHTS[0]}, the least there is"
        )
    return min(
        (_of_weight(task, neurons, w, superposed) for w in fitting), key=lambda one: one.failure
    )


def _of_weight(task: Task, neurons: int, weight: int, superposed: bool) -> _Codes:
    crowd = crowds(task)
    inputs = len(crowd) - 1
    by_inputs_on = [_sums(task, neurons, weight, on, superposed) for on in range(inputs + 1)]
    threshold = (by_inputs_on[inputs].mean() + by_inputs_on[inputs - 1].mean()) / 2
    failure = crowd[inputs] * chance_under(by_inputs_on[inputs], threshold, weight)
    for on in range(inputs):
        failure += crowd[on] * chance_over(by_inputs_on[on], threshold, weight)
    return _Codes(weight, threshold, failure)


def _sums(task: Task, neurons: int, weight: int, on: int, superposed: bool) -> Sums:
    gates, inputs = gate_inputs(task).shape
    hit = min(1.0, int(task.terms.influence.max()) * weight / neurons)
    level, others = float(on - inputs + 1), task.active - on
    if not superposed:
        return sums_of(level, others, hit)
    features = task.terms.features
    dimensions = superposed_dimensions(features, neurons)
    overlap = interference(features, dimensions)
    own = shared_interference(inputs, task.active, on)
    reads = min(inputs * gates * weight / neurons, features)
    noise = float(np.sqrt(reads * task.active * overlap))
    return sums_of(level, others, hit, noise, float(np.sqrt(own * overlap)))


class TargetedPairs(TaskConstruction):
    """One random code per chosen gate."""

    name = NAME
    problem = "chosen ANDs of k >= 2 features each"
    inputs = Inputs.EITHER
    law = "superposed: sqrt(k m' s w / V), w ~ log m', V the noise borne; basis: about f s log m'"
    exponent = 0.5
    error = "over the draw of the codes, on any input that keeps the promise"
    assumptions = ("interference is Gaussian and hits on a gate's neurons are independent",)
    sources = ("vaintrob2024mathematical",)

    def refusal(self, task: Task) -> str | None:
        """Return why the construction does not serve a task; None where it does."""
        reason = refuses_gates(task)
        if reason is None and task.encoder == "superposed" and _crowded(task):
            return too_crowded(task)
        return reason

    def neurons(self, plan: Task, error: float) -> int:
        """Return n of the law."""
        superposed = _in_superposition(plan)

        def enough(size: int) -> bool:
            return size >= _WEIGHTS[0] and _best_codes(plan, size, superposed).failure <= error

        return smallest_number(enough)

    def parameters(self, plan: Task, neurons: int) -> int:
        """Return the number of parameters of a network of so many neurons."""
        features = plan.terms.features
        superposed = _in_superposition(plan)
        columns = superposed_dimensions(features, neurons) if superposed else features
        return neurons * (columns + 1)

    def build(self, plan: Task, neurons: int) -> Network:
        """Build the network of at most so many neurons."""
        superposed = _in_superposition(plan)
        codes = _best_codes(plan, neurons, superposed)
        gates = gate_inputs(plan)
        features, inputs = plan.terms.features, gates.shape[1]
        words = balanced_code(
            len(gates), neurons, codes.weight, plan.stream(Stream.OUTPUT_CODES)
        ).positions
        code = basis_code(features)
        if superposed:
            code = superposed_code(features, neurons, plan.stream(Stream.INPUT_CODE))
        resolution = code.weight
        compress = reads_of_gates(gates, words, neurons, features)
        members = code_members(words, neurons)
        threshold = np.full(len(gates), codes.weight * codes.threshold)
        layer = Layer(
            weight_matrix(compress, code),
            np.full(neurons, -(inputs - 1) * resolution, np.int32),
            1.0 / resolution,
        )
        return finished(
            plan,
            NAME,
            code,
            layer,
            readout_of(plan, members, off_lattice(threshold, resolution)),
            "output",
            answer_key(plan, "output", members, code, compress=compress, resolution=resolution),
            readout_parameters=0,
            note=f"each gate is on {codes.weight} neurons",
        )
