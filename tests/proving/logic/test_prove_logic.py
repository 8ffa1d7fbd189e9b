"""Exact networks proved equal to their circuits, and changed ones refuted."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from numpy.typing import NDArray

import polyseme as ps
from polyseme.circuits.logic.aig import netlist_of
from polyseme.circuits.logic.netlist import Netlist
from polyseme.circuits.logic_files import netlist_as_read
from polyseme.errors import OptionError, PolysemeWarning
from polyseme.networks.network import Network
from polyseme.networks.run import outputs_on
from polyseme.proving.logic import equivalence
from polyseme.proving.logic.prove_logic import prove_exact, prove_logic
from polyseme.verification.exhaustive import verify_exhaustively
from polyseme.verification.independent import evaluate_aig
from support.circuits import circuits
from support.places import CIRCUITS

SHARED = [
    *(f"epfl/{name}.aig" for name in ("adder", "bar", "cavlc", "ctrl", "dec", "i2c", "int2float")),
    *(f"epfl/{name}.aig" for name in ("priority", "router")),
    *(f"epfl/{name}.blif" for name in ("ctrl", "dec", "int2float", "router")),
    *(f"iscas85/{name}.bench" for name in ("c17", "c432", "c880")),
    *(f"mcnc/{name}.blif" for name in ("C880", "apex6", "decod", "i1")),
    *(f"mcnc/{name}.pla" for name in ("apex1", "misex1", "misex2", "o64")),
]
MUTATED = ["iscas85/c880.bench", "epfl/ctrl.aig", "mcnc/apex6.blif", "epfl/adder.aig"]
MUTANTS, MUTANTS_OF_EACH = 5, 40


def exact(circuit: ps.Circuit, **options: Any) -> Network:
    return ps.compile(circuit, construction="monosemantic", **options)


def shared(name: str) -> str:
    path = CIRCUITS / name
    if not path.is_file():
        pytest.skip(f"the shared circuit {name} is not here")
    return str(path)


@settings(max_examples=40)
@given(circuits())
def test_exact_networks_of_any_small_circuits_are_proved(circuit: ps.Circuit) -> None:
    features = len(circuit.features)
    network = exact(circuit, active=features)
    proof = prove_logic(network)
    assert (proof.proved, proof.inputs, proof.method) == (True, 2**features, "sat")
    assert (proof.active, proof.counterexample, proof.undecided) == (None, None, ())
    assert prove_logic(network, active=1).inputs == 1 + features


@pytest.mark.parametrize("name", SHARED)
def test_published_circuits_are_proved_on_all_inputs(name: str) -> None:
    source = shared(name)
    circuit = ps.read(source)
    proof = prove_logic(exact(circuit), netlist_as_read(source, circuit))
    assert proof.proved
    assert proof.inputs == 2 ** len(circuit.features)


@pytest.mark.parametrize("name", ["epfl/ctrl.aig", "iscas85/c432.bench", "mcnc/misex2.pla"])
def test_they_are_proved_when_rewritten_and_with_wires_carried_by_gates(name: str) -> None:
    pytest.importorskip("aigverse")
    source = shared(name)
    circuit = ps.read(source, rewrite=True)
    network = exact(circuit, carry="gates")
    assert prove_logic(network, netlist_as_read(source, circuit)).proved


def mutant(network: Network, generator: random.Random) -> Network:
    """A network with one weight, bias or threshold changed."""
    kind = generator.choice(("weight", "bias", "threshold"))
    if kind == "threshold":
        thresholds = network.readout.thresholds.copy()
        thresholds[generator.randrange(len(thresholds))] += generator.choice((-12, -6, 6, 12))
        return replace(network, readout=replace(network.readout, thresholds=thresholds))
    number = generator.randrange(len(network.layers))
    layer = network.layers[number]
    if kind == "bias":
        bias = layer.bias.copy()
        bias[generator.randrange(len(bias))] += generator.choice((-1, 1))
        changed = replace(layer, bias=bias)
    else:
        weights = layer.weights.copy()
        entries = weights.data if layer.is_sparse else weights.reshape(-1)
        place = generator.randrange(len(entries))
        entries[place] = generator.choice([one for one in range(-2, 3) if one != entries[place]])
        changed = replace(layer, weights=weights)
    layers = [*network.layers[:number], changed, *network.layers[number + 1 :]]
    return replace(network, layers=tuple(layers))


def tried(features: int, generator: np.random.Generator) -> NDArray[np.bool_]:
    """All inputs where they are few, else some thousands."""
    if features <= 10:
        return ((np.arange(2**features)[:, None] >> np.arange(features)) & 1).astype(bool)
    shares = (0.5, 0.1, 0.9, 0.03, 0.97)
    return np.concatenate([generator.random((600, features)) < share for share in shares])


def differ(network: Network, netlist: Netlist, bits: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Whether each output is wrong on each input that is run."""
    rows = np.where(bits, np.arange(bits.shape[1]), -1).astype(np.int32)
    ran = outputs_on(network, rows, sparse=False).toarray()
    return np.asarray(ran != evaluate_aig(netlist, bits))


