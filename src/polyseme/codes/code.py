"""Sparse codes: the few neurons that carry each feature, with a sign at each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from polyseme.errors import OptionError


@dataclass(frozen=True, eq=False)
class SparseCode:
    """A sparse code: neurons `positions[i]` carry feature i with signs `signs[i]`.

    Shapes: `positions` int32 and `signs` int8 (+1 or -1), both (features, weight); positions are
    distinct within a row, at least 0 and below `neurons`. Raises OptionError if they are not.
    """

    neurons: int
    positions: NDArray[np.int32]
    signs: NDArray[np.int8]

    def __post_init__(self) -> None:
        """Check shapes, ranges (before conversion), and that no feature has a neuron twice."""
        if np.any(np.abs(np.asarray(self.signs)) != 1):
            raise OptionError("signs must be +1 or -1")
        places = np.asarray(self.positions)
        if places.size and not (places.min() >= 0 and places.max() < self.neurons):
            raise OptionError(f"a position lies outside 0..{self.neurons - 1}")
        object.__setattr__(self, "positions", np.asarray(self.positions, np.int32))
        object.__setattr__(self, "signs", np.asarray(self.signs, np.int8))
        if self.positions.ndim != 2 or self.positions.shape != self.signs.shape:
            raise OptionError("positions and signs must both be (features, weight)")
        row = np.sort(self.positions, axis=1)
        if np.any(row[:, 1:] == row[:, :-1]):
            raise OptionError("a feature uses the same neuron twice")

    @property
    def features(self) -> int:
        """Number of features that the code holds."""
        return len(self.positions)

    @property
    def weight(self) -> int:
        """Number of neurons that carry each feature."""
        return int(self.positions.shape[1])

    def matrix(self) -> sp.csr_array:
        """Return the code as a float32 matrix (features, neurons) with entries -1, 0, +1."""
        offsets = np.arange(self.features + 1) * self.weight
        entries = (self.signs.ravel().astype(np.float32), self.positions.ravel(), offsets)
        return sp.csr_array(entries, shape=(self.features, self.neurons))
