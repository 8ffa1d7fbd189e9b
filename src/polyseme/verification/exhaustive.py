"""Verification on all inputs that keep the promise, where they are few enough to be run."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations, islice

import numpy as np
from numpy.typing import NDArray

from polyseme.circuits.circuit import Circuit
from polyseme.common.arguments import instance, whole_number
from polyseme.common.progress import phase
from polyseme.common.progress_shown import Watcher, watched
from polyseme.errors import CapacityError
from polyseme.networks.network import Network
from polyseme.verification.reference import Reference, reference_of
from polyseme.verification.sampling import (
    EXHAUSTIVE,
    Verification,
    circuit_of,
    compare,
    promise_asked,
)

MOST_INPUTS = 2_000_000
# Inputs that are listed at once.
_LISTED = 1 << 16
# Inputs with at most so many features on are counted for a message.
_COUNTED = 30


def verify_exhaustively(
    network: Network,
    circuit: Circuit | None = None,
    *,
    active: int | None = None,
    most_inputs: int = MOST_INPUTS,
    progress: Watcher = None,
    reference: Reference | None = None,
) -> Verification:
    """Compare a network with its circuit on every input that keeps the promise.

    It serves networks of any construction and depth.

    Args:
        network: The network to check.
        circuit: The circuit to compare with; by default that of the answer key.
        active: Largest number of features on at once; by default the promise of the network.
        most_inputs: Largest number of inputs to run.
        progress: True to show progress on standard error, or a function that is told
            every `polyseme.Headway`.
        reference: The evaluator to compare with; by default one of the circuit. See
            `polyseme.reference_as_read`.

    Returns:
        The number of inputs, the exact number of wrong ones, and the first: inputs with fewer
        features on come first. `inputs` is "exhaustive".

    Raises:
        CapacityError: There are more inputs than `most_inputs`.
        OptionError: There is no circuit, it does not have the network's names, or an argument is
            of a wrong type or out of range.

    Example:
        >>> import polyseme as ps
        >>> network = ps.compile(ps.problems.pairwise_and(50, 50), construction="monosemantic")
        >>> print(ps.verify_exhaustively(network))
        0 of all 20,876 inputs (at most 3 on at once) gave any wrong output
    """
    compared = circuit_of(network, circuit)
    if reference is not None:
        instance("reference", reference, Reference, "a Reference")
    features = len(compared.features)
    active = promise_asked(network, active)
    most_inputs = whole_number("most_inputs", most_inputs, 1)
    _refuse_many(features, active, most_inputs)
    total = number_of_inputs(features, active)
    truth = reference or reference_of(compared)
    done, failing, first = 0, 0, np.zeros(0, np.int32)
    with watched(progress), phase("all inputs") as step:
        for rows in all_inputs(features, active):
            wrong = compare(network, truth, rows)
            if wrong.any() and not failing:
                first = rows[np.argmax(wrong)]
            done, failing = done + len(rows), failing + int(wrong.sum())
            step(done, total)
    names = tuple(compared.features[int(feature)] for feature in first if feature >= 0)
    return Verification(EXHAUSTIVE, active, total, failing, names)


def _refuse_many(features: int, active: int, most: int) -> None:
    """Raise CapacityError if there are more inputs than `most`."""
    # Counting those of very many features on would take long.
    counted = number_of_inputs(features, min(active, _COUNTED))
    if counted > most:
        least = "" if active <= _COUNTED else "more than "
        number = f"{counted:,}" if counted < 10**18 else f"{counted:.2e}"
        raise CapacityError(
            f"there are {least}{number} inputs with at most {active:,} of {features:,} features "
            f"on, and at most {most:,} are run"
        )


def number_of_inputs(features: int, active: int) -> int:
    """Return the number of inputs with at most `active` of `features` features on."""
    total, of_size = 1, 1
    for size in range(1, active + 1):
        of_size = of_size * (features - size + 1) // size
        total += of_size
    return total


def all_inputs(features: int, active: int) -> Iterator[NDArray[np.int32]]:
    """Yield all inputs with at most `active` features on, int32 (inputs, active), -1 pads.

    Those with fewer features on come first, and among equally many the one with the lower first
    feature.
    """
    for size in range(active + 1):
        sets = combinations(range(features), size)
        while some := list(islice(sets, _LISTED)):
            rows = np.full((len(some), active), -1, np.int32)
            rows[:, :size] = some
            yield rows
