"""Codes: balance, norms, bounded intersections, exact decoding, and interference measured."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
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
from polyseme.codes.reed_solomon import largest_field, smallest_field
from polyseme.errors import CapacityError

quick = settings(max_examples=40, deadline=None)
seeds = st.integers(0, 2**32 - 1)


def supports(code: SparseCode) -> list[set[int]]:
    return [set(row.tolist()) for row in code.positions]


def usage(code: SparseCode) -> NDArray[np.int64]:
    return np.bincount(code.positions.ravel(), minlength=code.neurons)


def dense(code: SparseCode | NDArray[np.float32]) -> NDArray[np.float64]:
    """The code as a matrix, written out entry by entry."""
    if not isinstance(code, SparseCode):
        return code.astype(np.float64)
    matrix = np.zeros((code.features, code.neurons))
    for feature in range(code.features):
        for position, sign in zip(code.positions[feature], code.signs[feature], strict=True):
            matrix[feature, position] = sign
    return matrix


def every_code(seed: int) -> list[SparseCode | NDArray[np.float32]]:
    """One code of every kind, the seed deciding everything."""
    return [
        balanced_code(40, 17, 5, np.random.default_rng(seed)),
        balanced_code(40, 17, 5, np.random.default_rng(seed), signed=True),
        reed_solomon_code(40, 5, 2, np.random.default_rng(seed)),
        gaussian_code(40, 17, np.random.default_rng(seed)),
        sign_code(40, 17, np.random.default_rng(seed)),
    ]


# balanced codes


@quick
@given(st.integers(1, 12), st.integers(0, 10), st.integers(0, 80), seeds)
def test_balanced_code_uses_neurons_equally_and_none_twice_in_a_row(
    weight: int, spare: int, features: int, seed: int
) -> None:
    code = balanced_code(features, weight + spare, weight, np.random.default_rng(seed))
    assert code.positions.shape == (features, weight)
    assert all(len(support) == weight for support in supports(code))
    assert np.ptp(usage(code)) <= 1
    assert (code.signs == 1).all()


@pytest.mark.parametrize(
    ("features", "neurons", "weight"), [(500, 7, 7), (500, 8, 7), (20_000, 30, 7), (1, 9, 9)]
)
def test_balanced_code_holds_in_tight_cases(features: int, neurons: int, weight: int) -> None:
    code = balanced_code(features, neurons, weight, np.random.default_rng(1))
    in_order = np.sort(code.positions, axis=1)
    assert (in_order[:, 1:] > in_order[:, :-1]).all()
    assert np.ptp(usage(code)) <= 1


def test_rows_cut_from_one_permutation_do_not_meet() -> None:
    code = balanced_code(60, 30, 6, np.random.default_rng(2))
    for start in range(0, 60, 5):
        assert len(set().union(*supports(code)[start : start + 5])) == 30


@pytest.mark.parametrize(("neurons", "weight"), [(8, 9), (8, 0), (8, -1)])
def test_balanced_code_refuses_a_weight_that_does_not_fit(neurons: int, weight: int) -> None:
    with pytest.raises(ValueError, match=f"weight {weight} does not fit in {neurons} neurons"):
        balanced_code(3, neurons, weight, np.random.default_rng(0))


def test_signed_code_has_both_signs_about_equally_often() -> None:
    code = balanced_code(1000, 50, 10, np.random.default_rng(3), signed=True)
    assert set(np.unique(code.signs)) == {-1, 1}
    # 10,000 fair signs: 5 standard deviations are 0.05.
    assert abs(code.signs.mean()) < 0.05
    assert np.ptp(usage(code)) <= 1


# dense codes


@quick
@given(st.integers(0, 40), st.integers(1, 30), seeds)
def test_gaussian_rows_have_unit_norm(features: int, neurons: int, seed: int) -> None:
    code = gaussian_code(features, neurons, np.random.default_rng(seed))
    assert code.shape == (features, neurons)
    assert code.dtype == np.float32
    np.testing.assert_allclose((code.astype(float) ** 2).sum(axis=1), 1, rtol=1e-6)


def test_gaussian_code_spans_blocks_with_independent_rows() -> None:
    code = gaussian_code(2100, 8, np.random.default_rng(4))
    assert len(np.unique(code, axis=0)) == 2100
    # Each coordinate of a random direction in 8 dimensions has variance 1/8.
    np.testing.assert_allclose(code.mean(axis=0), 0, atol=5 * np.sqrt(1 / 8 / 2100))
    np.testing.assert_allclose(code.var(axis=0), 1 / 8, rtol=0.2)


@quick
@given(st.integers(0, 40), st.integers(1, 30), seeds)
def test_sign_code_entries_are_one_over_root_neurons(
    features: int, neurons: int, seed: int
) -> None:
    code = sign_code(features, neurons, np.random.default_rng(seed))
    assert code.shape == (features, neurons)
    assert code.dtype == np.float32
    assert (np.abs(code) == np.float32(1 / np.sqrt(neurons))).all()


def test_sign_code_has_both_signs_about_equally_often() -> None:
    code = sign_code(100, 100, np.random.default_rng(5))
    assert abs(np.sign(code).mean()) < 0.05


@pytest.mark.parametrize("draw", [gaussian_code, sign_code])
def test_dense_codes_need_a_neuron(draw) -> None:  # type: ignore[no-untyped-def]
    assert draw(3, 1, np.random.default_rng(0)).shape == (3, 1)
    with pytest.raises(ValueError, match="at least 1 neuron, not 0"):
        draw(3, 0, np.random.default_rng(0))


# Reed-Solomon codes


def shared_neurons(code: SparseCode) -> list[int]:
    return [len(one & other) for one, other in combinations(supports(code), 2)]


def primes(below: int) -> list[int]:
    return [n for n in range(2, below) if all(n % divisor for divisor in range(2, n))]


def slow_reed_solomon(features: int, weight: int, degree: int, field: int) -> list[set[int]]:
    words = []
    for feature in range(features):
        digits = [feature // field**power % field for power in range(degree)]
        values = [sum(d * t**power for power, d in enumerate(digits)) for t in range(weight)]
        words.append({t * field + value % field for t, value in enumerate(values)})
    return words


@quick
@given(st.integers(1, 9), st.integers(1, 4), st.integers(0, 60), st.none() | seeds)
def test_reed_solomon_is_the_polynomials_and_shares_few_neurons(
    weight: int, degree: int, features: int, seed: int | None
) -> None:
    degree = min(degree, weight)
    generator = None if seed is None else np.random.default_rng(seed)
    code = reed_solomon_code(features, weight, degree, generator)
    field = min(q for q in primes(90) if q >= weight and q**degree >= features)
    assert code.neurons == weight * field
    expected = slow_reed_solomon(features, weight, degree, field)
    if seed is None:
        assert supports(code) == expected
    else:
        assert sorted(map(sorted, supports(code))) == sorted(map(sorted, expected))
    assert max(shared_neurons(code), default=0) <= degree - 1
    assert np.ptp(usage(code)) <= 1


@pytest.mark.parametrize(
    ("weight", "degree", "features"), [(5, 1, 5), (5, 2, 25), (3, 3, 27), (5, 3, 125), (4, 2, 25)]
)
def test_reed_solomon_bound_is_attained(weight: int, degree: int, features: int) -> None:
    assert max(shared_neurons(reed_solomon_code(features, weight, degree))) == degree - 1


def test_reed_solomon_generator_deals_the_same_words_in_another_order() -> None:
    plain = supports(reed_solomon_code(100, 7, 2))
    dealt = supports(reed_solomon_code(100, 7, 2, np.random.default_rng(6)))
    assert plain != dealt
    assert sorted(map(sorted, plain)) == sorted(map(sorted, dealt))


def test_reed_solomon_at_scale_is_the_lines_over_a_prime_field() -> None:
    field = 317  # the first prime above the square root of 100,000
    code = reed_solomon_code(100_000, 30, 2)
    assert code.neurons == 30 * field
    for feature in (0, 1, 316, 317, 318, 54_321, 99_999):
        low, high = feature % field, feature // field
        assert code.positions[feature].tolist() == [
            t * field + (low + high * t) % field for t in range(30)
        ]


@pytest.mark.parametrize(
    ("features", "weight", "degree", "message"),
    [
        (9, 3, 0, r"degree 0 must lie in 1\.\.3"),
        (9, 3, 4, r"degree 4 must lie in 1\.\.3"),
        (9, 0, 1, r"degree 1 must lie in 1\.\.0"),
        (-1, 3, 1, "cannot hold -1 features"),
    ],
)
def test_reed_solomon_refuses(features: int, weight: int, degree: int, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        reed_solomon_code(features, weight, degree)


def test_reed_solomon_refuses_more_neurons_than_int32_numbers() -> None:
    with pytest.raises(CapacityError, match="too large to number"):
        reed_solomon_code(1, 50_000, 1)


@pytest.mark.parametrize(("active", "weight", "neurons"), [(2, 3, 141), (3, 5, 235)])
def test_field_of_the_published_exact_instances(active: int, weight: int, neurons: int) -> None:
    """2,000 gates, influence 2, lines: weight (active - 1) * 2 * 1 + 1 makes every read exact."""
    assert weight == (active - 1) * 2 * 1 + 1
    assert weight * smallest_field(2000, weight, 2) == neurons


def test_largest_field_holds_1681_circuits_where_557_were_published() -> None:
    """*Circuits in Superposition 2*: 1,000 neurons in groups of 4, embeddings of weight 6."""
    assert largest_field(1000 // 4, 6) ** 2 == 1681


@quick
@given(st.integers(1, 12), st.integers(0, 500))
def test_largest_field_against_a_search(weight: int, neurons: int) -> None:
    fitting = [q for q in primes(501) if q >= weight and weight * q <= neurons]
    if fitting:
        assert largest_field(neurons, weight) == max(fitting)
    else:
        with pytest.raises(CapacityError, match="no prime field"):
            largest_field(neurons, weight)


def test_largest_field_needs_a_weight() -> None:
    assert largest_field(10, 1) == 7
    with pytest.raises(ValueError, match="weight 0 uses no neuron"):
        largest_field(10, 0)


# decoding


def all_sets(features: int, active: int) -> NDArray[np.int64]:
    """Every 0/1 vector with at most `active` ones, (sets, features)."""
    rows = []
    for size in range(active + 1):
        for chosen in combinations(range(features), size):
            row = np.zeros(features, np.int64)
            row[list(chosen)] = 1
            rows.append(row)
    return np.array(rows)


def read_means(code: SparseCode, vectors: NDArray[np.int64], union: bool) -> NDArray[np.float64]:
    """Mean over each feature's neurons of the sum (or the union) of the active codes."""
    matrix = dense(code).astype(np.int64)
    held = vectors @ matrix
    if union:
        held = np.minimum(held, 1)
    return held @ matrix.T / code.weight


