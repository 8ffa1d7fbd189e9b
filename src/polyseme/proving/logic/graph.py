"""AND-inverter graphs that never hold the same AND twice; standard library only.

Nodes are numbered: 0 is the constant false, 1 .. inputs are the inputs, and ANDs of two follow,
each behind what it reads. A *literal* is 2 * node, plus one if the node is negated, as in AIGER; so
literal 0 is false and literal 1 is true. What is added is simplified as far as two levels show.
"""

from __future__ import annotations

from collections.abc import Iterable

FALSE, TRUE = 0, 1


class Graph:
    """ANDs of two literals, each at most once.

    Args:
        inputs: Number of inputs.

    Attributes:
        inputs: Number of inputs.
        left: The smaller literal that every node reads; 0 for the constant and the inputs.
        right: The larger one.

    Example:
        >>> graph = Graph(2)
        >>> graph.both(2, 4), graph.both(4, 2), graph.both(2, 3)
        (6, 6, 0)
    """

    def __init__(self, inputs: int):
        """Begin with the constant and the inputs."""
        self.inputs = inputs
        self.left = [0] * (inputs + 1)
        self.right = [0] * (inputs + 1)
        self._known: dict[int, int] = {}

    def __len__(self) -> int:
        """Number of nodes, the constant and the inputs included."""
        return len(self.left)

    def is_and(self, literal: int) -> bool:
        """Return whether the node of a literal is an AND."""
        return literal >> 1 > self.inputs

    def both(self, one: int, other: int) -> int:
        """Return the literal of `one` AND `other`."""
        if one > other:
            one, other = other, one
        if one <= TRUE:
            return other if one else FALSE
        if one >> 1 == other >> 1:
            return one if one == other else FALSE
        reduced = self._absorbed(one, other)
        if reduced is not None:
            return reduced
        key = one << 32 | other
        found = self._known.get(key)
        if found is None:
            found = 2 * len(self.left)
            self._known[key] = found
            self.left.append(one)
            self.right.append(other)
        return found

    def _absorbed(self, one: int, other: int) -> int | None:
        """Return what two literals are if one of them settles a part of the other, else None."""
        for alone, pair in ((one, other), (other, one)):
            node = pair >> 1
            if node <= self.inputs:
                continue
            left, right = self.left[node], self.right[node]
            if not pair & 1:
                if alone in (left, right):
                    return pair
                if alone ^ 1 in (left, right):
                    return FALSE
            elif alone ^ 1 in (left, right):
                return alone
            elif alone == left:
                return self.both(alone, right ^ 1)
            elif alone == right:
                return self.both(alone, left ^ 1)
        return None

    def either(self, one: int, other: int) -> int:
        """Return the literal of `one` OR `other`."""
        return self.both(one ^ 1, other ^ 1) ^ 1

    def differ(self, one: int, other: int) -> int:
        """Return the literal of `one` XOR `other`."""
        return self.both(self.both(one, other) ^ 1, self.both(one ^ 1, other ^ 1) ^ 1)

    def choose(self, condition: int, if_on: int, if_off: int) -> int:
        """Return the literal of `if_on` where the condition is on and of `if_off` elsewhere."""
        if if_on == if_off:
            return if_on
        return self.either(self.both(condition, if_on), self.both(condition ^ 1, if_off))

    def all_of(self, literals: Iterable[int]) -> int:
        """Return the literal of the AND of any number of literals, the same in whatever order."""
        row = sorted(set(literals))
        while len(row) > 1:
            pairs = zip(row[::2], row[1::2], strict=False)
            row = [self.both(*pair) for pair in pairs] + row[len(row) & ~1 :]
        return row[0] if row else TRUE

    def any_of(self, literals: Iterable[int]) -> int:
        """Return the literal of the OR of any number of literals, the same in whatever order."""
        return self.all_of(literal ^ 1 for literal in literals) ^ 1

    def odd_of(self, literals: Iterable[int]) -> int:
        """Return the literal that is on where an odd number of literals are."""
        row = list(literals)
        while len(row) > 1:
            pairs = zip(row[::2], row[1::2], strict=False)
            row = [self.differ(*pair) for pair in pairs] + row[len(row) & ~1 :]
        return row[0] if row else FALSE


def part(graph: Graph, literals: list[int]) -> tuple[Graph, list[int]]:
    """Return a graph of what some literals depend on, with the same inputs, and these literals.

    Example:
        >>> graph = Graph(2)
        >>> literals = graph.both(2, 4), graph.both(2, 5)
        >>> small, (literal,) = part(graph, [literals[1]])
        >>> len(graph), len(small), literal
        (5, 4, 6)
    """
    needed = [False] * len(graph)
    for literal in literals:
        needed[literal >> 1] = True
    for node in range(len(graph) - 1, graph.inputs, -1):
        if needed[node]:
            needed[graph.left[node] >> 1] = needed[graph.right[node] >> 1] = True
    small = Graph(graph.inputs)
    there = list(range(0, 2 * len(graph), 2))
    for node in range(graph.inputs + 1, len(graph)):
        if needed[node]:
            left, right = graph.left[node], graph.right[node]
            there[node] = small.both(there[left >> 1] ^ left & 1, there[right >> 1] ^ right & 1)
    return small, [there[literal >> 1] ^ literal & 1 for literal in literals]


def values(graph: Graph, inputs: list[int], bits: int) -> list[int]:
    """Return the values of all nodes on many inputs at once.

    Args:
        graph: The graph.
        inputs: For every input of the graph the samples in which it is on, as the bits of a number.
        bits: Number of samples.

    Returns:
        A number like these for every node.

    Example:
        >>> graph = Graph(2)
        >>> graph.both(2, 5)
        6
        >>> values(graph, [0b0101, 0b0011], 4)
        [0, 5, 3, 4]
    """
    every = (1 << bits) - 1
    found = [0, *inputs]
    for node in range(graph.inputs + 1, len(graph)):
        found.append(and_value(found, graph.left[node], graph.right[node], every))
    return found


def and_value(known: list[int] | dict[int, int], left: int, right: int, every: int) -> int:
    """Return the value of an AND of two literals, from values of nodes; `every` has all bits on."""
    one = known[left >> 1] ^ every if left & 1 else known[left >> 1]
    other = known[right >> 1] ^ every if right & 1 else known[right >> 1]
    return one & other
