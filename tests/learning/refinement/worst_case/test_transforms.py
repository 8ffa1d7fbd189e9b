"""Reads, slopes and extremes by fast transforms, beside whole matrices and all inputs."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from polyseme.codes.balanced import balanced_code
from polyseme.codes.orthogonal_blocks import orthogonal_block_code
from polyseme.errors import OptionError
from polyseme.learning.refinement.worst_case import kernel
from polyseme.learning.refinement.worst_case.blocks import Blocks
from polyseme.learning.refinement.worst_case.extremes import extremes
from polyseme.learning.refinement.worst_case.limit import Limits
from polyseme.learning.refinement.worst_case.loss import WorstCaseLoss

# Neither fills its last block, and the units leave one over.
FEATURES, DIMENSIONS, OUTPUTS, UNITS, WEIGHT = 300, 36, 47, 25, 4


def drawn(words, places, seed):
    return orthogonal_block_code(words, places, WEIGHT, np.random.default_rng(seed))


@pytest.fixture(scope="module")
def codes():
    return drawn(OUTPUTS, UNITS, 1), drawn(FEATURES, DIMENSIONS, 2)


@pytest.fixture(scope="module")
def own():
    generator = np.random.default_rng(3)
    rows = [generator.choice(FEATURES, 2, replace=False) for _ in range(OUTPUTS)]
    return np.array(rows, np.int32)


def dense(code):
    return code.matrix().toarray()


def loss_and_slope(weights, codes, own, limits):
    """The loss and its slope from whole matrices, in float64."""
    outputs, inputs = (dense(code).astype(np.float64) for code in codes)
    reads = outputs @ weights @ inputs.T
    over = np.maximum(reads - limits.upper, 0) + np.minimum(reads + limits.lower, 0)
    rows = np.arange(len(own))[:, None]
    over[rows, own] = reads[rows, own] - 1
    return (over**2).sum(), 2 * outputs.T @ over @ inputs


@pytest.mark.parametrize("limits", [Limits(0.3, 0.4), Limits(0.9, np.inf)])
@pytest.mark.parametrize("size", [0.0, 0.02, 0.3])
def test_the_loss_and_its_slope_are_those_of_the_matrices(codes, own, limits, size):
    """Without violations but of own reads, with a few in a group, and with many."""
    weights = np.random.default_rng(4).normal(0, size, (UNITS, DIMENSIONS)).astype(np.float32)
    outputs, inputs = (Blocks.of(code) for code in codes)
    slope = WorstCaseLoss(outputs, inputs, own, limits, UNITS)(weights)
    loss, wanted = loss_and_slope(weights, codes, own, limits)
    assert slope.loss == pytest.approx(loss, rel=1e-5)
    assert slope.dual == pytest.approx(wanted, rel=1e-4, abs=1e-4)


def test_the_slope_does_not_depend_on_the_threads(codes, own, monkeypatch):
    weights = np.random.default_rng(5).normal(0, 0.3, (UNITS, DIMENSIONS)).astype(np.float32)
    outputs, inputs = (Blocks.of(code) for code in codes)
    found = []
    for threads in ("1", "2"):
        monkeypatch.setenv("OMP_NUM_THREADS", threads)
        found.append(WorstCaseLoss(outputs, inputs, own, Limits(0.3, 0.3), UNITS)(weights))
    assert found[0].loss == found[1].loss
    assert found[0].dual.tobytes() == found[1].dual.tobytes()


def test_reads_in_whole_numbers_are_exact(codes):
    weights = np.random.default_rng(6).integers(-127, 128, (UNITS, DIMENSIONS)).astype(np.int32)
    inputs = Blocks.of(codes[1])
    reads = np.empty((UNITS, FEATURES), np.int32)
    kernel.read_features(0, UNITS, weights, inputs.places, inputs.flips.astype(np.int32), reads)
    assert np.array_equal(reads, weights @ dense(codes[1]).T.astype(np.int64))


@pytest.mark.parametrize("width", [1, 2, 3])
def test_extremes_are_those_of_all_inputs(width):
    """Fewer features, so that all inputs with at most three on can be tried."""
    features, outputs, units, active = 16, 9, 8, 3
    codes = drawn(outputs, units, 7), drawn(features, 12, 8)
    generator = np.random.default_rng(9)
    weights = generator.integers(-127, 128, (units, 12)).astype(np.int8)
    rows = [generator.choice(features, width, replace=False) for _ in range(outputs)]
    own = np.array(rows, np.int32)
    seen = extremes(weights, *(Blocks.of(code) for code in codes), own, active)
    units_read = weights.astype(np.int64) @ dense(codes[1]).T.astype(np.int64)
    read = dense(codes[0]).astype(np.int64) @ units_read
    lowest, highest = np.full(outputs, 10**9), np.full(outputs, -(10**9))
    deepest = 0
    for count in range(active + 1):
        for chosen in combinations(range(features), count):
            sums = read[:, list(chosen)].sum(axis=1)
            on = np.isin(own, chosen).all(axis=1)
            lowest = np.where(on, np.minimum(lowest, sums), lowest)
            highest = np.where(on, highest, np.maximum(highest, sums))
            deepest = max(deepest, -int(units_read[:, list(chosen)].sum(axis=1).min()))
    assert seen.lowest_on.tolist() == lowest.tolist()
    assert seen.highest_off.tolist() == highest.tolist()
    assert seen.deepest == deepest
    assert seen.certified == (lowest.min() > highest.max())


def test_only_unions_of_orthogonal_blocks_have_blocks():
    generator = np.random.default_rng(10)
    with pytest.raises(OptionError, match="no unions of orthogonal blocks"):
        Blocks.of(balanced_code(100, 20, 4, generator, signed=True))
    assert Blocks.of(orthogonal_block_code(100, 20, 4, generator)).words == 100
