"""The stand-alone checker: what it derives, against trying all inputs; and its verdicts."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from array import array
from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import check_certificate
import polyseme as ps
from check_certificate import (
    Rejected,
    Rows,
    Totals,
    check_bending,
    check_linear,
    check_logic,
    reading,
    run,
    verdict,
)
from polyseme.circuits import Circuit, evaluate_dense
from polyseme.networks.activation import Clip
from polyseme.networks.layer import Layer
from polyseme.networks.network import Network
from polyseme.proving.largest_sum import largest_sum
from support.certified import KINDS, certified, resealed
from support.checker import read_circuit, read_network
from support.circuits import circuits
from support.linear_networks import drawn_network, tried_worst
from support.small_networks import KINDS as NETWORKS
from support.small_networks import draw_bits, network_of
from support.small_networks import oracle as network_oracle

TOOL = Path(check_certificate.__file__)
NUMBERS = st.lists(st.integers(-1000, 1000), min_size=1, max_size=20)


def test_it_imports_the_standard_library_alone():
    imported = {
        (name.module if isinstance(name, ast.ImportFrom) else name.names[0].name).split(".")[0]
        for name in ast.walk(ast.parse(TOOL.read_text()))
        if isinstance(name, ast.Import | ast.ImportFrom)
    }
    assert imported <= sys.stdlib_module_names


@given(NUMBERS, st.integers(-1200, 1200), st.sampled_from([1000, 30_000, 1 << 40]))
def test_rows_are_many_numbers_in_one(numbers, level, largest):
    rows = Rows(len(numbers), largest)
    row = rows.pack(array("q", numbers))
    raised = row + rows.half
    assert rows.unpack(row).tolist() == numbers
    for low in (-1 << 200, level - 300, level + 1):
        inside = sum(low <= number <= level for number in numbers)
        assert rows.between(row, low, level) == inside
        assert rows.between(-row, -level, -low) == inside
    above = [place for place, number in enumerate(numbers) if number > level]
    tops = rows.above(raised, level)
    assert tops.bit_count() == len(above)
    assert rows.places(tops) == above
    assert rows.unpack(rows.relu(row)).tolist() == [max(0, number) for number in numbers]


@given(st.lists(st.lists(st.integers(-3, 3), min_size=1, max_size=6), min_size=1, max_size=6))
def test_totals_are_sums_of_rows_times_weights(weights):
    totals = Totals([10**number for number in range(6)])
    for some in weights:
        entries = tuple(enumerate(some))
        row, sign = totals.of(entries)
        assert sign * row == sum(weight * 10**number for number, weight in entries)


@given(circuits())
@settings(deadline=None)
def test_circuits_have_the_values_that_they_have(circuit):
    read = read_circuit(circuit)
    generator = np.random.default_rng(0)
    bits = generator.random((8, len(circuit.features))) < 0.5
    for sample, values in zip(bits, evaluate_dense(circuit, bits), strict=True):
        on = np.flatnonzero(sample).tolist()
        found = [read.is_on(output, on) for output in range(len(values))]
        assert found == values.tolist()


@pytest.mark.parametrize("kind", NETWORKS)
def test_networks_of_every_kind_run_as_by_hand(kind):
    network = network_of(kind)
    bits = draw_bits(network, 6)
    read, cache = read_network(network), {}
    expected = network_oracle(network, bits)
    for sample, values in zip(bits, expected, strict=True):
        on = np.flatnonzero(sample).tolist()
        assert run(read, on, cache) == set(np.flatnonzero(values).tolist())


def bent(network: Network, seed: int) -> Network:
    """The network with lower biases, and sometimes with caps."""
    generator, layer = np.random.default_rng(seed), network.layers[0]
    bias = layer.bias - generator.integers(0, 60, len(layer.bias)).astype(np.int32)
    cap = [Clip(int(generator.integers(1, 40)))] if seed % 4 == 1 else []
    return replace(network, layers=(Layer(layer.weights, bias, layer.scale, *cap),))


@pytest.mark.parametrize("seed", range(60))
def test_linear_networks_are_accepted_if_and_only_if_no_input_is_wrong(seed, monkeypatch):
    # Rows are cut into strips, of which these few features make several in two of three cases.
    monkeypatch.setattr(check_certificate, "STRIP", (3, 4, 20_000)[seed % 3])
    network, circuit = drawn_network(seed)
    read, logic = read_network(network), read_circuit(circuit)
    tried = tried_worst(network, circuit, 3)
    for active in range(1, 4):
        evidence = {"largest_sum": largest_sum(network, active)}
        right = active <= min(tried.linear_active, tried.largest_active)
        if right:
            check_linear(read, logic, active, evidence)
        else:
            with pytest.raises(Rejected, match=r"bends|wrong"):
                check_linear(read, logic, active, evidence)


@pytest.mark.parametrize("seed", range(80))
def test_bending_networks_are_accepted_if_and_only_if_no_input_is_wrong(seed):
    network, circuit = drawn_network(seed)
    network = bent(network, seed) if seed % 3 else network
    network = with_midway_thresholds(network, circuit, 2) if seed % 2 else network
    read, logic = read_network(network), read_circuit(circuit)
    for active in range(1, 4):
        evidence = {"largest_sum": largest_sum(network, active)}
        if wrong_inputs(network, circuit, active):
            with pytest.raises(Rejected, match="wrong"):
                check_bending(read, logic, active, evidence)
        else:
            check_bending(read, logic, active, evidence)


def with_midway_thresholds(network: Network, circuit: Circuit, active: int) -> Network:
    """The network with thresholds between its readings, where these can be told apart."""
    bits = inputs_of(circuit, active)
    truth, read = evaluate_dense(circuit, bits), read_network(network)
    thresholds = network.readout.thresholds.copy()
    for output in range(truth.shape[1]):
        found = np.array([reading(read, output, np.flatnonzero(one)) for one in bits])
        on, off = found[truth[:, output]], found[~truth[:, output]]
        if len(on) and len(off):
            thresholds[output] = (on.min() + off.max()) / 2 * network.layers[0].scale
    return replace(network, readout=replace(network.readout, thresholds=thresholds))


def inputs_of(circuit: Circuit, active: int) -> np.ndarray:
    bits = np.array(list(product([False, True], repeat=len(circuit.features))))
    return bits[bits.sum(axis=1) <= active]


def wrong_inputs(network: Network, circuit: Circuit, active: int) -> int:
    bits = inputs_of(circuit, active)
    return int((network_oracle(network, bits) != evaluate_dense(circuit, bits)).any(axis=1).sum())


@given(circuits(), st.randoms(use_true_random=False))
@settings(max_examples=30, deadline=None)
def test_logic_is_accepted_if_and_only_if_no_input_is_wrong(circuit, random):
    network = ps.compile(circuit, construction="monosemantic")
    if random.random() < 0.6:
        bias = network.layers[-1].bias.copy()
        bias[random.randrange(len(bias))] += random.choice([-1, 1])
        layers = (*network.layers[:-1], replace(network.layers[-1], bias=bias))
        network = replace(network, layers=layers, key=None)
    read, logic = read_network(network), read_circuit(circuit)
    if wrong_inputs(network, circuit, len(circuit.features)):
        with pytest.raises(Rejected, match="is wrong"):
            check_logic(read, logic)
    else:
        check_logic(read, logic)


@pytest.mark.parametrize("kind", KINDS)
def test_true_certificates_are_accepted_by_the_script_alone(kind, tmp_path):
    names = [tmp_path / name for name in ("c.json", "n.safetensors", "k.json")]
    for name, data in zip(names, certified(kind).files, strict=True):
        name.write_bytes(data)
    command = [sys.executable, "-I", "-S", str(TOOL), *map(str, names)]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert ran.stdout.startswith("accepted: ")
    assert len(ran.stdout.splitlines()) == 1


def test_a_file_that_is_not_there_is_unreadable(tmp_path, capsys):
    assert check_certificate.main([str(tmp_path / "none")] * 3) == 2
    assert capsys.readouterr().out.startswith("unreadable: ")
    assert check_certificate.main([]) == 2


def test_a_sampled_claim_is_not_checked_but_its_failures_are():
    made = certified("enumerated")
    found = json.loads(made.certificate)
    found["method"], found["claim"]["proved"] = "sampled", None
    found["evidence"] |= {"seed": 1, "distribution": "uniform"}
    status, said = verdict(resealed(found), *made.files[1:])
    assert (status, said) == (3, "not checked: run again: 0 listed failures")
    found["evidence"]["failures"], found["claim"]["wrong"] = [["x0"]], 1
    assert verdict(resealed(found), *made.files[1:])[0] == 1
