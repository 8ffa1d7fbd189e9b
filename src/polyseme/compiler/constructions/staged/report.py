"""What was decided about every layer, and why."""

from __future__ import annotations

from dataclasses import dataclass

from polyseme.compiler.constructions.staged.plan import DeepPlan
from polyseme.compiler.constructions.staged.sizing import stage_predictions
from polyseme.networks.network import Network


@dataclass(frozen=True)
class LayerDecision:
    """One hidden layer: `columns` wires are live behind it, `mean_on` of them on at a time.

    `carried` of them pass in the residual stream. `predicted_superposed` is the ReLUs that
    superposition would ask for.
    """

    layer: int
    columns: int
    neurons: int
    carried: int
    kind: str
    share_on: float
    mean_on: float
    predicted_superposed: int
    why: str


def layer_decisions(plan: DeepPlan, network: Network) -> tuple[LayerDecision, ...]:
    """A report on every layer of a network built from the plan."""
    assert network.key is not None
    predictions = stage_predictions(plan)
    reports = []
    for number, (stage, layer) in enumerate(zip(plan.schedule.stages, network.layers, strict=True)):
        shares_units = network.key.layers[number].reads is not None
        predicted = int(predictions[number])
        reports.append(
            LayerDecision(
                layer=number,
                columns=len(stage),
                neurons=layer.neurons,
                carried=len(layer.carried),
                kind="superposed" if shares_units else "monosemantic",
                share_on=float(plan.activity.share[number]),
                mean_on=float(plan.activity.mean[number]),
                predicted_superposed=predicted,
                why=_why(shares_units, len(stage), layer.neurons, predicted),
            )
        )
    return tuple(reports)


def _why(shares_units: bool, columns: int, neurons: int, predicted: int) -> str:
    if shares_units:
        return f"{columns / neurons:.1f} wires a neuron"
    if predicted >= neurons:
        return f"superposition would take {predicted:,} neurons"
    return "fits into fewer neurons than the widest layer has"
