"""What random claims are expected to get."""

import numpy as np
import pytest

from polyseme.errors import OptionError
from polyseme.interpret.benchmark.scores.chance import mean_of_draws, random_ranking
from polyseme.interpret.benchmark.scores.scored import scored


@pytest.mark.parametrize(
    ("candidates", "true", "expected"), [(100, 5, 0.0902), (4950, 100, 0.0218)]
)
def test_the_formula_of_a_random_ranking(candidates: int, true: int, expected: float) -> None:
    assert random_ranking(candidates, true) == pytest.approx(expected, abs=5e-5)


@pytest.mark.parametrize("claimed", [1, 10, 30])
def test_random_rankings_get_what_the_formula_says(claimed: int) -> None:
    generator, total = np.random.default_rng(0), []
    for _ in range(4000):
        order = generator.permutation(30)[:claimed]
        hits = order < 6
        total.append((np.cumsum(hits) / np.arange(1, claimed + 1))[hits].sum() / 6)
    error = np.std(total) / np.sqrt(len(total))
    assert random_ranking(30, 6, claimed) == pytest.approx(np.mean(total), abs=4 * error)


def test_edge_cases_of_a_ranking() -> None:
    assert random_ranking(10, 10) == pytest.approx(1)
    assert random_ranking(1, 1) == 1
    assert random_ranking(10, 0) == random_ranking(0, 0) == random_ranking(10, 3, 0) == 0


def test_draws_are_those_of_the_seed_and_fewer_for_large_claims() -> None:
    calls = []

    def draw(generator: np.random.Generator) -> float:
        calls.append(value := float(generator.random()))
        return value

    first = mean_of_draws(draw, 100, seed=1)
    assert len(calls) == 100
    assert mean_of_draws(draw, 100, seed=1) == first != mean_of_draws(draw, 100, seed=2)
    calls.clear()
    mean_of_draws(draw, 10**9, seed=1)
    assert len(calls) == 8


def test_a_score_is_corrected_for_chance() -> None:
    nothing = np.zeros(0)
    assert scored(1.0, 0.3, nothing).corrected == 1
    assert scored(0.3, 0.3, nothing).corrected == 0
    assert scored(0.0, 0.5, nothing).corrected == -1
    with pytest.raises(OptionError, match="chance is 1"):
        scored(1.0, 1.0, nothing)
