"""Oracles with a share of what they say made false: they must rank in the order of the shares."""

from __future__ import annotations

from functools import partial

import numpy as np
from numpy.typing import NDArray

from polyseme.common.random_streams import Stream, stream
from polyseme.interpret.benchmark.claims import (
    OPERATORS,
    Activity,
    Batch,
    Claims,
    Decomposition,
    Edges,
    Readings,
)
from polyseme.interpret.benchmark.controls.control import Control
from polyseme.interpret.benchmark.controls.oracle import oracle
from polyseme.interpret.benchmark.controls.shuffled_key import drawn_anew
from polyseme.interpret.benchmark.method import Budget
from polyseme.interpret.benchmark.subject import Subject

SHARES = (0.1, 0.3, 0.5)


def fit(subject: Subject, budget: Budget, share: float) -> Claims:
    """Return the truth as claims, a share of it made false.

    What is false with a lesser share is false with a larger one too, so a larger share is never
    better. Readings get random directions of the same length and fire on other inputs than their
    thing does; edges are dropped, or read another thing; operators are other ones; components
    get random weights of the same length and are always in use.

    Args:
        subject: The network with its truth.
        budget: Its seed decides what is false.
        share: The share, from 0 to 1.
    """
    true = oracle(subject)
    generator = partial(stream, budget.seed, Stream.BENCH_CONTROLS)
    readings = tuple(
        _readings(one, share, generator(number)) for number, one in enumerate(true.readings)
    )
    counts = {one.site: len(one) for one in readings}
    edges = tuple(
        _edges(one, share, counts[one.below], generator(100, number))
        for number, one in enumerate(true.edges)
    )
    operators = {
        site: _operators(names, share, generator(200, number))
        for number, (site, names) in enumerate((true.operators or {}).items())
    }
    components = true.decomposition
    if components is not None:
        components = _components(components, share, generator(300))
    return Claims(readings, edges, operators, components)


def _false(count: int, share: float, generator: np.random.Generator) -> NDArray[np.int64]:
    """Return a share of so many things, the first ones of an order that is the same for all."""
    return generator.permutation(count)[: round(share * count)]


def _readings(true: Readings, share: float, generator: np.random.Generator) -> Readings:
    false = _false(len(true), share, generator)
    directions = true.directions.copy()
    directions[false] = drawn_anew(true.directions, generator)[false]
    return Readings(true.site, directions, partial(_of_other_inputs, true.activity, false))


def _of_other_inputs(
    activity: Activity, false: NDArray[np.int64], batch: Batch
) -> NDArray[np.float32]:
    """Return activity, for some readings that on an input a third of the batch before."""
    found = activity(batch).copy()
    found[:, false] = np.roll(found[:, false], max(1, len(found) // 3), axis=0)
    return found


def _edges(true: Edges, share: float, below: int, generator: np.random.Generator) -> Edges:
    """Return the edges, of those that are false every other one dropped, the rest rewired."""
    false = _false(len(true.output), share, generator)
    others = generator.integers(1, max(below, 2), len(true.output))
    read = true.input.copy()
    read[false] = (read[false] + others[false]) % below
    kept = np.ones(len(true.output), bool)
    kept[false[::2]] = False
    return Edges(true.site, true.below, true.output[kept], read[kept], true.confidence[kept])


def _operators(
    true: tuple[str, ...], share: float, generator: np.random.Generator
) -> tuple[str, ...]:
    names = list(true)
    for place in _false(len(true), share, generator):
        others = [name for name in OPERATORS[1:] if name != names[place]]
        names[place] = others[generator.integers(len(others))]
    return tuple(names)


def _components(true: Decomposition, share: float, generator: np.random.Generator) -> Decomposition:
    false = _false(len(true.reads), share, generator)
    reads = true.reads.copy()
    reads[false] = drawn_anew(true.reads, generator)[false]

    def importance(batch: Batch) -> NDArray[np.float32]:
        found = true.importance(batch).copy()
        found[:, false] = 1
        return found

    return Decomposition(true.layer, reads, true.writes, importance)


CONTROLS = tuple(
    Control(
        f"oracle-{round(100 * share)}",
        partial(fit, share=share),
        f"the answer key with {share:.0%} of it made false",
    )
    for share in SHARES
)
