"""The record of which units of a layer hold each column of its stage."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from polyseme.codes.code import SparseCode


@dataclass(frozen=True, eq=False)
class Carrier:
    """The units that hold each column, and the way in which the column is read from them.

    `positions` int32 (columns, weight) are the units of each column, all distinct. The reading of a
    column is the mean of its units, or one minus the mean where `inverted` bool (columns,) is set.
    The first `shared` units are those whose gates need one plain literal, so a later layer may hand
    on their codes as they are (0: there are none). `exact` says that every unit is exactly 0 or 1,
    so that a reading has no noise.
    """

    units: int
    positions: NDArray[np.int32]
    inverted: NDArray[np.bool_]
    shared: int
    exact: bool

    @property
    def weight(self) -> int:
        """Number of units that hold a column."""
        return int(self.positions.shape[1])

    @cached_property
    def code(self) -> SparseCode:
        """The positions as a code, with negative signs where a column is inverted."""
        signs = np.where(self.inverted, -1, 1).astype(np.int8)
        return SparseCode(
            self.units, self.positions, np.repeat(signs[:, None], self.weight, axis=1)
        )

    @cached_property
    def handed_on(self) -> NDArray[np.bool_]:
        """Mask of the columns that shared units hold, (columns,)."""
        return np.asarray((self.positions < self.shared).all(axis=1))


def basis_carrier(columns: int, inverted: NDArray[np.bool_] | None = None) -> Carrier:
    """Return a carrier in which every column has one unit of its own."""
    if inverted is None:
        inverted = np.zeros(columns, bool)
    return Carrier(columns, np.arange(columns, dtype=np.int32)[:, None], inverted, 0, True)
