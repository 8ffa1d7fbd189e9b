"""Codes the compiler draws: affine words, orthogonal blocks, and redrawn words of pools."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from polyseme.circuits import problems, terms_of
from polyseme.codes import (
    affine_code,
    affine_or_balanced_code,
    balanced_code,
    coherence,
    orthogonal_block_code,
)
from polyseme.codes.affine import affine_places
from polyseme.compiler.constructions.three_channel.spreading import spread_words
from polyseme.errors import CapacityError
from polyseme.verification.inputs import draw_inputs

sizes = st.tuples(st.integers(1, 12), st.integers(0, 40), st.integers(1, 400))


def shared_neurons(positions):
    """Largest number of neurons two words share, counted pair by pair."""
    words = [set(row) for row in positions.tolist()]
    pairs = ((a, b) for i, a in enumerate(words) for b in words[:i])
    return max((len(a & b) for a, b in pairs), default=0)


@settings(max_examples=60, deadline=None)
@given(sizes, st.integers(0, 3))
def test_affine_words_share_at_most_one_neuron_or_are_refused(size, seed):
    weight, spare, features = size
    neurons = weight + weight * spare
    generator = np.random.default_rng(seed)
    if affine_places(features, neurons, weight) == 0:
        with pytest.raises(CapacityError, match="do not fit"):
            affine_code(features, neurons, weight, generator)
        return
    code = affine_code(features, neurons, weight, generator)
    assert code.positions.shape == (features, weight)
    assert shared_neurons(code.positions) <= 1


def test_affine_words_use_every_place_evenly():
    code = affine_code(310, 310, 10, np.random.default_rng(0))
    assert set(np.bincount(code.positions.ravel(), minlength=310)) == {10}


@pytest.mark.parametrize(("features", "neurons", "weight"), [(512, 128, 16), (96, 96, 32)])
def test_orthogonal_blocks_meet_the_welch_bound(features, neurons, weight):
    code = orthogonal_block_code(features, neurons, weight, np.random.default_rng(0))
    dense = code.matrix().toarray() / np.sqrt(weight)
    assert np.allclose(dense.T @ dense, features / neurons * np.eye(neurons), atol=1e-5)
    assert np.allclose(dense[:neurons] @ dense[:neurons].T, np.eye(neurons), atol=1e-5)
    measured = coherence(code)
    assert measured.mean_square == pytest.approx(measured.welch_mean_square, abs=1e-9)


def test_odd_sizes_of_orthogonal_blocks_come_close_to_the_bound():
    code = orthogonal_block_code(1000, 301, 32, np.random.default_rng(1))
    measured = coherence(code)
    assert measured.welch_mean_square < measured.mean_square < 1.15 * measured.welch_mean_square
    assert measured.mean_square < 0.9 / 301


@pytest.mark.parametrize("weight", [0, 3, 64])
def test_orthogonal_blocks_refuse_other_weights(weight):
    with pytest.raises(ValueError, match="power of two"):
        orthogonal_block_code(10, 32, weight, np.random.default_rng(0))


def test_spread_words_overlap_less_and_stay_in_their_pools():
    terms = terms_of(problems.pairwise_and(60, 300, seed=2))
    generator = np.random.default_rng(3)
    pools = [np.arange(0, 120), np.arange(80, 200)]
    pool = np.arange(300) % 2
    before = np.stack([generator.permutation(pools[p])[:10] for p in pool]).astype(np.int32)
    after = spread_words(before, pools, pool, terms, generator)
    assert all(set(row) <= set(pools[p]) for row, p in zip(after.tolist(), pool, strict=True))
    assert all(len(set(row)) == 10 for row in after.tolist())
    assert foreign_overlaps(after, terms).sum() < foreign_overlaps(before, terms).sum()


def foreign_overlaps(rows, terms):
    """For each word, the most neurons a feature it does not read drives: one set at a time."""
    reads = terms.literals.reshape(-1, 2)
    driven = [set(rows[(reads == f).any(axis=1)].ravel()) for f in range(terms.features)]
    return np.array(
        [
            max(len(set(row) & driven[f]) for f in range(terms.features) if f not in own)
            for row, own in zip(rows, reads.tolist(), strict=True)
        ]
    )


def test_one_short_inputs_lack_exactly_one_input_of_a_gate():
    circuit = problems.k_and(50, 40, 4, seed=1)
    reads = terms_of(circuit).literals.reshape(-1, 4)
    rows = draw_inputs("one-short", terms_of(circuit), 6, 300, np.random.default_rng(0))
    for row in rows:
        on = set(row.tolist())
        assert len(on) == 6
        assert any(len(on & set(gate)) == 3 for gate in reads.tolist())


@pytest.mark.parametrize(
    ("features", "neurons", "draw"), [(49, 60, affine_code), (50, 60, balanced_code)]
)
def test_words_share_at_most_one_neuron_where_they_fit_and_are_balanced_where_not(
    features, neurons, draw
):
    assert (affine_places(features, neurons, 6) > 0) == (draw is affine_code)
    code, expected = (
        function(features, neurons, 6, np.random.default_rng(3))
        for function in (affine_or_balanced_code, draw)
    )
    assert np.array_equal(code.positions, expected.positions)
    assert (code.signs == 1).all()
