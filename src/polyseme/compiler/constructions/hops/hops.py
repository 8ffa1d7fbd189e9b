"""Tables of facts that refer to each other, in one layer per hop: the objects of each relation."""

from __future__ import annotations

from dataclasses import dataclass

from polyseme.compiler.constructions.construction import Construction, Inputs
from polyseme.compiler.constructions.hops.build import (
    INPUT_WEIGHT,
    NAME,
    build_hops,
    chain_dimensions,
)
from polyseme.compiler.constructions.hops.layout import Layout, layout_of, weight_of
from polyseme.compiler.constructions.hops.relations import (
    NoLinkedFacts,
    Relations,
    relations_of,
)
from polyseme.compiler.constructions.hops.report import hop_decisions
from polyseme.compiler.parts.assembly import smallest_number
from polyseme.compiler.report import LayerDecision
from polyseme.compiler.task import Task
from polyseme.errors import TooFewNeuronsError
from polyseme.networks.network import Network


# Sizes of the widest layer that are compared, from the least to twice that.
_SIZES = 24


@dataclass(frozen=True, eq=False)
class HopsPlan:
    """A task and its relations."""

    task: Task
    relations: Relations

    def layout(self, neurons: int) -> Layout | None:
        """Return the layout in layers of at most so many neurons; None if there is none."""
        return layout_of(self.relations, neurons, weight_of(self.task.epsilon))


class Hops(Construction[HopsPlan]):
    """Linked facts, asked by one subject and one chain of relations."""

    name = NAME
    problem = "tables of facts that refer to each other, asked by chains of relations"
    inputs = Inputs.SUPERPOSED
    law = "n with 4 members / (n / 20) <= n in the first hop; parts of units below / 20 behind it"
    exponent = 0.5
    error = "none with one subject and one chain on, but for two chains at once"
    assumptions = ("one subject and one chain on", "two chains at once are rarer than the error")
    sources = ("polyseme",)
    computes = True
    searched = False

    def refusal(self, task: Task) -> str | None:
        """Return why the construction does not serve a task; None where it does."""
        if task.encoder == "basis":
            return "its inputs are in superposition"
        if task.one_layer:
            return "the circuit needs only one hidden layer"
        if task.carry == "gates":
            return "facts of earlier hops pass its layers in a residual stream"
        if task.active != 2:
            return f"{task.active} features on; a question is one subject and one chain: 2"
        try:
            relations = relations_of(task.circuit)
        except NoLinkedFacts as reason:
            return str(reason)
        if len(relations.subjects) < 4 * INPUT_WEIGHT:
            return f"its codes take at least {4 * INPUT_WEIGHT} subjects"
        return None

    def plan(self, task: Task) -> HopsPlan:
        """Return the task and its relations."""
        return HopsPlan(task, relations_of(task.circuit))

    def neurons(self, plan: HopsPlan, error: float) -> int:
        """Return the neurons per layer for which all layers together have fewest, for any error."""
        least = smallest_number(lambda neurons: plan.layout(neurons) is not None)
        sizes = [round(least * (1 + step / _SIZES)) for step in range(_SIZES + 1)]
        layouts = {size: layout for size in sizes if (layout := plan.layout(size)) is not None}
        return min(layouts, key=lambda size: (layouts[size].total, size))

    def parameters(self, plan: HopsPlan, neurons: int) -> int:
        """Return the weights and biases of layers stored in full, and of later ones one per fact.

        The parameters of the network that is built are counted from its arrays.
        """
        layout = _layout(plan, neurons)
        apart = chain_dimensions(len(plan.relations.chains))
        below = layout.dimensions
        stored = layout.opening_neurons // 2 * (apart + 1)
        for hop in range(plan.relations.hops):
            units = layout.neurons(hop)
            stored += units * (below + 1)
            below = units
        return stored

    def build(self, plan: HopsPlan, neurons: int) -> Network:
        """Build the network, one layer per hop."""
        return build_hops(plan.task, _layout(plan, neurons))

    def decisions(self, plan: HopsPlan, network: Network) -> tuple[LayerDecision, ...]:
        """Return the decision about every layer."""
        neurons = max(network.neurons, self.neurons(plan, plan.task.error))
        return hop_decisions(_layout(plan, neurons), network)


def _layout(plan: HopsPlan, neurons: int) -> Layout:
    layout = plan.layout(neurons)
    if layout is None:
        raise TooFewNeuronsError(
            f"{plan.task.circuit.name}: {neurons} neurons per layer are too few for its relations"
        )
    return layout
