"""Data made by SynthSAEBench's description are as published, and its scores as known."""

import numpy as np
import pytest

from studies import synthetic_features as synthetic


@pytest.fixture(scope="module")
def trees() -> synthetic.Trees:
    return synthetic.trees(synthetic.chances())


def test_as_many_features_fire_as_are_published(trees: synthetic.Trees) -> None:
    fires = trees.fires()
    assert fires.sum() == pytest.approx(synthetic.PUBLISHED["active"], abs=1)
    assert fires[:4096].sum() == pytest.approx(synthetic.PUBLISHED["active of 4,096"], abs=1)


def test_children_fire_with_their_parent_and_no_sibling(trees: synthetic.Trees) -> None:
    on = trees.draw(256, np.random.default_rng(0))
    has_parent = trees.parent >= 0
    assert has_parent.sum() == 10_752
    assert on[:, trees.parent[has_parent]][on[:, has_parent]].all()
    groups = on[:, 128:10_880].reshape(256, -1, 4)
    assert groups.sum(axis=2).max() == 1
    expected = trees.fires()
    error = on.sum(axis=1).std() / 16
    assert on.sum(axis=1).mean() == pytest.approx(expected.sum(), abs=4 * error)


def test_their_scores_praise_one_latent_and_ours_does_not() -> None:
    found = synthetic.compared(256, 64, seed=0)
    assert found["the features"] == pytest.approx({"MCC": 1, "uniqueness": 1, "J": 1})
    assert found["one feature"] == pytest.approx({"MCC": 1, "uniqueness": 1, "J": 1 / 256})
    # (N/K) (1 - (1 - 1/N)^K) of random latents are unique.
    assert found["random directions"]["uniqueness"] == pytest.approx(0.632, abs=0.05)
    assert found["random directions"]["J"] < 0.25