@pytest.mark.parametrize(
    ("features", "weight", "degree", "active"),
    [(25, 5, 2, 2), (49, 7, 2, 3), (60, 9, 3, 2), (125, 5, 3, 1), (11, 3, 1, 5)],
)
def test_half_threshold_decodes_every_set_when_the_weight_suffices(
    features: int, weight: int, degree: int, active: int
) -> None:
    assert weight > 2 * (degree - 1) * active
    code = reed_solomon_code(features, weight, degree, np.random.default_rng(7))
    vectors = all_sets(features, active)
    np.testing.assert_array_equal(read_means(code, vectors, union=False) > 0.5, vectors == 1)


@pytest.mark.parametrize(
    ("features", "weight", "degree", "active"), [(25, 3, 2, 2), (25, 4, 2, 3), (60, 5, 3, 2)]
)
def test_all_on_decodes_every_set_when_the_weight_suffices(
    features: int, weight: int, degree: int, active: int
) -> None:
    assert weight > (degree - 1) * active
    code = reed_solomon_code(features, weight, degree, np.random.default_rng(8))
    vectors = all_sets(features, active)
    np.testing.assert_array_equal(read_means(code, vectors, union=True) == 1, vectors == 1)


def meeting_feature_0(code: SparseCode, groups: list[list[int]]) -> NDArray[np.int64]:
    """Switch on, for each group of places, the feature that meets feature 0 just there.

    Feature 0 is the zero polynomial; the other is the product of (x - t) over the group.
    """
    field = code.neurons // code.weight
    vector = np.zeros((1, code.features), np.int64)
    for group in groups:
        low_first = np.rint(np.poly(group)).astype(np.int64)[::-1] % field
        vector[0, sum(int(c) * field**power for power, c in enumerate(low_first))] = 1
    return vector


