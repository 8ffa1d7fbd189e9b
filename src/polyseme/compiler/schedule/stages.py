"""A circuit cut into stages, one per hidden layer.

A *stage* has columns, one per wire that is live behind its layer. A column is one gate over
the columns of the stage before (stage 0 reads the features): an AND of literals, plain or negated
with at least one plain, or an OR of plain literals. An AND of one plain literal carries a wire on.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from polyseme.circuits.circuit import Circuit
from polyseme.common.ragged import row_numbers, select_rows


@dataclass(frozen=True, eq=False)
class Stage:
    """The gates of one layer over `inputs` columns of the stage before.

    Shapes: `wires` int32 (columns,), the wire of the circuit that each column is, or -1 for half of
    an XOR; `disjunction` bool (columns,), an OR; `offsets` int64
    (columns + 1,) cuts `literals` int32 (columns of the stage before, distinct in a gate) and
    `signs` int8 (+1 plain, -1 negated) into one run per column.
    """

    inputs: int
    wires: NDArray[np.int32]
    disjunction: NDArray[np.bool_]
    offsets: NDArray[np.int64]
    literals: NDArray[np.int32]
    signs: NDArray[np.int8]

    def __len__(self) -> int:
        """Number of columns."""
        return len(self.wires)

    @property
    def widths(self) -> NDArray[np.int64]:
        """Literals of each column, (columns,)."""
        return np.diff(self.offsets)

    def select(self, chosen: NDArray[np.int64]) -> Stage:
        """Return the chosen columns, in the order given, as a stage."""
        offsets, places = select_rows(self.offsets, chosen)
        return Stage(
            self.inputs,
            self.wires[chosen],
            self.disjunction[chosen],
            offsets,
            self.literals[places],
            self.signs[places],
        )

    @property
    def carries(self) -> NDArray[np.bool_]:
        """True for columns that only carry a wire on, bool (columns,)."""
        return np.asarray((self.widths == 1) & (self.signs[self.offsets[:-1]] > 0))

    def passing(self, residual: bool) -> NDArray[np.bool_]:
        """Return a mask of the columns that pass an exact layer in a residual stream, (columns,).

        If the stage has no other columns, one of them is computed all the same, since a layer has
        at least one unit.
        """
        passing = self.carries & residual
        passing[:1] &= not passing.all()
        return passing

    @property
    def column_of_literal(self) -> NDArray[np.int64]:
        """Column of each literal, (literals,)."""
        return row_numbers(self.widths)

    @property
    def needed(self) -> NDArray[np.int64]:
        """Number of plain literals that must be on: all of an AND, one of an OR, (columns,)."""
        plain = np.bincount(self.column_of_literal, self.signs > 0, len(self)).astype(np.int64)
        return np.where(self.disjunction, 1, plain)


@dataclass(frozen=True, eq=False)
class Schedule:
    """The stages of a circuit, first to last; `output_columns` int32 (outputs,) in the last one.

    An output that is always off (wire -1) has column -1. If `residual`, wires that a stage only
    carries pass its layer in a residual stream where the layer below is exact.
    """

    circuit: Circuit
    stages: tuple[Stage, ...]
    output_columns: NDArray[np.int32]
    residual: bool = False

    @cached_property
    def monosemantic_neurons(self) -> NDArray[np.int64]:
        """Neurons that give every column of a stage its own, over exact inputs, (stages,).

        A column that is carried in the residual stream needs none.
        """
        passing = [int(stage.passing(self.residual).sum()) for stage in self.stages]
        columns = [len(stage) for stage in self.stages]
        return np.array(columns, np.int64) - np.array(passing, np.int64)
