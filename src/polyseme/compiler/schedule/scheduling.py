"""From a circuit of any depth to its stages.

Gates no output needs are dropped. An XOR is opened into pairs, (a and not b) or (b and not a): two
gates of one stage and an OR of the next. Gates are merged (`merging.py`) where that makes no stage
wider than the widest without, placed (`levelling.py`), and the wires that later stages need are
carried (`carrying.py`): each by a gate of its own, or in a residual stream that passes the layers.
"""

from __future__ import annotations

from enum import StrEnum
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from polyseme.circuits.circuit import Circuit, GateKind
from polyseme.compiler.schedule.carrying import build_stages
from polyseme.compiler.schedule.levelling import Levels, evened, soonest_and_latest
from polyseme.compiler.schedule.merging import Logic, drop_unreached, merge_gates, tidy_gates
from polyseme.compiler.schedule.packing import Gates, pack
from polyseme.compiler.schedule.stages import Schedule


class Carry(StrEnum):
    """How wires pass a stage that does not change them: by gates, in a residual stream, or best."""

    AUTO = "auto"
    GATES = "gates"
    RESIDUAL = "residual"


def make_schedule(
    circuit: Circuit, carry: Carry = Carry.AUTO, few_columns: bool = False
) -> Schedule:
    """Cut a circuit into stages, at least one; its outputs' wires are columns of the last.

    Where `carry` leaves the choice, there is a residual stream if that makes the widest layer
    narrower. Then stages are placed so that few gates are computed in the widest, or with
    `few_columns`, as superposition wants it, so that few wires are live there. Stage 0 reads all
    features, whether or not anything needs them. Outputs are their wires, whatever `inverted` says.
    Columns stand in the order `build_stages` gives. Raises CapacityError if the stages would be too
    large.
    """
    placed = _placed(circuit, residual=carry != Carry.GATES)
    by_gates = min(placed, key=lambda pair: _size(pair[1], pair[1].widths))
    by_stream = min(placed, key=lambda pair: _size(pair[1], pair[1].computed))
    # A layer has a unit at least.
    narrower = max(int(by_stream[1].computed.max()), 1) < int(by_gates[1].widths.max())
    residual = carry == Carry.RESIDUAL or (carry == Carry.AUTO and narrower)
    gates, levels = by_stream if residual and not few_columns else by_gates
    stages, output_columns = build_stages(gates, levels, circuit.name)
    return Schedule(circuit, stages, output_columns, residual)


def _placed(circuit: Circuit, residual: bool) -> list[tuple[Gates, Levels]]:
    """The gates merged, tidied and as given, and each of these placed in two or three ways."""
    logic = open_gates(circuit)
    drop_unreached(logic)
    as_given = pack(logic)
    tidy_gates(logic)
    separate = pack(logic)
    merge_gates(logic)
    # Merging saves stages, but what a wide gate reads must live longer: a circuit that is already
    # levelled, by identities, has narrower stages without.
    placed = []
    for gates in (pack(logic), separate, as_given):
        soonest, latest = soonest_and_latest(gates)
        ways = [soonest, latest, *([evened(gates, soonest, latest)] if residual else [])]
        placed += [(gates, levels) for levels in ways]
    return placed


def _size(levels: Levels, widths: NDArray[np.int64]) -> tuple[int, int, int, int]:
    """What to keep small, most important first."""
    columns = levels.widths
    return int(widths.max()), len(widths), int(columns.max()), int(columns.sum())


def open_gates(circuit: Circuit) -> Logic:
    """The gates of a circuit as ANDs and ORs of literals, XORs in pairs; those of one are ANDs."""
    features = len(circuit.features)
    kinds = circuit.kinds
    widths = np.diff(circuit.fan_in_offsets)
    negated = np.repeat(kinds == GateKind.AND_NOT, widths)
    negated[circuit.fan_in_offsets[:-1]] = False
    read = (2 * circuit.fan_in.astype(np.int64) + negated).tolist()
    ends = circuit.fan_in_offsets.tolist()
    logic = Logic(
        features=features,
        wires=circuit.wires,
        literals=[[]] * features + [read[begin:end] for begin, end in pairwise(ends)],
        disjunction=[False] * features + ((kinds == GateKind.OR) & (widths > 1)).tolist(),
        order=[],
        outputs=circuit.outputs.tolist(),
    )
    opened = (kinds == GateKind.XOR) & (widths > 1)
    for node, is_opened in enumerate(opened.tolist(), features):
        if is_opened:
            _open_xor(logic, node)
        else:
            logic.order.append(node)
    return logic


def _open_xor(logic: Logic, node: int) -> None:
    """Make an XOR a balanced tree of pairs; all but its root are new nodes."""
    waiting = logic.literals[node]
    while len(waiting) > 1:
        last = len(waiting) == 2
        joined = []
        for first, second in zip(waiting[::2], waiting[1::2], strict=False):
            halves = [_add(logic, [first, second ^ 1]), _add(logic, [second, first ^ 1])]
            root = node if last else _add(logic, [])
            logic.literals[root] = [2 * half for half in halves]
            logic.disjunction[root] = True
            logic.order += [*halves, root]
            joined.append(2 * root)
        waiting = joined + waiting[2 * len(joined) :]


def _add(logic: Logic, literals: list[int]) -> int:
    logic.literals.append(literals)
    logic.disjunction.append(False)
    return len(logic.literals) - 1
