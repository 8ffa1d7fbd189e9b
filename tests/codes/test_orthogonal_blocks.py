"""Codes of orthogonal blocks meet the Welch bound."""

from __future__ import annotations

import numpy as np
import pytest

from polyseme.codes import coherence, orthogonal_block_code


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
