"""Gates drawn by profile: their influence, distinctness and distribution."""

from __future__ import annotations

import itertools
from math import comb

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from polyseme.circuits import Circuit, GateKind, problems
from polyseme.circuits.drawing.influence import count_sets
from polyseme.errors import SourceError
from support.drawn_problems import influence, reads


def assert_distinct_ands(circuit: Circuit, features: int, gates: int, inputs: int) -> None:
    sets = {frozenset(row) for row in reads(circuit).tolist()}
    assert len(circuit.features) == features
    assert len(sets) == gates
    assert all(len(members) == inputs for members in sets)
    assert (circuit.kinds == GateKind.AND).all()
    assert circuit.outputs.tolist() == list(range(features, features + gates))


@st.composite
def sizes(draw: st.DrawFn) -> tuple[int, int, int]:
    features = draw(st.integers(1, 12))
    inputs = draw(st.integers(1, features))
    return features, draw(st.integers(1, comb(features, inputs))), inputs


@given(sizes(), st.integers(0, 2**63 - 1))
@settings(max_examples=150, deadline=None)
def test_regular_gates_are_exactly_balanced(size: tuple[int, int, int], seed: int) -> None:
    features, gates, inputs = size
    circuit = problems.k_and(features, gates, inputs, seed=seed)
    assert_distinct_ands(circuit, features, gates, inputs)
    low = gates * inputs // features
    extra = gates * inputs % features
    assert sorted(influence(circuit)) == [low] * (features - extra) + [low + 1] * extra


@given(sizes(), st.integers(0, 2**63 - 1))
@settings(max_examples=80, deadline=None)
def test_uniform_gates_are_distinct(size: tuple[int, int, int], seed: int) -> None:
    features, gates, inputs = size
    circuit = problems.k_and(features, gates, inputs, "uniform", seed)
    assert_distinct_ands(circuit, features, gates, inputs)


@given(st.integers(20, 60), st.integers(1, 40), st.integers(1, 4), st.integers(0, 99))
@settings(max_examples=40, deadline=None)
def test_zipf_gates_are_distinct(features: int, gates: int, inputs: int, seed: int) -> None:
    gates = min(gates, comb(features, inputs) // 2)
    circuit = problems.k_and(features, gates, inputs, "zipf", seed)
    assert_distinct_ands(circuit, features, gates, inputs)


@pytest.mark.parametrize("profile", ["regular", "uniform"])
@pytest.mark.parametrize("gates", [1, 2, 5])
def test_all_sets_are_equally_likely(profile: str, gates: int) -> None:
    draws = 600
    count = dict.fromkeys(itertools.combinations(range(4), 2), 0)
    for seed in range(draws):
        for first, second in reads(problems.pairwise_and(4, gates, profile, seed)).tolist():
            count[first, second] += 1
    share = gates / 6
    # Five standard deviations of a share measured so often.
    slack = 5 * (share * (1 - share) / draws) ** 0.5
    assert all(abs(met / draws - share) < slack for met in count.values())


def test_zipf_draws_feature_i_in_proportion_to_its_rank() -> None:
    draws = 1000
    first = [int(problems.k_and(3, 1, 1, "zipf", seed).fan_in[0]) for seed in range(draws)]
    for rank, share in enumerate((6 / 11, 3 / 11, 2 / 11)):
        assert abs(first.count(rank) / draws - share) < 5 * (share * (1 - share) / draws) ** 0.5


def test_zipf_is_top_heavy_at_size() -> None:
    counts = np.array(influence(problems.pairwise_and(10_000, 10_000, "zipf")))
    assert counts[0] == counts.max()
    assert counts[0] > 5 * counts[9] > 25 * counts[90:110].mean()


def test_uniform_is_neither_regular_nor_top_heavy() -> None:
    counts = np.array(influence(problems.pairwise_and(1000, 10_000, "uniform")))
    # Nearly binomial: mean 20, standard deviation 4.5.
    assert 4 < counts.std() < 5
    assert abs(counts[:500].mean() - 20) < 1


@pytest.mark.parametrize("gates", [1, 50, 94, 95, 96, 140, 189, 190])
@pytest.mark.parametrize("profile", ["regular", "uniform"])
def test_every_density_up_to_all_pairs(gates: int, profile: str) -> None:
    circuit = problems.pairwise_and(20, gates, profile)
    assert_distinct_ands(circuit, 20, gates, 2)
    if profile == "regular":
        assert max(influence(circuit)) - min(influence(circuit)) <= 1


@pytest.mark.parametrize(
    ("features", "gates", "inputs"), [(12, 12, 11), (14, 3400, 7), (10_000, 1, 10_000)]
)
def test_a_zipf_problem_too_dense_is_refused_not_searched_for_ever(
    features: int, gates: int, inputs: int
) -> None:
    with pytest.raises(SourceError, match=r"too (many|wide) to draw"):
        problems.k_and(features, gates, inputs, "zipf")
    assert problems.k_and(features, gates, inputs, "uniform").gates == gates


@given(st.integers(0, 12), st.integers(0, 12), st.integers(1, 1000))
@settings(max_examples=60, deadline=None)
def test_count_sets_is_the_binomial_up_to_its_limit(chosen: int, rest: int, limit: int) -> None:
    assert count_sets(chosen + rest, chosen, limit) == min(comb(chosen + rest, chosen), limit)


@pytest.mark.parametrize("profile", ["regular", "uniform"])
def test_gates_that_read_nearly_everything(profile: str) -> None:
    circuit = problems.k_and(2000, 500, 1998, profile)
    assert_distinct_ands(circuit, 2000, 500, 1998)
