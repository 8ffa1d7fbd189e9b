"""Reading sets of features back from codes, against readouts written out in full."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from polyseme.codes import (
    balanced_code,
    gaussian_code,
    mean_square_cross_talk,
    orthogonal_block_code,
    pseudo_inverse_readout,
    recover,
    reed_solomon_code,
    tied_readout,
)
from polyseme.codes.inner_products import coherence, welch_mean_square
from polyseme.codes.readout import hold

quick = settings(deadline=None, max_examples=40)
shapes = st.tuples(st.integers(2, 20), st.integers(1, 12), st.integers(0, 10**6))


def dense(rows) -> np.ndarray:
    return rows.toarray() if sp.issparse(rows) else np.asarray(rows, float)


def cross_talk_in_full(code: np.ndarray, readout: np.ndarray) -> float:
    reads = readout @ code.T
    apart = ~np.eye(len(code), dtype=bool)
    return float((reads[apart] ** 2).mean())


@quick
@given(shapes)
def test_readouts_have_unit_gain_and_the_cross_talk_of_all_pairs(shape) -> None:
    features, neurons, seed = shape
    code = gaussian_code(features, neurons, np.random.default_rng(seed))
    for readout in (tied_readout(code), pseudo_inverse_readout(code)):
        np.testing.assert_allclose((readout * code).sum(axis=1), 1, rtol=1e-5)
        ours = mean_square_cross_talk(code, readout)
        assert ours == pytest.approx(cross_talk_in_full(code, readout), rel=1e-4, abs=1e-9)


@quick
@given(shapes)
def test_no_readout_of_unit_gain_beats_the_floor(shape) -> None:
    features, neurons, seed = shape
    generator = np.random.default_rng(seed)
    code = gaussian_code(features, neurons, generator)
    floor = welch_mean_square(features, neurons)
    any_readout = code + 0.3 * generator.standard_normal(code.shape)
    any_readout /= (any_readout * code).sum(axis=1, keepdims=True)
    for readout in (tied_readout(code), pseudo_inverse_readout(code), any_readout):
        assert mean_square_cross_talk(code, readout) >= floor * (1 - 1e-4) - 1e-9


def test_a_tight_frame_meets_the_floor_with_both_readouts() -> None:
    code = orthogonal_block_code(96, 32, 4, np.random.default_rng(0))
    floor = welch_mean_square(96, 32)
    assert mean_square_cross_talk(code, tied_readout(code)) == pytest.approx(floor)
    assert mean_square_cross_talk(code, pseudo_inverse_readout(code)) == pytest.approx(floor)


def test_tied_cross_talk_of_unit_codes_is_their_mean_squared_inner_product() -> None:
    code = gaussian_code(60, 20, np.random.default_rng(1))
    assert mean_square_cross_talk(code, tied_readout(code)) == pytest.approx(
        coherence(code).mean_square, rel=1e-5
    )


def test_the_pseudo_inverse_reads_independent_codes_exactly() -> None:
    code = 3 * gaussian_code(8, 20, np.random.default_rng(2))
    assert mean_square_cross_talk(code, pseudo_inverse_readout(code)) == pytest.approx(0, abs=1e-12)
    assert mean_square_cross_talk(code, tied_readout(code)) > 1e-3


@pytest.mark.parametrize("signed", [False, True])
def test_a_sparse_code_reads_as_its_matrix_does(signed: bool) -> None:
    code = balanced_code(30, 12, 3, np.random.default_rng(3), signed=signed)
    matrix = code.matrix().toarray()
    sets = np.array([np.random.default_rng(s).choice(30, 2, replace=False) for s in range(50)])
    np.testing.assert_allclose(dense(tied_readout(code)), tied_readout(matrix))
    np.testing.assert_allclose(hold(code, sets), matrix[sets].sum(axis=1))
    assert mean_square_cross_talk(code, tied_readout(code)) == pytest.approx(
        mean_square_cross_talk(matrix, tied_readout(matrix))
    )
    assert recover(code, tied_readout(code), sets) == recover(matrix, tied_readout(matrix), sets)


def test_recovery_counts_what_a_set_by_set_reading_finds(monkeypatch) -> None:
    monkeypatch.setattr("polyseme.codes.readout.BLOCK_ENTRIES", 700)
    generator = np.random.default_rng(4)
    code = gaussian_code(40, 10, generator)
    sets = np.array([generator.choice(40, 3, replace=False) for _ in range(60)])
    exact = missed = added = 0
    for chosen in sets:
        reads = code.astype(float) @ code[chosen].astype(float).sum(axis=0)
        on = set(np.flatnonzero(reads > 0.5))
        exact += on == set(chosen)
        missed += len(set(chosen) - on)
        added += len(on - set(chosen))
    found = recover(code, tied_readout(code), sets)
    assert (found.samples, found.exact, found.missed, found.added) == (60, exact, missed, added)
    assert missed
    assert added


def test_a_structured_code_recovers_every_set_within_its_bound_and_not_beyond() -> None:
    # Weight 5 > 2 * lam * active at lam = 1, active = 2.
    code = reed_solomon_code(25, 5, 2)
    pairs = np.array(list(combinations(range(25), 2)))
    assert recover(code, tied_readout(code), pairs).exact == len(pairs)
    triples = np.array(list(combinations(range(25), 3)))
    assert recover(code, tied_readout(code), triples).exact < len(triples)


@pytest.mark.parametrize("read", [tied_readout, pseudo_inverse_readout])
@pytest.mark.parametrize(
    ("code", "message"),
    [
        (np.zeros((2, 3)), "feature 0 has a zero row"),
        (np.ones(3), "must be"),
        (np.ones((0, 3)), "neither of them 0"),
    ],
)
def test_what_is_no_code_is_refused(read, code, message) -> None:
    with pytest.raises(ValueError, match=message):
        read(code)


def test_a_readout_of_another_shape_is_refused() -> None:
    code = gaussian_code(4, 3, np.random.default_rng(5))
    with pytest.raises(ValueError, match="does not read"):
        recover(code, np.ones((4, 2)), np.array([[0, 1]]))
    with pytest.raises(ValueError, match="two features"):
        mean_square_cross_talk(code, np.ones((3, 3)))
    with pytest.raises(ValueError, match="two features"):
        mean_square_cross_talk(code[:1], code[:1].astype(float))
