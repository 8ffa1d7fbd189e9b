"""Sparse codes: where there are few features, written apart, every kind finds them."""

from __future__ import annotations

import copy
from dataclasses import replace

import numpy as np
import pytest
import scipy.sparse as sp

import polyseme as ps
from polyseme.interpret.benchmark.claims import Batch
from polyseme.interpret.benchmark.method import Budget
from polyseme.interpret.benchmark.methods.gated_sae import Gated
from polyseme.interpret.benchmark.methods.jumprelu_sae import JumpReLU
from polyseme.interpret.benchmark.methods.listing import METHODS
from polyseme.interpret.benchmark.methods.matryoshka_sae import Matryoshka
from polyseme.interpret.benchmark.methods.relu_sae import ReLU
from polyseme.interpret.benchmark.methods.sparse_codes.counted import (
    BatchTopK,
    TopK,
    largest_of_batch,
    largest_of_inputs,
)
from polyseme.interpret.benchmark.subject import subject_of

torch = pytest.importorskip("torch")

FEATURES, WIDTH, ACTIVE = 24, 16, 2
EMBED, POST = "hook_embed", "layers.0.hook_post"
KINDS = {
    "batch-topk": BatchTopK(),
    "gated": Gated(),
    "jumprelu": JumpReLU(),
    "matryoshka": Matryoshka(),
    "relu": ReLU(),
    "topk": TopK(),
}
CODES = sorted(name for name, one in METHODS.items() if one.family in ("autoencoder", "transcoder"))


