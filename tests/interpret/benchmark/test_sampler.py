"""Inputs of methods: batches are cut from blocks, which are drawn and run at once."""

from __future__ import annotations

import pytest

pytest.importorskip("torch")

import torch

import polyseme as ps
from polyseme.interpret.benchmark.activations import activations
from polyseme.interpret.benchmark.sampler import TOGETHER
from polyseme.interpret.benchmark.subject import Subject, subject_of, uniform

SITES = ("hook_embed", "layers.0.hook_post")


@pytest.fixture(scope="module")
def subject() -> Subject:
    network = ps.compile(ps.problems.layered(width=8, depth=2), active=3)
    return subject_of("layered", network, uniform(features=8, active=3))


@pytest.mark.parametrize("count", [0, 1, TOGETHER, TOGETHER + 1, 3 * TOGETHER - 1])
def test_batches_are_the_blocks_cut(subject, count):
    sampler = subject.sampler(5)
    batches, blocks = list(sampler.batches(3, count)), list(sampler.blocks(3, count))
    assert [len(one) for one in batches] == [3] * count
    assert len(blocks) == -(-count // TOGETHER)
    if count:
        assert torch.equal(torch.cat(batches), torch.cat(blocks))
    # Blocks are fresh draws, not the same ones again.
    assert len({one.numpy().tobytes() for one in blocks}) == len(blocks)


def test_activations_are_those_of_the_same_batches(subject):
    sampler, count = subject.sampler(5), TOGETHER + 2
    found = list(activations(subject.module, sampler, SITES, batch=7, count=count))
    for vectors, numbers in zip(sampler.batches(7, count), found, strict=True):
        _, cache = subject.module.run_with_cache(vectors, SITES)
        for site in SITES:
            torch.testing.assert_close(numbers[site], cache[site].detach())
