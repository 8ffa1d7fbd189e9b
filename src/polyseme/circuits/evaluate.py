"""Reference evaluation of a circuit: what the outputs must be, independent of any network.

Two evaluators that share no code: one walks dense bits gate by gate, one follows only active wires.
They also answer differently. `evaluate_dense` says what the user sees. `evaluate_sparse` says what
differs from rest: an inverted output is on at rest, so sparse rows of what the user sees would not
be sparse.
"""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from polyseme.circuits.circuit import Circuit, GateKind
from polyseme.circuits.follow import follow, keep_outputs, keep_wires
from polyseme.common.ragged import select_rows
from polyseme.errors import OptionError


def evaluate_dense(circuit: Circuit, bits: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Evaluate on dense bits, shape (samples, features); returns (samples, outputs).

    Inverted outputs are inverted. Memory is samples x wires bytes, so hand over large samples in
    pieces. Raises OptionError when `bits` has another shape.
    """
    bits = np.asarray(bits, bool)
    if bits.ndim != 2 or bits.shape[1] != len(circuit.features):
        raise OptionError(f"bits must be (samples, {len(circuit.features)}), not {bits.shape}")
    features = len(circuit.features)
    # One wire more, which stays off: it is the last, so constants find it at -1.
    values = np.zeros((circuit.wires + 1, len(bits)), bool)
    values[:features] = bits.T
    for kind, gates in _alike(circuit):
        values[features + gates] = _apply(kind, circuit, gates, values)
    return np.ascontiguousarray((values[circuit.outputs] ^ circuit.inverted[:, None]).T)


def _alike(circuit: Circuit) -> list[tuple[GateKind, NDArray[np.int64]]]:
    """The gates in groups of one kind and one level, lowest level first."""
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
    """Which outputs differ from rest, Boolean (samples, outputs) in sparse rows.

    These are the outputs whose *wires* are on: inversion is not applied, so that nothing on gives
    an empty row whatever the polarities. What the user sees is this XOR `circuit.inverted`.

    `active` has shape (samples, width): the features that are on, -1 where a row has fewer. The
    cost is the number of gates that watch a wire that is on (see `polyseme.circuits.follow`).
    Raises OptionError for anything else.
    """
    on = active_matrix(active, len(circuit.features))
    return keep_outputs(circuit, follow(circuit, on))


def wires_on(circuit: Circuit, active: NDArray[np.int32]) -> sp.csr_array:
    """Which wires are on, features and gates, Boolean (samples, wires) in sparse rows.

    `active` and errors are those of `evaluate_sparse`.
    """
    on = active_matrix(active, len(circuit.features))
    return keep_wires(circuit, follow(circuit, on))


def active_matrix(active: NDArray[np.int32], features: int) -> sp.csr_array:
    """Lists of active features (-1 pads) as a 0/1 matrix, int32 (samples, features)."""
    active = np.atleast_2d(np.asarray(active))
    if active.ndim != 2 or (active.size and active.dtype.kind not in "iu"):
        raise OptionError("active features must be whole numbers, (samples, width)")
    if active.size and (active.min() < -1 or active.max() >= features):
        raise OptionError(f"active features must lie in 0..{features - 1} (or be -1)")
    row, column = np.nonzero(active >= 0)
    data = np.ones(len(row), np.int32)
    matrix = sp.csr_array((data, (row, active[row, column])), shape=(len(active), features))
    matrix.sum_duplicates()
    matrix.data[:] = 1
    return matrix
