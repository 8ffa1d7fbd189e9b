"""Tables of facts that refer to each other, asked by chains of relations: a layer per hop.

Theorem. Let tables of facts refer to each other (`circuits/readers/linked_facts.py`), and let at
most two features be on: a question is one subject and one chain of relations. A first layer of
clipped units computes the *opener* of every relation, the OR of the chains that pass it, exactly,
since chains have input dimensions of their own. Then one layer per hop computes the objects of the
relations of that hop. Each unit reads its opener, and its members at 1: subjects in the first hop,
and later objects of the hop before. It bends so far above the opener that

- it rests without its opener, whatever else is on;
- with it, it is on for its members, of which one at most is on;
- every other member reads below the bend, for weights of least norm are made to keep that margin on
  each of them (`margins.py`). There are finitely many, and all are looked at.

So every layer writes what its relations say, with no noise, and the network is right on *every*
input of at most two features, but for what rounding moves: own reads are whole to a step or so.

Objects of a relation that are many get codewords of w = .75 / epsilon units, at least 4, two of
which share one unit at most, so that the object of another question reads 1 / w. Others get units
of their own. Where the members below are in superposition on d numbers, a unit can keep its margin
for about d / 20 members (measured; at d / 10 some units cannot), so objects of more have several
units, their *parts*. Members that have units of their own below are read exactly, however many. So
layers have about

    n = w members / (d / 20)    and, behind them,    objects + members / (n / 20)

units, whichever sizes n and d make the sum of all layers least. The exact network has one ReLU per
object. A residual stream keeps the facts of earlier hops for the readout, at no ReLU.

Inputs in superposition. Stored: all weights and biases, of 8 bits or, of layers over another one in
superposition, 16; what outputs read. Refused: promises other than 2, circuits of other forms.
Source: ours; the pools are those of `pooled`, the margins those of a support vector machine.
"""

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
    law = (
        "20 w members / d units for objects in codewords of w, objects + 20 members / d for "
        "others, d numbers below"
    )
    exponent = 0.5
    error = "none on any input that keeps the promise, if margins survive rounding; measured"
    assumptions = ("one subject and one chain on",)
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
        least = self.neurons(plan, plan.task.error)
        layout = _layout(plan, max(neurons, least))
        stored = layout.opening_neurons // 2 * (chain_dimensions(len(plan.relations.chains)) + 1)
        below = layout.dimensions
        for hop in range(plan.relations.hops):
            units = layout.neurons(hop)
            stored += units * (below + 1)
            below = units
        # No network is smaller; what is asked of it for comparison is taken to be in proportion.
        return stored * min(neurons, least) // least

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
