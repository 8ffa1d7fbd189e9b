"""Stages of one kind of gate, by the inputs of every gate."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from polyseme.compiler.schedule.stages import Stage


def stage_of(
    gates: Sequence[Sequence[int]],
    inputs: int,
    *,
    disjunction: Sequence[bool] | None = None,
    negated: Sequence[tuple[int, int]] = (),
) -> Stage:
    """A stage of ANDs, or ORs where said; `negated` are a gate and the place of a literal each."""
    widths = [len(gate) for gate in gates]
    offsets = np.concatenate(([0], np.cumsum(widths))).astype(np.int64)
    signs = np.ones(offsets[-1], np.int8)
    for gate, place in negated:
        signs[offsets[gate] + place] = -1
    return Stage(
        inputs=inputs,
        wires=np.arange(inputs, inputs + len(gates), dtype=np.int32),
        disjunction=np.array(disjunction or [False] * len(gates), bool),
        offsets=offsets,
        literals=np.array([wire for gate in gates for wire in gate], np.int32),
        signs=signs,
    )
