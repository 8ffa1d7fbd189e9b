"""Reed-Solomon codes for the gates: exact on every input that keeps the promise.

Theorem (ours; the codes are those of Kautz and Singleton 1964). Let features be basis-aligned, each
read by at most f gates, with at most s features on. Give the gates, which are ANDs of k features,
codes of weight w any two of which share at most lam neurons. A neuron reads every feature of its
gates with weight 1 (once, even if several of its gates read it) and has bias -(k - 1). A gate is
read as the sum over its w neurons. Then a true gate reads at least w, and a false one at most
(s - k + 1) f lam.

Proof. Let r < k of a false gate's inputs be on. Let one of its neurons read x of the s - r other
features that are on. The neuron then has the value ReLU(x - (k - 1 - r)), which is at most
x (s - k + 1)/(s - r), as x <= s - r. A feature that is not an input of the gate is read through its
own f gates, each of which shares at most lam neurons with this gate. So the x add up to at most
(s - r) f lam. (Gates with the same inputs share neurons through their own inputs only, and these
are counted in r.)

Declared size. The threshold w - 1/2 separates the two if w = (s - k + 1) f lam + 1. Reed-Solomon
codes of degree lam + 1 have q^(lam + 1) words for q prime, q >= w, and take

    n = ((s - k + 1) f lam + 1) q,  q the smallest prime with q >= w and q^(lam + 1) >= m'.

The lam of the smallest n is taken. At fixed f and s the best lam grows with log m', so n is
polylogarithmic; at fixed lam it grows as m'^(1/(lam + 1)). For lam = 0 there is one neuron per
gate. In general some inputs meet both bounds on readings with equality, if q^(lam + 1) = m'.

Error: none, on any input with at most s features on. Stored: n x m weights of 0 and 1, and n
biases; the seed gives the readout. Building with fewer neurons raises TooFewNeuronsError.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from polyseme.codes.reed_solomon import reed_solomon_code, smallest_field
from polyseme.common.random_streams import Stream
from polyseme.compiler.constructions.construction import Inputs, TaskConstruction
from polyseme.compiler.parts.assembly import (
    answer_key,
    basis_code,
    code_members,
    finished,
    gate_inputs,
    readout_of,
    reads_of_gates,
    refuses_gates,
)
from polyseme.compiler.task import Task
from polyseme.errors import TooFewNeuronsError
from polyseme.networks.layer import Layer
from polyseme.networks.network import Network

NAME = "reed-solomon"


@dataclass(frozen=True)
class Choice:
    """Codes of `weight` over a field, any two of which share at most `shared` neurons."""

    shared: int
    weight: int
    field: int

    @property
    def neurons(self) -> int:
        """Number of neurons that the codes take."""
        return self.weight * self.field


def choice_of(task: Task, shared: int) -> Choice:
    """Return the smallest exact codes any two of which share at most `shared` neurons."""
    gates, inputs = gate_inputs(task).shape
    crowd = (task.active - inputs + 1) * int(task.terms.influence.max())
    weight = crowd * shared + 1
    return Choice(shared, weight, smallest_field(gates, weight, shared + 1))


def exact_choice(task: Task) -> Choice:
    """Return the codes of fewest neurons that are exact for the task's promise and influence."""
    best, shared = choice_of(task, 0), 1
    # A code has at least weight^2 neurons, and the weight grows with what words may share.
    while (trial := choice_of(task, shared)).weight ** 2 < best.neurons:
        best = min(best, trial, key=lambda one: one.neurons)
        shared += 1
    return best


class ReedSolomon(TaskConstruction):
    """Reed-Solomon codes for the gates, exact within the promise."""

    name = NAME
    problem = "ANDs of k >= 2 features each, of small influence"
    inputs = Inputs.BASIS
    law = "w q, w = (s - k + 1) f lam + 1, q prime >= w with q^(lam+1) >= m', for the best lam"
    exponent = 0.0
    error = "none, on any input that keeps the promise"
    assumptions = ()
    sources = ("polyseme", "kautz1964nonrandom")

    def refusal(self, task: Task) -> str | None:
        """Return why the construction does not serve a task; None where it does."""
        if task.encoder == "superposed":
            return "its inputs are basis-aligned"
        return refuses_gates(task, exact=True)

    def neurons(self, plan: Task, error: float) -> int:
        """Return the neurons of the smallest exact codes, whatever the error."""
        return exact_choice(plan).neurons

    def parameters(self, plan: Task, neurons: int) -> int:
        """Return the number of parameters of a network of so many neurons."""
        return neurons * (plan.terms.features + 1)

    def build(self, plan: Task, neurons: int) -> Network:
        """Build the network of at most so many neurons."""
        choice = exact_choice(plan)
        if neurons < choice.neurons:
            raise TooFewNeuronsError(
                f"{NAME} needs {choice.neurons:,} neurons to be exact here and was given "
                f"{neurons:,}"
            )
        gates = gate_inputs(plan)
        features, inputs = plan.terms.features, gates.shape[1]
        generator = plan.stream(Stream.OUTPUT_CODES)
        words = reed_solomon_code(len(gates), choice.weight, choice.shared + 1, generator)
        code = basis_code(features)
        compress = reads_of_gates(gates, words.positions, words.neurons, features)
        members = code_members(words.positions, words.neurons)
        thresholds = np.full(len(gates), choice.weight - 0.5, np.float32)
        bias = np.full(words.neurons, 1 - inputs, np.int32)
        return finished(
            plan,
            NAME,
            code,
            Layer(compress.toarray().astype(np.int8), bias, 1.0),
            readout_of(plan, members, thresholds),
            "output",
            answer_key(plan, "output", members, code, compress=compress, resolution=1),
            readout_parameters=0,
            note=(
                f"exact for at most {plan.active} features on: codes of weight {choice.weight} "
                f"over a field of {choice.field} share at most {choice.shared}"
            ),
        )
