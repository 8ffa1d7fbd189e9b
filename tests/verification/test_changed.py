"""Changed copies of a network in torch, compared with the circuit."""

from __future__ import annotations

import copy

import numpy as np
import pytest
import torch

import polyseme as ps
from polyseme.verification import changed
from support.progress import Watcher
from support.small_networks import network_of


@pytest.mark.parametrize("kind", ["pairwise", "facts", "universal"])
@pytest.mark.parametrize("inputs", ["satisfied", "one-short", "alone"])
def test_an_unchanged_copy_errs_as_the_network_does(kind, inputs, monkeypatch):
    network = network_of(kind)
    module = network.to_torch()
    options = {"samples": 300, "inputs": inputs, "seed": 5}
    assert ps.verify(network, module=module, **options) == ps.verify(network, **options)
    monkeypatch.setattr(changed, "_AT_ONCE", 1)
    watcher = Watcher()
    seen = ps.verify(network, module=module, samples=7, progress=watcher)
    assert seen == ps.verify(network, samples=7)
    assert watcher.counts[-7:] == [(number, 7) for number in range(1, 8)]


def test_outputs_that_rest_at_one_are_compared_as_the_user_sees_them():
    circuit = ps.build_circuit(
        "abc", [(ps.GateKind.OR, (0, 1))], [3, -1, 2], inverted=[True, True, False]
    )
    network = ps.compile(circuit)
    assert ps.verify(network, module=network.to_torch(), samples=200).wrong == 0
    silent = copy.deepcopy(network.to_torch())
    silent.readout.bias.data[1] = -1
    assert ps.verify(network, module=silent, samples=200).wrong == 200


def test_an_ablated_unit_breaks_the_gates_it_serves():
    network = network_of("monosemantic")
    key = network.key
    assert key is not None
    ablated = network.to_torch()
    [unit] = key.neurons_of("g3").tolist()

    def without(site, given, value):
        value = value.clone()
        value[:, unit] = 0
        return value

    ablated.layers[0].hook_post.register_forward_hook(without)
    every_gate = ps.verify(network, module=ablated, inputs="alone", samples=30)
    assert (every_gate.samples, every_gate.wrong) == (30, 1)
    pair = circuit_inputs(key.circuit, 3)
    assert set(every_gate.first_wrong) == pair


def circuit_inputs(circuit: ps.Circuit, gate: int) -> set[str]:
    return {circuit.features[int(wire)] for wire in circuit.fan_in[2 * gate : 2 * gate + 2]}


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_copies_in_other_types_get_inputs_of_theirs(dtype):
    network = network_of("monosemantic")
    module = network.to_torch().to(dtype)
    seen: list[torch.dtype] = []
    module.encoder.register_forward_pre_hook(lambda _, given: seen.append(given[0].dtype))
    # Small whole numbers, which even bfloat16 holds.
    assert ps.verify(network, module=module, samples=100).wrong == 0
    assert set(seen) == {dtype}


def test_a_module_without_parameters_and_one_of_our_own_are_tried():
    network = network_of("monosemantic")
    circuit = network.key.circuit
    pairs = torch.from_numpy(circuit.fan_in.reshape(-1, 2).astype(np.int64))

    class Ands(torch.nn.Module):
        def forward(self, values):
            return values[:, pairs].sum(dim=2) - 1.5

    assert ps.verify(network, module=Ands(), samples=100).wrong == 0
    assert ps.verify(network, circuit, module=torch.nn.Identity(), samples=100).wrong == 100


@pytest.mark.parametrize("module", [3, "net", torch.zeros(2), lambda values: values])
def test_what_is_no_module_is_refused(module):
    with pytest.raises(ps.OptionError, match=r"module is .*; it must be a torch module"):
        ps.verify(network_of("monosemantic"), module=module)


def test_a_module_of_other_outputs_is_refused():
    with pytest.raises(ps.OptionError, match=r"returns \(50, 4\) for 50 samples; it must be"):
        ps.verify(network_of("monosemantic"), module=torch.nn.Linear(30, 4), samples=50)
    network = network_of("monosemantic")
    with pytest.raises(ps.OptionError, match="a network; a torch module is given as module="):
        ps.verify(network.to_torch(), network.key.circuit)
