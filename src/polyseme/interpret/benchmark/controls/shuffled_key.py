"""The key of another network of the same shape: it must get 0 in every score."""

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
from polyseme.interpret.benchmark.method import Budget
from polyseme.interpret.benchmark.subject import Subject


def fit(subject: Subject, budget: Budget) -> Claims:
    """Return claims with the counts and lengths of the truth, and nothing else of it.

    Directions are drawn anew, of the same lengths. Readings fire on other inputs, as often as the
    things do and together as these do. Edges are as many, between random things; operators are
    random. Components are as many and as long, and in use on other inputs.
    """
    true = oracle(subject)
    generator = partial(stream, budget.seed, Stream.BENCH_CONTROLS, 1)
    readings = tuple(
        Readings(one.site, drawn_anew(one.directions, generator(number)), later(one.activity))
        for number, one in enumerate(true.readings)
    )
    counts = {one.site: len(one) for one in readings}
    edges = tuple(
        _edges(one, counts, generator(100 + number)) for number, one in enumerate(true.edges)
    )
    operators = {
        site: tuple(generator(200 + number).choice(OPERATORS[1:], len(names)).tolist())
        for number, (site, names) in enumerate((true.operators or {}).items())
    }
    components = true.decomposition
    if components is not None:
        components = Decomposition(
            components.layer,
            drawn_anew(components.reads, generator(300)),
            components.writes,
            later(components.importance),
        )
    return Claims(readings, edges, operators, components)


def drawn_anew(rows: NDArray[np.float32], generator: np.random.Generator) -> NDArray[np.float32]:
    """Return random rows, each as long as the row in its place."""
    drawn = generator.standard_normal(rows.shape)
    lengths = np.linalg.norm(rows, axis=1) / np.linalg.norm(drawn, axis=1)
    result: NDArray[np.float32] = (drawn * lengths[:, None]).astype(np.float32)
    return result


def later(activity: Activity) -> Activity:
    """Return an activity that is that on an input a third of the batch before."""

    def other(batch: Batch) -> NDArray[np.float32]:
        found = activity(batch)
        return np.roll(found, max(1, len(found) // 3), axis=0)

    return other


def _edges(true: Edges, counts: dict[str, int], generator: np.random.Generator) -> Edges:
    """Return as many distinct random edges between the same sites."""
    outputs, below = counts[true.site], counts[true.below]
    pairs = generator.choice(outputs * below, len(true.output), replace=False)
    pairs.sort()
    output, read = (part.astype(np.int64) for part in np.divmod(pairs, below))
    return Edges(true.site, true.below, output, read, true.confidence)


CONTROL = Control("shuffled-key", fit, "the key of another network: 0 in every score")
