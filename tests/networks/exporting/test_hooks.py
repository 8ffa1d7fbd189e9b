"""Hooks on the torch module: sites by name, the cache, and changes that are heard."""

from __future__ import annotations

import copy

import numpy as np
import pytest
import torch

import polyseme as ps
from support.small_networks import network_of


@pytest.fixture
def module():
    return network_of("stream").to_torch()


def inputs_of(features: int) -> torch.Tensor:
    return torch.from_numpy(np.random.default_rng(1).random((6, features)) < 0.2).float()


def test_sites_are_named_alike_and_each_is_an_identity_for_hooks(module):
    names = network_of("stream").sites
    assert names == (
        "hook_embed",
        *(f"layers.{n}.hook_{when}" for n in range(3) for when in ("pre", "post")),
        "hook_readout",
    )
    assert module.sites == names
    assert all(type(module.get_submodule(name)) is torch.nn.Identity for name in names)
    assert not any("hook" in name for name in module.state_dict())


def test_the_cache_has_every_site_and_leaves_no_hook_behind(module):
    inputs = inputs_of(20)
    outputs, cache = module.run_with_cache(inputs)
    assert tuple(cache) == module.sites
    assert torch.equal(outputs, module(inputs))
    assert not any(one._forward_hooks for one in module.modules())
    widths = [(len(layer.weights.shape), layer.width) for layer in network_of("stream").layers]
    assert [cache[f"layers.{n}.hook_post"].shape[1] for n in range(3)] == [w for _, w in widths]


@pytest.mark.parametrize(
    ("chosen", "kept"),
    [
        ("hook_embed", ["hook_embed"]),
        (["hook_readout", "layers.1.hook_pre"], ["layers.1.hook_pre", "hook_readout"]),
        (lambda name: name.endswith("post"), [f"layers.{n}.hook_post" for n in range(3)]),
        ([], []),
    ],
)
def test_sites_can_be_chosen(module, chosen, kept):
    _, cache = module.run_with_cache(inputs_of(20), chosen)
    assert list(cache) == kept


def test_what_is_no_site_is_refused_and_leaves_no_hook(module):
    with pytest.raises(ps.OptionError, match="no site; did you mean"):
        module.run_with_cache(inputs_of(20), ["hook_embed", "layers.0.hook_posts"])
    assert not any(one._forward_hooks for one in module.modules())
    with pytest.raises(RuntimeError):
        module.run_with_cache(torch.zeros(1, 3))
    assert not any(one._forward_hooks for one in module.modules())


def test_a_hook_changes_what_goes_on_and_what_the_cache_has(module):
    inputs = inputs_of(20)
    before, plain = module.run_with_cache(inputs)
    handle = module.layers[1].hook_post.register_forward_hook(lambda *call: call[2] * 0)
    after, changed = module.run_with_cache(inputs)
    handle.remove()
    assert not changed["layers.1.hook_post"].any()
    assert torch.equal(changed["layers.1.hook_pre"], plain["layers.1.hook_pre"])
    assert not torch.equal(after, before)
    assert torch.equal(module(inputs), before)


def test_a_copy_has_hooks_of_its_own(module):
    inputs = inputs_of(20)
    other = copy.deepcopy(module)
    other.layers[0].hook_post.register_forward_hook(lambda *call: call[2] * 0)
    _, cache = other.run_with_cache(inputs)
    assert not cache["layers.0.hook_post"].any()
    assert module.run_with_cache(inputs)[1]["layers.0.hook_post"].any()
    assert other.feature_names == module.feature_names
    assert other.output_names == module.output_names


def test_gradients_flow_through_the_cache():
    module = network_of("pairwise").to_torch()
    inputs = inputs_of(400).requires_grad_()
    outputs, cache = module.run_with_cache(inputs)
    cache["layers.0.hook_post"].retain_grad()
    outputs.sum().backward()
    assert cache["layers.0.hook_post"].grad is not None
    assert inputs.grad is not None
