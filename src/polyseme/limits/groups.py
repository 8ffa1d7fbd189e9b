"""Count distinct gates of the same make: same kind, fan-in, and number of marked inputs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from polyseme.circuits.circuit import Circuit, GateKind
from polyseme.circuits.terms import Terms
from polyseme.common.ragged import row_offsets, select_rows
from polyseme.limits.combinatorics import log2_gate_sets


@dataclass(frozen=True)
class Group:
    """A number of distinct gates of `inputs` wires each, `marked` of these in another role."""

    kind: GateKind
    inputs: int
    marked: int
    distinct: int

    def bits(self, wires: int) -> float:
        """Return log2 of the number of such sets of gates over `wires` wires."""
        return log2_gate_sets(wires, self.inputs, self.marked, self.distinct)


def group_gates(circuit: Circuit, gates: NDArray[np.int64]) -> list[Group]:
    """Group the chosen gates of a circuit; AND_NOT marks its first input.

    A gate of one input is an identity whatever its kind.
    """
    offsets, places = select_rows(circuit.fan_in_offsets, gates)
    widths = np.diff(offsets)
    kinds = np.where(widths == 1, GateKind.IDENTITY, circuit.kinds[gates])
    entries = 2 * circuit.fan_in[places].astype(np.int64)
    marked = kinds == GateKind.AND_NOT
    entries[offsets[:-1][marked]] += 1
    return _group(kinds, widths, marked.astype(np.int64), entries)


def group_terms(terms: Terms) -> list[Group]:
    """Group terms by width and number of negations; negated literals are marked."""
    negated = (terms.widths - terms.plain).astype(np.int64)
    kinds = np.full(len(terms), GateKind.AND)
    entries = 2 * terms.literals.astype(np.int64) + (terms.signs < 0)
    return _group(kinds, terms.widths, negated, entries)


def influence_of_gates(
    circuit: Circuit, gates: NDArray[np.int64], distinct: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the influences that features have, and how many features have each.

    The influence is the number of distinct gates, among the chosen gates of one fan-in, that read
    a feature; `distinct` says how many there are. Features that no chosen gate reads are left out.
    """
    offsets, places = select_rows(circuit.fan_in_offsets, gates)
    rows: NDArray[np.integer] = circuit.fan_in[places].reshape(len(gates), offsets[1])
    if distinct < len(gates):
        rows = _first_of_equals(np.sort(rows, axis=1))
    read = np.bincount(rows.ravel())
    influence, features = np.unique(read[read > 0], return_counts=True)
    return influence.astype(np.int64), features.astype(np.int64)


def distinct_rows(rows: NDArray[np.integer]) -> int:
    """Number of distinct rows."""
    return len(_first_of_equals(rows))


def _first_of_equals(rows: NDArray[np.integer]) -> NDArray[np.integer]:
    """Return one of every kind of row, in the order of a sort."""
    ordered = rows[np.lexsort(rows.T)]
    new = np.ones(len(rows), bool)
    new[1:] = (ordered[1:] != ordered[:-1]).any(axis=1)
    return ordered[new]


def _group(
    kinds: NDArray[np.integer],
    widths: NDArray[np.int64],
    marked: NDArray[np.int64],
    entries: NDArray[np.int64],
) -> list[Group]:
    if not len(widths):
        return []
    starts = row_offsets(widths)[:-1]
    makes, make = np.unique(np.stack((kinds, widths, marked)), axis=1, return_inverse=True)
    by_make = np.split(np.argsort(make, kind="stable"), np.cumsum(np.bincount(make))[:-1])
    groups = []
    for (kind, width, marks), members in zip(makes.T.tolist(), by_make, strict=True):
        rows = np.sort(entries[starts[members][:, None] + np.arange(width)], axis=1)
        groups.append(Group(GateKind(kind), width, marks, distinct_rows(rows)))
    return groups
