"""Networks that are right on every input, tried on every input."""

from __future__ import annotations

import json
import sys
import warnings

import numpy as np
import pytest

import polyseme as ps
from polyseme.cli.main import main
from polyseme.compiler.compile import compile_report
from polyseme.errors import OptionError, TooFewNeuronsError
from polyseme.learning import compile_certified as driver
from polyseme.proving.proof import Margins, Proof

SOURCE = "and2:features=200,gates=200"


@pytest.fixture(scope="module")
def linear():
    return ps.compile_report(ps.read(SOURCE), active=2, epsilon=None, guarantee="worst-case")


def test_the_smallest_linear_network_is_right_on_all_inputs(linear):
    tried = ps.verify_exhaustively(linear.network, active=2)
    assert (tried.samples, tried.wrong) == (20_101, 0)
    assert linear.passed
    assert linear.certified_active == 2
    assert linear.network.neurons <= 64
    assert linear.network.provenance.construction == "tight-frames"


def test_no_relu_of_it_bends_and_its_key_is_true(linear, tmp_path):
    network, key = linear.network, linear.network.key
    (layer,) = network.layers
    lowest = np.sort(layer.weights.astype(int) @ network.encoder.code.matrix().toarray().T, axis=1)
    assert (np.minimum(lowest[:, :2], 0).sum(axis=1) + layer.bias >= 0).all()
    assert key.layers[0].describes(layer, network.encoder.code)
    network.save(tmp_path / "net.safetensors")
    loaded = ps.load(tmp_path / "net.safetensors")
    assert ps.prove(loaded, key.circuit, active=2).proved


def test_the_same_seed_gives_the_same_bytes_and_another_one_others(linear):
    circuit = ps.read(SOURCE)

    def weights(seed):
        network = ps.compile(
            circuit,
            active=2,
            epsilon=None,
            guarantee="worst-case",
            neurons=linear.network.neurons,
            seed=seed,
        )
        return network.layers[0].weights.tobytes()

    assert weights(0) == linear.network.layers[0].weights.tobytes() != weights(1)


@pytest.mark.parametrize(
    ("source", "active"),
    [
        ("permutation:features=200", 2),
        (SOURCE + ",influence=uniform", 2),
        ("and:k=3,features=150,gates=150", 3),
    ],
)
def test_other_gates_and_influences_are_certified(source, active):
    report = ps.compile_report(ps.read(source), active=active, epsilon=None, guarantee="worst-case")
    assert report.certified_active == active
    assert not report.fallback
    assert ps.verify_exhaustively(report.network, active=active).wrong == 0


def test_a_size_too_small_is_certified_for_fewer_features_on(linear):
    circuit, neurons = ps.read(SOURCE), linear.network.neurons
    with pytest.warns(ps.PolysemeWarning, match="at most 2 on, asked for was 4"):
        report = ps.compile_report(
            circuit, active=4, epsilon=None, error=0.99, guarantee="worst-case", neurons=neurons
        )
    assert report.certified_active == 2
    assert not report.passed
    assert ps.verify_exhaustively(report.network, active=2).wrong == 0
    with pytest.raises(TooFewNeuronsError, match="too few to be right on every input with 2"):
        ps.compile(circuit, active=4, epsilon=None, guarantee="worst-case", neurons=40)


def test_the_exact_network_is_returned_where_superposition_does_not_pay():
    circuit = ps.read("and2:features=70,gates=40")
    with pytest.warns(ps.PolysemeWarning, match="no network of fewer was found that is right"):
        report = ps.compile_report(circuit, active=3, epsilon=None, guarantee="worst-case")
    assert report.network.neurons == 40
    assert report.certified_active == 3


@pytest.mark.slow
@pytest.mark.parametrize(("mending", "certified"), [(False, 2), (True, 3)])
def test_a_network_refined_too_little_is_mended(monkeypatch, mending, certified):
    """After few passes of refinement, a small network is right with two on and not with three."""
    monkeypatch.setattr(driver, "_passes", lambda _: 3)
    monkeypatch.setattr(driver, "is_mendable", lambda _: mending)
    circuit = ps.read("and2:features=150,gates=150")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ps.PolysemeWarning)
        report = ps.compile_report(circuit, active=3, guarantee="worst-case", neurons=148)
    assert report.network.provenance.construction == "least-noise"
    assert report.certified_active == certified
    assert (report.certified_epsilon is None) != mending
    assert not report.reads
    assert not report.passed
    assert ps.verify_exhaustively(report.network, active=2).wrong == 0
    assert ps.prove(report.network, circuit, active=3).proved is mending


@pytest.mark.slow
def test_a_hidden_layer_that_computes_decides_all_inputs_rightly():
    circuit = ps.read("and2:features=1000,gates=1000")
    report = ps.compile_report(circuit, active=3, guarantee="worst-case", neurons=640)
    assert report.passed
    assert report.certified_active == 3
    assert report.reading.epsilon < 0.25 < report.certified_epsilon < 0.4


def test_the_exact_threshold_is_between_the_readings_that_decide():
    network = ps.compile(ps.read("and2:features=300,gates=300"), neurons=280)

    def proof(lowest, highest):
        outputs = len(network.readout.outputs)
        margins = Margins(np.full(outputs, lowest), np.full(outputs, highest), 1 / 64)
        return Proof(False, 3, "branch-and-bound", 1, None, (), 2, None, 0.0, margins=margins)

    changed = driver.with_exact_threshold(network, proof(400, 300))
    assert set(changed.readout.thresholds.tolist()) == {350.5 / 64}
    assert driver.with_exact_threshold(network, proof(301, 300)).readout.thresholds[0] == 300.5 / 64
    assert driver.with_exact_threshold(network, proof(300, 300)) is None


def test_a_guarantee_is_one_of_two():
    circuit = ps.read(SOURCE)
    for call in (ps.compile, compile_report):
        with pytest.raises(OptionError, match="guarantee is 'worst'; it must be one of average"):
            call(circuit, guarantee="worst")
    assert ps.compile_report(circuit, active=2, guarantee="average").certified_active is None


@pytest.mark.parametrize("epsilon", ["none", "0.25"])
def test_without_numba_one_line_says_what_is_missing(epsilon, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "numba", None)
    asked = ["compile", SOURCE, "--active", "2", "--guarantee", "worst-case", "--epsilon", epsilon]
    assert main(asked) == 2
    said = capsys.readouterr().err.splitlines()
    assert said == [
        'polyseme: a guarantee for the worst case needs numba: pip install "polyseme[speed]"'
    ]


def test_the_command_line_says_what_was_proved(capsys):
    asked = ["compile", SOURCE, "--active", "2", "--epsilon", "none", "--guarantee", "worst-case"]
    assert main(asked) == 0
    assert "proved right on all 20,101 inputs with at most 2 on" in capsys.readouterr().out
    assert main([*asked, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["certified_active"] == 2
    assert main([*asked, "--refine", "3"]) == 2
    assert "leave out --refine" in capsys.readouterr().err
    too_small = [*asked, "--neurons", "48", "--active", "3", "--error", "0.9", "--json"]
    assert main(too_small) in (1, 2)
