"""Whole sums of literals compared with a number, as logic; standard library only.

Whether w_1 x_1 + ... + w_n x_n >= t is told by a decision diagram: whether it holds depends on the
literals from i on and on what they still have to add up to, and on nothing else. Each such pair is
one choice between two others. Pairs that are settled, or that need all of the literals left or any
one of them, end the diagram.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import accumulate
from math import gcd

from polyseme.proving.logic.graph import FALSE, TRUE, Graph


class TooLargeError(Exception):
    """A decision diagram has more nodes than are allowed."""


@dataclass(frozen=True)
class Sum:
    """A constant and positive weights of literals, the largest first; all whole numbers.

    Attributes:
        constant: What is added in any case, and so the least value.
        weights: The weights, falling.
        literals: Literals of a graph, of distinct nodes.
    """

    constant: int
    weights: tuple[int, ...]
    literals: tuple[int, ...]

    @property
    def highest(self) -> int:
        """The value with all literals on, which no input need reach."""
        return self.constant + sum(self.weights)

    @property
    def step(self) -> int:
        """The number of which all weights are multiples; 0 if there are none."""
        return gcd(*self.weights)


def sum_of(constant: int, terms: Iterable[tuple[int, int]]) -> Sum:
    """Return a sum of (weight, literal) with its literals merged and their weights positive.

    Example:
        >>> sum_of(0, [(1, 2), (-1, 4), (2, 3)])
        Sum(constant=0, weights=(1, 1), literals=(3, 5))
    """
    of_node: dict[int, int] = {}
    for weight, literal in terms:
        if literal & 1:
            constant += weight
            weight = -weight
        of_node[literal >> 1] = of_node.get(literal >> 1, 0) + weight
    # Node 0 is false and adds nothing.
    of_node.pop(0, None)
    constant += sum(min(weight, 0) for weight in of_node.values())
    pairs = sorted(
        (-abs(weight), 2 * node + (weight < 0)) for node, weight in of_node.items() if weight
    )
    return Sum(constant, tuple(-one for one, _ in pairs), tuple(literal for _, literal in pairs))


class _Joined:
    """The AND, or the OR, of all literals from some place on, for any places.

    The first that is asked for is a tree, as circuits have it. All others are one chain, of which
    each takes a part, for there may be one at every place.
    """

    def __init__(
        self,
        literals: tuple[int, ...],
        of_many: Callable[[Iterable[int]], int],
        of_two: Callable[[int, int], int],
    ):
        self._literals, self._of_many, self._of_two = literals, of_many, of_two
        self._known: dict[int, int] = {}
        self._begin, self._chain = len(literals), of_many(())

    def of(self, place: int) -> int:
        """Return the literal for a place."""
        if not self._known:
            self._known[place] = self._of_many(self._literals[place:])
        while place not in self._known:
            self._begin -= 1
            self._chain = self._of_two(self._literals[self._begin], self._chain)
            self._known.setdefault(self._begin, self._chain)
        return self._known[place]


class Comparisons:
    """Comparisons of one sum with any numbers, which share their decision diagram.

    Args:
        graph: The graph that gets the ANDs.
        added: The sum.
        most_nodes: Number of nodes that the diagram may have.
        active: If the literals are inputs of the graph, and at most so many of these are on, the
            number: the diagram then ends where the sum cannot grow to what is needed. On inputs
            with more on, what is returned may be off though the sum is large enough.
    """

    def __init__(self, graph: Graph, added: Sum, most_nodes: int, active: int | None = None):
        """Begin with an empty diagram."""
        self._graph, self._sum, self._room = graph, added, most_nodes
        self._known: dict[tuple[int, int, int], int] = {}
        self._all = _Joined(added.literals, graph.all_of, graph.both)
        self._any = _Joined(added.literals, graph.any_of, graph.either)
        self._active = len(added.literals) if active is None else active
        rest, steps, negated, plain = [0], [0], [0], [0]
        for weight, literal in zip(added.weights[::-1], added.literals[::-1], strict=True):
            rest.append(rest[-1] + weight)
            steps.append(gcd(steps[-1], weight))
            negated.append(negated[-1] + (weight if literal & 1 else 0))
            plain.append(plain[-1] + (not literal & 1))
        # Of the literals from each place on: all weights, what divides them, the weights of negated
        # ones, and the number of plain ones.
        self._rest, self._steps = rest[::-1], steps[::-1]
        self._negated, self._plain = negated[::-1], plain[::-1]
        weights = zip(added.weights, added.literals, strict=True)
        plain_weights = (weight for weight, literal in weights if not literal & 1)
        self._heaviest = [0, *accumulate(plain_weights)]

    def at_least(self, number: int) -> int:
        """Return the literal that is on where the sum is at least a number.

        Raises TooLargeError if the diagram outgrows what is allowed.
        """
        first = (number - self._sum.constant, self._active)
        levels: list[set[_Left]] = [set() for _ in range(len(self._sum.weights) + 1)]
        self._visit(0, *first, levels)
        for place in range(len(self._sum.weights)):
            self._spend(len(levels[place]))
            for left in levels[place]:
                for then in self._choices(place, *left):
                    self._visit(place + 1, *then, levels)
        for place in reversed(range(len(self._sum.weights))):
            for left in levels[place]:
                if_on, if_off = self._choices(place, *left)
                self._known[place, *left] = self._graph.choose(
                    self._sum.literals[place],
                    self._literal(place + 1, *if_on),
                    self._literal(place + 1, *if_off),
                )
        return self._literal(0, *first)

    def _visit(self, place: int, need: int, active: int, levels: list[set[_Left]]) -> None:
        """Note what is left to add up from a place on, unless it is settled."""
        if self._settled(place, need, active) is None:
            levels[place].add(self._rounded(place, need, active))

    def _choices(self, place: int, need: int, active: int) -> tuple[_Left, _Left]:
        """Return what is left if the literal of a place is on, and if it is off."""
        negated = self._sum.literals[place] & 1
        if_on = need - self._sum.weights[place], active - 1 + negated
        return if_on, (need, active - negated)

    def _rounded(self, place: int, need: int, active: int) -> _Left:
        step = self._steps[place]
        return -(-need // step) * step, min(active, len(self._sum.weights) - place)

    def _literal(self, place: int, need: int, active: int) -> int:
        settled = self._settled(place, need, active)
        if settled is not None:
            return settled
        return self._known[place, *self._rounded(place, need, active)]

    def _settled(self, place: int, need: int, active: int) -> int | None:
        """Return the literal of what is left to add up, None if it is a choice not yet made."""
        if need <= 0:
            return TRUE
        if active < 0 or need > self._highest(place, active):
            return FALSE
        need, active = self._rounded(place, need, active)
        if need == self._rest[place]:
            self._spend(1)
            return self._all.of(place)
        if need <= self._sum.weights[-1]:
            self._spend(1)
            return self._any.of(place)
        return self._known.get((place, need, active))

    def _highest(self, place: int, active: int) -> int:
        """Return what the literals from a place on add up to at most, with so many inputs on."""
        before = self._plain[0] - self._plain[place]
        last = min(before + active, self._plain[0])
        return self._negated[place] + self._heaviest[last] - self._heaviest[before]

    def _spend(self, nodes: int) -> None:
        self._room -= nodes
        if self._room < 0:
            raise TooLargeError


# What is still needed, and how many inputs may still be on.
_Left = tuple[int, int]
