"""Hooks as TransformerLens has them: the same functions on one of its models and on a network."""

from __future__ import annotations

import pytest
import torch

import polyseme as ps
from support.small_networks import network_of

# `make test-tools` installs it; where it is skipped all the same, pytest says what was missing: it
# imports torchvision too, which must be built for the torch that is there.
pytest.importorskip("transformer_lens")

SITES = ("hook_embed", "blocks.0.mlp.hook_pre", "blocks.0.mlp.hook_post")


def in_their_words(ours):
    """One layer of a network as a HookedRootModule, with the names of TransformerLens."""
    from transformer_lens import HookedRootModule
    from transformer_lens.hook_points import HookPoint

    class Network(HookedRootModule):
        def __init__(self):
            super().__init__()
            self.encoder, self.readout = ours.encoder, ours.readout
            self.hook_embed = HookPoint()
            block = torch.nn.Module()
            block.linear, block.activation = ours.layers[0].linear, ours.layers[0].activation
            block.mlp = torch.nn.Module()
            block.mlp.hook_pre, block.mlp.hook_post = HookPoint(), HookPoint()
            self.blocks = torch.nn.ModuleList([block])
            self.setup()

        def forward(self, inputs):
            (block,) = self.blocks
            sums = block.mlp.hook_pre(block.linear(self.hook_embed(self.encoder(inputs))))
            return self.readout(block.mlp.hook_post(block.activation(sums)))

    return Network()


@pytest.fixture(scope="module")
def pair():
    ours = network_of("pairwise").to_torch()
    return ours, in_their_words(ours)


@pytest.fixture(scope="module")
def inputs():
    return torch.from_numpy(network_of("pairwise").sample("satisfied", 40)).float()


def test_the_cache_is_the_same_by_the_same_names(pair, inputs):
    caches = [module.run_with_cache(inputs)[1] for module in pair]
    assert set(caches[1]) == set(SITES)
    for name in SITES:
        assert torch.equal(caches[0][name], caches[1][name])


@pytest.mark.parametrize(
    "filtered",
    [
        "blocks.0.mlp.hook_post",
        lambda name: name.endswith("hook_post"),
        lambda name: "mlp" in name,
        lambda name: name in SITES,
    ],
)
def test_one_hook_does_the_same_on_both(pair, inputs, filtered):
    told, outputs = [], []
    for module in pair:
        seen: list[tuple[object, ...]] = []

        def halved(value, hook, seen=seen):
            layer = hook.layer() if hook.name.startswith(("blocks", "layers")) else None
            seen.append((hook.name.rpartition(".")[2], layer))
            hook.ctx["value"] = value
            return value / 2

        outputs.append(module.run_with_hooks(inputs, fwd_hooks=[(filtered, halved)]))
        told.append(seen)
        module.reset_hooks()
    assert told[0] == told[1]
    assert told[0]
    assert torch.equal(*outputs)
    assert not torch.equal(outputs[0], pair[0](inputs))


def test_a_hook_asked_for_by_name_is_told_that_name_on_both(pair, inputs):
    for module in pair:
        names: list[str] = []

        def told(value, hook, names=names):
            names.append(hook.name)

        hooks = [(name, told) for name in SITES]
        module.run_with_hooks(inputs, fwd_hooks=hooks)
        assert names == list(SITES)


def test_added_hooks_and_their_reset_are_alike(pair, inputs):
    plain = pair[0](inputs)
    outputs = []
    for module in pair:
        module.add_hook("blocks.0.mlp.hook_pre", lambda value, hook: value + 1)
        with module.hooks(fwd_hooks=[("hook_embed", lambda value, hook: -value)]):
            outputs.append(module(inputs))
        outputs.append(module(inputs))
        module.reset_hooks()
        assert torch.equal(module(inputs), plain)
    assert torch.equal(outputs[0], outputs[2])
    assert torch.equal(outputs[1], outputs[3])
    assert not torch.equal(outputs[1], plain)


def test_a_name_that_is_none_is_refused_by_both(pair, inputs):
    hooks = [("blocks.1.mlp.hook_post", lambda value, hook: value)]
    with pytest.raises(ps.OptionError):
        pair[0].run_with_hooks(inputs, fwd_hooks=hooks)
    with pytest.raises(KeyError):
        pair[1].run_with_hooks(inputs, fwd_hooks=hooks)
