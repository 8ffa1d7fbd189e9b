"""The bounds the other way round: how many features a network of a width could compute at most, and
how many the constructions reach.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

import numpy as np

from polyseme.circuits.problems import MAX_SIZE
from polyseme.common.arguments import real_number, whole_number
from polyseme.common.progress import phase
from polyseme.common.progress_shown import Watcher, watched
from polyseme.limits.ands import Ands
from polyseme.limits.capacity import capacity, largest
from polyseme.limits.combinatorics import log2_factorial, log2_gate_sets
from polyseme.limits.epsilon_floor import epsilon_floor
from polyseme.limits.floors import EPSILONS
from polyseme.limits.influence import gate_sets_with_influence
from polyseme.limits.linear_floor import linear_floor
from polyseme.limits.lower import FEWEST_BITS, IGNORED, MOST_BITS, ORDERED
from polyseme.limits.reached import reached
from polyseme.limits.rows import DECLARED, FLOOR, GUESS

_PAIRS = "pairwise AND"
_TWICE = "influence 2"
# The kind of a number that no network beats, by counting.
AT_MOST = "at most"
# A gate reads two features, of which each is in two gates.
_TWO = 2
# Fewer features than this have fewer pairs than features.
_FEWEST = 3


@dataclass(frozen=True)
class Most:
    """The most features of which a network could compute a kind of outputs, as many as features.

    `kind` says what the number claims: "at most", by counting, so that no network beats it;
    "floor", "heuristic floor" and "declared" as in `polyseme.limits.rows.Row`: of those that are
    declared, the number is what a construction reaches.
    """

    name: str
    features: int
    kind: str


@dataclass(frozen=True)
class WidthBounds:
    """The most that networks of a width could compute; see `bounds_of_width`.

    Attributes:
        width: Number of neurons of every hidden layer, and of the numbers that it reads.
        layers: Number of hidden layers.
        active: The promise: the most features on at once.
        error: The share of inputs that may be wrong, for linear layers.
        bits_per_weight: The bits that each weight holds.
        bits: The bits that all weights hold.
        rows: The most features, by what is computed.
    """

    width: int
    layers: int
    active: int
    error: float
    bits_per_weight: float
    bits: float
    rows: tuple[Most, ...]

    def as_json(self) -> dict[str, Any]:
        """Return all fields as plain dictionaries, lists, numbers and text."""
        return {**asdict(self), "rows": [asdict(row) for row in self.rows]}


def bounds_of_width(
    width: int,
    *,
    layers: int = 1,
    active: int = 3,
    error: float = 1e-3,
    bits: float = 1.0,
    progress: Watcher = None,
) -> WidthBounds:
    """Return how many features networks of a width could compute at most, and what is reached.

    Counted are permutations and, if two features may be on at once, ANDs of as many pairs as
    features. Counting spreads the bits over all layers; floors, and what constructions reach by the
    sizes that they declare (`polyseme.limits.reached`), are of one layer.

    Args:
        width: Number of neurons of every hidden layer. Each reads as many numbers.
        layers: Number of hidden layers.
        active: The sparsity promise: at most so many features are on at once.
        error: The share of inputs on which a linear layer may be wrong; above 0 and below 1.
        bits: Bits that a weight holds.
        progress: True to show progress on standard error, or a function that is told
            every `polyseme.Headway`.

    Returns:
        The most features, by what is computed.

    Raises:
        OptionError: An argument is of a wrong type or out of range.

    Example:
        >>> import polyseme as ps
        >>> for row in ps.bounds_of_width(100).rows[:2]:
        ...     print(row.name, row.features)
        permutation 1146
        pairwise AND, order of outputs ignored 966
    """
    width = whole_number("width", width, 1, MAX_SIZE)
    layers = whole_number("layers", layers, 1, MAX_SIZE)
    active = whole_number("active", active, 1, MAX_SIZE)
    error = real_number("error", error, above=0, below=1)
    bits = real_number("bits", bits, FEWEST_BITS, MOST_BITS)

    def counted(bits_of: Callable[[int], float]) -> int:
        return capacity(width, bits * layers, bits_of)

    rows = [Most("permutation", counted(log2_factorial), AT_MOST)]
    if active >= _TWO:
        rows += [
            Most(f"{_PAIRS}, {IGNORED}", counted(_pairs), AT_MOST),
            Most(f"{_PAIRS}, {ORDERED}", counted(_pairs_in_order), AT_MOST),
            Most(f"{_PAIRS}, {_TWICE}, {ORDERED}", counted(_pairs_of_twos), AT_MOST),
            *_by_floors(width, active, error),
        ]
        with watched(progress), phase("bounds"):
            rows += _by_constructions(width, active, error)
    held = bits * layers * width**2
    return WidthBounds(width, layers, active, error, bits, held, tuple(rows))


def _pairs(features: int) -> float:
    return log2_gate_sets(features, _TWO, 0, features) if features >= _FEWEST else 0.0


def _pairs_in_order(features: int) -> float:
    return _pairs(features) + log2_factorial(features)


def _pairs_of_twos(features: int) -> float:
    """Return the bits, with order, of as many pairs as features, every feature in two of them."""
    if features < _FEWEST:
        return 0.0
    found = gate_sets_with_influence(_TWO, np.array([_TWO]), np.array([features]))
    assert found is not None
    return found.bits + log2_factorial(features)


def _by_floors(width: int, active: int, error: float) -> list[Most]:
    """Return the most features in equally many pairs, two for each, that floors allow a layer."""

    def most(floor: Callable[[Ands], int]) -> int:
        def fits(features: int) -> bool:
            return features < _FEWEST or floor(Ands(_TWO, features, features, _TWO)) <= width

        return largest(fits)

    name = f"{_PAIRS}, {_TWICE}"
    rows = [
        Most(
            f"{name}, linear, drawn codes",
            most(lambda ands: linear_floor(ands, active, error, readout_is_drawn=True)),
            FLOOR,
        )
    ]
    for epsilon in EPSILONS:
        found = most(partial(_computed, active, epsilon))
        rows.append(Most(f"{name}, computed to {epsilon:g}, drawn codes", found, GUESS))
    return rows


def _by_constructions(width: int, active: int, error: float) -> list[Most]:
    """Return the most features in equally many pairs, two for each, that constructions declare."""
    return [
        Most(f"{_PAIRS}, {_TWICE}, {manner}, {name}", features, DECLARED)
        for name, manner, features in reached(width, active, error)
    ]


def _computed(active: int, epsilon: float, ands: Ands) -> int:
    return epsilon_floor(ands, active, epsilon)