@pytest.fixture(autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_features_in_superposition_are_found(kind):
    from polyseme.interpret.benchmark.methods.sparse_codes.descent import Descent, Sizes

    generator = np.random.default_rng(0)
    truth = generator.standard_normal((FEATURES, WIDTH)).astype(np.float32)
    truth /= np.linalg.norm(truth, axis=1, keepdims=True)
    steps, descent = 400, None
    for _ in range(steps):
        chosen = generator.random((128, FEATURES)).argsort(axis=1)[:, :ACTIVE]
        sizes = generator.uniform(0.5, 1.5, (128, ACTIVE, 1)).astype(np.float32)
        values = torch.from_numpy((truth[chosen] * sizes).sum(axis=1) + 1)
        if descent is None:
            asked = Sizes(FEATURES, ACTIVE, steps, 1e-2)
            descent = Descent(kind, asked, values, values, np.random.default_rng(1))
        descent.step(values, values)
    code = descent.code()
    written = code.directions.numpy()
    unit = written / np.linalg.norm(written, axis=1, keepdims=True)
    # Wide latents of a nest take in others, and thresholds move slowly: these two are behind.
    least = 0.85 if isinstance(kind, Matryoshka | JumpReLU) else 0.9
    assert abs(truth @ unit.T).max(axis=1).mean() > least
    assert 0.5 * ACTIVE < code.notes["l0"] < 2 * ACTIVE
    # What is on times where it is written is what is there.
    left = values.numpy() - code.activity(values).numpy() @ written
    most = 0.3 if isinstance(kind, JumpReLU) else 0.2
    assert left.var(axis=0).sum() < most * values.numpy().var(axis=0).sum()


@pytest.fixture(scope="module")
def subject():
    """ANDs of pairs, one ReLU each; on half of the inputs one AND is on for sure."""
    circuit = ps.problems.pairwise_and(features=8, gates=8)
    network = ps.compile(circuit, active=3, construction="monosemantic")
    pairs = network.key.terms.literals.reshape(8, 2)

    def draw(samples, generator):
        on = np.zeros((samples, 8), bool)
        half = samples // 2
        on[np.arange(half)[:, None], pairs[generator.integers(8, size=half)]] = True
        on[np.arange(samples), generator.integers(8, size=samples)] = True
        return sp.csr_array(on)

    return subject_of("eight", network, draw)


def fitted(subject, name: str, steps: int, seed: int = 0):
    method = METHODS[name]
    budget = Budget(64 * steps, 64, {EMBED: 8, POST: 10}, seed)
    return method.fit(subject.module, subject.sampler(seed, method.told), budget)


@pytest.mark.parametrize("name", CODES)
def test_claims_are_of_the_sites_asked_for(subject, name):
    claims = fitted(subject, name, 20)
    assert {"converged", "loss", "l0"} <= set(claims.notes)
    assert [(one.site, len(one)) for one in claims.readings] == [(EMBED, 8), (POST, 10)]
    assert [(one.site, one.below) for one in claims.edges] == [(POST, EMBED)]
    sampler = subject.sampler(1, "features")
    on = sampler.features_on(50)
    vectors = sampler.encode(on)
    _, cache = subject.module.run_with_cache(vectors)
    for one in claims.readings:
        activity = one.activity(Batch(vectors.numpy(), cache[one.site].detach().numpy(), on))
        assert activity.shape == (50, len(one))
        assert activity.dtype == np.float32
        assert activity.min() >= 0


@pytest.mark.parametrize("name", CODES)
def test_the_same_seed_gives_the_same_claims(subject, name):
    first, again, other = (fitted(subject, name, 3, seed) for seed in (0, 0, 1))
    for one, two in zip(first.readings, again.readings, strict=True):
        np.testing.assert_array_equal(one.directions, two.directions)
    assert first.notes == again.notes
    assert not np.array_equal(first.readings[0].directions, other.readings[0].directions)


def test_claims_do_not_depend_on_what_was_fitted_before(subject):
    fitted(subject, "topk-sae", 4)
    after = fitted(subject, "transcoder", 4)
    fresh = replace(subject, module=copy.deepcopy(subject.module))
    alone = fitted(fresh, "transcoder", 4)
    for one, two in zip(after.readings, alone.readings, strict=True):
        np.testing.assert_array_equal(one.directions, two.directions)
    assert after.notes == alone.notes


@pytest.mark.parametrize(("largest", "axis"), [(largest_of_inputs, 1), (largest_of_batch, None)])
@pytest.mark.parametrize("count", [1, 3, 7, 9])
def test_the_largest_values_are_kept(largest, axis, count):
    values = np.random.default_rng(count).exponential(size=(5, 7)).astype(np.float32)
    place = np.argsort(np.argsort(-values, axis=axis), axis=axis).reshape(values.shape)
    kept = place < (count if axis == 1 else 5 * count)
    found = largest(torch.from_numpy(values), count)
    np.testing.assert_array_equal(found.numpy(), np.where(kept, values, 0))


def test_a_site_that_is_not_asked_for_has_no_claims(subject):
    method = METHODS["topk-sae"]
    asked = Budget(256, 128, {POST: 5, "hook_readout": 5}, 0)
    claims = method.fit(subject.module, subject.sampler(0), asked)
    assert [(one.site, len(one)) for one in claims.readings] == [(POST, 5)]
    assert claims.edges == ()


def test_edges_are_those_of_the_weights():
    """Codes that are the truth give the truth: the inputs of every AND, and no others."""
    from polyseme.interpret.benchmark.methods.sparse_codes.descent import Code, Scale, Sizes
    from polyseme.interpret.benchmark.methods.sparse_codes.edges import jacobian_edges

    pairs = np.array([[0, 1], [1, 2], [2, 3], [3, 0]])
    weights = np.zeros((4, 4), np.float32)
    weights[np.arange(4)[:, None], pairs] = 1

    def code(kind):
        numbers = {
            "encoder": torch.eye(4),
            "encoder_bias": torch.zeros(4),
            "decoder": torch.eye(4),
            "decoder_bias": torch.zeros(4),
        }
        as_is = Scale(torch.zeros(4), 1.0)
        return Code(kind, numbers, as_is, as_is, Sizes(4, 2, 1, 1e-3), {})

    inputs = torch.zeros(50, 4)
    inputs[torch.arange(50)[:, None], torch.from_numpy(pairs[np.arange(50) % 4])] = 1
    edges = jacobian_edges(
        "above",
        "below",
        (code(ReLU()), code(ReLU())),
        lambda values: (values @ torch.from_numpy(weights).T - 1).relu(),
        [inputs],
    )
    assert sorted(zip(edges.output, edges.input, strict=True)) == sorted(
        (output, one) for output, pair in enumerate(pairs.tolist()) for one in pair
    )
    assert (edges.confidence == 1).all()
