"""Pairs of literals of one graph compared: equal, different on an input, or undecided."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial, reduce
from operator import or_

from polyseme.common.progress import phase
from polyseme.proving.logic.graph import Graph, part, values
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
    """The outcome of comparing pairs of literals.

    Attributes:
        found: Inputs that are on where some pair differs, from 0 on; None if no pair is known to.
        undecided: Numbers of pairs of which nothing is known; empty beside `found`.
        has_solver: False if there was no SAT solver to decide those.
    """

    found: list[int] | None
    undecided: tuple[int, ...]
    has_solver: bool = True


def compare(graph: Graph, pairs: list[Pair], deadline: float) -> Verdict:
    """Return whether each pair of literals is equal on all inputs.

    Args:
        graph: The graph.
        pairs: Literals of it.
        deadline: When to stop, as `time.monotonic` tells it.
    """
    graph, pairs = _needed(graph, pairs)
    inputs, samples = first_patterns(graph.inputs)
    sample = differing(graph, pairs, inputs, samples)
    if sample is not None:
        return Verdict(inputs_on(inputs, sample), ())
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


def _needed(graph: Graph, pairs: list[Pair]) -> tuple[Graph, list[Pair]]:
    """Return a graph with nothing but what pairs depend on, and the pairs in it."""
    small, literals = part(graph, [literal for pair in pairs for literal in pair])
    return small, list(zip(literals[::2], literals[1::2], strict=True))


def inputs_on(inputs: list[int], sample: int) -> list[int]:
    """Return the inputs, counted from 0, that are on in one sample of many."""
    return [place for place, value in enumerate(inputs) if value >> sample & 1]


def differences(graph: Graph, pairs: list[Pair], inputs: list[int], samples: int) -> list[int]:
    """Return for every pair the samples in which it differs, as the bits of a number."""
    known, every = values(graph, inputs, samples), (1 << samples) - 1
    return [
        known[one >> 1] ^ known[other >> 1] ^ (every if (one ^ other) & 1 else 0)
        for one, other in pairs
    ]


def differing(graph: Graph, pairs: list[Pair], inputs: list[int], samples: int) -> int | None:
    """Return the number of the first sample in which any pair differs; None if there is none."""
    found = reduce(or_, differences(graph, pairs, inputs, samples), 0)
    return (found & -found).bit_length() - 1 if found else None


def fewer_on(graph: Graph, pairs: list[Pair], on: list[int]) -> list[int]:
    """Return some of the features that are on in an input, on which a pair still differs.

    None of them can be spared. Runs of features are switched off, long ones first, as long as any
    pair differs.

    Args:
        graph: The graph.
        pairs: Literals of it, some of which differ on the input.
        on: Features that are on in the input.
    """
    size = len(on)
    while size:
        kept = [on[:begin] + on[begin + size :] for begin in range(0, len(on), size)]
        inputs = [0] * graph.inputs
        for sample, features in enumerate(kept):
            for feature in features:
                inputs[feature] |= 1 << sample
        first = differing(graph, pairs, inputs, len(kept))
        if first is None:
            size //= 2
        else:
            on = kept[first]
            size = min(size, len(on))
    return on


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
        on = swept.inputs_where(*pair)
        if on is not None:
            return Verdict(on, ())
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
                    return Verdict([node - 1 for node, on in differ.items() if on], ())
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
