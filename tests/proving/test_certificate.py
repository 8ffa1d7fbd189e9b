"""Certificates made in Python: what they state, and what is refused."""

from __future__ import annotations

import json
from itertools import combinations

import numpy as np
import pytest

import polyseme as ps
from check_certificate import verdict
from polyseme.errors import FileFormatError, OptionError
from polyseme.proving.certificate import certificate_of_sample
from polyseme.proving.extreme_readings import extreme_readings
from polyseme.proving.largest_sum import largest_sum
from support.certified import certified
from support.checker import read_network
from support.linear_networks import drawn_network


@pytest.fixture
def saved(tmp_path):
    """A network with its answer key beside it, and its proof."""
    circuit = ps.problems.pairwise_and(400, 400)
    network = ps.compile(circuit, construction="tight-frames", neurons=256, active=2)
    network.save(tmp_path / "net.safetensors", key=True)
    return tmp_path / "net.safetensors", network, ps.prove(network)


def test_the_answer_key_beside_a_network_is_its_circuit(saved):
    path, _, proof = saved
    made = ps.certificate(proof, path)
    key = path.with_name("net.key.safetensors")
    status, said = verdict(made.as_json().encode(), path.read_bytes(), key.read_bytes())
    assert (status, said[:9]) == (0, "accepted:")
    assert made.claim["largest_active"] == proof.largest_active
    made.save(path.with_name("c.json"))
    assert path.with_name("c.json").read_text() == made.as_json()


def test_a_sample_makes_a_certificate_that_proves_nothing(saved):
    path, network, _ = saved
    found = ps.verify(network, active=4, samples=2000, seed=3)
    made = certificate_of_sample(found, 3, path)
    assert made.claim["proved"] is None
    assert made.evidence["seed"] == 3
    assert len(made.evidence["failures"]) == (found.wrong > 0) == 1
    key = path.with_name("net.key.safetensors").read_bytes()
    status, said = verdict(made.as_json().encode(), path.read_bytes(), key)
    assert (status, said) == (3, "not checked: run again: 1 listed failures")


def test_what_is_no_proof_or_no_file_is_refused(saved, tmp_path):
    path, _, proof = saved
    with pytest.raises(OptionError, match="it must be a proof"):
        ps.certificate("proof", path)
    with pytest.raises(FileFormatError, match="no such file"):
        ps.certificate(proof, tmp_path / "none.safetensors")
    path.with_name("net.key.safetensors").unlink()
    with pytest.raises(OptionError, match="has no answer key beside it"):
        ps.certificate(proof, path)
    ps.write(ps.problems.pairwise_and(9, 9), tmp_path / "other.json")
    with pytest.raises(OptionError, match="has not the features of the network"):
        ps.certificate(proof, path, tmp_path / "other.json")


@pytest.mark.parametrize("seed", range(20))
def test_no_sum_of_any_input_is_beyond_the_largest(seed):
    network, _ = drawn_network(seed)
    read, active = read_network(network), 2
    bound = largest_sum(network, active)
    layer = read.layers[0]
    for on in combinations(range(len(read.features)), active):
        inputs = np.zeros(read.dimensions, np.int64)
        for feature in on:
            for place, sign in read.codes[feature]:
                inputs[place] += sign
        weights = np.array([layer.column(place) for place in range(read.dimensions)], np.int64)
        one = np.abs(np.array(layer.bias)) + np.abs(weights * inputs[:, None]).sum(axis=0)
        height = np.maximum(inputs @ weights + np.array(layer.bias), 0)
        sums = [sum(abs(w) * height[j] for j, w in entries) for entries in read.readout]
        assert max(one.max(), *sums, 0) <= bound


def test_extreme_readings_are_those_of_some_inputs():
    network, circuit = certified("linear").loaded()
    found = extreme_readings(network, circuit, 2)
    stated = json.loads(certified("linear").certificate)["evidence"]
    assert found["lowest_on"] == stated["lowest_on"]
    margins = ps.prove(network, circuit, active=2).margins
    assert found["lowest_on"]["reading"] == margins.lowest_on.min()
    assert found["highest_off"]["reading"] == margins.highest_off.max()


def test_several_layers_have_no_largest_sum():
    network = ps.compile(ps.read("y = (a ^ b) & (c ^ d) & (e | f)"), construction="monosemantic")
    assert len(network.layers) > 1
    with pytest.raises(OptionError, match="one hidden layer"):
        largest_sum(network, 2)
