"""The geometry of the reads, beside products of whole matrices."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sp

from polyseme.codes.balanced import balanced_code
from polyseme.learning.refinement.readings.lbfgs import descend
from polyseme.learning.refinement.readings.metric import Metric, in_pieces, inner
from polyseme.learning.refinement.readings.reading_loss import Slope

FEATURES, DIMENSIONS, UNITS = 60, 37, 70


@pytest.fixture(scope="module")
def code():
    return balanced_code(FEATURES, DIMENSIONS, 6, np.random.default_rng(1), signed=True)


@pytest.fixture(scope="module")
def own():
    pattern = np.random.default_rng(2).random((UNITS, FEATURES)) < 0.1
    return sp.csr_array(pattern.astype(np.int16))


@pytest.fixture(scope="module")
def metric(code, own):
    return Metric(code, own)


def test_reads_are_the_product_with_the_codes(code, metric):
    weights = np.random.default_rng(3).normal(size=(UNITS, DIMENSIONS)).astype(np.float32)
    wanted = weights @ code.matrix().toarray().T
    assert metric.reads(weights) == pytest.approx(wanted, abs=1e-4)


def test_the_direction_is_the_steepest_that_holds_own_reads(code, own, metric):
    """Among all changes with own reads 0, per length of its reads, none follows the slope more."""
    draw = np.random.default_rng(4)
    slopes = draw.normal(size=(3, UNITS, FEATURES)).astype(np.float32)
    dual, primal = metric.steepest(slopes)
    matrix = code.matrix().toarray().astype(float)
    for unit in range(0, UNITS, 7):
        mine = own[[unit]].indices
        target = np.linalg.lstsq(matrix, slopes[:, unit].sum(axis=0), rcond=None)[0]
        # The slope's projection in the metric A^T A, without its part along own reads.
        inverse = np.linalg.inv(matrix.T @ matrix)
        reads = matrix[mine]
        gram = reads @ inverse @ reads.T
        wanted = target - inverse @ reads.T @ np.linalg.solve(gram, reads @ target)
        assert primal[unit] == pytest.approx(wanted, rel=2e-3, abs=5e-3)
        assert reads @ primal[unit] == pytest.approx(np.zeros(len(mine)), abs=1e-4)
    read = primal @ matrix.T
    assert inner(dual, primal) == pytest.approx((read * slopes.sum(axis=0)).sum(), rel=1e-3)


def test_own_reads_are_set_to_one_and_little_else_changes(code, own, metric):
    draw = np.random.default_rng(5)
    weights = draw.normal(size=(UNITS, DIMENSIONS)).astype(np.float32)
    held = metric.reading_own_at_one(weights)
    rows, columns = own.nonzero()
    assert metric.reads(held)[rows, columns] == pytest.approx(np.ones(own.nnz), abs=1e-4)
    # Weights that read own features at 1 already stay.
    assert metric.reading_own_at_one(held) == pytest.approx(held, rel=2e-3, abs=5e-3)


def test_pieces_come_in_order_whatever_the_threads(monkeypatch):
    for threads in ("1", "3"):
        monkeypatch.setenv("OMP_NUM_THREADS", threads)
        found = in_pieces(lambda first, last: (first, last), 10, 4)
        assert found == [(0, 4), (4, 8), (8, 10)]


def test_lbfgs_finds_the_bottom_of_a_bowl():
    """In as many steps as the bowl has curvatures, and where it falls is told to the first step."""
    curvatures = np.array([1.0, 4.0, 30.0], np.float32)
    bottom = np.array([[1.0, -2.0, 0.5]], np.float32)

    def slope_at(weights):
        along = curvatures * (weights - bottom)
        return Slope(float((along * (weights - bottom)).sum() / 2), along, along)

    start = np.zeros((1, 3), np.float32)
    far = descend(start, slope_at, 2).weights
    near = descend(start, slope_at, 12)
    assert near.weights == pytest.approx(bottom, abs=1e-3)
    assert np.abs(near.weights - bottom).max() < np.abs(far - bottom).max()
    assert near.first_loss == slope_at(start).loss
    # At the bottom there is nothing left to do.
    assert descend(bottom, slope_at, 5).weights == pytest.approx(bottom)
