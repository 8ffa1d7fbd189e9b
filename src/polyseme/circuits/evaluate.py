"""Reference evaluation of a circuit: what the outputs must be, independent of any network.

Two evaluators that share no code: one walks dense bits gate by gate, one follows only active wires.
"""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from polyseme.circuits.circuit import Circuit, GateKind


def evaluate_dense(circuit: Circuit, bits: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Evaluate on dense bits, shape (samples, features); returns (samples, outputs).

    Memory is samples x wires bytes, so hand over large samples in pieces.
    """
    bits = np.asarray(bits, bool)
    if bits.ndim != 2 or bits.shape[1] != len(circuit.features):
        raise ValueError(f"bits must be (samples, {len(circuit.features)}), not {bits.shape}")
    features = len(circuit.features)
    values = np.zeros((circuit.wires, len(bits)), bool)
    values[:features] = bits.T
    gate_levels = circuit.levels[features:]
    for level in range(1, int(gate_levels.max(initial=0)) + 1):
        for kind in GateKind:
            gates = np.flatnonzero((gate_levels == level) & (circuit.kinds == kind))
            if len(gates):
                values[features + gates] = _apply(kind, circuit, gates, values)
    return np.ascontiguousarray(values[circuit.outputs].T)


def _apply(
    kind: GateKind, circuit: Circuit, gates: NDArray[np.int64], values: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    first, edges, starts = _fan_in(circuit, gates)
    if kind is GateKind.IDENTITY:
        return values[first]
    if kind is GateKind.AND:
        return np.logical_and.reduceat(values[edges], starts, axis=0)
    if kind is GateKind.OR:
        return np.logical_or.reduceat(values[edges], starts, axis=0)
    if kind is GateKind.XOR:
        return np.logical_xor.reduceat(values[edges], starts, axis=0)
    counts = np.add.reduceat(values[edges], starts, axis=0, dtype=np.int32)
    alone: NDArray[np.bool_] = values[first] & (counts == 1)
    return alone


def _fan_in(
    circuit: Circuit, gates: NDArray[np.int64]
) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int64]]:
    """First input of each gate, all their inputs in a row, and where each gate's inputs start."""
    begin, end = circuit.fan_in_offsets[gates], circuit.fan_in_offsets[gates + 1]
    widths = end - begin
    starts = np.cumsum(widths) - widths
    edges = circuit.fan_in[np.repeat(begin - starts, widths) + np.arange(int(widths.sum()))]
    return circuit.fan_in[begin], edges, starts


def evaluate_sparse(circuit: Circuit, active: NDArray[np.int32]) -> sp.csr_array:
    """Evaluate on lists of active features; returns Boolean (samples, outputs) in sparse rows.

    `active` has shape (samples, width): the features that are on, -1 where a row has fewer. Beside
    one pass over the circuit's edges, the cost is the number of reads of active wires, so hand over
    many samples at once. Raises ValueError for anything else.
    """
    return _follow(circuit, active_matrix(active, len(circuit.features)))


def active_matrix(active: NDArray[np.int32], features: int) -> sp.csr_array:
    """Lists of active features (-1 pads) as a 0/1 matrix, int32 (samples, features)."""
    active = np.atleast_2d(np.asarray(active))
    if active.ndim != 2 or (active.size and active.dtype.kind not in "iu"):
        raise ValueError("active features must be whole numbers, (samples, width)")
    if active.size and (active.min() < -1 or active.max() >= features):
        raise ValueError(f"active features must lie in 0..{features - 1} (or be -1)")
    row, column = np.nonzero(active >= 0)
    data = np.ones(len(row), np.int32)
    matrix = sp.csr_array((data, (row, active[row, column])), shape=(len(active), features))
    matrix.sum_duplicates()
    matrix.data[:] = 1
    return matrix


def _follow(circuit: Circuit, on: sp.csr_array) -> sp.csr_array:
    features = len(circuit.features)
    gate_levels = circuit.levels[features:]
    known = on.T.tocsr()
    wire_row = np.full(circuit.wires, -1, np.int64)
    wire_row[:features] = np.arange(features)
    for level in range(1, int(gate_levels.max(initial=0)) + 1):
        gates = np.flatnonzero(gate_levels == level)
        result = _level(circuit, gates, wire_row, known)
        wire_row[features + gates] = known.shape[0] + np.arange(len(gates))
        known = sp.vstack([known, result], format="csr")
    return known[wire_row[circuit.outputs]].T.tocsr().astype(bool)


def _level(
    circuit: Circuit, gates: NDArray[np.int64], wire_row: NDArray[np.int64], known: sp.csr_array
) -> sp.csr_array:
    """Values of one level's gates: weigh active inputs so that one number decides each kind."""
    _, edges, starts = _fan_in(circuit, gates)
    widths = np.diff(np.append(starts, len(edges)))
    kinds = np.repeat(circuit.kinds[gates], widths)
    weights = np.ones(len(edges), np.int32)
    weights[kinds == GateKind.AND_NOT] = -1
    weights[starts] = 1
    offsets = np.append(starts, len(edges))
    reads = sp.csr_array((weights, wire_row[edges], offsets), shape=(len(gates), known.shape[0]))
    sums = (reads @ known).tocsr()
    rows = np.repeat(np.arange(len(gates)), np.diff(sums.indptr))
    kind, width, total = circuit.kinds[gates][rows], widths[rows], sums.data
    fires = np.where(kind == GateKind.AND, total == width, total >= 1)
    fires = np.where(kind == GateKind.XOR, total % 2 == 1, fires)
    result = sp.csr_array((fires.astype(np.int32), sums.indices, sums.indptr), shape=sums.shape)
    result.eliminate_zeros()
    return result
