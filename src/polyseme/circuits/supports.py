"""Supports: small sets of features that switch a wire on, for testing deep circuits.

A random active set hardly ever satisfies a gate deep in a circuit. Supports are therefore built
level by level from those of a gate's inputs: an AND needs the union of them all, any other gate
one of them. Such a support is a guess, because features that switch one input on may also switch
on a negated one (or two of an XOR). Guesses are followed through the circuit before they are used.
A wire without a guess may still have a small support that was not found.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from polyseme.circuits.circuit import Circuit, GateKind
from polyseme.circuits.evaluate import are_on, wires_on
from polyseme.common.distinct import distinct
from polyseme.common.ragged import places_in_rows, row_numbers, select_rows

Generator = np.random.Generator
Rows = NDArray[np.int32]

# A row whose gate turns out to be off is drawn up to so many times.
_ATTEMPTS = 16
# A batch aims at so many pairs (sample, wire) with the wire on, and has at most so many rows.
_BATCH_ON = 2**22
_BATCH_ROWS = 2**15


def small_supports(circuit: Circuit, active: int) -> Rows:
    """Return a support of at most `active` features per wire, int32 (wires, active), -1 pads.

    A row of -1 only means that no support was found. Every distinct guess is followed through the
    circuit once. For very large circuits use `guess_supports` and `draw_supported`, which check
    only the rows that are drawn.
    """
    supports = guess_supports(circuit, active).copy()
    by_set = np.lexsort(supports.T)
    starts = np.flatnonzero((np.diff(supports[by_set], axis=0, prepend=-2) != 0).any(axis=1))
    ends = np.append(starts, len(by_set))
    for begin, on in _in_batches(circuit, supports[by_set[starts]]):
        cuts = ends[begin : begin + on.shape[0] + 1]
        wires = by_set[cuts[0] : cuts[-1]]
        row = row_numbers(np.diff(cuts))
        supports[wires[~_found(on, row, wires)]] = -1
    return supports


@lru_cache(maxsize=4)
def guess_supports(circuit: Circuit, active: int) -> Rows:
    """Return guesses of the supports that `small_supports` returns, not followed; read-only.

    The cost is linear in edges times `active`.
    """
    features = len(circuit.features)
    supports = np.full((circuit.wires, active), -1, np.int32)
    supports[:features, 0] = np.arange(features)
    level = circuit.levels[features:]
    order = np.argsort(level, kind="stable")
    for gates in np.split(order, np.flatnonzero(np.diff(level[order])) + 1):
        is_and = circuit.kinds[gates] == GateKind.AND
        _unite(circuit, gates[is_and], supports)
        _inherit(circuit, gates[~is_and], supports)
    supports.flags.writeable = False
    return supports


def draw_supported(
    circuit: Circuit,
    supports: Rows,
    samples: int,
    generator: Generator,
    complete: Callable[[Rows], Rows],
) -> Rows:
    """Draw active sets (samples, active), each of which has a random gate of a random level on.

    A row is what `complete` makes of the gate's support; it may add features. Rows whose gate is
    then off are drawn again, so `supports` may be guesses. Rows that fail every time hold only -1,
    and so do all rows if no gate has a support.
    """
    features = len(circuit.features)
    rows = np.full((samples, supports.shape[1]), -1, np.int32)
    gates = np.flatnonzero(supports[features:, 0] >= 0) + features
    if not len(gates):
        return rows
    gates = gates[np.argsort(circuit.levels[gates], kind="stable")]
    ends = np.cumsum(np.bincount(circuit.levels[gates]))
    # Levels without a gate that has a support, such as level 0, are left out.
    starts = np.unique(np.concatenate(([0], ends[:-1])))
    counts = np.diff(starts, append=len(gates))
    missing = np.arange(samples)
    for _ in range(_ATTEMPTS):
        level = generator.integers(len(starts), size=len(missing))
        chosen = gates[starts[level] + generator.integers(counts[level])]
        drawn = complete(supports[chosen])
        good = _switched_on(circuit, drawn, chosen)
        rows[missing[good]] = drawn[good]
        missing = missing[~good]
        if not len(missing):
            break
    return rows


def _edges(
    circuit: Circuit, gates: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int32]]:
    """Return the start of each gate's edges, the gate of every edge, and the wire that it reads."""
    offsets, places = select_rows(circuit.fan_in_offsets, gates)
    return offsets[:-1], row_numbers(np.diff(offsets)), circuit.fan_in[places]


def _unite(circuit: Circuit, gates: NDArray[np.int64], supports: Rows) -> None:
    """Give ANDs the union of their inputs' supports, if all inputs have one and it is small."""
    if not len(gates):
        return
    starts, owner, read = _edges(circuit, gates)
    able = np.logical_and.reduceat(supports[read, 0] >= 0, starts)
    kept = able[owner]
    features = len(circuit.features)
    members = supports[read[kept]]
    keys = distinct((owner[kept][:, None] * features + members)[members >= 0])
    gate, feature = np.divmod(keys, features)
    counts = np.bincount(gate, minlength=len(gates))
    place = places_in_rows(counts)
    small = counts[gate] <= supports.shape[1]
    supports[features + gates[gate[small]], place[small]] = feature[small]


def _inherit(circuit: Circuit, gates: NDArray[np.int64], supports: Rows) -> None:
    """Give other gates the smallest support among the inputs that can switch them on."""
    if not len(gates):
        return
    starts, owner, read = _edges(circuit, gates)
    size = (supports[read] >= 0).sum(axis=1)
    none = supports.shape[1] + 1
    size[size == 0] = none
    # An AND_NOT is switched on by its first input alone.
    first = np.zeros(len(read), bool)
    first[starts] = True
    size[~first & (circuit.kinds[gates] == GateKind.AND_NOT)[owner]] = none
    edge = np.minimum.reduceat(size * len(read) + np.arange(len(read)), starts) % len(read)
    usable = size[edge] < none
    target = len(circuit.features) + gates[usable]
    supports[target] = supports[read[edge[usable]]]


def _in_batches(circuit: Circuit, rows: Rows) -> Iterator[tuple[int, sp.csr_array]]:
    """Follow rows of active features batch by batch: (first row, wires that are on)."""
    begin, size = 0, 64
    while begin < len(rows):
        on = wires_on(circuit, rows[begin : begin + size])
        yield begin, on
        begin += on.shape[0]
        # The number of wires that a row switches on is known only after it has been followed.
        size = max(1, min(_BATCH_ROWS, 4 * size, _BATCH_ON * on.shape[0] // max(on.nnz, 1)))


def _found(on: sp.csr_array, row: NDArray[np.int64], wires: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return True for each wire that is on in its row, bool (wires,); all (row, wire) differ."""
    present = row_numbers(np.diff(on.indptr)) * on.shape[1] + on.indices
    asked = row * on.shape[1] + wires
    order = np.argsort(asked)
    # Far more wires are on than are asked for, so the wires on are looked up among those asked for.
    place = np.minimum(np.searchsorted(asked[order], present), len(asked) - 1)
    result = np.zeros(len(asked), bool)
    result[order[place[asked[order[place]] == present]]] = True
    return result


def _switched_on(circuit: Circuit, rows: Rows, wires: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return True for each row of active features that switches its wire on, bool (rows,)."""
    result = np.zeros(len(rows), bool)
    # As long as wires are followed, at most one in a thousand is on.
    size = int(np.clip(1000 * _BATCH_ON // circuit.wires, 64, _BATCH_ROWS))
    for begin in range(0, len(rows), size):
        some = slice(begin, begin + size)
        result[some] = are_on(circuit, rows[some], wires[some])
    return result
