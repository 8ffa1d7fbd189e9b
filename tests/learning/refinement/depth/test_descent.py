"""The descent of one layer: slopes against torch, steps against torch's Adam."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sp

from polyseme.learning.refinement.depth.descent import BATCH, Samples, Weights, descended
from polyseme.learning.refinement.depth.kernel import adam_step, add_slopes

torch = pytest.importorskip("torch")
SAMPLES, BELOW, UNITS, MARGIN, FULL = 30, 12, 9, 0.125, 0.25
ON_WEIGHT = 3.0


@pytest.fixture
def drawn():
    generator = np.random.default_rng(3)
    read = sp.random_array((SAMPLES, BELOW), density=0.3, rng=generator, dtype=np.float32).tocsr()
    wanted = sp.csr_array(generator.random((SAMPLES, UNITS)) < 0.3)
    weights = generator.normal(size=(BELOW, UNITS)).astype(np.float32)
    return Samples(read, wanted), Weights(weights, np.full(UNITS, -0.5, np.float32))


def loss_of(samples, weights, bias):
    """Return the loss of all samples at once, of torch's."""
    sums = torch.from_numpy(samples.read.toarray()) @ weights + bias
    on = torch.from_numpy(samples.wanted.toarray())
    off_lack = torch.relu(sums + MARGIN) ** 2
    on_lack = ON_WEIGHT * torch.relu(FULL + MARGIN - sums) ** 2
    return torch.where(on, on_lack, off_lack).sum()


def test_loss_and_slopes_are_those_that_torch_finds(drawn):
    samples, begun = drawn
    weights, bias = (torch.tensor(one, requires_grad=True) for one in (begun.weights, begun.bias))
    loss = loss_of(samples, weights, bias)
    loss.backward()
    slopes, bias_slopes = np.zeros((BELOW, UNITS), np.float32), np.zeros(UNITS, np.float32)
    read, wanted = samples.read, samples.wanted
    found = 0.0
    for first, last in ((0, 7), (7, SAMPLES)):
        found += add_slopes(
            first,
            last,
            read.indptr,
            read.indices,
            read.data,
            wanted.indptr,
            wanted.indices,
            begun.weights,
            begun.bias,
            MARGIN,
            FULL,
            ON_WEIGHT,
            slopes,
            bias_slopes,
        )
    assert found == pytest.approx(float(loss.detach()), rel=1e-5)
    # Slopes are of half the squares.
    assert np.allclose(2 * slopes, weights.grad.numpy(), atol=1e-4)
    assert np.allclose(2 * bias_slopes, bias.grad.numpy(), atol=1e-4)
    assert np.count_nonzero(slopes) > 20


def test_steps_are_those_of_adam():
    generator = np.random.default_rng(4)
    values = generator.normal(size=20).astype(np.float32)
    mean, square = np.zeros(20, np.float32), np.zeros(20, np.float32)
    moved = torch.tensor(values)
    adam = torch.optim.Adam([moved], lr=0.01, betas=(0.9, 0.99), eps=1e-8)
    for step in range(1, 6):
        slopes = generator.normal(size=20).astype(np.float32)
        moved.grad = torch.tensor(slopes)
        adam.step()
        adam_step(values, slopes, mean, square, 0.01, 0.9, 0.99, step)
        assert not slopes.any()
    assert np.allclose(values, moved.numpy(), atol=1e-5)


def test_the_loss_falls_and_what_was_given_stays(drawn):
    samples, begun = drawn
    kept = begun.weights.copy(), begun.bias.copy()
    told = []
    found = descended(begun, FULL, samples, 60, told.append)
    assert told == list(range(1, 61))
    losses = [
        float(loss_of(samples, torch.tensor(one.weights), torch.tensor(one.bias)))
        for one in (begun, found)
    ]
    assert losses[1] < 0.7 * losses[0]
    assert np.array_equal(begun.weights, kept[0])
    assert np.array_equal(begun.bias, kept[1])


def test_more_steps_than_batches_take_the_samples_again(drawn):
    samples, begun = drawn
    read = sp.vstack([samples.read] * (BATCH // SAMPLES + 1)).tocsr()
    wanted = sp.vstack([samples.wanted] * (BATCH // SAMPLES + 1)).tocsr()
    once = descended(begun, FULL, Samples(read, wanted), 3, lambda _: None)
    again = descended(begun, FULL, Samples(read[:BATCH], wanted[:BATCH]), 3, lambda _: None)
    assert np.array_equal(once.weights, again.weights)
