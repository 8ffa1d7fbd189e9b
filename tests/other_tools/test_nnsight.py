"""Traces and interventions of nnsight at the sites of a network."""

from __future__ import annotations

import pytest
import torch

from support.small_networks import network_of

nnsight = pytest.importorskip(
    "nnsight", reason="nnsight is not installed; make test-tools installs it"
)


@pytest.fixture(scope="module", params=["pairwise", "stream"])
def kind(request):
    return request.param


@pytest.fixture(scope="module")
def module(kind):
    return network_of(kind).to_torch()


@pytest.fixture(scope="module")
def inputs(kind):
    return torch.from_numpy(network_of(kind).sample("uniform", 30)).float()


def test_a_trace_has_what_the_cache_has(module, inputs):
    outputs, cache = module.run_with_cache(inputs)
    model = nnsight.NNsight(module)
    with model.trace(inputs):
        embedded = model.hook_embed.output.save()
        before = model.layers[0].hook_pre.output.save()
        behind = model.layers[0].hook_post.output.save()
        read = model.hook_readout.output.save()
    assert torch.equal(embedded, cache["hook_embed"])
    assert torch.equal(before, cache["layers.0.hook_pre"])
    assert torch.equal(behind, cache["layers.0.hook_post"])
    assert torch.equal(read, outputs)


def test_an_intervention_does_what_a_hook_does(module, inputs):
    wanted = module.run_with_hooks(inputs, [("layers.0.hook_post", lambda value, hook: value * 0)])
    model = nnsight.NNsight(module)
    with model.trace(inputs):
        model.layers[0].hook_post.output = model.layers[0].hook_post.output * 0
        changed = model.output.save()
    assert torch.equal(changed, wanted)
    with model.trace(inputs):
        model.layers[0].hook_post.output[:] = 0
        written = model.output.save()
    assert torch.equal(written, wanted)
    assert torch.equal(module(inputs), module.run_with_cache(inputs)[0])
