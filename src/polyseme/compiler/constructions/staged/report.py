"""The report on every layer of a network of several stages: what was decided, and why."""

from __future__ import annotations

from polyseme.compiler.constructions.staged.build import superposed_stages
from polyseme.compiler.constructions.staged.plan import StagedPlan
from polyseme.compiler.constructions.staged.prediction import stage_predictions
from polyseme.compiler.report import LayerDecision
from polyseme.networks.network import Network


def layer_decisions(plan: StagedPlan, network: Network) -> tuple[LayerDecision, ...]:
    """Return a report on every layer of a network built from the plan."""
    plan = plan.at(network.neurons)
    predictions = stage_predictions(plan, plan.task.error)
    superposed = superposed_stages(plan, network.neurons)
    reports = []
    for number, (stage, layer) in enumerate(zip(plan.schedule.stages, network.layers, strict=True)):
        shares_units = superposed[number]
        predicted = int(predictions[number])
        computed = len(stage) - int(stage.carries.sum())
        reports.append(
            LayerDecision(
                layer=number,
                columns=len(stage),
                computed_features=computed,
                neurons=layer.neurons,
                carried=len(layer.carried),
                kind="superposed" if shares_units else "monosemantic",
                share_on=float(plan.activity.share[number]),
                mean_on=float(plan.activity.mean[number]),
                predicted_superposed=predicted,
                why=_why(shares_units, computed, layer.neurons, predicted),
            )
        )
    return tuple(reports)


def _why(shares_units: bool, computed: int, neurons: int, predicted: int) -> str:
    if shares_units:
        return f"{computed / neurons:.1f} gates computed per neuron"
    if predicted >= neurons:
        return f"superposition would take {predicted:,} neurons"
    return "fits into fewer neurons than the widest layer has"
