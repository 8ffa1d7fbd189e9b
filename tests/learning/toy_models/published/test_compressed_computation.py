"""Compressed computation: the folded model is the whole one, and the naive loss is p / 12."""

from __future__ import annotations

import numpy as np
import pytest

import polyseme as ps
from polyseme.learning.toy_models.published import compressed_computation as compressed

torch = pytest.importorskip("torch")


def test_samples_have_something_on_and_values_of_both_signs():
    drawn = compressed.draw_some(4000, 20, 0.05, np.random.default_rng(1))
    assert drawn.any(axis=1).all()
    on = drawn != 0
    assert on.mean() == pytest.approx(0.05 / (1 - 0.95**20), abs=0.004)
    assert drawn[on].min() < -0.9
    assert drawn[on].max() > 0.9
    assert drawn[on].mean() == pytest.approx(0, abs=0.03)


def test_the_loss_is_that_of_the_whole_model():
    """The model is written out with its embedding and residual stream."""
    generator = np.random.default_rng(2)
    columns = generator.standard_normal((30, 6))
    columns /= np.linalg.norm(columns, axis=0)
    mixing = (columns.T @ columns - np.eye(6)).astype(np.float32)
    task = compressed.CompressedReLUs(4, 0.3, mixing[None], 2, 50, 0.0)
    numbers = {
        name: torch.from_numpy(values).requires_grad_()
        for name, values in task.begin(generator).items()
    }
    loss = float(task.descend(numbers, np.random.default_rng(3))[0])
    samples = compressed.draw_some(50, 6, 0.3, np.random.default_rng(3)).astype(float)
    reads, writes = (numbers[name].detach().numpy()[0] for name in ("reads", "writes"))
    # A layer of the residual stream whose folded weights are these.
    inward, outward = np.linalg.pinv(columns).T @ reads, writes @ np.linalg.pinv(columns)
    state = samples @ columns.T
    state = state + np.maximum(state @ inward, 0) @ outward
    error = state @ columns - samples - np.maximum(samples, 0)
    assert loss == pytest.approx((error**2).sum(axis=1).mean(), rel=1e-4)


def test_the_naive_loss_is_a_twelfth():
    task = compressed.CompressedReLUs(50, 0.01, np.zeros((1, 100, 100), np.float32), 2, 1, 0.0)
    reads, writes = compressed.naive_network(100, 50)
    found = compressed._compared(task, {"reads": reads[None], "writes": writes[None]}, 0)
    assert found["naive"][0] == pytest.approx(1 / 12, rel=0.02)
    assert found["gain"][0] == 0


def test_mixing_is_what_random_columns_share():
    mixing = compressed.mixing_of(50, 1000, np.random.default_rng(4))
    assert (mixing == mixing.T).all()
    assert not mixing.diagonal().any()
    assert np.square(mixing).sum() / (50 * 49) == pytest.approx(1 / 1000, rel=0.1)


def test_code_words_are_counted():
    reads = np.array([[1, 0.6, 0.1], [0, -1, 1], [0, 0, 2]], np.float32)
    assert compressed.code_words(reads) == {
        "neurons_per_feature": pytest.approx(5 / 3),
        "features_per_neuron": pytest.approx(5 / 3),
        "shared_by_two_features": pytest.approx(2 / 3),
    }


@pytest.mark.slow
def test_training_gains_with_mixing_alone_and_code_words_on_the_fourth_power():
    found = ps.learning.toy_models.figure("compressed-computation", steps=3000).findings
    gains = dict(zip(found["mixings"], found["gain"], strict=True))
    assert gains[0.0] < 0.01
    assert gains[1.0] > 0.2
    assert found["fourth_power_loss_per_p"] < 0.1 * found["fourth_power_naive"]
    assert found["code_words"]["fourth power"]["neurons_per_feature"] > 3
