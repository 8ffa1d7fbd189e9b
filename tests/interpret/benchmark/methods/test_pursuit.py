"""Matching pursuit of many samples at once, against scikit-learn's of one after another."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("sklearn")

from sklearn.linear_model import orthogonal_mp

from polyseme.interpret.benchmark.methods.convergence import converged
from polyseme.interpret.benchmark.methods.pursuit import pursued, unit_rows


def test_it_is_orthogonal_matching_pursuit():
    generator = np.random.default_rng(0)
    atoms = unit_rows(generator.standard_normal((30, 20)).astype(np.float32))
    codes = np.zeros((50, 30), np.float32)
    for row in codes:
        row[generator.choice(30, 2, replace=False)] = generator.uniform(1, 2, 2)
    samples = codes @ atoms
    slow = orthogonal_mp(atoms.T.astype(float), samples.T.astype(float), n_nonzero_coefs=2).T
    # scikit-learn takes atoms of either sign; samples whose code has none below 0 are alike.
    alike = (slow >= 0).all(axis=1)
    found = pursued(samples, atoms, 2, left=0)
    assert alike.mean() > 0.5
    np.testing.assert_allclose(found[alike], slow[alike], atol=1e-3)


def test_nothing_is_taken_of_nothing():
    assert not pursued(np.zeros((3, 4), np.float32), np.eye(4, dtype=np.float32), 2).any()


@pytest.mark.parametrize(
    ("losses", "settled"),
    [
        ([1.0] * 10, True),
        ([1.0] * 9, False),
        ([0.9**step for step in range(20)], False),
        ([0.9**step for step in range(60)], True),
    ],
)
def test_what_falls_has_not_converged_unless_little_is_left(losses, settled):
    assert converged(losses) is settled
