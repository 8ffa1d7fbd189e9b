"""Questions to a network: every form of input gives the outputs that the definition gives."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
import scipy.sparse as sp
import torch

import polyseme as ps
from polyseme.networks import asking
from support.small_networks import KINDS, draw_bits, network_of, oracle

BEYOND = pytest.mark.filterwarnings("ignore:.* on, more than the|.* inputs have more features on")


@BEYOND
@pytest.mark.parametrize("kind", KINDS)
def test_all_forms_of_inputs_give_what_the_definition_gives(kind):
    network = network_of(kind)
    bits = draw_bits(network, 25, seed=6)
    features, outputs = network.encoder.features, network.readout.outputs
    expected = oracle(network, bits)
    named = [[outputs[int(i)] for i in np.flatnonzero(row)] for row in expected]
    sets = [[features[int(i)] for i in np.flatnonzero(row)] for row in bits]
    assert network.run(sets) == named
    assert [network.run(names) for names in sets] == named
    assert network.run(map(set, sets)) == named
    for matrix in (bits, bits.astype(np.int8), bits.astype(np.float16), torch.from_numpy(bits)):
        found = network.run(matrix)
        assert found.dtype == bool
        assert np.array_equal(found, expected)
    found = network.run(sp.csc_array(bits.astype(float)))
    assert sp.issparse(found)
    assert np.array_equal(found.toarray(), expected)


@BEYOND
@pytest.mark.parametrize("kind", KINDS)
def test_activations_are_those_of_the_torch_module(kind):
    network = network_of(kind)
    bits = draw_bits(network, 20, seed=7)
    ours = network.activations(bits)
    outputs, cache = network.to_torch().run_with_cache(torch.from_numpy(bits.astype(np.float32)))
    assert tuple(ours) == tuple(cache) == network.sites
    finite = np.isfinite(network.readout.thresholds)
    for site, values in cache.items():
        kept = finite if site == "hook_readout" else slice(None)
        assert ours[site].dtype == np.float32
        assert np.array_equal(ours[site][:, kept], values.detach().numpy()[:, kept])
    assert np.array_equal(ours["hook_readout"] >= 0, oracle(network, bits))
    assert torch.equal(outputs, cache["hook_readout"])


def test_batches_are_as_one(monkeypatch):
    network = network_of("pairwise")
    bits = network.sample("satisfied", 100)
    at_once = network.run(bits)
    monkeypatch.setattr(asking, "_AT_ONCE", 1)
    assert np.array_equal(network.run(bits), at_once)
    assert at_once.any(axis=1).all()


@pytest.mark.parametrize("sets", [[], [[]], [["x0"], [], ["x0", "x1", "x0"]]])
def test_empty_sets_and_repeated_names(sets):
    network = network_of("ties")
    # No set of sets can be told from no name.
    expected = [network.run(one) for one in sets]
    assert network.run(sets) == expected
    empty = np.zeros((0, 4), bool)
    assert network.run(empty).shape == (0, 4)
    assert network.run(sp.csr_array(empty)).shape == (0, 4)
    assert network.activations(empty)["layers.0.hook_post"].shape == (0, 4)


@pytest.mark.parametrize(
    ("on", "rule"),
    [
        (np.zeros(4), "1 dimensions; it must be"),
        (np.zeros((2, 3)), "3 columns; it must have one per feature, 4"),
        (sp.csr_array((2, 5)), "5 columns"),
        (np.full((1, 4), np.nan), "float32 does not"),
        (np.full((1, 4), 1e39), "float32 does not"),
        (sp.csr_array(np.full((1, 4), np.inf)), "float32 does not"),
        (sp.csr_array(np.full((1, 4), 1j)), "it must hold real numbers"),
        (np.zeros((1, 4), complex), "on must be feature names"),
    ],
)
def test_what_is_no_matrix_of_inputs_is_refused(on, rule):
    for ask in (network_of("ties").run, network_of("ties").activations):
        with pytest.raises(ps.OptionError, match=rule) as refused:
            ask(on)
        assert len(str(refused.value).splitlines()) == 1


def test_results_of_more_than_four_gib_are_refused(monkeypatch):
    network = network_of("ties")
    monkeypatch.setattr(asking, "_MOST_BYTES", 4 * 4 * 4 * 3)
    assert network.activations(np.zeros((3, 4)))
    with pytest.raises(ps.CapacityError, match="give fewer samples"):
        network.activations(np.zeros((4, 4)))
    monkeypatch.setattr(asking, "_MOST_BYTES", 11)
    assert network.run(sp.csr_array((3, 4))).shape == (3, 4)
    with pytest.raises(ps.CapacityError, match="sparse matrix"):
        network.run(np.zeros((3, 4)))


# --- the promise ---------------------------------------------------------------------------------


def test_a_query_that_leaves_the_promise_is_warned_of_where_it_was_asked():
    network = network_of("pairwise")
    kept = np.zeros((3, 400))
    kept[:, :3] = 1
    broken = kept.copy()
    broken[1, :7] = 1
    network.run(["x0", "x1", "x2"])
    network.run(kept)
    with pytest.warns(ps.PolysemeWarning, match="^4 features are on, more than the 3") as warned:
        network.run(["x0", "x1", "x2", "x3"])
    assert warned[0].filename == __file__
    said = "^1 of 3 inputs have more features on than the 3 the network was compiled for, up to 7;"
    for ask in (network.run, network.activations):
        with pytest.warns(ps.PolysemeWarning, match=said):
            ask(broken)


# --- numbers between 0 and 1 ---------------------------------------------------------------------


def test_other_numbers_scale_what_the_encoder_adds():
    network = network_of("deep")
    numbers = np.random.default_rng(3).normal(0, 0.4, (9, 25)).astype(np.float32)
    code = network.encoder.code.matrix().toarray()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ps.PolysemeWarning)
        found, on = network.activations(numbers), network.run(numbers)
    assert np.allclose(found["hook_embed"], numbers @ code, atol=1e-5)
    assert np.array_equal(found["hook_readout"] >= 0, on)
    outputs = network.to_torch()(torch.from_numpy(numbers)).detach().numpy()
    finite = np.isfinite(network.readout.thresholds)
    assert np.allclose(found["hook_readout"][:, finite], outputs[:, finite], atol=1e-2)


def test_a_feature_of_a_half_counts_as_on_for_promise_and_labels():
    network = network_of("monosemantic")
    on = np.zeros((2, 30))
    on[0, :8], on[1, :8] = 0.49, 0.5
    with pytest.warns(ps.PolysemeWarning, match="^1 of 2 inputs have more features on"):
        network.run(on)
    labels = network.key.labels(on, "hook_embed").toarray()
    assert np.array_equal(labels, on >= 0.5)


def test_small_noise_changes_no_decision_of_an_exact_network():
    network = network_of("monosemantic")
    bits = network.sample("satisfied", 200)
    noise = np.random.default_rng(0).uniform(-0.1, 0.1, bits.shape)
    assert np.array_equal(network.run(bits + noise), network.run(bits))


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_half_precision_inputs_are_read_in_float32(dtype):
    network = network_of("pairwise")
    bits = network.sample("satisfied", 50)
    numbers = (torch.from_numpy(bits) * 0.7).to(dtype)
    expected = network.activations(numbers.double().numpy())
    found = network.activations(numbers)
    assert np.array_equal(found["hook_embed"], expected["hook_embed"])
    assert np.array_equal(network.run(numbers), found["hook_readout"] >= 0)
