"""The naive baseline: a neuron for every term.

Theorem. A circuit of one hidden layer with T terms is computed exactly, for every input, by T
neurons over basis-aligned inputs: neuron t is ReLU(sum of its plain literals - sum of its negated
ones - (plain - 1)), which is 1 when the term is satisfied and 0 otherwise. (An OR of single
features is one neuron.) It stores one weight a literal.
"""

from __future__ import annotations

from polyseme.compiler.constructions.construction import Construction, Inputs, Task
from polyseme.compiler.constructions.three_channel.build import build_monosemantic
from polyseme.networks.network import Network


def _refuses(task: Task) -> str | None:
    return "its inputs are basis-aligned" if task.encoder == "superposed" else None


def _neurons(task: Task) -> int:
    return task.plan.monosemantic_neurons


def _parameters(task: Task, neurons: int) -> int:
    return neurons * task.terms.features + neurons


def _build(task: Task, neurons: int) -> Network:
    return build_monosemantic(task.plan, "the monosemantic network was asked for")


CONSTRUCTION = Construction(
    name="monosemantic",
    problem="any circuit of one hidden layer",
    inputs=Inputs.BASIS,
    law="T, the number of terms",
    exponent=1.0,
    error="none, on any input",
    assumptions=(),
    sources=("polyseme",),
    refuses=_refuses,
    neurons=_neurons,
    parameters=_parameters,
    build=_build,
)
