"""Pairs of literals compared on all inputs with at most so many features on.

A network that keeps a promise may be another function beyond it. So what the first layer could
reach only with more features on is left out (`sums.Comparisons`), which leaves logic that is the
network's on every input within the promise. If that equals the circuit on all Boolean inputs, the
network equals the circuit within the promise. If not, the input found may lie beyond the promise;
then nothing is known of the outputs that differ on it.
"""

from __future__ import annotations

from polyseme.common.random_streams import Stream, stream
from polyseme.proving.logic.equivalence import (
    Pair,
    Verdict,
    compare,
    differences,
    differing,
    fewer_on,
    inputs_on,
)
from polyseme.proving.logic.graph import Graph
from polyseme.proving.logic.patterns import first_patterns

# Random inputs within the promise, which are tried first.
_RANDOM = 4096
# How often outputs that differ beyond the promise are set aside, and the others compared.
_ROUNDS = 8


def compare_within(
    graph: Graph, exact: list[Pair], pruned: list[Pair], active: int, deadline: float
) -> Verdict:
    """Return whether each pair of literals is equal on all inputs with few features on.

    Args:
        graph: The graph.
        exact: The pairs, as they are on all inputs.
        pruned: The same, with literals that may be others beyond the promise.
        active: The largest number of features on.
        deadline: When to stop, as `time.monotonic` tells it.
    """
    inputs = _random(graph.inputs, active)
    sample = differing(graph, exact, inputs, _RANDOM)
    if sample is not None:
        return Verdict(fewer_on(graph, exact, inputs_on(inputs, sample)), ())
    left, has_solver = list(range(len(exact))), True
    for pairs in (pruned, exact):
        found, left, had_solver = _unequal(graph, pairs, left, active, deadline)
        has_solver &= had_solver
        if found is not None:
            return Verdict(found, ())
    return Verdict(None, tuple(left), has_solver)


def _unequal(
    graph: Graph, pairs: list[Pair], tried: list[int], active: int, deadline: float
) -> tuple[list[int] | None, list[int], bool]:
    """Return an input within the promise on which some pair differs, or the pairs not decided."""
    open_pairs: set[int] = set()
    for _ in range(_ROUNDS):
        left = [number for number in tried if number not in open_pairs]
        some = [pairs[number] for number in left]
        verdict = compare(graph, some, deadline)
        if verdict.found is None:
            open_pairs |= {left[number] for number in verdict.undecided}
            return None, sorted(open_pairs), verdict.has_solver
        found = fewer_on(graph, some, verdict.found)
        if len(found) <= active:
            return found, [], True
        open_pairs |= {left[number] for number in _differing_on(graph, some, verdict.found)}
    return None, tried, True


def _differing_on(graph: Graph, pairs: list[Pair], found: list[int]) -> list[int]:
    """Return the pairs that differ on an input, or on any of those that proofs begin with."""
    inputs, samples = first_patterns(graph.inputs)
    for feature in found:
        inputs[feature] |= 1 << samples
    unlike = differences(graph, pairs, inputs, samples + 1)
    return [number for number, one in enumerate(unlike) if one]


def _random(features: int, active: int) -> list[int]:
    """Return random inputs with so many features on, each a bit of one number per feature."""
    generator = stream(0, Stream.PROOF, active)
    drawn = generator.integers(0, features, (_RANDOM, active))
    inputs = [0] * features
    for sample, row in enumerate(drawn.tolist()):
        for feature in row:
            inputs[feature] |= 1 << sample
    return inputs
