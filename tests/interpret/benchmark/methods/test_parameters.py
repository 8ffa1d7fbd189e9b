"""Decompositions of parameters: valid claims, the same every time, and the published toy table."""

from __future__ import annotations

from collections import OrderedDict

import numpy as np
import pytest

import polyseme as ps
from polyseme.errors import OptionError
from polyseme.interpret.benchmark.method import Budget
from polyseme.interpret.benchmark.methods.listing import METHODS
from polyseme.interpret.benchmark.subject import subject_of, uniform

torch = pytest.importorskip("torch")

EMBED, POST = "hook_embed", "layers.0.hook_post"


@pytest.fixture(autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def subject():
    circuit = ps.problems.pairwise_and(features=8, gates=8)
    network = ps.compile(circuit, active=3, construction="monosemantic")
    return subject_of("eight", network, uniform(8, 3))


@pytest.mark.parametrize("name", ["apd", "spd"])
def test_claims_are_of_one_layer_and_the_same_every_time(subject, name):
    budget = Budget(64 * 5, 64, {EMBED: 8, POST: 8}, 0)
    first, again = (METHODS[name].fit(subject.module, subject.sampler(0), budget) for _ in "ab")
    found = first.decomposition
    assert found.layer == 0
    assert found.reads.shape[1] == found.writes.shape[1] == 8
    np.testing.assert_array_equal(found.reads, again.decomposition.reads)
    np.testing.assert_array_equal(found.writes, again.decomposition.writes)
    assert first.notes == again.notes
    assert {"converged", "loss", "l0", "meaning"} <= set(first.notes)


@pytest.mark.parametrize("name", ["apd", "spd"])
def test_a_layer_must_be_asked_for(subject, name):
    with pytest.raises(OptionError, match="needs a layers"):
        METHODS[name].fit(subject.module, subject.sampler(0), Budget(64, 64, {EMBED: 8}, 0))


def test_components_that_are_all_there_change_nothing():
    from polyseme.interpret.benchmark.methods.parameters.masked import Components, Target

    module = torch.nn.Sequential(
        OrderedDict(first=torch.nn.Linear(3, 4), relu=torch.nn.ReLU(), last=torch.nn.Linear(4, 2))
    )
    target = Target(module, ("first",))
    components = Components(torch.eye(3), module.first.weight.detach().T.clone())
    inputs = torch.rand(5, 3)
    outputs, read = target.run(inputs)
    torch.testing.assert_close(read["first"], inputs)
    assert target.unfaithful({"first": components}) == 0
    whole = target.masked(inputs, {"first": components}, {"first": torch.ones(5, 3)})
    torch.testing.assert_close(whole, outputs)
    without = target.masked(inputs, {"first": components}, {"first": torch.tensor([0.0, 1.0, 1.0])})
    torch.testing.assert_close(without, module(inputs * torch.tensor([0.0, 1.0, 1.0])))
