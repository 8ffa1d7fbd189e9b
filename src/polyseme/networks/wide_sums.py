"""Sums beyond what float32 adds up exactly: where they may be, and the same sums in float64.

The format promises the same answer of every tool where whole numbers on the way stay below 2^24
(`docs/format.md`). A bound tells at little cost that they do. Where it does not, sums are made in
float64, which is exact up to 2^53, so that parts which cancel leave no rounding; and where a sum
itself is not below 2^24, which no compiled network comes near, the question is refused.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from polyseme.errors import CapacityError
from polyseme.networks.checks import EXACT

# An array or a csr_array of any number type.
Values: TypeAlias = Any
# Columns of weights that are widened at a time.
_COLUMNS = 256


def largest(numbers: NDArray[Any]) -> float:
    """Return the largest magnitude of numbers, 0 of none."""
    if not numbers.size:
        return 0.0
    return max(-float(numbers.min()), float(numbers.max()))


def may_exceed(values: Values, weight: float, bias: float) -> bool:
    """Return whether a sum, or a part of it, may be of 2^24 or more.

    Args:
        values: float32 (samples, inputs), in sparse rows or dense.
        weight: the largest magnitude of a weight.
        bias: the largest magnitude of a bias.
    """
    if not values.shape[0]:
        return False
    few = sp.issparse(values)
    most = np.diff(values.indptr).max() if few else values.shape[1]
    # Nearly always this is enough, and quick.
    if float(most) * largest(values.data if few else values) * weight + bias < EXACT:
        return False
    with np.errstate(over="ignore"):
        heaviest = float(abs(values).sum(axis=1).max())
    return not heaviest * weight + bias < EXACT


def wide_product(values: Values, weights: Values) -> NDArray[np.float64]:
    """Return values (samples, inputs) times weights (inputs, units) in float64, both of any kind.

    Weights are widened a few columns at a time.
    """
    left = values.astype(np.float64)
    if sp.issparse(weights):
        product = left @ weights.astype(np.float64)
        return np.asarray(product.toarray() if sp.issparse(product) else product)
    pieces = [np.zeros((values.shape[0], 0))]
    # Where an input is infinite a sum is no number, and refused as one that is too large.
    with np.errstate(over="ignore", invalid="ignore"):
        for begin in range(0, weights.shape[1], _COLUMNS):
            pieces.append(left @ weights[:, begin : begin + _COLUMNS].astype(np.float64))
    return np.concatenate(pieces, axis=1)


def check_sums(sums: NDArray[np.float64], unit: float, what: str) -> None:
    """Raise CapacityError, opened by `what`, unless all sums are below 2^24 units."""
    if sums.size and not (-EXACT * unit < sums.min() and sums.max() < EXACT * unit):
        raise CapacityError(
            f"{what} is not below 2^24, up to which networks are promised to give the same answer "
            "everywhere; switch fewer features on, or scale the numbers given"
        )
