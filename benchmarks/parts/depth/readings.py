"""Networks of several layers, read layer by layer, and what building them costs."""

from __future__ import annotations

import resource
import sys
import time
from dataclasses import asdict, dataclass
from math import sqrt

import numpy as np
from numpy.typing import NDArray

import polyseme as ps
from harness.compiling import (
    LayerRunner,
    StagedPlan,
    build_staged,
    carried_wires,
    exact_size_of,
    plan_staged,
    staged_inputs,
    wires_on,
    without_caps,
)
from harness.part import Row

ACTIVE, SEED, ERROR = 3, 0, 1e-3
BATCH = 500
THRESHOLDS = (0.5, 0.6, 0.7)
UNCAPPED_DEPTH, COST_DEPTH = 8, 4


@dataclass(frozen=True)
class Reading:
    """One layer of one network, read from samples; `threshold` is the best of THRESHOLDS."""

    width: int
    units: int
    neurons: int
    kind: str
    layer: int
    wrong: int
    samples: int
    threshold: float
    mean_on: float
    spread_on: float
    spread_off: float


@dataclass(frozen=True)
class Exact:
    """The exact network of a circuit, and the gates computed per level, identities left out."""

    width: int
    depth: int
    computed: int
    carry: str
    neurons: int
    neurons_total: int
    state: int
    parameters: int
    bytes: int


@dataclass(frozen=True)
class Cost:
    """Cost of one network in a process of its own; `mebibytes` were added to the peak by it."""

    kind: str
    gates: int
    neurons: int
    weights: int
    seconds: float
    seconds_plan: float
    mebibytes: float


def exact(width: int, depth: int) -> Row:
    """Return the size of the exact network; nothing is built."""
    circuit = ps.problems.layered(width, depth, ACTIVE, SEED)
    computed = circuit.computed_gates // depth
    size = exact_size_of(circuit, active=ACTIVE)
    return {"width": width, "depth": depth, "computed": computed, **size}


def transition(width: int, depth: int, neurons: list[int], at: list[int], samples: int) -> Row:
    """Read networks of several sizes at several depths."""
    plan = _planned(width, depth)
    found = [
        reading
        for size in neurons
        for reading in read_layers(plan, build_staged(plan, size), "clipped", at, samples)
    ]
    return {"readings": [asdict(reading) for reading in found]}


def uncapped(width: int, neurons: int, samples: int) -> Row:
    """Read plain units against clipped ones: as many units, and as many ReLUs."""
    plan = _planned(width, UNCAPPED_DEPTH)
    at = list(range(1, UNCAPPED_DEPTH + 1))
    network = build_staged(plan, 2 * neurons)
    found = read_layers(plan, without_caps(plan, network), "plain", at, samples)
    found += read_layers(plan, network, "clipped", at, samples)
    del network
    found += read_layers(plan, build_staged(plan, neurons), "clipped", at, samples)
    return {"readings": [asdict(reading) for reading in found]}


def cost(kind: str, width: int) -> Row:
    """Build one network in this process, which must have done nothing else."""
    rule = int(38 * sqrt(1.75 * width * 3.3))
    neurons = width if kind == "monosemantic" else min(rule, width - 1)
    before = _peak()
    started = time.perf_counter()
    plan = _planned(width, COST_DEPTH)
    middle = time.perf_counter()
    network = build_staged(plan, neurons)
    found = Cost(
        kind=kind,
        gates=width * COST_DEPTH,
        neurons=neurons,
        weights=sum(
            layer.weights.nnz if layer.is_sparse else layer.weights.size for layer in network.layers
        ),
        seconds=time.perf_counter() - middle,
        seconds_plan=middle - started,
        mebibytes=_peak() - before,
    )
    return asdict(found)


def _peak() -> float:
    """Return the peak memory of this process in MiB; Linux counts it in KiB, macOS in bytes."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return float(peak / (2**20 if sys.platform == "darwin" else 2**10))


def _planned(width: int, depth: int) -> StagedPlan:
    circuit = ps.problems.layered(width, depth, ACTIVE, SEED)
    return plan_staged(circuit, active=ACTIVE, error=ERROR, seed=SEED)


def read_layers(
    plan: StagedPlan, network: ps.Network, kind: str, at: list[int], samples: int
) -> list[Reading]:
    """Read every wire that the layers carry, from fresh samples."""
    rows = staged_inputs(plan, samples)
    runner = LayerRunner(network)
    wrong = np.zeros((len(at), len(THRESHOLDS)), np.int64)
    # Count, sum and sum of squares of the readings of wires that are off and on.
    moments = np.zeros((len(at), 2, 3))
    for begin in range(0, samples, BATCH):
        batch = rows[begin : begin + BATCH]
        on = wires_on(plan.circuit, batch).tocsc()
        activations = runner.activations(batch)
        for place, depth in enumerate(at):
            wires, read = carried_wires(network, depth - 1, activations[depth - 1])
            truth = on[:, wires].toarray().T
            wrong[place] += [((read >= x) != truth).any(axis=0).sum() for x in THRESHOLDS]
            for state in (False, True):
                values = read[truth == state]
                moments[place, int(state)] += _moments(values)
        del activations
    return [
        _reading(plan, network, kind, depth, wrong[place], samples, moments[place])
        for place, depth in enumerate(at)
    ]


def _moments(values: NDArray[np.float32]) -> tuple[float, float, float]:
    sums = values.sum(dtype=np.float64)
    return len(values), float(sums), float(np.square(values).sum(dtype=np.float64))


def _reading(
    plan: StagedPlan,
    network: ps.Network,
    kind: str,
    depth: int,
    wrong: NDArray[np.int64],
    samples: int,
    moments: NDArray[np.float64],
) -> Reading:
    mean = moments[:, 1] / moments[:, 0]
    spread = np.sqrt(np.maximum(moments[:, 2] / moments[:, 0] - mean**2, 0))
    return Reading(
        width=plan.monosemantic_neurons,
        units=network.layers[depth - 1].units,
        neurons=network.layers[depth - 1].neurons,
        kind=kind,
        layer=depth,
        wrong=int(wrong.min()),
        samples=samples,
        threshold=THRESHOLDS[int(wrong.argmin())],
        mean_on=float(mean[1]),
        spread_on=float(spread[1]),
        spread_off=float(spread[0]),
    )
