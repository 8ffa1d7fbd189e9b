"""Carrying wires to the stages that need them.

A gate of level l is a column of the stages from l on (counted from 1; features are level 0) up to
the one before the last that reads it; an output up to the last stage. So a stage is wide when
many wires cross it.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from polyseme.common.ragged import select_rows
from polyseme.compiler.schedule.levelling import Levels
from polyseme.compiler.schedule.packing import Gates
from polyseme.compiler.schedule.stages import Stage
from polyseme.errors import CapacityError

MAX_LITERALS = 2 * 10**8


def build_stages(
    gates: Gates, levels: Levels, name: str
) -> tuple[tuple[Stage, ...], NDArray[np.int32]]:
    """Return the stages, and the column of every output in the last one (-1: always off).

    Columns that a stage carries on come first, in the order of the stage before (features by
    number); then its own gates by wire number, then those that are no wire of the circuit. Raises
    CapacityError, before anything is built, if there are more than MAX_LITERALS literals.
    """
    _check_size(gates, levels, name)
    order = gates.features + np.lexsort(
        (gates.ranks[gates.features :], levels.level[gates.features :])
    )
    ends = np.searchsorted(levels.level[order], np.arange(len(levels.widths) + 1), "right")
    live = np.arange(gates.features)
    # One more entry, which stays -1, serves outputs of -1.
    column_of = np.full(len(gates.wires) + 1, -1, np.int64)
    column_of[live] = live
    stages = []
    for number, (begin, end) in enumerate(pairwise(ends.tolist()), 1):
        kept = np.flatnonzero(levels.stop[live] > number)
        own = order[begin:end]
        columns = np.concatenate((live[kept], own))
        stages.append(_stage(gates, len(live), columns, kept, column_of))
        column_of[columns] = np.arange(len(columns))
        live = columns
    return tuple(stages), column_of[gates.outputs].astype(np.int32)


def _check_size(gates: Gates, levels: Levels, name: str) -> None:
    literals = int(levels.widths.sum()) - len(gates.disjunction) + len(gates.read)
    if literals > MAX_LITERALS:
        layers, widest = len(levels.widths), int(levels.widths.max())
        raise CapacityError(
            f"{name}: its {layers} layers of up to {widest} gates and carried wires read "
            f"{literals} inputs in all; the most is {MAX_LITERALS}"
        )


def _stage(
    gates: Gates,
    inputs: int,
    columns: NDArray[np.int64],
    kept: NDArray[np.int64],
    column_of: NDArray[np.int64],
) -> Stage:
    """Return a stage that carries the columns `kept` of the stage before.

    Its other columns are its own gates.
    """
    own = columns[len(kept) :] - gates.features
    offsets, places = select_rows(gates.offsets, own)
    carried = np.ones(len(kept), np.int64)
    return Stage(
        inputs=inputs,
        wires=gates.wires[columns],
        disjunction=np.concatenate((np.zeros(len(kept), bool), gates.disjunction[own])),
        offsets=np.concatenate((np.arange(len(kept)), len(kept) + offsets)),
        literals=np.concatenate((kept, column_of[gates.read[places]])).astype(np.int32),
        signs=np.concatenate((carried.astype(np.int8), gates.signs[places])),
    )
