"""The monosemantic baseline: one neuron per term or wire, exact on every input.

Theorem. A circuit of one hidden layer with T terms is computed exactly, for every input, by T
neurons over basis-aligned inputs. Neuron t is ReLU(sum of its plain literals - sum of its negated
ones - (plain - 1)), which is 1 when the term is satisfied and 0 otherwise. (An OR of single
features is one neuron.) The network stores one weight per literal. A deeper circuit takes one layer
per stage. It takes as many neurons as its widest stage has live wires, or as that stage computes
gates where carried wires pass in a residual stream (`staged/one_unit_per_wire.py`).
"""

from __future__ import annotations

from polyseme.compiler.constructions.construction import Construction, Inputs
from polyseme.compiler.constructions.staged.build import build_stages
from polyseme.compiler.constructions.staged.plan import (
    StagedPlan,
    make_staged_plan,
    placements_of,
)
from polyseme.compiler.constructions.staged.report import layer_decisions
from polyseme.compiler.constructions.three_channel.build import build_monosemantic
from polyseme.compiler.constructions.three_channel.plan import Plan, own_plan
from polyseme.compiler.report import LayerDecision
from polyseme.compiler.schedule.exact_size import ExactSize, exact_size
from polyseme.compiler.schedule.scheduling import Carry
from polyseme.compiler.task import Task
from polyseme.networks.network import Network


class Monosemantic(Construction[Plan | StagedPlan]):
    """One neuron per term of a circuit of one hidden layer, or per live wire of a deeper one."""

    name = "monosemantic"
    problem = "any circuit"
    inputs = Inputs.BASIS
    law = "T, the number of terms; of a deeper circuit, the gates of its widest stage"
    exponent = 1.0
    error = "none, on any input"
    assumptions = ()
    sources = ("polyseme",)
    searched = False

    def refusal(self, task: Task) -> str | None:
        """Return why the construction does not serve a task; None where it does."""
        return "its inputs are basis-aligned" if task.encoder == "superposed" else None

    def plan(self, task: Task) -> Plan | StagedPlan:
        """Return the plan of one neuron per term, or the stages of a deeper circuit."""
        return own_plan(task) if task.one_layer else task.once(make_staged_plan)

    def neurons(self, plan: Plan | StagedPlan, error: float) -> int:
        """Return the neurons of the widest layer, whatever the error."""
        if isinstance(plan, StagedPlan):
            return plan.monosemantic_neurons
        return plan.terms.monosemantic_neurons

    def parameters(self, plan: Plan | StagedPlan, neurons: int) -> int:
        """Return the number of weights and biases.

        The weights of one hidden layer are stored in full; those of several, one per literal.
        """
        if isinstance(plan, StagedPlan):
            return sum(len(stage.literals) + len(stage) for stage in plan.schedule.stages)
        return neurons * plan.terms.features + neurons

    def build(self, plan: Plan | StagedPlan, neurons: int) -> Network:
        """Build the network; its number of neurons does not depend on `neurons`."""
        if isinstance(plan, StagedPlan):
            return build_stages(plan, plan.monosemantic_neurons)
        return build_monosemantic(plan, "the monosemantic network was asked for")

    def decisions(self, plan: Plan | StagedPlan, network: Network) -> tuple[LayerDecision, ...]:
        """Return the decision about every layer of a deep network."""
        return layer_decisions(plan, network) if isinstance(plan, StagedPlan) else ()


def smallest_exact(task: Task) -> ExactSize:
    """Return the size of the exact network of a task that has fewer ReLUs in all its layers.

    Of a circuit of one hidden layer there is one such network, which stores all its weights. Of a
    deeper one there are two, whatever `task.carry` says: wires pass a layer through ReLUs, or in a
    residual stream. The sizes follow from the schedules; nothing is built.
    """
    if task.one_layer:
        terms = task.terms
        neurons = terms.monosemantic_neurons
        return ExactSize("", neurons, neurons, neurons, neurons * (terms.features + 1), None)
    placements = task.once(placements_of)
    sizes = (exact_size(placements.schedule(carry)) for carry in (Carry.RESIDUAL, Carry.GATES))
    return min(sizes, key=lambda size: (size.neurons_total, size.neurons))
