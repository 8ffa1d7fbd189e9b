"""Circuits of any depth, with layers in superposition.

Theorem (ours, after Adler and Shavit's circuits of several layers; measured, not proved). Cut a
circuit into L stages. Let the widest stage read R literals, with a wires on before it. The network
takes about

    N = (16.5 + 3.3 log2 L) (1 + 0.06 ln(0.001 / error)) sqrt(R a)

ReLUs per layer, two per clipped unit. Six units carry each column. Every layer removes the noise of
the layer before, because its units are flat below 0 and above their cap. A gate inherits the code
of an input wherever that is possible (`placing.py`). The weights read own columns as wanted and all
other columns as weakly as possible (`least_noise.py`). The constants were fitted to layered
circuits of 4,000 to 20,000 wires per level, with 3 features on and up to 50 levels. If N ReLUs are
enough to give every column of a stage its own, the layer of that stage is built so, and is exact.

Stored: the weights of every layer, one bias per unit, and a readout whose entries count. Error: at
most a share `error` of satisfied inputs (measured). The threshold of the readout is calibrated.
Refused: circuits of one hidden layer, and tasks that ask for an encoder, since the construction
chooses its input code itself.
"""

from __future__ import annotations

from polyseme.compiler.constructions.construction import Construction, Inputs
from polyseme.compiler.constructions.staged.build import WEIGHT, build_stages, superposed_stages
from polyseme.compiler.constructions.staged.plan import StagedPlan, make_staged_plan
from polyseme.compiler.constructions.staged.prediction import predicted_neurons
from polyseme.compiler.constructions.staged.report import layer_decisions
from polyseme.compiler.report import LayerDecision
from polyseme.compiler.task import Task
from polyseme.networks.network import Network


class SuperposedLayers(Construction[StagedPlan]):
    """Layers in superposition, one per stage of the circuit."""

    name = "deep"
    problem = "any circuit, one hidden layer per stage"
    inputs = Inputs.EITHER
    law = (
        "(16.5 + 3.3 log2 L) (1 + 0.06 ln(0.001/error)) sqrt(R a) ReLUs per layer, L stages, "
        "R literals in the widest, a wires on"
    )
    exponent = 0.5
    error = "a share `error` of inputs on which a gate is satisfied, measured"
    assumptions = ("at most s features on", "about as many wires on at every level")
    sources = ("adler2024complexity", "polyseme")
    computes = True

    def refusal(self, task: Task) -> str | None:
        """Return why the construction does not serve a task; None where it does."""
        if task.one_layer:
            return "the circuit needs only one hidden layer, which three-channel builds"
        return "it chooses its input code itself" if task.encoder != "auto" else None

    def plan(self, task: Task) -> StagedPlan:
        """Cut the circuit into stages."""
        return task.once(make_staged_plan)

    def neurons(self, plan: StagedPlan, error: float) -> int:
        """Return N of the law, for the stage with most columns."""
        return predicted_neurons(plan, error)

    def parameters(self, plan: StagedPlan, neurons: int) -> int:
        """Return the number of weights and biases of all layers and of readout entries."""
        plan, below, stored = plan.at(neurons), 0, 0
        units = neurons // 2
        for stage, superposed in zip(
            plan.schedule.stages, superposed_stages(plan, neurons), strict=True
        ):
            width = units if superposed else len(stage)
            if superposed:
                stored += units * ((below or min(neurons, stage.inputs)) + 1)
            else:
                stored += len(stage.literals) + len(stage)
            below = width
        return stored + WEIGHT * int((plan.schedule.output_columns >= 0).sum()) + 1

    def build(self, plan: StagedPlan, neurons: int) -> Network:
        """Build the network, one stage at a time."""
        return build_stages(plan.at(neurons), neurons)

    def decisions(self, plan: StagedPlan, network: Network) -> tuple[LayerDecision, ...]:
        """Return the decision about every layer."""
        return layer_decisions(plan, network)