def judge(source: str, mutants: int) -> None:
    circuit = ps.read(source)
    network, netlist = exact(circuit), netlist_as_read(source, circuit)
    generator, refuted = random.Random(7), 0
    bits = tried(len(circuit.features), np.random.default_rng(7))
    for _ in range(mutants):
        changed = mutant(network, generator)
        proof = prove_logic(changed, netlist)
        assert proof.proved is not None
        if proof.proved:
            assert not differ(changed, netlist, bits).any()
            continue
        refuted += 1
        assert proof.counterexample is not None
        on = np.isin(list(circuit.features), proof.counterexample)[None]
        wrong = np.flatnonzero(differ(changed, netlist, on)[0]).tolist()
        assert wrong
        assert proof.wrong_outputs == tuple(circuit.output_names[one] for one in wrong)
    assert refuted >= mutants // 2


@pytest.mark.parametrize("name", MUTATED)
def test_no_mutant_is_proved_unless_it_computes_the_same(name: str) -> None:
    judge(shared(name), MUTANTS)


@pytest.mark.slow
@pytest.mark.parametrize("name", MUTATED)
def test_no_mutant_of_many_is_proved_unless_it_computes_the_same(name: str) -> None:
    judge(shared(name), MUTANTS_OF_EACH)


def test_mutants_of_a_small_circuit_are_judged_as_all_inputs_judge_them() -> None:
    circuit = ps.read("y = (a & b) ^ (c | ~d); z = ~(a & c & e) | (b & ~d); w = a ^ b ^ c ^ d ^ e")
    network, generator = exact(circuit), random.Random(3)
    netlist, bits = netlist_of(circuit), tried(5, np.random.default_rng(0))
    verdicts = []
    for _ in range(60):
        changed = mutant(network, generator)
        proof = prove_logic(changed, circuit)
        assert proof.proved == (not differ(changed, netlist, bits).any())
        verdicts.append(proof.proved)
    assert {True, False} == set(verdicts)


def test_a_counterexample_names_features_none_of_which_can_be_spared() -> None:
    circuit = ps.read("y = " + " & ".join(f"a{i}" for i in range(30)) + "; z = a0 | a1")
    network = exact(circuit)
    last = network.layers[-1]
    bias = last.bias.copy()
    bias[np.argmin(bias)] += 1
    weaker = replace(network, layers=(*network.layers[:-1], replace(last, bias=bias)))
    proof = prove_logic(weaker)
    assert proof.proved is False
    assert len(proof.counterexample or ()) == 29
    assert proof.wrong_outputs == ("y",)


def facts(subjects: int) -> ps.Circuit:
    table = {f"s{i}": {"colour": f"c{i % 3}", "size": f"z{i % 2}"} for i in range(subjects)}
    return ps.problems.facts(table)


