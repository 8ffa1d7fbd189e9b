"""How the columns of a stage are held by the units of its layer."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from polyseme.codes.code import SparseCode


@dataclass(frozen=True, eq=False)
class Carrier:
    """Where every column lives, and how to read it.

    `positions` int32 (columns, weight) are distinct units. A column reads as the mean of its units;
    where `inverted` bool (columns,) as one minus it. `shared` is the number of units, from the
    first on, whose gates need one plain literal: a later layer may hand their codes on as they are
    (0: none). `exact` says that every unit is exactly 0 or 1, so that no noise needs removing.
    """

    units: int
    positions: NDArray[np.int32]
    inverted: NDArray[np.bool_]
    shared: int
    exact: bool

    @property
    def weight(self) -> int:
        """How many units hold a column."""
        return int(self.positions.shape[1])

    @cached_property
    def code(self) -> SparseCode:
        """The positions as a code, its signs negative where a column is inverted."""
        signs = np.where(self.inverted, -1, 1).astype(np.int8)
        return SparseCode(
            self.units, self.positions, np.repeat(signs[:, None], self.weight, axis=1)
        )

    @cached_property
    def handed_on(self) -> NDArray[np.bool_]:
        """Which columns live in the shared units, (columns,)."""
        return np.asarray((self.positions < self.shared).all(axis=1))


def basis_carrier(columns: int, inverted: NDArray[np.bool_] | None = None) -> Carrier:
    """Every column a unit of its own."""
    if inverted is None:
        inverted = np.zeros(columns, bool)
    return Carrier(columns, np.arange(columns, dtype=np.int32)[:, None], inverted, 0, True)
