"""Pairs of literals of one graph compared: equal, different on an input, or undecided."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from polyseme.common.progress import phase
from polyseme.proving.logic.graph import Graph, values
from polyseme.proving.logic.local import input_tables
from polyseme.proving.logic.patterns import first_patterns
from polyseme.proving.logic.solver import Solver, solver_for
from polyseme.proving.logic.sweep import Swept

# Conflicts for a question inside the logic; for one about a pair at first; and for one at most,
# which take about a second and are granted again and again until the time is up.
_INSIDE, _FIRST, _MOST = 300, 2_000, 20_000
_MORE = 3

Pair = tuple[int, int]
_Ask = Callable[[int, int], dict[int, bool] | None]


@dataclass(frozen=True)
class Verdict:
    """What was found out about pairs of literals.

    Attributes:
        found: Values of all inputs where some pair differs; None if no pair is known to.
        undecided: Numbers of pairs of which nothing is known; empty beside `found`.
        has_solver: False if there was no SAT solver to decide those.
    """

    found: list[bool] | None
    undecided: tuple[int, ...]
    has_solver: bool = True


def compare(graph: Graph, pairs: list[Pair], deadline: float) -> Verdict:
    """Return whether each pair of literals is equal on all inputs.

    Args:
        graph: The graph.
        pairs: Literals of it.
        deadline: When to stop, as `time.monotonic` tells it.
    """
    inputs, samples = first_patterns(graph.inputs)
    found = differing(graph, pairs, inputs, samples)
    if found is not None:
        return Verdict(_sample(inputs, found), ())
    if all(one == other for one, other in pairs):
        return Verdict(None, ())
    swept = Swept(inputs, samples)
    solver = solver_for(swept.graph)
    try:
        open_pairs = _merged(swept, graph, pairs, solver, deadline)
        return _decided(swept, open_pairs, solver, deadline)
    finally:
        if solver is not None:
            solver.close()


def differing(graph: Graph, pairs: list[Pair], inputs: list[int], samples: int) -> int | None:
    """Return the number of the first sample in which any pair differs; None if there is none."""
    known, every, differ = values(graph, inputs, samples), (1 << samples) - 1, 0
    for one, other in pairs:
        unlike = known[one >> 1] ^ known[other >> 1]
        differ |= unlike ^ every if (one ^ other) & 1 else unlike
    return (differ & -differ).bit_length() - 1 if differ else None


def _sample(inputs: list[int], number: int) -> list[bool]:
    return [bool(value >> number & 1) for value in inputs]


def _merged(
    swept: Swept, graph: Graph, pairs: list[Pair], solver: Solver | None, deadline: float
) -> dict[int, Pair]:
    """Merge equal nodes; return the pairs that are not one literal then, by number."""
    with phase("merging equal logic") as report:

        def step(done: int, total: int) -> bool:
            report(done, total)
            return time.monotonic() < deadline

        literals = swept.read(graph, solver, _INSIDE, step)
    here = [
        (literals[one >> 1] ^ one & 1, literals[other >> 1] ^ other & 1) for one, other in pairs
    ]
    return {number: pair for number, pair in enumerate(here) if pair[0] != pair[1]}


def _decided(
    swept: Swept, open_pairs: dict[int, Pair], solver: Solver | None, deadline: float
) -> Verdict:
    """Ask about the pairs that are open, in turn and with ever more conflicts."""
    for pair in open_pairs.values():
        sample = swept.input_where(*pair)
        if sample is not None:
            return Verdict(sample, ())
    left = dict(open_pairs)
    with phase("deciding outputs") as report:
        for ask in _ways(swept.graph, solver):
            for number, pair in list(left.items()):
                report(len(open_pairs) - len(left), len(open_pairs))
                if time.monotonic() >= deadline:
                    return Verdict(None, tuple(left))
                try:
                    differ = ask(*pair)
                except TimeoutError:
                    continue
                if differ is not None:
                    inputs = range(1, swept.graph.inputs + 1)
                    return Verdict([differ.get(node, False) for node in inputs], ())
                del left[number]
            if not left:
                break
    return Verdict(None, tuple(left), has_solver=solver is not None)


def _ways(graph: Graph, solver: Solver | None) -> Iterator[_Ask]:
    """Yield ways to decide a pair: a solver for a while, all inputs, then the solver for longer."""
    if solver is not None:
        yield partial(solver.differing_input, conflicts=_FIRST)
    yield partial(input_tables, graph)
    conflicts = _FIRST
    while solver is not None:
        conflicts = min(_MORE * conflicts, _MOST)
        yield partial(solver.differing_input, conflicts=conflicts)