def test_tables_of_facts_are_proved_on_the_promise_that_they_need() -> None:
    network = exact(facts(40), active=2)
    everywhere = prove_logic(network)
    assert everywhere.proved is False
    assert len(everywhere.counterexample or ()) == 3
    within = prove_exact(network)
    assert (within.proved, within.active, within.inputs) == (True, 2, 1 + 42 + 42 * 41 // 2)
    assert prove_logic(network, active=3).proved is False
    larger = prove_exact(exact(facts(40), active=3))
    assert (larger.proved, larger.active) == (True, None)


def test_mutants_of_facts_are_judged_as_all_inputs_of_the_promise_judge_them() -> None:
    circuit = facts(12)
    network, generator = exact(circuit, active=2), random.Random(5)
    verdicts = []
    for _ in range(40):
        changed = mutant(network, generator)
        proof = prove_logic(changed, active=2)
        right = not verify_exhaustively(changed, circuit, active=2).wrong
        # Undecided is no answer, and so not a wrong one.
        assert proof.proved in (right, None)
        if proof.counterexample is not None:
            assert len(proof.counterexample) <= 2
        verdicts.append(proof.proved)
    assert True in verdicts
    assert verdicts.count(False) > 5
    assert verdicts.count(None) < 10


def multiplier(bits: int, by_columns: bool) -> str:
    """A product of two numbers as expressions, its terms added row by row or column by column."""
    lines: list[str] = []

    def named(text: str) -> str:
        lines.append(f"t{len(lines)} = {text}")
        return f"t{len(lines) - 1}"

    def full(one: str, two: str, three: str) -> tuple[str, str]:
        half = named(f"{one} ^ {two}")
        return named(f"{half} ^ {three}"), named(f"({one} & {two}) | ({half} & {three})")

    columns: list[list[str]] = [[] for _ in range(2 * bits + 1)]
    for one in range(bits):
        for two in range(bits):
            columns[one + two].append(named(f"a{one} & b{two}"))
    for place in range(2 * bits):
        column = columns[place]
        while len(column) > 1:
            three = [column.pop(0 if by_columns else -1) for _ in range(min(3, len(column)))]
            added, carry = full(*three, *["0"] * (3 - len(three)))
            column.append(added)
            columns[place + 1].append(carry)
    outputs = [f"p{place} = {column[0]}" for place, column in enumerate(columns[: 2 * bits])]
    return "; ".join([*lines, *outputs])


def test_multipliers_of_two_structures_are_decided_where_they_are_small() -> None:
    ours, theirs = (ps.read(multiplier(5, columns)) for columns in (True, False))
    assert prove_logic(exact(ours), theirs).proved


def test_what_stays_open_is_named_and_not_guessed(monkeypatch: pytest.MonkeyPatch) -> None:
    ours, theirs = (ps.read(multiplier(12, columns)) for columns in (True, False))
    network = exact(ours)
    proof = prove_logic(network, theirs, time_limit=1e-9)
    assert proof.proved is None
    assert proof.undecided
    assert set(proof.undecided) < set(ours.output_names)
    assert "p0" not in proof.undecided
    monkeypatch.setattr(equivalence, "solver_for", lambda graph: None)
    monkeypatch.setattr(equivalence, "input_tables", out_of_time)
    hint = r"undecided: \d+ outputs; pip install 'polyseme\[prove\]' decides them"
    with pytest.warns(PolysemeWarning, match=hint):
        assert prove_logic(network, theirs).proved is None


def out_of_time(*_: object) -> None:
    raise TimeoutError


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"circuit": ps.read("z = a & b")}, "1 outputs and .* not all of the same names"),
        ({"circuit": ps.read("y = a & c")}, "2 features and .* not all of the same names"),
        ({"circuit": "adder.aig"}, "circuit is 'adder.aig'; it must be a circuit or a netlist"),
        ({"time_limit": 0}, "time_limit is 0; it must be more than 0"),
        ({"active": 3}, "active is 3; it must be 1 to the 2 features"),
    ],
)
def test_wrong_arguments_are_named(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(OptionError, match=message):
        prove_logic(exact(ps.read("y = a & b")), **arguments)


def test_a_network_without_its_key_needs_the_circuit() -> None:
    circuit = ps.read("y = a & b")
    bare = replace(exact(circuit), key=None)
    assert prove_logic(bare, circuit).proved
    with pytest.raises(OptionError, match="needs the circuit"):
        prove_logic(bare)
