"""Levels of gates: as soon as possible, as late as possible, or where there is room.

A wire lives from its level until the last gate that reads it. If carrying a wire takes a neuron,
the number of wires alive at a stage is kept small. If wires pass in a residual stream, the number
of gates computed there is.
"""

from __future__ import annotations

from dataclasses import dataclass
from heapq import heappop, heappush
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from polyseme.circuits.topological import wire_levels
from polyseme.common.ragged import row_numbers, row_offsets
from polyseme.compiler.schedule.packing import Gates

# The widest level may stay this much too wide: the last percents take most of the time.
_CLOSE = 1.02


@dataclass(frozen=True, eq=False)
class Levels:
    """A level for every node, and the columns and widths that follow.

    Shapes: `level` int64 (nodes,), 0 for features; a node is a column of the stages numbered
    first <= stage < `stop`, int64 (nodes,), first being its level or 1; `widths` int64 (stages,)
    counts the columns, `computed` int64 (stages,) those that are gates of the level and no
    identities.
    """

    level: NDArray[np.int64]
    stop: NDArray[np.int64]
    widths: NDArray[np.int64]
    computed: NDArray[np.int64]


def soonest_and_latest(gates: Gates) -> tuple[Levels, Levels]:
    """Return all gates placed as soon, and as late, as possible, in the fewest levels."""
    soonest = wire_levels(gates.features, gates.offsets, gates.read.astype(np.int32))
    depth = max(1, int(soonest.max()))
    placed = (soonest.astype(np.int64), _latest(gates, depth))
    return _lived(gates, placed[0], depth), _lived(gates, placed[1], depth)


def evened(gates: Gates, soonest: Levels, latest: Levels) -> Levels:
    """Return levels in which the fullest level computes few gates, in no more levels.

    This is list scheduling. Level by level, among the gates whose inputs are computed, those with
    the lowest latest level come first, as many as a limit allows. The lowest limit that works is
    searched for. The result may not be the best; if it is no better than `soonest` or `latest`,
    the better of those is returned.
    """
    best = min(soonest, latest, key=lambda levels: int(levels.computed.max()))
    depth = len(best.computed)
    lowest = -(-int(best.computed.sum()) // depth)
    found = int(best.computed.max())
    if np.array_equal(soonest.level, latest.level):
        return best
    waiting = _Waiting(gates, latest)
    while lowest * _CLOSE < found:
        limit = (lowest + found) // 2
        level = waiting.within(limit, depth)
        if level is None:
            lowest = limit + 1
        else:
            best = _lived(gates, level, depth)
            found = min(limit, int(best.computed.max()))
    return best


class _Waiting:
    """Gates as lists, for placing them one by one under many limits.

    A gate that waits is looked at when it is placed and not at every level on the way, so the cost
    is that of the gates and not of gates times levels.
    """

    def __init__(self, gates: Gates, latest: Levels):
        """List the readers of each node, one per literal, and the literals that a gate needs."""
        counts = np.bincount(gates.read, minlength=len(gates.wires))
        gate = gates.features + row_numbers(np.diff(gates.offsets))
        self._features = gates.features
        self._readers: list[int] = gate[np.argsort(gates.read, kind="stable")].tolist()
        self._ends: list[int] = row_offsets(counts).tolist()
        self._literals: list[int] = [0] * gates.features + np.diff(gates.offsets).tolist()
        self._free: list[bool] = [False] * gates.features + gates.identities.tolist()
        self._latest: list[int] = latest.level.tolist()

    def within(self, limit: int, depth: int) -> NDArray[np.int64] | None:
        """Return levels (nodes,), none of more than `limit` gates; None if that fails."""
        level, missing = [0] * len(self._latest), self._literals.copy()
        queue: list[tuple[int, int, int]] = []
        done, arrived = list(range(self._features)), 0
        for number in range(1, depth + 1):
            fresh = self._freed(done, missing)
            # Identities cost nothing, so they never wait.
            done = [node for node in fresh if self._free[node]]
            for node in fresh:
                if not self._free[node]:
                    heappush(queue, (self._latest[node], arrived, node))
                    arrived += 1
            done += [heappop(queue)[2] for _ in range(min(limit, len(queue)))]
            if queue and queue[0][0] <= number:
                return None
            for node in done:
                level[node] = number
        return np.array(level, np.int64)

    def _freed(self, done: list[int], missing: list[int]) -> list[int]:
        """Return the gates, rising, that wait for nothing once `done` are placed."""
        fresh = []
        for node in done:
            for reader in self._readers[self._ends[node] : self._ends[node + 1]]:
                missing[reader] -= 1
                if not missing[reader]:
                    fresh.append(reader)
        return sorted(fresh)


def _latest(gates: Gates, depth: int) -> NDArray[np.int64]:
    """Return the highest level that every node can have, int64 (nodes,)."""
    level = [depth] * len(gates.wires)
    read: list[int] = gates.read.tolist()
    ends = list(enumerate(pairwise(gates.offsets.tolist()), gates.features))
    for gate, (begin, end) in reversed(ends):
        below = level[gate] - 1
        for node in read[begin:end]:
            if level[node] > below:
                level[node] = below
    level[: gates.features] = [0] * gates.features
    return np.array(level, np.int64)


def _lived(gates: Gates, level: NDArray[np.int64], depth: int) -> Levels:
    stop = np.zeros(len(level), np.int64)
    # No feature is a column before stage 1, read or not.
    stop[: gates.features] = 1
    np.maximum.at(stop, gates.read, np.repeat(level[gates.features :], np.diff(gates.offsets)))
    stop[gates.outputs[gates.outputs >= 0]] = depth + 1
    begun = np.bincount(np.maximum(level, 1), minlength=depth + 2)
    ended = np.bincount(stop, minlength=depth + 2)
    own = level[gates.features :][~gates.identities]
    computed = np.bincount(own, minlength=depth + 1)[1:]
    return Levels(level, stop, np.cumsum(begun - ended)[1 : depth + 1], computed)
