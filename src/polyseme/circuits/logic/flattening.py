"""Merging trees of gates of one kind into wide gates: (a & b) & c becomes one AND of three.

Formulas and Python functions write wide gates two inputs at a time. A gate is merged into its
reader if it has no name, is of the same kind, is read only once, and (an AND) is read plain. Named
gates stay, so that the answer key can tell where they are.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np

from polyseme.circuits.logic.netlist import Netlist, NetlistKind
from polyseme.common.ragged import row_offsets


def flatten(netlist: Netlist) -> Netlist:
    """Return a netlist that computes the same, with trees of unnamed gates merged."""
    first = 1 + len(netlist.inputs)
    stays = _read_often(netlist, first)
    kinds = netlist.kinds.tolist()
    ends = pairwise(netlist.fan_in_offsets.tolist())
    given = netlist.fan_in.tolist()
    rows: list[list[int] | None] = []
    for kind, (begin, end) in zip(kinds, ends, strict=True):
        row: list[int] = []
        for literal in given[begin:end]:
            gate = (literal >> 1) - first
            negated = kind == NetlistKind.AND and literal & 1
            if gate < 0 or stays[gate] or kinds[gate] != kind or negated:
                row.append(literal)
            else:
                row = _joined(row, _taken(rows, gate, literal & 1))
        rows.append(row)
    return _renumbered(netlist, rows, first)


def _read_often(netlist: Netlist, first: int) -> list[bool]:
    """Return whether each gate has a name, or is read other than once."""
    read = np.concatenate((netlist.fan_in, netlist.outputs)) >> 1
    times = np.bincount(read, minlength=first + netlist.gates)
    stays = times != 1
    stays[netlist.named_literals >> 1] = True
    stays[netlist.outputs >> 1] = True
    kept: list[bool] = stays[first:].tolist()
    return kept


def _taken(rows: list[list[int] | None], gate: int, flipped: int) -> list[int]:
    """Remove the row of a gate and return it, negated if asked for: one literal of an XOR is."""
    row = rows[gate]
    assert row is not None
    rows[gate] = None
    if flipped and not row:
        # An XOR of nothing is false, so its negation is literal 1.
        return [1]
    if flipped:
        row[0] ^= 1
    return row


def _joined(one: list[int], other: list[int]) -> list[int]:
    # The shorter list is added to the longer one, so that a long chain takes no quadratic time.
    longer, shorter = (one, other) if len(one) >= len(other) else (other, one)
    longer += shorter
    return longer


def _renumbered(netlist: Netlist, rows: list[list[int] | None], first: int) -> Netlist:
    kept = np.array([row is not None for row in rows], bool)
    signal = np.arange(first + len(rows), dtype=np.int32)
    signal[first:] = first + np.cumsum(kept) - 1
    left = [row for row in rows if row is not None]
    fan_in = np.array([literal for row in left for literal in row], np.int32)
    return replace(
        netlist,
        kinds=netlist.kinds[kept],
        fan_in_offsets=row_offsets([len(row) for row in left]),
        fan_in=2 * signal[fan_in >> 1] + (fan_in & 1),
        outputs=2 * signal[netlist.outputs >> 1] + (netlist.outputs & 1),
        named_literals=2 * signal[netlist.named_literals >> 1] + (netlist.named_literals & 1),
    )
