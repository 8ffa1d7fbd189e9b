"""Topological order of gates, levels of wires, and the search for a cycle."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from polyseme.common.ragged import row_numbers, row_offsets
from polyseme.errors import SourceError

# `wire_levels` makes so many rounds over all gates at once, and then takes them one by one.
_ROUNDS = 8


class CyclicError(SourceError):
    """Gates read each other in a cycle; `gate` is the number of one of them."""

    def __init__(self, gate: int):
        """Make the error for one gate on the cycle."""
        super().__init__(f"gate {gate} depends on itself")
        self.gate = gate


def topological_order(
    fan_in_offsets: NDArray[np.int64], fan_in_gates: NDArray[np.int32]
) -> NDArray[np.int64]:
    """Return an order of gates, int64 (gates,), in which every gate comes after those it reads.

    Gate g reads the gates fan_in_gates[fan_in_offsets[g]:fan_in_offsets[g + 1]]; -1 there is an
    input that is no gate. Gates that are in such an order already keep it. The cost is linear in
    gates and edges (Kahn's algorithm). Raises CyclicError when there is no such order.
    """
    gates = len(fan_in_offsets) - 1
    reader = row_numbers(np.diff(fan_in_offsets))
    inner = fan_in_gates >= 0
    read, reader = fan_in_gates[inner], reader[inner]
    if (read < reader).all():
        return np.arange(gates, dtype=np.int64)
    order, missing = _freed(gates, read, reader)
    if len(order) < gates:
        raise CyclicError(_on_a_cycle(fan_in_offsets, fan_in_gates, missing))
    return np.array(order, np.int64)


def _freed(
    gates: int, read: NDArray[np.int32], reader: NDArray[np.int64]
) -> tuple[list[int], list[int]]:
    """Return the gates in the order they are freed, and the number each still waits for."""
    missing: list[int] = np.bincount(reader, minlength=gates).tolist()
    by_read = np.argsort(read, kind="stable")
    waiting: list[int] = reader[by_read].tolist()
    starts = row_offsets(np.bincount(read, minlength=gates)).tolist()
    order = [gate for gate, count in enumerate(missing) if not count]
    # The list is the queue as well: it grows while the loop walks it.
    for gate in order:
        for place in range(starts[gate], starts[gate + 1]):
            freed = waiting[place]
            missing[freed] -= 1
            if not missing[freed]:
                order.append(freed)
    return order, missing


def _on_a_cycle(
    fan_in_offsets: NDArray[np.int64], fan_in_gates: NDArray[np.int32], missing: list[int]
) -> int:
    """Return a gate on a cycle: walk from a waiting gate to one it waits for until one recurs."""
    gate = next(number for number, count in enumerate(missing) if count)
    met: set[int] = set()
    while gate not in met:
        met.add(gate)
        read = fan_in_gates[fan_in_offsets[gate] : fan_in_offsets[gate + 1]].tolist()
        gate = next(other for other in read if other >= 0 and missing[other])
    return gate


def wire_levels(
    features: int, fan_in_offsets: NDArray[np.int64], fan_in: NDArray[np.int32]
) -> NDArray[np.int32]:
    """Return the level of every wire, int32 (wires,).

    The level of a feature is 0, that of a gate one more than the highest among its inputs. Gate g
    is wire features + g and reads the wires fan_in[fan_in_offsets[g]:fan_in_offsets[g + 1]], at
    least one and all of smaller numbers than its own.
    """
    levels = np.zeros(features + len(fan_in_offsets) - 1, np.int32)
    if len(levels) == features:
        return levels
    # Each round settles one level more, for all gates at once. Deep circuits would need too many
    # rounds, so their gates are walked one by one below.
    for _ in range(_ROUNDS):
        raised = 1 + np.maximum.reduceat(levels[fan_in], fan_in_offsets[:-1])
        if np.array_equal(raised, levels[features:]):
            return levels
        levels[features:] = raised
    walked = [0] * features
    level_of = walked.__getitem__
    read: list[int] = fan_in.tolist()
    for begin, end in pairwise(fan_in_offsets.tolist()):
        walked.append(1 + max(map(level_of, read[begin:end])))
    return np.array(walked, np.int32)
