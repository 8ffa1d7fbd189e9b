"""Cutting a circuit of any depth into stages.

Gates that no output needs are dropped. An XOR is opened into pairs, (a and not b) or (b and not a):
two gates of one stage and an OR of the next. Gates are merged (`merging.py`) if that makes the
widest stage no wider, then placed (`levelling.py`). Wires that later stages need are carried
(`carrying.py`), each by a gate of its own or in a residual stream that passes the layers.
"""

from __future__ import annotations

from dataclasses import dataclass
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
    """The way that wires pass a stage unchanged: by gates, in a residual stream, or the better."""

    AUTO = "auto"
    GATES = "gates"
    RESIDUAL = "residual"


@dataclass(frozen=True, eq=False)
class Placement:
    """Gates and the levels they are placed in."""

    gates: Gates
    levels: Levels

    def schedule(self, circuit: Circuit, residual: bool) -> Schedule:
        """Return the stages of the circuit, at least one; the last has the wires of all outputs."""
        stages, output_columns = build_stages(self.gates, self.levels, circuit.name)
        return Schedule(circuit, stages, output_columns, residual)


@dataclass(frozen=True, eq=False)
class Placements:
    """The best ways to place the gates of a circuit, by what is to be small in the widest stage.

    `by_gates` and `fewest_columns` keep the number of live wires small, the first with all gates as
    soon or all as late as possible, the second also with gates evened out over the stages.
    `by_stream` keeps the number of gates computed small.
    """

    circuit: Circuit
    by_gates: Placement
    fewest_columns: Placement
    by_stream: Placement

    def schedule(self, carry: Carry = Carry.AUTO, few_columns: bool = False) -> Schedule:
        """Return the schedule for a way to carry wires, as `make_schedule` does."""
        if carry == Carry.GATES:
            return self.by_gates.schedule(self.circuit, residual=False)
        # A layer has at least one unit.
        computed = max(int(self.by_stream.levels.computed.max()), 1)
        narrower = computed < int(self.fewest_columns.levels.widths.max())
        residual = carry == Carry.RESIDUAL or narrower
        chosen = self.by_stream if residual and not few_columns else self.fewest_columns
        return chosen.schedule(self.circuit, residual)


def make_schedule(
    circuit: Circuit, carry: Carry = Carry.AUTO, few_columns: bool = False
) -> Schedule:
    """Return the stages of a circuit, at least one; the last has the wires of all outputs.

    If `carry` leaves the choice, wires pass in a residual stream if that makes the widest layer
    narrower. Gates are then placed so that the widest stage computes few gates or, with
    `few_columns`, which superposition needs, has few live wires. Stage 0 reads all features, needed
    or not. Outputs are their wires, whatever `inverted` says. Columns are in the order of
    `build_stages`. Raises CapacityError if the stages would be too
    large.
    """
    return make_placements(circuit).schedule(carry, few_columns)


def make_placements(circuit: Circuit) -> Placements:
    """Return the best ways to place the gates: merged, tidied or as given, each in three ways."""
    logic = open_gates(circuit)
    drop_unreached(logic)
    as_given = pack(logic)
    tidy_gates(logic)
    separate = pack(logic)
    merge_gates(logic)
    # Merging saves stages, but the inputs of a wide gate must live longer: a circuit that is
    # already levelled by identities has narrower stages without merging.
    plain, every = [], []
    for gates in (pack(logic), separate, as_given):
        soonest, latest = soonest_and_latest(gates)
        both = [Placement(gates, soonest), Placement(gates, latest)]
        plain += both
        every += [*both, Placement(gates, evened(gates, soonest, latest))]
    return Placements(
        circuit,
        by_gates=min(plain, key=_columns),
        fewest_columns=min(every, key=_columns),
        by_stream=min(every, key=_computed),
    )


def _columns(placement: Placement) -> tuple[int, int, int, int]:
    return _size(placement.levels, placement.levels.widths)


def _computed(placement: Placement) -> tuple[int, int, int, int]:
    return _size(placement.levels, placement.levels.computed)


def _size(levels: Levels, widths: NDArray[np.int64]) -> tuple[int, int, int, int]:
    """Return the numbers to keep small, the most important first."""
    columns = levels.widths
    return int(widths.max()), len(widths), int(columns.max()), int(columns.sum())


def open_gates(circuit: Circuit) -> Logic:
    """Return the gates of a circuit as ANDs and ORs of literals.

    XORs are opened into pairs, and gates of one input are ANDs.
    """
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
    """Replace an XOR by a balanced tree of pairs; all but its root are new nodes."""
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
