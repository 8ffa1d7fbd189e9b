"""When each gate is computed, and which wires every stage carries on for later ones.

A gate of level l is a column of the stages from l on (counted from 1; features are level 0) up to
the one before the last that reads it; an output up to the last stage. So a wide stage is one that
many wires cross, and gates may be placed early or late to make it narrower.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain, pairwise

import numpy as np
from numpy.typing import NDArray

from polyseme.circuits.topological import wire_levels
from polyseme.compiler.merging import Logic
from polyseme.compiler.stages import Stage
from polyseme.errors import CompileError

MAX_LITERALS = 2 * 10**8


@dataclass(frozen=True, eq=False)
class Gates:
    """Logic as arrays, its nodes numbered anew: features, then the gates, each behind its inputs.

    Shapes: `wires` int32 (nodes,), the circuit's wire or -1; `ranks` int64 (nodes,), in which order
    new gates of a stage stand; `disjunction` bool (gates,); `offsets` int64 (gates + 1,) cuts
    `read` int64 (nodes) and `signs` int8 into one run a gate; `outputs` int64, -1 if always off.
    """

    features: int
    wires: NDArray[np.int32]
    ranks: NDArray[np.int64]
    disjunction: NDArray[np.bool_]
    offsets: NDArray[np.int64]
    read: NDArray[np.int64]
    signs: NDArray[np.int8]
    outputs: NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Levels:
    """A level for every node and what follows from it.

    Shapes: `level` int64 (nodes,), 0 for features; a node is a column of the stages numbered
    first <= stage < `stop`, int64 (nodes,), first being its level or 1; `widths` int64 (stages,).
    """

    level: NDArray[np.int64]
    stop: NDArray[np.int64]
    widths: NDArray[np.int64]


def pack(logic: Logic) -> Gates:
    """Number the nodes of `logic` anew and hold its gates as arrays."""
    ranks = np.concatenate((np.arange(logic.features), np.array(logic.order, np.int64)))
    # One more, for outputs of -1.
    node_of = np.full(len(logic.literals) + 1, -1, np.int64)
    node_of[ranks] = np.arange(len(ranks))
    parts = [logic.literals[gate] for gate in logic.order]
    literals = np.fromiter(chain.from_iterable(parts), np.int64)
    widths = np.fromiter(map(len, parts), np.int64, len(parts))
    return Gates(
        features=logic.features,
        wires=np.where(ranks < logic.wires, ranks, -1).astype(np.int32),
        ranks=ranks,
        disjunction=np.array([logic.disjunction[gate] for gate in logic.order], bool),
        offsets=np.concatenate(([0], np.cumsum(widths))),
        read=node_of[literals >> 1],
        signs=(1 - 2 * (literals & 1)).astype(np.int8),
        outputs=node_of[np.array(logic.outputs, np.int64)],
    )


def choose_levels(gates: Gates) -> Levels:
    """Place all gates as soon or all as late as possible, whichever has the narrower widest stage.

    Where both are alike it is the one with fewer columns in all, and then the sooner.
    """
    soonest = wire_levels(gates.features, gates.offsets, gates.read.astype(np.int32))
    depth = max(1, int(soonest.max()))
    placed = (soonest.astype(np.int64), _latest(gates, depth))
    either = [_lived(gates, level, depth) for level in placed]
    return min(either, key=lambda levels: (int(levels.widths.max()), int(levels.widths.sum())))


def _latest(gates: Gates, depth: int) -> NDArray[np.int64]:
    """The highest level every node can have, int64 (nodes,)."""
    level = [depth] * len(gates.wires)
    read: list[int] = gates.read.tolist()
    ends = list(enumerate(pairwise(gates.offsets.tolist()), gates.features))
    for gate, (begin, end) in reversed(ends):
        below = level[gate] - 1
        for node in read[begin:end]:
            if level[node] > below:
                level[node] = below
    level[: gates.features] = [0] * gates.features
    return np.array(level, np.int64)


def _lived(gates: Gates, level: NDArray[np.int64], depth: int) -> Levels:
    stop = np.zeros(len(level), np.int64)
    # No feature is a column before stage 1, read or not.
    stop[: gates.features] = 1
    np.maximum.at(stop, gates.read, np.repeat(level[gates.features :], np.diff(gates.offsets)))
    stop[gates.outputs[gates.outputs >= 0]] = depth + 1
    begun = np.bincount(np.maximum(level, 1), minlength=depth + 2)
    ended = np.bincount(stop, minlength=depth + 2)
    return Levels(level, stop, np.cumsum(begun - ended)[1 : depth + 1])


def build_stages(
    gates: Gates, levels: Levels, name: str
) -> tuple[tuple[Stage, ...], NDArray[np.int32]]:
    """The stages, and the column of every output in the last one (-1: always off).

    Columns that a stage carries on stand first, in the order they had before (features by number);
    behind them its own gates by wire number, then those that are no wire of the circuit. Raises
    CompileError, before anything is built, if there are more than MAX_LITERALS literals.
    """
    _check_size(gates, levels, name)
    order = gates.features + np.lexsort(
        (gates.ranks[gates.features :], levels.level[gates.features :])
    )
    ends = np.searchsorted(levels.level[order], np.arange(len(levels.widths) + 1), "right")
    live = np.arange(gates.features)
    # One more, which stays -1, for outputs of -1.
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
        raise CompileError(
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
    """A stage that carries the columns `kept` of the stage before; the others are its own gates."""
    own = columns[len(kept) :] - gates.features
    widths = np.diff(gates.offsets)[own] if len(own) else own
    starts = np.cumsum(widths) - widths
    places = np.repeat(gates.offsets[own] - starts, widths) + np.arange(int(widths.sum()))
    carried = np.ones(len(kept), np.int64)
    return Stage(
        inputs=inputs,
        wires=gates.wires[columns],
        disjunction=np.concatenate((np.zeros(len(kept), bool), gates.disjunction[own])),
        offsets=np.concatenate(([0], np.cumsum(np.concatenate((carried, widths))))),
        literals=np.concatenate((kept, column_of[gates.read[places]])).astype(np.int32),
        signs=np.concatenate((carried.astype(np.int8), gates.signs[places])),
    )
