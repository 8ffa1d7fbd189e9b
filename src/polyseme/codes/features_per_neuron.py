"""Polysemanticity of neurons under a code, as the number of features that each carries."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from polyseme.codes.code import SparseCode
from polyseme.errors import OptionError


@dataclass(frozen=True, eq=False)
class Polysemanticity:
    """Number of features that every neuron carries, and their effective number.

    `features` int64 and `effective` float64, both (neurons,). With a_i the strength of feature i on
    a neuron, the effective number is (sum a_i^2)^2 / sum a_i^4. It is r if r features are equally
    strong, near 1 if one outweighs all others, and 0 for a neuron that carries none. A neuron is
    monosemantic if `features` is 1.
    """

    features: NDArray[np.int64]
    effective: NDArray[np.float64]


def polysemanticity(code: SparseCode | NDArray[np.floating]) -> Polysemanticity:
    """Count the features of every neuron of a sparse code or a dense one, (features, neurons).

    Raises OptionError for a dense code that is not a matrix or not finite.
    """
    if isinstance(code, SparseCode):
        usage = np.bincount(code.positions.ravel(), minlength=code.neurons)
        return Polysemanticity(usage, usage.astype(np.float64))
    rows = np.asarray(code, np.float64)
    if rows.ndim != 2 or not np.isfinite(rows).all():
        raise OptionError(f"a code must be a finite (features, neurons), not {rows.shape}")
    strongest = np.abs(rows).max(axis=0, initial=0)
    # Strengths are scaled so that their fourth powers neither overflow nor vanish.
    power = (rows / np.where(strongest > 0, strongest, 1)) ** 2
    total, squares = power.sum(axis=0), (power**2).sum(axis=0)
    effective = np.divide(total**2, squares, out=np.zeros_like(total), where=squares > 0)
    return Polysemanticity(np.count_nonzero(rows, axis=0), effective)
