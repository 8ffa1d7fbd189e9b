"""Measured sizes of the channels, k-ANDs, permutations and deep circuits grow as they declare.

Fixed error 0.1: then networks of 128 gates are already narrower than a neuron a gate. Networks are
calibrated on fewer inputs than a user's, and overlapping codewords of pools are not redrawn, which
takes most of the time and changes sizes by a few per cent only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from heavy_light import heavy_and_light
from polyseme.circuits import problems
from polyseme.circuits.circuit import Circuit
from polyseme.compiler import build, spreading
from polyseme.compiler.constructions.catalogue import CATALOGUE
from polyseme.compiler.constructions.construction import Task
from scaling import Sizes, check_law, measure

WRONG = 0.25


@dataclass(frozen=True)
class Case:
    """A construction, its circuits by size, the promise, and how far slopes may lie apart."""

    name: str
    circuit_of: Callable[[int], Circuit]
    active: int
    sizes: tuple[int, ...]
    tolerance: float = 0.1
    encoder: str = "superposed"

    def task(self, size: int) -> Task:
        return Task(self.circuit_of(size), self.active, 0.1, self.encoder, 0)


GATES = (128, 1024, 8192)
CASES = [
    Case("three-channel", lambda gates: problems.pairwise_and(gates, gates), 3, GATES),
    Case("output-channel", lambda gates: problems.pairwise_and(gates, gates), 3, GATES),
    Case("single-use", lambda gates: problems.pairwise_and(2 * gates, gates), 3, GATES),
    Case("mixed-channel", lambda gates: heavy_and_light(4, gates), 3, GATES),
    Case("permutation", problems.permutation, 3, GATES),
    Case("k-and", lambda gates: problems.k_and(2 * gates, gates, 4), 4, (64, 512, 4096)),
    # The smallest has little room above the least that codes take, so the line is steeper.
    Case("and-tree", lambda gates: problems.k_and(2 * gates, gates, 4), 4, (64, 512, 4096), 0.12),
    # Logarithmic: all pairs of 32 to 256 features.
    Case("input-channel", problems.universal_and, 3, (32, 256), encoder="basis"),
    # Short codes, of small sizes, fail sooner than their noise says: the line is flatter.
    Case("error-correction", lambda width: problems.layered(width, 1), 3, (32, 256, 2048), 0.12),
]


@pytest.fixture(scope="module", autouse=True)
def quick() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(build, "CALIBRATION_SAMPLES", 300)
        patch.setattr(spreading, "_MAX_WORK", 0)
        yield


@pytest.fixture(scope="module", params=CASES, ids=lambda case: case.name)
def measured(request: pytest.FixtureRequest) -> tuple[Sizes, float]:
    case = request.param
    sizes = measure(CATALOGUE[case.name], case.task, case.sizes, samples=300)
    return sizes, case.tolerance


def test_measured_sizes_grow_as_declared(measured: tuple[Sizes, float]) -> None:
    sizes, tolerance = measured
    check_law(sizes, sizes.declared, tolerance)


@pytest.mark.parametrize("power", [WRONG, -WRONG])
def test_a_wrong_exponent_is_told_apart(measured: tuple[Sizes, float], power: float) -> None:
    sizes, tolerance = measured
    with pytest.raises(AssertionError, match="measured slope"):
        check_law(sizes, sizes.declared * sizes.gates**power, tolerance)


def test_constants_are_declared_within_a_factor_of_five(measured: tuple[Sizes, float]) -> None:
    # Declared sizes are meant to be enough, and loose ones would say little.
    sizes, _ = measured
    assert (sizes.measured <= sizes.declared + 1).all()
    assert (sizes.declared <= 5 * sizes.measured).all()
