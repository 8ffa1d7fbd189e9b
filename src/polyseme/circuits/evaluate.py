"""Reference evaluation of a circuit, independent of any network.

Two evaluators share no code: `evaluate_dense` computes all gates on dense bits, and
`evaluate_sparse` follows only the wires that are on or, where these are many, simulates all wires
for 64 samples at a time. Their results differ for inverted outputs.
`evaluate_dense` returns the outputs as the user sees them. `evaluate_sparse` returns the outputs
that differ from rest, because inverted outputs are on at rest and would fill its sparse rows.
"""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from polyseme.circuits.circuit import Circuit, GateKind
from polyseme.circuits.follow import among_followed, follow, keep_outputs, keep_wires
from polyseme.circuits.listed import FeaturesOn, features_on
from polyseme.circuits.simulate import simulated
from polyseme.common.bits import transposed
from polyseme.common.ragged import select_rows
from polyseme.errors import OptionError


def evaluate_dense(circuit: Circuit, bits: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return the outputs for dense bits (samples, features), Boolean (samples, outputs).

    Inverted outputs are the negation of their wires. The memory needed is samples x wires bytes, so
    pass large samples in pieces. Raises OptionError when `bits` has another shape.
    """
    bits = np.asarray(bits, bool)
    if bits.ndim != 2 or bits.shape[1] != len(circuit.features):
        raise OptionError(f"bits must be (samples, {len(circuit.features)}), not {bits.shape}")
    features = len(circuit.features)
    # The last row is one wire more, which stays off; constant outputs read it by the index -1.
    values = np.zeros((circuit.wires + 1, len(bits)), bool)
    values[:features] = bits.T
    for kind, gates in _alike(circuit):
        values[features + gates] = _apply(kind, circuit, gates, values)
    return np.ascontiguousarray((values[circuit.outputs] ^ circuit.inverted[:, None]).T)


def _alike(circuit: Circuit) -> list[tuple[GateKind, NDArray[np.int64]]]:
    """Return the gates in groups of one kind and one level, lowest level first."""
    key = circuit.levels[len(circuit.features) :].astype(np.int64) * len(GateKind) + circuit.kinds
    order = np.argsort(key, kind="stable")
    starts = np.flatnonzero(np.diff(key[order])) + 1
    groups = np.split(order, starts) if len(order) else []
    return [(GateKind(int(circuit.kinds[gates[0]])), gates) for gates in groups]


def _apply(
    kind: GateKind, circuit: Circuit, gates: NDArray[np.int64], values: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    offsets, places = select_rows(circuit.fan_in_offsets, gates)
    edges, starts = circuit.fan_in[places], offsets[:-1]
    if kind is GateKind.IDENTITY:
        return values[edges]
    if kind is GateKind.AND:
        return np.logical_and.reduceat(values[edges], starts, axis=0)
    if kind is GateKind.OR:
        return np.logical_or.reduceat(values[edges], starts, axis=0)
    if kind is GateKind.XOR:
        return np.logical_xor.reduceat(values[edges], starts, axis=0)
    counts = np.add.reduceat(values[edges], starts, axis=0, dtype=np.int32)
    alone: NDArray[np.bool_] = values[edges[starts]] & (counts == 1)
    return alone


def evaluate_sparse(circuit: Circuit, active: NDArray[np.int32]) -> sp.csr_array:
    """Return the outputs that differ from rest, Boolean (samples, outputs) in sparse rows.

    These are the outputs whose *wires* are on. Inversion is not applied, so the row of a sample
    with no feature on is empty. The outputs as the user sees them are the result XOR
    `circuit.inverted`.

    `active` has shape (samples, width) and holds the features that are on, padded with -1. The cost
    is the number of gates that watch a wire that is on (see `polyseme.circuits.follow`), and never
    much more than that of all gates, 64 samples at a time (`polyseme.circuits.simulate`). Raises
    OptionError when `active` holds anything else.
    """
    on = features_on(active, len(circuit.features))
    followed = follow(circuit, on)
    if followed is not None:
        return keep_outputs(circuit, followed)
    return _selected(circuit, on, circuit.outputs)


def wires_on(circuit: Circuit, active: NDArray[np.int32]) -> sp.csr_array:
    """Return the features and gates that are on, Boolean (samples, wires) in sparse rows.

    `active` and the errors raised are those of `evaluate_sparse`.
    """
    on = features_on(active, len(circuit.features))
    followed = follow(circuit, on)
    if followed is not None:
        return keep_wires(circuit, followed)
    return _selected(circuit, on, np.arange(circuit.wires))


def are_on(
    circuit: Circuit, active: NDArray[np.int32], wires: NDArray[np.integer]
) -> NDArray[np.bool_]:
    """Return whether wires[i] is on in sample i, Boolean (samples,).

    `active` and the errors raised are those of `evaluate_sparse`.
    """
    on = features_on(active, len(circuit.features))
    followed = follow(circuit, on)
    if followed is not None:
        return among_followed(circuit, followed, wires)
    found = np.empty(on.samples, bool)
    for bits in simulated(circuit, on):
        here = slice(bits.first, bits.first + bits.samples)
        found[here] = bits.at(wires[here], np.arange(bits.samples))
    return found


def _selected(circuit: Circuit, on: FeaturesOn, wires: NDArray[np.integer]) -> sp.csr_array:
    """Return which of some wires are on, Boolean (samples, wires) in sparse rows, by simulation."""
    found = [transposed(bits.of(wires), bits.samples) for bits in simulated(circuit, on)]
    return found[0] if len(found) == 1 else sp.vstack(found, format="csr")


def active_matrix(active: NDArray[np.int32], features: int) -> sp.csr_array:
    """Return lists of active features (-1 pads) as a 0/1 matrix, int32 (samples, features).

    Raises OptionError when the lists hold anything but features and -1.
    """
    on = features_on(active, features)
    data = np.ones(len(on.sample), np.int32)
    matrix = sp.csr_array((data, (on.sample, on.feature)), shape=(on.samples, features))
    matrix.sum_duplicates()
    matrix.data[:] = 1
    return matrix
