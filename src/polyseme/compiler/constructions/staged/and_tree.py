"""k-AND as a tree: ANDs of two features, then ANDs of those, over ceil(log2 k) layers.

Theorem (ours, after Adler and Shavit's circuits of several layers). Let m' gates be ANDs of k
features each. Let each feature be read by f gates, at most s features be on, and inputs be in
superposition. The network takes

    N = 6 z sqrt(k m' s),   z = z(error / (8 s f))

ReLUs per layer in ceil(log2 k) layers of clipped units, two ReLUs per unit, where z is the upper
normal quantile. The first layer has the most to read: k m' / 2 ANDs of two. It has u = N / 2 units,
codes of w units, and 2 u dimensions to read from. A unit then reads k m' w / u features, and the s
features that are on make noise of variance k m' w s / (2 u^2). A code averages that variance over w
units. A unit fires about 1/2 above the sum of an AND that lacks one input, so
z sqrt(k m' s / 2) / u must be under 1/2, which gives N = 2.8 z sqrt(k m' s). Stray units, lost
amplitude, codes that overlap and inputs that are carried (for odd k) take as much again. The
constant 6 is measured, and is more than enough for k = 4.

Compared with `k-and`, which has one hidden layer of plain ReLUs, the tree has the same power of m'
and a larger constant, and every layer but the last holds ANDs that are not outputs. So the tree is
of use where a unit may only compute ANDs of two; it does not make networks smaller.

Stored: N u + (ceil(log2 k) - 1) u^2 weights, one bias per unit, and a readout whose entries count.
A level of at most N columns is built with one unit per column. If the first level is built so,
which takes ceil(k / 2) m' neurons, the inputs are basis-aligned and the network is exact. Error: at
most a share `error` of satisfied inputs, and of inputs that lack one input of a gate (measured).
The threshold of the readout is calibrated. Refused: gates that are not all ANDs of the same k >= 2
plain features, k above the promise, influence above max(8, 2 T^(1/4)), basis-aligned inputs.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from polyseme.circuits.circuit import Circuit, GateKind
from polyseme.common.distributions import normal_quantile
from polyseme.compiler.constructions.construction import Construction, Inputs
from polyseme.compiler.constructions.staged.build import WEIGHT, build_stages
from polyseme.compiler.constructions.staged.plan import StagedPlan
from polyseme.compiler.constructions.three_channel.single_channel import why_not_codes
from polyseme.compiler.parts.assembly import gate_inputs, refuses_gates
from polyseme.compiler.schedule.stages import Schedule, Stage
from polyseme.compiler.task import Task
from polyseme.networks.network import Network

# About twice the constant that noise alone requires; measured.
_CONSTANT = 6.0


def tree_circuit(task: Task) -> tuple[Circuit, tuple[Stage, ...]]:
    """Return the gates as a circuit of ANDs of two and identities, with one stage per level."""
    circuit, read = task.circuit, gate_inputs(task).astype(np.int64)
    columns = features = task.terms.features
    wires, first = np.arange(features, dtype=np.int64), features
    fan_in, widths, stages = [], [], []
    while read.shape[1] > 1:
        level = _level(read, columns, first)
        fan_in.append(wires[level.literals])
        widths.append(level.widths)
        stages.append(level)
        columns = len(level)
        read = np.arange(columns).reshape(len(read), -1)
        wires = level.wires.astype(np.int64)
        first += columns
    width = np.concatenate(widths)
    tree = Circuit(
        features=circuit.features,
        kinds=np.where(width == 2, GateKind.AND, GateKind.IDENTITY),
        fan_in_offsets=np.concatenate(([0], np.cumsum(width))),
        fan_in=np.concatenate(fan_in),
        outputs=wires.astype(np.int32),
        output_names=circuit.output_names,
        name=circuit.name,
    )
    return tree, tuple(stages)


def _level(read: NDArray[np.int64], inputs: int, first: int) -> Stage:
    """Return the stage that joins columns in pairs; where their number is odd, one is carried.

    `read` int64 (gates, columns) lists the columns of each gate.
    """
    gates, several = read.shape
    width = np.tile(np.diff(np.append(np.arange(0, several, 2), several)), gates)
    return Stage(
        inputs=inputs,
        wires=(first + np.arange(len(width))).astype(np.int32),
        disjunction=np.zeros(len(width), bool),
        offsets=np.concatenate(([0], np.cumsum(width))),
        literals=read.ravel().astype(np.int32),
        signs=np.ones(read.size, np.int8),
    )


class AndTree(Construction[StagedPlan]):
    """A tree of ANDs of two per gate, with one layer per level."""

    name = "and-tree"
    problem = "ANDs of k features, as trees of ANDs of two"
    inputs = Inputs.SUPERPOSED
    law = "6 z(error/8sf) sqrt(k m' s) ReLUs, in ceil(log2 k) layers"
    exponent = 0.5
    error = "a share `error` of inputs on which a gate is satisfied, or lacks one input; measured"
    assumptions = ("at most s features on", "influence at most max(8, 2 T^(1/4))")
    sources = ("adler2024complexity", "polyseme")

    def refusal(self, task: Task) -> str | None:
        """Return why the construction does not serve a task; None where it does."""
        if task.encoder == "basis":
            return "its inputs are in superposition"
        return refuses_gates(task) or why_not_codes(task)

    def plan(self, task: Task) -> StagedPlan:
        """Cut the trees into levels; the usual schedule would merge the ANDs of a gate."""
        tree, stages = tree_circuit(task)
        output_columns = np.arange(len(stages[-1]), dtype=np.int32)
        return StagedPlan(replace(task, circuit=tree), Schedule(tree, stages, output_columns))

    def neurons(self, plan: StagedPlan, error: float) -> int:
        """Return N of the law, or one neuron per column of the first level if those are fewer."""
        first, task = plan.schedule.stages[0], plan.task
        features = first.literals
        influence = len(features) / max(1, len(np.unique(features)))
        tail = normal_quantile(error / (8 * task.active * influence))
        law = int(np.ceil(_CONSTANT * tail * np.sqrt(len(features) * task.active)))
        return min(law, len(first))

    def parameters(self, plan: StagedPlan, neurons: int) -> int:
        """Return the number of weights and biases of all layers and of readout entries."""
        layers, units = len(plan.schedule.stages), neurons // 2
        readout = WEIGHT * len(plan.schedule.output_columns) + 1
        return units * neurons + (layers - 1) * units**2 + layers * units + readout

    def build(self, plan: StagedPlan, neurons: int) -> Network:
        """Build the levels; the provenance counts the gates asked for, not those of the tree."""
        network = build_stages(plan, neurons)
        gates = len(plan.schedule.output_columns)
        told = replace(network.provenance, construction=self.name, gates=gates)
        return replace(network, provenance=told)
