"""Networks that the tests of messages and of queries share."""

from __future__ import annotations

import pytest

from polyseme.circuits import problems
from support.counting import Case, case


@pytest.fixture(scope="session")
def pairs() -> Case:
    return case(problems.pairwise_and(200, 200, seed=5), 130, seed=3)


@pytest.fixture(scope="session")
def words() -> Case:
    """The same gates in a network whose ReLUs bend, and that outputs read without signs."""
    circuit = problems.pairwise_and(200, 200, seed=5)
    return case(circuit, 130, seed=3, construction="three-channel")


@pytest.fixture(scope="session")
def skewed() -> Case:
    circuit = problems.pairwise_and(200, 400, influence="zipf")
    return case(circuit, 300, construction="three-channel")


@pytest.fixture(scope="session")
def shuffled() -> Case:
    return case(problems.permutation(150, seed=2), 100)


@pytest.fixture(scope="session")
def alone() -> Case:
    return case(problems.permutation(50), None, construction="monosemantic")


@pytest.fixture(params=["pairs", "words", "skewed", "shuffled", "alone"])
def any_case(request: pytest.FixtureRequest) -> Case:
    found = request.getfixturevalue(request.param)
    assert isinstance(found, Case)
    return found
