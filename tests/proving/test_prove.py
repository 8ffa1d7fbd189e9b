"""Proofs and refutations, against all inputs run one by one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import polyseme as ps
from polyseme.circuits import Circuit, GateKind, build_circuit, problems
from polyseme.errors import CapacityError, OptionError
from polyseme.networks.activation import Square
from polyseme.networks.network import Network
from polyseme.proving import bending
from polyseme.proving.branch_and_bound import extremes
from support.bending_networks import bending_network, tried_inputs, tried_readings
from support.shallow_circuits import shallow_circuits


def as_tried(network: Network, circuit: Circuit, active: int, proof: ps.Proof) -> None:
    """Compare a proof with all inputs tried."""
    features = len(circuit.features)
    bits, truth = tried_inputs(circuit, features)
    readings, sizes = tried_readings(network, bits), bits.sum(axis=1)
    wrong = (readings >= network.readout.thresholds) != truth
    within = sizes <= active
    assert proof.inputs == within.sum()
    assert proof.proved == (not wrong[within].any())
    right = [s for s in range(features + 1) if not wrong[sizes <= s].any()]
    assert proof.largest_active == min(max(right, default=0), 2 * active)
    on, off = within[:, None] & truth, within[:, None] & ~truth
    assert proof.margins is not None
    scale = proof.margins.scale
    for margin, some, extreme in (
        (proof.margins.lowest_on, on, np.min),
        (proof.margins.highest_off, off, np.max),
    ):
        for output in np.flatnonzero(some.any(axis=0)):
            assert margin[output] * scale == extreme(readings[some[:, output], output])
        assert (abs(margin[~some.any(axis=0)].astype(float)) > 2**60).all()
    if proof.counterexample is None:
        assert proof.wrong_outputs == ()
        return
    row = np.zeros(features, bool)
    row[[circuit.features.position(name) for name in proof.counterexample]] = True
    place = int(np.flatnonzero((bits == row).all(axis=1))[0])
    assert sizes[place] <= active
    names = [circuit.output_names[int(output)] for output in np.flatnonzero(wrong[place])]
    assert proof.wrong_outputs == tuple(names) != ()


@given(shallow_circuits(), st.integers(0, 10**6), st.integers(1, 4))
@settings(max_examples=60, deadline=None)
def test_networks_that_bend_are_proved_or_refuted(circuit: Circuit, seed: int, active: int) -> None:
    network, active = bending_network(circuit, seed), min(active, len(circuit.features))
    proof = ps.prove(network, circuit, active=active, method="branch-and-bound")
    assert proof.method == "branch-and-bound"
    as_tried(network, circuit, active, proof)
    run = ps.prove(network, circuit, active=active, method="exhaustive")
    assert (run.proved, run.inputs) == (proof.proved, proof.inputs)
    assert (run.wrong == 0) == proof.proved


@pytest.mark.parametrize(
    ("construction", "neurons", "active", "method"),
    [
        ("tight-frames", 64, 2, "linear"),
        ("tight-frames", 32, 2, "linear"),
        ("three-channel", 64, 2, "branch-and-bound"),
        ("least-noise", 64, 2, "branch-and-bound"),
        ("monosemantic", None, 2, "branch-and-bound"),
    ],
)
def test_the_method_is_the_one_that_serves(
    construction: str, neurons: int | None, active: int, method: str
) -> None:
    circuit = problems.pairwise_and(64, 64)
    network = ps.compile(
        circuit, construction=construction, neurons=neurons, active=active, epsilon=None, seed=4
    )
    proof = ps.prove(network, active=active)
    assert proof.method == method
    run = ps.verify_exhaustively(network, active=active)
    assert (proof.inputs, proof.proved) == (run.samples, run.wrong == 0)
    for largest, right in ((proof.largest_active, True), (proof.largest_active + 1, False)):
        if 1 <= largest <= 3:
            assert (ps.verify_exhaustively(network, active=largest).wrong == 0) == right


def test_linear_networks_have_one_answer_by_both_methods() -> None:
    circuit = problems.k_and(64, 64, 3)
    network = ps.compile(circuit, construction="tight-frames", neurons=64, active=3)
    linear = ps.prove(network, circuit)
    bounded = ps.prove(network, circuit, method="branch-and-bound")
    assert linear.method == "linear"
    assert linear.margins is not None
    assert bounded.margins is not None
    assert np.array_equal(linear.margins.lowest_on, bounded.margins.lowest_on)
    assert np.array_equal(linear.margins.highest_off, bounded.margins.highest_off)
    assert linear.reading_error == bounded.reading_error
    assert linear.largest_active == bounded.largest_active


# Reading errors


@given(st.integers(0, 300))
@settings(max_examples=25, deadline=None)
def test_the_reading_error_is_the_least_of_all_slopes_and_offsets(seed: int) -> None:
    gates = [(GateKind.AND, (0, 1)), (GateKind.AND, (2, 3)), (GateKind.AND, (1, 4))]
    circuit = build_circuit("abcdef", gates, [6, 7, 8])
    network = bending_network(circuit, seed)
    reads = network.readout.weights[:4]
    # Every output reads four units, so they are one group.
    if len(reads) < 4 or network.layers[0].units < 4:
        return
    units = np.arange(4, dtype=np.int32)
    readout = replace(
        network.readout,
        offsets=np.arange(4, dtype=np.int64) * 4,
        neurons=np.tile(units, 3).astype(np.int32),
        weights=np.random.default_rng(seed).integers(-2, 4, 12).astype(np.int16),
    )
    network = replace(network, readout=readout)
    error = ps.prove(network, circuit, active=3, method="branch-and-bound").reading_error
    bits, truth = tried_inputs(circuit, 3)
    readings = tried_readings(network, bits)
    alone = [np.flatnonzero((bits.sum(axis=1) == 2) & truth[:, k])[0] for k in range(3)]
    full = readings[alone, range(3)] - readings[0]
    scaled = (readings - readings[0]) * np.where(full > 0, 1 / np.where(full > 0, full, 1), 0)
    least = min(
        np.abs(slope * scaled + offset - truth).max()
        for slope in [0, *np.linspace(0.05, 2, 40)]
        for offset in np.linspace(-1, 1, 41)
    )
    assert error is not None
    assert error <= least + 1e-5
    assert error >= least - 0.06


def test_an_exact_network_reads_without_error() -> None:
    circuit = problems.pairwise_and(30, 30)
    network = ps.compile(circuit, construction="monosemantic")
    assert ps.prove(network, active=3).reading_error == 0


# What is undecided


def test_searches_that_are_given_up_leave_their_outputs_undecided(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    circuit = problems.pairwise_and(200, 200)
    network = ps.compile(circuit, construction="three-channel", neurons=160, active=3, epsilon=None)
    right = ps.prove(network, active=2)
    monkeypatch.setattr(extremes, "MOST_SCORES", 0)
    proof = ps.prove(network, active=2)
    assert proof.proved is not True
    assert proof.undecided
    assert right.undecided == ()


def test_time_that_runs_out_leaves_outputs_undecided() -> None:
    circuit = problems.pairwise_and(300, 300)
    network = ps.compile(circuit, construction="monosemantic")
    proof = ps.prove(network, active=2, time_limit=1e-9)
    assert proof.proved is None
    assert 0 < len(proof.undecided) < 300
    assert proof.counterexample is None


def test_more_inputs_than_can_be_run_are_left_undecided() -> None:
    network = ps.compile(problems.layered(400, 3, active=4), construction="deep", active=4)
    with pytest.warns(ps.PolysemeWarning, match="inputs are too many to run without a time limit"):
        proof = ps.prove(network, active=4)
    assert (proof.proved, proof.method) == (None, "exhaustive")
    assert len(proof.undecided) == len(network.readout.outputs)


# Deep networks


@pytest.mark.parametrize("neurons", [None, 40])
def test_deep_networks_are_run_on_every_input(neurons: int | None) -> None:
    circuit = problems.layered(40, 3, active=2)
    network = ps.compile(circuit, construction="deep", neurons=neurons, active=2, epsilon=None)
    proof = ps.prove(network, active=2)
    run = ps.verify_exhaustively(network, active=2)
    assert (proof.method, proof.inputs, proof.wrong) == ("exhaustive", run.samples, run.wrong)
    assert proof.proved == (run.wrong == 0)
    if run.wrong:
        assert proof.counterexample == run.first_wrong
        assert proof.wrong_outputs


# Refusals


def test_what_a_method_does_not_serve_is_refused() -> None:
    circuit = problems.pairwise_and(64, 64)
    network = ps.compile(circuit, construction="three-channel", neurons=64, active=2, epsilon=None)
    with pytest.raises(OptionError, match="this network is not one hidden layer that is linear"):
        ps.prove(network, method="linear")
    squares = replace(network, layers=(replace(network.layers[0], activation=Square()),))
    with pytest.raises(OptionError, match="serves one hidden layer of ReLUs; the activation of"):
        ps.prove(squares, method="branch-and-bound")
    assert ps.prove(squares, active=1).method == "exhaustive"
    with pytest.raises(OptionError, match="method is 'guess'; it must be one of auto, linear"):
        ps.prove(network, method="guess")
    with pytest.raises(OptionError, match="time_limit is 0; it must be more than 0"):
        ps.prove(network, time_limit=0)
    with pytest.raises(OptionError, match="circuit is 'and2'; it must be a circuit"):
        ps.prove(network, "and2")
    layer = network.layers[0]
    loud = replace(layer, bias=layer.bias + np.int32(2**24 - 100))
    with pytest.raises(CapacityError, match="and float32 holds them exactly only below"):
        ps.prove(replace(network, layers=(loud,)), active=2)


def test_the_worst_input_is_found_with_any_number_of_threads(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    circuit = problems.pairwise_and(100, 100)
    network = ps.compile(circuit, construction="three-channel", neurons=70, active=3, epsilon=None)
    proofs = []
    for threads, cases in (("1", 64), ("3", 64), ("2", 300)):
        monkeypatch.setenv("OMP_NUM_THREADS", threads)
        monkeypatch.setattr(extremes, "_CASES", cases)
        proofs.append(ps.prove(network))
    assert len({(proof.counterexample, proof.wrong_outputs) for proof in proofs}) == 1
    assert proofs[0].proved is False
    assert proofs[0].method == bending.METHOD
