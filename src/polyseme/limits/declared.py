"""The rows about constructions: the sizes they declare for a circuit, none of them built."""

from __future__ import annotations

from polyseme.circuits.circuit import Circuit
from polyseme.compiler.compile import fits_one_layer
from polyseme.compiler.constructions.catalogue import CATALOGUE
from polyseme.compiler.constructions.construction import Construction, Inputs, Task
from polyseme.compiler.constructions.staged.plan import make_deep_plan
from polyseme.compiler.constructions.staged.sizing import predicted_neurons as predicted_deep
from polyseme.compiler.constructions.three_channel.plan import make_plan
from polyseme.compiler.constructions.three_channel.prediction import predicted_neurons
from polyseme.errors import CompileError, SourceError
from polyseme.limits.rows import Row, cited

MONOSEMANTIC = "monosemantic"
THREE_CHANNEL = "three-channel"


def declared_rows(circuit: Circuit, active: int, error: float) -> tuple[tuple[Row, ...], int]:
    """Neurons of each construction that serves a circuit, the monosemantic one last; and layers.

    Layers are those the circuit takes; neurons are of the widest.
    """
    task = Task(circuit, active, error, "auto", 0)
    rows = {name: row for name, c in CATALOGUE.items() if (row := _declared(task, c))}
    layers = 1
    if not fits_one_layer(circuit, active):
        # Here only the compiler knows what a network without superposition takes.
        compiled, layers = _deep(circuit, active, error)
        rows |= compiled
    elif not {THREE_CHANNEL, MONOSEMANTIC} <= set(rows):
        rows = _shallow(circuit, active, error) | rows
    return (
        *(row for name, row in rows.items() if name != MONOSEMANTIC),
        rows[MONOSEMANTIC],
    ), layers


def _declared(task: Task, construction: Construction) -> Row | None:
    try:
        if construction.refuses(task) is not None:
            return None
        neurons = construction.neurons(task)
        parameters = construction.parameters(task, neurons)
    except (CompileError, SourceError):
        return None
    inputs = construction.inputs
    if inputs is Inputs.EITHER:
        # A layer that stores a number for every feature and neuron has a dimension a feature.
        reads_all = parameters >= neurons * len(task.circuit.features)
        inputs = Inputs.BASIS if reads_all else Inputs.SUPERPOSED
    return Row(construction.name, neurons, cited(*construction.sources), parameters, inputs.value)


def _shallow(circuit: Circuit, active: int, error: float) -> dict[str, Row]:
    plan = make_plan(circuit, active, error, "auto", 0)
    inputs = Inputs.BASIS.value if plan.basis else Inputs.SUPERPOSED.value
    source = "predicted by the compiler's noise model"
    rows = (
        Row(THREE_CHANNEL, predicted_neurons(plan), source, inputs=inputs),
        Row(MONOSEMANTIC, plan.monosemantic_neurons, "a neuron for every term"),
    )
    return {row.name: row for row in rows}


def _deep(circuit: Circuit, active: int, error: float) -> tuple[dict[str, Row], int]:
    plan = make_deep_plan(circuit, active, error, 0)
    rows = (
        Row("deep", predicted_deep(plan), "predicted from reads, activity and depth"),
        Row(MONOSEMANTIC, plan.monosemantic_neurons, "a neuron for every live wire"),
    )
    return {row.name: row for row in rows}, len(plan.schedule.stages)
