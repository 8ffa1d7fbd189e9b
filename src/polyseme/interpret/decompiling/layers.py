"""The circuit of several layers, from their weights, the encoder and the readout, layer by layer.

The columns of a layer are found from its weights and the columns below (`columns.py`); the columns
below the first layer are the features, whose codes the encoder has. An output is the column whose
units it reads. Identities become no gates: a column that is carried on is the same wire.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from polyseme.circuits.circuit import Circuit, GateKind
from polyseme.circuits.names import Names
from polyseme.codes.code import SparseCode
from polyseme.common.progress import phase
from polyseme.common.ragged import row_offsets
from polyseme.interpret.decompiling.columns import FoundGate, Held, found_gates
from polyseme.networks.ends import Readout
from polyseme.networks.layer import Layer


@dataclass(frozen=True, eq=False)
class _Built:
    """Gates found so far: kinds, and the wires that each reads. Each is there once."""

    features: int
    gates: dict[tuple[int, tuple[int, ...]], int] = field(default_factory=dict)

    def wire(self, gate: FoundGate | None, below: NDArray[np.int64]) -> int:
        """Return the wire of a gate over columns that hold the wires `below`; -1 for no gate."""
        if gate is None:
            return -1
        plain = sorted({int(below[column]) for column in gate.plain})
        negated = sorted({int(below[column]) for column in gate.negated} - set(plain))
        if plain[0] < 0 or -1 in negated:
            return -1
        wire = plain[0]
        if len(plain) > 1:
            wire = self._gate(GateKind.OR if gate.any_of else GateKind.AND, tuple(plain))
        return self._gate(GateKind.AND_NOT, (wire, *negated)) if negated else wire

    def _gate(self, kind: GateKind, inputs: tuple[int, ...]) -> int:
        return self.features + self.gates.setdefault((int(kind), inputs), len(self.gates))


@dataclass(frozen=True, eq=False)
class ReadLayers:
    """The circuit that was read, and the number of outputs that no column was found for."""

    circuit: Circuit
    unread: int


def encoded(code: SparseCode) -> Held:
    """Return the columns below the first layer: the features in their codes."""
    wires = np.arange(code.features)
    return Held(wires, code.matrix(), np.zeros(code.neurons, np.float32))


def read_layers(
    layers: tuple[Layer, ...], below: Held, features: Names, readout: Readout | None, name: str
) -> ReadLayers:
    """Return the circuit of some layers.

    Args:
        layers: The layers, first to last.
        below: The features, as the first layer reads them.
        features: Their names.
        readout: The readout; without one every column of the last layer is an output, and every
            unit may have a scale of its own.
        name: The name of the circuit.
    """
    built = _Built(len(features))
    rows = None if readout is None else _rows_of_outputs(readout, layers[-1])
    with phase("layers") as step:
        for number, layer in enumerate(layers):
            known = rows if number + 1 == len(layers) else None
            below = _above(layer, below, found_gates(layer, below, known, readout is None), built)
            step(number + 1, len(layers))
    if readout is None:
        outputs = np.unique(below.wires[below.wires >= 0])
        outputs = outputs if len(outputs) else np.array([-1])
        inverted, unread = np.zeros(len(outputs), bool), 0
        names = Names(prefix="column", count=len(outputs))
    else:
        outputs, inverted, unread = _outputs(readout, below)
        names = readout.outputs
    circuit = Circuit(
        features=features,
        kinds=np.array([kind for kind, _ in built.gates], np.int64),
        fan_in_offsets=row_offsets([len(inputs) for _, inputs in built.gates]),
        fan_in=np.array([wire for _, inputs in built.gates for wire in inputs], np.int64),
        outputs=outputs.astype(np.int32),
        output_names=names,
        name=name,
        inverted=inverted,
    )
    return ReadLayers(circuit, unread)


def _rows_of_outputs(readout: Readout, layer: Layer) -> list[tuple[int, ...]]:
    """Return the sets of units that outputs read, each once."""
    runs = np.split(readout.neurons, readout.offsets[1:-1])
    rows = {tuple(sorted(map(int, run))) for run in runs if len(run) and run.max() < layer.units}
    return sorted(rows)


def _above(layer: Layer, below: Held, gates: Sequence[FoundGate | None], built: _Built) -> Held:
    """Return what a layer holds: its gates, and the columns whose numbers it carries."""
    rest_sums = layer.bias + np.asarray(layer.weights @ below.rest).ravel()
    rest = _activated(layer, rest_sums)
    rows, units, values = [], [], []
    understood = [gate for gate in gates if gate is not None]
    weight = float(np.median([len(gate.units) for gate in understood] or [1]))
    for row, gate in enumerate(understood):
        chosen = list(gate.units)
        moved = np.asarray(below.moves[list(gate.switched_by)].sum(axis=0)).ravel()
        sums = rest_sums[chosen] + np.asarray(layer.weights[chosen] @ moved).ravel()
        rows += [row] * len(chosen)
        units += chosen
        # A column of which a unit was missed is read by the others alone.
        share = max(1.0, weight / len(chosen))
        values += ((_activated(layer, sums) - rest[chosen]) * share).tolist()
    shape = (len(understood), layer.width)
    moves = sp.coo_array((np.array(values, np.float32), (rows, units)), shape=shape).tocsr()
    wires = [built.wire(gate, below.wires) for gate in understood]
    if len(layer.carried):
        passing, passed = _passing(layer, below)
        moves = sp.vstack((moves, passed), format="csr")
        wires += below.wires[passing].tolist()
    written = np.concatenate((rest, below.rest[layer.carried])).astype(np.float32)
    return Held(np.array(wires, np.int64), moves, written)


def _activated(layer: Layer, sums: NDArray[np.floating]) -> NDArray[np.float32]:
    values = np.array(sums, np.float32)
    layer.activation.apply(values)
    return np.asarray(values * np.float32(layer.scale))


def _passing(layer: Layer, below: Held) -> tuple[NDArray[np.int64], sp.csr_array]:
    """Return the columns below all of whose numbers are carried, and how these move above."""
    place = np.full(below.moves.shape[1], -1)
    place[layer.carried] = layer.units + np.arange(len(layer.carried))
    kept = place[below.moves.indices] >= 0
    missing = np.zeros(len(below.wires), bool)
    row = np.repeat(np.arange(len(below.wires)), np.diff(below.moves.indptr))
    missing[row[~kept]] = True
    passing = np.flatnonzero(~missing & (np.diff(below.moves.indptr) > 0))
    some = sp.csr_array(below.moves[passing])
    shape = (len(passing), layer.width)
    return passing, sp.csr_array((some.data, place[some.indices], some.indptr), shape=shape)


def _outputs(readout: Readout, last: Held) -> tuple[NDArray[np.int64], NDArray[np.bool_], int]:
    """Return the wire of every output, -1 for none, whether it is negated, and those not read.

    An output that reads nothing is constant.
    """
    columns = {}
    for column, wire in enumerate(last.wires):
        run = slice(last.moves.indptr[column], last.moves.indptr[column + 1])
        columns[tuple(sorted(map(int, last.moves.indices[run])))] = (wire, last.moves.data[run])
    wires = np.full(len(readout.outputs), -1, np.int64)
    constant = np.diff(readout.offsets) == 0
    inverted = constant & (readout.thresholds < 0)
    for output in np.flatnonzero(~constant):
        run = slice(int(readout.offsets[output]), int(readout.offsets[output + 1]))
        read = tuple(sorted(map(int, readout.neurons[run])))
        if read in columns:
            wires[output], moves = columns[read]
            inverted[output] = float(moves.sum() * readout.weights[run].sum()) < 0
    return wires, inverted, int((wires[~constant] < 0).sum())
