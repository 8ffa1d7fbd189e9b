"""The exact network of one hidden layer: what outputs read, how large it is, where it is taken."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import polyseme as ps
from polyseme.circuits import problems
from polyseme.circuits.circuit import Circuit, GateKind, build_circuit
from polyseme.circuits.factoring import factored
from polyseme.circuits.terms import terms_of
from polyseme.compiler.constructions.catalogue import MONOSEMANTIC, THREE_CHANNEL
from polyseme.compiler.task import Task
from polyseme.networks.network import Network
from polyseme.networks.run import LayerRunner
from support.circuits import oracle
from support.fact_tables import Table, cities


def rows_of(features: int, active: int) -> list[tuple[int, ...]]:
    return [some for size in range(active + 1) for some in combinations(range(features), size)]


def readings(network: Network, rows: list[tuple[int, ...]]) -> np.ndarray:
    """What every output reads, (outputs, inputs), as a share of a full reading above rest."""
    active = np.full((len(rows), max(map(len, rows), default=0)), -1, np.int32)
    for sample, row in enumerate(rows):
        active[sample, : len(row)] = row
    runner = LayerRunner(network)
    reading = runner.readings(runner.hidden(runner.encode(active), sparse=False))
    return (reading - network.readout.thresholds[:, None] + 6.5) / 12


def truth(circuit: Circuit, rows: list[tuple[int, ...]]) -> np.ndarray:
    wires = np.array([oracle(circuit, set(row)) for row in rows])
    return wires[:, circuit.outputs].T


def exact(circuit: Circuit, active: int) -> Network:
    network = ps.compile(circuit, active=active, construction="monosemantic")
    assert network.key.belongs_to(network)
    assert network.neurons == network.provenance.monosemantic_neurons
    return network


CELL = st.sampled_from(["", "p", "q", "r"])
# A relation of which no subject says anything is no part of the circuit.
TABLES = st.integers(1, 3).flatmap(
    lambda relations: st.lists(
        st.lists(CELL, min_size=relations, max_size=relations), min_size=1, max_size=5
    ).filter(lambda rows: all(any(column) for column in zip(*rows, strict=True)))
)


@settings(max_examples=150, deadline=None)
@given(rows=TABLES, data=st.data())
def test_a_table_reads_as_exactly_0_or_1_on_every_input(rows, data):
    table: Table = {
        f"s{number}": {f"r{relation}": cell for relation, cell in enumerate(row)}
        for number, row in enumerate(rows)
    }
    circuit = problems.facts(table)
    active = data.draw(st.integers(2, len(circuit.features)))
    network = exact(circuit, active)
    inputs = rows_of(len(circuit.features), active)
    assert np.array_equal(readings(network, inputs), truth(circuit, inputs))
    assert network.neurons <= len(circuit.outputs) + (len(rows[0]) if active > 2 else 0)
    assert not any(network.readout.thresholds < 0)


def one_group_each() -> Circuit:
    """An OR, an AND, a threshold, pairs with a common factor, an XOR: each read as 0 or 1."""
    gates = [
        (GateKind.OR, (0, 1, 2)),
        (GateKind.AND, (0, 1, 2)),
        *((GateKind.AND, pair) for pair in ((0, 1), (0, 2), (1, 2))),
        (GateKind.OR, (7, 8, 9)),
        (GateKind.OR, (7, 8)),
        (GateKind.XOR, (1, 2, 3)),
        (GateKind.AND_NOT, (0, 3)),
        (GateKind.AND_NOT, (1, 3)),
        (GateKind.OR, (13, 14)),
    ]
    return build_circuit(list("abcde"), gates, [5, 6, 10, 11, 12, 15])


@pytest.mark.parametrize("active", [3, 4, 5])
def test_outputs_whose_groups_exclude_each_other_are_computed(active):
    circuit = one_group_each()
    network, inputs = exact(circuit, active), rows_of(5, active)
    assert np.array_equal(readings(network, inputs), truth(circuit, inputs))


def test_an_output_of_several_groups_reads_their_number_and_is_decided():
    gates = [(GateKind.AND, (0, 1)), (GateKind.AND, (2, 3)), (GateKind.OR, (4, 5))]
    circuit = build_circuit(list("abcd"), gates, [6])
    network, inputs = exact(circuit, 4), rows_of(4, 4)
    read, on = readings(network, inputs), truth(circuit, inputs)
    assert network.neurons == 2
    assert read.max() == 2
    assert np.array_equal(read > 0.5, on)
    assert np.array_equal(np.minimum(read, 1), on)


@pytest.mark.parametrize("active", [2, 3])
def test_cities_take_a_neuron_per_output_and_one_per_relation(active):
    circuit = cities()
    network = exact(circuit, active)
    outputs = 240 + 350 + 7 + 18
    assert len(circuit.outputs) == outputs == 615
    assert len(network.key.terms) == 4 * 34_006
    assert network.neurons == outputs + (4 if active > 2 else 0)
    # A slow look at one output: its subjects, as the circuit has them, and its relation.
    terms, output = network.key.terms, 300
    own = np.flatnonzero(terms.output == output)
    (*units,) = network.readout.neurons[slice(*network.readout.offsets[output : output + 2])]
    subjects = {int(literal) for term in own for literal in terms.literals[2 * term : 2 * term + 2]}
    for unit in units:
        assert set(np.flatnonzero(network.layers[0].weights[unit]).tolist()) <= subjects
    assert ps.verify(network, circuit, samples=5000).wrong == 0


def test_a_table_of_few_objects_gets_the_exact_network_and_a_line_that_says_why():
    circuit = cities(3000, (40, 7))
    for active, neurons in ((2, 47), (3, 49)):
        with pytest.warns(ps.PolysemeWarning) as warned:
            network = ps.compile(circuit, active=active, epsilon=None)
        asked = THREE_CHANNEL.candidate(Task(circuit, active)).declared.neurons
        assert asked > neurons
        assert (network.provenance.construction, network.neurons) == ("monosemantic", neurons)
        per_output = ", one per output or fewer" if neurons <= 47 else ""
        assert str(warned[0].message).startswith(network.provenance.note)
        assert network.provenance.note == (
            f"superposition does not pay here: {neurons} ReLUs compute all 47 outputs exactly"
            f"{per_output}; at {active} active features superposition would ask for about {asked:,}"
        )


def test_a_table_of_many_objects_is_compared_with_its_exact_network():
    """Of 1,500 subjects two each have an object, so the exact network has a neuron per two."""
    table = {f"s{i}": {"in": f"c{i // 2}", "is": f"k{(i + 1) // 2}"} for i in range(3000)}
    circuit = problems.facts(table)
    network = ps.compile(circuit, active=2, neurons=1500, epsilon=None)
    assert network.provenance.construction == "three-channel"
    assert network.provenance.monosemantic_neurons == len(circuit.outputs) == 3001
    assert MONOSEMANTIC.candidate(Task(circuit, 2)).declared.neurons == 3001
    assert ps.bounds(circuit, active=2).monosemantic_neurons == 3001
    enough = ps.compile(circuit, active=2, neurons=3001)
    assert enough.provenance.construction == "monosemantic"
    assert enough.provenance.note == (
        "superposition is not needed: 3,001 neurons are enough to compute all 3,001 outputs "
        "exactly, which takes 3,001"
    )


def test_what_a_unit_serves_is_told_in_words():
    table = {"Paris": {"in": "France"}, "Nice": {"in": "France"}, "Rome": {"in": "Italy"}}
    network = exact(problems.facts(table), 3)
    # Rome alone is in Italy, so that its output is an AND; the other two share two units.
    served = [ps.served_by(network, unit) for unit in range(network.neurons)]
    assert sorted(served) == [
        ("Paris & in -> in=France", "Nice & in -> in=France"),
        ("Paris & in -> in=France", "Nice & in -> in=France"),
        ("Rome & in -> in=Italy",),
    ]


def test_single_ands_keep_a_neuron_each_in_their_order():
    circuit = problems.pairwise_and(50, 80, seed=3)
    network = exact(circuit, 3)
    assert network.neurons == 80
    assert np.array_equal(network.key.layers[0].units, np.arange(80))
    assert len(factored(terms_of(circuit))) == 80


@pytest.mark.parametrize(("times", "fits"), [(2730, True), (2731, False)])
def test_a_reading_weight_that_does_not_fit_is_refused(times, fits):
    """Only a made-up plan has one: an output would need millions of terms."""
    plan = MONOSEMANTIC.plan(Task(problems.pairwise_and(5, 5)))
    wide = replace(plan, units=replace(plan.units, reads=times * plan.units.reads))
    if fits:
        assert MONOSEMANTIC.build(wide, 5).readout.weights.max() == 12 * 2730
    else:
        with pytest.raises(ps.CapacityError, match="weight of 32,772 does not fit into 16 bits"):
            MONOSEMANTIC.build(wide, 5)
