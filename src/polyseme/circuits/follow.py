"""Following only the wires that are on, through a circuit of any depth.

All gate kinds rest at zero, so a gate can only be on if some input is. More: an AND can only be on
if a given one of its inputs is, so it is enough to *watch* the one that fewest gates read, and look
at the others only then. A fact table has features that thousands of gates read; watched this way,
such a feature costs nothing when it is on.

What is on is kept as sorted numbers wire * samples + sample.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from polyseme.circuits.circuit import Circuit, GateKind

Keys = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Watchers:
    """Which gates to look at when a wire goes on: gates[offsets[w]:offsets[w + 1]] for wire w."""

    offsets: NDArray[np.int64]
    gates: NDArray[np.int32]


@lru_cache(maxsize=4)
def watchers(circuit: Circuit) -> Watchers:
    """Watch one input of every AND and AND_NOT, and all inputs of every other gate."""
    widths = np.diff(circuit.fan_in_offsets)
    gate = np.repeat(np.arange(circuit.gates, dtype=np.int32), widths)
    kind = circuit.kinds[gate]
    influence = np.bincount(circuit.fan_in, minlength=circuit.wires)[circuit.fan_in]
    lightest = np.lexsort((influence, gate))[circuit.fan_in_offsets[:-1]]
    watched = ~np.isin(kind, (GateKind.AND, GateKind.AND_NOT))
    watched[lightest[circuit.kinds == GateKind.AND]] = True
    watched[circuit.fan_in_offsets[:-1][circuit.kinds == GateKind.AND_NOT]] = True
    wire, gate = circuit.fan_in[watched], gate[watched]
    counts = np.bincount(wire, minlength=circuit.wires)
    offsets = np.concatenate(([0], np.cumsum(counts))).astype(np.int64)
    return Watchers(offsets, gate[np.argsort(wire, kind="stable")])


def follow(circuit: Circuit, on: sp.csr_array) -> sp.csr_array:
    """Which outputs are on, Boolean (samples, outputs), given which features are."""
    samples = max(on.shape[0], 1)
    row, column = on.nonzero()
    fresh = np.sort(column.astype(np.int64) * samples + row)
    known = fresh
    waiting: list[list[Keys]] = [[] for _ in range(int(circuit.levels.max()) + 1)]
    for level in range(1, len(waiting)):
        _wake(circuit, fresh, samples, waiting)
        candidates = np.unique(np.concatenate([np.empty(0, np.int64), *waiting[level]]))
        waiting[level].clear()
        fired = candidates[_fires(circuit, candidates, samples, known)]
        fresh = fired + len(circuit.features) * samples
        known = np.sort(np.concatenate((known, fresh)))
    return _at_outputs(circuit, known, samples, on.shape[0])


def _wake(circuit: Circuit, fresh: Keys, samples: int, waiting: list[list[Keys]]) -> None:
    """Queue the gates that watch wires newly on, each at its own level."""
    wire, sample = np.divmod(fresh, samples)
    watching = watchers(circuit)
    begin = watching.offsets[wire]
    counts = watching.offsets[wire + 1] - begin
    gate = watching.gates[_runs(begin, counts)]
    keys = gate * np.int64(samples) + np.repeat(sample, counts)
    level = circuit.levels[len(circuit.features) + gate]
    order = np.argsort(level, kind="stable")
    levels, starts = np.unique(level[order], return_index=True)
    if not len(levels):
        return
    for number, begin_at, end_at in zip(levels, starts, [*starts[1:], len(order)], strict=True):
        waiting[number].append(keys[order[begin_at:end_at]])


def _fires(circuit: Circuit, candidates: Keys, samples: int, known: Keys) -> NDArray[np.bool_]:
    """Which candidates (gate * samples + sample) are on; ORs and identities are by being here."""
    gate, sample = np.divmod(candidates, samples)
    fires = np.ones(len(candidates), bool)
    kind = circuit.kinds[gate]
    unsure = np.flatnonzero(~np.isin(kind, (GateKind.OR, GateKind.IDENTITY)))
    if not len(unsure):
        return fires
    gate, sample, kind = gate[unsure], sample[unsure], kind[unsure]
    begin = circuit.fan_in_offsets[gate]
    counts = circuit.fan_in_offsets[gate + 1] - begin
    wire = circuit.fan_in[_runs(begin, counts)].astype(np.int64)
    present = _among(wire * samples + np.repeat(sample, counts), known)
    starts = np.cumsum(counts) - counts
    total = np.add.reduceat(present, starts, dtype=np.int64)
    decided = np.where(kind == GateKind.AND, total == counts, total % 2 == 1)
    first_alone = present[starts] & (total == 1)
    fires[unsure] = np.where(kind == GateKind.AND_NOT, first_alone, decided)
    return fires


def _at_outputs(circuit: Circuit, known: Keys, samples: int, rows: int) -> sp.csr_array:
    wire, sample = np.divmod(known, samples)
    order = np.argsort(circuit.outputs, kind="stable")
    in_order = circuit.outputs[order]
    begin = np.searchsorted(in_order, wire, side="left")
    counts = np.searchsorted(in_order, wire, side="right") - begin
    output = order[_runs(begin, counts)]
    ones = np.ones(len(output), bool)
    shape = (rows, len(circuit.outputs))
    return sp.coo_array((ones, (np.repeat(sample, counts), output)), shape=shape).tocsr()


def _among(keys: Keys, known: Keys) -> NDArray[np.bool_]:
    place = np.minimum(np.searchsorted(known, keys), max(len(known) - 1, 0))
    return known[place] == keys if len(known) else np.zeros(len(keys), bool)


def _runs(begin: NDArray[np.int64], counts: NDArray[np.int64]) -> NDArray[np.int64]:
    """The numbers begin[i], begin[i] + 1, ... (counts[i] of them), for all i in a row."""
    starts = np.cumsum(counts) - counts
    return np.repeat(begin - starts, counts) + np.arange(int(counts.sum()))
