"""Refinement through depth: fewer wrong at the same size, a true key, the same bytes again."""

from __future__ import annotations

import sys
from dataclasses import replace

import numpy as np
import pytest

import polyseme as ps
from polyseme.cli.main import main
from polyseme.errors import FileFormatError, MissingExtraError, OptionError
from polyseme.learning.refinement import refined as refined_module
from polyseme.learning.refinement.depth import refiner as refiner_module
from polyseme.learning.refinement.refine import refine
from polyseme.networks.activation import Clip
from polyseme.networks.saving.files import save_network

WIDTH, DEPTH, NEURONS, PASSES = 1000, 2, 760, 20


@pytest.fixture(scope="module", autouse=True)
def few_held_out_inputs():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("polyseme.learning.refinement.held_out._SAMPLES", 2000)
        patch.setattr("polyseme.learning.refinement.held_out._ALONE_DEEP", 1000)
        yield


@pytest.fixture(scope="module")
def circuit():
    return ps.problems.layered(WIDTH, DEPTH, active=2)


@pytest.fixture(scope="module")
def network(circuit):
    return ps.compile(
        circuit, active=2, neurons=NEURONS, construction="deep", carry="gates", epsilon=None
    )


@pytest.fixture(scope="module")
def result(network):
    return refine(network, passes=PASSES)


def saved(network, path):
    save_network(network, path)
    return path.read_bytes()


def test_far_fewer_fresh_samples_are_wrong_at_the_same_size(circuit, network, result):
    before = ps.verify(network, circuit, samples=4_000, seed=5)
    after = ps.verify(result.network, circuit, samples=4_000, seed=5)
    assert network.provenance.channels["superposed"] == DEPTH
    assert after.error_interval[1] < before.error_interval[0] / 2
    assert result.network.neurons_total == network.neurons_total
    assert result.network.parameters == network.parameters
    assert result.network.provenance.note.startswith(f"refined by descent, {PASSES} passes")
    assert result.measured.wrong < result.before.wrong


def test_codes_and_bytes_per_weight_stay_and_the_key_is_true_of_every_weight(network, result):
    refined = result.network
    assert refined.key.belongs_to(refined)
    assert not network.key.belongs_to(refined)
    assert refined.encoder is network.encoder
    assert np.array_equal(refined.readout.neurons, network.readout.neurons)
    assert np.array_equal(refined.readout.weights, network.readout.weights)
    below = refined.encoder.code
    for old, new, held in zip(network.layers, refined.layers, refined.key.layers, strict=True):
        assert new.weights.dtype == old.weights.dtype
        assert new.weights.shape == old.weights.shape
        assert held.describes(new, below)
        below = held.code


def test_the_same_seed_gives_the_same_bytes_and_another_gives_others(network, result, tmp_path):
    again = refine(network, passes=PASSES)
    assert saved(again.network, tmp_path / "a") == saved(result.network, tmp_path / "b")
    other = refine(network, passes=1, seed=1)
    assert saved(other.network, tmp_path / "c") != saved(
        refine(network, passes=1).network, tmp_path / "d"
    )


def test_a_descent_that_was_cut_off_goes_on_to_the_same_bytes(
    network, result, tmp_path, monkeypatch
):
    state = tmp_path / "state"
    whole, count = refiner_module.descended, []

    def stopped(*arguments):
        count.append(1)
        if len(count) == DEPTH:
            raise KeyboardInterrupt
        return whole(*arguments)

    monkeypatch.setattr(refiner_module, "descended", stopped)
    with pytest.raises(KeyboardInterrupt):
        refine(network, passes=PASSES, state=state)
    monkeypatch.setattr(refiner_module, "descended", whole)
    told = []
    resumed = refine(network, passes=PASSES, state=state, note=told.append)
    assert sum(line.startswith("refined") and "layers" in line for line in told) == 1
    assert saved(resumed.network, tmp_path / "a") == saved(result.network, tmp_path / "b")


def test_a_state_of_another_network_is_refused(network, circuit, tmp_path):
    state = tmp_path / "state"
    refine(network, passes=1, state=state)
    other = ps.compile(
        circuit, active=2, neurons=740, construction="deep", carry="gates", epsilon=None
    )
    with pytest.raises(FileFormatError, match="another network") as refused:
        refine(other, passes=1, state=state)
    assert "\n" not in str(refused.value)


def test_a_result_that_decides_worse_is_dropped(network, monkeypatch):
    ruined = replace(network.layers[0], weights=np.zeros_like(network.layers[0].weights))

    def run(self, passes, kept, watch):
        return replace(network, layers=(ruined, *network.layers[1:]), key=None)

    monkeypatch.setattr(refiner_module.DepthRefiner, "run", run)
    found = refine(network, passes=2)
    assert found.network.layers is network.layers
    assert found.network.key is network.key
    assert found.network.provenance.note.startswith("not refined: 2 passes of descent made")
    assert found.moved == 0


def test_moved_is_the_change_of_all_weights_over_their_norm(network, result):
    old, new = (
        np.concatenate([(layer.weights * layer.scale).ravel() for layer in one.layers])
        for one in (network, result.network)
    )
    expected = np.linalg.norm(new - old) / np.linalg.norm(old)
    assert refined_module.moved(network, result.network) == pytest.approx(expected)
    assert result.moved == pytest.approx(expected)


def test_layers_on_units_of_their_own_stay_as_they_are():
    circuit = ps.read("layered:width=200,depth=2,active=2")
    network = ps.compile(circuit, active=2, neurons=390, construction="monosemantic")
    labelled = replace(network, provenance=replace(network.provenance, construction="deep"))
    with pytest.raises(OptionError, match="no layer is in superposition"):
        refine(labelled, passes=1)
    with pytest.raises(OptionError, match="can be refined, and this is of monosemantic"):
        refine(network, passes=1)


def test_without_numba_one_line_names_the_extra(network, monkeypatch):
    monkeypatch.setitem(sys.modules, "numba", None)
    with pytest.raises(MissingExtraError, match=r"polyseme\[speed\]") as refused:
        refine(network, passes=1)
    assert "\n" not in str(refused.value)


def test_clips_are_wider_by_the_factor_named(network, result):
    for old, new in zip(network.layers, result.network.layers, strict=True):
        assert new.activation == Clip(refiner_module._SOFTER * old.activation.cap)
        assert new.scale * new.activation.cap == 1


def test_the_command_line_refines_a_deep_network_of_a_size(tmp_path, capsys):
    net, state = tmp_path / "net.safetensors", tmp_path / "state"
    source = f"layered:width={WIDTH},depth={DEPTH},active=2"
    options = ["--neurons", f"{NEURONS}", "--refine", f"{PASSES}", "--refine-state", str(state)]
    options += ["--active", "2", "--carry", "gates", "--epsilon", "none", "-o", str(net)]
    assert main(["compile", source, *options]) in (0, 1)
    assert state.exists()
    assert f"refined by descent, {PASSES} passes" in capsys.readouterr().out
    loaded = ps.load(net, key=tmp_path / "net.key.safetensors")
    assert loaded.key.belongs_to(loaded)
