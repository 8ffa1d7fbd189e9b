"""Codes whose words are arithmetic progressions of neurons; any two share at most one neuron."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from polyseme.codes.code import SparseCode
from polyseme.errors import CapacityError, OptionError


def progression_code(features: int, neurons: int, weight: int) -> SparseCode:
    """Give each feature `weight` equally spaced neurons, short steps first.

    Theorem (the embedding of Linsefors and Bushnaq, *Circuits in Superposition 2*, 2025, in our
    words). Take the steps u * weight**n, where no prime below the weight divides u (and n = 0 if
    the weight is prime); cut the neurons of each residue of a step into runs of `weight`. Any two
    runs share at most one neuron. Proof: runs of one step are disjoint. If runs of steps a and b
    share two neurons, i*a = j*b with 0 < i, j < weight. For n equal, a and b in lowest terms have
    only prime factors of at least the weight, which divide no such i or j. For n different, the
    weight divides the larger step in lowest terms, and so divides i or j, which are smaller than
    the weight.

    Raises CapacityError when the features are more than `progression_capacity`.
    """
    words = np.concatenate(list(_runs(neurons, weight)) or [np.empty((0, weight), np.int32)])
    if features > len(words):
        raise CapacityError(
            f"{features} progressions of {weight} do not fit in {neurons} neurons, which hold "
            f"{len(words)}"
        )
    positions = words[:features]
    return SparseCode(neurons, positions, np.ones(positions.shape, np.int8))


def progression_capacity(neurons: int, weight: int) -> int:
    """Return the largest number of features that `progression_code` holds."""
    return sum(len(runs) for runs in _runs(neurons, weight))


def _runs(neurons: int, weight: int) -> Iterator[NDArray[np.int32]]:
    """Yield the words of each residue of each step, int32 (words, weight)."""
    if not 2 <= weight <= neurons:
        raise OptionError(f"a progression of {weight} neurons must have 2 to {neurons} of them")
    for step in _steps(neurons, weight):
        for residue in range(step):
            places = np.arange(residue, neurons, step, dtype=np.int32)
            yield places[: len(places) // weight * weight].reshape(-1, weight)


def _steps(neurons: int, weight: int) -> list[int]:
    """Return the steps of the progressions that fit, shortest first."""
    longest = (neurons - 1) // (weight - 1)
    small = [p for p in range(2, weight) if all(p % q for q in range(2, p))]
    steps = [u for u in range(1, longest + 1) if all(u % p for p in small)]
    if all(weight % p for p in small):
        return steps
    powers = [weight**n for n in range(longest.bit_length()) if weight**n <= longest]
    return sorted({u * power for u in steps for power in powers if u * power <= longest})
