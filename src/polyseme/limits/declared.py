"""The rows about constructions: the sizes that they declare for a circuit, with nothing built."""

from __future__ import annotations

from typing import Any

from polyseme.compiler.constructions.catalogue import CATALOGUE, MONOSEMANTIC
from polyseme.compiler.constructions.construction import Construction, Inputs
from polyseme.compiler.constructions.staged.plan import make_staged_plan
from polyseme.compiler.task import Task
from polyseme.errors import CapacityError
from polyseme.limits.rows import DECLARED, Row, cited


def declared_rows(task: Task) -> tuple[tuple[Row, ...], int]:
    """Return the neurons that each construction declares, and the number of hidden layers.

    The monosemantic construction is last. Neurons are those of the widest layer.
    """
    rows = {name: row for name, one in CATALOGUE.items() if (row := _declared(task, one))}
    naive = rows.pop(MONOSEMANTIC.name)
    layers = 1 if task.one_layer else len(task.once(make_staged_plan).schedule.stages)
    return (*rows.values(), naive), layers


def _declared(task: Task, construction: Construction[Any]) -> Row | None:
    if construction.refusal(task) is not None:
        return None
    try:
        size = construction.candidate(task).declared
    except CapacityError:
        return None
    inputs = construction.inputs
    if inputs is Inputs.EITHER:
        # A layer that stores one number per feature and neuron has one dimension per feature.
        reads_all = size.parameters >= size.neurons * len(task.circuit.features)
        inputs = Inputs.BASIS if reads_all else Inputs.SUPERPOSED
    source = cited(*construction.sources)
    return Row(construction.name, size.neurons, source, size.parameters, inputs.value, DECLARED)
