"""What tests of the basic constructions share: tasks, networks, and slow evaluation."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
from hypothesis import settings
from numpy.typing import NDArray

from polyseme.circuits.circuit import Circuit, GateKind
from polyseme.compiler.constructions.construction import Construction
from polyseme.compiler.task import Task
from polyseme.networks.network import Network

NAMES = (
    "universal-and",
    "gaussian-products",
    "rademacher-products",
    "targeted-pairs",
    "reed-solomon",
    "quadratic",
)


quick = settings(max_examples=40, deadline=None)


def task_of(
    circuit: Circuit, active: int = 2, error: float = 1e-2, encoder: str = "auto", seed: int = 0
) -> Task:
    return Task(circuit, active, error, encoder, seed)


def built(construction: Construction[Any], task: Task) -> Network:
    candidate = construction.candidate(task)
    return candidate.build(candidate.declared.neurons)


def all_rows(features: int, active: int) -> NDArray[np.int32]:
    """Every set of at most `active` features, a row each, -1 pads."""
    rows = [
        [*chosen, *[-1] * (active - size)]
        for size in range(active + 1)
        for chosen in combinations(range(features), size)
    ]
    return np.array(rows, np.int32).reshape(len(rows), active)


def bits_of(rows: NDArray[np.int32], features: int) -> NDArray[np.bool_]:
    bits = np.zeros((len(rows), features), bool)
    for sample, row in enumerate(rows):
        bits[sample, row[row >= 0]] = True
    return bits


AND, OR = GateKind.AND, GateKind.OR
