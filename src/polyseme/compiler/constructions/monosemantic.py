"""The monosemantic baseline: every ReLU has one meaning, and outputs are exact on every input.

Theorem. A circuit of one hidden layer is computed exactly, for every input of at most s features,
by one ReLU per group of its factored form, one more per threshold of which more inputs can be on
than it asks for, and one more per factor whose groups can have two members on
(`circuits/factoring.py`, `parts/exact_units.py`). Inputs are basis-aligned. These are never more
than one ReLU per term. Neuron of a single AND: ReLU(sum of its plain literals - sum of its negated
ones - (plain - 1)), which is 1 when the AND is satisfied and 0 otherwise.

Proof. The hidden layer reads each group as exactly 0 or 1, as `parts/exact_units.py` shows. An
output adds up its groups, so it reads 0 if it is off and a whole number from 1 on if it is on, and
a threshold of a half decides it. It reads exactly 0 or 1 if no two of its groups are on at once. So
every output of one group is *computed*, not only decided: every AND and OR, every threshold, every
object of a table of facts, and every XOR, of whose terms one is on at a time. Of other ORs of
several groups only the decision is exact.

In a table of facts that is one ReLU per relation and object at s = 2, relu(its subjects +
2 relation - 2), and from s = 3 on one more per relation.

Tables of facts that refer to each other (`hops/hops.py`) take a layer of openers and one per hop,
with one ReLU per object, relu(its members + 2 opener - 2), if at most 2 features are on.

Any other deeper circuit takes one layer per stage. It takes as many neurons as its widest stage has
live wires, or as that stage computes gates where carried wires pass in a residual stream
(`staged/one_unit_per_wire.py`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from polyseme.compiler.constructions.construction import Construction, Inputs
from polyseme.compiler.constructions.hops.build import build_hops
from polyseme.compiler.constructions.hops.layout import Layout, exact_layout
from polyseme.compiler.constructions.hops.relations import NoLinkedFacts, relations_of
from polyseme.compiler.constructions.hops.report import hop_decisions
from polyseme.compiler.constructions.staged.build import build_stages
from polyseme.compiler.constructions.staged.plan import (
    StagedPlan,
    make_staged_plan,
    placements_of,
)
from polyseme.compiler.constructions.staged.report import layer_decisions
from polyseme.compiler.parts.assembly import basis_code, finished
from polyseme.compiler.parts.exact_units import ExactUnits, exact_units
from polyseme.compiler.parts.weights import weight_matrix
from polyseme.compiler.report import LayerDecision
from polyseme.compiler.schedule.exact_size import ExactSize, exact_size
from polyseme.compiler.schedule.scheduling import Carry
from polyseme.compiler.task import Task
from polyseme.errors import CapacityError
from polyseme.networks.answer_key import term_key
from polyseme.networks.ends import Readout
from polyseme.networks.layer import Layer
from polyseme.networks.layer_key import CHANNELS
from polyseme.networks.network import Network
from polyseme.networks.saving.files import network_bytes

# The reading of a group that is on, as in networks in superposition.
_FULL_READING = 12
_CHANNEL = "own"


@dataclass(frozen=True, eq=False)
class ExactPlan:
    """A task of one hidden layer, and its units."""

    task: Task
    units: ExactUnits


@dataclass(frozen=True, eq=False)
class ExactHops:
    """A task of linked facts, and its layout."""

    task: Task
    layout: Layout


Plans = ExactPlan | ExactHops | StagedPlan


class Monosemantic(Construction[Plans]):
    """One neuron per group of terms of a circuit of one hidden layer, or per live wire."""

    name = "monosemantic"
    problem = "any circuit"
    inputs = Inputs.BASIS
    law = (
        "the groups of terms with a common factor, T where none have one; of a deeper circuit, "
        "the gates of its widest stage"
    )
    exponent = 1.0
    error = "none, on any input"
    assumptions = ()
    sources = ("polyseme",)
    computes = True
    searched = False

    def refusal(self, task: Task) -> str | None:
        """Return why the construction does not serve a task; None where it does."""
        return "its inputs are basis-aligned" if task.encoder == "superposed" else None

    def plan(self, task: Task) -> Plans:
        """Return the units of a circuit of one hidden layer, or the stages of a deeper one."""
        if task.one_layer:
            return ExactPlan(task, exact_units(task.terms, task.active))
        return task.once(_exact_hops) or task.once(make_staged_plan)

    def neurons(self, plan: Plans, error: float) -> int:
        """Return the neurons of the widest layer, whatever the error."""
        if isinstance(plan, StagedPlan):
            return plan.monosemantic_neurons
        if isinstance(plan, ExactHops):
            return plan.layout.widest
        return plan.units.neurons

    def parameters(self, plan: Plans, neurons: int) -> int:
        """Return the number of weights and biases.

        The weights of one hidden layer are stored in full; those of several, one per literal.
        """
        if isinstance(plan, StagedPlan):
            return sum(len(stage.literals) + len(stage) for stage in plan.schedule.stages)
        if isinstance(plan, ExactHops):
            return build_hops(plan.task, plan.layout).parameters
        return neurons * plan.task.terms.features + neurons

    def build(self, plan: Plans, neurons: int) -> Network:
        """Build the network; its number of neurons does not depend on `neurons`."""
        if isinstance(plan, StagedPlan):
            return build_stages(plan, plan.monosemantic_neurons)
        if isinstance(plan, ExactHops):
            return build_hops(plan.task, plan.layout)
        return _one_layer(plan.task, plan.units)

    def decisions(self, plan: Plans, network: Network) -> tuple[LayerDecision, ...]:
        """Return the decision about every layer of a deep network."""
        if isinstance(plan, ExactHops):
            return hop_decisions(plan.layout, network)
        return layer_decisions(plan, network) if isinstance(plan, StagedPlan) else ()


def _exact_hops(task: Task) -> ExactHops | None:
    """Return the plan of linked facts, one of which is asked at a time; None for other tasks."""
    if task.active != 2 or task.carry == Carry.GATES:
        return None
    try:
        return ExactHops(task, exact_layout(relations_of(task.circuit)))
    except NoLinkedFacts:
        return None


def _one_layer(task: Task, units: ExactUnits) -> Network:
    code = basis_code(task.terms.features)
    readout = _readout(task, units)
    key = term_key(
        task.circuit,
        code,
        units.neurons,
        units.served.indptr.astype(np.int64),
        units.served.indices.astype(np.int32),
        np.full(len(task.terms), CHANNELS.index(_CHANNEL), np.uint8),
        compression=units.weights,
        resolution=1,
    )
    return finished(
        task,
        Monosemantic.name,
        code,
        Layer(weight_matrix(units.weights, code), units.bias, 1.0),
        readout,
        _CHANNEL,
        key,
        len(readout.neurons) + len(np.unique(readout.thresholds)),
        "the monosemantic network was asked for",
    )


def _readout(task: Task, units: ExactUnits) -> Readout:
    """Return the readout, its thresholds half-way between a reading of 0 groups and of 1.

    Raises CapacityError where an output reads a unit with a weight that does not fit into 16 bits.
    """
    largest = _FULL_READING * int(np.abs(units.reads.data).max())
    if largest > np.iinfo(np.int16).max:
        raise CapacityError(f"a reading weight of {largest:,} does not fit into 16 bits")
    resting = _FULL_READING * units.resting
    return Readout(
        task.circuit.output_names,
        units.reads.indptr.astype(np.int64),
        units.reads.indices.astype(np.int32),
        (_FULL_READING * units.reads.data).astype(np.int16),
        (_FULL_READING // 2 + 0.5 - resting).astype(np.float32),
    )


def smallest_exact(task: Task) -> ExactSize:
    """Return the size of the exact network of a task that has fewer ReLUs in all its layers.

    Of a circuit of one hidden layer there is one such network, which stores all its weights. Of a
    deeper one there are two, whatever `task.carry` says: wires pass a layer through ReLUs, or in a
    residual stream. The sizes follow from the schedules; nothing is built but the exact network of
    linked facts.
    """
    if task.one_layer:
        neurons = exact_units(task.terms, task.active).neurons
        return ExactSize("", neurons, neurons, neurons, neurons * (task.terms.features + 1), None)
    hops = task.once(_exact_hops)
    if hops is not None:
        return _size_of(build_hops(task, hops.layout))
    placements = task.once(placements_of)
    sizes = (exact_size(placements.schedule(carry)) for carry in (Carry.RESIDUAL, Carry.GATES))
    return min(sizes, key=lambda size: (size.neurons_total, size.neurons))


def _size_of(network: Network) -> ExactSize:
    return ExactSize(
        Carry.RESIDUAL.value,
        network.neurons,
        network.neurons_total,
        network.state,
        network.parameters,
        network_bytes(network),
    )
