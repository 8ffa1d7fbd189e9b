"""Named problems: what they draw, that the seed decides it, and their limits."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from polyseme.circuits import GateKind, evaluate_dense, problems
from polyseme.errors import PolysemeError
from support.drawn_problems import influence, reads


@pytest.mark.parametrize("profile", ["regular", "uniform", "zipf"])
def test_the_seed_decides_everything(profile: str) -> None:
    one, same, other = (problems.pairwise_and(200, 300, profile, seed) for seed in (1, 1, 2))
    assert np.array_equal(one.fan_in, same.fan_in)
    assert not np.array_equal(one.fan_in, other.fan_in)


def test_a_million_gates_are_small() -> None:
    circuit = problems.pairwise_and(1_000_000, 1_000_000)
    arrays = (circuit.kinds, circuit.fan_in_offsets, circuit.fan_in, circuit.outputs)
    assert sum(array.nbytes for array in (*arrays, circuit.levels)) < 2**25
    assert set(influence(circuit)) == {2}
    pairs = reads(circuit)
    assert (pairs[:, 0] < pairs[:, 1]).all()
    assert len(np.unique(pairs.astype(np.int64) @ [10**6, 1])) == 10**6


def test_permutation_copies_each_feature_once() -> None:
    circuit = problems.permutation(50, seed=4)
    order = reads(circuit)[:, 0]
    assert sorted(order.tolist()) == list(range(50))
    assert (circuit.kinds == GateKind.IDENTITY).all()
    assert np.array_equal(evaluate_dense(circuit, np.eye(50, dtype=bool)), np.eye(50)[:, order])
    assert not np.array_equal(order, reads(problems.permutation(50, seed=5))[:, 0])


def test_universal_and_lists_all_pairs_in_order() -> None:
    circuit = problems.universal_and(7)
    pairs = list(itertools.combinations(range(7), 2))
    assert list(map(tuple, reads(circuit).tolist())) == pairs
    assert list(circuit.output_names) == [f"x{first}&x{second}" for first, second in pairs]


def test_universal_and_numbers_outputs_when_they_are_many() -> None:
    assert problems.universal_and(447).output_names[-1] == "x445&x446"
    assert problems.universal_and(448).output_names[-1] == "g100127"


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: problems.pairwise_and(0, 1), "features is 0; it must be 1 to"),
        (lambda: problems.pairwise_and(5, 0), "gates is 0; it must be 1 to"),
        (lambda: problems.pairwise_and(-5, 1), "features is -5; it must be"),
        (lambda: problems.pairwise_and(10**8 + 1, 1), "features is 100000001; it must be"),
        (lambda: problems.pairwise_and(10**5, 10**8 + 1), "gates is 100000001; it must be"),
        (
            lambda: problems.pairwise_and(10**9999, 1),
            "is a number of 33216 bits; it must be",
        ),
        (lambda: problems.pairwise_and(1e4, 1), "features is 10000.0; it must be"),
        (lambda: problems.pairwise_and(True, 1), "features is True; it must be"),
        (lambda: problems.pairwise_and(4, 7), "4 features have only 6 sets of 2, too few for 7"),
        (lambda: problems.pairwise_and(1, 1), "a gate cannot read 2 of 1 features"),
        (
            lambda: problems.pairwise_and(9, 9, "even"),
            "influence is 'even'; it must be one of",
        ),
        (lambda: problems.pairwise_and(9, 9, seed=-1), "seed is -1; it must be 0 to"),
        (
            lambda: problems.pairwise_and(9, 9, seed=2**63),
            "is 9223372036854775808; it must be",
        ),
        (lambda: problems.k_and(9, 9, 0), "inputs is 0; it must be 1 to"),
        (lambda: problems.k_and(10**8, 11, 10**7), "gates x inputs 110000000 must be"),
        (lambda: problems.permutation(0), "features is 0; it must be"),
        (lambda: problems.permutation(3, seed=-1), "seed is -1; it must be"),
        (lambda: problems.universal_and(1), "pairs of features 0 must be"),
        (lambda: problems.universal_and(14_143), "pairs of features 100005153 must be"),
    ],
)
def test_sizes_out_of_range_are_refused(call: object, message: str) -> None:
    assert callable(call)
    with pytest.raises(PolysemeError) as caught:
        call()
    assert message in str(caught.value)
