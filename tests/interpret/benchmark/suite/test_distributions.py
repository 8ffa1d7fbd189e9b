"""Distributions of inputs: counts, chances, and the promise kept."""

from __future__ import annotations

import numpy as np
import pytest

import polyseme as ps
from polyseme.circuits.terms import terms_of
from polyseme.interpret.benchmark.suite.distributions import drawn

CIRCUIT = ps.read("and2:features=30,gates=20")


def rows(text: str, active: int, samples: int = 4000, circuit: ps.Circuit = CIRCUIT) -> np.ndarray:
    on = drawn(text, circuit, active)(samples, np.random.default_rng(0))
    assert on.dtype == bool
    assert on.shape == (samples, len(circuit.features))
    return on.toarray()


def satisfied(on: np.ndarray) -> np.ndarray:
    """Which gates are on, one by one."""
    terms = terms_of(CIRCUIT)
    return np.array(
        [
            on[:, terms.literals[terms.offsets[t] : terms.offsets[t + 1]]].all(axis=1)
            for t in range(len(terms))
        ]
    ).T


@pytest.mark.parametrize(
    ("text", "active"),
    [
        ("uniform", 1),
        ("uniform", 3),
        ("uniform", 8),
        ("zipf", 3),
        ("gates 0.5", 2),
        ("gates 1", 4),
        ("never 5", 3),
        ("hierarchy", 4),
    ],
)
def test_never_more_features_than_promised_and_all_that_may_be_come(text, active):
    on = rows(text, active)
    assert on.sum(axis=1).max() == active
    came = on.any(axis=0)
    assert came[:25].all()
    assert came[25:].all() == ("never" not in text)


def test_uniform_sets_are_all_alike():
    on = rows("uniform", 3, 20_000)
    assert (on.sum(axis=1) == 3).all()
    assert np.abs(on.mean(axis=0) - 0.1).max() < 0.01


def test_zipf_features_come_by_their_rank():
    share = rows("zipf", 1, 20_000).mean(axis=0)
    expected = 1 / (1 + np.arange(30))
    assert np.abs(share - expected / expected.sum()).max() < 0.012


@pytest.mark.parametrize("share", [0.5, 1.0])
def test_features_of_gates_come_together_as_often_as_asked(share):
    on = rows(f"gates {share}", 2, 20_000)
    by_chance = (1 - share) * 20 / (30 * 29 / 2)
    assert satisfied(on).any(axis=1).mean() == pytest.approx(share + by_chance, abs=0.02)
    # Every gate as often as another.
    assert satisfied(on).mean(axis=0).min() > 0.8 * share / 20


def test_beside_a_gate_other_features_come_up_to_the_promise():
    on = rows("gates 1", 4)
    assert on.sum(axis=1).min() >= 3
    assert on.sum(axis=1).mean() > 3.5


def test_features_that_never_come_and_gates_that_read_them():
    on = rows("never 5", 3)
    assert not on[:, 25:].any()
    silent = satisfied(np.eye(30, dtype=bool)[25:].any(axis=0)[None] | np.ones((1, 30), bool))
    assert silent.all()
    reads = terms_of(CIRCUIT).literals.reshape(-1, 2)
    came = satisfied(on).any(axis=0)
    assert (came == (reads < 25).all(axis=1)).all()


def test_children_come_only_with_their_parents():
    on = rows("hierarchy", 4)
    assert (on[:, 15:] <= on[:, :15]).all()
    assert on[:, 15:].sum() == pytest.approx(on[:, :15].sum() / 2, rel=0.1)


def test_queries_are_a_subject_and_a_relation_the_first_most_often():
    circuit = ps.problems.facts({f"s{i}": {"r": f"o{i % 3}", "q": f"p{i}"} for i in range(8)})
    on = rows("queries", 2, circuit=circuit)
    assert (on.sum(axis=1) == 2).all()
    outputs = np.sort(on.astype(int) @ (1 << np.arange(len(circuit.features))))
    _, counts = np.unique(outputs, return_counts=True)
    assert len(counts) == 16
    assert counts.max() > 8 * counts.min()


def test_any_has_every_feature_on_half_of_the_time():
    assert np.abs(rows("any", 8).mean(axis=0) - 0.5).max() < 0.04


def test_the_same_generator_draws_the_same():
    draw = drawn("gates 0.5", CIRCUIT, 2)
    first, second = (draw(50, np.random.default_rng(7)).toarray() for _ in range(2))
    assert (first == second).all()


@pytest.mark.parametrize("text", ["", "poisson", "uniform 3", "zipf x"])
def test_other_texts_are_refused(text):
    with pytest.raises(ps.OptionError, match="no distribution"):
        drawn(text, CIRCUIT, 2)


def test_more_features_than_there_ever_are_cannot_be_on():
    with pytest.raises(ps.OptionError, match="cannot be on"):
        drawn("uniform", CIRCUIT, 31)(1, np.random.default_rng(0))
