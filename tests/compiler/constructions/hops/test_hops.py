"""Linked facts compute: every question is answered, and every hop is read through the key."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pytest

import polyseme as ps
from polyseme import GateKind, build_circuit
from polyseme.circuits import evaluate_sparse
from polyseme.circuits.circuit import Circuit
from polyseme.compiler.constructions.catalogue import HOPS, MONOSEMANTIC
from polyseme.compiler.constructions.hops.relations import (
    FROM_FEATURES,
    NoLinkedFacts,
    relations_of,
)
from polyseme.compiler.task import Task
from polyseme.errors import OptionError, TooFewNeuronsError
from polyseme.networks.network import Network
from polyseme.networks.run import LayerRunner
from support.linked import linked

CIRCUIT = linked(1000, 800)


@cache
def network(seed: int = 0) -> Network:
    candidate = HOPS.candidate(Task(CIRCUIT, 2, seed=seed, epsilon=0.25))
    return candidate.build(candidate.declared.neurons)


def questions(circuit: Circuit) -> np.ndarray:
    found = relations_of(circuit)
    return np.array([(s, c) for c in found.chains for s in found.subjects], np.int32)


@pytest.mark.parametrize("seed", [0, 7])
def test_every_question_is_answered_and_every_hop_is_read(seed: int) -> None:
    made, rows = network(seed), questions(CIRCUIT)
    outputs = LayerRunner(made).outputs(rows)
    assert (outputs != evaluate_sparse(CIRCUIT, rows)).nnz == 0
    assert all(layer.wrong == 0 for layer in ps.verify_layers(made, samples=2000).layers)
    reading = ps.reading_error(made, samples=1000)
    assert reading.computed
    # Two words share one unit of four; half of a quarter is the least error that leaves.
    assert reading.epsilon < 0.15


def test_two_subjects_or_two_chains_or_one_feature_switch_nothing_on() -> None:
    found = relations_of(CIRCUIT)
    subjects = found.subjects[:200]
    pairs = [(a, b) for a in subjects[:40] for b in subjects if a < b]
    pairs += [(a, b) for a in found.chains for b in found.chains if a < b]
    pairs += [(a, -1) for a in (*subjects, *found.chains)]
    assert LayerRunner(network()).outputs(np.array(pairs, np.int32)).nnz == 0


def test_it_is_half_the_exact_network_and_compile_takes_it() -> None:
    report = ps.compile_report(CIRCUIT, active=2)
    assert report.passed
    assert report.network.provenance.construction == "hops"
    assert report.exact is not None
    assert 1.8 * report.network.neurons_total < report.exact.neurons_total
    assert [layer.kind for layer in report.layers] == [
        "monosemantic", "superposed", "monosemantic", "monosemantic"
    ]  # fmt: skip
    assert network().encoder.in_superposition


def test_the_exact_network_has_a_relu_per_object_and_is_right_on_every_input(
    tmp_path: Path,
) -> None:
    circuit = linked(40, 30, 6)
    made = ps.compile(circuit, active=2)
    assert made.provenance.construction == "monosemantic"
    widths = relations_of(circuit).exact_widths
    assert [layer.neurons for layer in made.layers[1:]] == widths[1:].tolist()
    assert ps.verify_exhaustively(made, circuit).wrong == 0
    assert made.key is not None
    assert made.key.belongs_to(made)
    made.save(tmp_path / "net.safetensors")
    made.key.save(tmp_path / "net.key.safetensors")
    loaded = ps.load(tmp_path / "net.safetensors", tmp_path / "net.key.safetensors")
    assert loaded.run(["a0", "city: country"]) == made.run(["a0", "city: country"])


def test_a_question_by_name_tells_every_hop_in_order() -> None:
    told = network().run(["a0", "city: country: currency"])
    assert [fact.split("=")[0] for fact in told] == ["city", "country", "currency"]
    assert network().run(["a0", "size"]) == ["size=s0"]


def test_columns_are_named_by_their_facts_and_parts_of_a_wire_add_up() -> None:
    key = network().key
    assert key is not None
    assert key.describe(0, layer=1) == "'city=c0'"
    held = key.layers[2]
    assert len(held.held_wires) < len(held.wires)
    rows = questions(CIRCUIT)[2000:2050]
    activations = LayerRunner(network()).activations(rows)[2]
    by_wire, by_column = held.wire_readings(activations), held.readings(activations)
    for place, wire in enumerate(held.held_wires[:30]):
        assert np.allclose(by_wire[place], by_column[held.wires == wire].sum(axis=0))


def test_the_relations_of_a_circuit_are_found() -> None:
    found = relations_of(linked(12, 8, 3))
    assert [(one.hop, one.before) for one in found.relations] == [
        (0, FROM_FEATURES), (0, FROM_FEATURES), (1, 0), (1, 0), (2, 2)
    ]  # fmt: skip
    assert [len(one.chains) for one in found.relations] == [4, 1, 2, 1, 1]
    assert found.exact_widths.tolist() == [2, 11, 3 + 8, 3]


@pytest.mark.parametrize(
    ("gates", "outputs", "says"),
    [
        ([(GateKind.XOR, [0, 1])], [4], "every output must be an AND"),
        (
            [(GateKind.AND, [0, 1]), (GateKind.AND, [4, 2])],
            [5],
            "must be opened by an OR of features",
        ),
        ([(GateKind.AND, [0, 1, 2])], [4], "must be an AND of two"),
        ([(GateKind.AND, [0, 1])], [4, 4], "two outputs are the same"),
        ([(GateKind.AND, [0, 1])], [0], "every output must be an AND"),
    ],
)
def test_other_circuits_are_refused(gates: list, outputs: list[int], says: str) -> None:
    with pytest.raises(NoLinkedFacts, match=says):
        relations_of(build_circuit("abcd", gates, outputs))


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"active": 3}, "3 features on; a question is one subject and one chain: 2"),
        ({"active": 2, "carry": "gates"}, "in a residual stream"),
        ({"active": 2, "encoder": "basis"}, "its inputs are in superposition"),
    ],
)
def test_other_tasks_are_refused(options: dict, says: str) -> None:
    with pytest.raises(OptionError, match=says):
        HOPS.candidate(Task(CIRCUIT, **options))
    assert MONOSEMANTIC.refusal(Task(CIRCUIT, active=3)) is None


def test_few_subjects_and_few_neurons_are_refused() -> None:
    with pytest.raises(OptionError, match="at least 128 subjects"):
        HOPS.candidate(Task(linked(100, 60), 2))
    with pytest.raises(TooFewNeuronsError, match="100 neurons per layer are too few"):
        HOPS.candidate(Task(CIRCUIT, 2)).build(100)
