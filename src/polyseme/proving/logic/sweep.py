"""SAT sweeping: equal nodes of a graph found and merged from the inputs up; standard library only.

Source: A. Kuehlmann and F. Krohm, "Equivalence checking using cuts and heaps", DAC 1997; A.
Mishchenko, S. Chatterjee, R. Brayton and N. Een, "Improvements to combinational equivalence
checking", ICCAD 2006.

Nodes that have the same values, or opposite ones, on all inputs simulated are candidates. From the
inputs up, a candidate is shown to be equal by local rules (`local.py`) or by a solver, and then all
that reads it reads the other node instead. So what is compared is always close to what is merged
already. An input on which candidates differ is simulated together with its neighbours, and tells
many more apart.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from polyseme.proving.logic.graph import Graph, and_value, values
from polyseme.proving.logic.local import are_equal

# Nodes of equal values with which one node is compared.
_MOST_TRIED = 3
# Inputs that are turned around, one at a time, in an input on which nodes differ.
_NEIGHBOURS = 256
# Bits of later values of all nodes together (256 MB), as far as there are neighbours.
_MOST_BITS = 2**31
# Nodes of the graph for every input that is gathered before all are simulated.
_NODES_AT_ONCE = 4096
# Nodes between two reports of progress.
_REPORTED = 256


class Decider(Protocol):
    """A question whether two literals differ, as `solver.Solver` answers it."""

    def differing_input(self, one: int, other: int, conflicts: int) -> dict[int, bool] | None:
        """Return inputs on which they do, None if none; raise TimeoutError if that stays open."""


class Swept:
    """A graph whose nodes are added again one by one, and equal ones merged.

    Args:
        inputs: For every input the samples in which it is on, as the bits of a number.
        samples: Number of samples.

    Attributes:
        graph: The graph of what was added; nodes that were merged are read by no others.
    """

    def __init__(self, inputs: list[int], samples: int):
        """Begin with the inputs."""
        self.graph = Graph(len(inputs))
        self._samples, self._every = samples, (1 << samples) - 1
        # Values in the samples, and in those that are found later.
        self._values = [0, *inputs]
        self._later = [0] * len(self._values)
        self._later_samples = 0
        # Inputs that wait for being simulated.
        self._gathered: list[dict[int, bool]] = []
        # Of merged nodes, the literal that each is.
        self._merged: dict[int, int] = {}
        # Nodes by their values, negated where they are on in the first sample.
        self._alike: dict[int, list[int]] = {}
        for node in range(len(self._values)):
            self._alike.setdefault(self._signature(node), []).append(node)

    def read(self, graph: Graph, decider: Decider | None, conflicts: int, step: Step) -> list[int]:
        """Add all nodes of a graph; return the literals that they are here, by node.

        Args:
            graph: The graph, of as many inputs.
            decider: What decides where local rules do not; None for nothing.
            conflicts: Conflicts for each question to it.
            step: Told how many nodes are added, of how many; returns whether to go on asking.
        """
        literals = list(range(0, 2 * graph.inputs + 2, 2))
        asking = True
        for node in range(graph.inputs + 1, len(graph)):
            if node % _REPORTED == 0:
                asking = step(node, len(graph))
            left, right = graph.left[node], graph.right[node]
            known = len(self.graph)
            literal = self.graph.both(
                literals[left >> 1] ^ left & 1, literals[right >> 1] ^ right & 1
            )
            for new in range(known, len(self.graph)):
                self._add(new, decider if asking else None, conflicts)
            literals.append(self.resolved(literal))
        return literals

    def resolved(self, literal: int) -> int:
        """Return the literal that stands for one of the graph."""
        return self._merged.get(literal >> 1, literal & ~1) ^ (literal & 1)

    def inputs_where(self, one: int, other: int) -> list[int] | None:
        """Return the inputs, from 0 on, that are on in a sample in which two literals differ."""
        for known, samples in ((self._values, self._samples), (self._later, self._later_samples)):
            differ = known[one >> 1] ^ known[other >> 1]
            if (one ^ other) & 1:
                differ ^= (1 << samples) - 1
            if differ:
                sample = (differ & -differ).bit_length() - 1
                inputs = range(self.graph.inputs)
                return [place for place in inputs if known[1 + place] >> sample & 1]
        return None

    def tell_apart(self, found: dict[int, bool]) -> None:
        """Simulate an input (features that it does not name are off), and its neighbours.

        The more nodes there are, the more such inputs are gathered first.
        """
        self._gathered.append(found)
        if len(self._gathered) * _NODES_AT_ONCE < len(self.graph):
            return
        near, samples = [0] * self.graph.inputs, 0
        for one in self._gathered:
            turned = sorted(one)[: self._neighbours]
            every = (2 << len(turned)) - 1
            for node, value in one.items():
                near[node - 1] |= (every if value else 0) << samples
            # In the first sample all are as found, and in every other one of them is the other way.
            for sample, node in enumerate(turned, samples + 1):
                near[node - 1] ^= 1 << sample
            samples += 1 + len(turned)
        for node, bits in enumerate(values(self.graph, near, samples)):
            self._later[node] |= bits << self._later_samples
        self._later_samples += samples
        self._gathered.clear()

    @property
    def _neighbours(self) -> int:
        """Inputs that are turned around in one that was found: fewer the more are kept already."""
        room = _MOST_BITS // len(self.graph) - self._later_samples
        return max(0, min(_NEIGHBOURS, room // _NEIGHBOURS))

    def _signature(self, node: int) -> int:
        value = self._values[node]
        return value ^ self._every if value & 1 else value

    def _add(self, node: int, decider: Decider | None, conflicts: int) -> None:
        """Simulate a node that is new, and merge it with an equal one if there is any."""
        left, right = self.graph.left[node], self.graph.right[node]
        self._values.append(and_value(self._values, left, right, self._every))
        later = (1 << self._later_samples) - 1
        self._later.append(and_value(self._later, left, right, later))
        alike = self._alike.setdefault(self._signature(node), [])
        tried = 0
        for other in alike:
            literal = 2 * other + ((self._values[node] ^ self._values[other]) & 1)
            wanted = (1 << self._later_samples) - 1 if literal & 1 else 0
            if self._later[node] ^ self._later[other] != wanted:
                continue
            if tried == _MOST_TRIED:
                break
            tried += 1
            if self._equal(2 * node, literal, decider, conflicts):
                self._merged[node] = literal
                return
        alike.append(node)

    def _equal(self, one: int, other: int, decider: Decider | None, conflicts: int) -> bool:
        if are_equal(self.graph, one, other):
            return True
        if decider is None:
            return False
        try:
            found = decider.differing_input(one, other, conflicts)
        except TimeoutError:
            return False
        if found is None:
            return True
        self.tell_apart(found)
        return False


# Told how much is done, of how much; returns whether to go on asking.
Step = Callable[[int, int], bool]
