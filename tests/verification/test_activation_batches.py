"""Activations in batches: the same samples however they are cut, and what the module computes."""

from __future__ import annotations

import itertools
import sys
from dataclasses import replace

import numpy as np
import pytest
import torch

import polyseme as ps
from polyseme.circuits.evaluate import active_matrix
from polyseme.common.random_streams import Stream, stream
from polyseme.verification import activation_batches as batches_module
from polyseme.verification.inputs import draw_inputs
from support.small_networks import network_of


@pytest.fixture(autouse=True)
def few_are_drawn_at_a_time(monkeypatch):
    monkeypatch.setattr(batches_module, "_DRAWN", 64)


@pytest.mark.parametrize("kind", ["pairwise", "stream"])
def test_every_site_has_what_the_module_computes(kind):
    network = network_of(kind)
    module = network.to_torch()
    first = {}
    for site in network.sites:
        first[site] = torch.cat(list(network.activation_batches(site, 150, 40, inputs="uniform")))
        assert first[site].dtype == torch.float32
    with torch.no_grad():
        _, cache = module[1:].run_with_cache(first["hook_embed"])
    assert list(cache) == list(network.sites)
    for site, numbers in cache.items():
        assert torch.equal(numbers, first[site])


def test_inputs_are_those_of_the_kind_draw_after_draw():
    network = network_of("pairwise")
    found = torch.cat(list(network.activation_batches("hook_embed", 130, 50, active=4, seed=7)))
    rows = np.vstack(
        [
            draw_inputs("satisfied", network.key.terms, 4, 64, stream(7, Stream.ACTIVATIONS, draw))
            for draw in range(3)
        ]
    )
    wanted = active_matrix(rows, 400).astype(np.float32) @ network.encoder.code.matrix()
    assert np.array_equal(found.numpy(), wanted.toarray()[:130])


def test_batches_of_any_size_are_cut_from_the_same_samples():
    network = network_of("pairwise")
    sizes = {
        batch: [len(one) for one in network.activation_batches(0, 200, batch)]
        for batch in (1, 64, 99, 500)
    }
    assert sizes[64] == [64, 64, 64, 8]
    assert sizes[99] == [99, 99, 2]
    assert sizes[500] == [200]
    whole = torch.cat(list(network.activation_batches(0, 200, 500)))
    for batch in (1, 64, 99):
        name = "blocks.0.mlp.hook_post"
        assert torch.equal(torch.cat(list(network.activation_batches(name, 200, batch))), whole)
    assert not torch.equal(torch.cat(list(network.activation_batches(0, 200, seed=2))), whole)


def test_without_a_number_they_never_end_and_each_is_its_own():
    network = network_of("pairwise")
    given = network.activation_batches(0, None, 64)
    kept = []
    for one in itertools.islice(given, 5):
        kept.append(one.clone())
        one.zero_()
    assert torch.equal(torch.cat(kept), torch.cat(list(network.activation_batches(0, 320, 64))))


def test_a_bare_network_has_uniform_inputs_alone():
    network = network_of("pairwise")
    bare = replace(network, key=None)
    ours = torch.cat(list(bare.activation_batches(0, 100, inputs="uniform")))
    assert torch.equal(ours, torch.cat(list(network.activation_batches(0, 100, inputs="uniform"))))
    with pytest.raises(ps.OptionError, match="without its answer key"):
        bare.activation_batches(0, 100)


@pytest.mark.parametrize(
    ("arguments", "rule"),
    [
        ({"site": 1}, "site is 1; it must be 0 to 0"),
        ({"site": "hook_readouts"}, "did you mean"),
        ({"samples": 0}, "samples is 0"),
        ({"batch": 0}, "batch is 0"),
        ({"inputs": "unifrom"}, "no inputs named 'unifrom'"),
        ({"active": 401}, "401"),
        ({"active": 1}, "active"),
        ({"seed": -1}, "seed is -1"),
    ],
)
def test_wrong_arguments_are_refused_before_the_first_batch(arguments, rule):
    with pytest.raises(ps.OptionError, match=rule):
        network_of("pairwise").activation_batches(**{"site": 0, "samples": 10} | arguments)


def test_without_torch_the_extra_is_named(monkeypatch):
    network = network_of("pairwise")
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(ps.MissingExtraError, match=r"polyseme\[torch\]"):
        network.activation_batches(0, 10)
