"""Coherence against its definition written out, and against the bounds of Welch."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from polyseme.codes import (
    Coherence,
    SparseCode,
    balanced_code,
    coherence,
    gaussian_code,
    inner_products,
    reed_solomon_code,
    sign_code,
)
from support.codes import dense, every_code, quick, seeds


def slow_coherence(code: SparseCode | NDArray[np.float32]) -> Coherence:
    """The definition, pair by pair."""
    matrix = dense(code)
    features, neurons = matrix.shape
    pairs = [
        float(one @ other) / float(np.sqrt((one @ one) * (other @ other)))
        for one, other in combinations(matrix, 2)
    ]
    shared = [
        int(np.count_nonzero(one.astype(bool) & other.astype(bool)))
        for one, other in combinations(matrix, 2)
    ]
    carried = np.count_nonzero(matrix, axis=0)
    floor = 0.0 if features <= neurons else (features - neurons) / (neurons * (features - 1))
    return Coherence(
        worst=max(map(abs, pairs), default=0.0),
        mean_square=float(np.mean(np.square(pairs))) if pairs else 0.0,
        welch_worst=floor**0.5,
        welch_mean_square=floor,
        worst_intersection=max(shared, default=0) if isinstance(code, SparseCode) else None,
        usage_min=int(carried.min()),
        usage_max=int(carried.max()),
        rows_compared=features,
        sampled=False,
    )


def assert_close(ours: Coherence, expected: Coherence) -> None:
    for name, value in vars(expected).items():
        if isinstance(value, float):
            assert getattr(ours, name) == pytest.approx(value, rel=1e-9, abs=1e-12), name
        else:
            assert getattr(ours, name) == value, name


@quick
@given(st.integers(1, 6), st.integers(0, 20), st.integers(1, 40), st.booleans(), seeds)
def test_coherence_of_a_sparse_code_is_its_definition(
    weight: int, spare: int, features: int, signed: bool, seed: int
) -> None:
    generator = np.random.default_rng(seed)
    code = balanced_code(features, weight + spare, weight, generator, signed)
    assert_close(coherence(code), slow_coherence(code))


@quick
@given(st.integers(1, 20), st.integers(1, 40), st.booleans(), seeds)
def test_coherence_of_a_dense_code_is_its_definition(
    neurons: int, features: int, gaussian: bool, seed: int
) -> None:
    draw = gaussian_code if gaussian else sign_code
    code = draw(features, neurons, np.random.default_rng(seed))
    lengths = np.random.default_rng(seed).uniform(0.1, 9, (features, 1))
    scaled = (code * lengths * (np.arange(neurons) != 1)).astype(np.float32)
    scaled[:, 0] += np.float32(10)
    assert_close(coherence(scaled), slow_coherence(scaled))


@pytest.mark.parametrize("kind", range(5))
def test_coherence_does_not_depend_on_the_blocks(
    kind: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = every_code(9)[kind]
    monkeypatch.setattr(inner_products, "BLOCK_ENTRIES", 100)
    assert_close(coherence(code), slow_coherence(code))


@quick
@given(st.integers(0, 4), seeds)
def test_welch_bound_is_never_violated(kind: int, seed: int) -> None:
    measured = coherence(every_code(seed)[kind])
    assert measured.mean_square >= measured.welch_mean_square - 1e-12
    assert measured.worst >= measured.welch_worst - 1e-12


def test_welch_bound_is_met_by_tight_frames() -> None:
    angles = np.arange(5) * 2 * np.pi / 5
    pentagon = coherence(np.stack((np.cos(angles), np.sin(angles)), axis=1))
    assert pentagon.mean_square == pytest.approx(pentagon.welch_mean_square)
    mercedes = coherence(np.array([[0, 1], [-(3**0.5) / 2, -0.5], [3**0.5 / 2, -0.5]]))
    assert mercedes.worst == pytest.approx(mercedes.welch_worst) == pytest.approx(0.5)


def test_orthogonal_and_equal_rows_are_the_two_extremes() -> None:
    orthogonal = coherence(np.eye(6))
    assert (orthogonal.worst, orthogonal.mean_square, orthogonal.welch_worst) == (0, 0, 0)
    equal = coherence(np.ones((4, 3)))
    assert equal.worst == pytest.approx(1)
    assert equal.mean_square == pytest.approx(1)


def test_rounding_never_makes_a_mean_square_negative() -> None:
    # Rows of norms that round down: about one in three of these sums falls short of 0 by itself.
    for row in np.random.default_rng(19).uniform(0.1, 9, (50, 3)):
        disjoint = np.kron(np.eye(2), row)
        assert 0 <= coherence(disjoint).mean_square < 1e-15


@pytest.mark.parametrize(
    "code",
    [
        gaussian_code(600, 100, np.random.default_rng(10)),
        sign_code(600, 100, np.random.default_rng(11)),
        balanced_code(600, 100, 8, np.random.default_rng(12), signed=True),
    ],
    ids=["gaussian", "sign", "balanced signed"],
)
def test_random_codes_interfere_as_one_over_neurons(
    code: SparseCode | NDArray[np.float32],
) -> None:
    assert coherence(code).mean_square == pytest.approx(1 / 100, rel=0.05)


def test_unsigned_supports_add_the_square_of_their_density() -> None:
    """Two random w-subsets share a hypergeometric number: w^2/n on average, plus its spread."""
    neurons, weight = 200, 10
    code = balanced_code(3000, neurons, weight, np.random.default_rng(13))
    spread = weight**2 / neurons * (1 - weight / neurons) ** 2 * neurons / (neurons - 1)
    expected = ((weight**2 / neurons) ** 2 + spread) / weight**2
    assert coherence(code).mean_square == pytest.approx(expected, rel=0.01)


def test_coherence_of_the_full_reed_solomon_code() -> None:
    """All q^2 lines at q places: a line meets q(q-1) others in one neuron and q-1 in none."""
    measured = coherence(reed_solomon_code(49, 7, 2))
    assert measured.worst_intersection == 1
    assert measured.worst == 1 / 7
    assert measured.mean_square == pytest.approx(7 * 6 / 48 / 49)
    assert measured.usage_min == measured.usage_max == 7


def test_signs_cancel_in_inner_products_but_not_in_intersections() -> None:
    positions = np.array([[0, 1], [0, 1]], np.int32)
    code = SparseCode(4, positions, np.array([[1, 1], [1, -1]], np.int8))
    measured = coherence(code)
    assert (measured.worst, measured.worst_intersection) == (0, 2)
    assert (measured.usage_min, measured.usage_max) == (0, 2)


@pytest.mark.parametrize("kind", range(5))
def test_too_many_pairs_are_sampled_and_say_so(kind: int, monkeypatch: pytest.MonkeyPatch) -> None:
    code = every_code(14)[kind]
    full = coherence(code)
    monkeypatch.setattr(inner_products, "EXACT_WORK", 200)
    part = coherence(code, seed=1)
    assert not full.sampled
    assert part.sampled
    assert 1 <= part.rows_compared < full.rows_compared
    matrix = dense(code)
    matrix /= np.linalg.norm(matrix, axis=1, keepdims=True)
    inner = np.abs(matrix @ matrix.T)
    np.fill_diagonal(inner, 0)
    assert np.isclose(inner.max(axis=1), part.worst).any()
    assert part.worst <= full.worst
    assert part.mean_square == full.mean_square
    assert (part.usage_min, part.usage_max) == (full.usage_min, full.usage_max)
    assert coherence(code, seed=1) == part


def test_sampled_worst_depends_on_the_seed_only(monkeypatch: pytest.MonkeyPatch) -> None:
    code = gaussian_code(50, 10, np.random.default_rng(15))
    monkeypatch.setattr(inner_products, "EXACT_WORK", 1)
    seen = [coherence(code, seed=seed).worst for seed in range(6)]
    assert len(set(seen)) > 1
    assert seen == [coherence(code, seed=seed).worst for seed in range(6)]


def test_coherence_of_a_large_sparse_code_is_exact() -> None:
    code = balanced_code(20_000, 2000, 4, np.random.default_rng(16))
    measured = coherence(code)
    assert not measured.sampled
    assert measured.usage_min == measured.usage_max == 40
    # Every pair of neurons shared, counted from the neurons' side, is one pair of features.
    frame = (code.matrix().T @ code.matrix()).toarray().astype(np.float64)
    shared = (frame**2).sum() - 20_000 * 4**2
    assert measured.mean_square == shared / (4**2 * 20_000 * 19_999)


@pytest.mark.parametrize(
    ("code", "message"),
    [
        (np.ones(3), r"must be \(features, neurons\)"),
        (np.ones((0, 3)), "neither of them 0"),
        (np.array([[1.0, 0], [0, 0]]), "feature 1 has a zero row"),
        (np.array([[1.0, 0], [np.nan, 0]]), "feature 1 has an entry that is not finite"),
        (np.array([[np.inf, 0], [1, 0]]), "feature 0 has an entry that is not finite"),
        (SparseCode(3, np.ones((0, 2), np.int32), np.ones((0, 2), np.int8)), "neither of them 0"),
        (SparseCode(3, np.ones((2, 0), np.int32), np.ones((2, 0), np.int8)), "zero row"),
    ],
)
def test_coherence_refuses(code: SparseCode | NDArray[np.float32], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        coherence(code)
