"""`polyseme inspect`: what a file holds, and what one neuron serves."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import polyseme as ps
from polyseme.networks.saving.files import key_path
from support.cli import PROBLEM, Bench, assert_refused, call, done, loaded_by_every_command


def test_inspect_tells_what_is_in_the_file(bench: Bench) -> None:
    fields = done("inspect", bench.weak, "--json").json()
    network = ps.load(bench.weak, key=key_path(bench.weak))
    weights = network.layers[0].weights
    share = float((weights != 0).mean())
    assert fields["layers"] == [
        {
            "neurons": weights.shape[0],
            "units": weights.shape[0],
            "cap": 0,
            "squared": False,
            "carried": 0,
            "inputs": weights.shape[1],
            "weights_dtype": str(weights.dtype),
            "stored": "dense",
            "nonzero_share": pytest.approx(share),
        }
    ]
    assert (fields["source"], fields["construction"]) == (PROBLEM, "three-channel")
    assert (fields["seed"], fields["problem_seed"]) == (0, 0)
    served = _terms_of_each_neuron(network)
    spread = fields["terms_a_neuron"]
    assert spread["min"] == min(map(len, served))
    assert spread["max"] == max(map(len, served))
    assert spread["median"] == np.median([len(terms) for terms in served])
    for bar in spread["histogram"]:
        inside = [terms for terms in served if bar["from"] <= len(terms) <= bar["to"]]
        assert bar["neurons"] == len(inside)
    assert sum(bar["neurons"] for bar in spread["histogram"]) == len(served)


def _terms_of_each_neuron(network: ps.Network) -> list[list[str]]:
    key = network.key
    assert key is not None
    served: list[list[str]] = [[] for _ in range(network.neurons)]
    held = key.layers[0]
    for term in range(len(key.terms)):
        for neuron in held.units[held.offsets[term] : held.offsets[term + 1]]:
            served[neuron].append(key.describe(term))
    return served


def test_inspect_tells_in_words(bench: Bench) -> None:
    said = done("inspect", bench.weak).stdout
    assert PROBLEM in said
    assert "seeds          network 0, problem 0 (seed= in SOURCE)\n" in said
    assert "200 in 150 dimensions, in superposition" in said
    assert "terms per neuron  min" in said
    assert "bits of entropy per weight" in said
    assert "an exact network takes 200 ReLUs\n" in said
    assert "terms per neuron" not in done("inspect", bench.keyless).stdout
    assert done("inspect", bench.keyless, "--json").json()["terms_a_neuron"] is None


@pytest.mark.parametrize("neuron", [0, 77, 149])
def test_inspect_tells_what_one_neuron_serves(bench: Bench, neuron: int) -> None:
    served = _terms_of_each_neuron(ps.load(bench.weak, key=key_path(bench.weak)))[neuron]
    fields = done("inspect", bench.weak, "--neuron", str(neuron), "--json").json()
    assert fields["neuron"] == {"number": neuron, "terms": served}
    said = done("inspect", bench.weak, "--neuron", str(neuron)).stdout.splitlines()
    assert said[-len(served) - 1 :] == [
        f"neuron {neuron} serves {len(served)} terms",
        *(f"  {term}" for term in served),
    ]


def test_inspect_of_a_neuron_needs_one_that_is_there_and_the_key(bench: Bench) -> None:
    assert_refused(call("inspect", bench.weak, "--neuron", "150"), "0 to 149")
    assert_refused(call("inspect", bench.keyless, "--neuron", "0"), "keyless.key.safetensors")


def test_a_key_of_another_network_is_refused(bench: Bench, tmp_path: Path) -> None:
    net = tmp_path / "net.safetensors"
    net.write_bytes(bench.net.read_bytes())
    key_path(net).write_bytes(key_path(bench.weak).read_bytes())
    assert_refused(call("inspect", net), "net.key.safetensors")
    assert_refused(call("verify", net), "net.key.safetensors")
    key_path(net).write_bytes(b"junk")
    assert_refused(call("inspect", net), "net.key.safetensors")


def test_inspect_of_a_deep_network_tells_layers_and_wires(crowded: ps.Network) -> None:
    fields = done("inspect", "any", "--neuron", "2:7", "--json").json()
    key = crowded.key
    assert key is not None
    for layer, told in zip(crowded.layers, fields["layers"], strict=True):
        assert (told["units"], told["neurons"]) == (layer.units, 2 * layer.units)
        assert told["cap"] == layer.activation.cap > 0
    held = key.layers[2]
    wires = [
        key.circuit.wire_name(int(wire))
        for wire, units in zip(held.wires, held.positions.tolist(), strict=True)
        if 7 in units
    ]
    assert fields["neuron"] == {"layer": 2, "number": 7, "wires": wires}
    assert fields["layers"][2]["wires_a_unit"]["max"] >= len(wires)
    assert fields["terms_a_neuron"] is None
    total = sum(layer.neurons for layer in crowded.layers)
    exact = ps.compile(ps.problems.layered(400, 4), construction="monosemantic", carry="residual")
    assert (fields["neurons_total"], fields["computed_features"]) == (total, 1200)
    assert fields["monosemantic_neurons_total"] == exact.neurons_total
    assert (fields["monosemantic_state"], fields["state"]) == (exact.state, 150)
    said = done("inspect", "any", "--neuron", "2:7").stdout
    assert "1,200, and 400 identities" in said
    assert f"exact, with a residual stream: {exact.neurons_total:,} ReLUs in all" in said
    assert f"unit 7 of layer 2 carries {len(wires)} wires" in said
    assert f"units clipped at {crowded.layers[0].activation.cap}" in said


def test_inspect_of_a_sparse_network(deep: ps.Network) -> None:
    fields = done("inspect", "any", "--json").json()
    for layer, told in zip(deep.layers, fields["layers"], strict=True):
        full = layer.weights.toarray()
        assert told["stored"] == "sparse"
        assert told["nonzero_share"] == pytest.approx(float((full != 0).mean()))
    assert "wires per unit: min 1, median 1, max 1" in done("inspect", "any").stdout


@pytest.mark.parametrize(
    ("asked", "rule"),
    [
        ("7", "name its layer, 0 to 3"),
        ("4:0", "0 to 3"),
        ("0:150", "0 to 149"),
        (":7", "whole number"),
        ("1:", "whole number"),
        ("1:2:3", "whole number"),
    ],
)
def test_inspect_of_a_unit_needs_one_that_is_there(
    crowded: ps.Network, asked: str, rule: str
) -> None:
    assert_refused(call("inspect", "any", "--neuron", asked), rule)
    done("inspect", "any", "--neuron", "3:149")


def test_without_its_key_a_deep_network_tells_only_the_widest_exact_layer(
    crowded: ps.Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded_by_every_command(replace(crowded, key=None), monkeypatch)
    fields = done("inspect", "any", "--json").json()
    assert fields["monosemantic_neurons"] == crowded.provenance.monosemantic_neurons
    assert fields["monosemantic_neurons_total"] is None
    assert fields["computed_features"] is None
    assert "in its widest layer" in done("inspect", "any").stdout


def test_inspect_cites_in_text_and_in_json(bench: Bench) -> None:
    bibtex = ps.citation(ps.load(bench.net))
    assert done("inspect", bench.net, "--cite").stdout == f"{bibtex}\n"
    assert done("inspect", bench.net, "--cite", "--json").json() == {
        "construction": "three-channel",
        "bibtex": bibtex,
    }


def test_inspect_of_very_many_layers_fits_a_screen(monkeypatch: pytest.MonkeyPatch) -> None:
    network = ps.compile(ps.problems.layered(24, 40), construction="monosemantic")
    loaded_by_every_command(network, monkeypatch)
    layers = len(network.layers)
    said, everything = done("inspect", "any").stdout, done("inspect", "any", "--all").stdout
    assert len(said.splitlines()) < 45 < len(everything.splitlines())
    assert f"the first 6 and the 6 widest; {layers - 12} more with --all, or --json" in said
    assert everything.count("wires per unit") == layers
    assert "more with --all" not in everything
    assert len(done("inspect", "any", "--json").json()["layers"]) == layers