@pytest.mark.parametrize(
    ("active", "weight", "degree"),
    [(2, 3, 2), (3, 5, 2), (2, 4, 2), (3, 6, 2), (2, 7, 3), (2, 8, 3)],
)
def test_half_threshold_fails_when_the_weight_is_too_small(
    active: int, weight: int, degree: int
) -> None:
    shared = degree - 1
    code = reed_solomon_code(smallest_field(0, weight, degree) ** degree, weight, degree)
    groups = [list(range(k * shared, (k + 1) * shared)) for k in range(active)]
    mean = read_means(code, meeting_feature_0(code, groups), union=False)[0, 0]
    assert weight <= 2 * shared * active
    assert mean == shared * active / weight
    # Feature 0 is off, yet reads more than one half (or ties with it).
    assert mean >= 0.5


@pytest.mark.parametrize(("weight", "degree"), [(2, 2), (3, 2), (5, 2), (7, 2), (4, 3), (6, 3)])
def test_all_on_fails_when_the_weight_is_too_small(weight: int, degree: int) -> None:
    shared = degree - 1
    code = reed_solomon_code(smallest_field(0, weight, degree) ** degree, weight, degree)
    groups = [list(range(start, start + shared)) for start in range(0, weight, shared)]
    assert weight == shared * len(groups)
    # All neurons of feature 0 are on though it is off; with one feature fewer they are not.
    assert read_means(code, meeting_feature_0(code, groups), union=True)[0, 0] == 1
    assert read_means(code, meeting_feature_0(code, groups[1:]), union=True)[0, 0] < 1


# coherence


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


# determinism


@pytest.mark.parametrize("kind", range(5))
def test_same_seed_same_bytes(kind: int) -> None:
    first, again, other = (every_code(seed)[kind] for seed in (17, 17, 18))
    assert dense(first).tobytes() == dense(again).tobytes()
    assert dense(first).tobytes() != dense(other).tobytes()
