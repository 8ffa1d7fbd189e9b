"""Sizes of exact networks, from the schedule alone, against the networks built."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import polyseme as ps
from polyseme.circuits.circuit import Circuit, GateKind, build_circuit
from polyseme.compiler.constructions.monosemantic import smallest_exact
from polyseme.compiler.constructions.staged.build import build_stages
from polyseme.compiler.constructions.staged.plan import StagedPlan
from polyseme.compiler.parts.exact_units import exact_units
from polyseme.compiler.schedule.exact_size import exact_size
from polyseme.compiler.schedule.scheduling import Carry, make_schedule
from polyseme.compiler.task import Task
from polyseme.networks.saving.files import network_bytes
from support.circuits import circuits

BOTH = (Carry.GATES, Carry.RESIDUAL)


def built(circuit: Circuit, carry: Carry) -> ps.Network:
    plan = StagedPlan(Task(circuit, 1, carry=carry), make_schedule(circuit, carry))
    return build_stages(plan, max(plan.monosemantic_neurons, 1))


@settings(max_examples=150, deadline=None)
@given(circuits(), st.sampled_from(BOTH))
def test_the_size_is_that_of_the_network_built(circuit: Circuit, carry: Carry) -> None:
    size, network = exact_size(make_schedule(circuit, carry)), built(circuit, carry)
    assert size.carry == carry
    assert (size.neurons, size.neurons_total) == (network.neurons, network.neurons_total)
    assert (size.state, size.parameters) == (network.state, network.parameters)


@settings(max_examples=60, deadline=None)
@given(circuits(), st.sampled_from(BOTH))
def test_the_bytes_are_those_of_the_file_behind_its_header(circuit: Circuit, carry: Carry) -> None:
    network = built(circuit, carry)
    size = exact_size(make_schedule(circuit, carry))
    assert 0 < network_bytes(network) - size.stored_bytes < 2000 + 500 * len(network.layers)


def test_the_bytes_are_those_of_a_file_to_the_last(tmp_path: Path) -> None:
    circuit = ps.problems.layered(60, 3, active=2)
    network = ps.compile(circuit, active=2, construction="monosemantic", carry="residual")
    path = tmp_path / "net.safetensors"
    network.save(path)
    content = path.read_bytes()
    header = int.from_bytes(content[:8], "little")
    tensors = len(content) - 8 - header
    assert exact_size(make_schedule(circuit, Carry.RESIDUAL)).stored_bytes == tensors
    assert network_bytes(network) == len(content)


@settings(max_examples=60, deadline=None)
@given(circuits(), st.sampled_from([*Carry]))
def test_the_smaller_of_both_networks_is_compared_with_however_wires_are_carried(
    circuit: Circuit, carry: Carry
) -> None:
    task = Task(circuit, 1, carry=carry)
    found = smallest_exact(task)
    if task.one_layer:
        assert found.neurons_total == found.state == exact_units(task.terms, task.active).neurons
    else:
        totals = [built(circuit, way).neurons_total for way in BOTH]
        assert found.neurons_total == min(totals)


def test_columns_that_carry_one_wire_share_a_number_of_the_stream() -> None:
    # Both identities hold wire a, and the AND of both reads one number with a weight of 2.
    gates = [
        (GateKind.IDENTITY, [0]),
        (GateKind.IDENTITY, [0]),
        (GateKind.OR, [0, 1]),
        (GateKind.AND, [2, 3]),
        (GateKind.AND, [5, 4]),
    ]
    circuit = build_circuit(["a", "b"], gates, [6])
    schedule = make_schedule(circuit, Carry.RESIDUAL)
    network = built(circuit, Carry.RESIDUAL)
    assert exact_size(schedule).parameters == network.parameters


@pytest.mark.filterwarnings("ignore:the network falls short")
def test_a_layered_circuit_has_a_quarter_of_identities_and_the_stream_takes_them() -> None:
    circuit = ps.problems.layered(200, 4, active=2)
    assert circuit.computed_gates == 600
    report = ps.compile_report(circuit, active=2, neurons=180, carry="gates")
    exact = report.exact
    assert exact is not None
    assert exact.carry == "residual"
    assert exact.neurons_total <= 600
    assert exact.neurons_total < make_schedule(circuit, Carry.GATES).monosemantic_neurons.sum()
    assert exact.state > exact.neurons


def test_gates_of_one_input_compute_nothing_whatever_they_are_called() -> None:
    gates = [(kind, [0]) for kind in GateKind] + [(GateKind.XOR, [0, 1])]
    assert build_circuit(["a", "b"], gates, [2]).computed_gates == 1


def test_one_hidden_layer_is_compared_with_a_neuron_per_term() -> None:
    circuit = ps.problems.pairwise_and(60, 50)
    exact = smallest_exact(Task(circuit))
    assert (exact.neurons, exact.neurons_total, exact.state) == (50, 50, 50)
    network = ps.compile(circuit, construction="monosemantic")
    layer = network.layers[0]
    assert exact.parameters == layer.weights.size + layer.bias.size
