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


def test_hooks_change_one_run_as_those_of_torch_do(module):
    inputs = inputs_of(20)
    handle = module.layers[1].hook_post.register_forward_hook(lambda *call: call[2] + 3)
    wanted = module(inputs)
    handle.remove()
    plain = module(inputs)
    assert not torch.equal(plain, wanted)
    for name in ("layers.1.hook_post", "blocks.1.mlp.hook_post"):
        hooked = module.run_with_hooks(inputs, fwd_hooks=[(name, lambda value, hook: value + 3)])
        assert torch.equal(hooked, wanted)
    assert torch.equal(module.run_with_hooks(inputs), plain)
    assert not any(one._forward_hooks for one in module.modules())


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ("hook_embed", ["hook_embed"]),
        ("layers.1.hook_pre", ["layers.1.hook_pre"]),
        ("blocks.1.mlp.hook_pre", ["blocks.1.mlp.hook_pre"]),
        (("blocks.2.mlp.hook_pre", "hook_embed"), ["hook_embed", "blocks.2.mlp.hook_pre"]),
        (lambda name: name.endswith("post"), [f"layers.{n}.hook_post" for n in range(3)]),
        (lambda name: "mlp.hook_pre" in name, [f"blocks.{n}.mlp.hook_pre" for n in range(3)]),
        (lambda name: False, []),
    ],
)
def test_a_hook_is_told_the_name_by_which_its_site_was_asked_for(module, asked, told):
    seen = []
    module.run_with_hooks(inputs_of(20), [(asked, lambda value, hook: seen.append(hook.name))])
    assert seen == told


def test_hooks_at_one_site_follow_each_other_and_know_their_layer(module):
    inputs, layers = inputs_of(20), []
    _, cache = module.run_with_cache(inputs)

    def twice(value, hook):
        layers.append(hook.layer())
        return 2 * value

    name = "layers.2.hook_post"
    with module.hooks([(name, twice), (name, lambda value, hook: value + 1)]):
        _, changed = module.run_with_cache(inputs, "blocks.2.mlp.hook_post")
    assert layers == [2]
    assert torch.equal(changed[name], 2 * cache[name] + 1)
    with pytest.raises(ps.OptionError, match="hook_readout belongs to no layer"):
        module.run_with_hooks(inputs, [("hook_readout", lambda value, hook: hook.layer())])


def test_added_hooks_stay_until_they_are_reset(module):
    inputs = inputs_of(20)

    def counted(value, hook):
        hook.ctx["runs"] = hook.ctx.get("runs", 0) + 1
        seen.append(hook.ctx["runs"])

    seen: list[int] = []
    module.add_hook("layers.0.hook_post", counted)
    module.add_hook(lambda name: name == "hook_readout", lambda value, hook: value * 0)
    assert not module(inputs).any()
    assert not module.run_with_hooks(inputs, [("hook_embed", lambda value, hook: None)]).any()
    module.reset_hooks()
    assert module(inputs).any()
    module.add_hook("layers.0.hook_post", counted)
    module(inputs)
    assert seen == [1, 2, 1]


def test_the_cache_is_read_by_either_name(module):
    _, cache = module.run_with_cache(inputs_of(20), ["blocks.0.mlp.hook_post", "hook_embed"])
    assert list(cache) == ["hook_embed", "layers.0.hook_post"]
    assert cache["blocks.0.mlp.hook_post"] is cache["layers.0.hook_post"]
    for absent in ("layers.1.hook_post", "blocks.1.mlp.hook_post", "blocks.0.mlp", 3):
        with pytest.raises(KeyError):
            cache[absent]


@pytest.mark.parametrize(
    ("hooks", "rule"),
    [
        ([("layers.0.hook_posts", print)], "names 'layers.0.hook_posts', which is no site; did"),
        ([("blocks.9.mlp.hook_post", print)], "names 'blocks.9.mlp.hook_post', which is no site"),
        ([("hook_embed", 3)], "must have pairs of a name and a function"),
        (["hook_embed"], "must have pairs of a name and a function"),
        (7, "must be pairs of a name and a function"),
        ([(7, print)], "must be a name, several, or a function of a name"),
        ([("hook_embed", lambda value, hook: 0)], "returned 0; it must return a tensor or None"),
    ],
)
def test_hooks_that_are_none_are_refused_and_leave_nothing(module, hooks, rule):
    with pytest.raises(ps.OptionError, match=rule):
        module.run_with_hooks(inputs_of(20), hooks)
    assert not any(one._forward_hooks for one in module.modules())
