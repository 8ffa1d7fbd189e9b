"""ORs, and the functions "at least k of these literals are on", made of ANDs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import combinations
from math import comb

from polyseme.circuits.logic.netlist import NetlistKind

# Adds a gate over literals and returns its literal.
AddGate = Callable[[NetlistKind, Iterable[int]], int]

# Up to this many sets of k, "at least k" is the OR of their ANDs: one hidden layer computes that.
MAX_SETS = 5_000


def any_of(literals: Iterable[int], add: AddGate) -> int:
    """Return the literal of the OR of literals; that of none is false."""
    return add(NetlistKind.AND, [literal ^ 1 for literal in literals]) ^ 1


def at_least(count: int, literals: Sequence[int], add: AddGate) -> int:
    """Return the literal that is true when `count` or more of the literals are.

    It is the OR of the ANDs of all sets of `count`, or, where there are more than MAX_SETS, it is
    put together from what holds of each half.
    """
    if count <= 0:
        return 1
    if count > len(literals):
        return 0
    if comb(len(literals), count) <= MAX_SETS:
        sets = combinations(literals, count)
        return any_of([add(NetlistKind.AND, chosen) for chosen in sets], add)
    return _counts(literals, count, add)[count]


def _counts(literals: Sequence[int], most: int, add: AddGate) -> list[int]:
    """Return the literals "at least 0", "at least 1" and so on, up to `most` or all, by halves."""
    if len(literals) == 1:
        return [1, literals[0]]
    middle = len(literals) // 2
    left = _counts(literals[:middle], most, add)
    right = _counts(literals[middle:], most, add)
    counts = [1]
    for count in range(1, min(most, len(literals)) + 1):
        from_left = range(max(0, count - len(right) + 1), min(count, len(left) - 1) + 1)
        pairs = [(left[some], right[count - some]) for some in from_left]
        counts.append(any_of([add(NetlistKind.AND, pair) for pair in pairs], add))
    return counts
