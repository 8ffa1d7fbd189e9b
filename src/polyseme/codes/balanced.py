"""Balanced random codes: every neuron carries the same number of features, give or take one."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from polyseme.codes.code import SparseCode
from polyseme.errors import OptionError


def balanced_code(
    features: int, neurons: int, weight: int, generator: np.random.Generator, signed: bool = False
) -> SparseCode:
    """Draw a code of `features` rows over `neurons`, each row `weight` distinct neurons.

    Rows are cut from a stream of random permutations of the neurons, so neurons are used equally
    often (to within one), and rows cut from one permutation share no neuron. If a row is cut from
    two permutations, the second is rearranged so that no neuron repeats within the row. With
    `signed`, each entry gets an independent fair sign. Raises OptionError unless
    1 <= weight <= neurons.
    """
    if not 1 <= weight <= neurons:
        raise OptionError(f"a code of weight {weight} does not fit in {neurons} neurons")
    positions = balanced_rows(features, neurons, weight, generator)
    signs = np.ones(positions.shape, np.int8)
    if signed:
        signs = (2 * generator.integers(0, 2, positions.shape, dtype=np.int8) - 1).astype(np.int8)
    return SparseCode(neurons, positions, signs)


def balanced_rows(
    rows: int, neurons: int, weight: int, generator: np.random.Generator
) -> NDArray[np.int32]:
    """Draw the positions of a balanced code, int32 (rows, weight)."""
    needed = rows * weight
    stream = np.empty(-(-needed // neurons) * neurons, np.int32)
    for start in range(0, len(stream), neurons):
        permutation = generator.permutation(neurons)
        left_over = start % weight
        if left_over:
            _avoid(permutation, stream[start - left_over : start], weight - left_over)
        stream[start : start + neurons] = permutation
    return stream[:needed].reshape(rows, weight)


def _avoid(permutation: NDArray[np.int64], tail: NDArray[np.int32], head: int) -> None:
    """Swap members of `tail` out of the first `head` places of `permutation`, in place."""
    clash = np.isin(permutation, tail)
    wrong = np.flatnonzero(clash[:head])
    free = head + np.flatnonzero(~clash[head:])[: len(wrong)]
    permutation[wrong], permutation[free] = permutation[free], permutation[wrong]
