"""Operators of gates out of a few runs: all inputs on, each alone, and all but one."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from polyseme.interpret.benchmark.claims import Edges
from polyseme.interpret.benchmark.methods.feature_claims import Floats

# Inputs whose edge has this confidence count; of more than MOST, the likeliest.
LIKELY, MOST = 0.5, 8


def operators_of(
    edges: Edges, outputs: int, codes: Floats, respond: Callable[[Floats], Floats]
) -> tuple[str, ...]:
    """Return the operator of each reading by the rows of its truth table that tell them apart.

    In a row of the table the reading is on if it is over half of what it is in its highest row.

    Args:
        edges: Edges from features to the readings.
        outputs: The number of readings.
        codes: The vector of every feature, float32 (features, dimensions).
        respond: How far readings are on, (samples, readings), for vectors; 0 at rest.

    Returns:
        An operator each, "" where the rows fit none.
    """
    order = np.argsort(-edges.confidence, kind="stable")
    likely = order[edges.confidence[order] >= LIKELY]
    inputs = [edges.input[likely[edges.output[likely] == one]][:MOST] for one in range(outputs)]
    rows = [_rows(len(chosen)) @ codes[chosen] for chosen in inputs]
    response = respond(np.concatenate([*rows, np.zeros_like(codes[:1])]).astype(np.float32))
    ends = np.cumsum([len(block) for block in rows])
    return tuple(
        _operator(response[end - len(block) : end, one])
        for one, (end, block) in enumerate(zip(ends.tolist(), rows, strict=True))
    )


def _rows(count: int) -> Floats:
    """Return the row with all inputs on, those with each alone, and those with all but one."""
    each = np.eye(count, dtype=np.float32)
    return np.concatenate((np.ones((min(count, 1), count), np.float32), each, 1 - each))


def _operator(response: Floats) -> str:
    """Return the operator that responds like this, for rows as `_rows` has them."""
    count = len(response) // 2
    if not count or response.max() <= 0:
        return ""
    fired = response > response.max() / 2
    if count == 1:
        return "identity"
    together, alone, without = fired[0], fired[1 : count + 1], fired[count + 1 :]
    if together and not alone.any():
        return "threshold" if without.all() and count > 2 else "and"
    if alone.all():
        return "or" if together else "xor" if count == 2 else ""
    return "and-not" if alone.sum() == 1 and not together else ""
