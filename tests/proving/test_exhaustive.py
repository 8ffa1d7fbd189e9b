"""Every input run: the kernel, batches and a state, against inputs listed and run in one go."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import polyseme as ps
from polyseme.circuits import Circuit, problems
from polyseme.errors import FileFormatError, OptionError
from polyseme.networks.network import Network
from polyseme.proving.claim import Claim
from polyseme.proving.exhaustive import engines, prove_exhaustively, state
from polyseme.proving.exhaustive.engines import batch_engine, fused_engine
from polyseme.proving.exhaustive.kernel import lanes_with, run_with, satisfied
from polyseme.proving.exhaustive.prove_exhaustively import enumerate_inputs
from support.bending_networks import bending_network, tried_inputs, tried_readings
from support.shallow_circuits import shallow_circuits


def tried(network: Network, circuit: Circuit, active: int) -> list[tuple[int, ...]]:
    bits, truth = tried_inputs(circuit, active)
    wrong = ((tried_readings(network, bits) >= network.readout.thresholds) != truth).any(axis=1)
    return [tuple(np.flatnonzero(row).tolist()) for row in bits[wrong]]


@given(shallow_circuits(), st.integers(0, 10**6), st.integers(1, 4), st.booleans())
@settings(max_examples=60, deadline=None)
def test_every_wrong_input_is_found(circuit: Circuit, seed: int, active: int, fused: bool) -> None:
    network, active = bending_network(circuit, seed), min(active, len(circuit.features))
    claim = Claim(network, circuit, active)
    with pytest.MonkeyPatch.context() as patch:
        # The kernel as it is written; machine code is looked at below.
        patch.setattr(engines, "compiled_run", lambda: run_with(lanes_with(satisfied)))
        engine = fused_engine(claim) if fused else batch_engine(claim)
        assert engine is not None
        patch.setattr(prove_exhaustively, "engine_of", lambda _: (engine, False))
        found = enumerate_inputs(claim)
    wanted = tried(network, circuit, active)
    assert found.inputs == claim.inputs
    assert found.wrong == len(wanted)
    assert list(found.listed) == wanted


def crowded() -> tuple[Network, Circuit]:
    circuit = problems.pairwise_and(150, 150)
    network = ps.compile(
        circuit, construction="three-channel", neurons=80, active=3, epsilon=None, seed=2
    )
    return network, circuit


def test_machine_code_finds_what_batches_find() -> None:
    network, circuit = crowded()
    claim = Claim(network, circuit, 3)
    fused, batches = fused_engine(claim), batch_engine(claim)
    assert fused is not None
    for first in (0, 85, 146, 149):
        found, wanted = fused(first), batches(first)
        assert found[:2] == wanted[:2]
        assert sorted(found[2]) == sorted(wanted[2])
    assert found[1] == 0 < fused(0)[1]


def test_an_enumeration_goes_on_from_where_it_was_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    network, circuit = crowded()
    claim, path = Claim(network, circuit, 2), tmp_path / "state.json"
    whole = enumerate_inputs(claim)
    generator = np.random.default_rng(5)
    monkeypatch.setattr(prove_exhaustively, "_EVERY", -1.0)
    runs = 0
    while runs == 0 or json.loads(path.read_text())["first"] < 150:
        stops, engine = int(generator.integers(1, 40)), batch_engine(claim)

        def killed(first: int, stops: int = stops, engine: engines.Engine = engine):
            nonlocal runs
            if first % 40 == stops and first > runs:
                runs = first
                raise KeyboardInterrupt
            return engine(first)

        monkeypatch.setattr(prove_exhaustively, "engine_of", lambda _, run=killed: (run, False))
        try:
            found = enumerate_inputs(claim, path)
        except KeyboardInterrupt:
            continue
        runs = runs or 1
    assert runs > 1
    assert found == whole
    proof = ps.prove(network, circuit, active=2, method="exhaustive", state=path)
    assert (proof.wrong, proof.inputs) == (whole.wrong, 11_326)


def test_a_state_of_something_else_is_refused(tmp_path: Path) -> None:
    network, circuit = crowded()
    path = tmp_path / "state.json"
    ps.prove(network, circuit, active=1, method="exhaustive", state=path)
    with pytest.raises(OptionError, match=r"state.json: is of another network, circuit or"):
        ps.prove(network, circuit, active=2, method="exhaustive", state=path)
    whole = path.read_text()
    for spoilt in ("", "{}", whole[:-9], whole.replace("enumeration", "other"), "[1]"):
        path.write_text(spoilt)
        with pytest.raises(FileFormatError, match="is no state of an enumeration"):
            ps.prove(network, circuit, active=1, method="exhaustive", state=path)
    with pytest.raises(OptionError, match="a state is kept by the method exhaustive"):
        ps.prove(network, circuit, active=1, state=path)


def test_time_that_runs_out_leaves_the_rest_for_another_run(tmp_path: Path) -> None:
    network, circuit = crowded()
    path = tmp_path / "state.json"
    part = ps.prove(network, circuit, active=1, method="exhaustive", time_limit=1e-9, state=path)
    assert (part.proved, part.wrong) == (None, None)
    assert 0 < json.loads(path.read_text())["first"] < 150
    rest = ps.prove(network, circuit, active=1, method="exhaustive", state=path)
    assert (rest.proved, rest.wrong, rest.largest_active) == (True, 0, 1)


def test_so_many_wrong_inputs_are_listed_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    network, circuit = crowded()
    claim = Claim(network, circuit, 2)
    whole = enumerate_inputs(claim)
    monkeypatch.setattr(state, "MOST_LISTED", 3)
    few = enumerate_inputs(claim)
    assert few.wrong == whole.wrong > 3
    assert few.listed == whole.listed[:3]


def test_the_kernel_serves_one_layer_of_relus() -> None:
    deep = ps.compile(problems.layered(30, 3, active=2), construction="deep", active=2)
    assert deep.key is not None
    assert fused_engine(Claim(deep, deep.key.circuit, 2)) is None
