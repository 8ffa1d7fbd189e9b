"""Equality of two nodes of a graph shown without a solver; standard library only.

Two nodes are equal if they are ANDs of the same literals, or XORs of the same nodes, however these
are bracketed; or if they have the same truth table over some *cut*: nodes, behind which lies all
that both read. None of these rules says that nodes are different.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from heapq import heapify, heappop, heappush

from polyseme.proving.logic.graph import Graph, and_value

# Leaves of a cut over which a truth table is made: the few that are tried first, and the most.
_FEW, MOST_LEAVES = 8, 16
# While a cut is looked for, it may be wider, and its cone has at most so many nodes.
_WIDEST, _CONE = 24, 200
# Literals of one AND, nodes of one XOR, that are gathered.
_GATHERED = 10_000


def are_equal(graph: Graph, one: int, other: int) -> bool:
    """Return whether two literals are seen to be equal; False says nothing.

    Example:
        >>> graph = Graph(3)
        >>> left = graph.both(graph.both(2, 4), 6)
        >>> are_equal(graph, left, graph.both(2, graph.both(4, 6)))
        True
        >>> are_equal(graph, left, graph.both(2, 4))
        False
    """
    if one == other:
        return True
    if not one >> 1 or not other >> 1:
        return _same_table(graph, one, other)
    return (
        _same_and(graph, one, other)
        or _same_xor(graph, one, other)
        or _same_table(graph, one, other)
    )


def _same_and(graph: Graph, one: int, other: int) -> bool:
    if (one ^ other) & 1 or not (graph.is_and(one) and graph.is_and(other)):
        return False
    ours = _conjuncts(graph, one & ~1)
    return ours is not None and ours == _conjuncts(graph, other & ~1)


def _conjuncts(graph: Graph, literal: int) -> set[int] | None:
    """Return the literals of which a node is the AND; None if there are too many."""
    found: set[int] = set()
    seen, left = {literal}, [literal]
    while left:
        node = left.pop() >> 1
        for read in (graph.left[node], graph.right[node]):
            if read in seen:
                continue
            seen.add(read)
            if read & 1 or not graph.is_and(read):
                found.add(read)
            else:
                left.append(read)
        if len(seen) > _GATHERED:
            return None
    return found


def xor_operands(graph: Graph, node: int) -> tuple[int, int] | None:
    """Return the two literals of which a node is the XOR, as it stands there; None for others."""
    one, other = graph.left[node], graph.right[node]
    if not (one & 1 and other & 1 and graph.is_and(one) and graph.is_and(other)):
        return None
    left, right = graph.left[one >> 1], graph.right[one >> 1]
    again = (graph.left[other >> 1], graph.right[other >> 1])
    return (left, right) if again == (left ^ 1, right ^ 1) else None


def _same_xor(graph: Graph, one: int, other: int) -> bool:
    ours, theirs = _parity(graph, one), _parity(graph, other)
    return ours is not None and ours == theirs


def _parity(graph: Graph, literal: int) -> tuple[frozenset[int], int] | None:
    """Return the nodes of which a literal is the XOR, and whether it is negated; None if of one."""
    odd: set[int] = set()
    negated, left, looked = literal & 1, [literal >> 1], 0
    while left:
        node = left.pop()
        operands = xor_operands(graph, node) if node > graph.inputs else None
        if operands is None:
            odd ^= {node}
            continue
        looked += 1
        if looked > _GATHERED:
            return None
        negated ^= (operands[0] ^ operands[1]) & 1
        left += (operands[0] >> 1, operands[1] >> 1)
    return (frozenset(odd), negated) if looked else None


def _same_table(graph: Graph, one: int, other: int) -> bool:
    """Return whether two literals have the same truth table over a cut that is looked for."""
    few, many = _cuts(graph, one >> 1, other >> 1)
    if few is not None and not _difference(graph, *few, one, other):
        return True
    return many is not None and many != few and not _difference(graph, *many, one, other)


# Leaves, and the nodes between them and those in question, rising.
_Cut = tuple[list[int], list[int]]
# Bits of all tables of one pair over all inputs that it depends on: 256 MB.
_MOST_BITS = 2**31


def input_tables(graph: Graph, one: int, other: int) -> dict[int, bool] | None:
    """Return inputs on which two literals differ, by trying all.

    Args:
        graph: The graph.
        one: A literal.
        other: Another one.

    Returns:
        The value of every input that the two depend on, by node; None if they are equal.

    Raises:
        TimeoutError: They depend on too many inputs.

    Example:
        >>> graph = Graph(2)
        >>> input_tables(graph, graph.both(2, 4), 2)
        {1: True, 2: False}
    """
    nodes = _cone(graph, one >> 1, other >> 1)
    inputs = [node for node in nodes if node <= graph.inputs]
    if len(nodes) << len(inputs) > _MOST_BITS:
        raise TimeoutError
    differ = _difference(graph, inputs, nodes[len(inputs) :], one, other)
    if not differ:
        return None
    row = (differ & -differ).bit_length() - 1
    return {node: bool(row >> place & 1) for place, node in enumerate(inputs)}


def _cone(graph: Graph, *nodes: int) -> list[int]:
    """Return all nodes that some depend on, and these, rising, without the constant."""
    seen, left = {0, *nodes}, list(nodes)
    while left:
        node = left.pop()
        if node > graph.inputs:
            new = {graph.left[node] >> 1, graph.right[node] >> 1} - seen
            seen |= new
            left += new
    return sorted(seen - {0})


def _cuts(graph: Graph, one: int, other: int) -> tuple[_Cut | None, _Cut | None]:
    """Return the deepest cut that has few leaves, and the deepest one that is not too wide."""
    few = many = None
    taken: list[int] = []
    for leaves in _deeper(graph, one, other, taken):
        if len(leaves) <= _FEW:
            few = sorted(leaves), taken[::-1]
        if len(leaves) <= MOST_LEAVES:
            many = sorted(leaves), taken[::-1]
    return few, many


def _deeper(graph: Graph, one: int, other: int, taken: list[int]) -> Iterator[set[int]]:
    """Yield ever deeper cuts, by replacing the last node by what it reads; `taken` is inside."""
    leaves = {one, other} - {0}
    heap = [-node for node in leaves]
    heapify(heap)
    while heap and len(taken) < _CONE:
        node = -heappop(heap)
        if node <= graph.inputs:
            # All others are inputs too.
            return
        leaves.remove(node)
        taken.append(node)
        for read in (graph.left[node] >> 1, graph.right[node] >> 1):
            if read not in leaves:
                leaves.add(read)
                heappush(heap, -read)
        if len(leaves) > _WIDEST:
            return
        yield leaves


def _difference(graph: Graph, leaves: list[int], cone: list[int], one: int, other: int) -> int:
    """Return the rows of the truth table over some leaves in which two literals differ, as bits."""
    every = (1 << (1 << len(leaves))) - 1
    table = dict(zip(leaves, _columns(len(leaves)), strict=True))
    table[0] = 0
    for node in cone:
        table[node] = and_value(table, graph.left[node], graph.right[node], every)
    wanted = every if (one ^ other) & 1 else 0
    return table[one >> 1] ^ table[other >> 1] ^ wanted


@lru_cache(maxsize=MOST_LEAVES + 1)
def _columns(leaves: int) -> list[int]:
    """Return the truth tables of so many variables: bit i of the k-th is bit k of i."""
    rows = 1 << leaves
    columns = []
    for leaf in range(leaves):
        period, run = 2 << leaf, ((1 << (1 << leaf)) - 1) << (1 << leaf)
        while period < rows:
            run |= run << period
            period *= 2
        columns.append(run)
    return columns
