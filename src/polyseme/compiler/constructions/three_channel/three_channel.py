"""Our tuned scheme of Adler and Shavit: output, input or mixed channel, chosen for every term.

Theorem (after Adler and Shavit). T terms over features of any influence, at most s on, in
O(sqrt(T) log T) neurons, inputs in superposition: a term whose features are all light gets a random
code (output channel), one whose features are all heavy the neurons its features share (input
channel), the others a code in a pool of their heaviest feature (mixed channel). Light and heavy
part near the fourth root of T.

What is ours: codewords that share at most one neuron, equalised reads, exclusive pools,
territories for crowded outputs, calibrated thresholds (`docs/architecture.md` lists what each
gained). The size declared is the smallest N at which the regions' reference widths
(`compiler/regions.py`), taken `MODEL_MARGIN` = 1.3 times, add up to at most N; for pairwise AND of
influence f that is sqrt(2.6 T) (z1 sqrt(s-2) + z0 sqrt(s-1)) neurons, z1 and z0 the normal
quantiles of error/8 and error/(32 s), and half of 1.3 f (...)^2 more. It is never more than
one neuron a term. Errors are measured, not proved: a share `error` of satisfied inputs.
"""

from __future__ import annotations

from polyseme.compiler.constructions.construction import Construction, Inputs, Task
from polyseme.compiler.constructions.three_channel.build import build_superposed
from polyseme.compiler.constructions.three_channel.prediction import predicted_neurons
from polyseme.compiler.constructions.three_channel.single_channel import (
    stored_numbers,
    why_not_terms,
)
from polyseme.networks.network import Network


def _neurons(task: Task) -> int:
    return predicted_neurons(task.plan)


def _parameters(task: Task, neurons: int) -> int:
    return stored_numbers(neurons, task.plan.dimensions(neurons))


def _build(task: Task, neurons: int) -> Network:
    return build_superposed(task.plan, neurons)


CONSTRUCTION = Construction(
    name="three-channel",
    problem="any circuit of one hidden layer",
    inputs=Inputs.EITHER,
    law="f V/2 + sqrt((f V/2)^2 + 2 m' V) for pairwise AND of influence f, "
    "V = 1.3 (z(error/8) sqrt(s-2) + z(error/32s) sqrt(s-1))^2",
    exponent=0.5,
    error="a share `error` of inputs on which a gate is satisfied, measured",
    assumptions=("at most s features on", "gates drawn apart from the codes"),
    sources=("adler2024complexity", "polyseme"),
    refuses=why_not_terms,
    neurons=_neurons,
    parameters=_parameters,
    build=_build,
)
