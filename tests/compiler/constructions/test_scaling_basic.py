"""Measured sizes of the basic constructions grow as the laws they declare.

Tolerances are on the slope of log neurons against log gates. Every case also shows that a law off
by a quarter in the exponent is told apart, so that the comparison can fail.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest

from polyseme.circuits import problems
from polyseme.codes.reed_solomon import smallest_field
from polyseme.compiler.constructions.catalogue import CATALOGUE
from polyseme.compiler.task import Task
from support.scaling import Sizes, check_law, fitted_slope, measure

TOLERANCE = 0.1
WRONG = 0.25


@dataclass(frozen=True)
class Case:
    """A construction, its tasks by size, and the gates that a task of a size stands for."""

    name: str
    task_of: Callable[[int], Task]
    sizes: tuple[int, ...]
    samples: int
    gates_of: Callable[[int], int] | None = None


def universal(features: int, error: float = 1e-2) -> Task:
    return Task(problems.universal_and(features), 2, error, "auto", 0)


def pairs(features: int, gates: int, encoder: str = "superposed", error: float = 1e-2) -> Task:
    return Task(problems.pairwise_and(features, gates), 2, error, encoder, 0)


CASES = {
    "universal, basis": Case("universal-and", universal, (20, 40, 80, 160), 400),
    # The network holds all m (m - 1)/2 pairs; the circuit asks for m of them, as 25 million are too
    # many to ask for. An error of 0.1 keeps networks well below m / 2, where m stops to matter.
    "universal, superposed": Case(
        "universal-and",
        lambda features: pairs(features, features, error=0.1),
        (896, 2534, 7168),
        200,
        lambda features: features * (features - 1) // 2,
    ),
    "gaussian products": Case("gaussian-products", universal, (12, 33, 94), 200),
    "rademacher products": Case("rademacher-products", universal, (15, 42, 118), 400),
    "targeted, superposed": Case(
        "targeted-pairs", lambda gates: pairs(2 * gates, gates), (256, 1024, 4096, 16384), 400
    ),
    "tight frames": Case(
        "tight-frames", lambda gates: pairs(gates, gates), (256, 1024, 4096, 16384), 600
    ),
    # Built of whole groups of 32 neurons.
    "one bit": Case("one-bit", lambda gates: pairs(gates, gates), (160, 1280, 10240), 600),
    # Every output reads half the units: an error of 0.1 keeps readouts small.
    "quadratic": Case("quadratic", lambda features: universal(features, 0.1), (15, 42, 120), 150),
}


# The others take five to ten seconds each.
QUICK = {"universal, basis", "gaussian products", "targeted, superposed"}
PARAMS = [
    pytest.param(case, id=name, marks=[] if name in QUICK else pytest.mark.slow)
    for name, case in CASES.items()
]


@pytest.fixture(scope="module", params=PARAMS)
def sizes(request: pytest.FixtureRequest) -> Sizes:
    case = request.param
    measured = measure(CATALOGUE[case.name], case.task_of, case.sizes, case.samples)
    if case.gates_of is None:
        return measured
    gates = np.array([case.gates_of(size) for size in case.sizes], float)
    return Sizes(gates, measured.measured, measured.declared)


def test_measured_sizes_grow_as_declared(sizes: Sizes) -> None:
    check_law(sizes, sizes.declared, TOLERANCE)


@pytest.mark.parametrize("power", [WRONG, -WRONG])
def test_a_wrong_exponent_is_told_apart(sizes: Sizes, power: float) -> None:
    with pytest.raises(AssertionError, match="measured slope"):
        check_law(sizes, sizes.declared * sizes.gates**power, TOLERANCE)


def test_constants_are_declared_within_a_factor_of_four(sizes: Sizes) -> None:
    # Declared sizes are bounds: none may be too small, and a loose one would prove little.
    assert (sizes.measured <= sizes.declared).all()
    assert (sizes.declared <= 4 * sizes.measured).all()


def slow_reed_solomon(gates: int, crowd: int) -> int:
    """The fewest neurons over every degree of polynomial up to where words outnumber any need."""
    return min(
        (crowd * shared + 1) * smallest_field(gates, crowd * shared + 1, shared + 1)
        for shared in range(12)
    )


def test_reed_solomon_sizes_follow_their_law_and_not_a_root() -> None:
    # Exactness is no matter of samples: below its declared size the construction refuses, so the
    # measured size is that of refusal. The law is written out again, slowly.
    gates = (128, 512, 2048, 8192, 32768)
    sizes = measure(
        CATALOGUE["reed-solomon"], lambda some: pairs(some, some, "basis", 0.0), gates, 50
    )
    law = np.array([slow_reed_solomon(some, 2) for some in gates], float)
    np.testing.assert_array_equal(sizes.measured, law)
    # Polylogarithmic, with the jumps from one prime to the next: far below any root tried here.
    assert fitted_slope(sizes.gates, sizes.measured) < 0.25
    with pytest.raises(AssertionError, match="measured slope"):
        check_law(sizes, np.sqrt(sizes.gates), TOLERANCE)


def test_the_comparison_wants_a_range_of_sixty_four() -> None:
    short = np.array([10.0, 100.0])
    with pytest.raises(AssertionError, match="too short a range"):
        check_law(Sizes(short, short, short), short, TOLERANCE)


def test_a_fitted_slope_is_that_of_a_power_law() -> None:
    gates = np.array([1.0, 8.0, 64.0])
    assert fitted_slope(gates, 7 * gates**0.4) == pytest.approx(0.4)
