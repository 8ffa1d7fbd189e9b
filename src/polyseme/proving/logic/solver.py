"""Equality of nodes decided by a SAT solver, within a number of conflicts.

The solver is cadical (A. Biere and others) through python-sat, of the extra `prove`. It is told of
a node when that is first asked about, and is replaced by a new one when it knows many.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from polyseme.common.extras import import_pysat
from polyseme.errors import MissingExtraError
from polyseme.proving.logic.graph import FALSE, TRUE, Graph

_NAME = "cadical153"
# Nodes that one solver is told of.
_MOST_KNOWN = 20_000


class Solver:
    """Questions about the nodes of a graph, which may grow between them.

    Args:
        graph: The graph.

    Raises:
        MissingExtraError: python-sat is not installed.
    """

    def __init__(self, graph: Graph):
        """Begin with nothing known."""
        self._graph = graph
        import_pysat("deciding logic")
        self._library = import_module("pysat.solvers")
        self._solver: Any = None
        self._known: set[int] = set()

    def differing_input(self, one: int, other: int, conflicts: int) -> dict[int, bool] | None:
        """Return inputs on which two literals differ.

        Args:
            one: A literal.
            other: Another one.
            conflicts: Number of conflicts after which to give up, for either way to differ.

        Returns:
            The value of every input that the two depend on, by node; None if they are equal.

        Raises:
            TimeoutError: It was not found out.
        """
        self._tell(one, other)
        for assumed in ((one, other ^ 1), (one ^ 1, other)):
            if FALSE in assumed:
                continue
            self._solver.conf_budget(conflicts)
            found = self._solver.solve_limited(
                assumptions=[_variable(one) for one in assumed if one != TRUE]
            )
            if found is None:
                raise TimeoutError
            if found:
                return self._inputs()
        return None

    def close(self) -> None:
        """Free the memory of the solver."""
        if self._solver is not None:
            self._solver.delete()
            self._solver = None

    def _inputs(self) -> dict[int, bool]:
        # Variable v stands at v - 1; those of inputs come first.
        model = self._solver.get_model()[: self._graph.inputs]
        return {abs(value): value > 0 for value in model if abs(value) in self._known}

    def _tell(self, *literals: int) -> None:
        """Add the clauses of all nodes that literals depend on."""
        if self._solver is None or len(self._known) > _MOST_KNOWN:
            self.close()
            self._solver = self._library.Solver(name=_NAME)
            self._known = {0}
        left = [literal >> 1 for literal in literals]
        while left:
            node = left.pop()
            if node in self._known:
                continue
            self._known.add(node)
            if node <= self._graph.inputs:
                continue
            one, other = self._graph.left[node], self._graph.right[node]
            first, second = _variable(one), _variable(other)
            self._solver.add_clause([-node, first])
            self._solver.add_clause([-node, second])
            self._solver.add_clause([node, -first, -second])
            left += (one >> 1, other >> 1)


def _variable(literal: int) -> int:
    """Return a literal as DIMACS has it."""
    return -(literal >> 1) if literal & 1 else literal >> 1


def solver_for(graph: Graph) -> Solver | None:
    """Return a solver; None if python-sat is not installed."""
    try:
        return Solver(graph)
    except MissingExtraError:
        return None
